"""The public half of the key scheme: what the Internet side holds.

Every original has its own data key (AES-256-GCM in chunks), wrapped to the workers'
X25519 public key. Whoever has only this module and the public key can make originals
but never read one. Authenticated with each chunk: item id, chunk index, last-chunk flag.
"""

from __future__ import annotations

import secrets
import struct
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK: Final = 1 << 20  # plain bytes of one chunk
TAG: Final = 16
MAGIC: Final = b"MGO1"
PREFIX: Final = 8  # random bytes of the nonce, per item
_WRAP_INFO: Final = b"mugaika original key v1"
_RAW: Final = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def nonce(prefix: bytes, index: int) -> bytes:
    """96 bits: the item's random prefix and the chunk's index."""
    return prefix + struct.pack(">I", index)


def associated(item_id: str, index: int, last: bool) -> bytes:
    """What is authenticated beside a chunk's bytes."""
    return f"{item_id}:{index}:{int(last)}".encode("ascii")


def wrapping_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    """The key that wraps a data key (HKDF-SHA256 over the X25519 secret)."""
    return HKDF(hashes.SHA256(), 32, salt=ephemeral + recipient, info=_WRAP_INFO).derive(shared)


class Sealing:
    """One original being encrypted as it comes."""

    def __init__(self, item_id: str, public_key: X25519PublicKey) -> None:
        self._item_id = item_id
        key = secrets.token_bytes(32)
        self._cipher = AESGCM(key)
        self._prefix = secrets.token_bytes(PREFIX)
        self._index = 0
        self._buffer = bytearray()
        ephemeral = X25519PrivateKey.generate()
        ours = ephemeral.public_key().public_bytes(*_RAW)
        theirs = public_key.public_bytes(*_RAW)
        wrap = AESGCM(wrapping_key(ephemeral.exchange(public_key), ours, theirs))
        # A wrapping key is used once, so a constant nonce never repeats under it.
        self.wrapped = ours + wrap.encrypt(bytes(12), key, item_id.encode("ascii"))

    @property
    def header(self) -> bytes:
        """What stands before the first chunk."""
        return MAGIC + self._prefix

    def update(self, data: bytes | memoryview) -> bytes:
        """Encrypt what makes whole chunks; the rest waits for more or for `finish`."""
        self._buffer += data
        out = bytearray()
        # A chunk is sealed only when more follows: the last one carries its flag.
        while len(self._buffer) > CHUNK:
            out += self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return bytes(out)

    def finish(self) -> bytes:
        """The last chunk (it may be empty)."""
        return self._seal(bytes(self._buffer), last=True)

    def _seal(self, chunk: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(
            nonce(self._prefix, self._index), chunk, associated(self._item_id, self._index, last)
        )
        self._index += 1
        return sealed


def load_public(data: bytes) -> X25519PublicKey:
    """The workers' public key from its 32 raw bytes."""
    return X25519PublicKey.from_public_bytes(data)
