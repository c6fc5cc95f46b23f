"""What every archive format is turned into before anything is decided: a list of entries.

A reader knows one format's framing and nothing about names, limits or what crosses; the
container (`_container`) knows those and no format. Times, owners, permissions, comments
and everything else that a format keeps beside a file have no place here, so they cannot
cross.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from sanitizers.findings import Findings
from sanitizers.model import Job
from sanitizers.reasons import ReasonCode

#: Bytes unpacked at a time.
BLOCK: Final = 1 << 18


class EntryKind(Enum):
    """What an entry would become on a disk."""

    FILE = "file"
    FOLDER = "folder"
    SPECIAL = "special"  # link, device, pipe, socket


class EntryWithheld(Exception):
    """One entry does not cross; the rest of the archive may."""

    def __init__(self, code: ReasonCode) -> None:
        super().__init__(code.value)
        self.code = code


def no_data() -> Iterator[bytes | memoryview]:
    """The blocks of an entry that has none."""
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as its archive describes it: untrusted in every field.

    `text` is the name where the format itself says its charset, else `raw` has its bytes.
    `size` is the declared size unpacked, `packed` the bytes it takes in the archive (None:
    the format does not tell). `blocks` unpacks it, once, before the next entry is asked
    for, and raises `EntryWithheld` where that fails for this entry only.
    """

    raw: bytes = b""
    text: str = ""
    kind: EntryKind = EntryKind.FILE
    size: int | None = None
    packed: int | None = None
    encrypted: bool = False
    blocks: Callable[[], Iterator[bytes | memoryview]] = no_data


class Reader(Protocol):
    """One format's framing."""

    def entries(self, job: Job, findings: Findings) -> Iterator[Entry]:
        """The entries of `job.data` in the archive's order.

        Raises:
            Withheld, PasswordNeeded: nothing of the archive can be read, or must be.
        """
        ...
