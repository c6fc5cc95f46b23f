"""S/MIME files (.p7m): what was signed or compressed stands in for the wrapping.

The signature is dropped and said so; encrypted mail is withheld. The one reader of CMS is
`sanitizers.text.cms`, which mail with such a body uses as well.
"""

from __future__ import annotations

from sanitizers.mailbox._wrapped import wrapped
from sanitizers.model import Job, Method, Output, Sanitizer, Split
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.cms import unwrap


class SmimeFile(Sanitizer):
    """One CMS file to what is in it."""

    media_types = ("application/pkcs7-mime",)
    methods = (Method.TEXT,)
    outputs = ()

    def clean(self, job: Job, out: Output) -> Split:
        """Write the content to `out`, to be cleaned as what it is.

        Raises:
            Withheld: EMPTY; as `cms.unwrap`.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        return wrapped(unwrap(bytes(job.data)), job.name, out)
