"""Every other format that unpacks: its files, its names, and what is not a file."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zlib

import py7zr
import pytest
from backports import zstd

from sanitizers.limits import MB
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from tests.sanitizers.archive.samples import CANARY, SANITIZERS, clean, make_tar, tar_file

TEXT = "議事録\r\n".encode() * 40
TAR = "application/x-tar"
SEVEN = "application/x-7z-compressed"
RAR = "application/vnd.rar"


def refused(data: bytes, media_type: str, **options: object) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        clean(data, media_type, **options)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize("media_type", sorted(SANITIZERS))
@pytest.mark.parametrize("garbage", [b"garbage " * 100, bytes(2_000), b"\xff" * 3_000])
def test_garbage_is_refused(media_type, garbage):
    assert refused(garbage, media_type) in (ReasonCode.DAMAGED, ReasonCode.EMPTY)


# ------------------------------------------------------------------------ streams

STREAMS = [
    (gzip.compress, "application/gzip", "gz"),
    (bz2.compress, "application/x-bzip2", "bz2"),
    (lzma.compress, "application/x-xz", "xz"),
    (lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE), "application/x-lzma", "lzma"),
    (zstd.compress, "application/zstd", "zst"),
]


@pytest.mark.parametrize(("pack", "media_type", "ending"), STREAMS)
def test_one_compressed_file_is_one_member(pack, media_type, ending):
    run = clean(pack(TEXT), media_type, name=f"議事録.txt.{ending}")
    assert run.contents == {"議事録.txt": TEXT}
    assert ("format_changed", "converted") in run.findings


@pytest.mark.parametrize(("pack", "media_type", "ending"), STREAMS)
def test_a_tar_inside_is_unpacked_in_the_same_step(pack, media_type, ending):
    run = clean(pack(make_tar(tar_file("資料/a.txt", TEXT))), media_type, name=f"a.tar.{ending}")
    assert run.contents == {"資料/a.txt": TEXT}


@pytest.mark.parametrize(("pack", "media_type", "ending"), STREAMS)
def test_a_file_that_begins_with_nuls_is_no_empty_tar(pack, media_type, ending):
    run = clean(pack(bytes(40_000) + TEXT), media_type, name=f"disk.{ending}")
    assert run.contents == {"disk": bytes(40_000) + TEXT}


def test_the_inner_name_of_gzip_is_used_and_its_path_is_not():
    out = io.BytesIO()
    with gzip.GzipFile("x", "wb", fileobj=out) as packed:
        packed.write(TEXT)
    data = bytearray(out.getvalue())
    data[10:12] = "../予算.txt".encode("cp932") + b"\0"
    run = clean(bytes(data), "application/gzip", name="other.gz")
    assert run.contents == {"予算.txt": TEXT}


def test_only_one_layer_is_undone():
    inner = gzip.compress(TEXT)
    assert list(clean(gzip.compress(inner), "application/gzip").contents.values()) == [inner]


def test_a_stream_bomb_is_refused_while_it_unpacks():
    data = lzma.compress(bytes(101 * MB), preset=0)
    assert refused(data, "application/x-xz") is ReasonCode.ARCHIVE_BOMB


def test_nothing_compressed_is_empty():
    assert refused(gzip.compress(b""), "application/gzip") is ReasonCode.EMPTY


def test_a_cut_stream_is_damaged():
    noise = b"".join(hashlib.sha256(bytes((n % 256, n // 256))).digest() for n in range(20_000))
    assert refused(gzip.compress(noise)[:-40], "application/gzip") is ReasonCode.DAMAGED


# ---------------------------------------------------------------------------- tar


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar_is_read(format_):
    name = "資料/" + "長い名前" * 5 + ".txt"
    run = clean(make_tar(tar_file(name, TEXT), format_=format_), TAR)
    assert run.contents == {name: TEXT}


def test_links_devices_and_owners_of_a_tar_do_not_cross():
    members = [tar_file("a.txt", TEXT)]
    for name, kind in (
        ("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("device", tarfile.CHRTYPE),
        ("pipe", tarfile.FIFOTYPE),
    ):  # fmt: skip
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.uname = kind, "a.txt", CANARY.decode()
        members.append((info, b""))
    members[0][0].pax_headers = {"comment": CANARY.decode(), "SCHILY.xattr.x": CANARY.decode()}
    run = clean(make_tar(*members), TAR)
    assert run.contents == {"a.txt": TEXT}
    assert set(run.withheld) == {"soft", "hard", "device", "pipe"}
    assert set(run.withheld.values()) == {"special_file"}
    assert CANARY not in run.assembled()


def test_a_tar_that_leads_out_stays_inside():
    run = clean(make_tar(tar_file("../../up.txt"), tar_file("/etc/cron.d/x")), TAR)
    assert set(run.contents) == {"up.txt", "etc/cron.d/x"}


def test_names_of_an_old_tar_are_read():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding="euc_jp", format=tarfile.GNU_FORMAT) as t:
        info, data = tar_file("漢字のファイル名.txt", TEXT)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    assert clean(out.getvalue(), TAR).contents == {"漢字のファイル名.txt": TEXT}


# ----------------------------------------------------------------------------- 7z


def seven(password: str | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password, **options) as archive:  # type: ignore[arg-type]
        archive.writestr(TEXT, "資料/一.txt")
        archive.writestr(b"two", "二.txt")
        archive.writestr(b"", "空.txt")
    return out.getvalue()


FILES = {"資料/一.txt": TEXT, "二.txt": b"two", "空.txt": b""}


def test_7z_is_read():
    assert clean(seven(), SEVEN).contents == FILES


@pytest.mark.parametrize("header", [False, True])
def test_7z_opens_with_the_right_one_of_several_passwords(header):
    data = seven("合言葉", header_encryption=header)
    run = clean(data, SEVEN, passwords=("no", "合言葉"))
    assert run.contents == FILES
    assert ("encryption", "removed") in run.findings


@pytest.mark.parametrize("header", [False, True])
def test_7z_is_locked_without_the_password(header):
    data = seven("合言葉", header_encryption=header)
    for passwords in ((), ("no",)):
        with pytest.raises(PasswordNeeded):
            clean(data, SEVEN, passwords=passwords)


def test_the_first_volume_of_a_7z_is_named_so():
    assert refused(seven()[:-20], SEVEN, name="a.7z.001") is ReasonCode.MULTI_VOLUME
    assert refused(seven()[:-20], SEVEN, name="a.7z") is ReasonCode.DAMAGED


# ---------------------------------------------------------------------------- rar


def rar4_block(kind: int, flags: int, body: bytes, data: bytes = b"") -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data


def rar4(name: bytes, data: bytes, *, main: int = 0, file: int = 0) -> bytes:
    body = struct.pack(
        "<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 33 << 16, 29, 0x30, len(name), 32
    )
    return (
        b"Rar!\x1a\x07\0" + rar4_block(0x73, main, bytes(6))
        + rar4_block(0x74, file | 0x8000, body + name, data) + rar4_block(0x7B, 0x4000, b"")
    )  # fmt: skip


def test_rar_is_read():
    assert clean(rar4(b"dir\\a.txt", TEXT), RAR).contents == {"dir/a.txt": TEXT}


def test_an_encrypted_rar_is_withheld_with_the_advice_to_send_a_zip():
    assert refused(rar4(b"a.txt", TEXT, file=4), RAR) is ReasonCode.ENCRYPTED_RAR
    assert refused(rar4(b"a.txt", TEXT, main=0x80), RAR) is ReasonCode.ENCRYPTED_RAR
    rar5 = b"Rar!\x1a\x07\x01\0" + bytes(4) + b"\x21\x04\0\0\0\x0f" + bytes(40)
    assert refused(rar5, RAR) is ReasonCode.ENCRYPTED_RAR


def test_one_volume_of_a_rar_is_named_so():
    assert refused(rar4(b"a.txt", TEXT, main=1), RAR) is ReasonCode.MULTI_VOLUME
    rar5 = b"Rar!\x1a\x07\x01\0" + bytes(4) + b"\x0b\x01\x05\x06\x01\x02" + bytes(40)
    assert refused(rar5, RAR) is ReasonCode.MULTI_VOLUME


# ---------------------------------------------------------------- cab, lzh and iso


def cab(name: bytes, data: bytes, *, attributes: int = 0x20, flags: int = 0) -> bytes:
    file = struct.pack("<IIHHHH", len(data), 0, 0, 0x21, 0, attributes) + name + b"\0"
    block = struct.pack("<IHH", 0, len(data), len(data)) + data
    start = 36 + 8 + len(file)
    folder = struct.pack("<IHH", start, 1, 0)
    head = struct.pack(
        "<4sIIIIIBBHHHHH", b"MSCF", 0, start + len(block), 0, 44, 0, 3, 1, 1, 1, flags, 0, 0
    )
    return head + folder + file + block


@pytest.mark.parametrize(("charset", "attributes"), [("cp932", 0x20), ("utf-8", 0xA0)])
def test_a_cabinet_is_read(charset, attributes):
    data = cab("資料\\表紙.txt".encode(charset), TEXT, attributes=attributes)
    assert clean(data, "application/vnd.ms-cab-compressed").contents == {"資料/表紙.txt": TEXT}


def test_one_cabinet_of_a_set_is_named_so():
    data = cab(b"a.txt", TEXT, flags=2)
    assert refused(data, "application/vnd.ms-cab-compressed") is ReasonCode.MULTI_VOLUME


def crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def lzh(name: bytes, data: bytes) -> bytes:
    body = b"-lh0-" + struct.pack("<IIHHBBB", len(data), len(data), 0, 0x21, 0x20, 0, len(name))
    body += name + struct.pack("<H", crc16(data))
    return bytes((len(body), sum(body) & 0xFF)) + body + data + b"\0"


def test_lzh_is_read():
    run = clean(lzh("表示\\能力.txt".encode("cp932"), TEXT), "application/x-lzh")
    assert run.contents == {"表示/能力.txt": TEXT}


def iso(name: str, data: bytes) -> bytes:
    """ECMA-119 with a Joliet tree: one file at the top, and its boot area full of bytes."""
    sector = 2048

    def both(n: int) -> bytes:
        return struct.pack("<I", n) + struct.pack(">I", n)

    def both2(n: int) -> bytes:
        return struct.pack("<H", n) + struct.pack(">H", n)

    def record(name_: bytes, place: int, size: int, flags: int) -> bytes:
        body = b"\0" + both(place) + both(size) + bytes(7) + bytes((flags, 0, 0)) + both2(1)
        body += bytes((len(name_),)) + name_ + (b"" if len(name_) % 2 else b"\0")
        return bytes((len(body) + 1,)) + body

    def volume(kind: int, escape: bytes, root: int) -> bytes:
        out = bytes((kind,)) + b"CD001\x01\0" + bytes(72)
        out += both(24) + escape.ljust(32, b"\0") + both2(1) + both2(1) + both2(sector) + both(10)
        out += (
            struct.pack("<II", 20, 0) + struct.pack(">II", 20, 0) + record(b"\0", root, sector, 2)
        )
        return (out.ljust(881, b" ") + b"\x01").ljust(sector, b"\0")

    def folder(own: int, entry: bytes) -> bytes:
        dots = record(b"\0", own, sector, 2) + record(b"\1", own, sector, 2)
        return (dots + entry).ljust(sector, b"\0")

    plain, joliet, content = 21, 22, 23
    return b"".join(
        (
            CANARY.ljust(16 * sector, b"\0"),
            volume(1, b"", plain),
            volume(2, b"%/E", joliet),
            (b"\xffCD001\x01").ljust(sector, b"\0"),
            bytes(sector),
            bytes(sector),
            folder(plain, record(b"A.TXT;1", content, len(data), 0)),
            folder(joliet, record(name.encode("utf-16-be"), content, len(data), 0)),
            data.ljust(sector, b"\0"),
        )
    )


def test_an_iso_image_is_read_by_its_joliet_names_and_its_boot_area_is_not():
    run = clean(iso("広報.txt", TEXT), "application/x-iso9660-image")
    assert run.contents == {"広報.txt": TEXT}
    assert CANARY not in run.assembled()
