"""Content lines of iCalendar and vCard (RFC 5545 3.1, RFC 6350 3.3): read and written.

Reading is tolerant of what old phones and groupware write (vCard 2.1 and vCalendar 1.0:
quoted-printable, charset parameters, bare parameters; lone line ends, folds inside a
character) and bounded. Writing is strict: CRLF, UTF-8, lines of at most 75 octets. No
piece of a line that was read is ever written: callers take values apart first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MB
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.charset import canonical, decode

#: Whole calendars of years have under 5 MB; cards with photos under 1 MB each.
MAX_INPUT_BYTES: Final = 20 * MB
MAX_LINES: Final = 400_000  # 10,000 events of 40 lines
MAX_PARAMETERS: Final = 40  # of one line; RFC 5545 defines 20
MAX_PARAMETER_VALUES: Final = 40  # of one parameter; TYPE lists stay under 6
MAX_COMPONENTS: Final = 50_000
MAX_NESTING: Final = 6  # VCALENDAR / VTIMEZONE / STANDARD is the deepest standard one
#: Octets of one written line without its CRLF (RFC 5545 3.1).
FOLD_OCTETS: Final = 75

_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_LINE_END: Final = re.compile(rb"\r+\n|\r")
_FOLD: Final = re.compile(rb"\n[ \t]")
_NAME: Final = re.compile(r"(?:[A-Za-z0-9-]{1,60}\.)?([A-Za-z0-9-]{1,80})")
_PARAMETER: Final = re.compile(r"[ \t]*;[ \t]*([A-Za-z0-9-]{1,60})[ \t]*(=|(?=[;:]))")
_PARAMETER_VALUE: Final = re.compile(r'[ \t]*(?:"([^"]*)"|([^",;:]*))(,?)')
_SOFT_BREAK: Final = re.compile(
    rb"^[^:\n]{0,400}QUOTED-PRINTABLE[^:\n]{0,400}:[^\n]*=(?:\n[^\n]*=)*\n[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED: Final = re.compile(rb"=([0-9A-Fa-f]{2})?")
_CARET: Final = re.compile(r"\^([n^'])")  # RFC 6868 3
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_UNSAFE_PARAMETER: Final = re.compile(r'[",;:^]|[^\x20-\x7e]|^ | $')


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLine:
    """One unfolded line: upper-case name, parameters, and the value as it stands."""

    name: str
    parameters: dict[str, tuple[str, ...]]
    value: str

    def parameter(self, name: str) -> str:
        """The first value of the parameter, or ""."""
        return self.parameters.get(name, ("",))[0]


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END."""

    name: str
    lines: list[ContentLine] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)


def read_components(data: memoryview, charset: str, findings: Findings) -> list[Component]:
    """The outermost components of a file.

    Args:
        charset: the label of the part, or "".
        findings: lines that are none (DAMAGED), lines outside of every component
            (UNKNOWN_DATA), the charset's, and components without an end.

    Raises:
        Withheld: EMPTY; TOO_LARGE, TOO_MANY_PARTS, TOO_DEEP by the limits above.
    """
    top: list[Component] = []
    stack: list[Component] = []
    count = outside = crossed = 0
    for line in _lines(data, charset, findings):
        name = line.value.strip().upper()
        if line.name == "BEGIN":
            count += 1
            if count > MAX_COMPONENTS:
                raise Withheld(ReasonCode.TOO_MANY_PARTS, "components")
            if len(stack) >= MAX_NESTING:
                raise Withheld(ReasonCode.TOO_DEEP, "components")
            component = Component(name)
            (stack[-1].children if stack else top).append(component)
            stack.append(component)
        elif line.name == "END":
            if not any(open_.name == name for open_ in stack):
                crossed += 1
                continue
            while stack.pop().name != name:
                crossed += 1
        elif stack:
            stack[-1].lines.append(line)
        else:
            outside += 1
    if outside:
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=outside, where="outside")
    if crossed or stack:
        findings.add(Kind.DAMAGED, Action.NOTED, count=crossed + len(stack), where="component")
    return top


def _lines(data: memoryview, charset: str, findings: Findings) -> Iterator[ContentLine]:
    damaged = 0
    for number, text in enumerate(_unfolded(data, charset, findings).split("\n")):
        if number >= MAX_LINES:
            raise Withheld(ReasonCode.TOO_LARGE, "lines")
        if not text.strip(" \t\x00\x1a"):
            continue
        line = _parsed(text, findings)
        if line is None:
            damaged += 1
        else:
            yield line
    if damaged:
        findings.add(Kind.DAMAGED, Action.REMOVED, count=damaged, where="line")


def _unfolded(data: memoryview, charset: str, findings: Findings) -> str:
    """The text with "\\n" between logical lines. Folds may split a character, so they go first."""
    if not len(data):
        raise Withheld(ReasonCode.EMPTY)
    if len(data) > MAX_INPUT_BYTES:
        raise Withheld(ReasonCode.TOO_LARGE, f"{len(data)} bytes")
    raw = bytes(data)
    if raw.startswith(_WIDE_MARKS):
        raw, charset = decode(raw).text.encode("utf-8", "replace"), "utf-8"
    raw = _FOLD.sub(b"", _LINE_END.sub(b"\n", raw))
    if b"quoted-printable" in raw.lower():
        raw = _SOFT_BREAK.sub(lambda m: m[0].replace(b"=\n", b""), raw)
    decoded = decode(raw, charset or "utf-8")  # the default of both (RFC 5545 3.1.4)
    if decoded.guessed:
        findings.add(Kind.CHARSET_GUESSED, Action.NOTED)
    if decoded.lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=decoded.lost)
    return decoded.text


def _parsed(text: str, findings: Findings) -> ContentLine | None:
    name = _NAME.match(text.lstrip())
    if name is None:
        return None
    text = text.lstrip()
    at = name.end()
    parameters: dict[str, tuple[str, ...]] = {}
    while (m := _PARAMETER.match(text, at)) is not None:
        if len(parameters) >= MAX_PARAMETERS:
            return None
        at = m.end()
        if not m[2]:  # vCard 2.1, 2.1.1: a bare value
            parameters["TYPE"] = (*parameters.get("TYPE", ()), m[1])[:MAX_PARAMETER_VALUES]
            continue
        values: list[str] = []
        more = ","
        while more:
            v = _PARAMETER_VALUE.match(text, at)
            if v is None or len(values) >= MAX_PARAMETER_VALUES:
                return None
            values.append(_CARET.sub(_caret, v[2] if v[1] is None else v[1]))
            at, more = v.end(), v[3]
        key = m[1].upper()
        parameters[key] = (*parameters.get(key, ()), *values)[:MAX_PARAMETER_VALUES]
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    if text[at : at + 1] != ":":
        return None
    value = text[at + 1 :]
    if _is_quoted_printable(parameters):
        value = _from_quoted_printable(value, parameters, findings)
    return ContentLine(name=name[1].upper(), parameters=parameters, value=value)


def _caret(match: re.Match[str]) -> str:
    return {"n": "\n", "^": "^", "'": '"'}[match[1]]


def _is_quoted_printable(parameters: dict[str, tuple[str, ...]]) -> bool:
    stated = (*parameters.get("ENCODING", ()), *parameters.get("TYPE", ()))
    return any(value.upper() == "QUOTED-PRINTABLE" for value in stated)


def _from_quoted_printable(
    value: str, parameters: dict[str, tuple[str, ...]], findings: Findings
) -> str:
    """RFC 2045 6.7, in the charset that the line names (vCard 2.1, 2.1.5 and 2.1.6)."""
    raw = _QUOTED.sub(
        lambda m: bytes([int(m[1], 16)]) if m[1] else b"", value.encode("utf-8", "replace")
    )
    decoded = decode(raw, canonical(parameters.get("CHARSET", ("",))[0]))
    if decoded.lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=decoded.lost)
    # Line ends are data here; a TEXT value writes them as "\n" (RFC 5545 3.3.11).
    return decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


# ---------------------------------------------------------------------------- values


def unescape(value: str) -> str:
    """A TEXT value as the text it stands for (RFC 5545 3.3.11, RFC 6350 3.4)."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)


def split_unescaped(value: str, separator: str, *, most: int) -> list[str]:
    """`value` cut at separators that no backslash escapes; at most `most` pieces."""
    pieces: list[str] = []
    start = at = 0
    while at < len(value) and len(pieces) < most - 1:
        if value[at] == "\\":
            at += 2
            continue
        if value[at] == separator:
            pieces.append(value[start:at])
            start = at + 1
        at += 1
    pieces.append(value[start:])
    return pieces


def escape(text: str) -> str:
    """`text` as a TEXT value."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\n", "\\n")


def written_parameter(name: str, value: str) -> str:
    """`;NAME=value`; `value` is one harmless line (RFC 5545 3.1, RFC 6868)."""
    if _UNSAFE_PARAMETER.search(value):
        value = '"' + value.replace("^", "^^").replace('"', "^'") + '"'
    return f";{name}={value}"


def folded(line: str) -> bytes:
    """One line in UTF-8 with its CRLF, folded between characters."""
    raw = line.encode("utf-8")
    if len(raw) <= FOLD_OCTETS:
        return raw + b"\r\n"
    pieces = []
    start, room = 0, FOLD_OCTETS
    while len(raw) - start > room:
        end = start + room
        while raw[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(raw[start:end])
        start, room = end, FOLD_OCTETS - 1
    pieces.append(raw[start:])
    return b"\r\n ".join(pieces) + b"\r\n"
