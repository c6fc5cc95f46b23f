"""Non-delivery reports to the operator (RFC 3464, headers only, null sender).

Until sender checks exist nothing is ever bounced to the Internet: a forged sender must
not be able to aim our reports. The report is made of our own words, the next hop's reply
and the cleaned mail's header block.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

_HEADER_LIMIT: Final = 20_000  # bytes of the cleaned header block that are quoted
_XTEXT: Final = re.compile(r"[^\x21-\x7e]")


def compose(
    *,
    item_id: str,
    hostname: str,
    operator: str,
    failures: list[tuple[str, str, bool]],
    content: bytes,
    at_us: int,
) -> tuple[bytes, str]:
    """The report and its Message-ID. `failures`: (recipient, reply, expired)."""
    message_id = f"<{item_id}.{at_us}.dsn@{hostname}>"
    boundary = f"=_mugaika_dsn_{item_id}_{at_us}"
    when = format_datetime(datetime.fromtimestamp(at_us / 1e6, UTC))
    lines = [
        f"From: <postmaster@{hostname}>",
        f"To: <{operator}>",
        f"Subject: Undelivered mail, item {item_id}",
        f"Date: {when}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Item {item_id} was cleaned but could not be delivered on the LGWAN side.",
        "The sender on the Internet was not told: tell the sender or correct the recipient.",
        "",
    ]
    for recipient, reply, expired in failures:
        lines.append(f"{_ascii(recipient)}: {'given up: ' if expired else ''}{_ascii(reply)}")
    lines += [
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {hostname}",
        f"Arrival-Date: {when}",
    ]
    for recipient, reply, expired in failures:
        kind = "utf-8" if not recipient.isascii() else "rfc822"
        lines += [
            "",
            f"Final-Recipient: {kind}; {_ascii(recipient)}",
            "Action: failed",
            f"Status: {'4.4.7' if expired else _status(reply)}",
            f"Diagnostic-Code: smtp; {_ascii(reply)[:200]}",
        ]
    lines += ["", f"--{boundary}", "Content-Type: text/rfc822-headers", "", ""]
    head = content[:_HEADER_LIMIT].partition(b"\r\n\r\n")[0]
    if not head.isascii():
        head = head.decode("utf-8", "replace").encode("ascii", "backslashreplace")
    tail = f"\r\n\r\n--{boundary}--\r\n".encode("ascii")
    return "\r\n".join(lines).encode("ascii") + head + tail, message_id


def _ascii(value: str) -> str:
    return _XTEXT.sub(lambda m: " " if m[0] == " " else f"\\x{{{ord(m[0]):X}}}", value)[:400]


def _status(reply: str) -> str:
    match = re.match(r"5\d\d[ -](5\.\d{1,3}\.\d{1,3})\b", reply)
    return match[1] if match else "5.0.0"
