"""The contract between a sanitizer and whoever runs it.

A sanitizer gets a `Job` (read-only bytes, what they claim to be, what they are, what
the policy asks) and writes to `out`; it returns `Cleaned` (one file), `Split` (a
container taken apart: its members are cleaned in children of their own, and `assemble`
puts the results together in a last child) or `Needs` (a program must convert the bytes
first). It raises `Withheld`/`PasswordNeeded` when the part must not cross; any other
exception is treated as damage and withholds the part too. It must never import
`gateway`, open a file, look at a clock, or copy input bytes into the output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final, Protocol

from sanitizers.findings import Finding
from sanitizers.limits import Limits
from sanitizers.reasons import ReasonCode, Withheld

#: Key of `Job.options`: the program of the tool box that wrote the job's bytes. Only the
#: worker sets it; a file without it is the sender's, whatever it looks like.
CONVERTED: Final = "converted"
#: Key of `Job.options`: which share of the work this child does, "3/20"; of the child that
#: joins them, how many, "20". Only the worker sets it, after `clean` answered with SHARES.
SHARE: Final = "share"


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
    passwords: tuple[str, ...] = field(default=(), repr=False)  # to try, in this order
    options: Mapping[str, str] = field(default_factory=dict)  # of the profile, and CONVERTED
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """One rebuilt file, written to `out` from its start to `out.tell()`."""

    media_type: str
    extension: str  # with the dot, lower case, from our own list
    method: Method
    findings: tuple[Finding, ...] = ()
    text: str = ""  # the same for a reader of the mail's body (an invitation's card)
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the media type: METHOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file found in a container: decoded bytes at `offset` of `out`, `size` long."""

    name: str  # decoded and cleaned by `sanitizers.names`, may be ""
    folder: str = ""  # where it lay: clean names joined by "/", "" at the top
    claimed_type: str
    claimed_charset: str
    offset: int
    size: int
    inline: bool = False
    beside: bool = False  # reaches the reader beside the assembled file, not inside it
    withheld: str = ""  # a ReasonCode value when the container knows it cannot cross


class SplitKind(StrEnum):
    """What the members of a `Split` become."""

    MAIL = "mail"  # attachments of a mail that the worker composes
    CONTAINER = "container"  # pieces of the file that `assemble` writes
    INNER = "inner"  # exactly one: it stands in for the part (decrypted, unwrapped)
    #: There are none: the work is long, and `facts` = {"shares": n} asks for it to be done
    #: side by side. `clean` is called again for each share, with SHARE; what the shares
    #: wrote, in whatever form, is given to `assemble` in their order.
    SHARES = "shares"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A container taken apart. For mail: `headers` and `text` are its own content."""

    kind: SplitKind = SplitKind.MAIL
    headers: tuple[tuple[str, str], ...] = ()  # allow-listed name, checked decoded value
    text: str = ""
    members: tuple[Member, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: Of a mail e.g. {"received": "3"}; of a container that is to be sealed {"password": n},
    #: the number of the job's password that opened it, from 1.
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """`out` holds what `tool` must turn into `target` before it can be cleaned."""

    tool: str  # a name of the worker's tool box: "libreoffice", "ffmpeg"
    target: str  # media type that the tool is to write; its sanitizer goes on from there
    source: str = ""  # media type of what lies in `out` where it is not the part's own
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What became of one member of a `Split`, in its order, for `assemble`."""

    name: str  # clean, with the extension of the new type
    folder: str
    media_type: str
    outcome: Outcome
    reason: ReasonCode | None = None  # of a member that does not cross
    data: memoryview | None = None  # verified bytes; None: it does not cross


class Sanitizer(ABC):
    """One format (or closely related formats). Subclasses are found by the registry."""

    media_types: ClassVar[tuple[str, ...]]  # what it takes, as identified by content
    methods: ClassVar[tuple[Method, ...]]  # what it can do; the first is its default
    outputs: ClassVar[tuple[str, ...]]  # media types that it may write
    #: Type that it takes → the program it `Needs`, without which files of the type are withheld.
    tools: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def warm(cls) -> None:
        """Load tables, plug-ins and fonts before the sandbox is locked (no file opens later)."""

    @abstractmethod
    def clean(self, job: Job, out: Output) -> Cleaned | Split | Needs:
        """Rebuild the part into `out`, or say what must be done first."""

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """Write the file anew from `job` and what became of the members of its `Split`.

        Called in a new child, with the same `job` as `clean` and one `Rebuilt` for each
        member in the same order. Only for sanitizers that return a CONTAINER or SHARES: then
        SHARE is among the options, and what the shares wrote was seen by no verifier.
        """
        raise Withheld(ReasonCode.INTERNAL, "a container that cannot be assembled")

    def seal(self, job: Job, out: Output) -> Cleaned:
        """Close a finished file with the one password of `job` that opened its original.

        Called in a new child that sees nothing but the verified file: what it writes cannot
        be verified by anybody who has only its bytes.
        """
        raise Withheld(ReasonCode.INTERNAL, "a type that cannot be encrypted")


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
