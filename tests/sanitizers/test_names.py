"""File names stay the sender's, and are safe to write anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.limits import MAX_NAME_CHARS
from sanitizers.names import MAX_NAME_BYTES, clean_name, extension_of, is_clean_name


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("議事録（案）①.docx", "議事録（案）①.docx"),
        ("渡邉様_髙橋.pdf", "渡邉様_髙橋.pdf"),
        ("葛\U000e0100城.txt", "葛\U000e0100城.txt"),  # IVS
        ("\ufa19社.txt", "\ufa19社.txt"),  # a compatibility ideograph is a name's own
        ("か\u3099.txt", "が.txt"),  # a Mac's decomposed kana
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ("C:a.txt", "a.txt"),
        ("a.txt:stream", "a.txt_stream"),
        ('a<b>c"d|e?f*g.txt', "a_b_c_d_e_f_g.txt"),
        ("gpj\u202eexe.scr", "gpjexe.scr"),
        ("a\u200b\x00b\r\n.txt", "ab.txt"),
        (" . .hidden. . ", "hidden"),
        ("　全角　名　.txt　", "全角　名.txt"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("Com¹.txt", "_Com¹.txt"),
        ("CON .txt", "_CON.txt"),
        ("console.txt", "console.txt"),
        ("", "file"),
        ("..", "file"),
        ("folder/", "folder"),
    ],
)
def test_names_are_cleaned(name, clean):
    assert clean_name(name) == clean
    assert is_clean_name(clean)


@pytest.mark.parametrize(
    ("name", "extension", "clean"),
    [
        ("a.docm", ".docx", "a.docx"),
        ("photo.heic", ".jpg", "photo.jpg"),
        ("PHOTO.JPG", ".jpg", "PHOTO.JPG"),
        ("x.pdf.exe", ".pdf", "x.pdf"),
        ("no extension", ".txt", "no extension.txt"),
        ("Ver1.2", ".pdf", "Ver1.2.pdf"),
        ("議事録.20240501", ".pdf", "議事録.20240501.pdf"),
        ("令和6.4.1通知", ".pdf", "令和6.4.1通知.pdf"),
        ("", ".pdf", "file.pdf"),
        ("con", ".pdf", "_con.pdf"),
    ],
)
def test_the_extension_is_the_given_one(name, extension, clean):
    assert clean_name(name, extension=extension) == clean


def test_long_names_keep_their_extension():
    clean = clean_name("あ" * 500 + ".pdf")
    assert clean.endswith("あ.pdf")
    assert len(clean) <= MAX_NAME_CHARS
    assert len(clean.encode()) <= MAX_NAME_BYTES


_FORBIDDEN = ["", ".", "a/b", "a\\b", "a:b", "a\nb", " a", "a.", "NUL", "lpt1.x", "a\u202eb"]
_TOO_LONG = ["x" * (MAX_NAME_CHARS + 1), "あ" * (MAX_NAME_BYTES // 3 + 1)]


@pytest.mark.parametrize("name", [*_FORBIDDEN, *_TOO_LONG, "\ud800", "か\u3099", "が\u200b"])
def test_unsafe_names_are_refused(name):
    assert not is_clean_name(name)


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.PDF", ".pdf"),
        ("a.tar.gz", ".gz"),
        ("a", ""),
        (".bashrc", ""),
        ("a.", ""),
        ("a.日本", ""),
    ],
)
def test_extensions(name, extension):
    assert extension_of(name) == extension


_TRICKY = st.text(alphabet='aあか\u3099\ufa19.:/\\ 　\u202e\u200d😀\ufe0f\x00\n<"¹')


@given(
    st.text(max_size=300) | _TRICKY | st.sampled_from(["con", "a.b"]).map(lambda s: s * 40),
    st.sampled_from([None, ".pdf", ".txt"]),
)
@settings(max_examples=400, deadline=None)
def test_every_name_becomes_a_clean_one_and_then_stays(name, extension):
    clean = clean_name(name, extension=extension)
    assert is_clean_name(clean)
    assert extension is None or clean.lower().endswith(extension)
    assert clean_name(clean, extension=extension) == clean
