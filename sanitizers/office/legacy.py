"""doc, xls, ppt and RTF: converted to OOXML by LibreOffice, then cleaned as OOXML.

Nothing is edited in place. What the conversion would drop without a word (macros) is noted
here first, from the names of the compound file's streams and the sheets of a workbook.
"""

from __future__ import annotations

import io
import struct
from typing import Final

import olefile  # type: ignore[import-untyped]

from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.cfb import SIGNATURE
from sanitizers.model import Job, Method, Needs, Output, Sanitizer
from sanitizers.office import _encryption

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_TARGETS: Final = {
    "application/msword": _OOXML + "wordprocessingml.document",
    "application/rtf": _OOXML + "wordprocessingml.document",
    "application/vnd.ms-excel": _OOXML + "spreadsheetml.sheet",
    "application/vnd.ms-powerpoint": _OOXML + "presentationml.presentation",
}
#: [MS-DOC] 2.1.9, [MS-XLS] 2.1.2 and [MS-OVBA] 2.2.1: storages of a VBA project (lower case).
_MACRO_STORAGES: Final = frozenset(("macros", "_vba_project_cur", "vba", "_vba_project"))
#: [MS-XLS] 2.4.28: BoundSheet8, and its `dt` values for macro sheets and VBA modules.
_BOUND_SHEET: Final = 0x0085
_MACRO_SHEETS: Final = frozenset((0x01, 0x06))
_EOF: Final = 0x000A  # [MS-XLS] 2.4.103: the end of the globals
_WORKBOOKS: Final = ("Workbook", "Book")


class Legacy(Sanitizer):
    """Documents of Office 97 to 2003, and RTF."""

    media_types = tuple(_TARGETS)
    tools = dict.fromkeys(_TARGETS, "libreoffice")
    methods = (Method.SANITIZE,)
    outputs = ()

    @classmethod
    def warm(cls) -> None:
        """Load the ciphers."""
        _encryption.warm()

    def clean(self, job: Job, out: Output) -> Needs:
        """Hand the document, opened if it is encrypted, to the converter.

        Raises:
            PasswordNeeded: encrypted, and no password of the job opens it.
            Withheld: ENCRYPTED, by a cipher that is not known.
        """
        findings = Findings()
        document: memoryview | bytes = job.data
        if job.data[: len(SIGNATURE)].tobytes() == SIGNATURE:
            opened = _encryption.decrypted_binary(job.data, job.passwords)
            if opened is not None:
                findings.add(Kind.ENCRYPTION, Action.REMOVED)
                document = opened
            if _has_macros(bytes(document)):
                findings.add(Kind.MACRO, Action.REMOVED)
        out.write(document)
        return Needs(
            tool="libreoffice", target=_TARGETS[job.media_type], findings=findings.freeze()
        )


def _has_macros(document: bytes) -> bool:
    """Whether a compound file carries VBA or Excel 4.0 macros, as far as it can be read."""
    try:
        with olefile.OleFileIO(io.BytesIO(document)) as compound:
            for path in compound.listdir(streams=True, storages=True):
                if path[-1].lower() in _MACRO_STORAGES:
                    return True
            return any(
                compound.exists(name) and _macro_sheets(compound.openstream(name).read())
                for name in _WORKBOOKS
            )
    except OSError:
        return False  # damaged: the converter decides, and OOXML has its own rules


def _macro_sheets(stream: bytes) -> bool:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind == _EOF:
            return False
        record = stream[at + 4 : at + 4 + size]
        if kind == _BOUND_SHEET and len(record) >= 6 and record[5] in _MACRO_SHEETS:
            return True
        at += 4 + size
    return False
