"""`doctor` tries everything for real and names what is missing."""

import asyncio
from dataclasses import replace

from gateway.config import Config
from gateway.ops import doctor
from gateway.sandbox import landlock, pool, seccomp
from gateway.store import schema
from gateway.store.engine import database_path


def examined(config):
    return {c.component: c for c in asyncio.run(doctor.examine(config))}


def prepared(tmp_path):
    config = Config(data_dir=tmp_path / "data")
    config.data_dir.mkdir(mode=0o700)
    schema.prepare(config)
    return config


def test_a_new_installation_on_this_machine(tmp_path):
    found = examined(Config(data_dir=tmp_path / "data"))
    assert list(found) == [
        "seccomp", "landlock", "sandbox", "libreoffice", "ffmpeg", "fonts", "data_dir", "keys",
        "store", "config",
    ]  # fmt: skip
    assert found["sandbox"].status in ("green", "yellow")
    assert found["sandbox"].sentence.startswith("canary cleaned")
    assert "first start" in found["keys"].sentence
    assert not (tmp_path / "data").exists()


def test_a_program_that_is_not_installed_is_named_with_what_it_costs(monkeypatch):
    nowhere = {"find": lambda: None}
    for check, name, status in (
        (doctor._libreoffice, "LIBREOFFICE", "red"),
        (doctor._ffmpeg, "FFMPEG", "yellow"),
    ):
        monkeypatch.setattr(doctor, name, replace(getattr(doctor, name), **nowhere))
        found = check()
        assert found.status == status
        assert "withheld" in found.sentence


def test_a_prepared_store_is_green(tmp_path):
    config = prepared(tmp_path)
    for check in (doctor._keys, doctor._store, doctor._data_dir):
        assert check(config).status == "green"


def test_a_missing_key_over_data_is_red_and_made_by_nobody(tmp_path):
    config = prepared(tmp_path)
    keys = sorted((config.data_dir / "keys").iterdir())
    assert keys
    for path in keys:
        path.unlink()
    assert doctor._keys(config).status == "red"
    assert list((config.data_dir / "keys").iterdir()) == []


def test_a_database_of_another_version_is_red(tmp_path):
    config = Config(data_dir=tmp_path / "data")
    config.data_dir.mkdir()
    database_path(config).write_bytes(b"")
    assert doctor._store(config).status == "red"


def test_a_data_folder_open_to_others_is_yellow(tmp_path):
    config = Config(data_dir=tmp_path)
    tmp_path.chmod(0o755)
    assert doctor._data_dir(config).status == "yellow"
    tmp_path.chmod(0o700)
    assert doctor._data_dir(config).status == "green"


def test_a_kernel_without_locks_is_red(tmp_path, monkeypatch):
    monkeypatch.setattr(seccomp, "available", lambda: False)
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert pool.unavailable()
    found = examined(Config(data_dir=tmp_path / "data"))
    assert [found[c].status for c in ("seccomp", "landlock", "sandbox")] == ["red"] * 3


def test_a_configuration_that_would_not_start_is_red():
    config = Config.model_validate({"ops": {"listen": "0.0.0.0:9090"}})
    component = doctor._configuration(config)
    assert component.status == "red"
    assert "ops.listen" in component.sentence


def test_the_methods_on_offer_are_known_by_type():
    offered = asyncio.run(doctor.offered_methods())
    assert offered["application/pdf"] == ("sanitize", "image_pdf")
    assert offered["message/rfc822"] == ("text",)
    assert "sanitize" in offered["image/png"]
