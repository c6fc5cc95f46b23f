"""What a worker asks of a sandbox child, and the forms that an answer can have.

A request is made by the worker and goes through the warm parent, which keeps it in its
memory; what is secret or large (passwords, cleaned members) never stands in it but in a
descriptor of its own, which only the child reads (`extras`). Answers are checked in
`replies` before anything in them is believed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from sanitizers.findings import Finding
from sanitizers.limits import Limits
from sanitizers.model import Cleaned, Method, Needs, Outcome, Split
from sanitizers.reasons import ReasonCode

if TYPE_CHECKING:
    from gateway.sandbox.memory import SealedBytes

MAX_REQUEST_BYTES: Final = 60_000  # one SOCK_SEQPACKET message
#: Passwords tried on one part: each costs a key derivation of up to 0.1 s of CPU.
MAX_PASSWORDS: Final = 50
MAX_PASSWORD_CHARS: Final = 200  # of one password; ZIP and Office end at 255 or earlier
OPS: Final = ("identify", "clean", "assemble", "verify", "seal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What became of one member of a `Split`: `sanitizers.model.Rebuilt` in the worker."""

    name: str
    folder: str
    media_type: str
    outcome: Outcome
    reason: ReasonCode | None = None
    data: SealedBytes | None = None  # None: it does not cross


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One job for one child. The strings are the sender's words: opaque here."""

    op: str  # one of OPS
    size: int  # bytes of the input
    media_type: str = ""
    name: str = ""
    claimed_type: str = ""
    claimed_charset: str = ""
    method: str = Method.SANITIZE.value
    options: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    passwords: tuple[str, ...] = field(default=(), repr=False)  # to try, in this order
    pieces: tuple[Piece, ...] = field(default=(), repr=False)  # of "assemble"
    offset: int = 0  # where the input begins in its descriptor; set by the pool
    extras: int = 0  # bytes of the fourth descriptor, 0 = there is none; set by the pool

    def __post_init__(self) -> None:
        if self.op not in OPS:
            raise ValueError("no such operation")
        check_passwords(self.passwords)


def check_passwords(passwords: tuple[str, ...]) -> None:
    """Whether these passwords may be tried.

    Raises:
        ValueError: too many, or one is empty, too long or holds a control character. The
            text never quotes a password.
    """
    if len(passwords) > MAX_PASSWORDS:
        raise ValueError(f"more than {MAX_PASSWORDS} passwords")
    for number, password in enumerate(passwords, start=1):
        if not 0 < len(password) <= MAX_PASSWORD_CHARS:
            raise ValueError(f"password {number}: 1 to {MAX_PASSWORD_CHARS} characters")
        if any(c < " " or c == "\x7f" for c in password):
            raise ValueError(f"password {number}: holds a control character")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedReply:
    """What the content is."""

    media_type: str
    program: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldReply:
    """The child says the part must not cross. `untrusted_detail` is for the log only."""

    code: ReasonCode
    untrusted_detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedReply:
    """A file rebuilt; its bytes are the first `size` of the output descriptor."""

    cleaned: Cleaned
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReply:
    """A container taken apart; the members lie in the output descriptor."""

    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsReply:
    """A program must convert the output before it can be cleaned."""

    needs: Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReply:
    """The verifier accepted the bytes."""


Reply = IdentifiedReply | WithheldReply | CleanedReply | SplitReply | NeedsReply | VerifiedReply


def encode_request(number: int, request: Request) -> bytes:
    """Request as one message (worker to parent), without passwords and pieces.

    Raises:
        ValueError: over MAX_REQUEST_BYTES (names are cut long before that).
    """
    raw = {
        "number": number,
        "op": request.op,
        "size": request.size,
        "media_type": request.media_type,
        "name": request.name,
        "claimed_type": request.claimed_type,
        "claimed_charset": request.claimed_charset,
        "method": request.method,
        "options": request.options,
        "limits": asdict(request.limits),
        "offset": request.offset,
        "extras": request.extras,
    }
    message = json.dumps(raw).encode()
    if len(message) > MAX_REQUEST_BYTES:
        raise ValueError("request too large")
    return message


def decode_request(message: bytes) -> tuple[int, Request]:
    """The reverse, in the parent: comes from the worker, not from a file."""
    raw = json.loads(message)
    number = int(raw.pop("number"))
    limits = Limits(**raw.pop("limits"))
    return number, Request(limits=limits, **raw)
