"""Notices speak in our words; the sender's words stand quoted, cut and defanged."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.worker import notice
from gateway.worker.notice import (
    MAX_QUOTED,
    block,
    quoted,
    removed_line,
    report_line,
    whole_mail_withheld,
    withheld_lines,
)
from sanitizers.findings import Action, Finding, Kind
from sanitizers.reasons import ReasonCode
from tests.gateway.worker.trees import ITEM_ID, leaf, mail, missing

URL = "https://portal.city.example.jp"
LINK = re.compile(r"[a-z]+://[^\s」]+|www\.[^\s」]+|mailto:[^\s」]+", re.IGNORECASE)


def found(kind, action=Action.REMOVED, count=1):
    return Finding(kind=kind, action=action, count=count)


def test_words_are_quoted_on_one_line():
    assert quoted("見積書.pdf") == "「見積書.pdf」"
    assert quoted(" a\n\nb\t c ") == "「a b c」"
    assert quoted("") == quoted(" \r\n") == "（名前なし）"


def test_words_are_cut_to_eighty_characters():
    assert quoted("あ" * 80) == "「" + "あ" * 80 + "」"
    cut = quoted("あ" * 81)
    assert cut == "「" + "あ" * 79 + "…」"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("http://evil.example/a", "「hxxp[:]//evil.example/a」"),
        ("HTTPS://evil.example", "「HxxPS[:]//evil.example」"),
        ("ここhttp://evil.example", "「ここhxxp[:]//evil.example」"),
        ("xhttp：//evil", "「xhxxp：//evil」"),
        ("ftp://evil.example", "「ftp[:]//evil.example」"),
        ("www.evil.example", "「www[.]evil.example」"),
        ("mailto:a@evil.example", "「mailto[:]a@evil.example」"),
    ],
)
def test_links_are_defanged(words, shown):
    assert quoted(words) == shown


def test_the_quotation_cannot_be_closed_from_inside():
    words = "a」はお渡しできます。「b"
    assert quoted(words) == "「a｣はお渡しできます。｢b」"


@given(st.text(max_size=200))
def test_whatever_a_sender_writes_is_one_harmless_line(words):
    line = quoted(words)
    assert len(line.splitlines()) == 1
    assert len(line) <= MAX_QUOTED + 40  # brackets around dots and colons
    assert not LINK.search(line)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\0\r]", line)


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_reads_as_japanese(code):
    (line,) = withheld_lines(mail(missing("a.bin", code)))
    assert line.startswith("・「a.bin」はお渡しできません。")
    assert re.search("[ぁ-ん]", line.partition("できません。")[2])
    assert line.endswith("。")


def test_an_unsupported_type_is_named_in_japanese():
    (line,) = withheld_lines(
        mail(missing("図面.dwg", ReasonCode.UNSUPPORTED_TYPE, "image/vnd.dwg"))
    )
    assert "［AutoCAD図面（DWG）］" in line


def test_a_clean_mail_has_no_notice():
    root = mail(leaf())
    assert block(root, item_id=ITEM_ID, public_url=URL) == ("", False)
    root.close()


def test_the_notice_word_by_word():
    root = mail(
        leaf(findings=[found(Kind.METADATA, count=2)]),
        missing("setup.exe", ReasonCode.PROGRAM, "application/x-msdownload"),
        findings=[found(Kind.SCRIPT), found(Kind.LINK_MISMATCH, Action.NOTED, 3)],
    )
    text, withheld = block(root, item_id=ITEM_ID, public_url=URL + "/")
    root.close()
    assert withheld
    lines = text.splitlines()
    assert lines[0] == lines[-1] == "―" * 30
    assert lines[1] == f"【無害化】このメールは無害化して届けています。受付番号 {ITEM_ID}"
    assert lines[2].startswith("・「setup.exe」はお渡しできません。［")
    assert lines[3] == (
        "・スクリプト 1件、作成者などの付加情報 2件を取り除きました。"
        "表示と行き先が異なるリンク 3件がありました。"
    )
    assert lines[4] == f"詳細: {URL}/items/{ITEM_ID}"
    assert len(lines) == 6


def test_things_removed_without_anything_withheld_are_told_but_not_on_top():
    root = mail(findings=[found(Kind.SCRIPT)])
    text, withheld = block(root, item_id=ITEM_ID, public_url=URL)
    assert not withheld
    assert "スクリプト 1件を取り除きました。" in text


def test_kinds_that_staff_need_not_know_are_not_told():
    root = mail(findings=[found(Kind.HEADER), found(Kind.STYLE)])
    assert removed_line(root) == ""
    assert block(root, item_id=ITEM_ID, public_url=URL) == ("", False)


def test_the_only_link_is_ours_and_no_name_makes_a_line_of_its_own():
    names = [
        "http://evil.example/x.exe",
        "a\n【無害化】パスワードを www.evil.example へ入力してください",
        "https://portal.city.example.jp.evil.example/",
    ]
    root = mail(*(missing(name, ReasonCode.POLICY) for name in names))
    text, _ = block(root, item_id=ITEM_ID, public_url=URL)
    assert LINK.findall(text) == [f"{URL}/items/{ITEM_ID}"]
    assert len(text.splitlines()) == 4 + len(names)
    assert sum(line.startswith("【無害化】") for line in text.splitlines()) == 1


def test_a_long_list_is_cut():
    root = mail(*(missing(f"{n}.bin", ReasonCode.POLICY) for n in range(35)))
    lines = withheld_lines(root)
    assert len(lines) == 31
    assert lines[-1] == "・ほか 5 件もお渡しできません。"


def test_what_an_attached_mail_says_itself_may_be_left_out():
    inner = mail(missing("deep.bin", ReasonCode.POLICY))
    root = mail(inner, missing("top.bin", ReasonCode.POLICY))
    assert len(withheld_lines(root)) == 2
    (line,) = withheld_lines(root, below_mails=False)
    assert "top.bin" in line


def test_the_notice_for_a_whole_mail():
    text = whole_mail_withheld(
        item_id=ITEM_ID,
        public_url=URL,
        sender="taro@sender.example",
        code=ReasonCode.DAMAGED,
        received="2026年11月23日 08時00分",
    )
    assert text.startswith(
        "【無害化】あなた宛てのメールを1通お預かりしていますが、お渡しできません。\n"
    )
    assert f"受付番号: {ITEM_ID}\n受信日時: 2026年11月23日 08時00分\n" in text
    assert "送信者（自称）: 「taro@sender.example」\n理由: ファイルが壊れて" in text
    assert LINK.findall(text) == [f"{URL}/items/{ITEM_ID}"]


def test_the_null_sender_is_said_to_be_none():
    text = whole_mail_withheld(
        item_id=ITEM_ID, public_url=URL, sender="", code=ReasonCode.INTERNAL, received=""
    )
    assert "送信者（自称）: （なし）\n" in text


def test_the_report_line_counts():
    root = mail(
        leaf(findings=[found(Kind.METADATA, count=4), found(Kind.DAMAGED, Action.NOTED, 9)]),
        missing("a", ReasonCode.POLICY),
        findings=[found(Kind.SCRIPT, Action.NEUTRALIZED, 2)],
    )
    assert report_line(root) == "method=sanitize,text; removed=6; withheld=1"
    root.close()
    assert report_line(missing("a", ReasonCode.POLICY)) == "method=none; removed=0; withheld=1"


def test_the_vocabulary_of_findings_is_japanese():
    for words in notice._KIND_JA.values():
        assert re.search("[ぁ-んァ-ヶ一-龠]", words)
