"""Attached mails and other files on their way into a mail, innermost first.

An attached mail is composed anew like the mail around it, without trace, report and hops.
What cannot be composed is withheld, never sent as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from gateway.worker import notice
from gateway.worker.check import CheckFailed
from gateway.worker.compose import Attachment, Draft, compose
from gateway.worker.parts import CleanedPart
from sanitizers.findings import Findings
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from sanitizers.text.notice_mark import NOTICE_MARK, break_imitations

_CARD_RULE: Final = "―" * 30


def mail_file(part: CleanedPart) -> bytes:
    """A mail as a file of its own (`.eml`): in an archive, an upload, beside a document.

    Raises:
        CheckFailed: the values do not make a mail.
    """
    if part.split is None:
        raise CheckFailed("a mail without content")
    content = repr((part.split.headers, part.split.text)).encode()
    return attached_mail(part, item_id=hashlib.sha256(content).hexdigest()[:16], number="0")


def attached_mail(part: CleanedPart, *, item_id: str, number: str) -> bytes:
    """An attached mail, rebuilt. Its withheld members are named in its text.

    Raises:
        CheckFailed: the values do not make a mail.
    """
    if part.split is None:
        raise CheckFailed("attached mail without content")
    rebuilt = attachments(part, item_id=item_id, number=number)  # may withhold a member
    lines = notice.withheld_lines(part, below_mails=False)
    text = with_cards(part.split.text, part)
    if lines:
        text = f"{text.rstrip()}\n\n{NOTICE_MARK}\n" + "\n".join(lines) + "\n"
    return compose(
        Draft(
            headers=completed_headers(
                part, item_id=f"{item_id}.{number}", hostname="attached.invalid"
            ),
            text=text,
            attachments=rebuilt,
            boundary=boundary(item_id, number),
        )
    )


def attachments(part: CleanedPart, *, item_id: str, number: str = "0") -> list[Attachment]:
    """What of `part`'s members crosses, in order, with what goes beside each.

    A mail that cannot be composed is withheld.
    """
    found: list[Attachment] = []
    for index, member in enumerate(part.members):
        if not member.crosses:
            continue
        try:
            data = part_bytes(member, item_id=item_id, number=f"{number}.{index}")
        except (CheckFailed, LookupError) as error:
            composed = isinstance(error, CheckFailed)
            member.withhold(ReasonCode.NOT_VERIFIED if composed else ReasonCode.INTERNAL)
            part.outcome = Outcome.PARTIAL
            continue
        found.append(_attachment(member, data))
        found += _beside(member)
    return found


def part_bytes(part: CleanedPart, *, item_id: str, number: str) -> bytes:
    """The bytes of a part that crosses; a mail in a mail is composed now.

    Raises:
        CheckFailed: the values do not make a mail.
        LookupError: there are no bytes (a fault of ours).
    """
    if part.output is not None:
        return part.output.read()
    if part.split is not None:
        return attached_mail(part, item_id=item_id, number=number)
    raise LookupError("a part that crosses has no bytes")


def _beside(member: CleanedPart) -> Iterator[Attachment]:
    for part in member.found_beside():
        if part.output is not None:
            yield _attachment(part, part.output.read())


def _attachment(part: CleanedPart, data: bytes) -> Attachment:
    return Attachment(
        name=part.name, media_type=part.media_type, data=data, parameters=part.parameters
    )


def with_cards(text: str, part: CleanedPart) -> str:
    """`text` with what a reader must know of the attachments (an invitation) below a line."""
    pieces = [text]
    for member in part.members:
        if member.text and member.crosses:
            # The sender's words: our own notice cannot be imitated here either.
            card = break_imitations(member.text, Findings()).strip("\n")
            title = f"添付{notice.quoted(member.name)}の内容"
            pieces.append(f"{_CARD_RULE}\n{title}\n\n{card}")
    if len(pieces) == 1:
        return text
    pieces[0] = text.rstrip()
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def boundary(item_id: str, number: str) -> str:
    """Unique in the item, and never the beginning of the boundary of another mail in it."""
    return f"=_mugaika_{item_id}_{number}="


def completed_headers(part: CleanedPart, *, item_id: str, hostname: str) -> list[tuple[str, str]]:
    """The sender's headers, with what RFC 5322 section 3.6 demands filled in."""
    headers = list(part.split.headers) if part.split is not None else []
    names = {name for name, _ in headers}
    if "From" not in names:
        headers.append(("From", "（差出人の記載なし）\t"))
    if "Message-ID" not in names:
        headers.append(("Message-ID", f"<{item_id}@{hostname}>"))
    return headers
