"""Cabinets ([MS-CAB]): MSZIP, LZX and stored; one of a set is withheld."""

from __future__ import annotations

from typing import Final

from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._streaming import StreamingReader
from sanitizers.model import Job
from sanitizers.reasons import ReasonCode, Withheld

_FLAGS_AT: Final = 30  # [MS-CAB] 2.1, CFHEADER.flags
_OF_A_SET: Final = 0x0003  # cfhdrPREV_CABINET, cfhdrNEXT_CABINET


def _check(job: Job) -> None:
    """One cabinet of a set holds parts of files only.

    Raises:
        Withheld: it is one.
    """
    head = bytes(job.data[: _FLAGS_AT + 2])
    if head.startswith(b"MSCF") and int.from_bytes(head[_FLAGS_AT:], "little") & _OF_A_SET:
        raise Withheld(ReasonCode.MULTI_VOLUME)


class CabSanitizer(ArchiveSanitizer):
    """Cabinet files."""

    media_types = ("application/vnd.ms-cab-compressed",)
    reader = StreamingReader(formats=("cab",), before=_check)
