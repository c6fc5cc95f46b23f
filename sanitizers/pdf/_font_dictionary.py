"""Font dictionaries (ISO 32000-2, 9.5 to 9.10), made anew key by key.

Programs and CMaps are re-serialized elsewhere (`_font_program`, `_cmap`); here is what
stands around them. A font that carries its program gets a name of ours. A font that
does not keeps its name, since a reader's machine chooses by it: at most 63 letters,
digits and `+,_-`. A program that cannot be parsed makes the page a picture.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sanitizers.pdf import _font_parts
from sanitizers.pdf._cmap import PREDEFINED, BadCMap, rebuild_cmap
from sanitizers.pdf._context import MAX_DATA, Context, Unrebuildable, beyond_memory
from sanitizers.pdf._encoding import crossing_name
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._font_program import BadFont
from sanitizers.pdf._objects import Made, Name, Stream, Target, Text, Value, Word
from sanitizers.pdf._rules import (
    Table,
    apply,
    as_number,
    integer,
    number,
    numbers,
    rectangle,
    word,
)

if TYPE_CHECKING:
    from sanitizers.pdf._resources import PageResources

MAX_WIDTHS: Final = 200_000  # items of W and W2: 65,536 CIDs in the longest spelling
MAX_GLYPH_MAP: Final = 131_072  # bytes of a CIDToGIDMap: two for each CID

#: Names under which Japanese systems wrote their fonts in Shift_JIS bytes.
JAPANESE_NAMES: Final = MappingProxyType(
    {
        "ＭＳゴシック": "MS-Gothic", "ＭＳＰゴシック": "MS-PGothic",
        "ＭＳＵＩゴシック": "MS-UIGothic",
        "ＭＳ明朝": "MS-Mincho", "ＭＳＰ明朝": "MS-PMincho", "メイリオ": "Meiryo",
        "游ゴシック": "YuGothic", "游明朝": "YuMincho",
    }
)  # fmt: skip
#: What stands in for a font of a collection whose name cannot be kept: plain and serif.
CJK_NAMES: Final = MappingProxyType(
    {
        "Japan1": ("MS-Gothic", "MS-Mincho"), "GB1": ("SimHei", "SimSun"),
        "CNS1": ("MingLiU", "MingLiU"), "Korea1": ("Dotum", "Batang"),
    }
)  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+,_-]{0,62}")
_SUBSET: Final = re.compile(r"[A-Z]{6}\+")

#: 9.7.3: character collections.
ORDERINGS: Final = frozenset({"Identity", "Japan1", "Japan2", "GB1", "CNS1", "Korea1", "KR", "UCS"})
BASE_ENCODINGS: Final = ("MacRomanEncoding", "MacExpertEncoding", "WinAnsiEncoding")  # annex D

_metric: Final = number(-(10**6), 10**6)
#: Table 120 (9.8.1); FontName and the programs are added, FontFamily, CharSet and the
#: entries of table 121 (Style, Lang, FD, CIDSet) have no row.
DESCRIPTOR: Final[Table] = MappingProxyType(
    {
        "FontStretch": word(
            "UltraCondensed", "ExtraCondensed", "Condensed", "SemiCondensed", "Normal",
            "SemiExpanded", "Expanded", "ExtraExpanded", "UltraExpanded",
        ),
        "FontWeight": integer(100, 900), "Flags": integer(0, 2**32 - 1), "FontBBox": rectangle,
        "ItalicAngle": number(-360, 360), "Ascent": _metric, "Descent": _metric,
        "Leading": _metric, "CapHeight": _metric, "XHeight": _metric, "StemV": _metric,
        "StemH": _metric, "AvgWidth": _metric, "MaxWidth": _metric, "MissingWidth": _metric,
    }
)  # fmt: skip
_PROGRAM_KEYS: Final = ("FontFile", "FontFile2", "FontFile3")


def _widths(context: Context, value: Value) -> Made | None:
    """Widths (table 109): what is no number counts as 0, so that the rest stays in place."""
    items = context.source.array(value)[:256]
    return [as_number(context.source.resolve(v)) or 0 for v in items] if items else None


#: Tables 109 and 110 (9.6): simple fonts.
SIMPLE: Final[Table] = MappingProxyType(
    {"FirstChar": integer(0, 255), "LastChar": integer(0, 255), "Widths": _widths}
)
#: Handled one by one below.
_ELSEWHERE: Final = frozenset(
    {
        "BaseFont", "Encoding", "ToUnicode", "FontDescriptor", "DescendantFonts", "CharProcs",
        "FontMatrix", "FontBBox", "CIDToGIDMap", "CIDSystemInfo", "W", "W2",
    }
)  # fmt: skip


def default_font(context: Context) -> Target:
    """What viewers use where the document names no font."""
    return context.file.add(
        {"Type": Word("Font"), "Subtype": Word("Type1"), "BaseFont": Word("Helvetica")}
    )


def font(context: Context, value: Value, resources: PageResources) -> Target | None:
    """A font of any type; None where `value` is none.

    Raises:
        Unrebuildable: its program, CMap or glyphs cannot be parsed.
    """
    return context.once("font", value, lambda found: _font(context, found, resources))


def _font(context: Context, value: Value, resources: PageResources) -> Target | None:
    if not isinstance(value, dict):
        return None
    kind = context.source.get(value, "Subtype")
    if kind == "Type0":
        return _composite(context, value)
    if kind == "Type3":
        return _glyph_font(context, value, resources)
    if kind not in ("Type1", "MMType1", "TrueType"):
        kind = Name("Type1")
    descriptor = context.source.dictionary(value.get("FontDescriptor"))
    embedded = any(key in descriptor for key in _PROGRAM_KEYS)
    name = _font_name(context, value, embedded=embedded)
    head: dict[str, Made] = {"Type": Word("Font"), "Subtype": Word(str(kind)), "BaseFont": name}
    head.update(_simple(context, value))
    if descriptor:
        head["FontDescriptor"] = _descriptor(
            context, value.get("FontDescriptor"), name, composite=False
        )
    encoding = _encoding(context, value.get("Encoding"))
    if encoding is not None:
        head["Encoding"] = encoding
    _add_unicode(context, value, head)
    return context.file.add(head)


def _simple(context: Context, value: dict[str, Value]) -> dict[str, Made]:
    known = {key: item for key, item in value.items() if key not in _ELSEWHERE}
    made = apply(context, known, SIMPLE)
    first, last, widths = made.get("FirstChar"), made.get("LastChar"), made.get("Widths")
    if not isinstance(widths, list):
        made.pop("FirstChar", None)
        made.pop("LastChar", None)
        return made
    if not isinstance(first, int):
        made["FirstChar"] = first = 0
    if not isinstance(last, int) or last - first + 1 != len(widths):
        made["LastChar"] = min(255, first + len(widths) - 1)
        made["Widths"] = widths[: 256 - first]
    return made


def _font_name(context: Context, entries: dict[str, Value], *, embedded: bool) -> Word:
    found = context.source.get(entries, "BaseFont")
    raw = str(found) if isinstance(found, Name) else ""
    if embedded:
        # The prefix of a subset is the only part with a meaning (9.9.2).
        return Word("AAAAAA+Font") if _SUBSET.match(raw) else Word("Font")
    raw = _SUBSET.sub("", raw)
    if not raw.isascii():
        raw = _japanese_name(raw)
    raw = raw.replace(" ", "")
    if _NAME.fullmatch(raw):
        return Word(raw)
    descriptor = context.source.dictionary(entries.get("FontDescriptor"))
    flags = context.source.get(descriptor, "Flags")
    flags = flags if isinstance(flags, int) else 0
    if "CIDSystemInfo" in entries:
        plain, serif = CJK_NAMES.get(_ordering(context, entries["CIDSystemInfo"]), ("Font",) * 2)
        return Word(serif if flags & 2 else plain)
    return Word("Courier" if flags & 1 else "Times-Roman" if flags & 2 else "Helvetica")


def _japanese_name(raw: str) -> str:
    try:
        text = raw.encode("latin-1").decode("cp932")
    except UnicodeDecodeError:
        return ""
    name, comma, style = text.replace(" ", "").replace("\u3000", "").partition(",")
    return JAPANESE_NAMES.get(name, "") + (comma + style if style.isascii() else "")


def _descriptor(context: Context, value: Value, name: Word, *, composite: bool) -> Target:
    def build(found: Value) -> Target | None:
        entries = context.source.dictionary(found)
        known = {k: v for k, v in entries.items() if k not in (*_PROGRAM_KEYS, "FontName")}
        head: dict[str, Made] = {"Type": Word("FontDescriptor"), "FontName": name}
        head.update(apply(context, known, DESCRIPTOR))
        head.setdefault("Flags", 32)
        for key in _PROGRAM_KEYS:
            if key in entries:
                head.update(_program(context, key, entries[key], composite=composite))
                break
        return context.file.add(head)

    made = context.once(("descriptor", str(name), composite), value, build)
    if made is None:
        raise Unrebuildable("font descriptor")
    return made


def _program(context: Context, key: str, value: Value, *, composite: bool) -> dict[str, Made]:
    """The embedded program (9.9), re-serialized, under the key of what it became."""
    stream = context.source.resolve(value)
    if not isinstance(stream, Stream):
        return {}
    subtype = context.source.get(stream.entries, "Subtype")
    kind = str(subtype) if key == "FontFile3" and isinstance(subtype, Name) else key

    def build(_: Value) -> Target | None:
        data = data_of(context, stream, "font program")
        try:
            made = _font_parts.font_file(kind, data, composite=composite)
        except BadFont as fault:
            raise Unrebuildable("font program") from fault
        target = context.file.stream(made.entries, made.data)
        context.program_keys[target] = made.key
        return target

    target = context.once(("program", kind, composite), value, build)
    if target is None:
        raise Unrebuildable("font program")
    return {context.program_keys[target]: target}


def data_of(context: Context, stream: Stream, what: str) -> bytes:
    """A stream's decoded data.

    Raises:
        Unrebuildable: filtered in a way that no rule knows.
        Withheld: too long.
    """
    try:
        return context.source.content(stream, limit=MAX_DATA)
    except TooLong as fault:
        raise beyond_memory(what) from fault
    except BadFilter as fault:
        raise Unrebuildable(what) from fault


def _encoding(context: Context, value: Value) -> Made | None:
    """Table 112 (9.6.5): a name, or differences to one."""
    found = context.source.resolve(value)
    base = word(*BASE_ENCODINGS)
    if isinstance(found, Name):
        return base(context, found)
    if not isinstance(found, dict):
        return None
    head: dict[str, Made] = {"Type": Word("Encoding")}
    named = base(context, found.get("BaseEncoding"))
    if named is not None:
        head["BaseEncoding"] = named
    differences = _differences(context, found.get("Differences"))
    if differences:
        made: list[Made] = []
        expected = -1
        for code, glyph in sorted(differences.items()):
            if code != expected:
                made.append(code)
            made.append(Word(crossing_name(glyph)))
            expected = code + 1
        head["Differences"] = made
    return context.file.add(head)


def _differences(context: Context, value: Value) -> dict[int, str]:
    code = 0
    found: dict[int, str] = {}
    for item in context.source.array(value)[:1_000]:
        item = context.source.resolve(item)
        if isinstance(item, Name):
            if 0 <= code <= 255:
                found[code] = str(item)
            code += 1
        elif isinstance(item, int | float) and not isinstance(item, bool):
            code = int(item)
    return found


def _add_unicode(context: Context, entries: dict[str, Value], head: dict[str, Made]) -> None:
    """ToUnicode (9.10.3); one that cannot be parsed is as good as none."""
    value = entries.get("ToUnicode")
    stream = context.source.resolve(value)
    if isinstance(stream, Name) and stream in ("Identity-H", "Identity-V"):
        head["ToUnicode"] = Word(str(stream))
    if not isinstance(stream, Stream):
        return

    def build(_: Value) -> Target | None:
        try:
            data = rebuild_cmap(data_of(context, stream, "ToUnicode"), unicode=True)
        except BadCMap:
            return None
        return context.file.stream({}, data)

    made = context.once("unicode", value, build)
    if made is not None:
        head["ToUnicode"] = made


def _composite(context: Context, entries: dict[str, Value]) -> Target | None:
    """Table 119 (9.7.6)."""
    descendants = context.source.array(entries.get("DescendantFonts"))
    inner = context.source.dictionary(descendants[0]) if descendants else {}
    if not inner:
        raise Unrebuildable("composite font")
    descriptor = context.source.dictionary(inner.get("FontDescriptor"))
    embedded = any(key in descriptor for key in _PROGRAM_KEYS)
    named = inner if "BaseFont" in inner else {**inner, "BaseFont": entries.get("BaseFont")}
    name = _font_name(context, named, embedded=embedded)
    head: dict[str, Made] = {
        "Type": Word("Font"), "Subtype": Word("Type0"), "BaseFont": name,
        "Encoding": _cid_encoding(context, entries.get("Encoding")),
        "DescendantFonts": [_descendant(context, inner, name)],
    }  # fmt: skip
    _add_unicode(context, entries, head)
    return context.file.add(head)


def _cid_encoding(context: Context, value: Value) -> Made:
    found = context.source.resolve(value)
    if isinstance(found, Name) and found in PREDEFINED:
        return Word(str(found))
    if not isinstance(found, Stream):
        raise Unrebuildable("encoding of a composite font")

    def build(_: Value) -> Target | None:
        try:
            data = rebuild_cmap(data_of(context, found, "CMap"), unicode=False)
        except BadCMap as fault:
            raise Unrebuildable("CMap") from fault
        head: dict[str, Made] = {"Type": Word("CMap"), "CMapName": Word("CMap")}
        head["CIDSystemInfo"] = _system(context, found.entries.get("CIDSystemInfo"))
        mode = integer(0, 1)(context, found.entries.get("WMode"))
        if mode is not None:
            head["WMode"] = mode
        base = context.source.get(found.entries, "UseCMap")
        if isinstance(base, Name) and base in PREDEFINED:
            head["UseCMap"] = Word(str(base))
        elif base is not None:
            raise Unrebuildable("a CMap upon another")
        return context.file.stream(head, data)

    made = context.once("cmap", value, build)
    if made is None:
        raise Unrebuildable("CMap")
    return made


def _ordering(context: Context, value: Value) -> str:
    ordering = context.source.get(context.source.dictionary(value), "Ordering")
    known = ordering.decode("latin-1") if isinstance(ordering, bytes) else ""
    return known if known in ORDERINGS else "Identity"


def _system(context: Context, value: Value) -> Made:
    """Table 114 (9.7.3)."""
    entries = context.source.dictionary(value)
    supplement = integer(0, 100)(context, entries.get("Supplement"))
    known = _ordering(context, value)
    return {
        "Registry": Text(b"Adobe"), "Ordering": Text(known.encode("ascii")),
        "Supplement": supplement if isinstance(supplement, int) else 0,
    }  # fmt: skip


def _numbers_of(context: Context, value: Value) -> Made | None:
    """W and W2 (9.7.4.3): numbers and arrays of numbers."""
    made: list[Made] = []
    left = MAX_WIDTHS
    for item in context.source.array(value):
        found = context.source.resolve(item)
        left -= len(found) if isinstance(found, list) else 1
        if left < 0:
            return None
        if isinstance(found, list):
            made.append([as_number(context.source.resolve(v)) or 0 for v in found])
        elif as_number(found) is not None:
            made.append(found)  # type: ignore[arg-type]
    return made or None


#: Table 115 (9.7.4): CID fonts.
CID_FONT: Final[Table] = MappingProxyType(
    {"DW": _metric, "W": _numbers_of, "DW2": numbers(2), "W2": _numbers_of}
)


def _descendant(context: Context, entries: dict[str, Value], name: Word) -> Target:
    kind = context.source.get(entries, "Subtype")
    if kind not in ("CIDFontType0", "CIDFontType2"):
        raise Unrebuildable("descendant font")
    head: dict[str, Made] = {
        "Type": Word("Font"), "Subtype": Word(str(kind)), "BaseFont": name,
        "CIDSystemInfo": _system(context, entries.get("CIDSystemInfo")),
    }  # fmt: skip
    known = {k: v for k, v in entries.items() if k not in _ELSEWHERE or k in CID_FONT}
    known.pop("FontDescriptor", None)
    head.update(apply(context, known, CID_FONT))
    if context.source.dictionary(entries.get("FontDescriptor")):
        head["FontDescriptor"] = _descriptor(
            context, entries.get("FontDescriptor"), name, composite=True
        )
    glyphs = entries.get("CIDToGIDMap")
    found = context.source.resolve(glyphs)
    if isinstance(found, Stream):
        head["CIDToGIDMap"] = _glyph_map(context, found, glyphs)
    elif found == "Identity":
        head["CIDToGIDMap"] = Word("Identity")
    return context.file.add(head)


def _glyph_map(context: Context, stream: Stream, value: Value) -> Target:
    data = data_of(context, stream, "glyph map")[:MAX_GLYPH_MAP]
    # Glyph numbers of CIDs; zeros at the end say nothing (9.7.4.2).
    data = data[: len(data) // 2 * 2]
    while data.endswith(b"\0\0") and len(data) > 2:
        data = data[: max(2, len(data.rstrip(b"\0")) + len(data.rstrip(b"\0")) % 2)]
    return context.file.stream({}, data or b"\0\0")


def _glyph_font(
    context: Context, entries: dict[str, Value], resources: PageResources
) -> Target | None:
    """A Type 3 font (9.6.4): every glyph is a content stream."""
    differences = _differences(
        context, context.source.dictionary(entries.get("Encoding")).get("Differences")
    )
    procedures = context.source.dictionary(entries.get("CharProcs"))
    matrix = numbers(6)(context, entries.get("FontMatrix"))
    if matrix is None:
        raise Unrebuildable("font matrix")
    names = resources.nested(entries.get("Resources", resources.source))
    made: dict[str, Made] = {}
    listed: list[Made] = []
    expected = -1
    for code, glyph in sorted(differences.items()):
        word_ = crossing_name(glyph)
        if code != expected:
            listed.append(code)
        listed.append(Word(word_))
        expected = code + 1
        stream = procedures.get(glyph)
        if stream is not None and word_ not in made:
            target = context.once("glyph", stream, lambda v: _glyph(context, v, names))
            if target is not None:
                made[word_] = target
    head: dict[str, Made] = {"Type": Word("Font"), "Subtype": Word("Type3")}
    head["FontBBox"] = rectangle(context, entries.get("FontBBox")) or [0, 0, 0, 0]
    head["FontMatrix"] = matrix
    head["CharProcs"] = made
    head["Encoding"] = {"Type": Word("Encoding"), "Differences": listed}
    head["Resources"] = dict(names.dictionary())
    head.update(_simple(context, entries))
    _add_unicode(context, entries, head)
    return context.file.add(head)


def _glyph(context: Context, value: Value, names: PageResources) -> Target | None:
    if not isinstance(value, Stream):
        return None
    return context.file.stream({}, names.content(value, glyph=True))
