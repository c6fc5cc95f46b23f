"""The ZIP that crosses: the tree kept, notices in place, nothing but files and names."""

from __future__ import annotations

import io
import zipfile

from sanitizers.reasons import REASONS, ReasonCode
from sanitizers.verify import _zip_framing
from tests.sanitizers.archive.samples import CANARY, E, clean, library_zip, make_zip

TREE = {
    "資料/": b"",
    "資料/空/": b"",
    "資料/表紙.txt": "表紙\r\n".encode(),
    "計画.txt": b"plan " * 100,
}


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def test_the_tree_is_kept_with_its_empty_folders():
    archive = opened(clean(library_zip(TREE)).assembled())
    assert set(archive.namelist()) == {"資料/", "資料/空/", "資料/表紙.txt", "計画.txt"}
    assert archive.read("計画.txt") == TREE["計画.txt"]
    assert archive.testzip() is None


def test_every_entry_is_plain():
    archive = opened(clean(library_zip(TREE)).assembled())
    assert archive.comment == b""
    for info in archive.infolist():
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert (info.extra, info.comment) == (b"", b"")
        assert info.flag_bits == 0x800
        assert info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def test_the_same_input_gives_the_same_bytes():
    assert clean(library_zip(TREE)).assembled() == clean(library_zip(TREE)).assembled()


def test_the_order_of_the_archive_is_kept():
    names = ["z.txt", "a.txt", "m.txt"]
    archive = opened(clean(library_zip(dict.fromkeys(names, b"x"))).assembled())
    assert archive.namelist() == names


def test_a_withheld_member_leaves_a_notice_in_its_place():
    run = clean(library_zip({"道具/悪い.exe": b"MZ", "a.txt": b"x"}))
    archive = opened(run.assembled(**{"悪い.exe": ReasonCode.PROGRAM}))
    assert set(archive.namelist()) == {"道具/", "道具/悪い.exe.お渡しできません.txt", "a.txt"}
    notice = archive.read("道具/悪い.exe.お渡しできません.txt")
    assert notice.startswith(b"\xef\xbb\xbf")
    text = notice.decode("utf-8-sig")
    assert "「悪い.exe」" in text
    assert REASONS[ReasonCode.PROGRAM].ja in text
    assert text.count("\n") == text.count("\r\n")


def test_a_notice_carries_no_link_of_the_sender():
    name = "https_ www.evil.example 「至急」.exe"
    run = clean(make_zip(E(name=name.encode(), data=b"MZ", flags=0x800)))
    (member,) = run.split.members
    archive = opened(run.assembled(**{member.name: ReasonCode.PROGRAM}))
    text = archive.read(archive.namelist()[0]).decode("utf-8-sig")
    assert "www[.]evil" in text
    assert "｢至急｣" in text


def test_the_notice_of_a_long_name_says_so_in_its_name():
    run = clean(library_zip({"長" * 76 + ".txt": b"x"}))
    (member,) = run.split.members
    archive = opened(run.assembled(**{member.name: ReasonCode.DAMAGED}))
    assert archive.namelist()[0].endswith(".お渡しできません.txt")


def test_members_that_became_one_name_are_both_there():
    run = clean(make_zip(E(name=b"a.txt", data=b"1"), E(name=b"A.TXT", data=b"2")))
    archive = opened(run.assembled())
    assert archive.namelist() == ["a.txt", "A-2.TXT"]


def test_a_file_never_takes_the_place_of_a_folder():
    run = clean(make_zip(E(name=b"a", data=b"1"), E(name=b"a/b", data=b"2")))
    assert set(opened(run.assembled()).namelist()) == {"a/", "a-2", "a/b"}


def test_bytes_of_a_refused_member_reach_no_one():
    run = clean(make_zip(E(name=b"a", data=CANARY, crc=1), E(name=b"b", data=b"y")))
    assert CANARY not in run.assembled()


def test_what_is_written_passes_the_frame_grammar():
    run = clean(library_zip({**TREE, "悪い.exe": b"MZ"}))
    data = memoryview(run.assembled(**{"悪い.exe": ReasonCode.PROGRAM}))
    for entry in _zip_framing.parse(data):
        if not entry.folder:
            assert len(_zip_framing.content(data, entry)) == entry.size
