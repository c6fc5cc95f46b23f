"""The other commands: what they say, and with which exit code."""

import asyncio
import json
import zipfile

import pytest
import pyzipper
from sqlalchemy import text
from typer.testing import CliRunner

from gateway import config as configuration
from gateway.cli import app
from gateway.store import schema
from gateway.store.engine import Database
from gateway.store.ids import now_us
from gateway.store.intake import Envelope, Intake


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "gateway.toml"
    path.write_text(f'data_dir = "{tmp_path}/data"\n', encoding="utf-8")
    return path


@pytest.fixture
def store(config_file):
    """A prepared store with one mail for two recipients; the item's id."""
    config = configuration.load(config_file, {})
    config.data_dir.mkdir(mode=0o700)
    schema.prepare(config)

    async def go():
        intake = Intake.open(config)
        spool = intake.spool()
        spool.write(b"Subject: x\r\n\r\n")
        people = ("hanako@city.example.jp", "jiro@city.example.jp")
        envelope = Envelope("s@x.example", people, "::1", "h", False, False, now_us())
        try:
            return await intake.accept(spool, envelope)
        finally:
            intake.close()

    return asyncio.run(go())


@pytest.fixture
def run(config_file):
    def call(*arguments):
        return CliRunner().invoke(app, [*arguments, "--config", str(config_file)])

    return call


def test_a_good_configuration_is_valid_with_remarks(run):
    result = run("check-config")
    assert result.exit_code == 0
    assert "note: smtp.relay_domains is empty" in result.stdout
    assert "configuration is valid (3 profiles, 0 rules)" in result.stdout


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('[ops]\nlisten = "0.0.0.0:9090"\n', "ops.listen"),
        ('[smtp]\nlisten = "0.0.0.0:25"\n', "not loopback"),
        ('[smtp]\nlisten = "nonsense"\n', "[smtp] listen"),
        ('[store]\ndatabase = "postgresql://x/y"\n', "store.database"),
        ('[store]\nblobs = "s3://x"\n', "store.blobs"),
        ('[bounce]\nnext_hop = "smtp://x:25"\n', "bounce.next_hop"),
        ("[smtp]\nrequire_tls = true\n", "tls_cert"),
        ('[smtp]\nrecipients = "file:/nonexistent/list"\n', "cannot be read"),
        ("[smpt]\n", 'did you mean "smtp"'),
        ("= 3\n", "is not TOML"),
    ],
)
def test_what_would_not_start_is_said_and_exit_2(run, config_file, line, says):
    with config_file.open("a", encoding="utf-8") as file:
        file.write(line)
    result = run("check-config")
    assert result.exit_code == 2
    assert says in result.stderr
    assert run("serve").exit_code == 2


def test_serve_knows_its_roles(run):
    result = run("serve", "--role", "postman")
    assert result.exit_code == 2
    assert "internet, worker, lgwan, ops" in result.stderr


def test_the_policy_is_explained(run, config_file):
    (config_file.parent / "policy.toml").write_text(
        '[profiles.standard]\n[profiles.strict]\nattachments = "drop"\n'
        '[[rules]]\nrecipient = "*@kikikanri.example.jp"\nprofile = "strict"\n'
        '[[rules]]\ntype = "image/*"\nmethod = "none"\n',
        encoding="utf-8",
    )
    result = run(
        "policy", "explain", "--recipient", "a@kikikanri.example.jp", "--type", "image/png"
    )
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "rule 1: profile strict",
        "rule 2: image/* -> none",
        "profile: strict+2, attachments: drop",
        "  image/*: none",
        "image/png: none",
    ]


def test_a_bad_policy_is_exit_2(run, config_file):
    (config_file.parent / "policy.toml").write_text("[profiles]\n", encoding="utf-8")
    result = run("policy", "explain")
    assert result.exit_code == 2
    assert "policy.toml" in result.stderr


def test_the_queue_shows_what_waits(run, store):
    result = run("queue")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(store) and "waiting" in line for line in lines[:2])
    assert lines[2] == "1 received"
    rows = [json.loads(line) for line in run("queue", "--json").stdout.splitlines()]
    assert [row["recipient"] for row in rows] == ["hanako@city.example.jp", "jiro@city.example.jp"]
    assert {row["item_id"] for row in rows} == {store}
    assert len(run("queue", "--limit", "1").stdout.splitlines()) == 2


def test_an_absent_store_is_an_internal_error(run):
    for command in (["queue"], ["audit", "verify"], ["audit", "show"]):
        result = run(*command)
        assert result.exit_code == 1
        assert "schema_mismatch" in result.stderr


def test_the_audit_trail_is_shown_and_verified(run, store):
    rows = [json.loads(line) for line in run("audit", "show").stdout.splitlines()]
    assert [row["event"] for row in rows] == ["keys_created", "received"]
    assert rows[1]["detail"]["recipients"] == ["hanako@city.example.jp", "jiro@city.example.jp"]
    (row,) = run("audit", "show", "--item", store).stdout.splitlines()
    assert json.loads(row)["item_id"] == store
    result = run("audit", "verify")
    assert result.exit_code == 0
    assert result.stdout.startswith("ok: 2 rows, head ")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET detail = '{}' WHERE seq = 2",
        "UPDATE audit SET actor = 'other' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 1",
    ],
)
def test_a_changed_or_missing_row_breaks_the_chain(run, store, config_file, tampering):
    database = Database.open(configuration.load(config_file, {}), actor="ops")
    asyncio.run(database.write(lambda c: c.execute(text(tampering))))
    database.close()
    result = run("audit", "verify")
    assert result.exit_code == 1
    assert "BROKEN at row" in result.stdout


def test_doctor_reports_every_component(run):
    result = run("doctor", "--json")
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"seccomp", "landlock", "sandbox", "fonts", "config"} <= {r["component"] for r in rows}
    for row in rows:
        assert set(row) == {"component", "status", "sentence"}


def test_doctor_is_red_where_the_start_would_be_refused(run, config_file):
    with config_file.open("a", encoding="utf-8") as file:
        file.write('[ops]\nlisten = "0.0.0.0:9090"\n')
    result = run("doctor")
    assert result.exit_code == 1
    assert "red    config" in result.stdout


def test_a_locked_archive_is_4_and_opens_with_the_password_file(run, tmp_path):
    archive = tmp_path / "a.zip"
    with pyzipper.AESZipFile(archive, "w", encryption=pyzipper.WZ_AES) as locked:
        locked.setpassword(b"open sesame")
        locked.writestr("note.txt", "hello")
    (tmp_path / "passwords").write_text("wrong\nopen sesame\n")
    assert run("sanitize", str(archive), "-o", str(tmp_path / "1.zip")).exit_code == 4
    assert not (tmp_path / "1.zip").exists()
    passwords = ["--password-file", str(tmp_path / "passwords")]
    result = run("sanitize", str(archive), "-o", str(tmp_path / "2.zip"), *passwords)
    assert result.exit_code == 0
    assert "open sesame" not in result.stdout + result.stderr
    with zipfile.ZipFile(tmp_path / "2.zip") as opened:
        assert opened.read("note.txt").decode("utf-8-sig") == "hello"
