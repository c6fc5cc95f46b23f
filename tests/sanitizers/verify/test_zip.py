"""The ZIP verifier: a frame without a byte to spare, and only verified files in it."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.limits import MAX_DEPTH
from sanitizers.verify import Rejected
from sanitizers.verify._zip_framing import content, parse
from sanitizers.verify.zip import ZipVerifier

ZipVerifier.warm()
TEXT = "こんにちは\r\n".encode()


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def local(name: bytes, packed: bytes, **changed: object) -> bytes:
    v = {"version": 20, "flags": 0x800, "method": 0, "time": 0, "date": 33,
         "crc": zlib.crc32(packed), "packed": len(packed), "size": len(packed),
         "extra": b""} | changed  # fmt: skip
    return struct.pack(
        "<4sHHHHHIIIHH", b"PK\x03\x04", v["version"], v["flags"], v["method"], v["time"],
        v["date"], v["crc"], v["packed"], v["size"], len(name), len(v["extra"]),
    ) + name + v["extra"] + packed  # fmt: skip


def central(name: bytes, packed: bytes, offset: int, **changed: object) -> bytes:
    v = {"made_by": 20, "version": 20, "flags": 0x800, "method": 0, "time": 0, "date": 33,
         "crc": zlib.crc32(packed), "packed": len(packed), "size": len(packed), "extra": b"",
         "comment": b"", "disk": 0, "internal": 0, "external": 0} | changed  # fmt: skip
    return struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", v["made_by"], v["version"], v["flags"],
        v["method"], v["time"], v["date"], v["crc"], v["packed"], v["size"], len(name),
        len(v["extra"]), len(v["comment"]), v["disk"], v["internal"], v["external"], offset,
    ) + name + v["extra"] + v["comment"]  # fmt: skip


def build(
    files: dict[bytes, bytes] | list[tuple[bytes, bytes]],
    *,
    both: dict[str, object] | None = None,
    only_local: dict[str, object] | None = None,
    only_central: dict[str, object] | None = None,
    gap: bytes = b"",
    end: dict[str, object] | None = None,
    after: bytes = b"",
    before: bytes = b"",
) -> bytes:
    body, directory = bytearray(before), bytearray()
    items = list(files.items()) if isinstance(files, dict) else files
    for name, data in items:
        directory += central(name, data, len(body), **(both or {}) | (only_central or {}))
        body += local(name, data, **(both or {}) | (only_local or {})) + gap
    v = {"disk": 0, "count": len(items), "size": len(directory), "at": len(body),
         "comment": b""} | (end or {})  # fmt: skip
    return bytes(body + directory) + struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", v["disk"], v["disk"], v["count"], v["count"], v["size"],
        v["at"], len(v["comment"]),
    ) + v["comment"] + after  # fmt: skip


def verify(data: bytes) -> None:
    ZipVerifier().verify(memoryview(data))


def test_an_archive_of_verified_files_passes():
    verify(build({"資料/".encode(): b"", "資料/読んで.txt".encode(): TEXT}))
    verify(build({}))
    packed = {"method": 8, "crc": zlib.crc32(TEXT), "size": len(TEXT)}
    verify(build({b"a.txt": deflated(TEXT)}, both=packed))


def test_an_archive_in_an_archive_passes_down_to_the_depth_of_a_tree():
    data = build({b"a.txt": TEXT})
    for _ in range(MAX_DEPTH):
        data = build({b"a.zip": data})
    verify(data)
    with pytest.raises(Rejected):
        verify(build({b"a.zip": data}))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (b"a.exe", TEXT), (b"a.txt", b"MZ\x90\0"), (b"a.png", TEXT), (b"a", TEXT),
        (b".txt", TEXT), (b"a.zip", TEXT), (b"a.TXT", TEXT), (b"a.pdf", TEXT), (b"a.eml", b"x"),
        (b"a.txt.exe", TEXT),
    ],
)  # fmt: skip
def test_a_file_that_no_verifier_accepts_is_rejected(name, data):
    with pytest.raises(Rejected):
        verify(build({name: data}))
    with pytest.raises(Rejected):
        verify(build({b"in.zip": build({name: data})}))


CANARY = b"CANARY"


@pytest.mark.parametrize(
    "data",
    [
        build({b"a.txt": TEXT}, before=CANARY),
        build({b"a.txt": TEXT}, gap=CANARY),
        build({b"a.txt": TEXT}, after=CANARY),
        build({b"a.txt": TEXT}, end={"comment": CANARY}),
        build({b"a.txt": TEXT}, end={"disk": 1}),
        build({b"a.txt": TEXT}, end={"count": 2}),
        build({b"a.txt": TEXT}, only_local={"extra": CANARY}),
        build({b"a.txt": TEXT}, only_central={"extra": CANARY}),
        build({b"a.txt": TEXT}, only_central={"comment": CANARY}),
        build({b"a.txt": TEXT}, only_central={"internal": 1}),
        build({b"a.txt": TEXT}, only_central={"external": 0o777 << 16}),
        build({b"a.txt": TEXT}, only_central={"external": 0x10}),
        build({b"a.txt": TEXT}, only_central={"made_by": 63}),
        build({b"a.txt": TEXT}, only_central={"disk": 1}),
        build({b"a.txt": TEXT}, only_central={"crc": 1}),
        build({b"a.txt": TEXT}, only_local={"crc": 1}),
        build({b"a.txt": TEXT}, only_local={"method": 8}),
        build({b"a.txt": TEXT}, both={"crc": 1}),
        build({b"a.txt": TEXT}, both={"size": 5}),
        build({b"a.txt": TEXT}, both={"time": 1}),
        build({b"a.txt": TEXT}, both={"date": 34}),
        build({b"a.txt": TEXT}, both={"version": 45}),
        build({b"a.txt": TEXT}, both={"flags": 0x801}),
        build({b"a.txt": TEXT}, both={"flags": 0x808}),
        build({b"a.txt": TEXT}, both={"method": 12}),
        build({b"a.txt": deflated(TEXT) + CANARY},
              both={"method": 8, "crc": zlib.crc32(TEXT), "size": len(TEXT)}),
        build({b"a.txt": deflated(TEXT)[:-1]},
              both={"method": 8, "crc": zlib.crc32(TEXT), "size": len(TEXT)}),
        build({b"a.txt": deflated(TEXT)},
              both={"method": 8, "crc": zlib.crc32(TEXT), "size": len(TEXT) - 1}),
        build({b"d/": CANARY}),
        build({"é.txt".encode(): TEXT}, both={"flags": 0}),
        build({"é.txt".encode("latin-1"): TEXT}),
    ],
)  # fmt: skip
def test_nothing_but_the_one_form_passes(data):
    with pytest.raises(Rejected):
        verify(data)


@pytest.mark.parametrize(
    "name",
    ["/a.txt", "../a.txt", "a/../b.txt", "a//b.txt", "./a.txt", "a\\b.txt", "C:a.txt", "a:b.txt",
     "CON.txt", "com1/a.txt", "a./b.txt", "a /b.txt", " a.txt", "a\u202e.txt", "a\x07.txt",
     "a\r\n.txt", "a\t.txt", "\ufeffa.txt", "a\u200b.txt", "a?.txt", "長" * 90 + ".txt", "/"],
)  # fmt: skip
def test_no_name_leads_elsewhere_or_deceives(name):
    with pytest.raises(Rejected):
        verify(build({name.encode(): TEXT}))


@pytest.mark.parametrize(
    "names",
    [["a.txt", "a.txt"], ["a.txt", "A.TXT"], ["が.txt", "か\u3099.txt"], ["a.txt", "a.txt/b.txt"],
     ["a.txt/b.txt", "A.txt"], ["d/", "D/"]],
)  # fmt: skip
def test_no_two_entries_are_one_file(names):
    files = [(name.encode(), b"" if name.endswith("/") else TEXT) for name in names]
    with pytest.raises(Rejected):
        verify(build(files))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_byte_never_passes_unseen(data):
    good = build({b"d/": b"", b"d/a.txt": TEXT})
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    try:
        entries = parse(memoryview(bytes(bad)))
        contents = [bytes(content(memoryview(bytes(bad)), e)) for e in entries if not e.folder]
    except Rejected:
        return
    # Only a name, said the same twice, or made_by and attributes have a second valid form.
    assert contents == [TEXT]


@given(st.binary(max_size=200))
def test_garbage_is_rejected(data):
    with pytest.raises(Rejected):
        verify(data)
    with pytest.raises(Rejected):
        verify(b"PK\x03\x04" + data)
