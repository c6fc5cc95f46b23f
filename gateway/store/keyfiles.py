"""Where the keys lie, and the public one: all that the Internet side may know of them.

`worker.pub` is read here; nothing here reads a private key, and nothing that the Internet
or LGWAN role imports does (the import contracts hold that).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from gateway.config import Config
from gateway.store.errors import KeyMissing
from gateway.store.tables import meta

KEY_BYTES: Final = 32
FINGERPRINT: Final = "key_fingerprint"  # its row in `meta`
_EXPECTED: Final = select(meta.c.value).where(meta.c.key == FINGERPRINT)


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Paths of one installation's keys."""

    private: Path
    public: Path
    hops: Path


def files(config: Config) -> KeyFiles:
    """Where the keys lie."""
    folder = config.data_dir / "keys"
    private = Path(config.keys.file) if config.keys.file else folder / "worker.key"
    return KeyFiles(private, private.with_suffix(".pub"), folder / "hops.key")


def public_key(config: Config) -> bytes:
    """The workers' public key, 32 bytes.

    Raises:
        KeyMissing: it is not there or not a key.
    """
    return read(files(config).public)


def require_same(connection: Connection, public: bytes) -> None:
    """Refuse a key that is not the one of the data: what it seals nobody could open.

    Raises:
        KeyMissing: the pair was changed since the start, or the store was not prepared.
    """
    expected = connection.execute(_EXPECTED).scalar()
    if expected != fingerprint(public):
        raise KeyMissing("worker.pub is not the key of this data; put the right one back")


def fingerprint(public: bytes) -> str:
    """Hex sha256 of the public key, kept in the database beside the data it wraps."""
    return hashlib.sha256(public).hexdigest()


def read(path: Path) -> bytes:
    """The 32 bytes of a key file.

    Raises:
        KeyMissing: it is not there or not a key.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyMissing(f"{path}: {error.strerror}; put the right key back") from None
    if len(data) != KEY_BYTES:
        raise KeyMissing(f"{path}: not a key")
    return data
