"""Composes the displayed text of a mail from its tree, and sends the rest to the files.

Text parts are shown in the order of the tree with a blank line between them. Of a
multipart/alternative one rendering is shown (`choice`). What is no text becomes a member;
where it stood between two texts a line says so. Every leaf of the tree ends in exactly
one of: shown, member, withheld member, or a finding that says that it was left out.

The walk is recursive, and safe so: `mime` builds no tree deeper than MAX_MIME_DEPTH.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.reasons import ReasonCode
from sanitizers.text.attachments import Attachments, file_name
from sanitizers.text.choice import is_useful, visible_length
from sanitizers.text.cms import MEDIA_TYPES
from sanitizers.text.leaf import LeafReader, marker
from sanitizers.text.mime import Entity

#: Text that is a file even where nobody named it: programs read it, not people.
_FILE_TEXT: Final = frozenset(
    {
        "text/calendar",  # RFC 5545
        "text/css",
        "text/csv",  # RFC 4180
        "text/directory",  # RFC 2425
        "text/javascript",
        "text/rtf",
        "text/tab-separated-values",
        "text/vcard",  # RFC 6350
        "text/x-vcalendar",
        "text/x-vcard",
        "text/xml",
    }
)
#: Machine reports that are lines of text (RFC 3464, RFC 8098, RFC 5965, RFC 6533).
_REPORTS: Final = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
        "message/global-disposition-notification",
    }
)
_MAILS: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_ELSEWHERE: Final = frozenset({"message/external-body", "message/partial"})  # RFC 2046 5.2
_SIGNATURES: Final = frozenset(
    {
        "application/pgp-signature",  # RFC 3156 5
        "application/pkcs7-signature",  # RFC 8551 3.5
        "application/x-pkcs7-signature",
    }
)
#: smime-type values that nobody here can open (RFC 8551 3.2.2); of others, and where there
#: is none, the content says what it is.
_PKCS7_CLOSED: Final = frozenset({"enveloped-data", "authenveloped-data"})


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    is_mark: bool = False


class BodyComposer:
    """Walks one tree. `compose` may be called once."""

    def __init__(
        self, data: memoryview, root: Entity, attachments: Attachments, findings: Findings
    ) -> None:
        self._root = root
        self._attachments = attachments
        self._findings = findings
        self._pieces: list[_Piece] = []
        self._leaves = LeafReader(data, attachments, self._image_marks(), findings)

    def compose(self) -> str:
        """The text, with "\\n" between lines and no blank lines around it; "" for none."""
        self._walk(self._root)
        return "\n\n".join(self._without_outer_marks())

    @property
    def truncated(self) -> bool:
        """Whether text was left out because there was too much of it."""
        return self._leaves.truncated

    def _without_outer_marks(self) -> list[str]:
        texts = [i for i, piece in enumerate(self._pieces) if not piece.is_mark]
        if not texts:
            return []
        return [piece.text for piece in self._pieces[texts[0] : texts[-1] + 1]]

    def _image_marks(self) -> dict[str, str]:
        """Content-id or location of every image of the mail -> the mark of its place."""
        marks: dict[str, str] = {}
        waiting = [self._root]
        while waiting:
            entity = waiting.pop()
            waiting.extend(entity.children)
            if entity.content_type.startswith("image/"):
                mark = marker("画像", self._attachments.name_of(entity))
                for key in (entity.content_id, entity.content_location):
                    if key:
                        marks.setdefault(key, mark)
        return marks

    # -- the walk ----------------------------------------------------------------

    def _walk(self, entity: Entity, *, related: bool = False, shown: bool = True) -> None:
        """Show or write out `entity`; `shown` False: its texts are another rendering."""
        if entity.withheld is not None:
            self._attachments.add_withheld(entity, entity.withheld)
            return
        if not entity.is_multipart:
            self._leaf(entity, related=related, shown=shown)
            return
        subtype = entity.content_type.partition("/")[2]
        if subtype == "encrypted":  # RFC 1847 2.2
            self._attachments.add_withheld(entity, ReasonCode.SIGNED_OR_ENCRYPTED_MAIL)
        elif subtype == "alternative" and shown:
            self._alternative(entity, related=related)
        elif subtype == "related":
            self._related(entity, shown=shown)
        else:
            for child in entity.children:
                self._walk(child, related=related, shown=shown)

    def _related(self, entity: Entity, *, shown: bool) -> None:
        """RFC 2387: the root first, wherever it stands; the rest are its pictures."""
        children = entity.children
        start = entity.parameters.get("start", "").strip("<>")
        root = next((c for c in children if start and c.content_id == start), None)
        if root is None:
            root = next((c for c in children if self._has_text(c)), children[0])
        self._walk(root, shown=shown)
        for child in children:
            if child is not root:
                self._walk(child, related=True, shown=shown)

    def _alternative(self, entity: Entity, *, related: bool) -> None:
        """RFC 2046 5.1.4, but the plain rendering first if it says the same."""
        plain = [c for c in entity.children if not c.is_multipart and self._kind(c) == "plain"]
        rich = [c for c in entity.children if self._html_leaf(c) is not None]
        others = [c for c in entity.children if c.is_multipart and self._has_text(c)]
        chosen: Entity | None
        if rich:
            chosen = next((c for c in plain if self._says_it(c, rich[-1])), rich[-1])
        else:
            chosen = next((c for c in plain if visible_length(self._leaves.peek(c))), None)
            chosen = chosen or next(iter(others or plain), None)
        for child in entity.children:
            self._walk(child, related=related, shown=child is chosen or not self._has_text(child))

    def _says_it(self, plain: Entity, rich: Entity) -> bool:
        html = self._html_leaf(rich)
        if html is None:
            return False
        text = self._leaves.peek(plain)
        # Most plain renderings are whole: then the HTML need not be rendered at all.
        return is_useful(text, self._leaves.most_visible(html)) or is_useful(
            text, visible_length(self._leaves.peek(html))
        )

    def _html_leaf(self, entity: Entity) -> Entity | None:
        """The first HTML body at or under `entity`."""
        waiting = [entity]
        while waiting:
            node = waiting.pop()
            if node.is_multipart:
                waiting.extend(reversed(node.children))
            elif self._kind(node) == "html":
                return node
        return None

    def _has_text(self, entity: Entity) -> bool:
        """Whether a body could be shown from `entity` or from under it."""
        waiting = [entity]
        while waiting:
            node = waiting.pop()
            if node.is_multipart:
                waiting.extend(node.children)
            elif self._kind(node):
                return True
        return False

    # -- leaves ------------------------------------------------------------------

    def _kind(self, entity: Entity) -> str:
        """ "plain" or "html" for a part that is read as text, "" for a file.

        RFC 2183 2.8: an unknown disposition is an attachment, but a text without a name is
        worth more where it can be read. A name makes a file of a text, unless the sender
        calls it inline and no other text came before: some mailers name the body itself.
        """
        if entity.withheld is not None or entity.disposition == "attachment":
            return ""
        content_type = entity.content_type
        if content_type in _REPORTS:
            return "plain"
        if not content_type.startswith("text/") or content_type in _FILE_TEXT:
            return ""
        if file_name(entity) and entity is not self._root:
            first = not any(not piece.is_mark for piece in self._pieces)
            if not (entity.disposition == "inline" and first):
                return ""
        return "html" if content_type == "text/html" else "plain"

    def _leaf(self, entity: Entity, *, related: bool, shown: bool) -> None:
        content_type = entity.content_type
        if content_type in _MAILS:
            self._attachments.add_mail(entity)
        elif content_type in _ELSEWHERE:
            self._attachments.add_withheld(entity, ReasonCode.EXTERNAL_BODY)
        elif content_type in MEDIA_TYPES:
            if entity.parameters.get("smime-type", "").lower() in _PKCS7_CLOSED:
                self._attachments.add_withheld(entity, ReasonCode.SIGNED_OR_ENCRYPTED_MAIL)
            else:
                name = self._attachments.name_of(entity) or "smime.p7m"
                self._attachments.add(entity, name=name)
        elif content_type in _SIGNATURES:
            self._findings.add(Kind.SIGNED_MAIL, Action.REMOVED, where=entity.where)
        elif content_type == "application/applefile":  # RFC 1740: a Mac's resource fork
            self._findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where=entity.where)
        elif entity.raw_type[:10].lower() == b"multipart/" and entity.encoding == "base64":
            # A multipart must not be encoded as a whole (RFC 2045 6.4). Some are: the
            # decoded one is taken apart as a mail in a child of its own.
            self._attachments.add_wrapped(entity)
        elif self._kind(entity):
            self._text(entity, shown=shown)
        else:
            self._file(entity, related=related)

    def _text(self, entity: Entity, *, shown: bool) -> None:
        if not shown:
            self._findings.add(Kind.ALTERNATIVE_BODY, Action.REMOVED, where=entity.where)
            return
        text = _trim(self._leaves.take(entity))
        if text:
            self._pieces.append(_Piece(text))

    def _file(self, entity: Entity, *, related: bool) -> None:
        image = entity.content_type.startswith("image/")
        inline = image and entity.disposition != "attachment" and bool(entity.content_id)
        inline = inline or (image and related)
        self._attachments.add(entity, inline=inline)
        if inline:
            self._findings.add(Kind.INLINE_IMAGE, Action.CONVERTED, where=entity.where)
        elif entity.disposition != "attachment":
            mark = marker("画像" if image else "添付", self._attachments.name_of(entity))
            self._pieces.append(_Piece(mark, is_mark=True))


def _trim(text: str) -> str:
    """`text` without blank lines before and white space behind it."""
    start = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, start) + 1 :].rstrip() if start < len(text) else ""
