"""The configuration: file under environment, and every mistake named with its fix."""

import json
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from gateway import config as configuration
from gateway.config import Config, load
from gateway.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
COMMENTED = ROOT / "config" / "gateway.toml"


def written(tmp_path, text):
    path = tmp_path / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def keys_of(model, prefix=""):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def flat(raw, prefix=""):
    for name, value in raw.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_the_commented_file_names_every_key_and_only_those():
    text = COMMENTED.read_text(encoding="utf-8")
    raw = tomllib.loads(text.replace("# count = 2", "count = 2"))
    assert sorted(flat(raw)) == sorted(keys_of(Config))


def test_the_commented_file_says_the_built_in_defaults():
    raw = tomllib.loads(COMMENTED.read_text(encoding="utf-8"))
    assert Config.model_validate(raw) == Config()


def test_every_key_of_the_commented_file_has_a_comment_above_or_beside_it():
    before = ""
    for line in COMMENTED.read_text(encoding="utf-8").splitlines():
        if " = " in line and not line.startswith("#"):
            assert before.strip(), line
        before = line


def test_without_a_file_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load(None, {})
    assert config == Config()
    assert config.smtp.max_size == 50_000_000
    assert config.smtp.relay_domains == ()


def test_the_file_in_the_current_folder_is_found(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    written(tmp_path / "config", '[smtp]\nhostname = "mx.example.jp"\n')
    (tmp_path / "config" / "policy.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    config = load(None, {})
    assert config.smtp.hostname == "mx.example.jp"
    assert config.policy_file == "config/policy.toml"


def test_the_policy_lies_beside_the_configuration_unless_named(tmp_path):
    path = written(tmp_path, 'policy_file = "other.toml"\n')
    assert load(path, {}).policy_file == "other.toml"
    path = written(tmp_path, "")
    assert load(path, {}).policy_file == ""
    (tmp_path / "policy.toml").write_text("", encoding="utf-8")
    assert load(path, {}).policy_file == str(tmp_path / "policy.toml")


def test_the_environment_wins_over_the_file(tmp_path):
    path = written(tmp_path, '[smtp]\nhostname = "a.example"\nmax_recipients = 7\n')
    config = load(path, {"MUGAIKA_SMTP__HOSTNAME": "b.example", "MUGAIKA_DATA_DIR": "/srv/m"})
    assert config.smtp.hostname == "b.example"
    assert config.smtp.max_recipients == 7
    assert config.data_dir == Path("/srv/m")


def test_lists_in_the_environment_are_json(tmp_path):
    path = written(tmp_path, "")
    config = load(path, {"MUGAIKA_SMTP__RELAY_DOMAINS": json.dumps(["a.jp", "b.jp"])})
    assert config.smtp.relay_domains == ("a.jp", "b.jp")
    with pytest.raises(ConfigError, match=r'RELAY_DOMAINS: .*\["a", "b"\]'):
        load(path, {"MUGAIKA_SMTP__RELAY_DOMAINS": "a.jp,b.jp"})


def test_numbers_sizes_and_switches_in_the_environment_are_read(tmp_path):
    path = written(tmp_path, "")
    config = load(
        path,
        {
            "MUGAIKA_SMTP__MAX_SIZE": "20MB",
            "MUGAIKA_SMTP__REQUIRE_TLS": "true",
            "MUGAIKA_WORKERS__COUNT": "3",
            "MUGAIKA_RELAY__TIMEOUT_SECONDS": "1.5",
        },
    )
    assert config.smtp.max_size == 20_000_000
    assert config.smtp.require_tls is True
    assert config.workers.count == 3
    assert config.relay.timeout_seconds == 1.5


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("MUGAIKA_SMTP__MAX_SIEZ", 'no such key - did you mean "max_size"'),
        ("MUGAIKA_SMPT__LISTEN", 'no such section - did you mean "smtp"'),
        ("MUGAIKA_DATA_DIR__X", "data_dir is not a section"),
        ("MUGAIKA_NOTHING_LIKE_IT", "known keys: "),
    ],
)
def test_an_unknown_variable_is_an_error_that_names_the_nearest(tmp_path, variable, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(written(tmp_path, ""), {variable: "1"})
    assert variable in str(caught.value)


def test_other_programs_variables_are_ignored(tmp_path):
    assert load(written(tmp_path, ""), {"PATH": "/bin", "MUGAI": "x"}) == Config()


def test_a_variable_below_what_the_file_made_no_section_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="smtp is not a section"):
        load(written(tmp_path, "smtp = 3\n"), {"MUGAIKA_SMTP__LISTEN": "127.0.0.1:1"})


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ('[smtp]\nlisten_on = "x"\n', "smtp.listen_on", "listen"),
        ("[smpt]\n", "smpt", "smtp"),
        ("datadir = 1\n", "datadir", "data_dir"),
        ("[workers]\nattempts = 1\n", "workers.attempts", "max_attempts"),
    ],
)
def test_an_unknown_key_names_the_file_the_key_and_the_nearest(tmp_path, text, key, hint):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=f"{key}: unknown key.*{hint}") as caught:
        load(path, {})
    assert caught.value.source == str(path)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("written_size", "size"),
    [("50MB", 50_000_000), ("1GB", 10**9), ("64kB", 64_000), ("1.5 MB", 1_500_000), (7, 7)],
)
def test_sizes_are_powers_of_ten(tmp_path, written_size, size):
    path = written(tmp_path, f"[smtp]\nmax_size = {json.dumps(written_size)}\n")
    assert load(path, {}).smtp.max_size == size


@pytest.mark.parametrize("bad", ['"50MiB"', '"-1MB"', "0", '"0.1B"', '"viel"', '""'])
def test_what_is_no_size_is_refused(tmp_path, bad):
    with pytest.raises(ConfigError, match=r"smtp\.max_size"):
        load(written(tmp_path, f"[smtp]\nmax_size = {bad}\n"), {})


@pytest.mark.parametrize(
    "text",
    [
        '[smtp]\nbare_newline = "pass"\n',
        "[smtp]\nmax_recipients = 0\n",
        '[relay]\ntls = "maybe"\n',
        "[workers]\ncount = 0\n",
        "[retention]\noriginals_days = -1\n",
        "smtp = 3\n",
    ],
)
def test_values_outside_their_range_are_refused(tmp_path, text):
    with pytest.raises(ConfigError):
        load(written(tmp_path, text), {})


@pytest.mark.parametrize("data", [b"[smtp\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_what_is_no_toml_names_the_file(tmp_path, data):
    path = tmp_path / "gateway.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"gateway\.toml: is not TOML"):
        load(path, {})


def test_a_missing_file_is_an_error_and_never_the_defaults(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read"):
        load(tmp_path / "absent.toml", {})


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError):
        Config().smtp.max_recipients = 5
    with pytest.raises(ValidationError):
        Config().data_dir = Path("elsewhere")


def test_no_key_speaks_of_letting_things_pass():
    words = ("allow", "pass", "bypass", "unsafe", "unconfined", "skip", "disable", "trust_")
    suspicious = [k for k in keys_of(Config) if any(w in k for w in words)]
    assert suspicious == ["relay.password_file"]


def test_parse_size_leaves_what_is_no_text_to_the_model():
    assert configuration.parse_size(12) == 12
    assert configuration.parse_size(None) is None
