"""Compares a document with its cleaned file: what is kept of its text, looks and links.

Both files are hostile here: programs read them in the tool box, and what these print is
compared in a sandbox child. The programs are not those that the sanitizers use, so a
blindness of theirs shows. A file that the programs cannot read has no score; that says
nothing about whether it may cross.
"""

from __future__ import annotations

import contextlib
import statistics
from dataclasses import asdict, dataclass
from typing import Any, Final

import structlog

from gateway.fidelity import frame
from gateway.fidelity.frame import BadFigures, Figures
from gateway.sandbox import copying
from gateway.sandbox.memory import Closable, Scratch, SealedBytes, write_all
from gateway.sandbox.pool import Sandbox, SandboxUnavailable
from gateway.sandbox.protocol import CleanedReply, Request, WithheldReply
from gateway.sandbox.tools.box import ToolUnavailable
from gateway.sandbox.tools.programs import INSTRUMENTS, PICTURE_PAGES
from sanitizers.limits import MB
from sanitizers.model import Needs

log = structlog.get_logger(__name__)

#: Before and after together; larger ones are not measured.
MAX_BYTES: Final = 64 * MB
#: Everything that goes into the comparing child.
MAX_READINGS: Final = 128 * MB

PDF: Final = "application/pdf"
HTML: Final = "text/html"
TEXT: Final = "text/plain"
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
#: Decoded by the comparing child itself.
IMAGES: Final = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff", "image/webp")
)
#: Shown by LibreOffice as PDF first.
OFFICE: Final = frozenset(
    (
        _OOXML + "wordprocessingml.document", _OOXML + "wordprocessingml.template",
        _OOXML + "spreadsheetml.sheet", _OOXML + "spreadsheetml.template",
        _OOXML + "presentationml.presentation", _OOXML + "presentationml.template",
        _OOXML + "presentationml.slideshow",
        "application/vnd.ms-word.document.macroenabled.12",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        _ODF + "text", _ODF + "spreadsheet", _ODF + "presentation",
    )
)  # fmt: skip
#: What can become of what, so that both can be compared.
_KINDS: Final = (
    (frozenset((PDF, *OFFICE)), frozenset((PDF, *OFFICE))),
    (frozenset((HTML,)), frozenset((HTML, TEXT))),
    (IMAGES, IMAGES),
)


def measurable(before_type: str, after_type: str) -> bool:
    """Whether a file of the one type can be compared with one of the other."""
    return any(before_type in before and after_type in after for before, after in _KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How much of a document its cleaned file keeps; None: there is nothing to tell by.

    Shares are 0 to 1. `pages`: before and after, of the first thousand.
    """

    text: float | None  # characters found again
    order: float | None  # of those that can be told apart: in the same order
    picture: float | None  # SSIM of the page in the middle, of the first twenty
    picture_least: float | None  # of the worst one
    pages: tuple[int, int] | None
    links: float | None  # addresses that can still be followed
    size: float  # bytes after by bytes before
    opened: bool | None  # another reader shows what the cleaned file says

    def as_dict(self) -> dict[str, Any]:
        """For JSON; shares with four decimals, never rounded up to a whole."""
        return {
            name: int(value * 10_000) / 10_000 if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A score and the figures behind it."""

    score: Score
    figures: Figures


@dataclass(slots=True)
class Reading(Closable):
    """What programs read in one file. Close it."""

    text: SealedBytes | None = None
    pictures: SealedBytes | None = None
    links: SealedBytes | None = None

    def close(self) -> None:
        """Give the bytes back; idempotent."""
        for part in (self.text, self.pictures, self.links):
            if part is not None:
                part.close()


class Instrument:
    """The comparison, with a tool box of its own: no part waits behind it."""

    def __init__(self, sandbox: Sandbox, *, slots: int = 1) -> None:
        self._sandbox = sandbox
        self._tools = sandbox.toolbox(INSTRUMENTS, slots=slots)

    def programs(self) -> dict[str, bool]:
        """Which programs are installed that it reads with."""
        return self._tools.present()

    def close(self) -> None:
        """Remove the programs' private folders."""
        self._tools.close()

    async def compare(
        self, before: SealedBytes, after: SealedBytes, *, before_type: str, after_type: str
    ) -> Compared | None:
        """The score of `after` as the cleaned file of `before`; None: cannot be measured.

        Raises:
            SandboxUnavailable: our fault.
        """
        if not measurable(before_type, after_type) or before.size + after.size > MAX_BYTES:
            return None
        with contextlib.ExitStack() as stack:
            readings = [
                stack.enter_context(await self.read(data, media_type))
                for data, media_type in ((before, before_type), (after, after_type))
            ]
            figures = await self.figures(*readings)
            if figures is None:
                return None
        score = score_of(figures, size=after.size / before.size)
        return Compared(score=score, figures=figures)

    async def read(self, data: SealedBytes, media_type: str) -> Reading:
        """What the programs read in a file; nothing where they cannot.

        Raises:
            SandboxUnavailable: our fault.
        """
        if media_type in IMAGES:
            return Reading(pictures=data.slice(0, data.size))
        if media_type == TEXT:  # of our own writing: UTF-8
            return Reading(text=data.slice(0, data.size))
        if media_type == HTML:
            return Reading(text=await self._run("w3m", "text/plain", data, HTML))
        if media_type == PDF:
            return await self._read_pdf(data)
        shown = await self._run("libreoffice", PDF, data, media_type)
        if shown is None:
            return Reading()
        with shown:
            return await self._read_pdf(shown)

    async def _read_pdf(self, data: SealedBytes) -> Reading:
        reading = Reading()
        try:
            reading.text = await self._run("pdftotext", "text/plain", data, PDF)
            reading.pictures = await self._run(
                "pdftoppm", "image/x-portable-graymap", data, PDF
            )  # fmt: skip
            reading.links = await self._run("pdfinfo", "text/uri-list", data, PDF)
        except BaseException:
            reading.close()
            raise
        return reading

    async def _run(
        self, tool: str, target: str, data: SealedBytes, media_type: str
    ) -> SealedBytes | None:
        try:
            made = await self._tools.convert(
                data, Needs(tool=tool, target=target), media_type=media_type
            )
        except ToolUnavailable as error:
            raise SandboxUnavailable(str(error)) from error
        return None if isinstance(made, WithheldReply) else made

    async def figures(self, before: Reading, after: Reading) -> Figures | None:
        """What two readings share, by the comparing child; None: it cannot tell.

        Raises:
            SandboxUnavailable: our fault.
        """
        parts = [before.text, after.text, before.pictures, after.pictures, before.links,
                 after.links]  # fmt: skip
        if sum(part.size for part in parts if part is not None) > MAX_READINGS:
            return None
        with Scratch() as scratch:
            write_all(scratch.fd, frame.head(tuple(p.size if p else None for p in parts)))
            for part in parts:
                if part is not None:
                    await copying.append(part, scratch.fd)
            source = scratch.seal()
        with source:
            request = Request(op="clean", size=source.size, media_type=frame.MEDIA_TYPE)
            ran = await self._sandbox.run("fidelity", request, source)
        if ran.output is None or not isinstance(ran.reply, CleanedReply):
            log.warning("not_compared", reply=type(ran.reply).__name__)
            return None
        with ran.output:
            try:
                return Figures.unpack(ran.output.read_range(0, ran.output.size))
            except BadFigures as error:
                log.error("bad_figures", why=str(error))
                return None


def score_of(figures: Figures, *, size: float) -> Score:
    """The score that figures come to; `size` is bytes after by bytes before."""
    worded = figures.characters_before > 0
    shown = figures.likeness
    if shown:  # a page that is gone is not alike
        first = (min(n, PICTURE_PAGES) for n in (figures.pages_before, figures.pages_after))
        shown += (0.0,) * max(0, next(first) - next(first))
    readable = worded or figures.pages_before > 0
    return Score(
        text=figures.characters_kept / figures.characters_before if worded else None,
        order=figures.order if worded else None,
        picture=statistics.median(shown) if shown else None,
        picture_least=min(shown) if shown else None,
        pages=(figures.pages_before, figures.pages_after) if figures.pages_before else None,
        links=figures.links_kept / figures.links_before if figures.links_before else None,
        size=size,
        opened=figures.characters_after + figures.pages_after > 0 if readable else None,
    )
