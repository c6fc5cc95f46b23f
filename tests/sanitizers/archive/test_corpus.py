"""Every archive of the shared sample set is taken apart or withheld, in its own process."""

from __future__ import annotations

import multiprocessing

import pytest

from sanitizers import identify
from sanitizers.limits import MB
from sanitizers.reasons import Withheld
from sanitizers.verify import _zip_framing
from tests.corpus import corpus_files, require_corpus
from tests.sanitizers.archive.samples import SANITIZERS, clean

#: Made to break libarchive 3.6's memory: the process dies, and only that process.
CRASHES = {
    "libarchive__test_read_format_cab_lzx_oob.cab",
    "libarchive__test_read_format_rar5_data_ready_pointer_leak.rar",
    "libarchive__test_read_format_rar5_window_buf_and_size_desync.rar",
}
EXPECTED = {
    "libarchive__test_read_format_lha_filename_cp932.lzh": {"漢字.txt", "表.txt"},
    "libarchive__test_read_format_cab_filename_cp932.cab": {"表だよ/漢字.txt", "表だよ/一覧表.txt"},
    "libarchive__test_read_format_ustar_filename_eucjp.tar.Z": {"漢字.txt", "表.txt"},
    "libarchive__test_read_format_zip_filename_utf8_jp.zip":
        {"表だよ/一覧表.txt", "表だよ/漢字.txt"},
    "tika__testZipEntryNameCharsetShiftSJIS.zip": {"文章1.txt", "文章2.txt"},
    "libarchive__test_read_format_7zip_encryption_partially.7z":
        {"bar_unencrypted.txt", "bar_encrypted.txt"},
}  # fmt: skip
PASSWORDS = ("password", "12345678")


def _one(path: str) -> None:
    with open(path, "rb") as file:
        data = file.read()
    name = path.rpartition("/")[2]
    found = identify.identify(memoryview(data), name=name)
    if found.media_type not in SANITIZERS:
        return
    try:
        run = clean(data, found.media_type, name=name, passwords=PASSWORDS, budget=500 * MB)
    except Withheld:
        assert name not in EXPECTED
        return
    if name in EXPECTED:
        assert set(run.contents) == EXPECTED[name]
    written = memoryview(run.assembled())
    for entry in _zip_framing.parse(written):
        if not entry.folder:
            _zip_framing.content(written, entry)


@pytest.mark.corpus
def test_every_sample_is_taken_apart_or_withheld():
    require_corpus()
    identify.warm()
    context = multiprocessing.get_context("fork")
    failed = set()
    for path in corpus_files("archive"):
        process = context.Process(target=_one, args=(str(path),))
        process.start()
        process.join(60)
        if process.exitcode != 0:
            process.kill()
            failed.add(path.name)
    assert failed <= CRASHES
