"""The private half of the key scheme: only worker processes import this.

A chunk that was changed, moved, dropped, added or taken from another item fails its
authentication, and the original counts as corrupt: nothing of it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.store.errors import Corrupt
from gateway.store.sealing import CHUNK, MAGIC, PREFIX, TAG, associated, nonce, wrapping_key

_SEALED = CHUNK + TAG


def load_private(data: bytes) -> X25519PrivateKey:
    """The workers' private key from its 32 raw bytes."""
    return X25519PrivateKey.from_private_bytes(data)


def unwrap(wrapped: bytes, item_id: str, private_key: X25519PrivateKey) -> bytes:
    """The data key of one original.

    Raises:
        Corrupt: not wrapped to this key, for this item.
    """
    ephemeral, sealed = wrapped[:32], wrapped[32:]
    ours = private_key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    try:
        shared = private_key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        key = wrapping_key(shared, ephemeral, ours)
        return AESGCM(key).decrypt(bytes(12), sealed, item_id.encode("ascii"))
    except (InvalidTag, ValueError) as error:
        raise Corrupt("the data key does not open") from error


def unseal(pieces: Iterable[bytes], item_id: str, data_key: bytes) -> Iterator[bytes]:
    """Decrypt an original chunk by chunk.

    Raises:
        Corrupt: at the first byte that is not what was written, or a missing end.
    """
    cipher = AESGCM(data_key)
    buffer = bytearray()
    prefix: bytes | None = None
    index = 0
    for piece in pieces:
        buffer += piece
        if prefix is None:
            if len(buffer) < len(MAGIC) + PREFIX:
                continue
            if buffer[: len(MAGIC)] != MAGIC:
                raise Corrupt("not an original")
            prefix = bytes(buffer[len(MAGIC) : len(MAGIC) + PREFIX])
            del buffer[: len(MAGIC) + PREFIX]
        while len(buffer) > _SEALED:
            yield _open(cipher, prefix, item_id, index, bytes(buffer[:_SEALED]), last=False)
            del buffer[:_SEALED]
            index += 1
    if prefix is None:
        raise Corrupt("cut short")
    yield _open(cipher, prefix, item_id, index, bytes(buffer), last=True)


def _open(
    cipher: AESGCM, prefix: bytes, item_id: str, index: int, sealed: bytes, *, last: bool
) -> bytes:
    try:
        return cipher.decrypt(nonce(prefix, index), sealed, associated(item_id, index, last))
    except InvalidTag as error:
        raise Corrupt(f"chunk {index} is not what was written") from error
