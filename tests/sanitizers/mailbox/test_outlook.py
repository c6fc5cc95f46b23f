"""Outlook messages become the mails that they are; what nobody sees of them is gone."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Kind
from sanitizers.identify import identify
from sanitizers.limits import MAX_DEPTH
from sanitizers.mailbox import outlook
from sanitizers.mailbox.outlook import OutlookMessage
from sanitizers.model import Job, Member, Split, SplitKind
from sanitizers.names import clean_name
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.text.characters import is_harmless
from sanitizers.text.mail import Mail
from tests.corpus import corpus_files, require_corpus
from tests.sanitizers.mailbox import samples
from tests.sanitizers.mailbox.samples import BINARY, LONG, TEXT, TEXT_8, TIME

CANARY = "CANARY7F3Q"
SUBJECT, BODY, HTML, RTF = (0x0037, TEXT), (0x1000, TEXT), (0x1013, BINARY), (0x1009, BINARY)
PLAIN = {
    SUBJECT: "会議の件",
    BODY: "本文です。\r\n①㈱髙橋",
    (0x0042, TEXT): "山田 太郎",
    (0x5D02, TEXT): "yamada@example.jp",
    (0x0039, TIME): samples.APRIL,
    (0x1035, TEXT): "<id@example.jp>",
}


def split_of(data: bytes) -> tuple[Split, bytes]:
    out = io.BytesIO()
    split = OutlookMessage().clean(Job(data=memoryview(data)), out)
    assert split.kind is SplitKind.MAIL
    assert is_harmless(split.text)
    return split, out.getvalue()


def cleaned(properties: dict, **parts) -> tuple[Split, bytes]:
    return split_of(samples.compound(samples.message(properties, **parts)))


def content(member: Member, out: bytes) -> bytes:
    return out[member.offset : member.offset + member.size]


def kinds(split: Split) -> set[tuple[Kind, Action]]:
    return {(f.kind, f.action) for f in split.findings}


def refused(data: bytes) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        split_of(data)
    return caught.value.code


def test_the_family_takes_what_the_content_says():
    data = samples.compound(samples.message(PLAIN))
    found = identify(memoryview(data), name="a.doc").media_type
    assert found == "application/vnd.ms-outlook"
    assert found in sanitizers_of("mailbox")


def test_headers_and_text_are_those_of_the_message():
    people = [
        samples.recipient("鈴木", "suzuki@example.jp"),
        samples.recipient("佐藤", "sato@example.jp", 2),
        samples.recipient(CANARY, f"{CANARY}@example.jp", 3),
    ]
    split, out = cleaned(PLAIN, recipients=people)
    assert split.headers == (
        ("From", "山田 太郎\tyamada@example.jp"),
        ("To", "鈴木\tsuzuki@example.jp"),
        ("Cc", "佐藤\tsato@example.jp"),
        ("Subject", "会議の件"),
        ("Date", "Wed, 01 Apr 2026 01:00:00 +0000"),
        ("Message-ID", "<id@example.jp>"),
    )
    assert split.text == "本文です。\n①㈱髙橋"
    assert (split.members, out) == ((), b"")


def test_the_mark_of_a_prefix_is_no_part_of_the_subject():
    split, _ = cleaned({SUBJECT: "\x01\x05RE: 件名"})
    assert dict(split.headers)["Subject"] == "RE: 件名"


@pytest.mark.parametrize(
    ("hints", "codec"),
    [
        ({(0x3FFD, LONG): 932}, "cp932"),
        ({(0x3FF1, LONG): 0x0411}, "cp932"),
        ({(0x3FF1, LONG): 0x0419}, "cp1251"),
        ({(0x3FF1, LONG): 0x0404}, "cp950"),
        ({(0x3FDE, LONG): 65001}, "utf-8"),
        ({(0x3FFD, LONG): 51932}, "euc-jp"),
    ],
)
def test_texts_in_bytes_are_read_by_the_code_page_of_the_message(hints, codec):
    text = "автоматически" if codec == "cp1251" else "日本東京中文"
    raw = text.encode(codec)
    split, _ = cleaned({**hints, (0x0037, TEXT_8): raw, (0x1000, TEXT_8): raw})
    assert (dict(split.headers)["Subject"], split.text) == (text, text)


def test_an_html_body_becomes_text_with_its_pictures_marked():
    html = "<html><body><p>見出し</p><img src='cid:a@b'><script>CANARY</script></body></html>"
    picture = samples.storage(
        {
            (0x3707, TEXT): "図.png",
            (0x3712, TEXT): "a@b",
            (0x370E, TEXT): "image/png",
            (0x3701, BINARY): b"\x89PNG",
            (0x3705, LONG): 1,
        },
        8,
    )
    split, out = cleaned({HTML: html.encode(), (0x3FDE, LONG): 65001}, attachments=[picture])
    assert "見出し" in split.text
    assert "[画像: 図.png]" in split.text
    assert "CANARY" not in split.text
    (member,) = split.members
    assert (member.name, member.inline, content(member, out)) == ("図.png", True, b"\x89PNG")


ENCAPSULATED = (
    rb"{\rtf1\ansi\ansicpg932\fromhtml1 \deff0{\fonttbl{\f0\fcharset128 MS Gothic;}}"
    rb"{\*\generator CANARY}{\*\htmltag19 <html>}{\*\htmltag50 <body>}{\*\htmltag64 <p>}"
    rb"\htmlrtf CANARY\par\htmlrtf0 \f0 \'93\'fa\'96\'7b{\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0 "
    rb"{\*\htmltag72 </p>}{\*\htmltag58 </body>}}"
)


@pytest.mark.parametrize("pack", [samples.lzfu, samples.mela])
def test_html_that_lies_in_rtf_is_found(pack):
    split, _ = cleaned({RTF: pack(ENCAPSULATED)})
    assert split.text == "日本&"
    assert (Kind.HTML_BODY, Action.CONVERTED) in kinds(split)


def test_the_text_of_an_rtf_body_is_read():
    rtf = rb"{\rtf1\ansi\ansicpg932{\info{\title CANARY}}{\pict CANARY}\'93\'fa\'96\'7b\par next}"
    split, _ = cleaned({RTF: samples.lzfu(rtf)})
    assert split.text == "日本\nnext"
    assert (Kind.FORMAT_CHANGED, Action.CONVERTED) in kinds(split)
    assert (Kind.EMBEDDED_OBJECT, Action.REMOVED) in kinds(split)


def test_files_are_members_with_their_names():
    files = [("資料.pdf", b"%PDF-"), ("..\\a:b.txt", b"x" * 9_000)]
    split, out = cleaned(PLAIN, attachments=[samples.attachment(*file) for file in files])
    assert [m.name for m in split.members] == ["資料.pdf", clean_name("..\\a:b.txt")]
    assert [content(m, out) for m in split.members] == [b"%PDF-", b"x" * 9_000]


def test_properties_of_messages_in_messages_are_counted_once():
    hidden = {(0x8554, TEXT): CANARY}
    tree = samples.message(hidden, top=False)
    for _ in range(3):
        tree = samples.message(hidden, attachments=[samples.embedded(tree)], top=False)
    split, _ = cleaned(hidden, attachments=[samples.embedded(tree)])
    assert [f.count for f in split.findings if f.where == "properties"] == [5]


def test_a_message_in_a_message_is_an_attached_mail():
    file = samples.attachment("a.txt", b"hi")
    inner = samples.message({SUBJECT: "中の件名", BODY: "中の本文"}, attachments=[file], top=False)
    split, out = cleaned(PLAIN, attachments=[samples.embedded(inner)])
    (member,) = split.members
    assert member.claimed_type == "message/rfc822"
    again = io.BytesIO()
    mail = Mail().clean(Job(data=memoryview(content(member, out))), again)
    assert dict(mail.headers)["Subject"] == "中の件名"
    assert mail.text == "中の本文"
    assert again.getvalue() == b"hi"


@pytest.mark.parametrize(
    "lost",
    [
        {(0x3001, TEXT): "o", (0x3705, LONG): 6, (0x3701, samples.OBJECT): 0},  # OLE
        {(0x3707, TEXT): "link.doc", (0x3705, LONG): 2, (0x3708, TEXT): "\\\\host\\CANARY"},
    ],
)
def test_objects_and_links_are_withheld_and_said(lost):
    split, out = cleaned(PLAIN, attachments=[samples.storage(lost, 8)])
    assert [m.withheld for m in split.members] == [ReasonCode.UNSUPPORTED_TYPE.value]
    assert (Kind.WITHHELD_PART, Action.REMOVED) in kinds(split)
    assert b"CANARY" not in out


#: [MS-OXPROPS]: everything that is no part of what a reader sees.
UNSEEN = [
    0x001A, 0x003D, 0x003F, 0x0041, 0x0050, 0x0064, 0x0070, 0x0071, 0x0C19, 0x0C1D, 0x0E04,
    0x0E02, 0x0E03, 0x0E1D, 0x1006, 0x1008, 0x1015, 0x1046, 0x3008, 0x300B, 0x3FF8, 0x3FFA,
    0x4022, 0x4030, 0x4038, 0x5902, 0x5D0A, 0x6540, 0x8001, 0x8554, 0x80FF,
]  # fmt: skip


@pytest.mark.parametrize("kind", [TEXT, TEXT_8, BINARY])
@pytest.mark.parametrize("identifier", UNSEEN)
def test_properties_that_nobody_sees_do_not_cross(identifier, kind):
    value = CANARY if kind == TEXT else CANARY.encode()
    row = samples.recipient("鈴木", "suzuki@example.jp")
    file = samples.attachment("a.txt", b"hi")
    for part in (row, file):
        part[f"__substg1.0_{identifier:04X}{kind:04X}"] = (
            CANARY.encode("utf-16-le") if kind == TEXT else CANARY.encode()
        )
    split, out = cleaned({**PLAIN, (identifier, kind): value}, recipients=[row], attachments=[file])
    assert CANARY not in repr(split)
    assert CANARY.encode() not in out
    assert split.text == "本文です。\n①㈱髙橋"
    if identifier != 0x001A:  # a class is looked at, and never shown
        counts = {f.count for f in split.findings if f.where == "properties"}
        assert counts == {3}


@pytest.mark.parametrize(
    "tree",
    [
        {"__nameid_version1.0": {"__substg1.0_00020102": CANARY.encode()}},
        {"\x05SummaryInformation": CANARY.encode()},
        {CANARY: CANARY.encode()},
        {"__substg1.0_1000XXXX": CANARY.encode()},
        {"__attach_version1.0_#00000000": {CANARY: CANARY.encode()}},
        {"Macros": {"VBA": {"dir": CANARY.encode()}}},
    ],
)
def test_streams_that_no_rule_names_do_not_cross(tree):
    data = samples.compound({**samples.message(PLAIN), **tree}) + CANARY.encode()
    split, out = split_of(data)
    assert CANARY not in repr(split)
    assert CANARY.encode() not in out


def test_fields_of_the_transport_header_cross_only_by_name():
    header = (f"Received: {CANARY}", "Reply-To: r@example.jp", f"X-A: {CANARY}", "List-Id: <l.a>")
    split, _ = cleaned({**PLAIN, (0x007D, TEXT): "\r\n".join(header)})
    found = dict(split.headers)
    assert (found["Reply-To"], found["List-Id"]) == ("\tr@example.jp", "<l.a>")
    assert CANARY not in repr(split)


@pytest.mark.parametrize("place", [SUBJECT, (0x0042, TEXT), (0x5D02, TEXT), (0x1035, TEXT)])
def test_no_value_becomes_a_header_of_its_own(place):
    split, _ = cleaned({**PLAIN, place: f"a\r\nSender: {CANARY}@example.jp\r\n\r\nx"})
    assert "Sender" not in dict(split.headers)
    assert all("\n" not in value and "\r" not in value for _, value in split.headers)


# -- hostile files ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ReasonCode.DAMAGED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4_096, ReasonCode.DAMAGED),
        (b"hello" * 1_000, ReasonCode.DAMAGED),
        (samples.compound({"WordDocument": b"x"}), ReasonCode.DAMAGED),
    ],
)
def test_what_is_no_message_is_withheld(data, code):
    assert refused(data) is code


def test_messages_in_messages_end_at_the_depth_of_the_tree():
    tree = samples.message({SUBJECT: "innermost"}, top=False)
    for _ in range(40):
        tree = samples.message({SUBJECT: "m"}, attachments=[samples.embedded(tree)], top=False)
    split, out = cleaned({SUBJECT: "top"}, attachments=[samples.embedded(tree)])
    assert b"innermost" not in out
    assert [m.withheld for m in split.members] == ["", ReasonCode.UNSUPPORTED_TYPE.value]
    depth, data = 0, content(split.members[0], out)
    while data:
        again = io.BytesIO()
        mail = Mail().clean(Job(data=memoryview(data)), again)
        depth, data = depth + 1, content(mail.members[0], again.getvalue()) if mail.members else b""
    assert depth == MAX_DEPTH - 1


def test_messages_in_each_other_without_end_are_cut():
    tree = samples.message({SUBJECT: "innermost"}, top=False)
    for _ in range(100):
        tree = samples.message({SUBJECT: "m"}, attachments=[samples.embedded(tree)], top=False)
    writer = samples.Compound(samples.message({}, attachments=[samples.embedded(tree)]))
    # The last storage holds what the top one holds: the tree has no end.
    last = [entry for entry in writer.entries if entry[1] == 1][-1]
    last[4] = writer.entries[0][4]
    split, out = split_of(writer.bytes())
    assert [m.withheld for m in split.members] == ["", ReasonCode.UNSUPPORTED_TYPE.value]
    assert b"innermost" not in out


def test_a_chain_of_sectors_that_bites_its_tail_ends():
    html = b"<p>x</p>" * 5_000
    writer = samples.Compound(samples.message({**PLAIN, HTML: html}))
    data = bytearray(writer.bytes())
    fat = (1 + len(writer.sectors)) * samples.SECTOR
    struct.pack_into("<I", data, fat + 4, 0)  # behind the second sector comes the first again
    split, out = split_of(bytes(data))
    assert len(split.text) <= 4 * len(html)
    assert out == b""


def test_a_directory_that_bites_its_tail_ends():
    writer = samples.Compound(samples.message(PLAIN))
    writer.entries[1][3] = 1
    assert refused(writer.bytes()) is ReasonCode.DAMAGED


@pytest.mark.parametrize("size", [2**31 - 1, 2**32 - 1, 2**63])
def test_a_size_that_is_a_lie_gives_no_more_than_the_file_holds(size):
    file = samples.attachment("a.bin", b"x" * 20_000)
    writer = samples.Compound(samples.message(PLAIN, attachments=[file]))
    index = next(i for i, e in enumerate(writer.entries) if e[0].endswith("37010102"))
    writer.entries[index][6] = size
    data = writer.bytes()
    try:
        _, out = split_of(data)
    except Withheld as error:
        assert error.code in (ReasonCode.DAMAGED, ReasonCode.ARCHIVE_BOMB)
    else:
        assert len(out) <= len(data)


def test_streams_that_share_their_sectors_do_not_grow(monkeypatch):
    monkeypatch.setattr(outlook, "_SLACK", 0)
    files = [samples.attachment(f"{n}.bin", b"x" * 50_000) for n in range(20)]
    tree = samples.message(PLAIN, attachments=files)
    assert len(split_of(samples.compound(tree))[1]) == 20 * 50_000
    assert refused(samples.Compound(tree, shared=True).bytes()) is ReasonCode.ARCHIVE_BOMB


def test_too_many_recipients_are_withheld(monkeypatch):
    monkeypatch.setattr(outlook, "MAX_PARTS", 5)
    people = [samples.recipient("a", "a@example.jp") for _ in range(11)]
    assert refused(samples.compound(samples.message(PLAIN, recipients=people))) is (
        ReasonCode.TOO_MANY_PARTS
    )


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 8_000), st.binary(min_size=1, max_size=8))
@example(30, b"\xff\xff")  # the size of a sector
@example(30, b"\x00\x00")
@example(32, b"\xff\xff")
@example(56, b"\xff\xff\xff\xff")
def test_damage_anywhere_gives_a_mail_or_a_reason(at, noise):
    data = bytearray(
        samples.compound(
            samples.message(
                {**PLAIN, RTF: samples.lzfu(ENCAPSULATED)},
                recipients=[samples.recipient("a", "a@example.jp")],
                attachments=[samples.attachment("a.txt", b"hi" * 3_000)],
            )
        )
    )
    at %= len(data)
    data[at : at + len(noise)] = noise
    try:
        split, out = split_of(bytes(data))
    except Withheld:
        return
    assert len(out) <= 2 * len(data)
    assert all("\n" not in value for _, value in split.headers)


@pytest.mark.corpus
def test_the_corpus_crosses():
    require_corpus()
    crossed = 0
    for path in corpus_files("msg", ".msg"):
        split, _ = split_of(path.read_bytes())
        crossed += bool(split.text or split.members)
    assert crossed >= 15
