"""Files in OLE objects: taken out where their format is known, and nothing crashes."""

import random
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.identify.cfb import SIGNATURE
from sanitizers.office import _embedded
from tests.corpus import require_corpus


def native(label: bytes, content: bytes) -> bytes:
    """What the OLE packager writes."""
    path = b"C:\\a\\" + label + b"\0"
    body = struct.pack("<H", 2) + label + b"\0" + path + struct.pack("<HHI", 0, 3, len(path)) + path
    body += struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_the_packager_gives_a_file_with_its_name(encoding):
    file = _embedded._native(native("議事録.pdf".encode(encoding), b"%PDF-1.7"))
    assert file == _embedded.EmbeddedFile("議事録.pdf", b"%PDF-1.7")


@pytest.mark.parametrize("name", [b"..\\..\\a.exe", b"C:\\Windows\\a.exe", b"/etc/a.exe"])
def test_a_name_never_leads_elsewhere(name):
    file = _embedded._native(native(name, b"a"))
    assert file is not None
    assert file.name == "a.exe"


def test_a_packager_stream_that_promises_more_than_it_has_gives_nothing():
    assert _embedded._native(native(b"a.pdf", b"%PDF")[:-1]) is None


def test_an_object_of_an_unknown_format_gives_nothing():
    assert _embedded.unpacked(b"equation", package=False) is None
    assert _embedded.unpacked(SIGNATURE + bytes(2_000), package=False) is None


def test_a_package_is_a_file_as_it_is():
    assert _embedded.unpacked(b"any", package=True) == _embedded.EmbeddedFile("", b"any")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3_000))
def test_no_bytes_crash_it(data):
    _embedded.unpacked(SIGNATURE + data, package=False)


@pytest.mark.corpus
def test_objects_of_the_corpus_changed_at_random_do_not_crash_it():
    path = require_corpus() / "ooxml" / "oletools__embedded-simple-2007.docx"
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith("oleObject1.bin"))
        data = archive.read(name)
    assert _embedded.unpacked(data, package=False) is not None
    rng = random.Random(5)
    for _ in range(200):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 6)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        _embedded.unpacked(bytes(changed), package=False)
