"""Rules of the allow-list: each makes a new value of a checked one, or nothing.

A table of a dictionary type maps each key that may cross to its rule; `apply` walks the
table, never the document's keys, so a key without a row cannot cross. What is dropped
and worth telling is noted by `DROPPED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from sanitizers.findings import Action, Findings, Kind
from sanitizers.pdf._context import Context
from sanitizers.pdf._objects import Made, Name, Text, Value, Word
from sanitizers.text.characters import make_harmless

Rule: TypeAlias = "Callable[[Context, Value], Made | None]"
Table: TypeAlias = "Mapping[str, Rule]"

MAX_VALUE: Final = 10**9

#: Keys that are not kept and what they announce; any other key without a rule is data
#: that no rule knows. None: replaced by our own value, or without meaning to a reader.
DROPPED: Final[Mapping[str, Kind | None]] = MappingProxyType(
    {
        "Type": None, "Subtype": None, "Length": None, "Filter": None, "DecodeParms": None,
        "Parent": None, "Resources": None, "Contents": None, "Annots": None, "Kids": None,
        "Count": None, "Name": None, "ProcSet": None, "DL": None, "FormType": None,
        "Pages": None, "Dests": None, "Names": None, "Version": None, "Length1": None,
        "Length2": None, "Length3": None, "StructParent": None, "StructParents": None,
        "Tabs": None, "OC": None, "LastModified": Kind.METADATA, "MarkInfo": None,
        "StructTreeRoot": Kind.METADATA,  # 14.7
        "Extensions": Kind.METADATA,  # 7.12
        "Metadata": Kind.METADATA,  # 14.3.2
        "PieceInfo": Kind.METADATA,  # 14.5
        "SpiderInfo": Kind.METADATA,  # 14.10, web capture
        "ID": Kind.METADATA,
        "OutputIntents": Kind.COLOUR_PROFILE,  # 14.11.5
        "SeparationInfo": Kind.METADATA, "BoxColorInfo": Kind.METADATA, "B": Kind.METADATA,
        "Threads": Kind.METADATA, "DPart": Kind.METADATA, "DPartRoot": Kind.METADATA,
        "DSS": Kind.SIGNATURE, "Perms": Kind.SIGNATURE, "Legal": Kind.METADATA,  # 12.8
        "Thumb": Kind.THUMBNAIL,  # 12.3.4
        "AA": Kind.ACTION, "OpenAction": Kind.ACTION, "PresSteps": Kind.ACTION,
        "Trans": Kind.ACTION, "Dur": Kind.ACTION,
        "URI": Kind.EXTERNAL_REFERENCE,  # catalog: base of relative links, 12.6.4.8
        "Collection": Kind.EMBEDDED_FILE,  # 12.3.5
        "AF": Kind.EMBEDDED_FILE,  # 14.13
        "AcroForm": None,  # see _forms
        "NeedsRendering": Kind.FORM, "Requirements": Kind.SCRIPT,  # 12.11
        "OCProperties": None,  # see _layers
        "Ref": Kind.EXTERNAL_REFERENCE, "OPI": Kind.EXTERNAL_REFERENCE,  # 8.10.4, 14.11.7
        "F": Kind.EXTERNAL_REFERENCE, "FFilter": Kind.EXTERNAL_REFERENCE,  # table 5
        "FDecodeParms": Kind.EXTERNAL_REFERENCE,
        "PS": Kind.PROGRAM, "Subtype2": Kind.PROGRAM, "Level1": Kind.PROGRAM,  # PostScript
        "TR": None, "TR2": None, "HT": None, "BG": None, "BG2": None, "UCR": None,
        "UCR2": None, "HTO": None, "HTP": None,  # of a printing press
        "VP": Kind.METADATA, "PtData": Kind.METADATA, "Measure": Kind.METADATA, "GPTS": None,
        "CharSet": None, "CIDSet": None, "FontFamily": None, "Panose": None, "Style": None,
    }
)  # fmt: skip


def apply(
    context: Context, entries: Mapping[str, Value], table: Table, *, where: str = ""
) -> dict[str, Made]:
    """What `table` makes of a dictionary; everything else is noted and left."""
    made: dict[str, Made] = {}
    for key, rule in table.items():
        if key in entries:
            value = rule(context, entries[key])
            if value is not None:
                made[key] = value
    if len(made) < len(entries):
        note(context, entries, table, where=where)
    return made


def note(context: Context, entries: Mapping[str, Value], table: Table, *, where: str = "") -> None:
    """Tell what of a dictionary has no rule."""
    for key in entries:
        if key not in table:
            kind = DROPPED.get(key, Kind.UNKNOWN_DATA)
            if kind is not None:
                context.removed(kind, where)


def number(low: float = -MAX_VALUE, high: float = MAX_VALUE) -> Rule:
    """A number within bounds."""

    def rule(context: Context, value: Value) -> Made | None:
        return as_number(context.source.resolve(value), low, high)

    return rule


def as_number(value: Value, low: float = -MAX_VALUE, high: float = MAX_VALUE) -> float | None:
    """The number, if it is one and within bounds (NaN is not)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    return value


def integer(low: int, high: int) -> Rule:
    """An integer within bounds; a whole real counts."""

    def rule(context: Context, value: Value) -> Made | None:
        found = as_number(context.source.resolve(value), low, high)
        return None if found is None or found != int(found) else int(found)

    return rule


def boolean(context: Context, value: Value) -> Made | None:
    """`true` or `false`."""
    found = context.source.resolve(value)
    return found if isinstance(found, bool) else None


def word(*allowed: str) -> Rule:
    """A name of a list."""
    words = {item: Word(item) for item in allowed}

    def rule(context: Context, value: Value) -> Made | None:
        found = context.source.resolve(value)
        return words.get(found) if isinstance(found, Name) else None

    return rule


def numbers(least: int, most: int | None = None) -> Rule:
    """An array of `least` (to `most`) numbers."""

    def rule(context: Context, value: Value) -> Made | None:
        found = as_numbers(context, value)
        if found is None or not least <= len(found) <= (least if most is None else most):
            return None
        return list(found)

    return rule


def as_numbers(context: Context, value: Value) -> list[float] | None:
    """An array of numbers, or None if it is anything else."""
    items = context.source.resolve(value)
    if not isinstance(items, list):
        return None
    found = [as_number(context.source.resolve(item)) for item in items]
    return None if None in found else [n for n in found if n is not None]


def as_rectangle(context: Context, value: Value) -> tuple[float, float, float, float] | None:
    """A rectangle (7.9.5), lower left corner first."""
    found = as_numbers(context, value)
    if found is None or len(found) != 4:
        return None
    left, right = sorted((found[0], found[2]))
    bottom, top = sorted((found[1], found[3]))
    return left, bottom, right, top


def rectangle(context: Context, value: Value) -> Made | None:
    """A rectangle, lower left corner first."""
    found = as_rectangle(context, value)
    return None if found is None else list(found)


def sub(table: Table) -> Rule:
    """A dictionary of its own table, written directly."""

    def rule(context: Context, value: Value) -> Made | None:
        found = context.source.resolve(value)
        return apply(context, found, table) if isinstance(found, dict) else None

    return rule


def text_of(raw: bytes) -> str:
    """A text string's characters (7.9.2.2): UTF-16, UTF-8 or PDFDocEncoding."""
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    if raw.startswith(b"\xff\xfe"):
        return raw[2:].decode("utf-16-le", "replace")
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", "replace")
    return "".join([PDF_DOC.get(byte, chr(byte)) for byte in raw])


#: PDFDocEncoding where it differs from Latin-1 (annex D.2).
PDF_DOC: Final = MappingProxyType(
    dict(zip(range(0x18, 0x20), "˘ˇˆ˙˝˛˚˜", strict=True))
    | dict(zip(range(0x80, 0x9F), "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ŁŒŠŸŽıłœšž\ufffd"[:31], strict=False))
    | {0xA0: "€"}
)


def clean_text(context: Context, value: Value, limit: int) -> str:
    """A text string of the document as one harmless line of at most `limit` characters."""
    found = context.source.resolve(value)
    if not isinstance(found, bytes):
        return ""
    if len(found) > 8 * limit:
        found = found[: 8 * limit]
        context.findings.add(Kind.TRUNCATED, Action.NOTED, where=context.where)
    own = Findings()
    text = make_harmless(text_of(found), own, where=context.where, multiline=False)
    context.findings.extend(own.freeze())
    return text[:limit].encode("utf-16", "ignore").decode("utf-16").strip()


def as_text(text: str) -> Text:
    """A text string to be written: ASCII as it is, else UTF-16BE (7.9.2.2)."""
    if text.isascii():
        return Text(text.encode("ascii"))
    return Text(b"\xfe\xff" + text.encode("utf-16-be"))
