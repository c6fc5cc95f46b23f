"""Attachments of a composed mail: what lies beside a file, cards, and mails as files."""

import email
import email.policy

import pytest

from gateway.worker import attached
from gateway.worker.attached import attachments, mail_file, part_bytes, with_cards
from gateway.worker.check import CheckFailed
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from tests.gateway.worker.trees import leaf, mail, missing


def beside(part):
    part.beside = True
    return part


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def test_what_lies_beside_follows_its_file_and_what_lies_inside_does_not():
    document, inside = leaf("文書.pdf", b"pdf"), leaf("inside.txt", b"in")
    deep = beside(leaf("深.png", b"deep"))
    inside.members = [deep]
    document.members = [inside, beside(leaf("添付.csv", b"a,b")), beside(missing("x", None))]
    root = mail(document, leaf("z.png", b"z"))
    names = [a.name for a in attachments(root, item_id="t")]
    assert names == ["文書.pdf", "深.png", "添付.csv", "z.png"]
    root.close()


def test_what_lies_beside_a_file_in_an_attached_mail_goes_with_that_mail():
    document = leaf("文書.pdf", b"pdf")
    document.members = [beside(leaf("添付.csv", b"a,b"))]
    inner = mail(document, name="転送.eml")
    root = mail(inner)
    (only,) = attachments(root, item_id="t")
    assert [a.get_filename() for a in read(only.data).iter_attachments()] == [
        "文書.pdf", "添付.csv",
    ]  # fmt: skip
    root.close()


def test_a_withheld_file_takes_what_lies_beside_it_along():
    document = missing("文書.pdf", ReasonCode.DAMAGED)
    document.members = [beside(leaf("添付.csv", b"a,b"))]
    root = mail(document)
    assert attachments(root, item_id="t") == []
    root.close()


def test_bytes_of_a_part_are_its_output_or_the_mail_composed_now():
    part = leaf("a.png", b"picture")
    assert part_bytes(part, item_id="t", number="0") == b"picture"
    part.close()
    with pytest.raises(LookupError):
        part_bytes(part, item_id="t", number="0")
    assert read(part_bytes(mail(), item_id="t", number="0"))["Subject"] == "件名"


def test_a_mail_file_is_the_same_each_time_and_another_for_another_mail():
    first, again = mail(leaf("a.png", b"a")), mail(leaf("a.png", b"a"))
    other = mail(leaf("a.png", b"a"), text="別の本文\n")
    assert mail_file(first) == mail_file(again)
    assert read(mail_file(first)).get_boundary() != read(mail_file(other)).get_boundary()
    with pytest.raises(CheckFailed):
        mail_file(leaf())
    for part in (first, again, other):
        part.close()


def test_a_mail_file_in_a_mail_keeps_its_own_framing():
    inner = mail(leaf("中.png", b"inner"), name="中.eml")
    composed = leaf("中.eml", mail_file(inner), "message/rfc822")
    data = attached.attached_mail(mail(composed, leaf("b.png", b"b")), item_id="t", number="0")
    eml, picture = read(data).iter_attachments()
    (innermost,) = eml.get_content().iter_attachments()
    assert innermost.get_content() == b"inner"
    assert picture.get_content() == b"b"
    inner.close()
    composed.close()


def card(name, text, outcome=Outcome.CLEAN):
    part = leaf(name, b"ics", "text/calendar")
    part.text, part.outcome = text, outcome
    return part


def test_cards_stand_below_a_line_in_the_order_of_the_attachments():
    root = mail(card("一.ics", "いち\n"), leaf(), card("二.ics", "に"), card("三.ics", "さん"))
    root.members[3].outcome = Outcome.WITHHELD
    text = with_cards("本文\n\n", root)
    rule = "―" * 30
    assert text == (
        f"本文\n\n{rule}\n添付「一.ics」の内容\n\nいち\n\n{rule}\n添付「二.ics」の内容\n\nに\n"
    )
    assert with_cards("", mail(card("一.ics", "いち"))).startswith(rule)
    assert with_cards("本文\n", mail(leaf())) == "本文\n"
    root.close()
