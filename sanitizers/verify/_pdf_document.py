"""The grammar of rebuilt documents: catalog, pages, links, bookmarks (ISO 32000-2, 7.7, 12).

Every object is reached from the catalog or the Info dictionary in a known role, with
known keys; nothing is left over. No action but an http or https address, no annotation
but a link, no script, form, file, layer or metadata has a place here.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_file import read_file
from sanitizers.verify._pdf_graphics import GROUP, RESOURCES, check_content
from sanitizers.verify._pdf_objects import Array, Dictionary, Name, PdfObject, Reference, Value
from sanitizers.verify._pdf_rules import (
    STREAM,
    STREAM_FILTER,
    Table,
    Walk,
    any_value,
    boolean,
    each,
    fields,
    integer,
    is_number,
    names,
    number,
    numbers,
    plain,
    require,
    stream_data,
    sub,
    text,
    to,
)

MAX_PAGES: Final = 2_000
MAX_CONTENT: Final = 400_000_000  # bytes of one page's operators
MAX_LEVELS: Final = 40  # of the outline

_ADDRESS: Final = re.compile(
    rb"[hH][tT][tT][pP][sS]?://[A-Za-z0-9.\-\[\]:]{1,255}"
    rb"(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
)
_LANGUAGE: Final = re.compile(rb"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
#: Table 149: how many numbers or nulls follow the kind.
_VIEWS: Final = {
    "XYZ": 3, "Fit": 0, "FitH": 1, "FitV": 1, "FitR": 4, "FitB": 0, "FitBH": 1, "FitBV": 1,
}  # fmt: skip


def check_document(data: memoryview) -> None:
    """Accept a rebuilt document.

    Raises:
        Rejected: anything that the writer would not write.
    """
    file = read_file(data)
    walk = Walk(file.objects)
    walk.meet(Reference(file.root), _catalog)
    if file.info:
        walk.meet(Reference(file.info), _info)
    walk.run()
    _check_order(file.objects, file.root)


def _info(walk: Walk, item: PdfObject) -> None:
    fields(walk, plain(item), {"Title": text(1_300)})


def _destination(walk: Walk, value: Value) -> None:
    """An explicit destination (12.3.2.2)."""
    if not isinstance(value, Array) or len(value) < 2:
        raise Rejected("destination")
    walk.meet(value[0], _page)
    kind = value[1]
    if not isinstance(kind, Name) or _VIEWS.get(kind.text) != len(value) - 2:
        raise Rejected("view of a destination")
    for item in value[2:]:
        require(item is None or is_number(item), "numbers of a destination")


def _uri(walk: Walk, value: Value) -> None:
    require(
        isinstance(value, bytearray) and len(value) <= 2_000
        and _ADDRESS.fullmatch(bytes(value)) is not None,
        "an address that is not http or https",
    )  # fmt: skip


def _language(walk: Walk, value: Value) -> None:
    require(
        isinstance(value, bytearray) and _LANGUAGE.fullmatch(bytes(value)) is not None, "language"
    )


def _rectangle(walk: Walk, value: Value) -> None:
    numbers(4, 4)(walk, value)
    if isinstance(value, Array):
        left, bottom, right, top = value
        ordered = left <= right and bottom <= top  # type: ignore[operator]
        require(ordered, "a rectangle turned over")


_LINK: Final[Table] = {
    "Type": names("Annot"), "Subtype": names("Link"), "Rect": _rectangle, "F": integer(4, 4),
    "Border": numbers(3, 3),
}  # fmt: skip
_LINK_MORE: Final[Table] = {
    "C": numbers(1, 4), "Dest": _destination,
    "A": sub({"Type": names("Action"), "S": names("URI"), "URI": _uri}),
}  # fmt: skip


def _link(walk: Walk, item: PdfObject) -> None:
    entries = plain(item)
    fields(walk, entries, _LINK, _LINK_MORE)
    require(("Dest" in entries) != ("A" in entries), "a link to nothing")


def _page(walk: Walk, item: PdfObject) -> None:
    entries = plain(item)
    fields(walk, entries, _PAGE, _PAGE_MORE)
    box = entries["MediaBox"]
    if isinstance(box, Array):
        require(box[0] < box[2] and box[1] < box[3], "an empty page")  # type: ignore[operator]
    resources = entries["Resources"]
    content = b""
    if "Contents" in entries:
        number_ = walk.meet(entries["Contents"], _contents)
        content = stream_data(walk.objects[number_], MAX_CONTENT)
    if isinstance(resources, Dictionary):
        check_content(content, resources)


def _contents(walk: Walk, item: PdfObject) -> None:
    """Its operators are checked with the page that shows it."""
    fields(walk, item.value, STREAM, STREAM_FILTER)


def _pages(walk: Walk, item: PdfObject) -> None:
    entries = plain(item)
    fields(walk, entries, _PAGES, {"Parent": to(_pages)})
    kids = entries["Kids"]
    if isinstance(kids, Array):
        for kid in kids:
            if not isinstance(kid, Reference) or kid.number not in walk.objects:
                raise Rejected("page tree")
            kind = walk.objects[kid.number].value.get("Type")
            walk.meet(kid, _page if kind == Name("Page") else _pages)


_PAGES: Final[Table] = {
    "Type": names("Pages"), "Kids": each(any_value, 1, 64), "Count": integer(1, MAX_PAGES),
}  # fmt: skip
_PAGE: Final[Table] = {
    "Type": names("Page"), "Parent": to(_pages), "MediaBox": _rectangle, "Resources": RESOURCES,
}  # fmt: skip
_PAGE_MORE: Final[Table] = {
    "CropBox": _rectangle, "BleedBox": _rectangle, "TrimBox": _rectangle, "ArtBox": _rectangle,
    "Rotate": integer(90, 270), "UserUnit": number(0.01, 1_000), "Group": GROUP,
    "Contents": any_value, "Annots": each(to(_link), 1, 20_000),
}  # fmt: skip


def _bookmark(walk: Walk, item: PdfObject) -> None:
    fields(walk, plain(item), _BOOKMARK, _BOOKMARK_MORE)


def _outlines(walk: Walk, item: PdfObject) -> None:
    entries = plain(item)
    fields(walk, entries, _OUTLINES)


def _parent(walk: Walk, value: Value) -> None:
    if not isinstance(value, Reference):
        raise Rejected("parent of a bookmark")
    require(walk.role_of(value.number) in (_bookmark, _outlines), "parent of a bookmark")


_OUTLINES: Final[Table] = {
    "Type": names("Outlines"), "First": to(_bookmark), "Last": to(_bookmark),
    "Count": integer(1, 10**6),
}  # fmt: skip
_BOOKMARK: Final[Table] = {"Title": text(1_000), "Parent": _parent}
_BOOKMARK_MORE: Final[Table] = {
    "Dest": _destination, "Prev": to(_bookmark), "Next": to(_bookmark), "First": to(_bookmark),
    "Last": to(_bookmark), "Count": integer(-(10**6), 10**6), "C": numbers(3, 3),
    "F": integer(0, 3),
}  # fmt: skip


def _labels(walk: Walk, value: Value) -> None:
    """Page labels (12.4.2): one flat number tree in order."""
    if not isinstance(value, Dictionary) or set(value) != {"Nums"}:
        raise Rejected("page labels")
    items = value["Nums"]
    if not isinstance(items, Array) or not items or len(items) % 2:
        raise Rejected("page labels")
    last = -1
    for key, label in zip(items[::2], items[1::2], strict=True):
        if type(key) is not int or key <= last:
            raise Rejected("order of page labels")
        last = key
        sub({}, {"S": names("D", "R", "r", "A", "a"), "St": integer(1, 10**6), "P": text(200)})(
            walk, label
        )


def _catalog(walk: Walk, item: PdfObject) -> None:
    fields(
        walk, plain(item), {"Type": names("Catalog"), "Pages": to(_pages)},
        {
            "PageLayout": names(
                "SinglePage", "OneColumn", "TwoColumnLeft", "TwoColumnRight", "TwoPageLeft",
                "TwoPageRight",
            ),
            "PageMode": names("UseNone", "UseOutlines", "UseThumbs"),
            "ViewerPreferences": sub(
                {},
                {
                    "FitWindow": boolean, "CenterWindow": boolean, "DisplayDocTitle": boolean,
                    "Direction": names("L2R", "R2L"), "PrintScaling": names("None", "AppDefault"),
                    "Duplex": names("Simplex", "DuplexFlipShortEdge", "DuplexFlipLongEdge"),
                    "PickTrayByPDFSize": boolean,
                },
            ),
            "Outlines": to(_outlines), "PageLabels": _labels, "Lang": _language,
        },
    )  # fmt: skip


def _check_order(objects: dict[int, PdfObject] | object, root: int) -> None:
    """Page tree and outline: parents, siblings and counts agree (7.7.3, 12.3.3)."""
    if not isinstance(objects, dict):
        raise Rejected("objects")
    catalog = objects[root].value
    if _count_pages(objects, catalog["Pages"], None, set()) > MAX_PAGES:
        raise Rejected("too many pages")
    if "Outlines" in catalog:
        _check_level(objects, catalog["Outlines"], 0, set())


def _entries(objects: dict[int, PdfObject], value: Value) -> tuple[int, Dictionary]:
    if not isinstance(value, Reference):
        raise Rejected("reference")
    return value.number, objects[value.number].value


def _count_pages(
    objects: dict[int, PdfObject], value: Value, parent: Reference | None, seen: set[int]
) -> int:
    number_, entries = _entries(objects, value)
    if number_ in seen or entries.get("Parent") != parent:
        raise Rejected("page tree")
    seen.add(number_)
    if entries["Type"] == Name("Page"):
        return 1
    kids = entries["Kids"]
    if not isinstance(kids, Array):
        raise Rejected("page tree")
    count = sum([_count_pages(objects, kid, Reference(number_), seen) for kid in kids])
    require(entries["Count"] == count, "number of pages")
    return count


def _check_level(objects: dict[int, PdfObject], value: Value, depth: int, seen: set[int]) -> None:
    """The children of a bookmark: a chain from First to Last, all with this parent."""
    parent, entries = _entries(objects, value)
    if "First" not in entries or depth > MAX_LEVELS:
        require("Last" not in entries and "Count" not in entries, "a level without bookmarks")
        require(depth <= MAX_LEVELS, "bookmarks too deep")
        return
    at: Value = entries["First"]
    before: Value = None
    while True:
        number_, item = _entries(objects, at)
        if number_ in seen or item["Parent"] != Reference(parent) or item.get("Prev") != before:
            raise Rejected("chain of bookmarks")
        seen.add(number_)
        _check_level(objects, at, depth + 1, seen)
        if "Next" not in item:
            break
        before, at = at, item["Next"]
    require(entries["Last"] == at, "last bookmark")
