"""The contract between a sanitizer and whoever runs it.

A sanitizer gets a `Job` (read-only bytes, what they claim to be, what they are, what
the policy asks) and writes to `out`; it returns `Cleaned` (one file) or `Split` (a
container taken apart: its members are cleaned in children of their own). It raises
`Withheld`/`PasswordNeeded` when the part must not cross; any other exception is
treated as damage and withholds the part too. It must never import `gateway`, open a
file, look at a clock, or copy input bytes into the output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol

from sanitizers.findings import Finding
from sanitizers.limits import Limits


class Method(StrEnum):
    """How a part was made safe, in the words of the national guideline."""

    TEXT = "text"  # テキスト化
    IMAGE_PDF = "image_pdf"  # 画像PDF化
    SANITIZE = "sanitize"  # サニタイズ処理
    VISUAL_CHECK = "visual_check"
    NONE = "none"  # withheld


class Outcome(StrEnum):
    """What became of a part."""

    CLEAN = "clean"
    PARTIAL = "partial"
    WITHHELD = "withheld"
    LOCKED = "locked"
    FAILED = "failed"


class Output(Protocol):
    """Where a sanitizer writes. Bounded by the part's output budget."""

    def write(self, data: bytes | bytearray | memoryview, /) -> int: ...
    def tell(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One part to clean. `name` and `claimed_type` are the sender's words: untrusted."""

    data: memoryview
    name: str = ""
    claimed_type: str = ""  # lower-case media type without parameters, or ""
    claimed_charset: str = ""  # for text: the charset label, or ""
    media_type: str = "application/octet-stream"  # as identified by content
    method: Method = Method.SANITIZE
    options: Mapping[str, str] = field(default_factory=dict)  # of the profile
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """One rebuilt file, written to `out` from its start to `out.tell()`."""

    media_type: str
    extension: str  # with the dot, lower case, from our own list
    method: Method
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file found in a container: decoded bytes at `offset` of `out`, `size` long."""

    name: str  # decoded and cleaned by `sanitizers.names`, may be ""
    claimed_type: str
    claimed_charset: str
    offset: int
    size: int
    inline: bool = False
    withheld: str = ""  # a ReasonCode value when the container knows it cannot cross


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A container taken apart. For mail: `headers` and `text` are its own content."""

    headers: tuple[tuple[str, str], ...] = ()  # allow-listed name, checked decoded value
    text: str = ""
    members: tuple[Member, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)  # e.g. {"received": "3"}


class Sanitizer(ABC):
    """One format (or closely related formats). Subclasses are found by the registry."""

    media_types: ClassVar[tuple[str, ...]]  # what it takes, as identified by content
    methods: ClassVar[tuple[Method, ...]]  # what it can do; the first is its default
    outputs: ClassVar[tuple[str, ...]]  # media types that it may write

    @classmethod
    def warm(cls) -> None:
        """Load tables, plug-ins and fonts before the sandbox is locked (no file opens later)."""

    @abstractmethod
    def clean(self, job: Job, out: Output) -> Cleaned | Split:
        """Rebuild the part into `out`."""


class Verifier(ABC):
    """Independent grammar of one output type; shares no code with any sanitizer."""

    media_types: ClassVar[tuple[str, ...]]

    @classmethod
    def warm(cls) -> None:
        """Load whatever `verify` needs before the sandbox is locked."""

    @abstractmethod
    def verify(self, data: memoryview) -> None:
        """Accept `data` only if the allow-list grammar consumes it whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
