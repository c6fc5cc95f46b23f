"""Everything of an item as one ZIP, written while it is read: nothing is whole in memory.

The members are clean files as they are, stored without compression (they have their own),
under their cleaned names. What did not cross is told in a text file of our own words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import anyio.to_thread

from gateway.lgwan.zipwriter import ZipWriter
from gateway.store.itemview import ItemView, PartView
from gateway.store.portal import Content
from sanitizers.names import extension_of
from sanitizers.reasons import REASONS, ReasonCode

REPORT_NAME: Final = "無害化の結果.txt"
_JST: Final = timezone(timedelta(hours=9))


async def bundle(
    view: ItemView,
    chosen: Sequence[PartView],
    content: Callable[[PartView], Awaitable[Content]],
) -> AsyncIterator[bytes]:
    """The ZIP of these parts, in pieces.

    Raises:
        Corrupt: a part is not what was verified; the ZIP then has no end and cannot be opened.
    """
    writer = ZipWriter(datetime.fromtimestamp(view.received_at / 1e6, UTC).astimezone(_JST))
    taken = {REPORT_NAME.casefold()}
    for part in chosen:
        opened = await content(part)
        yield writer.begin(_free(part.name, taken))
        while piece := await anyio.to_thread.run_sync(next, opened.pieces, b""):
            yield writer.data(piece)
        yield writer.end()
    if report := _report(view):
        yield writer.begin(REPORT_NAME) + writer.data(report) + writer.end()
    yield writer.finish()


def _free(name: str, taken: set[str]) -> str:
    """`name`, or with a number before its extension where it is taken already."""
    extension = extension_of(name)
    stem = name[: len(name) - len(extension)]
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}{extension}"
    taken.add(candidate.casefold())
    return candidate


def _report(view: ItemView) -> bytes:
    """What did not cross and why, for Windows' editor: UTF-8 with BOM, CRLF. b"" if nothing."""
    lines = [
        f"{part.name}: {REASONS[ReasonCode(part.reason)].ja}"
        for part in view.parts
        if part.reason is not None
    ]
    if not lines:
        return b""
    head = ["お渡しできなかったファイルがあります。", f"受付番号: {view.id}", ""]
    return "\r\n".join([*head, *lines, ""]).encode("utf-8-sig")
