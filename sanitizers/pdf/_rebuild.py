"""Makes the new document: catalog, pages, and what leads through them.

A page that cannot be rebuilt is drawn as a picture and the rest stays as it is. Nothing
is written before everything is made, so a failure leaves the output empty.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import MappingProxyType
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Output
from sanitizers.pdf import _actions, _annotations, _outline, _pages, _pdfium
from sanitizers.pdf._context import Context, Unrebuildable
from sanitizers.pdf._destinations import Destinations, leaves
from sanitizers.pdf._file import FileWriter
from sanitizers.pdf._forms import Forms
from sanitizers.pdf._objects import Made, Ref, Word
from sanitizers.pdf._page_picture import PagePictures
from sanitizers.pdf._resources import PageResources
from sanitizers.pdf._rules import Table, apply, note, sub
from sanitizers.pdf._source import Source
from sanitizers.reasons import ReasonCode, Withheld

#: Table 29 (7.7.2); Pages, Outlines, PageLabels and Lang are made one by one.
CATALOG: Final[Table] = MappingProxyType(
    {
        "PageLayout": _outline.LAYOUT, "PageMode": _outline.MODE,
        "ViewerPreferences": sub(_outline.PREFERENCES),
    }
)  # fmt: skip
_ONE_BY_ONE: Final = frozenset({"Outlines", "PageLabels", "Lang", "AA", "OpenAction"})
#: Table 32: name trees of a document and what is in them. Embedded files are taken out
#: before; named destinations are resolved where they are used.
NAME_TREES: Final = MappingProxyType(
    {
        "JavaScript": Kind.SCRIPT, "AlternatePresentations": Kind.ACTION,
        "Renditions": Kind.EMBEDDED_OBJECT, "URLS": Kind.METADATA, "IDS": Kind.METADATA,
        "Pages": Kind.METADATA, "Templates": Kind.METADATA, "AP": Kind.METADATA,
    }
)  # fmt: skip


class Rebuild:
    """One document on its way. `pictures` tells which pages were drawn, and why."""

    def __init__(
        self,
        data: memoryview,
        source: Source,
        pages: list[_pages.SourcePage],
        out: Output,
        findings: Findings,
        *,
        budget: int,
        keep_links: bool = False,
    ) -> None:
        self._data = data
        self._source = source
        self._pages = pages
        self._context = Context(
            source, FileWriter(out, budget=budget), findings, keep_links=keep_links
        )
        self._stack = ExitStack()
        self._drawer: PagePictures | None = None
        self._count = 0
        self.pictures: dict[int, str] = {}

    def run(self) -> None:
        """Rebuild and write.

        Raises:
            Withheld: no pages, too many, output too large.
            Unrebuildable: a page can neither be rebuilt nor drawn.
        """
        with self._stack:
            self._run()

    def _run(self) -> None:
        context, source = self._context, self._source
        found = self._pages
        if not found:
            raise Withheld(ReasonCode.DAMAGED, "no pages")
        self._count = len(found)
        targets = [context.file.reserve() for _ in found]
        numbers: dict[Ref, int] = {}
        for index, page in enumerate(found):
            if page.ref is not None:
                numbers.setdefault(page.ref, index)
        places = Destinations(context, numbers, targets)
        forms = Forms(context)
        made = []
        for index, page in enumerate(found):
            context.where = f"page {index + 1}"
            try:
                entries = self._page(page, forms, places)
            except Unrebuildable as fault:
                entries = self._picture(index, page, fault.what)
                places.pictures.add(index)
            except (Withheld, MemoryError):
                raise
            except Exception as fault:  # noqa: BLE001
                # A structure that nobody thought of: nothing of the page has been written,
                # and what PDFium draws of it is as safe as any picture.
                entries = self._picture(index, page, type(fault).__name__)
                places.pictures.add(index)
            made.append((targets[index], entries))
        context.where = "document"
        if self._drawer is not None:
            self._drawer.finish()
        catalog = self._catalog(places)
        catalog["Pages"] = _pages.page_tree(context, made)
        trailer = source.trailer()
        info = _outline.title(context, trailer.get("Info"))
        self._report()
        context.file.finish(context.file.add(catalog), info)

    def _page(self, page: _pages.SourcePage, forms: Forms, places: Destinations) -> dict[str, Made]:
        context = self._context
        if "AA" in page.entries:
            _actions.note_triggers(context, page.entries["AA"])
        entries = _pages.page_entries(context, page)
        resources = PageResources(context, page.entries.get("Resources"))
        data = resources.rewrite(_pages.contents(context, page))
        flat = _annotations.flatten(context, page.entries, resources, forms, places)
        if flat.drawn:
            data = b"\n".join([b"q", data, b"Q", *flat.drawn] if data else flat.drawn)
        entries["Resources"] = dict(resources.dictionary())
        if data:
            entries["Contents"] = context.file.stream({}, data)
        if flat.links:
            put, reserve = context.file.put, context.file.reserve
            entries["Annots"] = [put(reserve(), link) for link in flat.links]
        return entries

    def _picture(self, index: int, page: _pages.SourcePage, why: str) -> dict[str, Made]:
        self.pictures[index] = why
        if self._drawer is None:
            self._drawer = self._open_drawer()
        unit = self._source.get(page.entries, "UserUnit")
        scale = float(unit) if isinstance(unit, int | float) and 0.01 <= unit <= 1_000 else 1.0
        entries = self._drawer.page(index, unit=scale)
        self._context.findings.add(Kind.RASTERIZED, Action.CONVERTED, where=f"page {index + 1}")
        return entries

    def _open_drawer(self) -> PagePictures:
        _pdfium.start()
        document = self._stack.enter_context(
            _pdfium.open_document(self._data, password=self._source.password)
        )
        if len(document) != self._count:
            raise Unrebuildable("the two readers see different pages")
        return PagePictures(self._context, document)

    def _catalog(self, places: Destinations) -> dict[str, Made]:
        context, source = self._context, self._source
        root = source.dictionary(source.trailer().get("Root"))
        catalog: dict[str, Made] = {"Type": Word("Catalog")}
        catalog.update(apply(context, {k: v for k, v in root.items() if k in CATALOG}, CATALOG))
        note(context, {k: v for k, v in root.items() if k not in _ONE_BY_ONE}, CATALOG)
        outline = _outline.outline(context, root.get("Outlines"), places)
        if outline is not None:
            catalog["Outlines"] = outline
        labels = _outline.labels(context, root.get("PageLabels"))
        if labels is not None:
            catalog["PageLabels"] = labels
        language = _outline.language(context, root.get("Lang"))
        if language is not None:
            catalog["Lang"] = language
        if "OpenAction" in root:
            opening = source.resolve(root["OpenAction"])
            if isinstance(opening, dict):
                _actions.note(context, root["OpenAction"])
            else:
                context.removed(Kind.ACTION, "open action")
        if "AA" in root:
            _actions.note_triggers(context, root["AA"])
        self._name_trees()
        return catalog

    def _name_trees(self) -> None:
        context, source = self._context, self._source
        root = source.dictionary(source.trailer().get("Root"))
        names = source.dictionary(root.get("Names"))
        for key, kind in NAME_TREES.items():
            if key in names:
                pairs = leaves(context, names[key], "Names")
                context.removed(kind, "name tree", max(1, len(pairs)))
        unknown = [key for key in names if key not in NAME_TREES]
        count = len([key for key in unknown if key not in ("Dests", "EmbeddedFiles")])
        if count:
            context.removed(Kind.UNKNOWN_DATA, "name tree", count)

    def _report(self) -> None:
        """What concerns the file as a whole."""
        findings, source = self._context.findings, self._source
        if source.encrypted:
            findings.add(Kind.ENCRYPTION, Action.REMOVED)
        if self._context.layers.used:
            findings.add(Kind.HIDDEN_TEXT, Action.CONVERTED, where="layers")
        if source.external:
            findings.add(
                Kind.EXTERNAL_REFERENCE, Action.REMOVED, count=source.external, where="streams"
            )
        if source.warnings() or source.damaged:
            findings.add(Kind.DAMAGED, Action.NOTED)
        unused = source.unused()
        if unused:
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=unused, where="unused objects")
