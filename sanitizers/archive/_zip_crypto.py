"""Opens encrypted ZIP entries: ZipCrypto (APPNOTE 6.1) and WinZip's AES (AE-1, AE-2).

What comes out is the entry's compressed data, never its content: the sizes and checks of
`_zip_data` hold for encrypted entries as for others. An AES entry is authenticated before
it is decrypted, so a wrong password or a changed byte never reaches a decompressor.
ZipCrypto has one check byte; the CRC of the content is what decides there.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import struct
from collections.abc import Iterator
from typing import Final

from Cryptodome.Cipher import AES
from Cryptodome.Util import Counter

from sanitizers.archive import _libarchive
from sanitizers.archive._entry import EntryWithheld
from sanitizers.archive._zip_directory import Listed
from sanitizers.reasons import ReasonCode

_MAC_SIZE: Final = 10  # WinZip, "AES Encryption Information", II.D
_VERIFIER_SIZE: Final = 2  # II.C
_ITERATIONS: Final = 1_000  # III.A
_HEADER_SIZE: Final = 12  # APPNOTE 6.1.3
#: AES strength → bytes of salt and key (II.B, III.A).
_SIZES: Final = {1: (8, 16), 2: (12, 24), 3: (16, 32)}


def encodings(password: str) -> tuple[bytes, ...]:
    """The bytes that programs make of a password: UTF-8, and CP932 on Japanese Windows."""
    candidates = [password.encode("utf-8", "surrogatepass")]
    with contextlib.suppress(UnicodeEncodeError):  # old programs could not have taken it
        candidates.append(password.encode("cp932"))
    return tuple(dict.fromkeys(c for c in candidates if c and b"\0" not in c))


def opened(data: memoryview, entry: Listed, passwords: tuple[str, ...]) -> Iterator[bytes]:
    """The entry's compressed data as each password that may be right gives it, best first.

    Raises:
        EntryWithheld: encrypted in a way that nothing here can open.
    """
    packed = data[entry.offset : entry.offset + entry.packed]
    if entry.strong:
        raise EntryWithheld(ReasonCode.ENCRYPTED)
    for password in passwords:
        for encoded in encodings(password):
            plain = (
                _open_aes(packed, entry.aes[1], encoded)
                if entry.aes
                else _open_traditional(packed, entry.check_byte, encoded)
            )
            if plain is not None:
                yield plain


def _open_aes(packed: memoryview, strength: int, password: bytes) -> bytes | None:
    salt_size, key_size = _SIZES[strength]
    start = salt_size + _VERIFIER_SIZE
    if len(packed) < start + _MAC_SIZE:
        raise EntryWithheld(ReasonCode.DAMAGED)
    keys = hashlib.pbkdf2_hmac(
        "sha1", password, bytes(packed[:salt_size]), _ITERATIONS, 2 * key_size + _VERIFIER_SIZE
    )
    if keys[2 * key_size :] != bytes(packed[salt_size:start]):
        return None
    body = packed[start : len(packed) - _MAC_SIZE]
    mac = hmac.new(keys[key_size : 2 * key_size], body, hashlib.sha1).digest()[:_MAC_SIZE]
    if not hmac.compare_digest(mac, bytes(packed[len(packed) - _MAC_SIZE :])):
        return None
    counter = Counter.new(128, initial_value=1, little_endian=True)
    return AES.new(keys[:key_size], AES.MODE_CTR, counter=counter).decrypt(body)


def _open_traditional(packed: memoryview, check_byte: int, password: bytes) -> bytes | None:
    """ZipCrypto by libarchive: an archive of one stored entry is written around the data."""
    if len(packed) < _HEADER_SIZE:
        raise EntryWithheld(ReasonCode.DAMAGED)
    size = len(packed) - _HEADER_SIZE
    wrapped = wrap(packed, method=0, flags=1, crc=check_byte << 24, size=size)
    try:
        with _libarchive.Reading(
            wrapped, "zip_seekable", passphrase=password, options=b"zip:ignorecrc32"
        ) as archive:
            for _ in archive.headers():
                plain = b"".join(bytes(block) for block in archive.blocks())
                return plain if len(plain) == size else None
    except (_libarchive.LibarchiveError, _libarchive.EntryError):
        return None  # the check byte differs
    return None


def wrap(packed: memoryview | bytes, *, method: int, flags: int, crc: int, size: int) -> bytes:
    """A ZIP of one entry "a" around compressed data (APPNOTE 4.3.7, 4.3.12, 4.3.16)."""
    same = struct.pack("<HHHHHIIIH", 63, flags, method, 0, 0x21, crc, len(packed), size, 1)
    local = b"PK\x03\x04" + same + b"\0\0a"
    central = b"PK\x01\x02" + struct.pack("<H", 63) + same + bytes(12) + bytes(4) + b"a"
    start = len(local) + len(packed)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), start, 0)
    return b"".join((local, packed, central, end))


def warm() -> None:
    """Run each primitive once: their parts are loaded on first use."""
    _open_aes(memoryview(bytes(32)), 3, b"-")
    key = hashlib.pbkdf2_hmac("sha1", b"-", bytes(8), 1, 16)
    hmac.new(key, b"", hashlib.sha1).digest()
    AES.new(key, AES.MODE_CTR, counter=Counter.new(128, little_endian=True)).decrypt(b"-")
    "a".encode("cp932")
