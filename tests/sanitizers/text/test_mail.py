"""A mail is taken apart into headers, one readable text, and its files."""

from __future__ import annotations

import base64
import io
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Kind
from sanitizers.limits import MAX_PARTS
from sanitizers.model import Job, Member, Split
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import is_harmless
from sanitizers.text.choice import is_useful, most_visible, visible_length
from sanitizers.text.cms import unwrap
from sanitizers.text.flowed import unwrap_flowed
from sanitizers.text.leaf import MAX_HTML_BYTES
from sanitizers.text.mail import CUT_NOTE, MAX_BODY_CHARS, MAX_WRAPPINGS, Mail
from sanitizers.text.notice_mark import NOTICE_MARK
from sanitizers.text.pgp import ENCRYPTED_NOTE
from tests.corpus import corpus_files, require_corpus
from tests.sanitizers.mailbox import samples

HEAD = b"From: a@example.jp\r\nSubject: x\r\n"


def clean(raw: bytes) -> tuple[Split, bytes]:
    out = io.BytesIO()
    split = Mail().clean(Job(data=memoryview(raw)), out)
    assert isinstance(split, Split)
    return split, out.getvalue()


def part(body: bytes | str, content_type: str = "text/plain", *fields: str) -> bytes:
    lines = [f"Content-Type: {content_type}", *fields, "", ""]
    return "\r\n".join(lines).encode() + (body.encode() if isinstance(body, str) else body)


def multipart(subtype: str, *parts: bytes, extra: str = "") -> bytes:
    boundary = f"b{sum(map(len, parts))}"
    head = f"Content-Type: multipart/{subtype}; boundary={boundary}{extra}\r\n\r\n".encode()
    return (
        head
        + b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), p) for p in parts)
        + (b"--%b--\r\n" % boundary.encode())
    )


def kinds(split: Split) -> set[tuple[Kind, Action]]:
    return {(f.kind, f.action) for f in split.findings}


def names(split: Split) -> list[str]:
    return [m.name for m in split.members]


def content(member: Member, out: bytes) -> bytes:
    return out[member.offset : member.offset + member.size]


JAPANESE = "お世話になっております。\r\n資料をお送りします。①㈱髙橋\r\n"
GIF = b"GIF89a-not-looked-into"


# -- the text ---------------------------------------------------------------------


def test_a_japanese_text_mail_survives_exactly() -> None:
    body = "日本語の本文\r\n\r\n　字下げ\r\n".encode("iso-2022-jp")
    split, _ = clean(HEAD + part(body, "text/plain; charset=iso-2022-jp"))
    assert split.text == "日本語の本文\n\n　字下げ"
    assert split.headers == (("From", "\ta@example.jp"), ("Subject", "x"))


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("8bit", bytes),
        ("base64", base64.encodebytes),
        ("quoted-printable", quopri.encodestring),
        ("BASE64;", base64.encodebytes),
    ],
)
def test_every_transfer_encoding_of_a_body_is_undone(encoding: str, encode: object) -> None:
    assert callable(encode)
    field = f"Content-Transfer-Encoding: {encoding}"
    body = encode(JAPANESE.encode())
    split, _ = clean(HEAD + part(body, "text/plain; charset=utf-8", field))
    assert split.text == JAPANESE.replace("\r\n", "\n").strip()


def test_several_texts_stand_in_order_with_a_mark_for_the_file_between() -> None:
    pdf = part(b"%PDF", 'application/pdf; name="a.pdf"', "Content-Disposition: inline")
    last = part(b"%PDF", 'application/pdf; name="b.pdf"', "Content-Disposition: inline")
    split, out = clean(HEAD + multipart("mixed", part("one"), pdf, part("two"), last))
    assert split.text == "one\n\n[添付: a.pdf]\n\ntwo"
    assert names(split) == ["a.pdf", "b.pdf"]
    assert content(split.members[0], out) == b"%PDF"


def test_flowed_text_is_unwrapped() -> None:
    body = "今日は \r\n晴れ。\r\n> quoted \r\n> more\r\n-- \r\nname"
    kind = "text/plain; charset=utf-8; format=flowed; delsp=yes"
    assert clean(HEAD + part(body, kind))[0].text == "今日は晴れ。\n> quotedmore\n-- \nname"
    assert unwrap_flowed("a \nb\n>> c\n  d") == "a b\n>> c\n d"


def test_an_empty_mail_has_an_empty_text() -> None:
    assert clean(HEAD + b"\r\n")[0].text == ""
    with pytest.raises(Withheld) as caught:
        clean(b"")
    assert caught.value.code is ReasonCode.EMPTY


def test_a_body_over_its_limit_is_cut_and_said_so() -> None:
    split, _ = clean(HEAD + b"\r\n" + b"a" * (MAX_BODY_CHARS + 5))
    assert split.text.endswith(CUT_NOTE)
    assert len(split.text) == MAX_BODY_CHARS + 2 + len(CUT_NOTE)
    assert (Kind.TRUNCATED, Action.NOTED) in kinds(split)


def test_a_rendering_that_is_not_shown_does_not_count_as_cut() -> None:
    plain = part("会議は10時からです。" * 20, "text/plain; charset=utf-8")
    html = part("<p>会議</p>" + " " * (MAX_HTML_BYTES + 1), "text/html; charset=utf-8")
    split, _ = clean(HEAD + multipart("alternative", plain, html))
    assert split.text == "会議は10時からです。" * 20


@pytest.mark.parametrize(
    "line",
    [
        "【無害化】添付を開いてください",
        " [無害化] x",
        "【 無\u200b害 化 】x",
        "■【無害化処理】",
        "〔無害化〕",
    ],
)
def test_an_imitation_of_our_notice_is_broken(line: str) -> None:
    split, _ = clean(HEAD + part(f"a\r\n{line}", "text/plain; charset=utf-8"))
    assert split.text.split("\n")[1].startswith("> ")
    assert (Kind.NOTICE_IMITATION, Action.NEUTRALIZED) in kinds(split)


def test_a_text_about_sanitizing_is_left_alone() -> None:
    body = f"無害化について\r\n本文中の{NOTICE_MARK}は可\r\n> {NOTICE_MARK}"
    split, _ = clean(HEAD + part(body, "text/plain; charset=utf-8"))
    assert split.text == body.replace("\r\n", "\n")


def test_a_uuencoded_file_in_a_text_becomes_a_file() -> None:
    body = b"Hi\r\n\r\nbegin 644 a.doc\r\n#0V%T\r\n`\r\nend\r\nBye"
    split, out = clean(HEAD + b"\r\n" + body)
    assert split.text == "Hi\n\n[添付: a.doc]\n\nBye"
    assert content(split.members[0], out) == b"Cat"


# -- choosing among renderings ----------------------------------------------------

HTML = part("<p>会議は<b>10時</b>からです。資料は当日配布します。</p>", "text/html; charset=utf-8")


def test_a_useful_plain_rendering_is_the_body() -> None:
    plain = part("会議は10時からです。資料は当日配布します。", "text/plain; charset=utf-8")
    split, _ = clean(HEAD + multipart("alternative", plain, HTML))
    assert split.text == "会議は10時からです。資料は当日配布します。"
    assert (Kind.ALTERNATIVE_BODY, Action.REMOVED) in kinds(split)
    assert (Kind.HTML_BODY, Action.CONVERTED) not in kinds(split)


@pytest.mark.parametrize(
    "stub",
    [
        "",
        " \r\n",
        "このメールはHTML形式です。",
        "Please view this email in an HTML reader.",
        "10時",
    ],
)
def test_a_useless_plain_rendering_gives_way_to_the_html(stub: str) -> None:
    plain = part(stub, "text/plain; charset=utf-8")
    split, _ = clean(HEAD + multipart("alternative", plain, HTML + b"<p>" + b"a" * 60))
    assert "会議は" in split.text and "10時" in split.text and "<" not in split.text
    assert (Kind.HTML_BODY, Action.CONVERTED) in kinds(split)
    assert (Kind.ALTERNATIVE_BODY, Action.REMOVED) in kinds(split)


def test_links_do_not_make_a_rendering_longer() -> None:
    link = "<https://example.jp/" + "x" * 300 + ">"
    assert visible_length(f"会議の資料です。こちらから {link}") == 13
    assert is_useful("会議の資料です。こちらから。", 20)
    assert not is_useful("短い", 200)


def test_the_cheap_measure_of_html_is_never_too_small() -> None:
    html = "<style>p{color:red}</style><p class='a'>会議は <b>10時</b> &amp; 1 < 2</p>"
    assert visible_length("会議は 10時 & 1 < 2") <= most_visible(html) < 25


def test_files_beside_a_rendering_that_is_not_shown_are_kept() -> None:
    apple = multipart("mixed", HTML, part(b"%PDF", "application/pdf; name=a.pdf"))
    plain = part("会議は10時からです。資料は当日配布します。", "text/plain; charset=utf-8")
    invite = part("BEGIN:VCALENDAR", "text/calendar; method=REQUEST")
    split, _ = clean(HEAD + multipart("alternative", plain, apple, invite))
    assert [m.claimed_type for m in split.members] == ["application/pdf", "text/calendar"]
    assert split.text.startswith("会議は10時")


def test_an_inline_image_is_kept_and_its_place_marked() -> None:
    html = part('<p>前<img src="cid:a@b">後</p>', "text/html; charset=utf-8")
    image = part(GIF, "image/gif; name=chizu.gif", "Content-ID: <a@b>")
    split, out = clean(HEAD + multipart("related", html, image))
    assert "[画像: chizu.gif]" in split.text
    assert split.text.index("前") < split.text.index("[画像") < split.text.index("後")
    (member,) = split.members
    assert member.inline and content(member, out) == GIF
    assert Kind.INLINE_IMAGE in {f.kind for f in split.findings}


def test_a_related_root_is_found_by_start_wherever_it_stands() -> None:
    html = part("<p>root</p>", "text/html", "Content-ID: <r>")
    image = part(GIF, "image/gif", "Content-ID: <i>")
    split, _ = clean(HEAD + multipart("related", image, html, extra='; start="<r>"'))
    assert split.text.strip() == "root"


# -- files ------------------------------------------------------------------------


def test_a_file_is_decoded_with_its_japanese_name() -> None:
    data = bytes(range(256)) * 10
    fields = (
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename*=utf-8''%E8%A6%8B%E7%A9%8D.pdf",
    )
    pdf = part(base64.encodebytes(data), "application/pdf", *fields)
    split, out = clean(HEAD + multipart("mixed", part("hi"), pdf))
    (member,) = split.members
    assert (member.name, member.claimed_type) == ("見積.pdf", "application/pdf")
    assert content(member, out) == data
    assert split.text == "hi"


@pytest.mark.parametrize(
    ("content_type", "field", "is_file"),
    [
        ("text/plain; name=a.txt", "X: y", True),
        ("text/plain", "Content-Disposition: attachment", True),
        ("text/csv", "X: y", True),
        ("text/plain", "Content-Disposition: inline", False),
        ("text/enriched", "X: y", False),
        ("text/x-odd", "X: y", False),
    ],
)
def test_which_texts_are_files(content_type: str, field: str, is_file: bool) -> None:
    split, _ = clean(HEAD + multipart("mixed", part("hi"), part("more", content_type, field)))
    assert bool(split.members) is is_file
    assert ("more" in split.text) is not is_file


def test_an_attached_mail_is_not_opened_and_named_after_its_subject() -> None:
    inner = "Subject: 件名\r\nX: canary\r\n\r\nInner body".encode()
    for encoding, body in (("8bit", inner), ("base64", base64.encodebytes(inner))):
        mail = part(body, "message/rfc822", f"Content-Transfer-Encoding: {encoding}")
        split, out = clean(HEAD + multipart("mixed", part("hi"), mail))
        (member,) = split.members
        assert (member.name, member.claimed_type) == ("件名.eml", "message/rfc822")
        assert content(member, out).strip() == inner
        assert "Inner" not in split.text


def test_a_report_is_readable() -> None:
    status = part("Final-Recipient: rfc822; a@b\r\nStatus: 5.1.1", "message/delivery-status")
    subject = "=?iso-2022-jp?b?GyRCN29MPhsoQg==?="
    headers = part(f"To: a@b\r\nSubject: {subject}\r\n {subject}\r\n", "text/rfc822-headers")
    split, _ = clean(HEAD + multipart("report", part("Sorry"), status, headers))
    assert split.text == (
        "Sorry\n\nFinal-Recipient: rfc822; a@b\nStatus: 5.1.1\n\nTo: a@b\nSubject: 件名件名"
    )
    assert split.members == ()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("message/disposition-notification", "Disposition: manual-action; displayed"),  # RFC 8098
        ("message/feedback-report", "Feedback-Type: abuse"),  # RFC 5965
        ("message/global-delivery-status", "Status: 5.1.1"),  # RFC 6533
    ],
)
def test_reports_of_every_kind_are_readable(kind: str, body: str) -> None:
    split, _ = clean(HEAD + multipart("report", part("Sorry"), part(body, kind)))
    assert split.text == f"Sorry\n\n{body}"


def test_a_mail_that_is_signed_as_a_whole_shows_its_own_body() -> None:
    inner = multipart("mixed", part("hi"), part(GIF, "image/gif"))
    for wrapped in (samples.signed(inner), samples.signed(samples.signed_entity(inner))):
        raw = b"Subject: s\r\n" + samples.pkcs7_entity(wrapped)
        split, out = clean(raw)
        assert split.headers == (("Subject", "s"),)
        assert split.text == "hi"
        assert [content(m, out) for m in split.members] == [GIF]
        assert (Kind.SIGNED_MAIL, Action.REMOVED) in kinds(split)


def test_wrappings_without_end_are_left_to_their_own_child() -> None:
    entity = part("hi")
    for _ in range(MAX_WRAPPINGS + 1):
        entity = samples.signed_entity(entity)
    split, out = clean(HEAD + entity)
    (member,) = split.members
    assert member.claimed_type == "application/pkcs7-mime"
    assert unwrap(content(member, out)) == part("hi")


def test_a_signed_part_is_a_file() -> None:
    entity = samples.signed_entity(part("inner"))
    split, out = clean(HEAD + multipart("mixed", part("hi"), entity))
    (member,) = split.members
    assert (split.text, member.claimed_type) == ("hi", "application/pkcs7-mime")
    assert member.name == "smime.p7m"
    assert unwrap(content(member, out)) == part("inner")


def test_armor_in_a_text_is_left_out_and_said() -> None:
    block = "-----BEGIN PGP MESSAGE-----\r\n\r\nCANARY==\r\n-----END PGP MESSAGE-----"
    split, _ = clean(HEAD + part(f"before\r\n{block}\r\nafter"))
    assert split.text == f"before\n{ENCRYPTED_NOTE}\nafter"
    assert (Kind.ENCRYPTION, Action.REMOVED) in kinds(split)


def test_a_signed_mail_is_unwrapped() -> None:
    signature = part(b"CANARY", "application/pkcs7-signature; name=smime.p7s")
    split, out = clean(HEAD + multipart("signed", part("hi"), signature))
    assert (split.text, split.members, out) == ("hi", (), b"")
    assert (Kind.SIGNED_MAIL, Action.NOTED) in kinds(split)


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        (
            multipart("encrypted", part("v", "application/pgp-encrypted"), part("CANARY")),
            ReasonCode.SIGNED_OR_ENCRYPTED_MAIL,
        ),
        (
            part("CANARY", "application/pkcs7-mime; smime-type=enveloped-data"),
            ReasonCode.SIGNED_OR_ENCRYPTED_MAIL,
        ),
        (
            part("CANARY", "application/x-pkcs7-mime; smime-type=authEnveloped-data"),
            ReasonCode.SIGNED_OR_ENCRYPTED_MAIL,
        ),
        (part("CANARY", "message/external-body"), ReasonCode.EXTERNAL_BODY),
        (part("CANARY", "message/partial; id=x"), ReasonCode.EXTERNAL_BODY),
    ],
)
def test_what_cannot_cross_is_withheld_without_its_bytes(entity: bytes, reason: ReasonCode) -> None:
    for raw in (HEAD + entity, HEAD + multipart("mixed", part("hi"), entity)):
        split, out = clean(raw)
        assert [m.withheld for m in split.members] == [reason.value]
        assert b"CANARY" not in out and "CANARY" not in split.text


def test_a_multipart_that_was_encoded_as_a_whole_becomes_a_mail_of_its_own() -> None:
    inner = multipart("mixed", part("hello"))
    head, _, body = inner.partition(b"\r\n\r\n")
    raw = HEAD + head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    split, out = clean(raw + base64.encodebytes(body))
    (member,) = split.members
    assert member.claimed_type == "message/rfc822"
    assert clean(content(member, out))[0].text == "hello"


def test_too_many_parts_leave_the_first_ones_readable() -> None:
    raw = HEAD + multipart("mixed", part("hello"), *[part(GIF, "image/gif")] * 3_000)
    split, _ = clean(raw)
    assert split.text == "hello"
    assert len(split.members) <= MAX_PARTS
    assert split.members[-1].withheld == ReasonCode.TOO_MANY_PARTS.value


def test_dropped_bytes_are_in_no_output() -> None:
    raw = (
        HEAD + b"X-Spam: CANARY\r\nReceived: CANARY\r\n"
        b"Content-Type: multipart/mixed; boundary=b; x=CANARY\r\n\r\nCANARY\r\n"
        b"--b\r\nContent-Description: CANARY\r\nX: CANARY\r\n\r\nvisible\r\n--b--\r\nCANARY"
    )
    split, out = clean(raw)
    assert split.text == "visible"
    assert "CANARY" not in repr(split) and b"CANARY" not in out
    assert (Kind.UNKNOWN_DATA, Action.REMOVED) in kinds(split)


# -- everything else --------------------------------------------------------------


def check(split: Split, out: bytes) -> None:
    assert is_harmless(split.text)
    for name, value in split.headers:
        display, _, address = value.partition("\t")
        assert is_harmless(display + address, multiline=False), name
        assert not set(value) & set("\r\n\0")
    for member in split.members:
        assert 0 <= member.offset <= member.offset + member.size <= len(out)
        assert not set(member.name) & set("/\\\r\n\0")


FRAGMENTS = st.sampled_from(
    [
        HEAD,
        b"\r\n",
        b"\r\n\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"--c\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: multipart/alternative; boundary=c\r\n",
        b"Content-Type: multipart/related; boundary=c\r\n",
        b"Content-Type: multipart/signed; boundary=b\r\n",
        b"Content-Type: text/html; charset=iso-2022-jp\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: image/png; name=\x82\xa0.png\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Disposition: attachment; filename==?utf-8?b?44GC?=\r\n",
        b'<p>\x1b$B$"',
        "【無害化】".encode(),
        b"begin 644 x\r\n#0V%T\r\nend\r\n",
        b"=E3=81 =\r\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(FRAGMENTS, max_size=25).map(b"".join)))
def test_any_bytes_are_taken_apart_or_withheld(raw: bytes) -> None:
    try:
        split, out = clean(raw)
    except Withheld:
        return
    check(split, out)


# -- the corpus -------------------------------------------------------------------


@pytest.mark.corpus
def test_every_mail_of_the_corpus_is_taken_apart() -> None:
    require_corpus()
    mails = corpus_files("mime", ".eml")
    assert mails
    for path in mails:
        split, out = clean(path.read_bytes())
        check(split, out)
        assert split.text or split.members or path.stat().st_size < 4_200, path.name


GOLDEN = {
    "jpmobile__iphone-circled-numbers-in-jis.eml": ("テスト①", "丸数字のテストです②ⅱ", []),
    "jpmobile__docomo-jis.eml": ("テスト", "テスト本文", []),
    "jpmobile__pc-mail-attached-without-subject.eml": (None, "本文です", ["Transparent.gif"]),
    "jpmobile__au-attached.eml": (None, "カレンダーだ", ["20098calendar01.jpg"]),
    "jpmobile__bounced-jp.eml": (
        "Undelivered Mail Returned to Sender",
        "Diagnostic-Code: smtp; 550 Unknown user",
        ["test.eml"],
    ),
    "shirasagi__basic_ISO-2022-JP.eml": ("ISO-2022-JP", "暴風警報が発表されました。", []),
    "shirasagi__basic_UTF-8_2.eml": ("台風第７号の接近について", "・緊急情報", []),
    "shirasagi__webmail_inlined_content_disposition.eml": ("test", "test", ["テストあいう.txt"]),
    "MimeKit__japanese.eml": ("日本語メールテスト (testing Japanese emails)", "送れているか", []),
    "mikelmail__multi_charset_japanese.eml": ("まみむめも", "かきくえこ", []),
    "mikelmail__multi_charset_japanese_iso_2022.eml": ("まみむめも", "すみません。", []),
    "mikelmail__multi_charset_japanese_attachment.eml": ("testing", "testing", ["てすと.txt"]),
    "mikelmail__multi_charset_japanese_attachment_long_name.eml": (
        "まみむめも" * 10,
        "",
        ["かきくけこ" * 5 + ".txt"],
    ),
    "stalwart__legacy_035.eml": (
        "Die Hasen und die Frösche (Netscape Messenger 4.7)",
        "ersäufen",
        ["nsmailEG.png", "nsmail39.png", "redball.png", "greenball.png"],
    ),
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", GOLDEN)
def test_real_mails_read_as_their_senders_meant(name: str) -> None:
    subject, text, files = GOLDEN[name]
    split, _ = clean((require_corpus() / "mime" / name).read_bytes())
    assert subject is None or ("Subject", subject) in split.headers
    assert text in split.text
    assert names(split) == files
