"""The resources of one content stream (ISO 32000-2, 7.8.3), made as they are used.

A content stream asks for what it names; only that is rebuilt, under a name of ours
(`F1`, `X2` …) that carries nothing of the document. What no operator uses stays behind.
"""

from __future__ import annotations

from typing import Final

from sanitizers.findings import Kind
from sanitizers.pdf import _colour, _graphics, _images
from sanitizers.pdf._contents import ContentWriter
from sanitizers.pdf._context import MAX_CONTENT, Context, Unrebuildable, beyond_memory
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._font_dictionary import default_font, font
from sanitizers.pdf._inline import InlineImage
from sanitizers.pdf._objects import Made, Name, Ref, Stream, Target, Value
from sanitizers.pdf._rules import clean_text

MAX_ACTUAL_TEXT: Final = 2_000  # characters of one replacement text (14.9.4)

#: Categories of table 34 and the letter of our names in each.
PREFIXES: Final = {
    "Font": "F", "ExtGState": "G", "ColorSpace": "C", "Pattern": "P", "Shading": "S",
    "XObject": "X",
}  # fmt: skip

#: 8.6.5.6: how many components each has, and of what families it may be.
_DEFAULT_SPACES: Final = {"DefaultGray": 1, "DefaultRGB": 3, "DefaultCMYK": 4}
_OF_LIGHT_OR_INK: Final = frozenset({"ICCBased", "CalGray", "CalRGB"})


class PageResources:
    """Answers a `ContentWriter`; `made` is the dictionary to be written."""

    def __init__(self, context: Context, value: Value, parent: PageResources | None = None) -> None:
        self._context = context
        self._parent = parent
        self.source = value  # as the document has it, for forms without their own
        self._entries = context.source.dictionary(value)
        self._known: dict[tuple[str, str], str | None] = {}
        self._names: dict[tuple[str, str], str] = {}
        self.made: dict[str, dict[str, Made]] = {}

    def dictionary(self) -> dict[str, Made]:
        """The resource dictionary of the output."""
        spaces = {**self.made.get("ColorSpace", {}), **self._defaults()}
        made = {**self.made, "ColorSpace": spaces}
        return {key: dict(made[key]) for key in PREFIXES if made.get(key)}

    def _defaults(self) -> dict[str, Made]:
        """Spaces that stand for device colours (8.6.5.6); no operator names them."""
        made: dict[str, Made] = {}
        for key, components in _DEFAULT_SPACES.items():
            value = self._find("ColorSpace", Name(key))
            if value is None:
                continue
            try:
                found = _colour.parse_colour_space(self._context, value)
            except Unrebuildable:
                continue  # then the device's own space is what viewers take
            if found and found.components == components and found.family in _OF_LIGHT_OR_INK:
                made[key] = found.made
        return made

    def add(self, category: str, made: Made) -> str:
        """Our name for `made` in a category."""
        token = (category, repr(made))
        name = self._names.get(token)
        if name is None:
            members = self.made.setdefault(category, {})
            name = self._names[token] = f"{PREFIXES[category]}{len(members) + 1}"
            members[name] = made
        return name

    def _find(self, category: str, name: Name) -> Value:
        """The document's value; references are left, so that each object is made once.

        Viewers look on in what surrounds a form for what its own resources lack.
        """
        found = self._context.source.dictionary(self._entries.get(category)).get(str(name))
        if found is None and self._parent is not None:
            return self._parent._find(category, name)
        return found

    def font(self, name: Name) -> str | None:
        """A font; the default one where the document names none."""
        key = ("Font", str(name))
        if key not in self._known:
            value = self._find("Font", name)
            made = font(self._context, value, self) if value is not None else None
            if made is None:
                made = default_font(self._context)
            self._known[key] = self.add("Font", made)
        return self._known[key]

    def graphics_state(self, name: Name) -> str | None:
        """An ExtGState (8.4.5)."""
        key = ("ExtGState", str(name))
        if key not in self._known:
            made = _graphics.graphics_state(self._context, self._find("ExtGState", name), self)
            self._known[key] = None if made is None else self.add("ExtGState", made)
        return self._known[key]

    def colour_space(self, name: Name) -> str | None:
        """A colour space resource (8.6.3)."""
        key = ("ColorSpace", str(name))
        if key not in self._known:
            value = self._find("ColorSpace", name)
            if value is None:
                value = name  # an abbreviation or a family's own name
            made = _colour.colour_space(self._context, value)
            self._known[key] = (
                None if made is None else str(made) if isinstance(made, str)
                else self.add("ColorSpace", made)
            )  # fmt: skip
        return self._known[key]

    def pattern(self, name: Name) -> str | None:
        """A pattern (8.7)."""
        return self._object("Pattern", name, _graphics.pattern)

    def shading(self, name: Name) -> str | None:
        """A shading (8.7.4.3)."""
        return self._object("Shading", name, lambda c, v, _: _graphics.shading(c, v))

    def xobject(self, name: Name) -> str | None:
        """A form or image (8.8)."""
        return self._object("XObject", name, xobject)

    def _object(self, category: str, name: Name, build: Builder) -> str | None:
        key = (category, str(name))
        if key not in self._known:
            made = build(self._context, self._find(category, name), self)
            self._known[key] = None if made is None else self.add(category, made)
        return self._known[key]

    def inline_image(self, image: InlineImage) -> str | None:
        """An inline image becomes an XObject."""
        entries = dict(image.entries)
        space = entries.get("ColorSpace")
        if isinstance(space, Name):
            found = self._find("ColorSpace", space)
            if found is not None:
                entries["ColorSpace"] = found
        stream = Stream(entries, _Bytes(image.data), Ref(0, 0))
        made = _images.image(self._context, stream)
        return None if made is None else self.add("XObject", made)

    def nested(self, value: Value) -> PageResources:
        """The resources of a stream within this one."""
        return PageResources(self._context, value, self)

    def font_of(self, value: Value) -> Target | None:
        """A font that is not named but given."""
        return font(self._context, value, self)

    def xobject_of(self, value: Value) -> Target | None:
        """An XObject that is not named but given."""
        return xobject(self._context, value, self)

    def content(self, stream: Stream, *, glyph: bool = False) -> bytes:
        """A content stream written anew with these resources.

        Raises:
            Unrebuildable: filtered in a way that no rule knows; or what it uses cannot be
                rebuilt.
            Withheld: too long.
        """
        try:
            data = self._context.source.content(stream, limit=MAX_CONTENT)
        except TooLong as fault:
            raise beyond_memory("content stream") from fault
        except BadFilter as fault:
            raise Unrebuildable("content stream") from fault
        return self.rewrite(data, glyph=glyph)

    def rewrite(self, data: bytes, *, glyph: bool = False) -> bytes:
        """Content written anew; what was dropped is noted."""
        writer = ContentWriter(data, self, glyph=glyph)
        made = writer.rewrite()
        where = self._context.where
        if writer.repairs:
            self._context.removed(Kind.DAMAGED, f"{where} content", writer.repairs)
        if writer.concealed:
            self._context.removed(Kind.HIDDEN_TEXT, f"{where} layer", writer.concealed)
        return made

    def _properties(self, value: Value) -> Value:
        """The property list of marked content (14.6.2): direct, or a resource."""
        return self._find("Properties", value) if isinstance(value, Name) else value

    def hidden(self, properties: Value) -> bool:
        """Whether optional content is hidden by default."""
        return self._context.layers.hidden(self._properties(properties))

    def replacement(self, properties: Value) -> bytes | None:
        """The text that stands for what is shown (14.9.4), if there is one."""
        entries = self._context.source.dictionary(self._properties(properties))
        if "ActualText" not in entries:
            return None
        text = clean_text(self._context, entries["ActualText"], MAX_ACTUAL_TEXT)
        return b"\xfe\xff" + text.encode("utf-16-be") if text else None


Builder = _graphics.Builder


class _Bytes:
    """The data of an inline image, as a stream gives its own."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_raw_bytes(self) -> bytes:
        return self._data


def xobject(context: Context, value: Value, resources: PageResources) -> Target | None:
    """A form or image XObject; nothing for any other kind, or where it is hidden."""
    stream = context.source.resolve(value)
    if not isinstance(stream, Stream):
        return None
    entries = stream.entries
    if "OC" in entries and context.layers.hidden(entries["OC"]):
        context.removed(Kind.HIDDEN_TEXT)
        return None
    kind = context.source.get(entries, "Subtype")
    if kind == "Image":
        return _images.image(context, value)
    if kind == "PS":  # 8.8.2
        context.removed(Kind.PROGRAM)
        return None
    if kind != "Form" and "BBox" not in entries:
        context.removed(Kind.UNKNOWN_DATA)
        return None
    own = "Resources" in entries
    return context.once(
        "form" if own else ("form", id(resources)),
        value,
        lambda found: _graphics.form(context, found, resources),
    )
