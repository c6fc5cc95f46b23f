"""The untrusted document, read by qpdf (through pikepdf) and turned into plain values.

Only the parser of pikepdf is used: qpdf finds, repairs and decrypts objects, each is
printed once and parsed by `_syntax`, and no pikepdf object ever leaves this module but
as the handle of a stream's bytes. Works from memory, decodes no stream, and bounds how
many objects are looked at.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any, Final

import pikepdf

from sanitizers.pdf import _filters
from sanitizers.pdf._objects import Ref, Stream, Value
from sanitizers.pdf._syntax import SyntaxFault, parse
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

MAX_LOADED: Final = 1_000_000  # objects looked at; a 2,000-page report has 200,000
MAX_HOPS: Final = 8  # references to references
MAX_DECODED: Final = 2_000_000_000  # bytes of all streams together
MAX_WARNINGS: Final = 10_000  # of qpdf; a file that gives more is not worth repairing


class Source:
    """An opened document. `Source.open` raises what opening may raise."""

    def __init__(self, pdf: pikepdf.Pdf, password: str) -> None:
        self._pdf = pdf
        self._known: dict[Ref, Value] = {}
        self._trailer: dict[str, Value] | None = None
        self._decoded = 0
        self.password = password
        self.encrypted = bool(pdf.is_encrypted)
        self.external = 0  # streams that point outside the file
        self.damaged = 0  # objects and streams that could not be read whole

    @classmethod
    def open(cls, data: memoryview, passwords: tuple[str, ...] = ()) -> Source:
        """Open with the empty password, then with each of `passwords`.

        Raises:
            PasswordNeeded: none of them opens it.
            Withheld: not a document that qpdf can read or repair.
        """
        if not data.nbytes:
            raise Withheld(ReasonCode.EMPTY)
        for password in ("", *passwords):
            try:
                pdf = pikepdf.open(
                    io.BytesIO(data), password=password, attempt_recovery=True,
                    suppress_warnings=True, inherit_page_attributes=False,
                    access_mode=pikepdf.AccessMode.stream,
                )  # fmt: skip
            except pikepdf.PasswordError:
                continue
            except (pikepdf.PikepdfError, ValueError, RuntimeError, NotImplementedError) as fault:
                raise Withheld(ReasonCode.DAMAGED, f"qpdf: {type(fault).__name__}") from fault
            return cls(pdf, password)
        raise PasswordNeeded("user password")

    def close(self) -> None:
        """Let go of the file."""
        self._pdf.close()

    def warnings(self) -> int:
        """How many things qpdf had to repair so far."""
        return len(self._pdf.get_warnings())

    def unused(self) -> int:
        """How many objects the file lists that nobody looked at.

        What holds other objects or their table was read by qpdf, and does not count.
        """
        table = self._pdf.get_xref_table()
        holders = {entry.obj_stream_number for entry in table.values()} - {None}
        count = sum(key not in self._known and key[0] not in holders for key in table)
        return max(0, count - (self.trailer().get("Type") == "XRef"))

    def trailer(self) -> dict[str, Value]:
        """The trailer's entries, unresolved."""
        if self._trailer is None:
            found = self._convert(self._pdf.trailer, Ref(0, 0))
            if isinstance(found, Stream):  # a cross-reference stream
                found = found.entries
            self._trailer = found if isinstance(found, dict) else {}
        return self._trailer

    def page_refs(self) -> list[Ref]:
        """The pages as qpdf finds them, for documents whose tree is damaged."""
        try:
            return [Ref(*page.obj.objgen) for page in self._pdf.pages]
        except (pikepdf.PikepdfError, ValueError, RuntimeError):
            return []

    def resolve(self, value: Value) -> Value:
        """`value`, or what its reference leads to; None where that is nothing."""
        for _ in range(MAX_HOPS):
            if not isinstance(value, Ref):
                return value
            value = self._load(value)
        return None

    def get(self, entries: dict[str, Value], key: str) -> Value:
        """The resolved value of a key."""
        return self.resolve(entries.get(key))

    def dictionary(self, value: Value) -> dict[str, Value]:
        """`value` resolved, if it is a dictionary (or a stream's); else empty."""
        found = self.resolve(value)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}

    def array(self, value: Value) -> list[Value]:
        """`value` resolved, if it is an array; else empty."""
        found = self.resolve(value)
        return found if isinstance(found, list) else []

    def _load(self, ref: Ref) -> Value:
        if ref in self._known:
            return self._known[ref]
        if len(self._known) >= MAX_LOADED:
            raise Withheld(ReasonCode.DAMAGED, "too many objects")
        try:
            found = self._convert(self._pdf.get_object(ref.number, ref.generation), ref)
        except (pikepdf.PikepdfError, SyntaxFault, ValueError, RuntimeError):
            self.damaged += 1
            found = None
        self._known[ref] = found
        return found

    def _convert(self, value: Any, ref: Ref) -> Value:
        if isinstance(value, pikepdf.Stream):
            entries = parse(value.stream_dict.unparse())
            return Stream(entries if isinstance(entries, dict) else {}, value, ref)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, Decimal | float):
            return float(value)
        return parse(value.unparse(resolved=True))

    def decode(self, stream: Stream, *, limit: int) -> _filters.Decoded:
        """The stream's data, up to a picture codec.

        Raises:
            TooLong: more than `limit`, or more than all streams may have together.
            BadFilter: a filter that no rule knows.
        """
        if "F" in stream.entries:  # table 5: the data lie in another file
            self.external += 1
            return _filters.Decoded(data=b"")
        try:
            raw = stream.raw()
        except (pikepdf.PikepdfError, ValueError, RuntimeError):
            self.damaged += 1
            return _filters.Decoded(data=b"")
        found = _filters.decode(raw, *self.filters(stream.entries), limit=limit)
        if raw and not found.data:
            self.damaged += 1  # not even its beginning could be decoded
        self._decoded += len(found.data)
        if self._decoded > MAX_DECODED:
            raise _filters.TooLong
        return found

    def filters(self, entries: dict[str, Value]) -> tuple[list[Value], list[Value]]:
        """Resolved filters and parameters of a stream's (or inline image's) dictionary."""
        filters = self.get(entries, "Filter") or self.get(entries, "F")
        parms = self.get(entries, "DecodeParms") or self.get(entries, "DP")
        chain = filters if isinstance(filters, list) else [filters] if filters else []
        settings = parms if isinstance(parms, list) else [parms] if parms else []
        return (
            [self.resolve(f) for f in chain[: _filters.MAX_FILTERS + 1]],
            [self._flat(p) for p in settings[: _filters.MAX_FILTERS + 1]],
        )

    def _flat(self, value: Value) -> Value:
        found = self.resolve(value)
        if not isinstance(found, dict):
            return None
        return {key: self.resolve(item) for key, item in found.items()}

    def content(self, stream: Stream, *, limit: int) -> bytes:
        """A stream's data where no picture is expected; empty if it is one.

        Raises:
            TooLong, BadFilter: as `decode`.
        """
        found = self.decode(stream, limit=limit)
        return b"" if found.filter else found.data


def warm() -> None:
    """Load what pikepdf loads late, and set qpdf's own limits (per process)."""
    pikepdf.settings.set_qpdf_limits(doc_max_warnings=MAX_WARNINGS, parser_max_nesting=100)
    pdf = pikepdf.new()
    buffer = io.BytesIO()
    pdf.add_blank_page()
    pdf.save(buffer)
    source = Source.open(memoryview(buffer.getvalue()))
    source.resolve(source.trailer().get("Root"))
    source.page_refs()
    source.warnings()
    source.close()
