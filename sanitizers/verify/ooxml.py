"""Word, Excel and PowerPoint files (OOXML) as our writer may write them.

The frame of the ZIP is `_zip_framing`'s, the package `_ooxml_package`'s, the XML of each
part `_ooxml_markup`'s. Pictures are checked by their own verifiers, workbooks behind charts
by this one again. What none of them knows cannot be inside.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sanitizers.model import Verifier
from sanitizers.verify import (
    Rejected,
    _ooxml_markup,
    _ooxml_package,
    _zip_framing,
    bmp,
    gif,
    jpeg,
    png,
    tiff,
    webp,
)
from sanitizers.verify._ooxml_parts import FAMILIES, OFFICE, PICTURES, WORKBOOKS
from sanitizers.verify._pictures import Pictures

MAX_SMALL: Final = 8_000_000  # bytes of one part of the frame; a sheet of 20,000 links has 4 MB
_PICTURES: Final = Pictures(
    bmp.BmpVerifier, gif.GifVerifier, jpeg.JpegVerifier, png.PngVerifier, tiff.TiffVerifier,
    webp.WebpVerifier,
)  # fmt: skip


class _Ooxml:
    """What the verifiers below share: one each, so that none takes another's type for its own."""

    media_types: ClassVar[tuple[str, ...]]

    @classmethod
    def warm(cls) -> None:
        """Load what the grammars of pictures need."""
        _PICTURES.warm()

    def verify(self, data: memoryview) -> None:
        """Accept `data` as the media type of this class.

        Raises:
            sanitizers.verify.Rejected: anything that the grammar does not consume whole.
        """
        self._verify(data, self.media_types[0], inside=False)

    def _verify(self, data: memoryview, media_type: str, *, inside: bool) -> None:
        entries = {entry.name: entry for entry in _zip_framing.parse(data)}
        if any(entry.folder for entry in entries.values()):
            raise Rejected("folder in a package")
        small: dict[str, str] = {}
        for name, entry in entries.items():
            if _ooxml_package.is_small(name):
                if entry.size > MAX_SMALL:
                    raise Rejected("part of the frame is too large")
                small[name] = _text(_zip_framing.content(data, entry))
        main, application = FAMILIES[media_type]
        for placed in _ooxml_package.check(
            frozenset(entries), small, main, media_type, application
        ):
            kind = placed.part.kind
            if kind == "noteShapes":
                _ooxml_package.check_notes(small[placed.name])
                continue
            content = _zip_framing.content(data, entries[placed.name])
            ending = placed.name.rpartition(".")[2]
            if kind == "image":
                _PICTURES.verify(PICTURES[ending], content)
            elif kind == "workbookFile":
                if inside:
                    raise Rejected("a workbook in a workbook")
                self._verify(content, WORKBOOKS[ending], inside=True)
            else:
                _ooxml_markup.check(content, placed.part, placed.identifiers)


def _text(content: memoryview) -> str:
    try:
        return str(content, "utf-8", "strict")
    except UnicodeDecodeError as error:
        raise Rejected("a part of the frame is not UTF-8") from error


class DocxVerifier(_Ooxml, Verifier):
    """Documents."""

    media_types = (OFFICE + "wordprocessingml.document",)


class DotxVerifier(_Ooxml, Verifier):
    """Templates of documents."""

    media_types = (OFFICE + "wordprocessingml.template",)


class XlsxVerifier(_Ooxml, Verifier):
    """Workbooks."""

    media_types = (OFFICE + "spreadsheetml.sheet",)


class XltxVerifier(_Ooxml, Verifier):
    """Templates of workbooks."""

    media_types = (OFFICE + "spreadsheetml.template",)


class PptxVerifier(_Ooxml, Verifier):
    """Presentations."""

    media_types = (OFFICE + "presentationml.presentation",)


class PotxVerifier(_Ooxml, Verifier):
    """Templates of presentations."""

    media_types = (OFFICE + "presentationml.template",)


class PpsxVerifier(_Ooxml, Verifier):
    """Slide shows."""

    media_types = (OFFICE + "presentationml.slideshow",)
