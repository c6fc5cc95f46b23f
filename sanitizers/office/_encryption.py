"""Office encryption opened with a password ([MS-OFFCRYPTO]), in memory.

Agile and standard encryption of OOXML packages; RC4, RC4 CryptoAPI and XOR obfuscation of
doc, xls and ppt. msoffcrypto-tool does the work; it must never reach a file: its temporary
files are replaced by buffers.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

import olefile  # type: ignore[import-untyped]
from msoffcrypto import exceptions  # type: ignore[import-untyped]
from msoffcrypto.format import doc97, ooxml, ppt97, xls97  # type: ignore[import-untyped]

from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

for _module in (doc97, xls97, ppt97):
    _module.tempfile = SimpleNamespace(TemporaryFile=io.BytesIO)

#: Passwords that the programs themselves try, so that the reader is never asked: Excel
#: (workbooks with a protected structure) and PowerPoint (presentations).
_BUILT_IN: Final = ("VelvetSweatshop", "/01Hannes Ruescher/01")
#: The XML of agile encryption (2.3.4.10) has neither declarations nor comments.
_DECLARATION: Final = b"<!"
MAX_ENCRYPTION_INFO: Final = 100_000  # bytes; Office writes about 1,200
#: Office itself takes 255 characters; longer ones belong to another kind of file.
MAX_PASSWORD: Final = 255

_FORMATS: Final = (
    ("WordDocument", doc97.Doc97File),
    ("Workbook", xls97.Xls97File),
    ("PowerPoint Document", ppt97.Ppt97File),
)
_KEY: Final = "password"


def warm() -> None:
    """Run every cipher once: OpenSSL and the XML parser load what they need on first use."""
    package = ooxml.ECMA376Agile.encrypt(_KEY, io.BytesIO(b"PK\x05\x06" + bytes(18)))
    agile = ooxml.OOXMLFile(io.BytesIO(package))
    agile.load_key(password=_KEY, verify_password=True)
    salt = bytes(16)
    xls97.DocumentRC4.verifypw(_KEY, salt, salt, salt)
    xls97.DocumentRC4CryptoAPI.verifypw(_KEY, salt, 128, salt, bytes(20))
    ooxml.ECMA376Standard.verifykey(salt, salt, bytes(32))


def decrypted_package(data: memoryview, passwords: Sequence[str]) -> bytes:
    """The OOXML package inside an encrypted compound file (2.3.1).

    Raises:
        PasswordNeeded: no password opens it.
        Withheld: DAMAGED; ENCRYPTED when the kind of encryption is none of the two known.
    """
    raw = bytes(data)
    try:
        with olefile.OleFileIO(io.BytesIO(raw)) as compound:
            info = compound.openstream("EncryptionInfo").read(MAX_ENCRYPTION_INFO + 1)
    except OSError as error:
        raise Withheld(ReasonCode.DAMAGED, "no EncryptionInfo") from error
    if len(info) > MAX_ENCRYPTION_INFO or _DECLARATION in info[8:]:
        raise Withheld(ReasonCode.DAMAGED, "EncryptionInfo")
    office = _parsed(ooxml.OOXMLFile, raw)
    if office.type not in ("agile", "standard"):
        raise Withheld(ReasonCode.ENCRYPTED, "extensible encryption")
    return _opened(office, passwords, verify_password=True)


def decrypted_binary(data: memoryview, passwords: Sequence[str]) -> bytes | None:
    """A doc, xls or ppt without its encryption; None when it has none.

    Raises:
        PasswordNeeded: no password opens it.
        Withheld: ENCRYPTED when the kind of encryption is unknown; DAMAGED when there is no
            header to tell.
    """
    raw = bytes(data)
    try:
        with olefile.OleFileIO(io.BytesIO(raw)) as compound:
            found = [kind for name, kind in _FORMATS if compound.exists(name)]
    except OSError:
        return None  # not a compound file, or damaged: the converter decides
    for kind in found:
        office = _parsed(kind, raw)
        if office.is_encrypted():
            return _opened(office, passwords)
    return None


def _parsed(kind: Any, raw: bytes) -> Any:
    try:
        return kind(io.BytesIO(raw))
    except Exception as error:
        raise Withheld(ReasonCode.DAMAGED, "encryption header") from error


def _opened(office: Any, passwords: Sequence[str], **options: bool) -> bytes:
    for password in (*_BUILT_IN, *passwords):
        if not 0 < len(password) <= MAX_PASSWORD:
            continue
        out = io.BytesIO()
        try:
            office.load_key(password=password, **options)
            office.decrypt(out)
        except exceptions.InvalidKeyError:
            continue
        except exceptions.DecryptionError as error:
            raise Withheld(ReasonCode.ENCRYPTED, "unknown cipher") from error
        return out.getvalue()
    raise PasswordNeeded("no password opens it")
