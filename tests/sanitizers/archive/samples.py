"""Archives made by code: ordinary ones by their libraries, hostile ones byte by byte."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field

from sanitizers.limits import MB, Limits
from sanitizers.model import Cleaned, Job, Member, Outcome, Rebuilt, Sanitizer, Split
from sanitizers.reasons import ReasonCode
from sanitizers.registry import sanitizers_of

SANITIZERS = sanitizers_of("archive")
for _sanitizer in SANITIZERS.values():
    _sanitizer.warm()

CANARY = b"CANARY-7f3a91"
ZIP = "application/zip"


@dataclass(kw_only=True)
class E:
    """One entry of a hand-made ZIP; what is left out is consistent."""

    name: bytes
    data: bytes = b""
    method: int = 0
    packed: bytes | None = None
    flags: int = 0
    local_name: bytes | None = None
    local_method: int | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    comment: bytes = b""
    made_by: int = 20
    attributes: int = 0
    before: bytes = b""
    time: int = 0
    offset: int | None = field(default=None)


def make_zip(
    *entries: E, before: bytes = b"", comment: bytes = b"", after: bytes = b"", disk: int = 0
) -> bytes:
    """A ZIP of `entries`, with whatever is wrong in them."""
    body = bytearray(before)
    directory = bytearray()
    for e in entries:
        body += e.before
        packed = e.packed
        if packed is None:
            packed = e.data
            if e.method == 8:
                compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
                packed = compressor.compress(e.data) + compressor.flush()
        size = len(e.data) if e.size is None else e.size
        crc = zlib.crc32(e.data) if e.crc is None else e.crc
        offset = len(body) - len(before) if e.offset is None else e.offset
        name = e.name if e.local_name is None else e.local_name
        method = e.method if e.local_method is None else e.local_method
        body += struct.pack(
            "<4sHHHHHIIIHH", b"PK\x03\x04", 20, e.flags, method, e.time, 33, crc, len(packed),
            size, len(name), len(e.local_extra),
        ) + name + e.local_extra + packed  # fmt: skip
        directory += struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", e.made_by, 20, e.flags, e.method, e.time, 33,
            crc, len(packed), size, len(e.name), len(e.extra), len(e.comment), 0, 0, e.attributes,
            offset,
        ) + e.name + e.extra + e.comment  # fmt: skip
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", disk, disk, len(entries), len(entries), len(directory),
        len(body) - len(before), len(comment),
    )  # fmt: skip
    return bytes(body + directory + end + comment + after)


def library_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP as the standard library writes it; names ending in "/" are folders."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def make_tar(*members: tuple[tarfile.TarInfo, bytes], format_: int = tarfile.PAX_FORMAT) -> bytes:
    """A TAR of these headers and contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_file(name: str, data: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    """An ordinary member of `make_tar`."""
    return tarfile.TarInfo(name), data


def zip_crypto(plain: bytes, password: bytes, check: int) -> bytes:
    """APPNOTE 6.1: the traditional encryption of a compressed stream."""
    keys = [0x12345678, 0x23456789, 0x34567890]
    table = list(range(256))

    def step(crc: int, byte: int) -> int:
        return crc >> 8 ^ table[(crc ^ byte) & 0xFF]

    def update(byte: int) -> None:
        keys[0] = step(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = step(keys[2], keys[1] >> 24)

    for n in range(256):  # the table by its definition
        value = n
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table[n] = value
    for byte in password:
        update(byte)
    out = bytearray()
    for byte in bytes(11) + bytes((check,)) + plain:
        key = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (key * (key ^ 1) >> 8 & 0xFF))
        update(byte)
    return bytes(out)


@dataclass(frozen=True)
class Run:
    """What `clean` made of an archive."""

    split: Split
    out: bytes
    job: Job
    sanitizer: Sanitizer

    @property
    def contents(self) -> dict[str, bytes]:
        """Path → bytes of the members that go on."""
        return {
            path(m): self.out[m.offset : m.offset + m.size]
            for m in self.split.members
            if not m.withheld
        }

    @property
    def withheld(self) -> dict[str, str]:
        """Path → reason of the members that do not."""
        return {path(m): m.withheld for m in self.split.members if m.withheld}

    @property
    def findings(self) -> set[tuple[str, str]]:
        """(kind, action) of everything reported."""
        return {(f.kind.value, f.action.value) for f in self.split.findings}

    def assembled(self, **changed: bytes | ReasonCode) -> bytes:
        """The ZIP written of the members, as if each had crossed as it is."""
        rebuilt = []
        for m in self.split.members:
            became = changed.get(m.name, self.out[m.offset : m.offset + m.size])
            code = ReasonCode(m.withheld) if m.withheld else None
            if isinstance(became, ReasonCode):
                code = became
            rebuilt.append(
                Rebuilt(
                    name=m.name,
                    folder=m.folder,
                    media_type="text/plain",
                    outcome=Outcome.WITHHELD if code else Outcome.CLEAN,
                    reason=code,
                    data=None if code else memoryview(bytes(became)),
                )
            )
        out = io.BytesIO()
        cleaned = self.sanitizer.assemble(self.job, rebuilt, out)
        assert isinstance(cleaned, Cleaned)
        assert (cleaned.media_type, cleaned.extension) == (ZIP, ".zip")
        return out.getvalue()


def path(member: Member) -> str:
    """Where a member lay."""
    return f"{member.folder}/{member.name}" if member.folder else member.name


def clean(
    data: bytes,
    media_type: str = ZIP,
    *,
    name: str = "a.zip",
    passwords: tuple[str, ...] = (),
    budget: int = 300 * MB,
) -> Run:
    """Take `data` apart."""
    job = Job(
        data=memoryview(data),
        name=name,
        media_type=media_type,
        passwords=passwords,
        limits=Limits(output_bytes=budget),
    )
    out = io.BytesIO()
    sanitizer = SANITIZERS[media_type]
    split = sanitizer.clean(job, out)
    assert isinstance(split, Split)
    return Run(split, out.getvalue(), job, sanitizer)
