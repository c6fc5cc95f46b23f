"""Keys are made once, for their owner only; a wrong one stops the start."""

import os
import stat

import pytest

from gateway.config import Config
from gateway.store import keys, schema
from gateway.store.errors import KeyMissing
from gateway.store.intake import Intake
from gateway.store.keyfiles import files
from gateway.store.work import Work
from tests.gateway.store.harness import make_config

NAMES = ("private", "public", "hops")


def contents(config) -> dict[str, bytes]:
    return {name: getattr(files(config), name).read_bytes() for name in NAMES}


def test_keys_are_for_their_owner_only(config):
    for name in NAMES:
        path = getattr(files(config), name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files(config).private.parent.stat().st_mode) == 0o700


def test_keys_are_made_once(config):
    before = contents(config)
    assert len(set(before.values())) == 3
    schema.prepare(config)
    assert contents(config) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", [None, b"", b"short", b"\x42" * 33])
def test_a_missing_or_broken_key_stops_the_start_and_is_not_made_anew(config, name, damage):
    path = getattr(files(config), name)
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(KeyMissing):
        schema.prepare(config)
    assert (path.read_bytes() if path.exists() else None) == damage


@pytest.mark.parametrize("names", [("private",), ("public",), ("private", "public")])
def test_another_installations_key_stops_the_start(config, tmp_path, names):
    other = make_config(tmp_path / "other")
    for name in names:
        getattr(files(config), name).write_bytes(getattr(files(other), name).read_bytes())
    with pytest.raises(KeyMissing):
        schema.prepare(config)


def test_items_without_a_fingerprint_stop_the_start(config, intake):
    import asyncio

    from tests.gateway.store.harness import accept, rows

    asyncio.run(accept(intake))
    rows(config, "delete from meta")
    before = contents(config)
    with pytest.raises(KeyMissing):
        schema.prepare(config)
    assert contents(config) == before


def test_a_foreign_public_key_in_a_new_installation_stops_the_start(tmp_path):
    config = Config(data_dir=tmp_path)
    files(config).public.parent.mkdir()
    files(config).public.write_bytes(os.urandom(32))
    for _ in range(2):
        with pytest.raises(KeyMissing):
            schema.prepare(config)


def test_an_interrupted_first_start_keeps_the_key_it_made(tmp_path):
    config = Config(data_dir=tmp_path)
    keys.create(config)
    files(config).public.unlink()
    private = files(config).private.read_bytes()
    schema.prepare(config)
    assert files(config).private.read_bytes() == private
    schema.prepare(config)


def test_the_internet_side_opens_without_private_keys_and_the_worker_does_not(config):
    files(config).private.unlink()
    files(config).hops.unlink()
    Intake.open(config).close()
    with pytest.raises(KeyMissing):
        Work.open(config)
