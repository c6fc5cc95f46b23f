"""A mailbox of one mail is that mail; of several, none can be chosen."""

from __future__ import annotations

import io

import pytest

from sanitizers.identify import identify
from sanitizers.mailbox.mbox import Mbox
from sanitizers.model import Job, Split
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of

LINE = b"From CANARY@example.jp Wed Apr  1 10:00:00 2026\n"
MAIL = b"From: a@example.jp\nTo: b@example.jp\nSubject: =?utf-8?b?5Lu25ZCN?=\n\nhello\n"


def split_of(data: bytes) -> Split:
    out = io.BytesIO()
    split = Mbox().clean(Job(data=memoryview(data)), out)
    assert b"CANARY" not in out.getvalue()
    assert "CANARY" not in repr(split)
    return split


def refused(data: bytes) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        split_of(data)
    return caught.value.code


def test_the_family_takes_what_the_content_says():
    for name in ("a.mbox", "a"):
        assert identify(memoryview(LINE + MAIL), name=name).media_type == "application/mbox"
    assert "application/mbox" in sanitizers_of("mailbox")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_one_mail_is_taken_apart(end):
    split = split_of((LINE + MAIL).replace(b"\n", end))
    assert dict(split.headers)["Subject"] == "件名"
    assert split.text == "hello"


def test_a_line_of_the_body_that_starts_like_it_is_no_second_mail():
    split = split_of(LINE + MAIL + b"\nFrom here on it is easy.\nSee: below\n")
    assert split.text.endswith("From here on it is easy.\nSee: below")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_several_mails_are_withheld(end):
    data = ((LINE + MAIL + b"\n") * 2).replace(b"\n", end)
    assert refused(data) is ReasonCode.TOO_MANY_PARTS


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (MAIL, ReasonCode.DAMAGED),
        (b"From \n", ReasonCode.DAMAGED),
        (LINE, ReasonCode.EMPTY),
    ],
)
def test_what_is_no_mailbox_is_withheld(data, code):
    assert refused(data) is code
