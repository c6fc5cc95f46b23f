"""What can go wrong in the store: a stable code, a private text."""

from __future__ import annotations

from typing import ClassVar


class StoreError(Exception):
    """Base. Temporary unless a subclass says otherwise."""

    code: ClassVar[str] = "store_error"


class StoreFull(StoreError):
    """No room on the disk; nothing of the refused write is kept."""

    code = "store_full"


class StoreUnavailable(StoreError):
    """The database or the disk refused; nothing of the refused write is kept."""

    code = "store_unavailable"


class SchemaMismatch(StoreError):
    """The database belongs to another version of the product."""

    code = "schema_mismatch"


class KeyMissing(StoreError):
    """A key is missing or is not the one that belongs to the data. It is never made anew."""

    code = "key_missing"


class OriginalGone(StoreError):
    """The original was destroyed or never existed (permanent)."""

    code = "original_gone"


class Corrupt(StoreError):
    """Bytes are not what was written (permanent)."""

    code = "corrupt"
