"""Plain text in, UTF-8 with a mark and CRLF out; what is not text is withheld."""

from __future__ import annotations

import io

import pytest

from sanitizers.findings import Action, Kind
from sanitizers.model import Job, Method
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.text import whole
from sanitizers.text.characters import is_harmless
from sanitizers.text.plain import PlainText


def cleaned(data: bytes, *, charset: str = "", media_type: str = "text/plain"):
    out = io.BytesIO()
    job = Job(data=memoryview(data), claimed_charset=charset, media_type=media_type)
    result = PlainText().clean(job, out)
    assert (result.media_type, result.extension, result.method) == (
        "text/plain",
        ".txt",
        Method.TEXT,
    )
    return out.getvalue(), {(f.kind, f.action): f.count for f in result.findings}


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "iso2022_jp", "utf-8", "utf-16"])
def test_japanese_text_survives_whatever_its_charset(codec):
    output, _ = cleaned("会議のお知らせ\n日時：３月\n".encode(codec))
    assert output == b"\xef\xbb\xbf" + "会議のお知らせ\r\n日時：３月\r\n".encode()


def test_what_hides_does_not_survive():
    output, findings = cleaned("a\u202eb\u200bc\x1b[0m\r\nd".encode(), charset="utf-8")
    assert output == b"\xef\xbb\xbfabc[0m\r\nd"
    assert is_harmless(output.decode("utf-8-sig").replace("\r\n", "\n"))
    assert findings == {
        (Kind.CONTROL_CHARACTER, Action.NEUTRALIZED): 1,
        (Kind.BIDI_CONTROL, Action.NEUTRALIZED): 1,
        (Kind.ZERO_WIDTH, Action.NEUTRALIZED): 1,
    }


def test_a_wrong_label_and_lost_characters_are_noted():
    _, findings = cleaned("会議の件".encode("cp932") + b"\xf9\x91", charset="utf-8")
    assert findings == {
        (Kind.CHARSET_GUESSED, Action.NOTED): 1,
        (Kind.CHARSET_LOSS, Action.NOTED): 1,
    }


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b" \r\n\x00", ReasonCode.EMPTY),
        (b"\x7fELF\x02\x01\x01" + bytes(range(32)) * 20, ReasonCode.DAMAGED),
        (b"\x89PNG\r\n" + bytes(range(256)) * 4, ReasonCode.DAMAGED),
        (b"text" + b"\x01\x02\x00" * 50, ReasonCode.DAMAGED),
    ],
)
def test_what_is_not_text_is_withheld(data, code):
    with pytest.raises(Withheld) as caught:
        cleaned(data)
    assert caught.value.code is code


def test_too_much_text_is_withheld(monkeypatch):
    monkeypatch.setattr(whole, "MAX_TEXT_CHARS", 10)
    with pytest.raises(Withheld) as caught:
        cleaned(b"a" * 11)
    assert caught.value.code is ReasonCode.TOO_LARGE


def test_text_longer_than_one_piece_is_written_whole(monkeypatch):
    monkeypatch.setattr(whole, "_PIECE_CHARS", 3)
    output, _ = cleaned("ab\n日本語\n\n".encode())
    assert output == b"\xef\xbb\xbf" + "ab\r\n日本語\r\n\r\n".encode()


def test_the_registry_finds_it():
    assert isinstance(sanitizers_of("text")["text/plain"], PlainText)
