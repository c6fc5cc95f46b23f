"""Mails as our composer may write them, where they are files: inside an archive.

Header fields of a list, CRLF only, one text and its attachments, each encoded strictly and
then checked as its own type by that type's own verifier; an attached mail by this one again.
Sources: RFC 5322, RFC 2045, RFC 2046.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import ClassVar, Final

from sanitizers.limits import MAX_DEPTH
from sanitizers.model import Verifier
from sanitizers.registry import verifiers
from sanitizers.verify import Rejected
from sanitizers.verify.text import TextVerifier

_MAIL: Final = "message/rfc822"
_LINE: Final = 998  # octets without CRLF (RFC 5322 section 2.1.1)
_BASE64_LINE: Final = 76  # RFC 2045 section 6.8
#: Header fields that may stand in a cleaned mail.
_FIELDS: Final = frozenset(
    {
        "Received", "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID",
        "In-Reply-To", "References", "List-Id", "Auto-Submitted", "Precedence", "MIME-Version",
        "X-Mugaika-Report", "X-Mugaika-Hops", "Content-Type", "Content-Transfer-Encoding",
    }
)  # fmt: skip
_PART_FIELDS: Final = frozenset(
    {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}
)
_FIELD: Final = re.compile(r"([A-Z][A-Za-z-]{1,40}): ?((?:[\x20-\x7e\t]|\r\n[ \t])*)\r\n")
_MULTIPART: Final = re.compile(r'multipart/mixed; boundary="([A-Za-z0-9_=.]{1,70})"')
_TYPE: Final = re.compile(r"([a-z]+/[a-z0-9.+-]{1,120})(?:;\s.*)?", re.DOTALL)


class MailVerifier(Verifier):
    """A whole mail."""

    media_types = (_MAIL,)
    _by_type: ClassVar[dict[str, Verifier]] = {}

    @classmethod
    def warm(cls) -> None:
        """Learn which verifier answers for which type of attachment."""
        cls._by_type = verifiers()

    def verify(self, data: memoryview) -> None:
        """Accept a mail whose every attachment its own type's grammar accepts.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        self._mail(bytes(data), 0)

    def _mail(self, data: bytes, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Rejected("too deep")
        crlf = data.count(b"\r\n")
        if not data.isascii() or data.count(b"\r") != crlf or data.count(b"\n") != crlf:
            raise Rejected("line ends or characters of a mail")
        if b"\0" in data or any(len(line) > _LINE for line in data.split(b"\r\n")):
            raise Rejected("lines of a mail")
        fields, body = _entity(data, _FIELDS)
        if fields.get("MIME-Version") != "1.0":
            raise Rejected("version of a mail")
        multipart = _MULTIPART.fullmatch(fields.get("Content-Type", ""))
        if multipart is None:
            self._leaf(fields, body, depth, text_only=True)
            return
        mark = b"--" + multipart[1].encode("ascii")
        pieces = body.split(mark)
        if len(pieces) < 3 or pieces[0] or pieces[-1] != b"--\r\n":
            raise Rejected("framing of a mail")
        for number, piece in enumerate(pieces[1:-1]):
            if not piece.startswith(b"\r\n") or not piece.endswith(b"\r\n"):
                raise Rejected("framing of a part")
            part, content = _entity(piece[2:], _PART_FIELDS)
            self._leaf(part, content, depth, text_only=number == 0)

    def _leaf(self, fields: dict[str, str], body: bytes, depth: int, *, text_only: bool) -> None:
        kind = _TYPE.fullmatch(fields.get("Content-Type", ""))
        encoding = fields.get("Content-Transfer-Encoding")
        if kind is None or encoding not in ("7bit", "base64"):
            raise Rejected("type of a part")
        if text_only:
            if fields["Content-Type"] != "text/plain; charset=utf-8":
                raise Rejected("type of a body")
            TextVerifier().verify(memoryview(_decoded(body) if encoding == "base64" else body))
        elif kind[1] == _MAIL:
            if encoding != "7bit":
                raise Rejected("encoding of an attached mail")
            self._mail(body.removesuffix(b"\r\n"), depth + 1)
        else:
            verifier = self._by_type.get(kind[1])
            if verifier is None or encoding != "base64":
                raise Rejected("no verifier for an attachment's type")
            verifier.verify(memoryview(_decoded(body)))


def _entity(data: bytes, allowed: frozenset[str]) -> tuple[dict[str, str], bytes]:
    """Header fields, each once, and the body."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise Rejected("no end of the headers")
    text = head.decode("ascii") + "\r\n"
    fields: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _FIELD.match(text, at)
        if match is None or match[1] not in allowed or match[1] in fields:
            raise Rejected("header field")
        fields[match[1]] = match[2]
        at = match.end()
    return fields, body


def _decoded(body: bytes) -> bytes:
    lines = body.split(b"\r\n")
    if lines[-1] or any(len(line) != _BASE64_LINE for line in lines[:-2]):
        raise Rejected("lines of base64")
    joined = b"".join(lines)
    try:
        data = base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Rejected("base64") from error
    if base64.b64encode(data) != joined:  # bits that no decoder reads
        raise Rejected("base64")
    return data
