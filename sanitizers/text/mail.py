"""Mail (RFC 5322, MIME): taken apart into headers, one text, and files.

The text is made of decoded characters (`leaf`, `html`), the headers are rebuilt values
(`headers`), files go out decoded to be cleaned each in a child of its own. Attached mails
are files here: nothing of them is parsed but their Subject. No byte of the mail crosses
in its own form, and nothing of it is lost without a finding.

If anything here throws, the mail is withheld as a whole and stays quarantined.
"""

from __future__ import annotations

from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Job, Method, Output, Sanitizer, Split
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.attachments import Attachments
from sanitizers.text.body import BodyComposer
from sanitizers.text.characters import make_harmless
from sanitizers.text.cms import MEDIA_TYPES, holds_mail, unwrap
from sanitizers.text.headers import rebuild_headers
from sanitizers.text.mime import Entity, parse
from sanitizers.text.notice_mark import break_imitations
from sanitizers.text.transfer import Defects, decoded

#: Characters of a body: some 800 pages. Mail readers stall on more.
MAX_BODY_CHARS: Final = 2_000_000
#: Signed, encrypted and signed again (RFC 8551 3.6) is the deepest that is in use.
MAX_WRAPPINGS: Final = 3
#: Said in the text where it was cut.
CUT_NOTE: Final = "（本文が長いため、ここから先は省略しました。）"


class Mail(Sanitizer):
    """One raw mail to `Split`."""

    media_types = ("message/rfc822",)
    methods = (Method.TEXT,)
    outputs = ("message/rfc822",)

    def clean(self, job: Job, out: Output) -> Split:
        """Take `job.data` apart; decoded files are written to `out` one after another.

        `Split.text` has "\\n" line ends and is "" for a mail without a readable body.
        `Split.facts` are those of `headers.rebuild_headers`.

        Raises:
            Withheld: EMPTY; TOO_LARGE for a header block over its limits.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        findings = Findings()
        message = parse(job.data, findings)
        headers, facts = rebuild_headers(message.fields, findings)
        data, root = self._unwrapped(job.data, message.root, findings)
        self._note_signature(root, findings)
        attachments = Attachments(data, out, findings)
        composer = BodyComposer(data, root, attachments, findings)
        text = composer.compose()
        cut = composer.truncated or len(text) > MAX_BODY_CHARS
        text = break_imitations(make_harmless(text[:MAX_BODY_CHARS], findings), findings)
        if cut:
            findings.add(Kind.TRUNCATED, Action.NOTED, where="body")
            text = f"{text}\n\n{CUT_NOTE}"
        return Split(
            headers=headers,
            text=text,
            members=tuple(attachments.members),
            findings=findings.freeze(),
            facts=facts,
        )

    @staticmethod
    def _unwrapped(data: memoryview, root: Entity, findings: Findings) -> tuple[memoryview, Entity]:
        """What a mail that is signed as a whole (RFC 8551 3.5.2) holds, with its buffer."""
        for _ in range(MAX_WRAPPINGS):
            if root.content_type not in MEDIA_TYPES or root.withheld is not None:
                break
            raw = b"".join(decoded(data[root.start : root.end], root.encoding, Defects()))
            try:
                content = unwrap(raw)
            except Withheld:
                break  # `body` lists it, and its own child says why it does not cross
            if not holds_mail(content):
                break
            findings.add(Kind.SIGNED_MAIL, Action.REMOVED, where=root.where)
            data = memoryview(content)
            root = parse(data, findings).root
        return data, root

    @staticmethod
    def _note_signature(root: Entity, findings: Findings) -> None:
        waiting = [root]
        while waiting:
            entity = waiting.pop()
            waiting.extend(entity.children)
            if entity.content_type == "multipart/signed":
                findings.add(Kind.SIGNED_MAIL, Action.NOTED, where=entity.where)
