"""MP4: a sender's file goes through ffmpeg; what ffmpeg wrote is rebuilt box by box.

Written are `ftyp`, `moov` (one video track, one sound track, their tables) and one `mdat` that
holds the samples which the tables name and not a byte more. Everything else that a file may
hold (udta, meta, free, uuid, other tracks, gaps between samples) has no way in.
"""

from __future__ import annotations

import struct
from array import array
from typing import Final

from sanitizers.identify import iso_media
from sanitizers.media import _codecs, _survey, _track
from sanitizers.media._boxes import Box, box, boxes, damaged, inside, one
from sanitizers.media._recode import TOOL, is_recoded, recode
from sanitizers.media._track import Track
from sanitizers.model import Cleaned, Job, Method, Needs, Output, Sanitizer

VIDEO: Final = "video/mp4"
AUDIO: Final = "audio/mp4"
#: Media type → the brands that are written (ISO/IEC 14496-12, 4.3), and its extension.
_BRANDS: Final = {
    VIDEO: (b"isom\0\0\2\0isomiso2avc1mp41", ".mp4"),
    AUDIO: (b"M4A \0\0\2\0M4A isomiso2mp41", ".m4a"),
}


class Mp4(Sanitizer):
    """ISO base media with H.264 and AAC."""

    media_types = (VIDEO, AUDIO)
    tools = dict.fromkeys(media_types, TOOL)
    methods = (Method.SANITIZE,)
    outputs = (VIDEO, AUDIO)

    def clean(self, job: Job, out: Output) -> Cleaned | Needs:
        """Rebuild what ffmpeg wrote; hand anything else to it.

        Raises:
            Withheld: DAMAGED, when ffmpeg's file is not what it was told to write.
        """
        if not is_recoded(job):
            target = VIDEO if iso_media.shows_pictures(job.data) else AUDIO
            return recode(job, out, target, _survey.of_movie(job.data))
        movie, tracks = _read(job.data)
        wanted = {b"vide", b"soun"} if job.media_type == VIDEO else {b"soun"}
        handlers = [track.handler for track in tracks]
        if not set(handlers) <= wanted or len(set(handlers)) != len(handlers):
            raise damaged("tracks")
        if job.media_type == VIDEO and b"vide" not in handlers:
            raise damaged("no video")
        brands, extension = _BRANDS[job.media_type]
        _write(job.data, movie, tracks, brands, out)
        return Cleaned(media_type=job.media_type, extension=extension, method=Method.SANITIZE)


def _read(data: memoryview) -> tuple[tuple[int, int], list[Track]]:
    """Timescale and duration of the movie, and its tracks."""
    whole = Box(b"", 0, data)
    moov = one(whole, b"moov")
    tracks = [_track.read(trak, data) for trak in inside(moov) if trak.kind == b"trak"]
    if not tracks:
        raise damaged("no track")
    bodies = [found for found in boxes(data) if found.kind == b"mdat"]
    last = 0
    for offset, track, first, end in _in_order(tracks):
        size = sum(track.sizes[first:end])
        if offset < last or not any(b.start <= offset <= offset + size <= b.end for b in bodies):
            raise damaged("chunks overlap, or lie outside of mdat")
        last = offset + size
    return _track.movie_times(one(moov, b"mvhd")), tracks


def _in_order(tracks: list[Track]) -> list[tuple[int, Track, int, int]]:
    """All chunks as they lie in the file: (offset, track, first sample, end sample)."""
    found = [(offset, track, first, end) for track in tracks for offset, first, end in track.runs()]
    return sorted(found, key=lambda chunk: chunk[0])


def _moov(movie: tuple[int, int], tracks: list[Track], places: list[array[int]]) -> bytes:
    mvhd = struct.pack(">12xIIIH10x", *movie, 0x10000, 0x0100) + _track.MATRIX + bytes(24)
    mvhd += struct.pack(">I", len(tracks) + 1)
    traks = [
        _track.write(track, number, offsets)
        for number, (track, offsets) in enumerate(zip(tracks, places, strict=True), start=1)
    ]
    return box(b"moov", box(b"mvhd", mvhd), *traks)


def _write(
    data: memoryview, movie: tuple[int, int], tracks: list[Track], brands: bytes, out: Output
) -> None:
    ftyp = box(b"ftyp", brands)
    empty = [array("I", bytes(4 * len(track.chunks))) for track in tracks]
    start = len(ftyp) + len(_moov(movie, tracks, empty)) + 8
    places: dict[int, array[int]] = {id(track): array("I") for track in tracks}
    order = _in_order(tracks)
    at = start
    for _, track, first, end in order:
        places[id(track)].append(at)
        at += sum(track.new_sizes[first:end])
        if at >= 1 << 32:
            raise damaged("longer than its offsets")
    out.write(ftyp)
    out.write(_moov(movie, tracks, [places[id(track)] for track in tracks]))
    out.write(struct.pack(">I4s", at - start + 8, b"mdat"))
    for offset, track, first, end in order:
        _samples(data, offset, track, first, end, out)


def _samples(
    data: memoryview, offset: int, track: Track, first: int, end: int, out: Output
) -> None:
    """The samples of one chunk, without what `_codecs` leaves out."""
    at = offset
    for size, kept in zip(track.sizes[first:end], track.new_sizes[first:end], strict=True):
        if size == kept:
            out.write(data[at : at + size])
        else:
            for begin, after in _codecs.slices(data, at, size):
                out.write(data[begin:after])
        at += size
