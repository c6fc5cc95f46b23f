"""Font dictionaries of rebuilt documents (ISO 32000-2, 9.5 to 9.10)."""

from __future__ import annotations

from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_cmaps import PREDEFINED, check_cmap
from sanitizers.verify._pdf_font_files import check_font_file
from sanitizers.verify._pdf_glyph_names import check_glyph_name
from sanitizers.verify._pdf_objects import Array, Dictionary, Name, PdfObject, Reference, Value
from sanitizers.verify._pdf_operators import check_operators, must_use
from sanitizers.verify._pdf_rules import (
    STREAM,
    STREAM_FILTER,
    Check,
    Table,
    Walk,
    any_value,
    each,
    fields,
    integer,
    is_number,
    names,
    number,
    numbers,
    one_of,
    plain,
    require,
    stream_data,
    sub,
    to,
)

MAX_PROGRAM: Final = 120_000_000  # bytes, inflated
MAX_CMAP: Final = 50_000_000
MAX_GLYPH_MAP: Final = 131_072
MAX_GLYPH: Final = 50_000_000  # bytes of one Type 3 glyph's operators
MAX_NAME: Final = 63

ORDERINGS: Final = frozenset(
    {b"Identity", b"Japan1", b"Japan2", b"GB1", b"CNS1", b"Korea1", b"KR", b"UCS"}
)
_ENCODINGS: Final = names("MacRomanEncoding", "MacExpertEncoding", "WinAnsiEncoding")
_METRIC: Final = number(-(10**6), 10**6)


def _name(walk: Walk, value: Value) -> None:
    require(isinstance(value, Name) and len(value.text) <= MAX_NAME, "name of a font")


def _widths(walk: Walk, value: Value) -> None:
    numbers(1, 256)(walk, value)


def _differences(walk: Walk, value: Value) -> None:
    """Table 112: a code, then names; names of glyphs are short."""
    if not isinstance(value, Array) or len(value) > 600:
        raise Rejected("differences")
    code = -1
    for item in value:
        if type(item) is int and 0 <= item <= 255:
            require(item > code, "order of the differences")
            code = item - 1
        elif isinstance(item, Name):
            check_glyph_name(item.text)
            code += 1
            require(0 <= code <= 255, "code of a glyph")
        else:
            raise Rejected("differences")


_ENCODING_DICTIONARY: Final = (
    {"Type": names("Encoding")}, {"BaseEncoding": _ENCODINGS, "Differences": _differences},
)  # fmt: skip


def _encoding_object(walk: Walk, item: PdfObject) -> None:
    fields(walk, plain(item), *_ENCODING_DICTIONARY)


def _to_unicode(walk: Walk, item: PdfObject) -> None:
    fields(walk, item.value, STREAM, STREAM_FILTER)
    check_cmap(stream_data(item, MAX_CMAP), unicode=True)


def _system(walk: Walk, value: Value) -> None:
    def ordering(_: Walk, found: Value) -> None:
        require(isinstance(found, bytearray) and bytes(found) in ORDERINGS, "character collection")

    def registry(_: Walk, found: Value) -> None:
        require(found == bytearray(b"Adobe"), "character collection")

    sub({"Registry": registry, "Ordering": ordering, "Supplement": integer(0, 100)})(walk, value)


def _cmap(walk: Walk, item: PdfObject) -> None:
    fields(
        walk, item.value,
        {**STREAM, "Type": names("CMap"), "CMapName": names("CMap"), "CIDSystemInfo": _system},
        {**STREAM_FILTER, "WMode": integer(0, 1), "UseCMap": names(*PREDEFINED)},
    )  # fmt: skip
    check_cmap(stream_data(item, MAX_CMAP), unicode=False)


def _program(key: str) -> Check:
    """An embedded program (9.9) and the lengths that its kind asks for."""

    def role(walk: Walk, item: PdfObject) -> None:
        check_font_file(key, item.value, stream_data(item, MAX_PROGRAM))

    return to(role)


_DESCRIPTOR: Final[Table] = {
    "Type": names("FontDescriptor"), "FontName": _name, "Flags": integer(0, 2**32 - 1),
}  # fmt: skip
_DESCRIPTOR_MORE: Final[Table] = {
    "FontStretch": names(
        "UltraCondensed", "ExtraCondensed", "Condensed", "SemiCondensed", "Normal",
        "SemiExpanded", "Expanded", "ExtraExpanded", "UltraExpanded",
    ),
    "FontWeight": integer(100, 900), "FontBBox": numbers(4, 4), "ItalicAngle": _METRIC,
    "Ascent": _METRIC, "Descent": _METRIC, "Leading": _METRIC, "CapHeight": _METRIC,
    "XHeight": _METRIC, "StemV": _METRIC, "StemH": _METRIC, "AvgWidth": _METRIC,
    "MaxWidth": _METRIC, "MissingWidth": _METRIC, "FontFile2": _program("FontFile2"),
    "FontFile3": _program("FontFile3"),
}  # fmt: skip


def _descriptor(walk: Walk, item: PdfObject) -> None:
    fields(walk, plain(item), _DESCRIPTOR, _DESCRIPTOR_MORE)


_UNICODE: Final = one_of([(Name, names("Identity-H", "Identity-V")), (Reference, to(_to_unicode))])
_SIMPLE: Final[Table] = {
    "Type": names("Font"), "Subtype": names("Type1", "MMType1", "TrueType"), "BaseFont": _name,
}  # fmt: skip
_SIMPLE_MORE: Final[Table] = {
    "FirstChar": integer(0, 255), "LastChar": integer(0, 255), "Widths": _widths,
    "FontDescriptor": to(_descriptor), "ToUnicode": _UNICODE,
    "Encoding": one_of([(Name, _ENCODINGS), (Reference, to(_encoding_object))]),
}  # fmt: skip


def font(walk: Walk, item: PdfObject) -> None:
    """A font of any type but a descendant."""
    entries = plain(item)
    kind = entries.get("Subtype")
    if kind == Name("Type0"):
        fields(walk, entries, _COMPOSITE, {"ToUnicode": _UNICODE})
    elif kind == Name("Type3"):
        _glyph_font(walk, entries)
    else:
        fields(walk, entries, _SIMPLE, _SIMPLE_MORE)
        _check_widths(entries)


def _check_widths(entries: Dictionary) -> None:
    keys = {"FirstChar", "LastChar", "Widths"} & set(entries)
    if not keys:
        return
    first, last, widths = entries.get("FirstChar"), entries.get("LastChar"), entries.get("Widths")
    if type(first) is not int or type(last) is not int or not isinstance(widths, Array):
        raise Rejected("widths of a font")
    require(last - first + 1 == len(widths), "widths of a font")


def _cid_widths(walk: Walk, value: Value) -> None:
    """W and W2 (9.7.4.3): numbers and arrays of numbers."""
    if not isinstance(value, Array) or not value:
        raise Rejected("widths of a font")
    for item in value:
        if isinstance(item, Array):
            require(all(is_number(v) for v in item), "widths of a font")
        else:
            require(is_number(item), "widths of a font")


def _glyph_map(walk: Walk, item: PdfObject) -> None:
    fields(walk, item.value, STREAM, STREAM_FILTER)
    require(len(stream_data(item, MAX_GLYPH_MAP)) % 2 == 0, "glyph map")


def _descendant(walk: Walk, item: PdfObject) -> None:
    fields(
        walk, plain(item),
        {
            "Type": names("Font"), "Subtype": names("CIDFontType0", "CIDFontType2"),
            "BaseFont": _name, "CIDSystemInfo": _system,
        },
        {
            "DW": _METRIC, "W": _cid_widths, "DW2": numbers(2, 2), "W2": _cid_widths,
            "FontDescriptor": to(_descriptor),
            "CIDToGIDMap": one_of([(Name, names("Identity")), (Reference, to(_glyph_map))]),
        },
    )  # fmt: skip


_COMPOSITE: Final[Table] = {
    "Type": names("Font"), "Subtype": names("Type0"), "BaseFont": _name,
    "Encoding": one_of([(Name, names(*PREDEFINED)), (Reference, to(_cmap))]),
    "DescendantFonts": each(to(_descendant), 1, 1),
}  # fmt: skip


def _glyph(walk: Walk, item: PdfObject) -> None:
    """Its operators are checked with the resources of its font."""
    fields(walk, item.value, STREAM, STREAM_FILTER)


def _glyph_font(walk: Walk, entries: Dictionary) -> None:
    """Table 110 (9.6.4): glyphs are content streams that share the font's resources."""
    fields(
        walk, entries,
        {
            "Type": names("Font"), "Subtype": names("Type3"), "FontBBox": numbers(4, 4),
            "FontMatrix": numbers(6, 6), "CharProcs": any_value,
            "Encoding": sub(*_ENCODING_DICTIONARY), "Resources": any_value,
        },
        {
            "FirstChar": integer(0, 255), "LastChar": integer(0, 255), "Widths": _widths,
            "ToUnicode": _UNICODE,
        },
    )  # fmt: skip
    _check_widths(entries)
    procedures, resources = entries["CharProcs"], entries["Resources"]
    if not isinstance(procedures, Dictionary) or not isinstance(resources, Dictionary):
        raise Rejected("glyphs of a font")
    require(len(procedures) <= 256, "glyphs of a font")
    RESOURCES_OF[0](walk, resources)
    known = {key: value for key, value in resources.items() if isinstance(value, Dictionary)}
    used: set[tuple[str, str]] = set()
    for name, procedure in procedures.items():
        require(len(name) <= 40, "name of a glyph")
        number_ = walk.meet(procedure, _glyph)
        data = stream_data(walk.objects[number_], MAX_GLYPH)
        used |= check_operators(data, known, glyph=True)
    if used != must_use(known):
        raise Rejected("a resource that nothing uses")


def _no_resources(walk: Walk, value: Value) -> None:
    raise Rejected("resources")


#: The check of resource dictionaries, given by `_pdf_graphics`, which knows this module.
RESOURCES_OF: Final[list[Check]] = [_no_resources]
