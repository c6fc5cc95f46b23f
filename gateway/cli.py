"""The `mugaika` command.

Every command takes `--config FILE` (else `./config/gateway.toml`, else the built-in
defaults). Exit codes: 0 fine, 2 usage or configuration, 1 internal; `sanitize` has its
own (see DESIGN, "Command line").
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from gateway import config as configuration
from gateway import policy as policies
from gateway.cli_accounts import app as accounts_app
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.logs import configure
from gateway.policy import Policy

EXIT_INTERNAL: Final = 1
EXIT_USAGE: Final = 2

app = typer.Typer(
    name="mugaika",
    help="無害化ゲートウェイ: sanitizes mail and files between two networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
policy_app = typer.Typer(help="What the policy says.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")
app.add_typer(audit_app, name="audit")
app.add_typer(accounts_app, name="user")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file (TOML).", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def _fail(message: str, code: int = EXIT_USAGE) -> NoReturn:
    typer.echo(f"mugaika: {message}", err=True)
    raise typer.Exit(code)


def _load(path: Path | None) -> tuple[Config, Policy]:
    try:
        config = configuration.load(path)
        return config, policies.load(Path(config.policy_file) if config.policy_file else None)
    except ConfigError as error:
        _fail(str(error))


@app.command()
def serve(
    config: ConfigOption = None,
    role: Annotated[
        str | None, typer.Option(help="Run one role only: internet, worker, lgwan or ops.")
    ] = None,
) -> None:
    """Run the gateway (a supervisor with one process per role)."""
    from gateway import serving

    loaded, policy = _load(config)
    configure(role=role or "supervisor")
    try:
        code = serving.serve(loaded, policy, config, role)
    except serving.CannotStart as problem:
        _fail(str(problem))
    raise typer.Exit(code)


@app.command("check-config")
def check_config(config: ConfigOption = None) -> None:
    """Check the configuration and the policy; say what would be refused at start."""
    from gateway import serving

    loaded, policy = _load(config)
    problems, remarks = serving.check(loaded, policy)
    for remark in remarks:
        typer.echo(f"note: {remark}")
    if problems:
        _fail("\n".join(problems))
    typer.echo(
        f"configuration is valid ({len(policy.file.profiles)} profiles, "
        f"{len(policy.file.rules)} rules)"
    )


@app.command()
def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check this machine: kernel, sandbox, libraries, fonts, disk, keys, store."""
    from gateway.ops import doctor as examination

    loaded, _policy = _load(config)
    findings = asyncio.run(examination.examine(loaded))
    for finding in findings:
        if as_json:
            typer.echo(json.dumps(finding.as_dict(), ensure_ascii=False))
        else:
            typer.echo(f"{finding.status:<6} {finding.component:<12} {finding.sentence}")
    raise typer.Exit(EXIT_INTERNAL if any(f.status == "red" for f in findings) else 0)


@app.command()
def sanitize(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    config: ConfigOption = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Output file or folder.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="Profile of the policy.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="Passwords to try, one a line.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Clean files through the same sandbox and policy as a mail."""
    from gateway import sanitize as cleaning
    from gateway.sandbox.pool import Sandbox, SandboxUnavailable
    from gateway.worker.scan import Scanner, ScannerUnavailable

    loaded, policy = _load(config)
    configure(role="sanitize", level="error")
    name = profile or policy.file.default_profile
    if name not in policy.file.profiles:
        _fail(f"no profile is called {name!r}: {', '.join(sorted(policy.file.profiles))}")
    try:
        found = cleaning.inputs(paths)
        several = len(paths) > 1 or paths[0].is_dir()
        place, folder = cleaning.output_place(output, several=several)
        passwords = cleaning.read_passwords(password_file) if password_file else ()
    except cleaning.UsageError as error:
        _fail(str(error))

    async def run() -> list[int]:
        codes: list[int] = []
        with tempfile.TemporaryDirectory(prefix="mugaika-") as scratch:
            sandbox = Sandbox(
                slots=loaded.workers.count,
                memory_bytes=loaded.workers.memory,
                scratch=Path(scratch),
            )
            try:
                await sandbox.start()
                scanner = Scanner(loaded.scanner) if loaded.scanner.socket else None
                cleaner = cleaning.Cleaner(
                    sandbox,
                    policy.profile(name),
                    Path(scratch),
                    scanner=scanner,
                    passwords=passwords,
                )
                for number, item in enumerate(found, start=1):
                    _progress(number, len(found))
                    codes.append(await one(cleaner, item))
            finally:
                await sandbox.close()
        return codes

    async def one(cleaner: cleaning.Cleaner, item: cleaning.Input) -> int:
        try:
            done = await cleaner.clean(item, place, folder=folder)
        except FileExistsError as error:
            typer.echo(f"mugaika: {error.filename2 or error.filename}: exists", err=True)
            return EXIT_USAGE
        except (SandboxUnavailable, ScannerUnavailable, OSError) as error:
            typer.echo(f"mugaika: {item.path}: {error}", err=True)
            return EXIT_INTERNAL
        if as_json:
            typer.echo(cleaning.line(done.report))
        else:
            typer.echo(_sentence(done.report))
        return done.exit_code

    try:
        codes = asyncio.run(run())
    except SandboxUnavailable as error:
        _fail(str(error), EXIT_INTERNAL)
    raise typer.Exit(cleaning.gravest(codes))


def _progress(number: int, total: int) -> None:
    if total > 1 and sys.stderr.isatty():
        width = 30
        done = width * number // total
        bar = "#" * done + "." * (width - done)
        end = "\n" if number == total else "\r"
        typer.echo(f"[{bar}] {number}/{total}{end}", err=True, nl=False)


def _sentence(report: dict[str, Any]) -> str:
    found = sum(f["count"] for f in report["findings"])
    if report["output"] is not None:
        text = f"{report['name']} -> {report['output']['path']} ({report['method']}"
        return f"{text}, {found} findings, {_withheld(report)} withheld)"
    reason = report["reason"] or {"ja": "", "code": ""}
    return f"{report['name']}: {report['outcome']} [{reason['code']}] {reason['ja']}"


def _withheld(report: dict[str, Any]) -> int:
    """Parts below that did not cross, at all depths."""
    return sum(
        _withheld(part) if part["outcome"] in ("clean", "partial") else 1
        for part in report["parts"]
    )


@policy_app.command("explain")
def explain(
    config: ConfigOption = None,
    sender: Annotated[str, typer.Option(help="Envelope sender.")] = "",
    recipient: Annotated[str, typer.Option(help="Envelope recipient.")] = "",
    media_type: Annotated[str, typer.Option("--type", help="Media type of a part.")] = "",
) -> None:
    """Which rules match a delivery, and what follows from them."""
    _config, policy = _load(config)
    for number, rule in policy.explain(sender=sender, recipient=recipient):
        what = f"profile {rule.profile}" if rule.profile else f"{rule.type} -> {rule.method}"
        typer.echo(f"rule {number}: {what}")
    effective = policy.for_delivery(sender=sender, recipient=recipient)
    typer.echo(f"profile: {effective.label}, attachments: {effective.attachments}")
    for pattern, method in effective.methods:
        typer.echo(f"  {pattern}: {method}")
    if media_type:
        from gateway.ops import doctor as examination

        offered = asyncio.run(examination.offered_methods()).get(media_type, ())
        typer.echo(f"{media_type}: {effective.method_for(media_type, offered)}")


@app.command()
def queue(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(help="Rows shown.")] = 50,
) -> None:
    """What is waiting, and for what."""
    from gateway.ops import queue as listing

    loaded, _policy = _load(config)
    _from_store(lambda: listing.show(loaded, limit=limit, as_json=as_json))


@audit_app.command("verify")
def audit_verify(config: ConfigOption = None) -> None:
    """Recompute the hash chain; exit 1 where a row was changed or is missing."""
    from gateway.ops import queue as listing

    loaded, _policy = _load(config)
    if not _from_store(lambda: listing.verify_audit(loaded)):
        raise typer.Exit(EXIT_INTERNAL)


@audit_app.command("show")
def audit_show(
    config: ConfigOption = None,
    item: Annotated[str, typer.Option(help="Only this item.")] = "",
    limit: Annotated[int, typer.Option(help="Rows shown.")] = 50,
) -> None:
    """The last rows of the audit trail, as JSON lines."""
    from gateway.ops import queue as listing

    loaded, _policy = _load(config)
    _from_store(lambda: listing.show_audit(loaded, item=item, limit=limit))


def _from_store(call: Callable[[], Any]) -> Any:
    from gateway.store.errors import StoreError

    try:
        return call()
    except StoreError as error:
        _fail(f"{error.code}: {error}", EXIT_INTERNAL)


def main() -> None:
    """Entry point of the console script."""
    os.umask(0o077)  # whatever we write is ours alone
    app()


if __name__ == "__main__":
    main()
