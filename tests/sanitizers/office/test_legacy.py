"""doc, xls, ppt and RTF: handed to the converter whole, with what it would drop noted."""

import io
import struct

import pytest

from sanitizers.model import Job, Needs
from sanitizers.office.legacy import Legacy, _macro_sheets
from tests.corpus import require_corpus

OOXML = "application/vnd.openxmlformats-officedocument."


def handed_over(data, media_type):
    out = io.BytesIO()
    needs = Legacy().clean(Job(data=memoryview(data), media_type=media_type), out)
    assert isinstance(needs, Needs)
    assert needs.tool == "libreoffice"
    assert out.getvalue() == data
    return needs.target, [f.kind.value for f in needs.findings]


def record(kind, content=b""):
    return struct.pack("<HH", kind, len(content)) + content


def sheet(kind):
    return record(0x85, struct.pack("<IBB", 0, 0, kind) + b"\x05\0Sheet")


@pytest.mark.parametrize(
    ("media_type", "target"),
    [
        ("application/rtf", "wordprocessingml.document"),
        ("application/msword", "wordprocessingml.document"),
        ("application/vnd.ms-excel", "spreadsheetml.sheet"),
        ("application/vnd.ms-powerpoint", "presentationml.presentation"),
    ],
)
def test_each_becomes_the_new_form_of_its_kind(media_type, target):
    assert handed_over(b"{\\rtf1 text}", media_type) == (OOXML + target, [])


@pytest.mark.parametrize(
    ("records", "macros"),
    [
        (b"", False),
        (record(0x809, bytes(16)) + sheet(0) + sheet(2) + record(10), False),
        (record(0x809, bytes(16)) + sheet(0) + sheet(1) + record(10), True),
        (sheet(6), True),
        (record(10) + sheet(1), False),  # behind the end of the globals: not a list of sheets
        (b"\x85\0\xff\xff\0\0\0\0\0", False),
        (b"\x85\0", False),
    ],
)
def test_macro_sheets_are_seen(records, macros):
    assert _macro_sheets(records) is macros


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("oletools__excel4_sample_macro.xls", ["macro"]),
        ("oletools__excel4_sample_macro_excel5_format.xls", ["macro"]),
        ("poi__WithMacros.ppt", ["macro"]),
        ("poi__TwoSheetsOneHidden.xls", []),
        ("poi__quick.doc", []),
    ],
)
def test_macros_are_noted_before_the_conversion_drops_them(name, found):
    (path,) = require_corpus().rglob(name)
    assert handed_over(path.read_bytes(), "application/vnd.ms-excel")[1] == found
