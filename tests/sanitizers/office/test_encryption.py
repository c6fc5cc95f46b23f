"""Office files behind a password: opened in memory with the right one, locked without."""

import io
import random

import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from sanitizers.identify import identify
from sanitizers.model import Job, Needs, SplitKind
from sanitizers.office import _encryption
from sanitizers.office.encrypted import EncryptedOoxml
from sanitizers.office.legacy import Legacy
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from tests.corpus import require_corpus
from tests.sanitizers.archive.samples import library_zip

ENCRYPTED = "application/x-encrypted-ooxml"
XLS = "application/vnd.ms-excel"
PACKAGE = library_zip(
    {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types '
        b'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        # The library writes packages under 4 kB (the mini stream) so that nothing opens them.
        "word/document.xml": b"<w>secret</w>" + random.Random(7).randbytes(8_000),
    }
)


def locked(password):
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(PACKAGE)).encrypt(password, out)
    return out.getvalue()


def clean(sanitizer, data, media_type, *passwords):
    out = io.BytesIO()
    job = Job(data=memoryview(data), media_type=media_type, passwords=passwords)
    return sanitizer.clean(job, out), out.getvalue()


def test_the_right_one_of_several_passwords_opens_a_package():
    data = locked("役場2024")
    assert identify(memoryview(data), name="a.docx").media_type == ENCRYPTED
    split, out = clean(EncryptedOoxml(), data, ENCRYPTED, "", "wrong", "役場2024")
    assert split.kind is SplitKind.INNER
    (member,) = split.members
    assert out[member.offset : member.offset + member.size] == PACKAGE == out
    assert [f.kind.value for f in split.findings] == ["encryption"]


@pytest.mark.parametrize("passwords", [(), ("wrong",), ("x" * 10_000,)])
def test_without_the_password_it_is_locked(passwords):
    with pytest.raises(PasswordNeeded):
        clean(EncryptedOoxml(), locked("right"), ENCRYPTED, *passwords)


def test_what_excel_locks_for_itself_asks_nobody():
    split, out = clean(EncryptedOoxml(), locked("VelvetSweatshop"), ENCRYPTED)
    assert out == PACKAGE
    assert split.kind is SplitKind.INNER


def test_declarations_in_the_header_are_refused():
    data = locked("right").replace(b"<encryption ", b"<!ncryption ", 1)
    with pytest.raises(Withheld) as refused:
        clean(EncryptedOoxml(), data, ENCRYPTED, "right")
    assert refused.value.code is ReasonCode.DAMAGED


@pytest.mark.parametrize("garbage", [b"", b"garbage " * 100, b"\xd0\xcf\x11\xe0" + bytes(2_000)])
def test_garbage_is_refused(garbage):
    with pytest.raises(Withheld) as refused:
        clean(EncryptedOoxml(), garbage, ENCRYPTED, "right")
    assert refused.value.code is ReasonCode.DAMAGED


def test_no_file_is_opened(monkeypatch):
    """The library's temporary files are buffers of ours."""
    for module in (_encryption.doc97, _encryption.xls97, _encryption.ppt97):
        assert isinstance(module.tempfile.TemporaryFile(), io.BytesIO)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "passwords"),
    [
        ("oletools__encrypted_autostart-encrypt-standardpassword.xls", ()),
        ("sheetjs__password_2002_128_enhrsasc.xls", ("password",)),
    ],
)
def test_old_workbooks_open(name, passwords):
    (path,) = require_corpus().rglob(name)
    data = path.read_bytes()
    needs, out = clean(Legacy(), data, XLS, *passwords)
    assert isinstance(needs, Needs)
    assert len(out) == len(data)
    assert out != data
    assert _encryption.decrypted_binary(memoryview(out), ()) is None
    if passwords:
        with pytest.raises(PasswordNeeded):
            clean(Legacy(), data, XLS, "wrong")


@pytest.mark.corpus
@pytest.mark.parametrize("ending", ["doc", "xls", "ppt"])
def test_old_files_are_locked_without_their_password(ending):
    (path,) = require_corpus().rglob(f"oletools__encrypted_encrypted.{ending}")
    data = path.read_bytes()
    media_type = identify(memoryview(data), name=path.name).media_type
    with pytest.raises(PasswordNeeded):
        clean(Legacy(), data, media_type, "wrong")
