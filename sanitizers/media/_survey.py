"""What a sender's sound or film carries beside what is seen and heard: for the report only.

Nothing here decides about safety: none of these bytes cross, ffmpeg makes everything anew.
So damage is no error here; what cannot be followed is not reported.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from sanitizers.findings import Action, Finding, Findings, Kind
from sanitizers.identify.iso_media import SOUND, VIDEO, tracks
from sanitizers.media._boxes import Box, boxes, inside
from sanitizers.reasons import Withheld

#: How much of a film's head and tail is looked at where its structure is not followed.
_WINDOW: Final = 1 << 20
#: ISO/IEC 14496-12, 8.4.3 and 12: handlers of tracks that are not kept.
_SUBTITLES: Final = frozenset((b"text", b"sbtl", b"subt", b"subp", b"clcp"))
#: Boxes with words about the film (8.10, 8.11; QuickTime), and boxes for anything (8.1.2, 11.1).
_METADATA: Final = frozenset((b"udta", b"meta", b"uuid"))
_ROOM: Final = frozenset((b"free", b"skip", b"wide"))
_KNOWN: Final = frozenset((b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"pnot"))
_IN_MOOV: Final = frozenset((b"mvhd", b"trak", b"mvex", b"iods"))
_IN_TRAK: Final = frozenset((b"tkhd", b"edts", b"mdia", b"tref", b"tapt", b"load"))
#: Matroska element ids (RFC 9559, 5.1): Tags, Attachments, Chapters.
_MATROSKA: Final = (
    (b"\x12\x54\xc3\x67", Kind.METADATA, "tags"),
    (b"\x19\x41\xa4\x69", Kind.EMBEDDED_FILE, "attachments"),
    (b"\x10\x43\xa7\x70", Kind.METADATA, "chapters"),
)
#: What their formats call words about the sound or film: ASF 1.20.03, 3.10, 4.7 and 4.8
#: (content description, metadata); FLV 10.1, E.4.4.1; Vorbis I, 5; RFC 7845, 5.2.
_ASF: Final = (
    bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c"),
    bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850"),
    bytes.fromhex("941c23449894d149a1411d134e457054"),
)
_FLV: Final = (b"\2\0\x0aonMetaData", b"onCuePoint", b"onTextData")
_OGG: Final = (b"\3vorbis", b"OpusTags", b"\x81theora", b"\x84\0\0")
#: Chunks of an IFF file (AIFF 1.3) and of a CAF file (1.0) that are the sound itself.
_IFF_PLAIN: Final = frozenset((b"COMM", b"SSND", b"FVER", b"CHAN"))
_CAF_PLAIN: Final = frozenset((b"desc", b"data", b"pakt", b"kuki", b"chan", b"free"))
#: FLAC metadata blocks (RFC 9639, 8.1): 0 STREAMINFO, 1 PADDING, 3 SEEKTABLE.
_FLAC_PLAIN: Final = frozenset((0, 1, 3))
_FLAC_PICTURE: Final = 6


def _followed(found: Iterator[Box]) -> Iterator[Box]:
    try:
        yield from found
    except Withheld:
        return


def of_movie(data: memoryview) -> tuple[Finding, ...]:
    """ISO media and QuickTime: metadata, free room, unknown boxes, other tracks."""
    findings = Findings()
    end = 0
    for top in _followed(boxes(data)):
        end = top.end
        _box(findings, top, _KNOWN)
        if top.kind == b"moov":
            for child in _followed(inside(top)):
                _box(findings, child, _IN_MOOV)
                for inner in _followed(inside(child)) if child.kind == b"trak" else ():
                    _box(findings, inner, _IN_TRAK)
    if end < len(data):
        findings.add(Kind.TRAILING_DATA, Action.REMOVED)
    kept = {VIDEO, SOUND}  # the first of each
    for handler in tracks(data):
        if handler in kept:
            kept.remove(handler)
            continue
        where = "subtitles" if handler in _SUBTITLES else "other track"
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where=where)
    return findings.freeze()


def _box(findings: Findings, found: Box, known: frozenset[bytes]) -> None:
    if found.kind in _METADATA:
        findings.add(Kind.METADATA, Action.REMOVED)
    elif found.kind in _ROOM:
        if bytes(found.body[:_WINDOW]).strip(b"\0"):
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="free room")
    elif found.kind not in known:
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED)


def of_riff(data: memoryview) -> tuple[Finding, ...]:
    """WAV and AVI: chunks that are not the sound or the film (Multimedia Programming, 2)."""
    findings = Findings()
    plain = {b"fmt ", b"data", b"fact", b"hdrl", b"movi", b"idx1"}
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    at = 12
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        name = bytes(data[at + 8 : at + 12]) if kind == b"LIST" else kind
        if name in (b"INFO", b"id3 ", b"ID3 ", b"bext", b"iXML", b"_PMX"):
            findings.add(Kind.METADATA, Action.REMOVED)
        elif name not in plain and kind != b"JUNK":
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED)
        at += 8 + size + size % 2
    if end < len(data):
        findings.add(Kind.TRAILING_DATA, Action.REMOVED)
    return findings.freeze()


def of_mp3(data: memoryview) -> tuple[Finding, ...]:
    """MPEG audio: tags before and after the frames (ID3v2.4 3.1, ID3v1, APEv2)."""
    findings = Findings()
    if bytes(data[:3]) == b"ID3":
        findings.add(Kind.METADATA, Action.REMOVED, where="id3v2")
        if any(mark in bytes(data[:_WINDOW]) for mark in (b"APIC", b"PIC\0")):
            findings.add(Kind.THUMBNAIL, Action.REMOVED)
    if bytes(data[-128:-125]) == b"TAG":
        findings.add(Kind.METADATA, Action.REMOVED, where="id3v1")
    if b"APETAGEX" in bytes(data[-_WINDOW:]):
        findings.add(Kind.METADATA, Action.REMOVED, where="ape")
    return findings.freeze()


def of_flac(data: memoryview) -> tuple[Finding, ...]:
    """FLAC: metadata blocks (RFC 9639, 8)."""
    findings = Findings()
    at, last = 4, False
    while not last and at + 4 <= len(data):
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        if kind == _FLAC_PICTURE:
            findings.add(Kind.THUMBNAIL, Action.REMOVED)
        elif kind not in _FLAC_PLAIN:
            findings.add(Kind.METADATA, Action.REMOVED)
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    return findings.freeze()


def of_iff(data: memoryview) -> tuple[Finding, ...]:
    """AIFF: name, author, notes and whatever else is no sound (AIFF 1.3)."""
    return _chunks(data, 12, ">4sI", _IFF_PLAIN, even=True)


def of_caf(data: memoryview) -> tuple[Finding, ...]:
    """Core Audio: strings, markers and whatever else is no sound (CAF 1.0)."""
    return _chunks(data, 8, ">4sq", _CAF_PLAIN, even=False)


def _chunks(
    data: memoryview, at: int, head: str, plain: frozenset[bytes], *, even: bool
) -> tuple[Finding, ...]:
    findings = Findings()
    length = struct.calcsize(head)
    while at + length <= len(data):
        kind, size = struct.unpack_from(head, data, at)
        if kind not in plain:
            findings.add(Kind.METADATA, Action.REMOVED)
            break
        if size < 0:  # CAF 1.0: sound to the end of the file
            break
        at += length + size + (size % 2 if even else 0)
    return findings.freeze()


def of_asf(data: memoryview) -> tuple[Finding, ...]:
    """Windows Media: title, author, description and the like."""
    return _named(data, _ASF)


def of_flv(data: memoryview) -> tuple[Finding, ...]:
    """Flash video: script data."""
    return _named(data, _FLV)


def of_ogg(data: memoryview) -> tuple[Finding, ...]:
    """Ogg: comment headers."""
    return _named(data, _OGG)


def _named(data: memoryview, marks: tuple[bytes, ...]) -> tuple[Finding, ...]:
    findings = Findings()
    head = bytes(data[:_WINDOW])
    if any(mark in head for mark in marks):
        findings.add(Kind.METADATA, Action.REMOVED)
    return findings.freeze()


def of_matroska(data: memoryview) -> tuple[Finding, ...]:
    """Matroska and WebM: tags, attached files and chapters, by their ids at both ends."""
    findings = Findings()
    seen = bytes(data[:_WINDOW]) + bytes(data[-_WINDOW:])
    for mark, kind, where in _MATROSKA:
        if mark in seen:
            findings.add(kind, Action.REMOVED, where=where)
    return findings.freeze()
