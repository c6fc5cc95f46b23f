"""The grammar of cards accepts what the writer writes and nothing near it."""

from __future__ import annotations

import pytest

from sanitizers.verify import Rejected
from sanitizers.verify.vcard import VCardVerifier

GOOD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:山田 太郎\r\nN:山田;太郎;;;\r\nTEL;TYPE=WORK:03-1234\r\n"
    "EMAIL:a@example.jp\r\nNOTE:a\\nb\r\nEND:VCARD\r\n"
)


def verify(text: str) -> None:
    VCardVerifier().verify(memoryview(text.encode()))


def test_cards_of_ours_are_accepted():
    verify(GOOD)
    verify(GOOD * 3)


@pytest.mark.parametrize(
    "line",
    [
        "PHOTO:x",
        "PHOTO;ENCODING=b;TYPE=JPEG:AAAA",
        "PHOTO;ENCODING=b;TYPE=JPEG:AAA",
        "PHOTO;ENCODING=b;TYPE=SVG:PHN2Zz4=",
        "PHOTO;VALUE=URI:http://x/",
        "URL:http://x/",
        "X-EVIL:x",
        "item1.TEL:1",
        "FN:again",
        "TITLE:a;b",
        "TITLE:a\\nb",
        "TITLE:",
        "TEL;TYPE=EVIL:1",
        "TEL:<1>",
        "EMAIL:no address",
        "BDAY:1980-13-01",
        "NOTE:a\u202eb",
        "BEGIN:VCARD",
        "",
    ],
)
def test_a_line_that_is_not_allowed_is_refused(line):
    with pytest.raises(Rejected):
        verify(GOOD.replace("NOTE:a\\nb", line))


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-2],
        GOOD.replace("END:VCARD\r\n", ""),
        GOOD.replace("VERSION:3.0", "VERSION:2.1"),
        GOOD.replace("FN:山田 太郎\r\n", ""),
        GOOD + "X:1\r\n",
        GOOD.replace("\r\n", "\n"),
    ],
)
def test_what_is_not_whole_cards_is_refused(text):
    with pytest.raises(Rejected):
        verify(text)
