"""From a cleaned tree to the mail that leaves: headers filled in, hops counted, notices."""

import email
import email.policy

import pytest

from gateway.worker import attached
from gateway.worker.assemble import (
    MAX_HOPS,
    MailLoop,
    cleaned_mail,
    hops_after,
    hops_header,
    rows,
    subject_of,
    withheld_mail,
)
from gateway.worker.attached import attached_mail
from gateway.worker.check import CheckFailed
from sanitizers.findings import Action, Finding, Kind
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from tests.gateway.worker.trees import ITEM_ID, SITE, claimed, leaf, mail, missing

KEY = SITE.hops_key


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def sent(root, item=None, **more):
    values = {"profile": "standard", "delivery_ids": (1,), "site": SITE} | more
    return cleaned_mail(root, item or claimed(), **values)


def text_of(message):
    return message.get_body(("plain",)).get_content()


def test_hops_are_earlier_trace_lines_and_ours():
    assert hops_after({}, KEY) == 1
    assert hops_after({"received": "4"}, KEY) == 5
    assert hops_after({"received": "2", "hops": hops_header(7, KEY)}, KEY) == 10


@pytest.mark.parametrize(
    "forged",
    ["-90 " + "0" * 32, "3 " + "0" * 32, "3", "", "x", hops_header(3, b"other key"), "9" * 9],
)
def test_a_forged_hops_header_changes_nothing(forged):
    assert hops_after({"received": "2", "hops": forged}, KEY) == 3


def test_another_count_under_the_mac_of_ours_changes_nothing():
    mac = hops_header(90, KEY).split()[1]
    assert hops_after({"hops": f"1 {mac}"}, KEY) == 1


def test_a_loop_ends_after_the_last_hop():
    assert hops_after({"received": str(MAX_HOPS - 1)}, KEY) == MAX_HOPS
    for facts in (
        {"received": str(MAX_HOPS)},
        {"received": "1", "hops": hops_header(MAX_HOPS - 1, KEY)},
    ):
        with pytest.raises(MailLoop):
            hops_after(facts, KEY)
        with pytest.raises(MailLoop):
            sent(mail(facts=facts))


def test_our_own_mail_coming_back_is_counted_on():
    first = read(sent(mail(facts={"received": "3"})).data)
    again = {"received": "1", "hops": first["X-Mugaika-Hops"]}
    assert hops_after(again, KEY) == 4 + 1 + 1


def test_the_cleaned_mail_tells_who_how_and_what():
    root = mail(leaf(findings=[Finding(kind=Kind.METADATA, action=Action.REMOVED)]))
    new = sent(root)
    root.close()
    message = read(new.data)
    assert message["Subject"] == "件名"
    assert message["Message-ID"] == new.message_id == "<1@sender.example>"
    assert message["X-Mugaika-Report"] == "method=sanitize,text; removed=1; withheld=0"
    received = new.data.partition(b"\r\nFrom:")[0].decode()
    assert received.startswith("Received: from mail.sender.example ([192.0.2.1])\r\n by mx.city")
    assert f"with ESMTPS id {ITEM_ID};" in received
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("図.png", b"picture")
    assert (new.purpose, new.envelope_from) == ("cleaned", "taro@sender.example")
    assert not new.smtputf8


def test_a_forged_greeting_does_not_reach_the_trace_line():
    for helo, client in (("a\r\nBcc: x", "1.2.3.4"), ("(evil)", "x y"), ("", "")):
        data = sent(mail(), claimed(helo=helo, client=client)).data
        assert data.startswith(b"Received: from unknown ([")


def test_missing_headers_are_filled_in():
    message = read(sent(mail(headers=())).data)
    assert str(message["From"]).startswith("（差出人の記載なし）")
    assert message["Message-ID"] == f"<{ITEM_ID}@mx.city.example.jp>"
    assert message["Date"].datetime.year == 2026


def test_headers_that_are_there_are_not_filled_in():
    message = read(sent(mail()).data)
    assert len(message.get_all("From")) == len(message.get_all("Date")) == 1


def test_a_notice_of_withheld_parts_stands_on_top():
    root = mail(missing("setup.exe", ReasonCode.PROGRAM))
    text = text_of(read(sent(root).data))
    assert text.startswith("―――")
    assert text.index("setup.exe") < text.index("本文です。")


def test_a_notice_of_removed_things_stands_below():
    root = mail(findings=[Finding(kind=Kind.SCRIPT, action=Action.REMOVED)])
    text = text_of(read(sent(root).data))
    assert text.startswith("本文です。")
    assert "スクリプト 1件を取り除きました" in text
    empty = mail(text="", findings=[Finding(kind=Kind.SCRIPT, action=Action.REMOVED)])
    assert text_of(read(sent(empty).data)).startswith("―――")


def test_attached_mails_are_rebuilt_and_say_what_is_missing_themselves():
    inner = mail(leaf("内側.png"), missing("秘密.bin", ReasonCode.POLICY), name="転送.eml")
    root = mail(inner)
    new = sent(root)
    (part,) = read(new.data).iter_attachments()
    assert part.get_filename() == "転送.eml"
    nested = part.get_content()
    assert nested["Subject"] == "件名"
    assert nested["Received"] is None
    assert "「秘密.bin」はお渡しできません。" in text_of(nested)
    (picture,) = nested.iter_attachments()
    assert picture.get_content() == b"picture"
    root.close()


def test_mails_in_mails_in_mails_read_back():
    root = mail()
    for depth in range(6):
        root = mail(root, leaf(f"{depth}.png", b"%d" % depth), headers=(("Subject", f"{depth}"),))
    message = read(sent(root).data)
    for depth in reversed(range(6)):
        assert message["Subject"] == str(depth)
        inner, picture = message.iter_attachments()
        assert picture.get_content() == b"%d" % depth
        message = inner.get_content()
    assert text_of(message).startswith("本文です。")
    root.close()


def test_an_attached_mail_that_cannot_be_composed_is_withheld_and_told_twice():
    broken = mail(headers=(("Subject", "a\nb"),), name="壊.eml")
    middle = mail(broken, name="中.eml")
    root = mail(middle)
    assert root.outcome is Outcome.CLEAN
    message = read(sent(root).data)
    assert broken.outcome is Outcome.WITHHELD
    assert broken.reason is ReasonCode.NOT_VERIFIED
    assert middle.outcome is Outcome.PARTIAL
    (part,) = message.iter_attachments()
    assert "「壊.eml」はお渡しできません。" in text_of(part.get_content())
    assert "「壊.eml」はお渡しできません。" in text_of(message)


def test_a_clean_part_without_output_is_a_fault_and_does_not_cross():
    gone = leaf()
    gone.close()
    root = mail(gone)
    message = read(sent(root).data)
    assert list(message.iter_attachments()) == []
    assert (gone.outcome, gone.reason) == (Outcome.FAILED, ReasonCode.INTERNAL)
    assert root.outcome is Outcome.PARTIAL
    assert "「図.png」はお渡しできません。" in text_of(message)


def test_values_outside_the_grammar_make_no_mail():
    with pytest.raises(CheckFailed):
        sent(mail(headers=(("Subject", "a\r\nBcc: x"),)))
    with pytest.raises(CheckFailed):
        sent(mail(text="a\rb"))
    with pytest.raises(CheckFailed):
        sent(missing("mail", ReasonCode.DAMAGED))
    with pytest.raises(CheckFailed):
        attached_mail(missing("mail", ReasonCode.DAMAGED), item_id=ITEM_ID, number="0")


def test_no_other_recipient_is_named():
    item = claimed("hanako@city.example.jp", "secret@city.example.jp")
    data = sent(mail(missing("x", ReasonCode.POLICY)), item, delivery_ids=(1,)).data
    assert b"secret" not in data
    assert b"hanako" not in data
    notice = withheld_mail(
        item, code=ReasonCode.DAMAGED, profile="standard", delivery_ids=(1,), site=SITE
    )
    assert b"secret" not in notice.data


def test_the_notice_in_place_of_a_mail_comes_from_the_null_sender():
    new = withheld_mail(
        claimed(), code=ReasonCode.GIVEN_UP, profile="standard", delivery_ids=(1, 2), site=SITE
    )
    message = read(new.data)
    assert (new.purpose, new.envelope_from, new.smtputf8) == ("notice", "", False)
    assert new.delivery_ids == (1, 2)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"].addresses[0].addr_spec == "postmaster@mx.city.example.jp"
    assert message["Subject"].startswith("【無害化】")
    assert ITEM_ID in message["Subject"]
    assert message["X-Mugaika-Report"] == "method=none; removed=0; withheld=1"
    assert "「taro@sender.example」" in text_of(message)
    assert text_of(message).count("://") == 1


def test_a_sender_that_is_no_address_is_not_repeated():
    new = withheld_mail(
        claimed(sender="evil words\n>"),
        code=ReasonCode.DAMAGED,
        profile="standard",
        delivery_ids=(1,),
        site=SITE,
    )
    assert "送信者（自称）: （なし）" in text_of(read(new.data))


def test_rows_are_numbered_in_pre_order():
    root = mail(mail(leaf(), name="a.eml"), missing("x", ReasonCode.POLICY))
    table = rows(root, profile="standard")
    root.close()
    assert [(r.n, r.parent, r.name) for r in table] == [
        (0, None, "mail.eml"),
        (1, 0, "a.eml"),
        (2, 1, "図.png"),
        (3, 0, "x"),
    ]
    assert table[2].size == 7
    assert len(table[2].sha256) == 64
    assert (table[3].outcome, table[3].reason, table[3].size) == ("withheld", "policy", None)


def test_the_subject_of_a_tree():
    assert subject_of(mail()) == "件名"
    assert subject_of(mail(headers=())) == ""
    assert subject_of(missing("x", ReasonCode.POLICY)) == ""


def test_boundaries_never_begin_one_another():
    marks = [attached.boundary(ITEM_ID, n) for n in ("0", "0.0", "0.1", "0.10", "0.1.0")]
    for one in marks:
        assert [m for m in marks if m.startswith(one)] == [one]
