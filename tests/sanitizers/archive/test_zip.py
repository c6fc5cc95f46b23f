"""ZIP: what is read, what is opened, and what is found out before it is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import inflate64
import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.limits import MB
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from tests.sanitizers.archive.samples import (
    CANARY,
    E,
    clean,
    library_zip,
    make_zip,
    zip_crypto,
)

TEXT = "予算案 2026\r\n".encode() * 50


def refused(data: bytes, **options: object) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        clean(data, **options)  # type: ignore[arg-type]
    return caught.value.code


def aes(data: bytes, password: bytes, bits: int = 256) -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=8, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password)
        archive.setencryption(pyzipper.WZ_AES, nbits=bits)
        archive.writestr("秘密.txt", data)
    return out.getvalue()


def traditional(password: bytes, *, flags: int = 1, name: bytes = b"a.txt") -> E:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(TEXT) + compressor.flush()
    check = 0x5A if flags & 8 else zlib.crc32(TEXT) >> 24
    return E(
        name=name, data=TEXT, method=8, flags=flags, time=0x5A00,
        packed=zip_crypto(packed, password, check),
    )  # fmt: skip


# ------------------------------------------------------------------------ methods


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_every_usual_method_is_unpacked(method):
    assert clean(library_zip({"a.txt": TEXT}, method)).contents == {"a.txt": TEXT}


def test_deflate64_is_unpacked():
    deflater = inflate64.Deflater()
    packed = deflater.deflate(TEXT) + deflater.flush()
    data = make_zip(E(name=b"a.txt", data=TEXT, method=9, packed=packed))
    assert clean(data).contents == {"a.txt": TEXT}


def test_zip64_is_unpacked():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as archive,
        archive.open("a.txt", "w", force_zip64=True) as member,
    ):
        member.write(TEXT)
    assert clean(out.getvalue()).contents == {"a.txt": TEXT}


def test_sizes_after_the_data_are_unpacked():
    class Unseekable(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", TEXT)
    assert clean(bytes(out.data)).contents == {"a.txt": TEXT}


def test_an_unknown_method_withholds_its_entry_only():
    run = clean(make_zip(E(name=b"a", data=b"x", method=77), E(name=b"b", data=b"y")))
    assert run.withheld == {"a": "unsupported_type"}
    assert run.contents == {"b": b"y"}


# --------------------------------------------------------------------- encryption


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_aes_opens_with_the_right_one_of_several_passwords(bits):
    run = clean(aes(TEXT, b"himitsu", bits), passwords=("no", "himitsu"))
    assert run.contents == {"秘密.txt": TEXT}
    assert ("encryption", "removed") in run.findings


def test_aes_is_locked_without_the_password():
    for passwords in ((), ("wrong",)):
        with pytest.raises(PasswordNeeded):
            clean(aes(TEXT, b"himitsu"), passwords=passwords)


def test_a_changed_byte_of_an_aes_entry_opens_with_no_password():
    data = bytearray(aes(TEXT, b"himitsu"))
    data[data.index("秘密.txt".encode()) + 60] ^= 1
    with pytest.raises(PasswordNeeded):
        clean(bytes(data), passwords=("himitsu",))


@pytest.mark.parametrize("flags", [1, 9])
def test_zipcrypto_opens(flags):
    run = clean(make_zip(traditional(b"pw", flags=flags)), passwords=("no", "pw"))
    assert run.contents == {"a.txt": TEXT}


@pytest.mark.parametrize("charset", ["utf-8", "cp932"])
def test_a_japanese_password_opens_in_the_bytes_of_either_kind_of_program(charset):
    entry = traditional("合言葉".encode(charset))
    assert clean(make_zip(entry), passwords=("合言葉",)).contents == {"a.txt": TEXT}


def test_a_wrong_password_that_passes_the_check_byte_does_not_open_zipcrypto():
    data = make_zip(traditional(b"pw"))
    with pytest.raises(PasswordNeeded):
        clean(data, passwords=tuple(f"wrong{n}" for n in range(600)))


def test_each_entry_is_tried_with_every_password():
    data = make_zip(traditional(b"one", name=b"1.txt"), traditional(b"two", name=b"2.txt"))
    assert set(clean(data, passwords=("one", "two")).contents) == {"1.txt", "2.txt"}
    run = clean(data, passwords=("one",))
    assert set(run.contents) == {"1.txt"}
    assert run.withheld == {"2.txt": "password_needed"}


def test_plain_entries_beside_a_locked_one_wait_for_the_password():
    with pytest.raises(PasswordNeeded):
        clean(make_zip(E(name=b"plain.txt", data=b"x"), traditional(b"pw")))


def test_pkware_strong_encryption_is_withheld():
    assert refused(make_zip(E(name=b"a", data=b"x", flags=0x41))) is ReasonCode.ENCRYPTED


# -------------------------------------------------------------------------- bombs


def test_overlapping_entries_are_refused():
    kernel = E(name=b"a", data=bytes(1000), method=8)
    again = E(name=b"b", data=bytes(1000), method=8, offset=0, local_name=b"b")
    assert refused(make_zip(kernel, again)) is ReasonCode.ARCHIVE_BOMB


def test_one_entry_listed_twice_is_refused():
    entry = E(name=b"a", data=b"x" * 100)
    twice = E(name=b"a", data=b"x" * 100, offset=0)
    assert refused(make_zip(entry, twice)) is ReasonCode.ARCHIVE_BOMB


def test_a_declared_bomb_is_refused_before_it_is_unpacked():
    entry = E(name=b"a", data=b"x", method=8, size=4_000 * MB)
    assert refused(make_zip(entry)) is ReasonCode.ARCHIVE_BOMB


def test_a_real_bomb_is_refused_by_its_ratio():
    assert refused(library_zip({"a": bytes(101 * MB)})) is ReasonCode.ARCHIVE_BOMB


def test_more_than_the_budget_is_refused():
    assert refused(library_zip({"a": bytes(2 * MB)}), budget=MB) is ReasonCode.TOO_LARGE


@pytest.mark.parametrize("declared", [10, 60_000])
def test_an_entry_longer_or_shorter_than_declared_is_withheld(declared):
    entry = E(name=b"a", data=bytes(50_000), method=8, size=declared)
    run = clean(make_zip(entry, E(name=b"b", data=b"y")))
    assert run.withheld == {"a": "damaged"}
    assert run.contents == {"b": b"y"}


def test_too_many_entries_are_refused():
    data = make_zip(*(E(name=b"%d" % n, data=b"x") for n in range(1_001)))
    assert refused(data) is ReasonCode.TOO_MANY_PARTS


def test_a_wrong_crc_withholds_the_entry():
    assert refused(make_zip(E(name=b"a", data=b"x", crc=1))) is ReasonCode.DAMAGED


def test_a_zip_in_itself_is_only_a_member():
    inner = library_zip({"b.txt": b"x"})
    assert clean(library_zip({"a.zip": inner})).contents == {"a.zip": inner}


# ----------------------------------------------------------------- header tricks


def test_a_local_name_that_differs_is_noted_and_the_directory_decides():
    run = clean(make_zip(E(name=b"good.txt", local_name=b"evil.exe", data=b"x")))
    assert run.contents == {"good.txt": b"x"}
    assert ("damaged", "noted") in run.findings


def test_a_local_method_that_differs_withholds_the_entry():
    entry = E(name=b"a", data=b"x" * 99, method=8, local_method=0)
    assert refused(make_zip(entry)) is ReasonCode.DAMAGED


def test_an_entry_that_the_directory_does_not_list_is_not_read():
    hidden = make_zip(E(name=b"hidden.txt", data=CANARY))
    hidden = hidden[: hidden.index(b"PK\x01\x02")]
    run = clean(make_zip(E(name=b"a.txt", data=b"x", before=hidden)))
    assert run.contents == {"a.txt": b"x"}
    assert ("unknown_data", "removed") in run.findings
    assert CANARY not in run.assembled()


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (make_zip(E(name=b"a", data=b"x"), comment=CANARY), ("comment", "removed")),
        (make_zip(E(name=b"a", data=b"x"), after=CANARY), ("trailing_data", "removed")),
        (make_zip(E(name=b"a", data=b"x"), before=CANARY), ("unknown_data", "removed")),
        (make_zip(E(name=b"a", data=b"x", comment=CANARY)), ("comment", "removed")),
        (
            make_zip(E(name=b"a", data=b"x", extra=b"\x55\x54\x0d\x00" + CANARY)),
            ("metadata", "removed"),
        ),
        (make_zip(E(name=b"a", data=b"x"), E(name=b"b", data=b"y", before=CANARY * 3)),
         ("unknown_data", "removed")),
    ],
)  # fmt: skip
def test_what_is_not_an_entry_is_reported_and_gone(data, finding):
    run = clean(data)
    assert run.contents["a"] == b"x"
    assert finding in run.findings
    assert CANARY not in run.assembled()


def test_local_extra_fields_do_not_cross():
    run = clean(make_zip(E(name=b"a", data=b"x", local_extra=b"\x99\x99\x0d\x00" + CANARY)))
    assert CANARY not in run.assembled()


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o060660, 0o010644])
def test_links_and_devices_are_withheld(mode):
    link = E(name=b"l", data=b"/etc/passwd", made_by=3 << 8 | 20, attributes=mode << 16)
    run = clean(make_zip(link, E(name=b"a", data=b"x")))
    assert run.withheld == {"l": "special_file"}
    assert ("special_file", "removed") in run.findings
    assert b"passwd" not in run.assembled()


def test_one_volume_of_several_is_named_so():
    whole = make_zip(E(name=b"a", data=b"x" * 50))
    assert refused(make_zip(E(name=b"a", data=b"x"), disk=2)) is ReasonCode.MULTI_VOLUME
    assert refused(b"PK\x07\x08" + whole[:60]) is ReasonCode.MULTI_VOLUME
    assert refused(whole[:60], name="書類.zip.001") is ReasonCode.MULTI_VOLUME


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"PK\x05\x06"])
def test_garbage_is_refused(data):
    assert refused(data) is ReasonCode.DAMAGED


def test_an_archive_of_nothing_is_empty():
    assert refused(make_zip()) is ReasonCode.EMPTY


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_does_anything_but_withhold_or_clean(at, value):
    data = bytearray(library_zip({"a.txt": b"hello" * 9, "b/": b"", "b/c.txt": b"x"}))
    data[at % len(data)] = value
    try:
        run = clean(bytes(data), budget=MB)
    except Withheld:
        return
    for member in run.split.members:
        assert member.offset + member.size <= len(run.out)


def test_the_unicode_field_counts_only_with_the_right_crc():
    good = b"\x01" + struct.pack("<I", zlib.crc32(b"x.txt")) + "名.txt".encode()
    bad = b"\x01" + struct.pack("<I", 0) + "嘘.txt".encode()
    for field, expected in ((good, "名.txt"), (bad, "x.txt")):
        extra = struct.pack("<HH", 0x7075, len(field)) + field
        assert list(clean(make_zip(E(name=b"x.txt", data=b"x", extra=extra))).contents) == [
            expected
        ]
