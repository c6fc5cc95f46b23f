"""Interactive forms (ISO 32000-2, 12.7): their fields' values as a reader sees them.

Fields inherit from the fields above them. Values are drawn where no appearance does it
already, or where the form says that viewers must draw them anew. Passwords are not
drawn; scripts, XFA and signatures end here and are reported.
"""

from __future__ import annotations

from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.pdf import _actions
from sanitizers.pdf._context import Context
from sanitizers.pdf._field_text import text_block
from sanitizers.pdf._objects import Name, Ref, Stream, Value
from sanitizers.pdf._resources import PageResources
from sanitizers.pdf._rules import as_numbers, clean_text, text_of
from sanitizers.pdf._serialize import real
from sanitizers.text.characters import make_harmless

MAX_FIELDS: Final = 50_000  # looked at for scripts and signatures
MAX_LEVELS: Final = 32  # of fields above a field
MAX_TEXT: Final = 20_000  # characters of one field

#: Table 231: flags of a text field; table 227 and 233 for buttons and choices.
MULTILINE, PASSWORD, COMB = 1 << 12, 1 << 13, 1 << 24
RADIO, PUSH_BUTTON = 1 << 15, 1 << 16


class Forms:
    """The form of the document, if it has one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        source = context.source
        root = source.dictionary(source.trailer().get("Root"))
        self._form = source.dictionary(root.get("AcroForm"))
        self._redraw = source.get(self._form, "NeedAppearances") is True
        self.drawn: set[Ref] = set()
        if self._form:
            self._note()

    def _note(self) -> None:
        context = self._context
        context.findings.add(Kind.FORM, Action.CONVERTED)
        if "XFA" in self._form:
            context.removed(Kind.FORM, "xfa")
        stack = list(reversed(context.source.array(self._form.get("Fields"))))
        seen: set[Ref] = set()
        while stack and len(seen) < MAX_FIELDS:
            value = stack.pop()
            if not isinstance(value, Ref) or value in seen:
                continue
            seen.add(value)
            entries = context.source.dictionary(value)
            if "AA" in entries:
                _actions.note_triggers(context, entries["AA"])
            if context.source.get(entries, "FT") == "Sig" and "V" in entries:
                context.removed(Kind.SIGNATURE, "form")
            stack.extend(reversed(context.source.array(entries.get("Kids"))))

    def _inherited(self, entries: dict[str, Value], key: str) -> Value:
        """A value of the field or of those above it (table 226)."""
        for _ in range(MAX_LEVELS):
            if key in entries:
                return self._context.source.resolve(entries[key])
            entries = self._context.source.dictionary(entries.get("Parent"))
            if not entries:
                break
        return None

    def state(self, entries: dict[str, Value]) -> Value:
        """The state of a check box or radio button that does not name its appearance."""
        value = self._inherited(entries, "V")
        return value if isinstance(value, Name) else Name("Off")

    def generated(
        self,
        entries: dict[str, Value],
        box: tuple[float, float, float, float],
        resources: PageResources,
        *,
        has_own: bool,
    ) -> bytes | None:
        """Operators for a field's widget; None where its own appearance is to be used."""
        kind = self._inherited(entries, "FT")
        if kind not in ("Tx", "Ch", "Btn") or (has_own and not (self._redraw and kind != "Btn")):
            return None
        flags = self._inherited(entries, "Ff")
        flags = flags if isinstance(flags, int) else 0
        text = "" if kind == "Btn" else self._value(entries, flags)
        if has_own and not text:
            return None
        parts = self._frame(entries, box)
        if kind == "Btn":
            parts += self._button(entries, box, flags)
        elif text:
            limit = self._inherited(entries, "MaxLen")
            align = self._inherited(entries, "Q")
            appearance = self._inherited(entries, "DA") or self._form.get("DA")
            comb = limit if flags & COMB and isinstance(limit, int) and limit <= 1_000 else 0
            parts.append(
                text_block(
                    self._context, resources, text, box, appearance=appearance,
                    align=align if isinstance(align, int) else 0,
                    multiline=bool(flags & MULTILINE), comb=comb,
                )
            )  # fmt: skip
        return f"q {' '.join(parts)} Q".encode("ascii") if parts else None

    def _value(self, entries: dict[str, Value], flags: int) -> str:
        if flags & PASSWORD:
            return ""
        value = self._inherited(entries, "V")
        if isinstance(value, list):
            value = self._context.source.resolve(value[0]) if value else None
        if isinstance(value, Stream):
            return ""
        if isinstance(value, bytes) and flags & MULTILINE:
            own = Findings()
            return make_harmless(text_of(value[: 4 * MAX_TEXT]), own, multiline=True)[:MAX_TEXT]
        return clean_text(self._context, value, MAX_TEXT)

    def _frame(
        self, entries: dict[str, Value], box: tuple[float, float, float, float]
    ) -> list[str]:
        """Background and border of a widget (table 192)."""
        context = self._context
        style = context.source.dictionary(entries.get("MK"))
        sides = (box[0], box[1], box[2] - box[0], box[3] - box[1])
        path = " ".join([real(v) for v in sides]) + " re"
        parts = []
        for key, names, paint in (("BG", "g rg k", "f"), ("BC", "G RG K", "S")):
            colour = as_numbers(context, style.get(key)) or []
            operators = dict(zip((1, 3, 4), names.split(), strict=True))
            if len(colour) in operators:
                numbers = " ".join([real(v) for v in colour])
                parts.append(f"{numbers} {operators[len(colour)]} {path} {paint}")
        return parts

    def _button(
        self, entries: dict[str, Value], box: tuple[float, float, float, float], flags: int
    ) -> list[str]:
        """A cross in a check box that is on, a disc in a radio button."""
        state = self._context.source.get(entries, "AS") or self.state(entries)
        if flags & PUSH_BUTTON or not isinstance(state, Name) or state == "Off":
            return []
        left, bottom, right, top = box
        if flags & RADIO:  # a line of no length with round ends is a disc
            x, y = real((left + right) / 2), real((bottom + top) / 2)
            return [f"0 G 1 J {real(min(right - left, top - bottom) / 2)} w {x} {y} m {x} {y} l S"]
        inset = min(right - left, top - bottom) / 5
        points = [left + inset, bottom + inset, right - inset, top - inset]
        a, b, c, d = [real(v) for v in points]
        weight = real(max(inset / 2, 0.5))
        return [f"0 G {weight} w {a} {b} m {c} {d} l {a} {d} m {c} {b} l S"]
