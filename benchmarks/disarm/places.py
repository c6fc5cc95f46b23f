"""Files with a word planted where no reader sees it: those that the tests plant, and mails.

The tables are the tests' own: a place that they gain is measured here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.sanitizers.archive import samples as archive
from tests.sanitizers.archive import test_zip
from tests.sanitizers.calendar import test_icalendar, test_vcard
from tests.sanitizers.image import helpers as image
from tests.sanitizers.image import test_canaries as images
from tests.sanitizers.markup import test_mhtml as mhtml
from tests.sanitizers.markup import test_svg as svg
from tests.sanitizers.office import test_canaries as office
from tests.sanitizers.office import test_odf_canaries as odf
from tests.sanitizers.pdf import font_samples, hidden_places
from tests.sanitizers.pdf import test_hidden_places as pdf_places
from tests.sanitizers.pdf.samples import pdf
from tests.sanitizers.text import test_html as html

#: Every word that one of the tables plants.
CANARIES: Final[tuple[bytes, ...]] = tuple(
    dict.fromkeys(
        word.encode() if isinstance(word, str) else word
        for word in (
            hidden_places.CANARY, font_samples.CANARY, office.CANARY, odf.CANARY, image.CANARY,
            archive.CANARY, html.CANARY, mhtml.CANARY, svg.CANARY, test_icalendar.CANARY,
            test_vcard.CANARY,
        )
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """One file with one hidden place taken."""

    format: str
    place: str
    suffix: str
    data: bytes


def _rows(test: Callable[..., Any]) -> Iterable[Any]:
    """The rows that a test is parametrized with."""
    marks: Any = getattr(test, "pytestmark", ())
    return next(mark.args[1] for mark in marks if mark.name == "parametrize")


def _pdfs() -> Iterable[Planted]:
    tables: Mapping[str, Mapping[str, Any]] = {**pdf_places.PLACES, **pdf_places.MORE_PLACES}
    for place, options in tables.items():
        data = pdf(**{"contents": hidden_places.SHOWN, **options})
        yield Planted("PDF", place, ".pdf", data)
    for place, data in hidden_places.BINARY.items():
        yield Planted("PDF", place, ".pdf", data)


_ODF_LETTERS: Final = {"text": "t", "spreadsheet": "s", "presentation": "p", "graphics": "g"}
_OFFICE_TYPES: Final = {b"word/": ".docx", b"xl/": ".xlsx", b"ppt/": ".pptx"}


def _office() -> Iterable[Planted]:
    for place, make in office.PLACES.items():
        data = make()
        suffix = next(s for folder, s in _OFFICE_TYPES.items() if folder in data)
        yield Planted("OOXML", place, suffix, data)


def _opendocument() -> Iterable[Planted]:
    for place, make in odf.PLACES.items():
        data = make()
        kind = data.partition(b"application/vnd.oasis.opendocument.")[2].decode("latin-1")
        letter = next(own for word, own in _ODF_LETTERS.items() if kind.startswith(word))
        yield Planted("ODF", place, f".od{letter}" if data[:2] == b"PK" else f".fod{letter}", data)


def _images() -> Iterable[Planted]:
    jpeg, png = image.saved(image.photo(), "JPEG"), image.saved(image.photo(), "PNG")
    for place, segment in images.JPEG_PLACES.items():
        yield Planted("JPEG", place, ".jpg", jpeg[:20] + segment + jpeg[20:])
    yield Planted("JPEG", "after the end", ".jpg", jpeg + image.CANARY)
    for place, chunk in images.PNG_PLACES.items():
        yield Planted("PNG", place, ".png", png[:33] + chunk + png[33:])
    yield Planted("PNG", "after the end", ".png", png + image.CANARY)


def _archives() -> Iterable[Planted]:
    for number, (data, finding) in enumerate(
        _rows(test_zip.test_what_is_not_an_entry_is_reported_and_gone), start=1
    ):
        yield Planted("ZIP", f"{finding[0]} {number}", ".zip", data)


def _calendars() -> Iterable[Planted]:
    rows = _rows(test_icalendar.test_what_a_reader_does_not_see_is_gone_and_said)
    for line, _kind in rows:
        yield Planted("iCalendar", _name(line), ".ics", test_icalendar.with_lines(line))
    rows = _rows(test_vcard.test_what_a_reader_does_not_see_is_gone_and_said)
    for line, _kind in rows:
        yield Planted("vCard", _name(line), ".vcf", test_vcard.card(line))


def _name(line: str) -> str:
    return line.partition(":")[0].partition("\n")[0][:40]


def _pages() -> Iterable[Planted]:
    for place in html._PLACES:
        planted = place.replace("{}", html.CANARY).replace("{{", "{").replace("}}", "}")
        page = f"<!DOCTYPE html><meta charset=utf-8><p>front</p>{planted}<p>behind</p>".encode()
        if place != "<title>{}</title>":  # a page keeps its title
            yield Planted("HTML", place[:40], ".html", page)
        yield Planted("mail in HTML", place[:40], ".eml", _mail(page, kind="text/html"))


def _drawings() -> Iterable[Planted]:
    for hidden in _rows(svg.test_what_is_not_drawn_does_not_cross):
        yield Planted("SVG", hidden[:40], ".svg", svg.svg(f"<text>front</text>{hidden}"))


def _web_archives() -> Iterable[Planted]:
    for place, make in mhtml.HIDDEN.items():
        yield Planted("MHTML", place, ".mht", make())


def _mail(body: bytes, *, headers: str = "", kind: str = "text/plain") -> bytes:
    head = (
        "From: Taro <taro@sender.example>\r\nTo: hanako@city.example.jp\r\nSubject: words\r\n"
        f"Date: Wed, 01 Apr 2026 09:00:00 +0900\r\nMessage-ID: <1@sender.example>\r\n{headers}"
        f"MIME-Version: 1.0\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n"
    )
    return head.encode() + body


def _mails() -> Iterable[Planted]:
    word = html.CANARY
    for place, headers in {
        "unknown header": f"X-Mailer: {word}\r\n",
        "received": f"Received: from {word} by b; Wed, 01 Apr 2026 09:00:00 +0900\r\n",
        "signature header": f"DKIM-Signature: v=1; b={word}\r\n",
        "comment of a date": f"Resent-Date: Wed, 01 Apr 2026 09:00:00 +0900 ({word})\r\n",
        "parameter of a header": f"Auto-Submitted: no; {word}={word}\r\n",
        "list header": f"List-Unsubscribe: <https://{word}.example/>\r\n",
        "receipt": f"Disposition-Notification-To: <{word}@b.example>\r\n",
        "description": f"Content-Description: {word}\r\nContent-ID: <{word}@b>\r\n",
    }.items():
        yield Planted("mail", place, ".eml", _mail(b"body\r\n", headers=headers))
    part = f"--x\r\nContent-Type: text/plain; x-{word}={word}\r\nX-{word}: {word}\r\n\r\nbody\r\n"
    for place, body in {
        "before the parts": f"{word}\r\n{part}--x--\r\n",
        "after the parts": f"{part}--x--\r\n{word}\r\n",
        "header of a part": f"{part}--x--\r\n",
    }.items():
        yield Planted(
            "mail", place, ".eml", _mail(body.encode(), kind='multipart/mixed; boundary="x"')
        )


def everything() -> list[Planted]:
    """All planted files."""
    tables = (
        _pdfs, _office, _opendocument, _images, _archives, _calendars, _pages, _drawings,
        _web_archives, _mails,
    )  # fmt: skip
    return [planted for table in tables for planted in table()]
