"""Content-Type and Content-Disposition values as Japanese mailers write them.

RFC 2045/2183 with RFC 2231 continuations and charsets, and the illegal but common forms:
encoded-words inside quotes, raw 8-bit and ISO-2022-JP (whose double-byte characters may
hold quote, backslash and semicolon bytes), unquoted names with blanks, quotes that never
close, percent-encoded plain names, Windows paths with single backslashes. Never raises;
work is bounded by the limits below.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.characters import make_harmless
from sanitizers.text.charset import decode
from sanitizers.text.encoded_words import to_text, words_of

#: Bytes of one such value; real ones, with long RFC 2231 names, stay under 4 kB.
MAX_VALUE_BYTES: Final = 16_000
#: Parameters of one value; an RFC 2231 name of 4 kB has some 60 pieces.
MAX_PARAMETERS: Final = 200

_VALUE: Final = re.compile(r"[\s;]*([^\s;()\",=]*)")
_NAME: Final = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,100})\s*=\s*")
_TOKEN: Final = re.compile(r"[a-z0-9!#$%&'*+./^_`{|}~-]{1,255}")
_QUOTE: Final = re.compile(r"\\[\"\\]|\"")
#: What may follow a quote that really closes: the end, ";", a comment, the next "name=".
_CLOSED: Final = re.compile(r"\s*(?:;|\(|\Z)|\s+[A-Za-z][\w*-]{0,40}=")
_ESCAPED: Final = re.compile(r"\\([\"\\])")
_NEXT_NAME: Final = re.compile(r"\s(?=[A-Za-z][\w*-]{0,40}=)")
_COMMENT: Final = re.compile(r"\([^()]*\)")
_FREE: Final = frozenset({"name", "filename"})  # parameters whose values are file names
#: name, index of a continuation, and whether it is extended (RFC 2231, section 7).
_CONTINUED: Final = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")
_PERCENT_RUN: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def decode_parameters(
    raw: bytes, findings: Findings, *, where: str = ""
) -> tuple[str, dict[str, str]]:
    """The lower-case value, and the parameters by lower-case name, decoded and harmless.

    A value that is no token or `type/subtype` is "". The first of two equal parameters
    counts, an extended one ("name*=") before a plain one (RFC 6266, section 4.3).
    """
    text = to_text(raw[:MAX_VALUE_BYTES], findings, where=where)
    defects = int(len(raw) > MAX_VALUE_BYTES)
    match = _VALUE.match(text)
    value = match[1].lower() if match else ""
    at = match.end() if match else 0
    if _NAME.match(text, match.start(1) if match else 0):  # starts with a parameter
        value, at = "", match.start(1) if match else 0
    if not _TOKEN.fullmatch(value):
        value, defects = "", defects + 1
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    count = 0
    while at < len(text):
        name_match = _NAME.match(text, at)
        if name_match is None:
            at = _skip(text, at)
            continue
        count += 1
        if count > MAX_PARAMETERS:
            defects += 1
            break
        name = name_match[1].lower()
        content, at, sound = _content(text, name_match.end(), name.partition("*")[0])
        defects += not sound
        parts = _CONTINUED.fullmatch(name)
        if parts is None:
            defects += 1
        elif parts[2] is None and parts[3] is None:
            defects += name in plain
            plain.setdefault(name, content)
        else:
            found = pieces.setdefault(parts[1], {})
            defects += int(parts[2] or 0) in found
            found.setdefault(int(parts[2] or 0), (content, parts[3] is not None))
    result = {name: _plain(name, content, findings, where) for name, content in plain.items()}
    for name, found in pieces.items():
        defects += sorted(found) != list(range(len(found)))  # a piece is missing
        result[name] = _extended(found, findings, where) or result.get(name, "")
    if defects:
        findings.add(Kind.HEADER_DEFECT, Action.NOTED, count=defects, where=where)
    return value, result


def _skip(text: str, at: int) -> int:
    """Past one separator, comment or piece of rubbish."""
    comment = _COMMENT.match(text, at)
    if comment:
        return comment.end()
    if text[at].isspace() or text[at] in ';,"':
        return at + 1
    end = at + 1
    while end < len(text) and not text[end].isspace() and text[end] not in ';,"(':
        end += 1
    return end


def _content(text: str, at: int, name: str) -> tuple[str, int, bool]:
    """One parameter's raw value, where it ends, and whether its form was sound."""
    if not text.startswith('"', at):
        end = text.find(";", at)
        end = len(text) if end < 0 else end
        following = _NEXT_NAME.search(text, at, end)
        if following:
            end = following.start()
        content = text[at:end].strip()
        if name not in _FREE:
            content = _COMMENT.sub("", content).strip()
        return content, end, not any(c.isspace() for c in content)
    literal = 0  # quotes inside that did not close
    for quote in _QUOTE.finditer(text, at + 1):
        if quote[0] != '"':
            continue
        if _CLOSED.match(text, quote.end()):
            return _ESCAPED.sub(r"\1", text[at + 1 : quote.start()]), quote.end(), not literal
        literal += 1
    end = text.find(";", at)
    end = len(text) if end < 0 else end
    return text[at + 1 : end].strip(' \t"'), end, False


def _plain(name: str, content: str, findings: Findings, where: str) -> str:
    if name == "boundary":
        return make_harmless(content, findings, where=where, multiline=False).strip()
    content = words_of(content, findings, where=where)
    if "%" in content and name in _FREE:
        runs = _PERCENT_RUN.findall(content)
        try:
            decoded = [unquote_to_bytes(run).decode("utf-8") for run in runs]
        except UnicodeDecodeError:
            return content  # "100%.pdf", "%82%A0": as it stands
        if any(not run.isascii() for run in decoded):
            content = words_of(unquote_to_bytes(content).decode("utf-8"), findings, where=where)
    return content


def _extended(found: dict[int, tuple[str, bool]], findings: Findings, where: str) -> str:
    """Pieces in their order; charset from the first one (RFC 2231, section 4.1)."""
    label, result, pending = "", "", b""
    lost = 0

    def flush() -> str:
        nonlocal lost, pending
        decoded = decode(pending, label)
        lost += decoded.lost
        if pending and decoded.guessed:
            findings.add(Kind.CHARSET_GUESSED, Action.NOTED, where=where)
        pending = b""
        return decoded.text

    for position, index in enumerate(sorted(found)):
        content, extended = found[index]
        if extended:
            if position == 0 and content.count("'") >= 2:
                label, _, content = content.split("'", 2)
            if content.isascii():
                pending += unquote_to_bytes(content)
                continue
            content = unquote_to_bytes(content).decode("utf-8", "replace")
        elif content.isascii() and "=?" not in content:
            pending += content.encode("ascii")
            continue
        result += flush() + content
    result += flush()
    if lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=lost, where=where)
    return words_of(result, findings, where=where)
