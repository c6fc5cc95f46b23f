"""`mugaika user …`: a password is never an argument, a token is printed and nothing else."""

import asyncio
import re

import pytest
from typer.testing import CliRunner

from gateway import config as configuration
from gateway.cli import app
from gateway.store.accounts import Accounts, SignInRefused
from gateway.store.engine import Database
from tests.gateway.store.harness import events, rows

PASSWORD = "correct horse battery"


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "gateway.toml"
    path.write_text(f'data_dir = "{tmp_path}/data"\n', encoding="utf-8")
    return path


@pytest.fixture
def config(config_file):
    return configuration.load(config_file, {})


@pytest.fixture
def run(config_file):
    def call(*arguments, stdin=None):
        command = ["user", *arguments, "--config", str(config_file)]
        return CliRunner().invoke(app, command, input=stdin)

    return call


@pytest.fixture
def with_accounts(config):
    def call(use):
        async def go():
            database = Database.open(config, actor="test")
            try:
                return await use(Accounts(database))
            finally:
                database.close()

        return asyncio.run(go())

    return call


def enters(with_accounts, name, password):
    try:
        with_accounts(lambda a: a.sign_in(name, password, segment="lgwan", client="::1"))
    except SignInRefused:
        return False
    return True


def test_an_account_is_made_before_the_first_start(config, run, with_accounts):
    arguments = ("tanaka", "--role", "staff", "--email", "tanaka@example.jp", "--password-stdin")
    result = run("add", *arguments, stdin=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "added tanaka (staff)" in result.stderr
    assert enters(with_accounts, "tanaka@example.jp", PASSWORD)
    assert ("operator", "account_added") in rows(config, "select actor, event from audit")


def test_without_a_terminal_an_account_has_tokens_only(config, run, with_accounts):
    result = run("add", "machine", "--role", "staff")
    assert result.exit_code == 0, result.stderr
    assert "without a password" in result.stderr
    assert rows(config, "select password_hash from users") == [(None,)]
    assert not enters(with_accounts, "machine", "")


def test_a_token_is_printed_alone_and_works_on_its_segment(config, run, with_accounts):
    run("add", "machine", "--role", "staff", "--no-password")
    result = run("token", "machine", "--segment", "internet", "--days", "30")
    assert result.exit_code == 0
    assert re.fullmatch(r"mgk_[A-Za-z0-9_-]{43}\n", result.stdout)
    token = result.stdout.strip()
    assert with_accounts(lambda a: a.by_token(token, segment="internet")).name == "machine"
    assert with_accounts(lambda a: a.by_token(token, segment="lgwan")) is None
    [(made, ends)] = rows(config, "select created_at, expires_at from tokens")
    assert ends - made == 30 * 86_400 * 10**6


def test_a_password_is_set_anew(run, with_accounts):
    run("add", "tanaka", "--role", "staff", "--no-password")
    result = run("password", "tanaka", "--password-stdin", stdin=f"{PASSWORD}\r\n")
    assert result.exit_code == 0, result.stderr
    assert enters(with_accounts, "tanaka", PASSWORD)


def test_a_disabled_account_is_listed_as_such_and_can_nothing(run, with_accounts):
    run("add", "tanaka", "--role", "staff", "--password-stdin", stdin=PASSWORD)
    run("add", "ito", "--role", "auditor", "--no-password")
    token = run("token", "tanaka", "--segment", "ops").stdout.strip()
    assert run("disable", "tanaka").exit_code == 0
    assert run("list").stdout.splitlines() == [
        "ito\tauditor\t-\tito",
        "tanaka\tstaff\t-\ttanaka\tdisabled",
    ]
    assert not enters(with_accounts, "tanaka", PASSWORD)
    assert with_accounts(lambda a: a.by_token(token, segment="ops")) is None


@pytest.mark.parametrize(
    ("arguments", "stdin", "why"),
    [
        (("add", "tanaka", "--role", "root", "--no-password"), None, "role: one of"),
        (("add", "a b", "--role", "staff", "--no-password"), None, "a name has"),
        (("add", "a", "--role", "staff", "--password-stdin"), "short\n", "12 to 256 characters"),
        (("add", "a", "--role", "staff", "--password-stdin"), b"\xff" * 20, "not UTF-8"),
        (("add", "a", "--role", "staff", "--password-stdin", "--no-password"), "x", "one or the"),
        (("token", "nobody", "--segment", "ops"), None, "no such account"),
        (("password", "nobody"), None, "--password-stdin"),
        (("password", "nobody", "--password-stdin"), PASSWORD, "no such account"),
        (("disable", "nobody"), None, "no such account"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(config, run, arguments, stdin, why):
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 2
    assert why in result.stderr
    assert result.stdout == ""
    if (config.data_dir / "mugaika.sqlite").exists():
        assert rows(config, "select count(*) from users") == [(0,)]
        assert events(config) == ["keys_created"]


def test_a_password_is_no_option(run):
    result = run("add", "tanaka", "--role", "staff", "--password", PASSWORD)
    assert result.exit_code == 2
    assert PASSWORD not in result.stdout
