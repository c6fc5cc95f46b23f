"""A mailbox of one mail (RFC 4155): what some programs save a mail as.

The line before the mail goes, and the mail is taken apart as every mail. A mailbox of
several mails is withheld: it is no mail, and which of them is meant nobody can tell.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.model import Job, Method, Output, Sanitizer, Split
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.mail import Mail

_FROM: Final = re.compile(rb"From [^\r\n]{1,1000}\r?\n")
#: The next mail: a line after an empty one, with the time that `From ` lines end with.
_NEXT: Final = re.compile(
    rb"\n\r?\nFrom [^\r\n]{1,1000}\d\d:\d\d[^\r\n]{0,60}\r?\n[A-Za-z-]{1,60}:"
)


class Mbox(Sanitizer):
    """One mailbox of one mail to `Split`."""

    media_types = ("application/mbox",)
    methods = (Method.TEXT,)
    outputs = ("message/rfc822",)

    def clean(self, job: Job, out: Output) -> Split:
        """Take the one mail apart.

        Raises:
            Withheld: EMPTY; DAMAGED (no mailbox); TOO_MANY_PARTS (several mails); as
                `Mail.clean`.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        line = _FROM.match(job.data)
        if line is None:
            raise Withheld(ReasonCode.DAMAGED, "no From line")
        if _NEXT.search(job.data, line.end()):
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "several mails")
        mail = Job(data=job.data[line.end() :], media_type="message/rfc822", limits=job.limits)
        return Mail().clean(mail, out)
