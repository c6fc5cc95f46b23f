"""The check of a sandbox child's answer, field by field.

What comes back (`frames`) is a small framed structure that a compromised child may have
forged: `decode` checks every length, number, enum, name and range before anything is
believed, and raises `BadReply` on the first miss. It never evaluates anything and never
trusts a count.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from gateway.sandbox.frames import MAGIC, MAX_REPLY_BYTES
from gateway.sandbox.protocol import (
    MAX_PASSWORDS,
    CleanedReply,
    IdentifiedReply,
    NeedsReply,
    Reply,
    SplitReply,
    VerifiedReply,
    WithheldReply,
)
from gateway.sandbox.tools.programs import TARGETS
from sanitizers.findings import Action, Finding, Kind
from sanitizers.identify.labels import extension
from sanitizers.limits import MAX_FOLDER_DEPTH, MAX_PARTS
from sanitizers.model import Cleaned, Member, Method, Needs, Split, SplitKind
from sanitizers.names import is_clean_name
from sanitizers.reasons import ReasonCode

MAX_CARD_CHARS: Final = 20_000  # text that goes into the mail's body beside a file
_MAX_RECORDS: Final = 20_000
_MAX_FIELDS: Final = 9
_MAX_HEADERS: Final = 4_000  # one record an address
_MAX_FACTS: Final = 50
_MAX_FINDINGS: Final = 400
_MAX_TEXT_FIELD: Final = 4_000  # characters of any field but the texts
_NUMBERS: Final = frozenset(str(number) for number in range(1, MAX_PASSWORDS + 1))

#: Parameters that a cleaned file may carry in its media type, with all their values.
PARAMETERS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    # RFC 5546 section 1.4; RFC 5545 section 8.1 names the parameter
    "text/calendar": {
        "method": frozenset(
            ("PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER")
        )
    },
}

#: Tag and number of fields of each record.
_FIELDS: Final = {
    "I": 2, "W": 2, "V": 0, "O": 5, "S": 2, "N": 3, "H": 2, "M": 9, "A": 2, "P": 2, "F": 5,
}  # fmt: skip
#: Records whose first field is a text of another length than `_MAX_TEXT_FIELD`.
_LONG: Final = frozenset("SO")


class BadReply(Exception):
    """The child's reply is not what the protocol allows."""


def _records(untrusted: bytes) -> list[tuple[str, list[str]]]:
    end = len(untrusted)
    if end > MAX_REPLY_BYTES or untrusted[: len(MAGIC)] != MAGIC or end < len(MAGIC) + 4:
        raise BadReply("no frame")
    (count,) = struct.unpack_from("<I", untrusted, len(MAGIC))
    if count > _MAX_RECORDS:
        raise BadReply("too many records")
    at = len(MAGIC) + 4
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
        for index in range(fields):
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
            if len(value) > _MAX_TEXT_FIELD and not (tag in _LONG and index == 0):
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


def _flag(untrusted: str) -> bool:
    if untrusted not in ("0", "1"):
        raise BadReply("not a flag")
    return untrusted == "1"


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


def _media_type(untrusted: str) -> str:
    if not is_media_type(untrusted):
        raise BadReply("not a media type")
    return untrusted


def is_folder(value: str) -> bool:
    """ "" or clean names joined by "/", not too deep: never absolute, never "..", no "//"."""
    if value == "":
        return True
    names = value.split("/")
    return len(names) <= MAX_FOLDER_DEPTH and all(is_clean_name(name) for name in names)


def _member(values: list[str], *, output_size: int) -> Member:
    name, folder, claimed_type, charset, offset, size, inline, beside, withheld = values
    if name and not is_clean_name(name):
        raise BadReply("not a clean name")
    if not is_folder(folder):
        raise BadReply("not a clean folder")
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
        folder=folder,
        claimed_type=claimed_type if is_media_type(claimed_type) else "",
        claimed_charset=charset if charset.isascii() and len(charset) <= 60 else "",
        offset=start,
        size=length,
        inline=_flag(inline),
        beside=_flag(beside),
        withheld=withheld,
    )


def _extension(untrusted: str) -> str:
    body = untrusted[1:]
    if not (untrusted.startswith(".") and 1 <= len(body) <= 8 and body.isascii()):
        raise BadReply("not an extension")
    if not (body.isalnum() and body == body.lower()):
        raise BadReply("not an extension")
    return untrusted


def _parameters(media_type: str, rows: list[list[str]]) -> dict[str, str]:
    allowed = PARAMETERS.get(media_type, {})
    found: dict[str, str] = {}
    for name, value in rows:
        if name in found or value not in allowed.get(name, frozenset()):
            raise BadReply("a parameter that is not allowed")
        found[name] = value
    return found


def _cleaned(
    values: list[str], rows: list[list[str]], findings: tuple[Finding, ...], output_size: int
) -> CleanedReply:
    text, media_type, extension, method, length = values
    size = _number(length, highest=output_size)
    if size == 0 or size != output_size:
        raise BadReply("no output, or more than the reply tells")
    if len(text) > MAX_CARD_CHARS:
        raise BadReply("text too long")
    try:
        made = Method(method)
    except ValueError as error:
        raise BadReply("unknown method") from error
    cleaned = Cleaned(
        media_type=_media_type(media_type),
        extension=_extension(extension),
        method=made,
        findings=findings,
        text=text,
        parameters=_parameters(media_type, rows),
    )
    return CleanedReply(cleaned=cleaned, size=size)


def _split(
    records: list[tuple[str, list[str]]], findings: tuple[Finding, ...], output_size: int
) -> SplitReply:
    text, untrusted_kind = records[0][1]
    try:
        kind = SplitKind(untrusted_kind)
    except ValueError as error:
        raise BadReply("unknown kind of split") from error
    members = tuple(_member(v, output_size=output_size) for tag, v in records if tag == "M")
    headers = tuple((v[0], v[1]) for tag, v in records if tag == "H")
    facts = {v[0]: v[1] for tag, v in records if tag == "A"}
    if kind is not SplitKind.MAIL and (text or headers):
        raise BadReply("only a mail has a text and headers")
    if kind is SplitKind.CONTAINER and not (
        facts.keys() <= {"password"} and facts.get("password", "1") in _NUMBERS
    ):
        raise BadReply("a container tells which password opened it, and no more")
    if kind is SplitKind.INNER and facts:
        raise BadReply("what was unwrapped has no facts")
    if kind is SplitKind.INNER and len(members) != 1:
        raise BadReply("what stands in for a part is exactly one")
    return SplitReply(
        split=Split(
            kind=kind, text=text, headers=headers, members=members, facts=facts, findings=findings
        )
    )


def _needs(values: list[str], findings: tuple[Finding, ...], output_size: int) -> NeedsReply:
    tool, target, source = values
    if target not in TARGETS.get(tool, frozenset()):
        raise BadReply("no such tool, or not what it makes")
    if source and not extension(source):
        raise BadReply("no such type to convert from")
    if output_size == 0:
        raise BadReply("nothing to convert")
    return NeedsReply(needs=Needs(tool=tool, target=target, source=source, findings=findings))


#: How many records of each tag may follow a head.
_FOLLOWING: Final[Mapping[str, Mapping[str, int]]] = {
    "I": {"F": _MAX_FINDINGS},
    "O": {"F": _MAX_FINDINGS, "P": 4},
    "N": {"F": _MAX_FINDINGS},
    "S": {"F": _MAX_FINDINGS, "H": _MAX_HEADERS, "M": MAX_PARTS, "A": _MAX_FACTS},
    "W": {},
    "V": {},
}
#: Heads that answer each operation; "W" answers all.
_ANSWERS: Final[Mapping[str, str]] = {
    "identify": "IW", "clean": "OSNW", "assemble": "OW", "verify": "VW", "seal": "OW",
}  # fmt: skip


def decode(untrusted: bytes, *, op: str, output_size: int) -> Reply:
    """Check a child's reply frame; `output_size` is the length of its output in bytes.

    Raises:
        BadReply: anything that the protocol does not allow for `op`.
    """
    records = _records(untrusted)
    if not records:
        raise BadReply("empty reply")
    head, values = records[0]
    if head not in _ANSWERS.get(op, ""):
        raise BadReply("reply of another kind")
    tags = [tag for tag, _ in records[1:]]
    for tag in set(tags):
        if tags.count(tag) > _FOLLOWING[head].get(tag, 0):
            raise BadReply("unexpected records")
    findings = tuple(_finding(v) for tag, v in records[1:] if tag == "F")
    if head == "W":
        try:
            return WithheldReply(code=ReasonCode(values[0]), untrusted_detail=values[1])
        except ValueError as error:
            raise BadReply("unknown reason") from error
    if head == "V":
        return VerifiedReply()
    if head == "I":
        return IdentifiedReply(
            media_type=_media_type(values[0]), program=_flag(values[1]), findings=findings
        )
    if head == "O":
        rows = [v for tag, v in records if tag == "P"]
        return _cleaned(values, rows, findings, output_size)
    if head == "N":
        return _needs(values, findings, output_size)
    return _split(records, findings, output_size)
