"""The frames between a worker and a sandbox child.

Towards the child goes a request made by the worker (trusted). What comes back is a
small framed structure that a compromised child may have forged: `decode` checks every
length, number, enum and range before anything is believed, and raises `BadReply` on
the first miss. It never evaluates anything and never trusts a count.

Frame: magic, u32 number of records; a record: u8 tag, u8 number of fields; a field:
u32 length, bytes. Little endian. The frame ends exactly where the last field ends.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass, field
from typing import Final

from sanitizers.findings import Action, Finding, Kind
from sanitizers.limits import MAX_PARTS, Limits
from sanitizers.model import Cleaned, Member, Method, Split
from sanitizers.names import is_clean_name
from sanitizers.reasons import ReasonCode

MAGIC: Final = b"MGK1"
#: The largest reply: a mail text of 2 million characters in UTF-8, and its members.
MAX_REPLY_BYTES: Final = 16_000_000
MAX_REQUEST_BYTES: Final = 60_000  # one SOCK_SEQPACKET message
_MAX_RECORDS: Final = 20_000
_MAX_FIELDS: Final = 8
_MAX_HEADERS: Final = 4_000  # one record an address
_MAX_FACTS: Final = 50
_MAX_FINDINGS: Final = 400
_MAX_TEXT_FIELD: Final = 4_000  # characters of any field but the mail text
_MAX_DETAIL: Final = 300


class BadReply(Exception):
    """The child's reply is not what the protocol allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One job for one child. The strings are the sender's words: opaque here."""

    op: str  # "identify", "clean" or "verify"
    size: int  # bytes of the input descriptor
    media_type: str = ""
    name: str = ""
    claimed_type: str = ""
    claimed_charset: str = ""
    method: str = Method.SANITIZE.value
    options: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


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
    """A leaf rebuilt; its bytes are the first `size` of the output descriptor."""

    cleaned: Cleaned
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReply:
    """A container taken apart; the members lie in the output descriptor."""

    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReply:
    """The verifier accepted the bytes."""


Reply = IdentifiedReply | WithheldReply | CleanedReply | SplitReply | VerifiedReply


def encode_request(number: int, request: Request) -> bytes:
    """Request as one message (worker to parent).

    Raises:
        ValueError: over MAX_REQUEST_BYTES (names are cut long before that).
    """
    message = json.dumps({"number": number, **asdict(request)}).encode()
    if len(message) > MAX_REQUEST_BYTES:
        raise ValueError("request too large")
    return message


def decode_request(message: bytes) -> tuple[int, Request]:
    """The reverse, in the parent: comes from the worker, not from a file."""
    raw = json.loads(message)
    number = int(raw.pop("number"))
    limits = Limits(**raw.pop("limits"))
    return number, Request(limits=limits, **raw)


class _Writer:
    def __init__(self) -> None:
        self._out = bytearray(MAGIC + b"\0\0\0\0")
        self._count = 0

    def record(self, tag: bytes, *fields: str | int) -> None:
        self._out += tag
        self._out.append(len(fields))
        for value in fields:
            data = str(value).encode("utf-8", "replace")
            self._out += struct.pack("<I", len(data))
            self._out += data
        self._count += 1

    def findings(self, findings: tuple[Finding, ...]) -> None:
        for f in findings:
            self.record(b"F", f.kind, f.action, f.count, f.where, f.sha256 or "")

    def frame(self) -> bytes:
        struct.pack_into("<I", self._out, len(MAGIC), self._count)
        return bytes(self._out)


def encode_identified(media_type: str, program: bool, findings: tuple[Finding, ...]) -> bytes:
    """Reply of `identify`."""
    w = _Writer()
    w.record(b"I", media_type, int(program))
    w.findings(findings)
    return w.frame()


def encode_withheld(code: ReasonCode, detail: str) -> bytes:
    """Reply when the part must not cross."""
    w = _Writer()
    w.record(b"W", code, detail[:_MAX_DETAIL])
    return w.frame()


def encode_verified() -> bytes:
    """Reply of `verify` when the grammar consumed everything."""
    w = _Writer()
    w.record(b"V")
    return w.frame()


def encode_cleaned(cleaned: Cleaned, size: int) -> bytes:
    """Reply of `clean` for a leaf."""
    w = _Writer()
    w.record(b"O", cleaned.media_type, cleaned.extension, cleaned.method, size)
    w.findings(cleaned.findings)
    return w.frame()


def encode_split(split: Split) -> bytes:
    """Reply of `clean` for a container."""
    w = _Writer()
    w.record(b"S", split.text)
    for name, value in split.headers:
        w.record(b"H", name, value)
    for m in split.members:
        w.record(
            b"M", m.name, m.claimed_type, m.claimed_charset, m.offset, m.size,
            int(m.inline), m.withheld,
        )  # fmt: skip
    for key, value in split.facts.items():
        w.record(b"A", key, value)
    w.findings(split.findings)
    return w.frame()


_FIELDS: Final = {"I": 2, "W": 2, "V": 0, "O": 4, "S": 1, "H": 2, "M": 7, "A": 2, "F": 5}


def _records(untrusted: bytes) -> list[tuple[str, list[str]]]:
    if len(untrusted) > MAX_REPLY_BYTES:
        raise BadReply("reply too long")
    if untrusted[: len(MAGIC)] != MAGIC or len(untrusted) < len(MAGIC) + 4:
        raise BadReply("no magic")
    (count,) = struct.unpack_from("<I", untrusted, len(MAGIC))
    if count > _MAX_RECORDS:
        raise BadReply("too many records")
    at = len(MAGIC) + 4
    end = len(untrusted)
    records: list[tuple[str, list[str]]] = []
    for _ in range(count):
        if at + 2 > end:
            raise BadReply("cut short")
        tag = chr(untrusted[at])
        fields = untrusted[at + 1]
        at += 2
        if _FIELDS.get(tag) != fields or fields > _MAX_FIELDS:
            raise BadReply("unknown record")
        values: list[str] = []
        for _ in range(fields):
            if at + 4 > end:
                raise BadReply("cut short")
            (length,) = struct.unpack_from("<I", untrusted, at)
            at += 4
            if length > end - at:
                raise BadReply("field beyond the end")
            try:
                value = untrusted[at : at + length].decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadReply("not UTF-8") from error
            if tag != "S" and len(value) > _MAX_TEXT_FIELD:
                raise BadReply("field too long")
            values.append(value)
            at += length
        records.append((tag, values))
    if at != end:
        raise BadReply("bytes after the last record")
    return records


def _number(untrusted: str, *, highest: int) -> int:
    if not (untrusted.isascii() and untrusted.isdigit() and len(untrusted) <= 15):
        raise BadReply("not a number")
    value = int(untrusted)
    if value > highest:
        raise BadReply("number out of range")
    return value


def _finding(values: list[str]) -> Finding:
    kind, action, count, where, sha256 = values
    if sha256 and (len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef")):
        raise BadReply("not a sha256")
    try:
        return Finding(
            kind=Kind(kind),
            action=Action(action),
            count=_number(count, highest=10**9),
            where=where,
            sha256=sha256 or None,
        )
    except ValueError as error:
        raise BadReply("not a finding") from error


_MEDIA_TYPE_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789/.+-_")


def is_media_type(value: str) -> bool:
    """A plain lower-case media type (RFC 6838 section 4.2), at most 127 characters."""
    return (
        0 < len(value) <= 127
        and set(value) <= _MEDIA_TYPE_CHARS
        and value.count("/") == 1
        and not value.startswith("/")
        and not value.endswith("/")
    )


def _media_type(untrusted: str, *, empty: bool = False) -> str:
    if untrusted == "" and empty:
        return ""
    if not is_media_type(untrusted):
        raise BadReply("not a media type")
    return untrusted


def _member(values: list[str], *, output_size: int) -> Member:
    name, claimed_type, charset, offset, size, inline, withheld = values
    if name and not is_clean_name(name):
        raise BadReply("not a clean name")
    if withheld:
        try:
            ReasonCode(withheld)
        except ValueError as error:
            raise BadReply("unknown reason") from error
    start = _number(offset, highest=output_size)
    length = _number(size, highest=output_size - start)
    # A claimed type is the sender's word: what is no plain media type counts as none.
    return Member(
        name=name,
        claimed_type=claimed_type if is_media_type(claimed_type) else "",
        claimed_charset=charset if charset.isascii() and len(charset) <= 60 else "",
        offset=start,
        size=length,
        inline=inline == "1",
        withheld=withheld,
    )


def _extension(untrusted: str) -> str:
    body = untrusted[1:]
    if not (untrusted.startswith(".") and 1 <= len(body) <= 8 and body.isascii()):
        raise BadReply("not an extension")
    if not (body.isalnum() and body == body.lower()):
        raise BadReply("not an extension")
    return untrusted


def decode(untrusted: bytes, *, op: str, output_size: int) -> Reply:
    """Check a child's reply frame; `output_size` is the length of its output in bytes.

    Raises:
        BadReply: anything that the protocol does not allow for `op`.
    """
    records = _records(untrusted)
    if not records:
        raise BadReply("empty reply")
    tags = [tag for tag, _ in records[1:]]
    head, values = records[0]
    if head == "W" and not tags:
        try:
            return WithheldReply(code=ReasonCode(values[0]), untrusted_detail=values[1])
        except ValueError as error:
            raise BadReply("unknown reason") from error
    if head == "V" and op == "verify" and not tags:
        return VerifiedReply()
    limits = {"F": _MAX_FINDINGS}
    if head == "S":
        limits |= {"H": _MAX_HEADERS, "M": MAX_PARTS, "A": _MAX_FACTS}
    for tag in set(tags):
        if tags.count(tag) > limits.get(tag, 0):
            raise BadReply("unexpected records")
    findings = tuple(_finding(v) for tag, v in records[1:] if tag == "F")
    if head == "I" and op == "identify":
        return IdentifiedReply(
            media_type=_media_type(values[0]), program=values[1] == "1", findings=findings
        )
    if head == "O" and op == "clean":
        size = _number(values[3], highest=output_size)
        if size == 0 or size != output_size:
            raise BadReply("no output, or more than the reply tells")
        try:
            method = Method(values[2])
        except ValueError as error:
            raise BadReply("unknown method") from error
        cleaned = Cleaned(
            media_type=_media_type(values[0]),
            extension=_extension(values[1]),
            method=method,
            findings=findings,
        )
        return CleanedReply(cleaned=cleaned, size=size)
    if head == "S" and op == "clean":
        return SplitReply(
            split=Split(
                text=values[0],
                headers=tuple((v[0], v[1]) for tag, v in records if tag == "H"),
                members=tuple(
                    _member(v, output_size=output_size) for tag, v in records if tag == "M"
                ),
                facts={v[0]: v[1] for tag, v in records if tag == "A"},
                findings=findings,
            )
        )
    raise BadReply("reply of another kind")
