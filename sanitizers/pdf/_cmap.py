"""CMaps written anew (ISO 32000-2, 9.7.5 and 9.10.3; Adobe TN 5014 and 5411).

A CMap is PostScript by form only: here a bounded tokenizer reads the blocks of ranges and
characters, nothing is executed, and a CMap of our own holds what they say. Names, comments,
version numbers and everything else of the original stay behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeGuard

MAX_ENTRIES: Final = 120_000  # of all blocks; a map of all of Unicode's first plane has 65,536
MAX_CODE_BYTES: Final = 4  # of a character code (9.7.6.2)
MAX_TEXT_BYTES: Final = 64  # UTF-16BE of one code: a ligature has under 10
MAX_CID: Final = 65_535
_BLOCK: Final = 100  # entries of one block (TN 5014 section 6)

_TOKEN: Final = re.compile(
    rb"<(?P<hex>[0-9A-Fa-f\s]*)>|/(?P<name>[^\s<>\[\](){}/%]*)|(?P<int>[+-]?\d+)(?=[\s<>\[\]/%(]|\Z)"
    rb"|(?P<array>\[)|(?P<end>\])|(?P<word>[A-Za-z][A-Za-z0-9]*)|(?P<skip><<|>>|%[^\r\n]*"
    rb"|\((?:[^()\\]|\\.)*\)|[{}]|[+-]?\d*\.\d+|[^\s])",
    re.DOTALL,
)
#: CMaps that every viewer has (ISO 32000-2 table 116).
PREDEFINED: Final = frozenset(
    {
        "GB-EUC-H", "GB-EUC-V", "GBpc-EUC-H", "GBpc-EUC-V", "GBK-EUC-H", "GBK-EUC-V",
        "GBKp-EUC-H", "GBKp-EUC-V", "GBK2K-H", "GBK2K-V", "UniGB-UCS2-H", "UniGB-UCS2-V",
        "UniGB-UTF16-H", "UniGB-UTF16-V", "B5pc-H", "B5pc-V", "HKscs-B5-H", "HKscs-B5-V",
        "ETen-B5-H", "ETen-B5-V", "ETenms-B5-H", "ETenms-B5-V", "CNS-EUC-H", "CNS-EUC-V",
        "UniCNS-UCS2-H", "UniCNS-UCS2-V", "UniCNS-UTF16-H", "UniCNS-UTF16-V", "83pv-RKSJ-H",
        "90ms-RKSJ-H", "90ms-RKSJ-V", "90msp-RKSJ-H", "90msp-RKSJ-V", "90pv-RKSJ-H", "Add-RKSJ-H",
        "Add-RKSJ-V", "EUC-H", "EUC-V", "Ext-RKSJ-H", "Ext-RKSJ-V", "H", "V", "UniJIS-UCS2-H",
        "UniJIS-UCS2-V", "UniJIS-UCS2-HW-H", "UniJIS-UCS2-HW-V", "UniJIS-UTF16-H",
        "UniJIS-UTF16-V", "UniJIS2004-UTF16-H", "UniJIS2004-UTF16-V", "UniJISX0213-UTF32-H",
        "UniJISX02132004-UTF32-H", "KSC-EUC-H", "KSC-EUC-V", "KSCms-UHC-H", "KSCms-UHC-V",
        "KSCms-UHC-HW-H", "KSCms-UHC-HW-V", "KSCpc-EUC-H", "UniKS-UCS2-H", "UniKS-UCS2-V",
        "UniKS-UTF16-H", "UniKS-UTF16-V", "Identity-H", "Identity-V",
    }
)  # fmt: skip


class BadCMap(Exception):
    """A CMap that cannot be parsed."""


Token = bytes | int | str | list["Token"]


@dataclass(slots=True)
class _Map:
    """What the blocks say. Codes are bytes, CIDs numbers, texts UTF-16BE."""

    spaces: list[tuple[bytes, bytes]] = field(default_factory=list)
    characters: list[tuple[bytes, bytes]] = field(default_factory=list)
    ranges: list[tuple[bytes, bytes, bytes | list[bytes]]] = field(default_factory=list)
    cids: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    notdefs: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    based_on: str = ""
    vertical: bool = False
    count: int = 0


def rebuild_cmap(data: bytes, *, unicode: bool) -> bytes:
    """A ToUnicode map if `unicode`, else one to glyph numbers, from its parsed blocks.

    Raises:
        BadCMap: no block of it can be understood, or it is over a limit.
    """
    found = _read(data, unicode=unicode)
    if not (found.characters or found.ranges or found.cids or found.based_on or found.spaces):
        raise BadCMap("no entries")
    return _write(found, unicode=unicode)


def _tokens(data: bytes) -> Iterator[Token]:
    array: list[Token] | None = None
    for match in _TOKEN.finditer(data):
        token: Token
        kind = match.lastgroup
        if kind == "hex":
            digits = match["hex"]
            if not digits.isalnum() or len(digits) % 2:
                digits = b"".join(digits.split())
                digits += b"0" * (len(digits) % 2)
            token = bytes.fromhex(digits.decode("ascii"))
        elif kind == "int":
            token = int(match["int"]) if len(match["int"]) <= 11 else -1
        elif kind == "name":
            token = "/" + match["name"].decode("latin-1")
        elif kind == "word":
            token = match["word"].decode("ascii")
        elif kind == "array":
            array = []
            continue
        elif kind == "end":
            if array is None:
                continue
            token, array = array, None
            yield token
            continue
        else:
            continue
        if array is not None:
            array.append(token)
            if len(array) > MAX_ENTRIES:
                raise BadCMap("array too long")
        else:
            yield token


def _read(data: bytes, *, unicode: bool) -> _Map:
    found = _Map()
    stack: list[Token] = []
    for word in _tokens(data):
        if not isinstance(word, str) or word.startswith("/"):
            stack.append(word)
            if len(stack) > 3 * MAX_ENTRIES:
                raise BadCMap("block too long")
            continue
        if word.startswith("begin"):
            stack.clear()
        elif word == "endcodespacerange":
            found.spaces += [(a, b) for a, b, _ in _spans(_groups(found, stack, 2))]
        elif word == "endbfchar" and unicode:
            found.characters += [
                (code, characters) for code, text in _groups(found, stack, 2)
                if _is_code(code) and (characters := _text(text)) is not None
            ]  # fmt: skip
        elif word == "endbfrange" and unicode:
            for low, high, (to,) in _spans(_groups(found, stack, 3)):
                _add_range(found, low, high, to)
        elif word in ("endcidrange", "endnotdefrange"):
            spans = [(a, b, to) for a, b, (to,) in _spans(_groups(found, stack, 3)) if _is_cid(to)]
            _add_cids(found, spans, unicode=unicode, drawn=word == "endcidrange")
        elif word in ("endcidchar", "endnotdefchar"):
            spans = [
                (code, code, cid) for code, cid in _groups(found, stack, 2)
                if _is_code(code) and _is_cid(cid)
            ]  # fmt: skip
            _add_cids(found, spans, unicode=unicode, drawn=word == "endcidchar")
        elif word == "usecmap" and not unicode and stack and isinstance(stack[-1], str):
            name = stack[-1][1:]
            if name not in PREDEFINED:
                raise BadCMap("builds on an unknown map")
            found.based_on = name
        elif word == "def" and not unicode:
            if len(stack) > 1 and stack[-2] == "/WMode":
                found.vertical = stack[-1] == 1
        else:
            continue
        stack.clear()
    return found


def _groups(found: _Map, stack: list[Token], size: int) -> Iterator[tuple[Token, ...]]:
    found.count += len(stack) // size
    if found.count > MAX_ENTRIES:
        raise BadCMap("too many entries")
    for at in range(0, len(stack) - size + 1, size):
        yield tuple(stack[at : at + size])


def _add_cids(
    found: _Map, spans: list[tuple[bytes, bytes, int]], *, unicode: bool, drawn: bool
) -> None:
    if not unicode:
        (found.cids if drawn else found.notdefs).extend(spans)
    elif drawn:
        # Some producers write their texts as numbers, and viewers read them so.
        for low, high, number in spans:
            _add_range(found, low, high, number.to_bytes(2, "big"))


def _add_range(found: _Map, low: bytes, high: bytes, to: Token) -> None:
    if isinstance(to, list):
        length = int.from_bytes(high, "big") - int.from_bytes(low, "big") + 1
        texts = [text for item in to[:length] if (text := _text(item)) is not None]
        if len(texts) == length:
            found.count += length
            found.ranges.append((low, high, texts))
    elif text := _text(to):
        found.ranges.append((low, high, text))


def _is_code(value: Token) -> TypeGuard[bytes]:
    return isinstance(value, bytes) and 1 <= len(value) <= MAX_CODE_BYTES


def _spans(groups: Iterator[tuple[Token, ...]]) -> Iterator[tuple[bytes, bytes, tuple[Token, ...]]]:
    """Groups that begin with a range of codes of one length, in order."""
    for low, high, *rest in groups:
        if _is_code(low) and _is_code(high) and len(low) == len(high) and low <= high:
            yield low, high, tuple(rest)


def _text(value: Token) -> bytes | None:
    """Whole characters in UTF-16BE; None for anything else. One byte is one character."""
    if not isinstance(value, bytes) or len(value) > MAX_TEXT_BYTES:
        return None
    text = b"\0" + value if len(value) == 1 else value
    try:
        text.decode("utf-16-be")
    except UnicodeDecodeError:
        return None
    return text


def _is_cid(value: Token) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value <= MAX_CID


def _write(found: _Map, *, unicode: bool) -> bytes:
    ordering = "UCS" if unicode else "Identity"
    name = "Adobe-Identity-UCS" if unicode else "Adobe-Identity-0"
    lines = ["/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap"]
    if found.based_on:
        lines.append(f"/{found.based_on} usecmap")
    lines += [
        f"/CIDSystemInfo << /Registry (Adobe) /Ordering ({ordering}) /Supplement 0 >> def",
        f"/CMapName /{name} def",
        f"/CMapType {2 if unicode else 1} def",
    ]
    if found.vertical:
        lines.append("/WMode 1 def")
    lines += _blocks("codespacerange", [f"{_hex(a)} {_hex(b)}" for a, b in found.spaces])
    lines += _blocks("bfchar", [f"{_hex(a)} {_hex(b)}" for a, b in found.characters])
    lines += _blocks("bfrange", [f"{_hex(a)} {_hex(b)} {_to(c)}" for a, b, c in found.ranges])
    lines += _blocks("cidrange", [f"{_hex(a)} {_hex(b)} {c}" for a, b, c in found.cids])
    lines += _blocks("notdefrange", [f"{_hex(a)} {_hex(b)} {c}" for a, b, c in found.notdefs])
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")


def _blocks(kind: str, entries: list[str]) -> list[str]:
    lines: list[str] = []
    for at in range(0, len(entries), _BLOCK):
        block = entries[at : at + _BLOCK]
        lines += [f"{len(block)} begin{kind}", *block, f"end{kind}"]
    return lines


def _hex(code: bytes) -> str:
    return f"<{code.hex()}>"


def _to(text: bytes | list[bytes]) -> str:
    if isinstance(text, list):
        return "[" + " ".join(_hex(one) for one in text) + "]"
    return _hex(text)
