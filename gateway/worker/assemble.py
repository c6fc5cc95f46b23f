"""From a cleaned tree to what is stored: the mail that leaves, and the rows that tell.

The top mail gets our trace header, report and notice. If the mail itself could not be cleaned a
notice stands in its place, from the null sender.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Final

from gateway.store.results import NewMail, PartRow
from gateway.store.work import ClaimedItem
from gateway.worker import attached, check, notice
from gateway.worker.check import CheckFailed
from gateway.worker.compose import Draft, compose
from gateway.worker.parts import CleanedPart
from sanitizers.reasons import ReasonCode
from sanitizers.text.notice_mark import NOTICE_MARK

#: Trace lines (ours and earlier ones) after which a mail is a loop (RFC 5321 section 6.3
#: asks for at least 100).
MAX_HOPS: Final = 100
_HOPS: Final = re.compile(r"(\d{1,4}) ([0-9a-f]{32})")
_HELO: Final = re.compile(r"[A-Za-z0-9.:_-]{1,255}")
_CLIENT: Final = re.compile(r"[0-9A-Fa-f.:]{1,45}")
_JST: Final = timezone(timedelta(hours=9), "JST")
_NOTICE_NAME: Final = "無害化システム"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the composer must know of this installation."""

    hostname: str
    public_url: str
    hops_key: bytes


class MailLoop(Exception):
    """The mail has passed too many hosts; it ends here."""


def hops_after(facts: Mapping[str, str], key: bytes) -> int:
    """Trace lines that the mail has behind it, ours included.

    Raises:
        MailLoop: over MAX_HOPS.
    """
    earlier = int(facts.get("received", "0") or 0)
    match = _HOPS.fullmatch(facts.get("hops", ""))
    if match and hmac.compare_digest(match[2], _hops_mac(int(match[1]), key)):
        earlier += int(match[1])
    if earlier + 1 > MAX_HOPS:
        raise MailLoop
    return earlier + 1


def _hops_mac(hops: int, key: bytes) -> str:
    return hmac.new(key, f"hops {hops}".encode(), hashlib.sha256).hexdigest()[:32]


def hops_header(hops: int, key: bytes) -> str:
    """X-Mugaika-Hops: the count under our key, so that no sender can set it back."""
    return f"{hops} {_hops_mac(hops, key)}"


def _trace(item: ClaimedItem, site: Site) -> str:
    helo = item.envelope.helo if _HELO.fullmatch(item.envelope.helo) else "unknown"
    client = item.envelope.client if _CLIENT.fullmatch(item.envelope.client) else "unknown"
    protocol = "ESMTPS" if item.envelope.tls else "ESMTP"
    if item.envelope.smtputf8:
        protocol = "UTF8SMTPS" if item.envelope.tls else "UTF8SMTP"
    when = datetime.fromtimestamp(item.received_at / 1e6, UTC)
    return (
        f"from {helo} ([{client}])\r\n by {site.hostname} with {protocol} id {item.id};\r\n "
        f"{format_datetime(when)}"
    )


def _subject(headers: Sequence[tuple[str, str]]) -> str:
    return next((value for name, value in headers if name == "Subject"), "")


def _message_id(headers: Sequence[tuple[str, str]]) -> str:
    return next(value for name, value in headers if name == "Message-ID")


def cleaned_mail(
    root: CleanedPart,
    item: ClaimedItem,
    *,
    profile: str,
    delivery_ids: tuple[int, ...],
    site: Site,
) -> NewMail:
    """The mail that leaves for one profile.

    Raises:
        CheckFailed: the mail cannot be composed; `withheld_mail` takes its place.
        MailLoop: too many hops.
    """
    if root.split is None:
        raise CheckFailed("a mail without content")
    hops = hops_after(root.split.facts, site.hops_key)
    rebuilt = attached.attachments(root, item_id=item.id)
    block, on_top = notice.block(root, item_id=item.id, public_url=site.public_url)
    text = attached.with_cards(root.split.text, root)
    if block and on_top:
        text = f"{block}\n{text}"
    elif block:
        text = f"{text.rstrip()}\n\n{block}" if text.strip() else block
    headers = attached.completed_headers(root, item_id=item.id, hostname=site.hostname)
    if not any(name == "Date" for name, _ in headers):
        headers.append(("Date", _now(item)))
    data = compose(
        Draft(
            headers=headers,
            text=text,
            attachments=rebuilt,
            received=_trace(item, site),
            report=notice.report_line(root),
            hops=hops_header(hops, site.hops_key),
            boundary=attached.boundary(item.id, "0"),
        )
    )
    return NewMail(
        profile=profile,
        purpose="cleaned",
        data=data,
        message_id=_message_id(headers),
        envelope_from=item.envelope.sender,
        smtputf8=not item.envelope.sender.isascii(),
        delivery_ids=delivery_ids,
    )


def _now(item: ClaimedItem) -> str:
    return format_datetime(datetime.fromtimestamp(item.received_at // 10**6, UTC))


def withheld_mail(
    item: ClaimedItem,
    *,
    code: ReasonCode,
    profile: str,
    delivery_ids: tuple[int, ...],
    site: Site,
) -> NewMail:
    """The notice that stands in for a mail that could not be cleaned (null sender)."""
    received = datetime.fromtimestamp(item.received_at / 1e6, _JST)
    message_id = f"<{item.id}.notice@{site.hostname}>"
    sender = item.envelope.sender
    data = compose(
        Draft(
            headers=[
                ("From", f"{_NOTICE_NAME}\tpostmaster@{site.hostname}"),
                ("Subject", f"{NOTICE_MARK}お渡しできないメールがあります（受付番号 {item.id}）"),
                ("Date", _now(item)),
                ("Message-ID", message_id),
                ("Auto-Submitted", "auto-generated"),
            ],
            text=notice.whole_mail_withheld(
                item_id=item.id,
                public_url=site.public_url,
                sender=sender if check.is_address(sender) else "",
                code=code,
                received=received.strftime("%Y年%m月%d日 %H時%M分"),
            ),
            received=_trace(item, site),
            report="method=none; removed=0; withheld=1",
            hops=hops_header(1, site.hops_key),
        )
    )
    return NewMail(
        profile=profile,
        purpose="notice",
        data=data,
        message_id=message_id,
        envelope_from="",
        smtputf8=False,
        delivery_ids=delivery_ids,
    )


def rows(root: CleanedPart, *, profile: str) -> list[PartRow]:
    """The tree as rows, numbered in pre-order from 0."""
    found: list[PartRow] = []

    def add(part: CleanedPart, parent: int | None) -> None:
        number = len(found)
        found.append(
            PartRow(
                profile=profile,
                n=number,
                parent=parent,
                name=part.name,
                media_type=part.media_type,
                outcome=part.outcome.value,
                method=part.method.value,
                findings=part.findings,
                reason=part.reason.value if part.reason else None,
                size=part.size,
                sha256=part.sha256,
                measurement=part.measurement,
            )
        )
        for member in part.members:
            add(member, number)

    add(root, None)
    return found


def subject_of(root: CleanedPart) -> str:
    """The decoded, checked subject; "" when there is none."""
    return _subject(root.split.headers) if root.split is not None else ""
