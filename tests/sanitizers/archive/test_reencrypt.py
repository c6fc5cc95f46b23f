"""On request the result is closed again with the password that opened the original."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import pyzipper

from sanitizers.archive import reencrypt
from sanitizers.archive.sevenzip import SevenZipSanitizer
from sanitizers.archive.zip import ZipSanitizer
from sanitizers.model import Job
from sanitizers.verify import Rejected
from tests.sanitizers.archive.samples import clean, library_zip
from tests.sanitizers.archive.test_formats import SEVEN, seven
from tests.sanitizers.archive.test_zip import TEXT, aes

PASSWORDS = ("違う", "合言葉", "また違う")


@pytest.mark.parametrize(
    ("sanitizer", "data", "media_type"),
    [
        (ZipSanitizer(), aes(TEXT, "合言葉".encode()), "application/zip"),
        (SevenZipSanitizer(), seven("合言葉", header_encryption=True), SEVEN),
    ],
)
def test_the_password_that_opened_it_closes_it(sanitizer, data, media_type):
    run = clean(data, media_type, passwords=PASSWORDS)
    assert "password" not in run.split.facts
    asked = sanitizer.clean(replace(run.job, options={"reencrypt": "yes"}), io.BytesIO())
    assert asked.facts == {"password": "2"}
    plain, out = run.assembled(), io.BytesIO()
    ZipSanitizer().seal(Job(data=memoryview(plain), passwords=("合言葉",)), out)
    with pyzipper.AESZipFile(out) as archive:
        archive.setpassword("合言葉".encode())
        files = [info for info in archive.infolist() if not info.is_dir()]
        assert {i.filename: archive.read(i) for i in files} == run.contents
        assert all(info.flag_bits & 1 for info in files)
    assert TEXT not in out.getvalue()


def test_an_archive_that_was_open_has_no_password_to_close_it():
    job = Job(data=memoryview(library_zip({"a": b"x"})), passwords=PASSWORDS)
    assert reencrypt.opener(ZipSanitizer().reader, job) == 0
    with pytest.raises(ValueError, match="password"):
        reencrypt.reencrypt(memoryview(library_zip({})), "", io.BytesIO())


def test_only_a_zip_of_our_own_is_closed():
    with pytest.raises(Rejected):
        reencrypt.reencrypt(memoryview(library_zip({"a": b"x"}) + b"tail"), "pw", io.BytesIO())
