"""The total check: each grammar accepts what it should and nothing beside it."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.worker import check
from gateway.worker.check import (
    CheckFailed,
    check_header,
    check_message,
    check_text,
    check_text_file,
    is_address,
)
from gateway.worker.compose import Attachment, Draft, compose

BOUNDARY = "=_mugaika_test_0="

GOOD = [
    ("Subject", "令和8年度の予算について"),
    ("Subject", ""),
    ("Subject", "x" * 2000),
    ("From", "山田 太郎\ttaro@city.example.jp"),
    ("From", "\ttaro@city.example.jp"),
    ("Sender", "名前だけ\t"),
    ("To", 'Quoted\t"two words"@city.example.jp'),
    ("Cc", "\tuser+tag@例え.jp"),
    ("Reply-To", "\tpostmaster"),
    ("Message-ID", "<1.2@mail.example>"),
    ("In-Reply-To", "<1@a> <2@b>"),
    ("References", " ".join(f"<{n}@mail.example>" for n in range(40))),
    ("Date", "Mon, 23 Nov 2026 08:00:00 +0900"),
    ("Date", "3 Nov 2026 08:00:00 -0000"),
    ("List-Id", "<list.example.jp>"),
    ("Auto-Submitted", "auto-generated"),
    ("Precedence", "bulk"),
]
BAD = [
    ("Subject", "x" * 2001),
    ("Subject", "tab\there"),
    ("From", "no tab between"),
    ("From", "x" * 2001 + "\ta@b.example"),
    ("From", "name\ta@b.example\tc@d.example"),
    ("From", "name\ta b@c.example"),
    ("From", "name\t<a@b.example>"),
    ("From", "name\ta@b@c.example"),
    ("From", "name\ta@b.example,c@d.example"),
    ("From", "name\t@b.example"),
    ("From", "name\ta@"),
    ("To", "name\t" + "a" * 311 + "@b.example"),
    ("To", 'name\t"a\\"b"@c.example'),
    ("Message-ID", "1@b"),
    ("Message-ID", "<1@b>  <2@b>"),
    ("Message-ID", "<" + "a" * 251 + ">"),
    ("Message-ID", "<日@b>"),
    ("References", ""),
    ("References", " ".join(["<" + "a" * 240 + "@b.example>"] * 60)),
    ("Date", "2026-11-23T08:00:00Z"),
    ("Date", "Mon, 23 Nov 2026 08:00:00 GMT"),
    ("Date", "Mon, 23 Nov 2026 08:00:00 +0900 (JST)"),
    ("Date", "Mon, ２３ Nov 2026 08:00:00 +0900 "),
    ("List-Id", "x" * 256),
    ("Auto-Submitted", "auto-generated; x=y"),
    ("Precedence", "Bulk"),
    ("Precedence", ""),
    ("Received", "from a by b"),
    ("X-Mailer", "x"),
    ("subject", "names are written one way"),
    ("Bcc", "\ta@b.example"),
    ("Content-Type", "text/html"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_headers_of_the_grammar_pass(name, value):
    check_header(name, value)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_other_headers_are_refused_without_naming_their_value(name, value):
    with pytest.raises(CheckFailed) as caught:
        check_header(name, value)
    assert len(value) < 12 or value[:12] not in str(caught.value)


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\nBcc: x", "\x0b", "\x85", "\u2028", "\x7f"])
@pytest.mark.parametrize(("name", "value"), GOOD)
def test_no_header_takes_a_control_character(name, value, bad):
    middle = len(value) // 2
    for forged in (bad + value, value[:middle] + bad + value[middle:], value + bad):
        with pytest.raises(CheckFailed):
            check_header(name, forged)


@pytest.mark.parametrize("bad", ["\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\ue0001x"[:1]])
def test_bidi_and_invisible_characters_are_refused_in_names_and_subjects(bad):
    if bad == "\ue000":
        check_header("Subject", bad)  # private use: the gaiji of local governments
        return
    for name, value in (("Subject", f"a{bad}b"), ("From", f"a{bad}b\tc@d.example")):
        with pytest.raises(CheckFailed):
            check_header(name, value)


def test_an_address_can_always_stand_between_angle_brackets():
    for good in ("a@b", "a.b+c@d.example", '"a b"@d.example', "日本@例え.jp", "local"):
        assert is_address(good)
    for bad in ("", "a>b@c", "a@b>", "a\r@b", '"a\r"@b', '"a>"', "a b", "(x)@y", "a@b c", "a,b@c"):
        assert not is_address(bad)


def test_a_mails_text_takes_line_feeds_and_tabs_only():
    check_text("一行目\n\t二行目 ✔️ 葛\U000e0100城\n")
    for bad in ("a\rb", "a\0b", "a\x1b[31m", "\u202eabc", "a\u2028b", "\ud800"):
        with pytest.raises(CheckFailed):
            check_text(bad)


def test_a_text_over_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(check, "MAX_TEXT_CHARS", 10)
    check_text("x" * 10)
    with pytest.raises(CheckFailed):
        check_text("x" * 11)


def test_a_text_file_is_strict_utf8_with_crlf():
    check_text_file("\ufeff見出し\r\n本文\r\n".encode())
    check_text_file(b"")
    for bad in (
        b"only\rcr",
        b"only\nlf",
        b"a\n\rb",
        b"a\r\r\n",
        b"\x93\xfa\x96\x7b",  # Shift_JIS
        b"\xc0\xaf",  # overlong
        b"\xed\xa0\x80",  # surrogate
        "a\ufeffb".encode(),
        "\ufeff\ufeffa".encode(),
        b"a\0b",
        b"\x1b[2J",
    ):
        with pytest.raises(CheckFailed):
            check_text_file(bad)


HEAD = b"From: <a@b.example>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nabc\r\n"


def part(content, encoding=b"base64"):
    return (
        b'Content-Type: image/png;\r\n name="a.png"\r\nContent-Transfer-Encoding: '
        + encoding
        + b'\r\nContent-Disposition: attachment;\r\n filename="a.png"\r\n\r\n'
        + content
    )


def multipart(*parts, boundary=b"b0=", end=b"--\r\n"):
    body = b"".join(b"--" + boundary + b"\r\n" + p for p in parts) + b"--" + boundary + end
    return (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b0="\r\n'
        + b"Content-Transfer-Encoding: 7bit\r\n\r\n"
        + body
    )


def passes(data, boundary=b"", smtputf8=False):
    check_message(data, boundary=boundary, smtputf8=smtputf8)


def test_a_plain_mail_and_a_multipart_pass():
    passes(HEAD + TEXT)
    passes(multipart(TEXT, part(base64.b64encode(b"png") + b"\r\n")), b"b0=")


REFUSED = {
    "bare CR": (HEAD + TEXT + b"a\rb\r\n", b""),
    "bare LF": (HEAD + TEXT + b"a\nb\r\n", b""),
    "LF CR": (HEAD + TEXT + b"a\n\rb\r\n", b""),
    "NUL": (HEAD + TEXT + b"\0\r\n", b""),
    "no final line end": (HEAD + TEXT + b"abc", b""),
    "a line of 999 octets": (HEAD + TEXT + b"x" * 999 + b"\r\n", b""),
    "no body": (HEAD, b""),
    "nothing": (b"", b""),
    "an unknown header": (HEAD + b"X-Evil: 1\r\n" + TEXT, b""),
    "a header in other letters": (HEAD + b"bcc: <a@b>\r\n" + TEXT, b""),
    "a header without a colon": (HEAD + b"Subject\r\n" + TEXT, b""),
    "a continuation at the start": (b" x\r\n" + HEAD + TEXT, b""),
    "a blank continuation": (HEAD + b"Subject: a\r\n  \r\n" + TEXT, b""),
    "8 bit in the head": (HEAD + b"Subject: \xe6\x97\xa5\r\n" + TEXT, b""),
    "8 bit in a 7bit body": (HEAD + TEXT + b"\xe6\x97\xa5\r\n", b""),
    "no transfer encoding": (
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nabc\r\n",
        b"",
    ),
    "another transfer encoding": (HEAD + TEXT.replace(b"7bit", b"8bit"), b""),
    "two transfer encodings": (HEAD + b"Content-Transfer-Encoding: base64\r\n" + TEXT, b""),
    "text in a base64 body": (HEAD + TEXT.replace(b"7bit", b"base64") + b"a b!\r\n", b""),
    "a preamble": (multipart(TEXT).replace(b"\r\n\r\n--", b"\r\n\r\npre\r\n--", 1), b"b0="),
    "an epilogue": (multipart(TEXT) + b"post\r\n", b"b0="),
    "no last delimiter": (multipart(TEXT, end=b"\r\n"), b"b0="),
    "no part": (multipart(), b"b0="),
    "an unknown part header": (multipart(b"X-A: b\r\n" + TEXT), b"b0="),
    "a boundary inside a text": (multipart(TEXT + b"--b0=evil\r\n"), b"b0="),
    "a smuggled part": (multipart(TEXT + b"--b0=\r\nContent-Type: text/html\r\n\r\nx\r\n"), b"b0="),
    "a part without a head": (multipart(b"abc\r\n"), b"b0="),
    "wrong base64": (multipart(part(b"ab-_\r\n")), b"b0="),
    "base64 with a blank": (multipart(part(b"ab cd\r\n")), b"b0="),
    "8 bit in a part": (multipart(part(b"\xff\r\n", b"7bit")), b"b0="),
    "an 8bit part": (multipart(part(b"abc\r\n", b"8bit")), b"b0="),
}


@pytest.mark.parametrize("name", REFUSED)
def test_framing_outside_the_grammar_is_refused(name):
    data, boundary = REFUSED[name]
    with pytest.raises(CheckFailed):
        passes(data, boundary)


def test_lines_of_998_octets_pass():
    passes(HEAD + TEXT + b"x" * 998 + b"\r\n")


def test_utf8_in_the_head_needs_smtputf8():
    data = "From: <日本@例え.jp>\r\nSubject: x\r\nMIME-Version: 1.0\r\n".encode() + TEXT
    passes(data, smtputf8=True)
    with pytest.raises(CheckFailed):
        passes(data)


def test_a_subject_that_quotes_a_header_changes_nothing():
    subject = "Content-Transfer-Encoding: base64"
    mail = compose(Draft(headers=[("Subject", subject)], text="not in base64!\n"))
    assert mail.endswith(b"\r\n\r\nnot in base64!\r\n")


def ordinary(multiline):
    blacklist = "" if multiline else "\n\t"
    characters = st.characters(
        codec="utf-8",
        categories=("L", "N", "P", "Zs"),
        exclude_characters="\u3164\uffa0\u115f\u1160",
    )
    extra = st.sampled_from("あ漢字、。 abc=?-.\"'\\") | (
        st.just("\n") if multiline else st.just(" ")
    )
    return st.text(characters | extra, max_size=80).filter(
        lambda t: not set(t) & set(blacklist) and check.is_harmless(t, multiline=multiline)
    )


drafts = st.builds(
    lambda subject, display, text, files: Draft(
        headers=[("From", f"{display}\ta@b.example"), ("Subject", subject)],
        text=text,
        attachments=[
            Attachment(name=f"{n}.png", media_type="image/png", data=data)
            for n, data in enumerate(files)
        ],
        report="method=text; removed=0; withheld=0",
        boundary=BOUNDARY,
    ),
    ordinary(False),
    ordinary(False),
    ordinary(True),
    st.lists(st.binary(max_size=200), max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(drafts, st.data())
def test_a_composed_mail_passes_and_one_foreign_byte_more_does_not(draft, data):
    mail = compose(draft)
    boundary = BOUNDARY.encode() if draft.attachments else b""
    check_message(mail, boundary=boundary, smtputf8=False)
    at = data.draw(st.integers(0, len(mail)))
    byte = data.draw(st.sampled_from([b"\r", b"\n", b"\0", b"\x80", b"\xe3", b"\xff"]))
    with pytest.raises(CheckFailed):
        check_message(mail[:at] + byte + mail[at:], boundary=boundary, smtputf8=False)
