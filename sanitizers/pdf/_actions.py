"""Every action of a document (ISO 32000-2, 12.6): named in the report, never kept.

The only two things that an action can leave behind are a place in this document and,
where the profile keeps links, an http or https address: both are read here and made
anew elsewhere.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from sanitizers.findings import Kind
from sanitizers.pdf._context import Context
from sanitizers.pdf._objects import Name, Ref, Stream, Value

MAX_ACTIONS: Final = 1_000  # of one chain of Next
MAX_URI: Final = 2_000  # characters; browsers take about as many

#: Table 201 and what each announces; a type without a row counts as an action.
KINDS: Final = MappingProxyType(
    {
        "GoTo": Kind.LINK, "GoToR": Kind.EXTERNAL_REFERENCE, "GoToE": Kind.EMBEDDED_FILE,
        "GoToDp": Kind.ACTION, "Launch": Kind.ACTION, "Thread": Kind.ACTION, "URI": Kind.LINK,
        "Sound": Kind.EMBEDDED_OBJECT, "Movie": Kind.EMBEDDED_OBJECT, "Hide": Kind.ACTION,
        "Named": Kind.ACTION, "SubmitForm": Kind.ACTION, "ResetForm": Kind.ACTION,
        "ImportData": Kind.ACTION, "SetOCGState": Kind.ACTION,
        "Rendition": Kind.EMBEDDED_OBJECT, "Trans": Kind.ACTION, "GoTo3DView": Kind.ACTION,
        "JavaScript": Kind.SCRIPT, "RichMediaExecute": Kind.EMBEDDED_OBJECT,
    }
)  # fmt: skip
#: RFC 3986 characters of an address whose scheme is http or https.
_ADDRESS: Final = re.compile(
    r"https?://[A-Za-z0-9.\-\[\]:]{1,255}(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(r"[\x21-\x7e]+")


def note(context: Context, value: Value, *, kept: bool = False) -> None:
    """Report the action and those after it; `kept`: the first leaves its place behind."""
    pending: list[Value] = [value]
    seen: set[Ref] = set()
    count = 0
    while pending and count < MAX_ACTIONS:
        item = pending.pop()
        if isinstance(item, Ref):
            if item in seen:
                continue
            seen.add(item)
        found = context.source.resolve(item)
        if isinstance(found, list):
            pending.extend(found[:MAX_ACTIONS])
            continue
        entries = found.entries if isinstance(found, Stream) else found
        if not isinstance(entries, dict):
            continue
        count += 1
        kind = context.source.get(entries, "S")
        if not (kept and count == 1):
            known = str(kind) if isinstance(kind, Name) and kind in KINDS else ""
            place = f"{context.where} {known.lower()}".strip()
            context.removed(KINDS.get(known, Kind.ACTION), place)
        if "JS" in entries and kind != "JavaScript":
            context.removed(Kind.SCRIPT)
        if "Next" in entries:
            pending.append(entries["Next"])


def note_triggers(context: Context, value: Value) -> None:
    """Additional actions (12.6.3): each trigger's action is reported."""
    for action in context.source.dictionary(value).values():
        note(context, action)


def destination_of(context: Context, value: Value) -> Value:
    """Where a GoTo action leads within this document, or None."""
    entries = context.source.dictionary(value)
    if context.source.get(entries, "S") == "GoTo":
        return entries.get("D")
    return None


def address_of(context: Context, value: Value) -> str:
    """The http or https address of a URI action, or "" (12.6.4.8)."""
    entries = context.source.dictionary(value)
    if context.source.get(entries, "S") != "URI":
        return ""
    found = context.source.get(entries, "URI")
    if not isinstance(found, bytes) or len(found) > MAX_URI:
        return ""
    text = found.decode("latin-1")
    return text if _PLAIN.fullmatch(text) and _ADDRESS.fullmatch(text) else ""
