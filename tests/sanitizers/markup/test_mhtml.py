"""A saved page becomes the page, in its words; nothing else of the archive goes on."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Kind
from sanitizers.identify import identify, warm
from sanitizers.markup.mhtml import Mhtml
from sanitizers.model import Job, SplitKind
from sanitizers.reasons import ReasonCode, Withheld
from tests.sanitizers.markup.helpers import clean

MHTML = "application/x-mimearchive"
CANARY = "CANARY-29b1"
TEXT = "令和八年度㈱髙橋①"


def part(body, kind="text/html", charset="", more="", encoding="8bit"):
    label = f'; charset="{charset}"' if charset else ""
    head = f"Content-Type: {kind}{label}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n"
    return head.encode() + (body if isinstance(body, bytes) else body.encode())


def archive(*parts, head="", preamble="", after="", related="text/html", start=""):
    """As Chrome writes it."""
    top = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://city.example/\r\n"
        f"Subject: x\r\nMIME-Version: 1.0\r\n{head}"
        f'Content-Type: multipart/related; type="{related}"{start}; boundary="--b"\r\n\r\n'
    )
    pieces = b"".join(b"----b\r\n" + one + b"\r\n" for one in parts)
    return (top + preamble).encode() + b"\r\n" + pieces + b"----b--\r\n" + after.encode()


def page(data, name="保存.mht"):
    """The page as the reader gets it, its findings, and the archive's."""
    out = io.BytesIO()
    split = Mhtml().clean(Job(data=memoryview(data), name=name, media_type=MHTML), out)
    assert split.kind is SplitKind.INNER
    (member,) = split.members
    assert (member.claimed_type, member.claimed_charset) == ("text/html", "utf-8")
    assert member.size == len(out.getvalue())
    cleaned, _ = clean(out.getvalue(), "text/html", claimed_charset="utf-8")
    return cleaned.decode(), {f.kind for f in split.findings}, member.name


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("utf-8", "utf-8"), ("shift_jis", "cp932"), ("iso-2022-jp", "iso2022_jp_ext"),
     ("euc-jp", "euc_jis_2004"), ("", "utf-8")],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_the_words_of_the_page_stay(charset, codec, encoding):
    import base64
    import quopri

    words = "令和八年度の予定" if codec.startswith("iso") else "令和八年度の予定①"
    raw = f"<p>{words}</p>".encode(codec)
    coded = {"8bit": raw, "base64": base64.encodebytes(raw),
             "quoted-printable": quopri.encodestring(raw)}[encoding]  # fmt: skip
    shown, kinds, name = page(archive(part(coded, charset=charset, encoding=encoding)))
    assert f"<p>{words}</p>" in shown
    assert Kind.FORMAT_CHANGED in kinds
    assert name == "保存.html"


def test_a_charset_that_only_the_page_names_is_believed():
    raw = f'<meta charset="shift_jis"><p>{TEXT}</p>'.encode("cp932")
    assert TEXT in page(archive(part(raw)))[0]


def test_one_page_without_parts_is_read_as_well():
    assert TEXT in page(b"MIME-Version: 1.0\r\n" + part(f"<p>{TEXT}</p>", charset="utf-8"))[0]


def test_a_document_saved_by_word_is_read_from_behind_its_preamble():
    head = (
        "MIME-Version: 1.0\r\nX-Document-Type: Document\r\n"
        'Content-Type: multipart/related; boundary="b"\r\n\r\n'
        f"This document is a Single File Web Page. {CANARY}\r\n\r\n--b\r\n"
        f"Content-Location: file:///C:/{CANARY}/a.htm\r\n"
    )
    body = (
        f"<html xmlns:o=3D'urn:schemas-microsoft-com:office:office'><head><!--[if gte mso 9]><xml>"
        f"<o:Author>{CANARY}</o:Author></xml><![endif]--></head><p class=3DMsoNormal>{TEXT}<o:p>"
        f"</o:p></p></html>\r\n--b\r\nContent-Type: text/xml\r\n\r\n{CANARY}\r\n--b--\r\n"
    )
    shown, kinds, _ = page(head.encode() + part(body, charset="utf-8", encoding="quoted-printable"))
    assert TEXT in shown
    assert CANARY not in shown
    assert Kind.EMBEDDED_FILE in kinds


def test_a_page_that_is_too_deep_in_the_archive_is_no_page():
    data = part("<p>x")
    for level in range(200):
        data = (
            f'Content-Type: multipart/mixed; boundary="{level:03}"\r\n\r\n--{level:03}\r\n'.encode()
            + data
            + f"\r\n--{level:03}--\r\n".encode()
        )
    with pytest.raises(Withheld) as refused:
        Mhtml().clean(Job(data=memoryview(data), media_type=MHTML), io.BytesIO())
    assert refused.value.code is ReasonCode.DAMAGED


def test_the_root_is_the_part_that_the_archive_names():
    parts = [part("<p>frame</p>"), part(f"<p>{TEXT}</p>", more="Content-ID: <root@x>\r\n")]
    shown, kinds, _ = page(archive(*parts, start='; start="<root@x>"'))
    assert TEXT in shown
    assert "frame" not in shown
    assert Kind.EMBEDDED_FILE in kinds


def test_a_workbook_of_frames_shows_all_its_sheets_in_order():
    frames = '<frameset rows="*,39"><frame src="a.files/sheet001.htm"></frameset>'
    sheets = [part(f"<table><tr><td>{n}枚目</table>") for n in (1, 2)]
    shown, kinds, _ = page(archive(part(frames), *sheets))
    assert 0 < shown.index("1枚目") < shown.index("2枚目")
    assert Kind.EMBEDDED_FILE not in kinds


HIDDEN = {
    "header field": lambda: archive(part("<p>x"), head=f"X-Note: {CANARY}\r\n"),
    "subject": lambda: archive(part("<p>x"), head=f"Subject: {CANARY}\r\n"),
    "preamble": lambda: archive(part("<p>x"), preamble=CANARY),
    "epilogue": lambda: archive(part("<p>x"), after=CANARY),
    "field of a part": lambda: archive(part("<p>x", more=f"X-Note: {CANARY}\r\n")),
    "place of a part": lambda: archive(
        part("<p>x", more=f"Content-Location: file:///C:/{CANARY}\r\n")
    ),
    "name of a part": lambda: archive(part("<p>x", more=f"Content-ID: <{CANARY}>\r\n")),
    "another page": lambda: archive(part("<p>x"), part(f"<p>{CANARY}")),
    "style sheet": lambda: archive(part("<p>x"), part(f"/*{CANARY}*/", "text/css")),
    "script": lambda: archive(part("<p>x"), part(f"'{CANARY}'", "text/javascript")),
    "picture": lambda: archive(part('<p>x<img src="cid:a">'), part(CANARY, "image/png")),
    "Office data": lambda: archive(part("<p>x"), part(CANARY, "application/x-mso")),
    "comment": lambda: archive(part(f"<p>x<!-- {CANARY} -->")),
    "script of the page": lambda: archive(part(f"<p>x<script>'{CANARY}'</script>")),
    "address of a picture": lambda: archive(part(f'<p>x<img src="cid:{CANARY}">')),
    "hidden text": lambda: archive(part(f"<p>x<p hidden>{CANARY}")),
    "conditional comment": lambda: archive(part(f"<!--[if gte mso 9]>{CANARY}<![endif]--><p>x")),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_nothing_hidden_goes_on(place):
    data = HIDDEN[place]()
    assert CANARY.encode() in data
    assert CANARY not in page(data)[0]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"no archive at all", ReasonCode.DAMAGED),
        (archive(part("x", "image/png")), ReasonCode.DAMAGED),
        (archive(), ReasonCode.DAMAGED),
        (archive(part("<p>x" * 11_000_000)), ReasonCode.TOO_LARGE),
        (archive(*[part("<frameset>" + "<p>x" * 1_000_000)] * 7), ReasonCode.TOO_LARGE),
    ],
    ids=["empty", "garbage", "no page", "no part", "large", "large together"],
)
def test_what_is_no_archive_or_too_large_is_refused(data, code):
    with pytest.raises(Withheld) as refused:
        Mhtml().clean(Job(data=memoryview(data), media_type=MHTML), io.BytesIO())
    assert refused.value.code is code


@pytest.mark.parametrize("name", ["a.mht", "a.mhtml"])
def test_it_is_known_by_its_form_and_name(name):
    warm()
    assert identify(memoryview(archive(part("<p>x"))), name=name).media_type == MHTML
    assert identify(memoryview(archive(part("<p>x"))), name="a.eml").media_type == "message/rfc822"


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_garbage_gives_a_page_or_a_reason(noise, at):
    data = archive(part(f"<p>{TEXT}"))
    try:
        Mhtml().clean(
            Job(data=memoryview(data[:at] + noise + data[at:]), media_type=MHTML), io.BytesIO()
        )
    except Withheld as refused:
        assert refused.code in ReasonCode
