"""Takes a form apart while it arrives: files go straight into encrypted segments.

Only the framing of RFC 7578 is read here; no file's content is looked at, nothing is ever
whole in memory, and nothing touches the disk unencrypted. A form that breaks any rule, or
whose connection ends early, leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.store.uploads import MAX_FILES, NewFile, Uploads

MAX_FIELDS: Final = 300  # recipients, ids of resumed uploads and the few others
MAX_FIELD_BYTES: Final = 8_000  # of one field that is no file; a note has 1,000 characters
MAX_HEADER_BYTES: Final = 8_000  # of one part: names in UTF-8 percent-escapes are long
_FORM: Final = b"multipart/form-data"


class BadForm(Exception):
    """The body is not the form that is asked for. The text may be shown."""


class FormTooLarge(Exception):
    """More bytes, files or fields than allowed. The text may be shown."""


@dataclass(slots=True)
class Form:
    """What arrived. `fields` in order; the files' last segments are durable."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[NewFile] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self.fields if key == name]

    def value(self, name: str) -> str:
        """The value of a field that stands at most once.

        Raises:
            BadForm: it stands more than once.
        """
        found = self.values(name)
        if len(found) > 1:
            raise BadForm(f"{name} may stand only once")
        return found[0] if found else ""


def boundary_of(content_type: str) -> bytes:
    """The boundary of a `multipart/form-data` request.

    Raises:
        BadForm: another type, or no boundary.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != _FORM or not 1 <= len(boundary) <= 70:  # RFC 2046 section 5.1.1
        raise BadForm("multipart/form-data with a boundary is expected")
    return boundary


class _Reader:
    """Callbacks of the parser: collect what one piece of the body brought, in order."""

    def __init__(self, boundary: bytes) -> None:
        self.events: list[tuple[str, bytes]] = []
        self.ended = False
        self._header = bytearray()
        self._value = bytearray()
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": lambda: self.events.append(("begin", b"")),
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": lambda: self.events.append(("headers", b"")),
                "on_part_data": self._on_data,
                "on_part_end": lambda: self.events.append(("end", b"")),
                "on_end": self._on_end,
            },
            max_header_size=MAX_HEADER_BYTES,
        )

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self.events.append(("disposition", bytes(self._value)))
        elif bytes(self._header).lower() == b"content-type":
            self.events.append(("type", bytes(self._value)))
        self._header.clear()
        self._value.clear()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(("data", data[start:end]))

    def _on_end(self) -> None:
        self.ended = True

    def feed(self, piece: bytes) -> list[tuple[str, bytes]]:
        """The events of one piece.

        Raises:
            BadForm: not the grammar.
        """
        try:
            self.parser.write(piece)
        except FormParserError:
            raise BadForm("the form is damaged") from None
        events, self.events = self.events, []
        return events


class _Builder:
    """Builds the form out of the events of one request."""

    def __init__(self, uploads: Uploads) -> None:
        self.form = Form()
        self._uploads = uploads
        self._disposition = b""
        self._type = ""
        self._name = ""
        self._text: bytearray | None = None
        self._file: NewFile | None = None

    async def take(self, event: str, data: bytes) -> None:
        """One event.

        Raises:
            BadForm, FormTooLarge: the form is refused.
            StoreFull, StoreUnavailable: nothing can be kept.
        """
        if event == "begin":
            self._disposition, self._type = b"", ""
            self._text, self._file = None, None
        elif event == "disposition":
            self._disposition = data
        elif event == "type":
            self._type = data.decode("latin-1").partition(";")[0].strip().lower()
        elif event == "headers":
            self._start()
        elif event == "data":
            self._data(data)
        elif event == "end":
            await self._end()

    def _start(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise BadForm("a part without a name")
        self._name = options[b"name"].decode("utf-8", "replace")
        if b"filename" not in options:
            if len(self.form.fields) >= MAX_FIELDS:
                raise FormTooLarge(f"more than {MAX_FIELDS} fields")
            self._text = bytearray()
            return
        if self._name != "file":
            raise BadForm("files belong into the field `file`")
        if len(self.form.files) >= MAX_FILES:
            raise FormTooLarge(f"more than {MAX_FILES} files")
        name = options[b"filename"].decode("utf-8", "replace")
        self._file = self._uploads.new_file(name=name, claimed_type=self._type)
        self._file.spools.append(self._uploads.spool(self._file.id, 0))
        self.form.files.append(self._file)

    def _data(self, data: bytes) -> None:
        if self._file is not None:
            self._file.spools[-1].write(data)
        elif self._text is not None:
            self._text += data
            if len(self._text) > MAX_FIELD_BYTES:
                raise FormTooLarge(f"a field of more than {MAX_FIELD_BYTES} bytes")

    async def _end(self) -> None:
        if self._file is not None:
            if not self._file.name and not self._file.size:
                self._uploads.discard(self._file)  # a file field that was left empty
                self.form.files.remove(self._file)
            else:
                self._file.small.append(await self._uploads.finish(self._file.spools[-1]))
        elif self._text is not None:
            try:
                self.form.fields.append((self._name, self._text.decode("utf-8")))
            except UnicodeDecodeError:
                raise BadForm("a field that is not UTF-8") from None
        self._file, self._text = None, None

    def discard(self) -> None:
        """Leave nothing behind."""
        for file in self.form.files:
            self._uploads.discard(file)


async def read_form(
    body: AsyncIterator[bytes], content_type: str, uploads: Uploads, *, most: int
) -> Form:
    """Read a whole form of at most `most` bytes; its files are durable when it returns.

    Raises:
        BadForm, FormTooLarge: refused; nothing is kept.
        StoreFull, StoreUnavailable: nothing is kept.
    """
    reader = _Reader(boundary_of(content_type))
    builder = _Builder(uploads)
    total = 0
    try:
        async for piece in body:
            total += len(piece)
            if total > most:
                raise FormTooLarge(f"more than {most} bytes")
            for event, data in reader.feed(piece):
                await builder.take(event, data)
        if not reader.ended:
            raise BadForm("the form ends early")
    except BaseException:
        builder.discard()
        raise
    return builder.form
