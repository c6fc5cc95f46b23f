"""What `compose` writes reads back, in another program's parser, as what went in."""

import email
import email.header
import email.policy
import email.utils

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.worker.check import CheckFailed, is_harmless
from gateway.worker.compose import Attachment, Draft, compose
from sanitizers.names import is_clean_name

FROM = ("From", "山田太郎\ttaro@city.example.jp")
LONG_NAME = ("令和八年度一般会計補正予算案（第三号）参考資料" * 6)[:116] + ".pdf"


def draft(**more):
    values = {"headers": [FROM], "text": "本文\n", "boundary": "=_mugaika_t_0="} | more
    return Draft(**values)


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def read_raw(data):
    return email.message_from_bytes(data, policy=email.policy.compat32)


def name_and_address(field):
    """Decoded by the older functions: the newer keep the blank between encoded-words."""
    name, address = email.utils.parseaddr(field.replace("\r\n", ""))
    return str(email.header.make_header(email.header.decode_header(name))), address


def read_text(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def attached(name, data=b"bytes", media_type="image/png"):
    return Attachment(name=name, media_type=media_type, data=data)


def test_a_small_mail_byte_by_byte():
    mail = compose(
        draft(
            headers=[
                ("Subject", "hello"),
                ("From", "Taro\ttaro@city.example.jp"),
                ("To", "\ta@b.example"),
                ("To", "\tc@d.example"),
                ("Message-ID", "<1@x.example>"),
                ("References", "<0@x.example> <00@x.example>"),
            ],
            text="hi",
            received="from a ([192.0.2.1])\r\n by b with ESMTP id 1;\r\n Mon, 1 Jan 2026",
            report="method=text; removed=0; withheld=0",
            hops="1 00",
        )
    )
    assert mail == (
        b"Received: from a ([192.0.2.1])\r\n by b with ESMTP id 1;\r\n Mon, 1 Jan 2026\r\n"
        b"From: Taro <taro@city.example.jp>\r\n"
        b"To: <a@b.example>,\r\n <c@d.example>\r\n"
        b"Subject: hello\r\n"
        b"Message-ID: <1@x.example>\r\n"
        b"References: <0@x.example>\r\n <00@x.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"X-Mugaika-Report: method=text; removed=0; withheld=0\r\n"
        b"X-Mugaika-Hops: 1 00\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"hi\r\n"
    )


@pytest.mark.parametrize(
    "subject",
    [
        "短い件名",
        "ASCII only",
        "=?UTF-8?B?5pel?= looks encoded",
        "長い件名" * 60,
        "x" * 300,
        "絵文字 👨‍👩‍👧 と 葛\U000e0100城",
        'quotes " and \\ backslashes',
        "",
    ],
)
def test_subjects_read_back(subject):
    assert read(compose(draft(headers=[FROM, ("Subject", subject)])))["Subject"] == subject


@pytest.mark.parametrize(
    "display",
    [
        "山田太郎",
        "Taro Yamada",
        "Yamada, Taro (City) <x>",
        'say "hi" \\ there',
        "あ" * 200,
        "=?utf-8?q?x?=",
        "x" * 100,
        "a:b;c@d",
    ],
)
def test_display_names_read_back_with_their_address(display):
    message = read_raw(compose(draft(headers=[("From", f"{display}\ttaro@city.example.jp")])))
    assert name_and_address(message["From"]) == (display, "taro@city.example.jp")


def test_many_recipients_stay_in_order():
    everyone = [("To", f"職員{n}\tuser{n}@city.example.jp") for n in range(200)]
    message = read(compose(draft(headers=[FROM, *everyone])))
    assert [f"{a.display_name}\t{a.addr_spec}" for a in message["To"].addresses] == [
        value for _, value in everyone
    ]


def test_a_quoted_local_part_stays_quoted():
    mail = compose(draft(headers=[("From", 'x\t"two words"@city.example.jp')]))
    assert b'From: x <"two words"@city.example.jp>\r\n' in mail


def test_a_name_without_an_address_is_an_empty_group():
    message = read(compose(draft(headers=[("From", "差出人の記載なし\t")])))
    (group,) = message["From"].groups
    assert (group.display_name, group.addresses) == ("差出人の記載なし", ())
    mail = compose(draft(headers=[FROM, ("To", "\t")]))
    assert b"To: undisclosed-recipients:;\r\n" in mail


def test_a_japanese_domain_becomes_a_labels_without_smtputf8():
    mail = compose(draft(headers=[("From", "\ttaro@例え.jp")]))
    assert b"From: <taro@xn--r8jz45g.jp>\r\n" in mail
    mail = compose(draft(headers=[("From", "\ttaro@例え.jp")], smtputf8=True))
    assert "From: <taro@例え.jp>\r\n".encode() in mail


def test_a_japanese_local_part_is_shown_as_a_name_without_smtputf8():
    headers = [("From", "\t太郎@例え.jp")]
    (group,) = read(compose(draft(headers=headers)))["From"].groups
    assert (group.display_name, group.addresses) == ("太郎@例え.jp", ())
    assert "<太郎@例え.jp>".encode() in compose(draft(headers=headers, smtputf8=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "abc",
        "abc\n",
        "日本語\n二行目\n",
        "x" * 5000 + "\n",
        "a\n.\nFrom me\n--b\n",
        "\t\n",
    ],
)
def test_texts_read_back(text):
    got = read_text(read(compose(draft(text=text))))
    assert got == (text if text.endswith("\n") else text + "\n")


def test_a_text_that_holds_the_boundary_is_encoded():
    text = "--=_mugaika_t_0=\nContent-Type: text/html\n\n<script>\n"
    mail = compose(draft(text=text, attachments=[attached("a.png")]))
    message = read(mail)
    assert b"<script>" not in mail
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "image/png"]
    assert read_text(message).rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    "name",
    [
        "plain.png",
        "two words (1).png",
        "見積書.pdf",
        LONG_NAME,
        "👨‍👩‍👧家族.jpg",
        "it's 100%; a=b.png",
        'quote".png',
        "back\\slash.png",
        "a" * 116 + ".png",
        "=?utf-8?b?eA==?=.png",
    ],
)
def test_attachment_names_read_back(name):
    data = bytes(range(256)) * 3
    message = read(compose(draft(attachments=[attached(name, data)])))
    (part,) = message.iter_attachments()
    assert part.get_filename() == name
    assert part.get_content() == data
    assert part.get_content_disposition() == "attachment"


def test_japanese_names_stand_in_both_forms():
    mail = compose(draft(attachments=[attached("見積書.pdf", media_type="application/pdf")]))
    assert b"filename*=UTF-8''%E8%A6%8B%E7%A9%8D%E6%9B%B8.pdf\r\n" in mail
    assert b'name="=?UTF-8?B?6KaL56mN5pu4LnBkZg==?="\r\n' in mail


def test_a_mail_in_a_mail_is_not_encoded():
    inner = compose(draft(text="中の本文\n", boundary="=_mugaika_t_0.0="))
    mail = compose(draft(attachments=[attached("転送.eml", inner, "message/rfc822")]))
    assert inner in mail
    (part,) = read(mail).iter_attachments()
    assert part["Content-Transfer-Encoding"] == "7bit"
    assert not part.defects
    assert read_text(part.get_content()) == "中の本文\n"


@pytest.mark.parametrize(
    "data", ["日".encode(), b"a\nb", b"x\r\n--=_mugaika_t_0=\r\n", b"\0", b"x" * 999]
)
def test_an_attached_mail_that_we_did_not_compose_is_refused(data):
    with pytest.raises(CheckFailed):
        compose(draft(attachments=[attached("a.eml", data, "message/rfc822")]))


def test_every_line_is_short_ascii_with_crlf():
    mail = compose(
        draft(
            headers=[("From", "あ" * 2000 + "\ta@b.example"), ("Subject", "漢" * 2000)],
            text="字" * 5000,
            attachments=[attached(LONG_NAME, b"x" * 1000)],
        )
    )
    assert mail.isascii()
    assert max(map(len, mail.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("evil", ["\r\nBcc: x@y.example", "\n x", "\r", "\0", "\u202egnp.exe"])
@pytest.mark.parametrize("name", ["Subject", "From", "Message-ID", "Date", "List-Id"])
def test_header_injection_is_refused(name, evil):
    good = {"From": "x\ta@b.example", "Message-ID": "<1@b>", "Date": "1 Jan 2026 00:00:00 +0000"}
    value = good.get(name, "x")
    for forged in (value + evil, evil + value):
        with pytest.raises(CheckFailed):
            compose(draft(headers=[(name, forged)]))


@pytest.mark.parametrize(
    "more",
    [
        {"headers": [("X-Evil", "1")]},
        {"text": "a\rb"},
        {"received": "x\r\nBcc: y"},
        {"report": "x\r\n\r\nbody"},
        {"hops": "日本"},
        {"attachments": [Attachment(name="a.png", media_type="a/b\r\nX-A: b", data=b"")]},
    ],
)
def test_no_other_value_breaks_out_either(more):
    with pytest.raises(CheckFailed):
        compose(draft(**more))


def test_a_name_cannot_break_out():
    mail = compose(draft(attachments=[attached('a.png"\r\nX-Evil: 1\r\n\r\n.png')]))
    assert b"\r\nX-Evil" not in mail


harmless = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=120
).filter(lambda t: is_harmless(t, multiline=False) and " ".join(t.split()) == t)


@settings(max_examples=60, deadline=None)
@given(subject=harmless, display=harmless, name=harmless, text=harmless)
def test_harmless_words_read_back(subject, display, name, text):
    attachments = [attached(name, b"data")] if is_clean_name(name) else []
    mail = compose(
        draft(
            headers=[("From", f"{display}\ta@b.example"), ("Subject", subject)],
            text=text,
            attachments=attachments,
        )
    )
    message = read(mail)
    assert message["Subject"] == subject
    assert name_and_address(read_raw(mail)["From"]) == (display, "a@b.example")
    assert read_text(message).rstrip("\n") == text
    assert [p.get_filename() for p in message.iter_attachments()] == [a.name for a in attachments]


def invitation(**parameters):
    return Attachment(
        name="会議.ics", media_type="text/calendar", data=b"BEGIN:VCALENDAR\r\n",
        parameters=parameters,
    )  # fmt: skip


def test_an_invitation_carries_its_method():
    mail = compose(draft(attachments=[invitation(method="REQUEST")]))
    assert b"\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8;\r\n name=" in mail
    (part,) = read(mail).iter_attachments()
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part.get_filename() == "会議.ics"


@pytest.mark.parametrize(
    "parameters", [{"method": "A\r\nX-B: c"}, {"method": "a; b=c"}, {"a b": "c"}, {"method": ""}]
)
def test_a_parameter_cannot_break_out(parameters):
    with pytest.raises(CheckFailed):
        compose(draft(attachments=[invitation(**parameters)]))
