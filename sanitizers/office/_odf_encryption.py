"""Encrypted OpenDocument packages opened with a password (ODF 1.3 part 2, 3.4), in memory.

Keys come from PBKDF2; the ciphers are AES-256 in CBC, as OpenOffice 3.4, LibreOffice 3.5 and
later write it, and Blowfish in CFB of ODF 1.0 and 1.1. Each file of the package is encrypted
by itself; the manifest says how, and nothing of it is used but numbers within bounds. What
is encrypted as a whole (LibreOffice 24.8: AES-GCM, Argon2) is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from sanitizers import xmltree
from sanitizers.findings import Findings
from sanitizers.office._package import MAX_PART, MAX_UNPACKED, Package
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from sanitizers.xmltree import Element

MAX_ITERATIONS: Final = 1_000_000  # of PBKDF2; LibreOffice writes 100,000
MAX_FILES: Final = 2_000  # encrypted files of one package: each costs a key
#: Iterations of all files with one password; 2 million a second.
MAX_WORK: Final = 30_000_000
MAX_PASSWORD: Final = 255
_MANIFEST: Final = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_NAMES: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0#"
_PBKDF2: Final = ("PBKDF2", _NAMES + "pbkdf2")


def _aes(key: bytes, vector: bytes, data: bytes) -> bytes:
    """The bytes, or b"" when the padding of XML Encryption (5.2) is not right."""
    decryptor = Cipher(AES(key), CBC(vector)).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    return plain[: -plain[-1]] if 0 < plain[-1] <= _AES_BLOCK else b""


def _blowfish(key: bytes, vector: bytes, data: bytes) -> bytes:
    decryptor = Cipher(Blowfish(key), CFB(vector)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


_AES_BLOCK: Final = 16


@dataclass(frozen=True, slots=True)
class _Method:
    """A cipher with the hash that goes with it, for the start of the key and as a checksum."""

    start: str
    key_size: int
    vector: int  # bytes
    block: int  # bytes; the length of a file is a multiple of it
    opened: Callable[[bytes, bytes, bytes], bytes]


_SHA256: Final = _Method("sha256", 32, _AES_BLOCK, _AES_BLOCK, _aes)
_SHA1: Final = _Method("sha1", 16, 8, 1, _blowfish)
#: 4.8.2, 4.8.13, 4.8.3: cipher, hash of the password, checksum of the first kilobyte.
_METHODS: Final = {
    ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", start, checksum): _SHA256
    for start in ("http://www.w3.org/2000/09/xmldsig#sha256",
                  "http://www.w3.org/2001/04/xmlenc#sha256")
    for checksum in (_NAMES + "sha256-1k",)
} | {
    (cipher, start, checksum): _SHA1
    for cipher in ("Blowfish CFB", _NAMES + "blowfish")
    for start in ("", "SHA1", "http://www.w3.org/2000/09/xmldsig#sha1")
    for checksum in ("SHA1/1K", _NAMES + "sha1-1k")
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Locked:
    part: str
    method: _Method
    size: int
    vector: bytes
    salt: bytes
    iterations: int
    checksum: bytes


def warm() -> None:
    """Run the cipher and the hashes once."""
    for method in (_SHA256, _SHA1):
        hashlib.new(method.start, b"").digest()
        key = hashlib.pbkdf2_hmac("sha1", b"", b"", 1, method.key_size)
        method.opened(key, bytes(method.vector), bytes(_AES_BLOCK))


def decrypted(
    package: Package, passwords: Sequence[str]
) -> list[tuple[str, bytes | memoryview, bool]] | None:
    """The files of an encrypted package without their encryption; None when it has none.

    Raises:
        PasswordNeeded: no password opens it.
        Withheld: ENCRYPTED when the cipher is another; DAMAGED; ARCHIVE_BOMB.
    """
    if "encrypted-package" in package:
        raise Withheld(ReasonCode.ENCRYPTED, "encrypted as a whole")
    if "META-INF/manifest.xml" not in package:
        return None
    raw = package.read("META-INF/manifest.xml")
    if b"encryption-data" not in raw:
        return None
    root = xmltree.parse_part(raw, Findings(), "manifest")
    locked = {
        found.part: found
        for entry in root.iterfind(_MANIFEST + "file-entry")
        if (found := _locked(entry)) is not None and found.part in package
    }
    if not locked:
        return None
    if len(locked) > MAX_FILES or sum(f.iterations for f in locked.values()) > MAX_WORK:
        raise Withheld(ReasonCode.ENCRYPTED, "too much work")
    first = min(locked.values(), key=lambda found: found.size)
    for password in passwords:
        if 0 < len(password) <= MAX_PASSWORD:
            word = password.encode("utf-8", "replace")
            if _opened(package, first, word) is not None:
                return _files(package, locked, word)
    raise PasswordNeeded("no password opens it")


def _files(
    package: Package, locked: dict[str, _Locked], password: bytes
) -> list[tuple[str, bytes | memoryview, bool]]:
    files: list[tuple[str, bytes | memoryview, bool]] = []
    total = 0
    for part in sorted(package.names(), key=lambda part: part != "mimetype"):
        if not part.isascii() or part.startswith("META-INF/"):
            continue
        data = _opened(package, locked[part], password) if part in locked else package.read(part)
        if data is None:
            raise Withheld(ReasonCode.DAMAGED, "a file with another password")
        total += len(data)
        if total > MAX_UNPACKED:
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "unpacked size of all parts")
        files.append((part, data, part != "mimetype"))
    return files


def _locked(entry: Element) -> _Locked | None:
    """How one file is encrypted (4.4 to 4.8), or None when it is not."""
    data = entry.find(_MANIFEST + "encryption-data")
    if data is None:
        return None
    algorithm = data.find(_MANIFEST + "algorithm")
    derivation = data.find(_MANIFEST + "key-derivation")
    start = data.find(_MANIFEST + "start-key-generation")
    if algorithm is None or derivation is None:
        raise Withheld(ReasonCode.ENCRYPTED, "a cipher that is not known")
    method = _METHODS.get(
        (
            algorithm.get(_MANIFEST + "algorithm-name", ""),
            "" if start is None else start.get(_MANIFEST + "start-key-generation-name", ""),
            data.get(_MANIFEST + "checksum-type", ""),
        )
    )
    if (
        method is None
        or derivation.get(_MANIFEST + "key-size", str(method.key_size)) != str(method.key_size)
        or derivation.get(_MANIFEST + "key-derivation-name") not in _PBKDF2
    ):
        raise Withheld(ReasonCode.ENCRYPTED, "a cipher that is not known")
    try:
        found = _Locked(
            part=entry.get(_MANIFEST + "full-path", ""),
            method=method,
            size=int(entry.get(_MANIFEST + "size", "")),
            vector=_decoded(algorithm, "initialisation-vector"),
            salt=_decoded(derivation, "salt"),
            iterations=int(derivation.get(_MANIFEST + "iteration-count", "")),
            checksum=_decoded(data, "checksum"),
        )
    except (ValueError, binascii.Error) as error:
        raise Withheld(ReasonCode.DAMAGED, "encryption data") from error
    if (
        len(found.vector) != method.vector
        or not 0 < len(found.salt) <= 64
        or not 0 < found.iterations <= MAX_ITERATIONS
        or not 0 <= found.size <= MAX_PART
    ):
        raise Withheld(ReasonCode.DAMAGED, "encryption data")
    return found


def _decoded(element: Element, attribute: str) -> bytes:
    return base64.b64decode(element.get(_MANIFEST + attribute, ""), validate=True)


def _opened(package: Package, locked: _Locked, password: bytes) -> bytes | None:
    """The bytes of one file, or None when the key is not right."""
    packed = package.read(locked.part)
    method = locked.method
    if not packed or len(packed) % method.block:
        raise Withheld(ReasonCode.DAMAGED, "length of an encrypted file")
    start = hashlib.new(method.start, password).digest()
    key = hashlib.pbkdf2_hmac("sha1", start, locked.salt, locked.iterations, method.key_size)
    plain = method.opened(key, locked.vector, packed)
    if hashlib.new(method.start, plain[:1024]).digest() != locked.checksum:
        return None
    stream = zlib.decompressobj(-15)
    try:
        data = stream.decompress(plain, locked.size + 1)
    except zlib.error as error:
        raise Withheld(ReasonCode.DAMAGED, "deflate stream") from error
    if len(data) != locked.size:
        raise Withheld(ReasonCode.DAMAGED, "size of an encrypted file")
    return data
