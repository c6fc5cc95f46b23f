"""`mugaika sanitize`: files through the same sandbox, policy and checks as a mail.

Writes an output file only for what was rebuilt and verified; never overwrites. The JSON
of a part is the contract in DESIGN ("Command line").
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from gateway.policy import Effective
from gateway.sandbox.memory import SealedBytes, UnlinkedFile
from gateway.sandbox.pool import Sandbox
from gateway.sandbox.protocol import check_passwords
from gateway.worker.pipeline import CleanedPart, Pipeline, withheld
from gateway.worker.scan import Scanner
from sanitizers.limits import MB
from sanitizers.model import Outcome
from sanitizers.reasons import REASONS, ReasonCode

#: Larger inputs are withheld (`too_large`); the default upload limit is the same.
MAX_INPUT_BYTES: Final = 1_000 * MB
EXIT_CLEAN: Final = 0
EXIT_INTERNAL: Final = 1
EXIT_USAGE: Final = 2
EXIT_WITHHELD: Final = 3
EXIT_LOCKED: Final = 4
_EXIT_OF: Final = {
    Outcome.CLEAN: EXIT_CLEAN,
    Outcome.PARTIAL: EXIT_WITHHELD,
    Outcome.WITHHELD: EXIT_WITHHELD,
    Outcome.FAILED: EXIT_WITHHELD,
    Outcome.LOCKED: EXIT_LOCKED,
}
#: For several inputs the gravest wins: 2 > 1 > 3 > 4 > 0.
_GRAVITY: Final = (EXIT_USAGE, EXIT_INTERNAL, EXIT_WITHHELD, EXIT_LOCKED, EXIT_CLEAN)


@dataclass(frozen=True, slots=True)
class Input:
    """One file to clean and the folder below which its output keeps its path."""

    path: Path
    relative: Path


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one input."""

    report: dict[str, Any]
    exit_code: int


class UsageError(Exception):
    """The arguments do not fit together (exit 2)."""


def inputs(paths: list[Path]) -> list[Input]:
    """Files in order; a folder recurses and keeps relative paths. Links are not followed.

    Raises:
        UsageError: a path does not exist or is no regular file.
    """
    found: list[Input] = []
    for path in paths:
        if path.is_dir():
            below = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
            found += [Input(p, p.relative_to(path)) for p in below]
        elif path.is_file():
            found.append(Input(path, Path(path.name)))
        else:
            raise UsageError(f"{path}: no such file or folder")
    return found


def output_place(given: str | None, *, several: bool) -> tuple[Path, bool]:
    """Where outputs go: (path, is a folder). See DESIGN, "Command line", `-o`.

    Raises:
        UsageError: several inputs and `-o` names an existing file.
    """
    if given is None:
        return Path(), True
    path = Path(given)
    folder = several or given.endswith(os.sep) or path.is_dir()
    if folder and path.exists() and not path.is_dir():
        raise UsageError(f"{given}: is a file, a folder is needed for several inputs")
    return path, folder


def _free_name(folder: Path, stem: str, extension: str) -> Path:
    for number in _numbers():
        candidate = folder / f"{stem}.clean{number}{extension}"
        if not candidate.exists():
            return candidate
    raise AssertionError


def _numbers() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _write_new(path: Path, data: SealedBytes) -> None:
    """Create `path` with `data`; never overwrites, and leaves no half file under the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as file:
            data.copy_to(file.fileno())
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class Cleaner:
    """Cleans files one after the other under one policy."""

    def __init__(
        self,
        sandbox: Sandbox,
        policy: Effective,
        scratch: Path,
        *,
        scanner: Scanner | None = None,
        passwords: tuple[str, ...] = (),
    ) -> None:
        self._pipeline = Pipeline(sandbox, policy, scanner=scanner, passwords=passwords)
        self._scratch = scratch

    async def clean(self, item: Input, place: Path, *, folder: bool) -> Done:
        """Clean one input; write its output file, when there is one, and what goes beside it.

        Raises:
            SandboxUnavailable, ScannerUnavailable: nothing was written.
            FileExistsError: `-o FILE` exists.
        """
        started = monotonic()
        part = await self._clean(item)
        try:
            written: dict[int, Path] = {}
            if part.crosses and part.output is not None:
                target = place / item.relative.parent if folder else place
                if folder:
                    target = _free_name(target, item.path.stem, Path(part.name).suffix)
                _write_new(target, part.output)
                written[id(part)] = target
                for found in part.found_beside():
                    if found.output is not None:
                        name = Path(found.name)
                        beside = _free_name(target.parent, name.stem, name.suffix)
                        _write_new(beside, found.output)
                        written[id(found)] = beside
            report = _report(part, item.path.name, written)
        finally:
            part.close()
        report["seconds"] = round(monotonic() - started, 4)
        return Done({"version": 1, **report}, _EXIT_OF[part.outcome])

    async def _clean(self, item: Input) -> CleanedPart:
        size = item.path.stat().st_size
        if size > MAX_INPUT_BYTES:
            return withheld(item.path.name, "application/octet-stream", ReasonCode.TOO_LARGE)
        unlinked = UnlinkedFile(self._scratch)
        try:
            with item.path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    os.write(unlinked.fd, chunk)
            source = unlinked.seal()
        finally:
            unlinked.close()
        with source:
            return await self._route(item, source)

    async def _route(self, item: Input, source: SealedBytes) -> CleanedPart:
        if item.path.suffix.lower() == ".eml":
            return await self._pipeline.clean_mail(source, name=item.path.name, as_file=True)
        return await self._pipeline.clean_file(source, name=item.path.name)


def _report(part: CleanedPart, name: str, written: dict[int, Path]) -> dict[str, Any]:
    output = None
    path = written.get(id(part))
    if path is not None:
        output = {
            "path": str(path),
            "name": path.name,
            "media_type": part.media_type,
            "size": part.size,
            "sha256": part.sha256,
        }
    reason = None
    if part.reason is not None:
        text = REASONS[part.reason]
        reason = {"code": part.reason.value, "ja": text.ja, "en": text.en}
    return {
        "name": name,
        "media_type": part.media_type,
        "outcome": part.outcome.value,
        "method": part.method.value,
        "output": output,
        "findings": [
            {
                "kind": f.kind.value,
                "action": f.action.value,
                "count": f.count,
                "where": f.where,
                "sha256": f.sha256,
            }
            for f in part.findings
        ],
        "reason": reason,
        "parts": [_report(member, member.name, written) for member in part.members],
    }


def read_passwords(path: Path) -> tuple[str, ...]:
    """The passwords of a file, one a line (UTF-8); empty lines do not count.

    Raises:
        UsageError: not readable, not UTF-8, too many or too long. No password is quoted.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8") from None
    lines = text.replace("\r\n", "\n").split("\n")
    passwords = tuple(dict.fromkeys(line for line in lines if line))
    try:
        check_passwords(passwords)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    return passwords


def gravest(codes: list[int]) -> int:
    """The exit code for several inputs."""
    return min(codes, key=_GRAVITY.index, default=EXIT_CLEAN)


def line(report: dict[str, Any]) -> str:
    """One object as one line of JSON."""
    return json.dumps(report, ensure_ascii=False)
