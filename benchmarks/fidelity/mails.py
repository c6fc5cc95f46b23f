"""The text of a mail as a reader sees it, by the standard library: before and after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

Shown = Callable[[bytes], Awaitable[bytes]]


async def text(data: bytes, shown: Shown) -> bytes | None:
    """The body as UTF-8, HTML turned to text by `shown`.

    None where the library cannot read the mail, or itself finds it malformed: then what is
    body and what is header is anybody's guess.
    """
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        if any(part.defects for part in message.walk()):
            return None
        body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
        if body is None:
            return None
        content = body.get_content()
        if not isinstance(content, str):
            return None
        plain = content.encode("utf-8", "replace")
        is_html = body.get_content_subtype() == "html"
    except (LookupError, ValueError, AttributeError, TypeError):
        return None  # an unknown charset, or a header that the library trips over
    return await shown(plain) if is_html else plain
