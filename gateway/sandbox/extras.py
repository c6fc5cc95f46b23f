"""What goes to a child beside the part itself: passwords, and what became of its members.

It lies in a sealed descriptor of its own, which the warm parent only hands on: no password
is ever in the memory that later children inherit, and a table of a thousand members needs
no message. Form: u32 (little endian) length of a JSON head, the head, and then the bytes
of the members that cross, one after another.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

from gateway.sandbox.protocol import Request
from sanitizers.model import Outcome, Rebuilt
from sanitizers.reasons import ReasonCode


def head(request: Request) -> bytes:
    """Everything but the members' bytes."""
    table = [
        [
            piece.name,
            piece.folder,
            piece.media_type,
            piece.outcome.value,
            piece.reason.value if piece.reason is not None else None,
            piece.data.size if piece.data is not None else None,
        ]
        for piece in request.pieces
    ]
    text = json.dumps({"passwords": request.passwords, "members": table}).encode()
    return struct.pack("<I", len(text)) + text


def read(data: memoryview) -> tuple[tuple[str, ...], Sequence[Rebuilt]]:
    """The reverse, in the child: passwords, and the members with views of their bytes.

    Raises:
        ValueError: the parts do not fit the whole (a fault of ours).
    """
    (length,) = struct.unpack_from("<I", data)
    at = 4 + length
    raw = json.loads(bytes(data[4:at]))
    members: list[Rebuilt] = []
    for name, folder, media_type, outcome, reason, size in raw["members"]:
        piece: memoryview | None = None
        if size is not None:
            piece = data[at : at + size]
            at += size
        members.append(
            Rebuilt(
                name=name,
                folder=folder,
                media_type=media_type,
                outcome=Outcome(outcome),
                reason=ReasonCode(reason) if reason is not None else None,
                data=piece,
            )
        )
    if at != len(data):
        raise ValueError("members do not fit the extras")
    return tuple(raw["passwords"]), members
