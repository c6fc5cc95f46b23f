"""Closes a finished ZIP again with the password that opened the archive it was made of.

For jobs that ask for it (`Job.options["reencrypt"] == "yes"`), after the plain ZIP was
verified and in a child of its own: an encrypted file cannot be verified by anybody who sees
only its bytes. What is encrypted is what the verifier's own frame grammar accepts, entry by
entry, with WinZip's AES-256 ("AES Encryption Information"), which 7-Zip and its kin open.
The salts are random: this is the one output that is not repeatable.
"""

from __future__ import annotations

import io
from dataclasses import replace

import pyzipper  # type: ignore[import-untyped]

from sanitizers.archive._entry import Entry, EntryKind, EntryWithheld, Reader
from sanitizers.findings import Findings
from sanitizers.model import Job, Output
from sanitizers.reasons import PasswordNeeded
from sanitizers.verify import _zip_framing

_EPOCH = (1980, 1, 1, 0, 0, 0)  # as in the plain ZIP


def opener(reader: Reader, job: Job) -> int:
    """Number (from 1) of the first password of `job` that opens an entry; 0: none does."""
    for number, password in enumerate(job.passwords, start=1):
        try:
            for entry in reader.entries(replace(job, passwords=(password,)), Findings()):
                if entry.encrypted and entry.kind is EntryKind.FILE and _opens(entry):
                    return number
        except PasswordNeeded:
            continue  # the names are encrypted too
    return 0


def _opens(entry: Entry) -> bool:
    try:
        for _ in entry.blocks():
            pass
    except EntryWithheld:
        return False
    return True


def reencrypt(plain: memoryview, password: str, out: Output) -> None:
    """Write the verified ZIP `plain` to `out` with every file encrypted by `password`.

    Raises:
        sanitizers.verify.Rejected: `plain` is not a ZIP of our writer.
        ValueError: no password.
    """
    if not password:
        raise ValueError("no password")
    whole = io.BytesIO()
    with pyzipper.AESZipFile(whole, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode("utf-8"))
        for entry in _zip_framing.parse(plain):
            info = archive.zipinfo_cls(entry.name, date_time=_EPOCH)
            info.compress_type = entry.method
            content = b"" if entry.folder else _zip_framing.content(plain, entry)
            archive.writestr(info, bytes(content))
    out.write(whole.getbuffer())


def warm() -> None:
    """Encrypt once: the ciphers are loaded on first use."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"-")
        archive.writestr(archive.zipinfo_cls("a", date_time=_EPOCH), b"-")
