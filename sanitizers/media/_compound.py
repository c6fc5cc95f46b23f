"""Reads one stream of an OLE2 compound file, bounded. Nothing else of the file is looked at."""

from __future__ import annotations

import io
from typing import Final

import olefile  # type: ignore[import-untyped]

from sanitizers.media._text import MAX_BYTES
from sanitizers.reasons import ReasonCode, Withheld

_MAX_STREAMS: Final = 2_000  # of one storage that are listed


class Compound:
    """An opened compound file.

    Raises:
        Withheld: DAMAGED, when its directory cannot be read.
    """

    def __init__(self, data: memoryview) -> None:
        try:
            self._file = olefile.OleFileIO(io.BytesIO(data))
        except (OSError, ValueError) as error:
            raise Withheld(ReasonCode.DAMAGED, "compound file") from error

    def names(self, storage: str) -> list[str]:
        """Names of the streams in a storage of the root."""
        found = [path[1] for path in self._file.listdir() if len(path) == 2 and path[0] == storage]
        return found[:_MAX_STREAMS]

    def read(self, *path: str) -> bytes | None:
        """The bytes of a stream, or None when there is none.

        Raises:
            Withheld: DAMAGED, or TOO_LARGE.
        """
        try:
            if not self._file.exists(list(path)):
                return None
            if self._file.get_size(list(path)) > MAX_BYTES:
                raise Withheld(ReasonCode.TOO_LARGE, "stream")
            data: bytes = self._file.openstream(list(path)).read()
        except (OSError, ValueError) as error:
            raise Withheld(ReasonCode.DAMAGED, "stream") from error
        return data
