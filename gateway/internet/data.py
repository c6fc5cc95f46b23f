"""SMTP DATA: finds the end, takes off the stuffed dots, watches the line ends.

Works on chunks of any size, never on lines. Only CRLF.CRLF ends a mail (RFC 5321 section
4.1.1.4): `LF.LF`, `LF.CRLF`, `CR.CR` and their kin are content, whatever follows them, so
that a second mail cannot be smuggled past the next hop inside the first. What leaves here
has no bare CR or LF in "normalize" mode. NUL and other bytes stay: the original is
evidence, and it is parsed in the sandbox only.
"""

from __future__ import annotations

from typing import Final, Literal

END: Final = b"\r\n.\r\n"
_STUFFED: Final = b"\r\n."
# A line of this size is held by no mail program; it bounds what one line can cost later.
MAX_LINE: Final = 1_000_000  # bytes


class DataDecoder:
    """Turns the bytes after `354` into the mail's content (RFC 5321 section 4.5.2).

    `done` is set by the chunk that held the end; `rest` is what came behind it (pipelined
    commands). `bare` says that a CR or LF stood alone, `too_long` that a line was longer
    than `max_line` bytes; both are for the caller to judge, decoding goes on.
    """

    def __init__(
        self, *, bare_newline: Literal["normalize", "reject"], max_line: int = MAX_LINE
    ) -> None:
        self._normalize = bare_newline == "normalize"
        self._max_line = max_line
        # The CRLF of the DATA command begins the first line: a dot there is already one at
        # a line's start. It is not content and is cut off the first output.
        self._held = b"\r\n"
        self._skip = 2
        self._run = 0  # bytes of the line still open at the end of the last chunk
        self.done = False
        self.bare = False
        self.too_long = False
        self.rest = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes of the connection; the content that is certain by now."""
        buffer = self._held + chunk
        dot = buffer.find(_STUFFED)
        end = buffer.find(END, dot) if dot >= 0 else -1
        if end >= 0:
            body = buffer[: end + 2]
            self.rest = buffer[end + len(END) :]
            self._held = b""
            self.done = True
        else:
            keep = _open_end(buffer)
            body = buffer[: len(buffer) - keep]
            self._held = buffer[len(buffer) - keep :]
        if dot >= 0:
            # CRLF pairs do not overlap and the end is cut off, so one pass is exact.
            body = body.replace(_STUFFED, b"\r\n")
        pairs = body.count(b"\r\n")
        if body.count(b"\n") != pairs or body.count(b"\r") != pairs:
            self.bare = True
            if self._normalize:
                body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        if self._skip and body:
            body = body[self._skip :]
            self._skip = 0
        self._measure(body)
        return body

    def _measure(self, body: bytes) -> None:
        first = body.find(b"\n")
        if first < 0:
            self._run += len(body)
        else:
            self._run += first
            if len(body) > self._max_line:
                self._run = max(self._run, max(map(len, body.split(b"\n"))))
            if self._run > self._max_line:
                self.too_long = True
            self._run = len(body) - body.rfind(b"\n") - 1
        if self._run > self._max_line:
            self.too_long = True


def _open_end(buffer: bytes) -> int:
    """Length of the longest end of `buffer` that may be the beginning of CRLF.CRLF."""
    for length in range(len(END) - 1, 0, -1):
        if buffer.endswith(END[:length]):
            return length
    return 0
