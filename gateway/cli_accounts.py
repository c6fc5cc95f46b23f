"""`mugaika user …`: accounts and tokens. A password is never an argument: it is asked for."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer

from gateway.config import Config
from gateway.config import load as load_config
from gateway.errors import ConfigError
from gateway.store import schema
from gateway.store.accounts import Account, AccountError, Accounts
from gateway.store.engine import Database, database_path
from gateway.store.errors import StoreError

EXIT_USAGE: Final = 2
EXIT_INTERNAL: Final = 1
T = TypeVar("T")

app = typer.Typer(help="Accounts and tokens.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the account.", show_default=False)]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file (TOML).", show_default=False)
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def _with_accounts(config_file: Path | None, use: Callable[[Accounts], Awaitable[T]]) -> T:
    """Run `use` on the store that the configuration names; errors end the program."""
    try:
        config = load_config(config_file)
        _prepare(config)
        database = Database.open(config, actor="operator")
    except (ConfigError, StoreError) as error:
        _fail(str(error), EXIT_USAGE)
    try:
        return asyncio.run(_awaited(use(Accounts(database))))
    except AccountError as error:
        _fail(str(error), EXIT_USAGE)
    except StoreError as error:
        _fail(error.code, EXIT_INTERNAL)
    finally:
        database.close()


def _prepare(config: Config) -> None:
    """The first account may be made before the first start; later nothing is to be done."""
    if database_path(config).exists():
        return
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        schema.prepare(config)
    except OSError as error:
        _fail(f"data_dir {config.data_dir}: {error.strerror}", EXIT_USAGE)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"mugaika: {message}", err=True)
    raise typer.Exit(code)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            _fail("the password on standard input is not UTF-8", EXIT_USAGE)
    if not sys.stdin.isatty():
        _fail("no terminal to ask at: use --password-stdin", EXIT_USAGE)
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


@app.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="staff, approver, operator or auditor.")],
    email: Annotated[str, typer.Option(help="Mail address: what is sent to it is theirs.")] = "",
    display_name: Annotated[str, typer.Option(help="As shown on the pages.")] = "",
    unit: Annotated[str, typer.Option(help="Section of the town hall.")] = "",
    password_stdin: FromStdin = False,
    no_password: Annotated[bool, typer.Option(help="Tokens only: nobody signs in.")] = False,
    config: ConfigOption = None,
) -> None:
    """Make an account. Where no terminal is to ask at, it has no password: tokens only."""
    if no_password and password_stdin:
        _fail("--no-password and --password-stdin: one or the other", EXIT_USAGE)
    tokens_only = no_password or not (password_stdin or sys.stdin.isatty())
    password = None if tokens_only else _password(password_stdin)

    async def use(accounts: Accounts) -> Account:
        return await accounts.add(
            name,
            role=role,
            password=password,
            email=email,
            display_name=display_name,
            unit=unit,
        )

    account = _with_accounts(config, use)
    typer.echo(f"added {account.name} ({account.role})", err=True)
    if tokens_only:
        typer.echo(f"without a password; to set one: mugaika user password {name}", err=True)


@app.command("token")
def token(
    name: Name,
    segment: Annotated[str, typer.Option(help="internet, lgwan or ops.")],
    days: Annotated[float | None, typer.Option(help="Days until it expires.", min=0.001)] = None,
    config: ConfigOption = None,
) -> None:
    """Make a bearer token for one segment and print it, nothing else."""
    typer.echo(_with_accounts(config, lambda a: a.new_token(name, segment=segment, days=days)))


@app.command("password")
def password(name: Name, password_stdin: FromStdin = False, config: ConfigOption = None) -> None:
    """Set a new password; ends all sessions of the account."""
    new = _password(password_stdin)
    _with_accounts(config, lambda a: a.set_password(name, new))
    typer.echo(f"changed the password of {name}", err=True)


@app.command("disable")
def disable(name: Name, config: ConfigOption = None) -> None:
    """End an account with all its sessions and tokens."""
    _with_accounts(config, lambda a: a.disable(name))
    typer.echo(f"disabled {name}", err=True)


@app.command("list")
def listed(config: ConfigOption = None) -> None:
    """List the accounts."""
    for account in _with_accounts(config, lambda a: a.listed()):
        state = "disabled" if account.disabled else ""
        row = (account.name, account.role, account.email or "-", account.display_name, state)
        typer.echo("\t".join(row).rstrip())
