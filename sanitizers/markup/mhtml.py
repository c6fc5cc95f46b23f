"""MHTML (RFC 2557), a page saved with what it shows: the page alone stands in for it.

The MIME tree is read as that of a mail. The root part, or all pages where the root is a frame
around them, is decoded and goes on as one HTML page, which is cleaned as every page is.
Pictures, style sheets and whatever else lies in the archive stay behind, and are said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Job, Member, Method, Output, Sanitizer, Split, SplitKind
from sanitizers.names import clean_name, extension_of
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text import mime
from sanitizers.text.charset import decode
from sanitizers.text.html import sniffed_charset
from sanitizers.text.transfer import Defects, decoded

MAX_PAGE_BYTES: Final = 2 * MAX_TEXT_CHARS  # of one page; Japanese has two or three a character

_PAGES: Final = frozenset(("text/html", "application/xhtml+xml"))
_FRAMES: Final = re.compile(r"<frameset\b", re.I)
_EXTENSIONS: Final = frozenset((".mht", ".mhtml"))


class Mhtml(Sanitizer):
    """One web archive to the page that it holds."""

    media_types = ("application/x-mimearchive",)
    methods = (Method.SANITIZE, Method.TEXT)
    outputs = ()

    def clean(self, job: Job, out: Output) -> Split:
        """Write the page to `out`, in UTF-8, to be cleaned as a page.

        Raises:
            Withheld: EMPTY, TOO_LARGE; DAMAGED (no page in it); as `mime.parse`.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        findings = Findings()
        root = mime.parse(job.data, findings).root
        leaves = list(_leaves(root))
        pages = [leaf for leaf in leaves if leaf.content_type in _PAGES and leaf.withheld is None]
        if not pages:
            raise Withheld(ReasonCode.DAMAGED, "no page in the archive")
        first = _start(root, pages)
        read = [first]
        whole = [_text(job.data, first, findings)]
        if len(pages) > 1 and _FRAMES.search(whole[0]):
            whole = []  # nothing of a frame itself is seen, and what follows it were not
            read = pages
            for page in pages:
                if page is not first:
                    whole.append(_text(job.data, page, findings))
                if sum(map(len, whole)) > MAX_TEXT_CHARS:
                    raise Withheld(ReasonCode.TOO_LARGE, "pages of the archive")
        left_out = len(leaves) - len(read)
        if left_out:
            findings.add(Kind.EMBEDDED_FILE, Action.REMOVED, count=left_out, where="archive")
        findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
        size = out.write("\n<hr>\n".join(whole).encode("utf-8"))
        name = clean_name(job.name) if job.name else ""
        if extension_of(name) in _EXTENSIONS:
            name = name[: -len(extension_of(name))]
        member = Member(
            name=f"{name or 'page'}.html", claimed_type="text/html", claimed_charset="utf-8",
            offset=0, size=size,
        )  # fmt: skip
        return Split(kind=SplitKind.INNER, members=(member,), findings=findings.freeze())


def _leaves(root: mime.Entity) -> Iterator[mime.Entity]:
    waiting = [root]
    while waiting:
        entity = waiting.pop()
        if entity.is_multipart:
            waiting += reversed(entity.children)
        else:
            yield entity


def _start(root: mime.Entity, pages: list[mime.Entity]) -> mime.Entity:
    """RFC 2387, 3.2: the part that `start` names, else the first page."""
    start = root.parameters.get("start", "").strip().strip("<>")
    return next((page for page in pages if start and page.content_id == start), pages[0])


def _text(data: memoryview, page: mime.Entity, findings: Findings) -> str:
    raw = bytearray()
    for piece in decoded(data[page.start : page.end], page.encoding, Defects()):
        raw += piece
        if len(raw) > MAX_PAGE_BYTES:
            raise Withheld(ReasonCode.TOO_LARGE, "a page of the archive")
    found = decode(raw, page.parameters.get("charset", "") or sniffed_charset(bytes(raw)))
    if found.guessed:
        findings.add(Kind.CHARSET_GUESSED, Action.NOTED, where=page.where)
    if found.lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=found.lost, where=page.where)
    return found.text
