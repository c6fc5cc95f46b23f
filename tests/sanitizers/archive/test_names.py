"""Names: every charset that Japanese archives use, and no path that leads anywhere."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.archive._names import MAX_FOLDER_BYTES, Tree, clean_path, key_of
from sanitizers.findings import Findings
from sanitizers.limits import MAX_FOLDER_DEPTH
from sanitizers.names import is_clean_name
from tests.sanitizers.archive.samples import E, clean, make_zip

OFFICE = ["予算書/令和8年度 当初予算（案）.xlsx", "資料①.pdf", "㈱髙﨑商店 御見積書.docx", "表.txt"]
UTF8 = 0x800
UNIX = 3 << 8 | 20


def paths(*entries: E) -> list[str]:
    return list(clean(make_zip(*entries)).contents)


@pytest.mark.parametrize("charset", ["cp932", "euc_jis_2004", "utf-8"])
@pytest.mark.parametrize("name", OFFICE)
def test_one_name_without_a_flag_is_read(name, charset):
    if charset == "euc_jis_2004":  # one kanji alone is also a letter of UTF-8
        name = name.replace("髙﨑", "高崎").replace("表.txt", "表紙.txt")
    assert paths(E(name=name.encode(charset), data=b"x")) == [name]


def test_names_together_decide_what_one_alone_cannot():
    names = ["ｱ.txt", "予算案の説明資料.docx", "ﾒﾓ.txt"]
    assert paths(*(E(name=n.encode("cp932"), data=b"x") for n in names)) == names


def test_flagged_and_unflagged_names_stand_in_one_archive():
    entries = [
        E(name="会議録.docx".encode(), data=b"x", flags=UTF8),
        E(name="添付資料.pdf".encode("cp932"), data=b"x"),
        E(name=b"plain.txt", data=b"x"),
    ]
    assert paths(*entries) == ["会議録.docx", "添付資料.pdf", "plain.txt"]


def test_two_programs_two_charsets_without_flags():
    entries = [
        E(name="会議の議事録をまとめたもの.docx".encode(), data=b"x", made_by=UNIX),
        E(name="添付資料その１.pdf".encode("cp932"), data=b"x"),
    ]
    assert paths(*entries) == ["会議の議事録をまとめたもの.docx", "添付資料その１.pdf"]


def test_a_flag_that_lies_is_not_believed():
    entry = E(name="見積書.xlsx".encode("cp932"), data=b"x", flags=UTF8)
    assert paths(entry) == ["見積書.xlsx"]


def test_names_of_a_mac_are_composed():
    name = unicodedata.normalize("NFD", "パンフレットガイド.pdf")
    assert paths(E(name=name.encode(), data=b"x", made_by=UNIX)) == ["パンフレットガイド.pdf"]


def test_a_backslash_inside_a_character_is_no_separator():
    name = "ソ能表\\十貼.txt"
    assert paths(E(name=name.encode("cp932"), data=b"x")) == ["ソ能表/十貼.txt"]


def test_a_folder_whose_name_ends_in_such_a_character_is_still_a_file():
    assert paths(E(name="能力表".encode("cp932"), data=b"x")) == ["能力表"]


@pytest.mark.parametrize(
    ("name", "expected", "kind"),
    [
        ("../../etc/passwd", "etc/passwd", "unsafe_path"),
        ("..\\..\\a.txt", "a.txt", "unsafe_path"),
        ("/etc/passwd", "etc/passwd", "unsafe_path"),
        ("C:\\Windows\\a.dll", "Windows/a.dll", "unsafe_path"),
        ("C:a.txt", "a.txt", "unsafe_path"),
        ("\\\\server\\share\\a.txt", "server/share/a.txt", "unsafe_path"),
        ("\\\\?\\C:\\a.txt", "a.txt", "unsafe_path"),
        ("a/../b.txt", "a/b.txt", "unsafe_path"),
        ("a.txt:evil.exe", "a.txt_evil.exe", "file_name"),
        ("CON", "_CON", "file_name"),
        ("aux.txt", "_aux.txt", "file_name"),
        ("nul /x.txt", "_nul/x.txt", "file_name"),
        ("a.txt. . .", "a.txt", "file_name"),
        ("folder. /a.txt", "folder/a.txt", "file_name"),
        ("a\x00b.txt", "ab.txt", "file_name"),
        ("a\u202etxt.exe", "atxt.exe", "file_name"),
        ('a<b>|"?*.txt', "a_b_____.txt", "file_name"),
    ],
)
def test_paths_that_lead_elsewhere_are_made_plain(name, expected, kind):
    run = clean(make_zip(E(name=name.encode(), data=b"x", flags=UTF8)))
    assert list(run.contents) == [expected]
    assert kind in {k for k, _ in run.findings}


def test_an_ordinary_path_is_no_finding():
    run = clean(make_zip(E(name="資料/表紙.txt".encode(), data=b"x", flags=UTF8)))
    assert run.findings == set()


@pytest.mark.parametrize(
    "name",
    ["__MACOSX/._a.txt", "sub/__MACOSX/x", ".DS_Store", "a/.ds_store", "Thumbs.db", "x/desktop.ini",
     "a/._b.txt"],
)  # fmt: skip
def test_what_operating_systems_leave_behind_is_taken_out(name):
    run = clean(make_zip(E(name=name.encode(), data=b"junk"), E(name=b"a.txt", data=b"x")))
    assert run.contents == {"a.txt": b"x"}
    assert ("metadata", "removed") in run.findings


def test_names_that_are_one_file_to_windows_are_told_apart():
    names = [b"A.txt", b"a.TXT", "が.txt".encode(), unicodedata.normalize("NFD", "が.txt").encode()]
    run = clean(make_zip(*(E(name=n, data=b"x", flags=UTF8) for n in names)))
    assert ("duplicate_name", "neutralized") in run.findings


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.booleans())
def test_a_clean_path_is_clean_whatever_it_was(name, folder):
    parts = clean_path(name, Findings(), folder=folder)
    assert all(is_clean_name(part) for part in parts)
    assert len(parts) <= MAX_FOLDER_DEPTH + 1
    folders = parts if folder else parts[:-1]
    assert sum(len(p.encode()) + 1 for p in folders) <= MAX_FOLDER_BYTES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "A", "a/b", "A/B", "a-2", "a/b/c", "é", "e\u0301"])))
def test_a_tree_never_gives_one_path_twice(wanted):
    tree = Tree()
    folders = {tree.folder(path) for path in wanted if "/" in path}
    files = [tree.file(tree.folder(p.rpartition("/")[0]), p.rpartition("/")[2]) for p in wanted]
    keys = [key_of(path) for path in files]
    assert len(set(keys)) == len(keys)
    assert not {key_of(folder) for folder in folders} & set(keys)


def test_a_long_name_keeps_its_number():
    tree = Tree()
    name = "長" * 76 + ".txt"
    first, second = tree.file("", name), tree.file("", name)
    assert first == name
    assert second.endswith("-2.txt")
    assert is_clean_name(second)
