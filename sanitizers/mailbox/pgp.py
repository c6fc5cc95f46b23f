"""OpenPGP files (RFC 9580): what was only signed stands in for the file, without its signature.

No key is ever here: what is encrypted is withheld, and the reason says so.
"""

from __future__ import annotations

from sanitizers.mailbox._openpgp import literal_data
from sanitizers.mailbox._wrapped import wrapped
from sanitizers.model import Job, Method, Output, Sanitizer, Split
from sanitizers.reasons import ReasonCode, Withheld


class PgpMessage(Sanitizer):
    """One OpenPGP message to what was signed."""

    media_types = ("application/pgp-encrypted",)
    methods = (Method.TEXT,)
    outputs = ()

    def clean(self, job: Job, out: Output) -> Split:
        """Write what was signed to `out`, to be cleaned as what it is.

        Raises:
            Withheld: EMPTY; as `_openpgp.literal_data`.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        return wrapped(literal_data(bytes(job.data)), job.name, out)
