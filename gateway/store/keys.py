"""The private keys: how they are made once, and how a wrong or missing one is noticed.

`worker.key` (private, workers only), `worker.pub` (Internet side), `hops.key` (workers).
They are made only for a new installation. Over existing data a missing or other key
stops the start: a key made anew would lock all originals for ever.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.config import Config
from gateway.store.errors import KeyMissing
from gateway.store.keyfiles import KEY_BYTES, files, fingerprint, read
from gateway.store.keyfiles import public_key as public_key  # for whoever checks all of them


def create(config: Config) -> str:
    """Make all keys of a new installation; returns the fingerprint of the public one.

    A private key that lies there already (made by an earlier, interrupted start) is kept.
    """
    paths = files(config)
    if paths.private.exists():
        private = X25519PrivateKey.from_private_bytes(read(paths.private))
    else:
        private = X25519PrivateKey.generate()
        raw = private.private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        )
        _write(paths.private, raw)
    public = private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    if not paths.public.exists():
        _write(paths.public, public)
    if not paths.hops.exists():
        _write(paths.hops, secrets.token_bytes(KEY_BYTES))
    return fingerprint(public)


def check(config: Config, expected: str) -> None:
    """Whether the keys belong to the data.

    Raises:
        KeyMissing: one is missing, or the pair is another one.
    """
    public = public_key(config)
    private = X25519PrivateKey.from_private_bytes(private_key(config))
    ours = private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    hops_key(config)
    if ours != public or fingerprint(public) != expected:
        raise KeyMissing(
            f"{files(config).private} is not the key of this data; put the right one back"
        )


def private_key(config: Config) -> bytes:
    """The workers' private key, 32 bytes (worker processes only)."""
    return read(files(config).private)


def hops_key(config: Config) -> bytes:
    """The key of X-Mugaika-Hops, 32 bytes (worker processes only)."""
    return read(files(config).hops)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(path.suffix + ".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
