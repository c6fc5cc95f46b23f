"""The shared samples are what their manifest says they are."""

from __future__ import annotations

import pytest

from sanitizers.identify import Identified, identify, warm
from sanitizers.identify.labels import FORMATS
from tests.corpus import manifest, require_corpus

pytestmark = pytest.mark.corpus

#: Begin of the manifest's "what" → begin of the right media type.
TRUTHS = (
    ("PNG ", "image/png"),
    ("JPEG2000", "image/jp2"),
    ("JPEG", "image/jpeg"),
    ("GIF ", "image/gif"),
    ("BMP", "image/bmp"),
    ("TIFF", "image/tiff"),
    ("WebP", "image/webp"),
    ("ISOBMFF avif", "image/avif"),
    ("ICO", "image/vnd.microsoft.icon"),
    ("PSD", "image/vnd.adobe.photoshop"),
    ("SVG", "image/svg+xml"),
    ("RTF", "application/rtf"),
    ("RAR", "application/vnd.rar"),
    ("CAB", "application/vnd.ms-cab-compressed"),
    ("LZH", "application/x-lzh"),
    ("gzip", "application/gzip"),
    ("bzip2", "application/x-bzip2"),
    ("xz", "application/x-xz"),
    ("zstd", "application/zstd"),
    ("tar ", "application/x-tar"),
    ("compress .Z", "application/x-compress"),
    ("ELF", "application/x-elf"),
    ("PE", "application/x-dosexec"),
    ("Outlook MSG", "application/vnd.ms-outlook"),
    ("ECMA-376 encrypted", "application/x-encrypted-ooxml"),
    ("Word macro", "application/vnd.ms-word."),
    ("Excel macro", "application/vnd.ms-excel."),
    ("Excel binary", "application/vnd.ms-excel.sheet.binary"),
    ("Word 97", "application/msword"),
    ("Excel 97", "application/vnd.ms-excel"),
    ("PowerPoint 97", "application/vnd.ms-powerpoint"),
    ("ODF odt", "application/vnd.oasis.opendocument.text"),
    ("ODF ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("PDF 1.", "application/pdf"),
    ("PDF 2.", "application/pdf"),
    ("TrueType", "font/ttf"),
    ("chm", "application/vnd.ms-htmlhelp"),
    ("dwg", "image/vnd.dwg"),
)
FOLDERS = (("mime/", "message/rfc822"), ("html/", "text/html"), ("csv/", "text/"))
#: A text that the set keeps as a mail without one header line.
ODD_ONES = frozenset(
    (
        "mime/deb-libpython3.11-testsuite__cpython_msg_19.eml",
        "csv/deb-libpython3.11-testsuite__cjkencodings_iso2022_kr.txt",
    )
)


def _all() -> dict[str, tuple[str, Identified]]:
    base = require_corpus()
    warm()
    found = {}
    for path, row in manifest().items():
        data = (base / path).read_bytes()
        name = path.rsplit("/", 1)[1]
        found[path] = (row["what"], identify(memoryview(data), name=name))
    return found


def test_the_manifest_agrees() -> None:
    wrong = []
    judged = 0
    for path, (what, found) in _all().items():
        truth = next((t for begin, t in TRUTHS if what.startswith(begin)), "")
        truth = next((t for begin, t in FOLDERS if path.startswith(begin)), truth)
        if not truth or path in ODD_ONES:
            continue
        judged += 1
        if not found.media_type.startswith(truth):
            wrong.append((path, what, found.media_type))
    assert wrong == []
    assert judged > 1_300


def test_no_sample_is_named_outside_of_the_table() -> None:
    for _, found in _all().values():
        assert found.media_type in FORMATS


def test_only_programs_are_called_programs() -> None:
    programs = {p: f.media_type for p, (_, f) in _all().items() if f.program}
    assert {p.split("/")[0] for p in programs} <= {"archive", "misc"}
    assert len(programs) == 11  # with the EICAR test file
