"""Cards of every version in, vCard 3.0 out; links and extensions do not cross."""

from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.calendar import vcard
from sanitizers.calendar.vcard import VCard
from sanitizers.findings import Action, Kind
from sanitizers.model import Cleaned, Job, Outcome, Rebuilt, Split, SplitKind
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.text.characters import is_harmless
from sanitizers.verify.vcard import VCardVerifier

CANARY = "CANARY7F3Q"


def card(*lines: str, version: str = "3.0") -> bytes:
    rows = [
        "BEGIN:VCARD",
        f"VERSION:{version}",
        "N:山田;太郎;;;",
        "FN:山田 太郎",
        *lines,
        "END:VCARD",
    ]
    return ("\r\n".join(rows) + "\r\n").encode()


def image(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, kind)
    return out.getvalue()


def photo_line(data: bytes, head: str = "PHOTO;ENCODING=b;TYPE=JPEG:") -> str:
    return head + base64.b64encode(data).decode()


def taken_apart(data: bytes) -> tuple[Split, list[bytes]]:
    out = io.BytesIO()
    split = VCard().clean(Job(data=memoryview(data)), out)
    assert isinstance(split, Split)
    assert split.kind is SplitKind.CONTAINER
    return split, [out.getvalue()[m.offset : m.offset + m.size] for m in split.members]


def rebuilt(data: bytes | None, media_type: str) -> Rebuilt:
    return Rebuilt(
        name="photo-1",
        folder="",
        media_type=media_type,
        outcome=Outcome.WITHHELD if data is None else Outcome.CLEAN,
        data=None if data is None else memoryview(data),
    )


def put_together(data: bytes, *members: Rebuilt) -> tuple[str, Cleaned]:
    out = io.BytesIO()
    result = VCard().assemble(Job(data=memoryview(data)), members, out)
    VCardVerifier().verify(memoryview(out.getvalue()))
    return out.getvalue().replace(b"\r\n ", b"").decode(), result


def cleaned(data: bytes, *, charset: str = ""):
    """The output where no photo crosses."""
    out = io.BytesIO()
    job = Job(data=memoryview(data), claimed_charset=charset)
    result = VCard().clean(job, out)
    if isinstance(result, Split):
        out = io.BytesIO()
        none = [rebuilt(None, "application/octet-stream") for _ in result.members]
        result = VCard().assemble(job, none, out)
    assert (result.media_type, result.extension) == ("text/vcard", ".vcf")
    VCardVerifier().verify(memoryview(out.getvalue()))
    assert is_harmless(result.text)
    return out.getvalue().replace(b"\r\n ", b"").decode(), result


def test_a_card_keeps_what_an_address_book_shows():
    lines = (
        "ORG:○○市役所;総務課", "TITLE:課長", "TEL;TYPE=work,voice:03-1234-5678",
        "item1.EMAIL;TYPE=INTERNET:yamada@example.jp",
        "ADR;TYPE=WORK:;;1-1;千代田区;東京都;100-0001;日本",
        "NOTE:一行目\\n二行目", "BDAY:19800102", "X-PHONETIC-LAST-NAME:やまだ",
    )  # fmt: skip
    output, result = cleaned(card(*lines))
    assert output.split("\r\n") == [
        "BEGIN:VCARD", "VERSION:3.0", "FN:山田 太郎", "N:山田;太郎;;;",
        "X-PHONETIC-LAST-NAME:やまだ", "ORG:○○市役所;総務課", "TITLE:課長",
        "TEL;TYPE=WORK;TYPE=VOICE:03-1234-5678", "EMAIL;TYPE=INTERNET:yamada@example.jp",
        "ADR;TYPE=WORK:;;1-1;千代田区;東京都;100-0001;日本", "BDAY:1980-01-02",
        "NOTE:一行目\\n二行目", "END:VCARD", "",
    ]  # fmt: skip
    assert result.findings == ()
    assert result.text.split("\n") == [
        "連絡先", "氏名: 山田 太郎", "ふりがな（姓）: やまだ", "組織: ○○市役所 総務課",
        "役職: 課長", "電話: 03-1234-5678", "メール: yamada@example.jp",
        "住所: 100-0001 東京都 千代田区 1-1 日本", "誕生日: 1980-01-02",
        "メモ:", "一行目", "二行目",
    ]  # fmt: skip


def test_a_card_of_a_japanese_telephone_is_read():
    data = (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
        b"N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8ER=93c;=91=BE=\r\n=98Y\r\n"
        b"SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:" + "ﾔﾏﾀﾞ;ﾀﾛｳ".encode("cp932") + b"\r\n"
        b"TEL;CELL:090-1234-5678\r\n"
        b"NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\r\ntwo\r\nEND:VCARD\r\n"
    )
    output, result = cleaned(data)
    assert "\r\nFN:山田 太郎\r\nN:山田;太郎\r\nSORT-STRING:ﾔﾏﾀﾞ ﾀﾛｳ\r\n" in output
    assert "\r\nTEL;TYPE=CELL:090-1234-5678\r\nNOTE:one\\ntwo\r\n" in output
    assert (Kind.FORMAT_CHANGED, Action.CONVERTED) in {(f.kind, f.action) for f in result.findings}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"PHOTO;ENCODING=b;TYPE=JPEG:{CANARY}", Kind.EMBEDDED_FILE),
        (f"PHOTO;ENCODING=BASE64:\r\n  {CANARY}\r\n  {CANARY}\r\n", Kind.EMBEDDED_FILE),
        (f"PHOTO;VALUE=URI:https://example.test/{CANARY}.png", Kind.EXTERNAL_REFERENCE),
        (f"LOGO:data:image/svg+xml;base64,{CANARY}", Kind.EMBEDDED_FILE),
        (f"SOUND;ENCODING=b:{CANARY}", Kind.EMBEDDED_FILE),
        (f"KEY:{CANARY}", Kind.EMBEDDED_FILE),
        (f"URL:https://example.test/{CANARY}", Kind.LINK),
        (f"SOURCE:https://example.test/{CANARY}", Kind.EXTERNAL_REFERENCE),
        (f"AGENT:{CANARY}", Kind.EMBEDDED_OBJECT),
        (f"BEGIN:VCARD\r\nFN:{CANARY}\r\nEND:VCARD", Kind.EMBEDDED_OBJECT),
        (f"UID:{CANARY}", Kind.UNKNOWN_DATA),
        (f"X-EVIL:{CANARY}", Kind.UNKNOWN_DATA),
        (f"BDAY:{CANARY}", Kind.DAMAGED),
        (f"EMAIL:{CANARY}", Kind.DAMAGED),
        (f"TEL:tel:0;ext=<{CANARY}>", Kind.DAMAGED),
        (f"{CANARY} is no line", Kind.DAMAGED),
    ],
)
def test_what_a_reader_does_not_see_is_gone_and_said(line, kind):
    output, result = cleaned(card(line))
    assert CANARY not in output
    assert CANARY not in result.text
    assert kind in {f.kind for f in result.findings}


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("GIF", "image/gif")]
)
def test_a_photo_in_the_card_crosses_as_the_image_that_was_made_of_it(kind, media_type):
    original = image("BMP") + CANARY.encode()
    data = card(photo_line(original)) + card() + card(photo_line(b"MZ" + CANARY.encode()))
    split, found = taken_apart(data)
    assert found == [original, b"MZ" + CANARY.encode()]
    assert [m.name for m in split.members] == ["photo-1", "photo-2"]
    made = image(kind)
    # Only encoders of ours make what the grammar of an image accepts.
    out = io.BytesIO()
    sanitizers_of("image")[media_type].clean(Job(data=memoryview(made), media_type=media_type), out)
    made = out.getvalue()
    output, result = put_together(
        data, rebuilt(made, media_type), rebuilt(None, "application/x-dosexec")
    )
    first, second, third = output.split("END:VCARD\r\n")[:3]
    line = next(row for row in first.split("\r\n") if row.startswith("PHOTO"))
    assert line.partition(":")[0] == f"PHOTO;ENCODING=b;TYPE={kind}"
    assert base64.b64decode(line.partition(":")[2]) == made
    assert "PHOTO" not in second + third
    assert {(f.kind, f.count) for f in result.findings} == {(Kind.EMBEDDED_FILE, 1)}


@pytest.mark.parametrize(
    "head",
    ["PHOTO;BASE64:", "PHOTO;TYPE=PNG;ENCODING=BASE64:", "PHOTO:data:image/png;base64,"],
)
def test_photos_of_every_version_are_found(head):
    _, found = taken_apart(card(photo_line(b"\x89PNG", head)))
    assert found == [b"\x89PNG"]


def test_a_photo_that_became_something_else_does_not_cross():
    data = card(photo_line(b"%PDF-1.7"))
    output, result = put_together(data, rebuilt(b"%PDF-1.7", "application/pdf"))
    assert "PHOTO" not in output
    assert Kind.EMBEDDED_FILE in {f.kind for f in result.findings}


def test_members_of_another_job_are_refused():
    with pytest.raises(Withheld) as caught:
        put_together(card(photo_line(b"GIF89a")))
    assert caught.value.code is ReasonCode.INTERNAL


def test_photos_over_the_limit_are_gone_and_said(monkeypatch):
    monkeypatch.setattr(vcard, "MAX_PHOTOS", 2)
    split, found = taken_apart(card(photo_line(b"GIF89a")) * 3)
    assert len(found) == 2
    assert Kind.EMBEDDED_FILE in {f.kind for f in split.findings}


def test_parameters_that_are_not_known_are_gone():
    output, _ = cleaned(card(f"TEL;TYPE=HOME,{CANARY};X-A={CANARY}:090"))
    assert "\r\nTEL;TYPE=HOME:090\r\n" in output


@pytest.mark.parametrize(
    "line",
    [
        f"REV:{CANARY}", f"PRODID:{CANARY}", f"CLASS:{CANARY}", f"MAILER:{CANARY}",
        f"GEO:{CANARY}", f"TZ:{CANARY}", f"IMPP:xmpp:{CANARY}", f"XML:<a>{CANARY}</a>",
        f"RELATED:urn:uuid:{CANARY}", f"CLIENTPIDMAP:1;{CANARY}", f"X-WAB-GENDER:{CANARY}",
        f"X-ABLABEL:{CANARY}", f"LABEL:{CANARY}", f"{CANARY}.NOTE:hi",
        f"NOTE;LANGUAGE={CANARY}:hi", f"ORG;SORT-AS={CANARY}:課", f"N;ALTID={CANARY}:a;b",
        f"BDAY;CALSCALE={CANARY}:19800102", f"PHOTO;X={CANARY}:{CANARY}", f"FN:{CANARY}",
    ],
)  # fmt: skip
def test_lines_and_parameters_that_no_rule_knows_do_not_cross(line):
    output, result = cleaned(card(line))
    assert CANARY not in output
    assert CANARY not in result.text


def test_data_around_the_cards_is_gone_and_said():
    output, result = cleaned(f"{CANARY}:1\r\n".encode() + card() + f"{CANARY}:2\0".encode())
    assert CANARY not in output
    assert Kind.UNKNOWN_DATA in {f.kind for f in result.findings}


def test_a_card_of_version_4_is_read():
    lines = (
        "TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+81-3-1234-5678",
        "EMAIL;PREF=1:yamada@example.jp", "NICKNAME:やまちゃん", "ROLE:係",
        "BDAY:--0102", "KIND:individual",
    )  # fmt: skip
    output, _ = cleaned(card(*lines, version="4.0"))
    assert "\r\nTEL;TYPE=HOME;TYPE=VOICE;TYPE=PREF:+81-3-1234-5678\r\n" in output
    assert "\r\nEMAIL;TYPE=PREF:yamada@example.jp\r\n" in output
    assert "\r\nNICKNAME:やまちゃん\r\n" in output
    assert "\r\nROLE:係\r\n" in output


def test_all_cards_of_a_file_cross_and_the_first_ones_are_shown():
    output, result = cleaned(card() * 25)
    assert output.count("BEGIN:VCARD") == 25
    assert result.text.count("氏名:") == vcard.MAX_SHOWN_CARDS
    assert result.text.endswith("（ほかに5件の連絡先があります）")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"name,mail\r\n", ReasonCode.DAMAGED),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", ReasonCode.EMPTY),
    ],
)
def test_what_is_no_card_is_withheld(data, code):
    with pytest.raises(Withheld) as caught:
        cleaned(data)
    assert caught.value.code is code


_LINES = st.tuples(
    st.sampled_from(["FN", "N", "ORG", "TITLE", "TEL", "EMAIL", "ADR", "BDAY", "NOTE", "PHOTO"]),
    st.text(max_size=15),
    st.one_of(st.text(max_size=40), st.from_regex(r"[0-9a-z@;,\\.-]{1,20}", fullmatch=True)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINES, max_size=8))
def test_whatever_stands_in_a_card_the_output_passes_the_verifier(lines):
    rows = [f"{name};TYPE={parameter}:{value}" for name, parameter, value in lines]
    output, _ = cleaned(card(*rows))
    again, _ = cleaned(output.encode())
    assert again == output
