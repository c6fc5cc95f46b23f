"""OOXML behind a password (EncryptedPackage): the package inside stands in for the file."""

from __future__ import annotations

from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Job, Member, Method, Output, Sanitizer, Split, SplitKind
from sanitizers.office import _encryption


class EncryptedOoxml(Sanitizer):
    """[MS-OFFCRYPTO] 2.3.1: a compound file with an encrypted package."""

    media_types = ("application/x-encrypted-ooxml",)
    methods = (Method.SANITIZE,)
    outputs = ()

    @classmethod
    def warm(cls) -> None:
        """Load the ciphers."""
        _encryption.warm()

    def clean(self, job: Job, out: Output) -> Split:
        """Decrypt into one inner member, which is identified and cleaned as what it is.

        Raises:
            PasswordNeeded: no password of the job opens it.
            Withheld: DAMAGED, ENCRYPTED.
        """
        package = _encryption.decrypted_package(job.data, job.passwords)
        findings = Findings()
        findings.add(Kind.ENCRYPTION, Action.REMOVED)
        member = Member(
            name=job.name, claimed_type="", claimed_charset="", offset=0, size=len(package)
        )
        out.write(package)
        return Split(kind=SplitKind.INNER, members=(member,), findings=findings.freeze())
