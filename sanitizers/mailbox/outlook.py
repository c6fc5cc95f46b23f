"""Outlook messages (.msg, [MS-OXMSG]) taken apart as the mails that they are.

The compound file is read from memory; only known streams are opened, and all of them
together may hold no more than the file itself, so that chains of sectors that cross each
other cannot grow. Embedded messages become mails in the mail; objects of other programs
are withheld.
"""

from __future__ import annotations

import io
import struct
from typing import Final

import olefile  # type: ignore[import-untyped]

from sanitizers.limits import MAX_DEPTH, MAX_PARTS
from sanitizers.mailbox import _mapi as mapi
from sanitizers.mailbox._mail import split_message
from sanitizers.model import Job, Method, Output, Sanitizer, Split
from sanitizers.reasons import ReasonCode, Withheld

_ENTRY: Final = struct.Struct("<HHI8s")  # 2.4.2: type, identifier, flags, value
_STREAM: Final = "__substg1.0_"  # 2.1.3
_PROPERTIES: Final = "__properties_version1.0"  # 2.4
_RECIPIENT: Final = "__recip_version1.0_#"  # 2.2.1
_ATTACHMENT: Final = "__attach_version1.0_#"  # 2.2.2
_NAMES: Final = "__nameid_version1.0"  # 2.2.3
_NAME_SETS: Final = "__substg1.0_00020102"  # 2.2.3.1.1: GUIDs
_NAME_ENTRIES: Final = "__substg1.0_00030102"  # 2.2.3.1.2
_NAME_ENTRY: Final = struct.Struct("<IHH")  # number, kind and set, index of the property
_FIRST_SET: Final = 3  # 2.2.3.1.2: the sets before have no GUID in the stream
_FIRST_NAMED: Final = 0x8000
#: 2.4.1: bytes before the entries, by what the storage is.
_TOP_HEADER: Final = 32
_MESSAGE_HEADER: Final = 24
_CHILD_HEADER: Final = 8
#: Entries of one property stream; Outlook writes under 200.
_MAX_ENTRIES: Final = 5_000
_FIXED: Final = frozenset({mapi.INTEGER_16, mapi.INTEGER_32, mapi.BOOLEAN, mapi.TIME})
_VARIABLE: Final = frozenset({mapi.STRING_8, mapi.STRING, mapi.BINARY})
#: Streams of 4,096 bytes and less lie in sectors of 64 that are counted once.
_SLACK: Final = 1_000_000

#: What olefile raises on files that lie about their sectors.
_DAMAGE: Final = (
    OSError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError,
    struct.error,
)  # fmt: skip

_Path = tuple[str, ...]


class OutlookMessage(Sanitizer):
    """One .msg file to `Split`."""

    media_types = ("application/vnd.ms-outlook",)
    methods = (Method.TEXT,)
    outputs = ("message/rfc822",)

    def clean(self, job: Job, out: Output) -> Split:
        """Take the message apart; its files are written to `out`.

        Raises:
            Withheld: EMPTY; DAMAGED (no compound file, no message in it); ARCHIVE_BOMB
                (streams that share sectors); TOO_MANY_PARTS.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        file = _File(job.data)
        message = file.message((), 0)
        message.dropped = file.dropped
        return split_message(message, out)


class _File:
    """The streams of one compound file."""

    def __init__(self, data: memoryview) -> None:
        try:
            self._ole = olefile.OleFileIO(io.BytesIO(data))
            paths: list[list[str]] = self._ole.listdir(streams=True, storages=False)
        except _DAMAGE as error:
            raise Withheld(ReasonCode.DAMAGED, f"no compound file: {error}") from error
        self._left = len(data) + _SLACK
        self.dropped = 0  # properties of all messages that are not looked at
        self._children: dict[_Path, dict[str, str]] = {}
        self._storages: dict[_Path, dict[str, None]] = {}
        for path in paths:
            *storage, name = path
            self._children.setdefault(tuple(storage), {})[name.lower()] = name
            for depth in range(len(storage)):
                parent = self._storages.setdefault(tuple(storage[:depth]), {})
                parent[storage[depth]] = None
        if _PROPERTIES not in self._children.get((), {}):
            raise Withheld(ReasonCode.DAMAGED, "no message in the compound file")
        self._named = self._names()

    def _names(self) -> dict[int, int]:
        """Identifier of a named property in this file → ours."""
        children = self._children.get((_NAMES,), {})
        if _NAME_SETS not in children or _NAME_ENTRIES not in children:
            return {}
        sets = self._stream((_NAMES, children[_NAME_SETS]))
        entries = self._stream((_NAMES, children[_NAME_ENTRIES]))
        whole = len(entries) - len(entries) % _NAME_ENTRY.size
        found: dict[int, int] = {}
        for number, kind, index in _NAME_ENTRY.iter_unpack(entries[:whole]):
            at = ((kind >> 1) - _FIRST_SET) * 16
            if not kind & 1 and at >= 0:
                found[_FIRST_NAMED + index] = mapi.named(sets[at : at + 16], number)
        return found

    def message(self, at: _Path, depth: int) -> mapi.Message:
        """The message whose streams lie at `at`."""
        properties = self._read(at, _MESSAGE_HEADER if at else _TOP_HEADER)
        message = mapi.Message(properties=properties)
        for name in self._storages.get(at, {}):
            if name.lower().startswith((_RECIPIENT, _ATTACHMENT)):
                if len(message.recipients) + len(message.attachments) >= 2 * MAX_PARTS:
                    raise Withheld(ReasonCode.TOO_MANY_PARTS, "recipients and attachments")
                inner = self._read((*at, name), _CHILD_HEADER, properties.charset)
                if name.lower().startswith(_RECIPIENT):
                    message.recipients.append(inner)
                else:
                    message.attachments.append(self._attachment((*at, name), inner, depth))
        return message

    def _attachment(self, at: _Path, properties: mapi.Properties, depth: int) -> mapi.Attachment:
        method = properties.number(mapi.ATTACH_METHOD)
        embedded = (*at, f"{_STREAM}{mapi.ATTACH_DATA:04X}{mapi.OBJECT:04X}")
        if method == mapi.EMBEDDED_MESSAGE and _PROPERTIES in self._children.get(embedded, {}):
            if depth + 1 < MAX_DEPTH:
                inner = self.message(embedded, depth + 1)
                return mapi.Attachment(properties=properties, message=inner)
            return mapi.Attachment(properties=properties, withheld=True)
        data = properties.bytes_of(mapi.ATTACH_DATA)
        # Links to files elsewhere and objects of programs have no bytes of their own.
        by_value = method in (0, mapi.BY_VALUE) or bool(data)
        return mapi.Attachment(properties=properties, data=data, withheld=not by_value)

    def _read(self, at: _Path, header: int, charset: str = "") -> mapi.Properties:
        raw: dict[int, tuple[int, bytes]] = {}
        children = self._children.get(at, {})
        if _PROPERTIES in children:
            fixed = self._stream((*at, children[_PROPERTIES]))[header:]
            whole = len(fixed) - len(fixed) % _ENTRY.size
            for number, entry in enumerate(_ENTRY.iter_unpack(fixed[:whole])):
                if number >= _MAX_ENTRIES:
                    break
                kind, identifier, _, value = entry
                identifier = self._named.get(identifier, identifier)
                if kind in _FIXED and identifier in mapi.KNOWN:
                    raw[identifier] = (kind, value)
                else:
                    self.dropped += kind in _FIXED
        for key, name in children.items():
            if key.startswith(_STREAM) and len(key) == len(_STREAM) + 8:
                try:
                    tag = int(key[len(_STREAM) :], 16)
                except ValueError:
                    continue
                identifier, kind = self._named.get(tag >> 16, tag >> 16), tag & 0xFFFF
                if kind in _VARIABLE and identifier in mapi.KNOWN:
                    raw[identifier] = (kind, self._stream((*at, name)))
                else:
                    self.dropped += 1
        return mapi.Properties(raw, charset)

    def _stream(self, path: _Path) -> bytes:
        try:
            with self._ole.openstream(list(path)) as stream:
                data: bytes = stream.read(self._left + 1)
        except _DAMAGE as error:
            raise Withheld(ReasonCode.DAMAGED, f"stream: {error}") from error
        self._left -= len(data)
        if self._left < 0:
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "streams hold more than the file")
        return data
