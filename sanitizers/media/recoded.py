"""Sound and film in every other form that ffmpeg reads: it writes MP4 or M4A of them.

Only its own encoders' output goes on (`mp4`). Lossless sound becomes AAC too: a voice memo in
FLAC is a voice memo.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sanitizers.findings import Finding
from sanitizers.identify import iso_media
from sanitizers.media import _survey
from sanitizers.media._recode import TOOL, recode
from sanitizers.media.mp4 import AUDIO, VIDEO
from sanitizers.model import Job, Method, Needs, Output, Sanitizer

_HEAD: Final = 1 << 16
#: ASF 1.20.03, 10.1: the stream type GUID ASF_Video_Media.
_ASF_VIDEO: Final = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")


def _always(_: memoryview) -> bool:
    return True


def _never(_: memoryview) -> bool:
    return False


def _matroska(data: memoryview) -> bool:
    """RFC 9559, 5.1.4.1.3: a TrackType of 1 is video."""
    return b"\x83\x81\x01" in bytes(data[:_HEAD])


def _asf(data: memoryview) -> bool:
    return _ASF_VIDEO in bytes(data[:_HEAD])


def _ogg(data: memoryview) -> bool:
    """Theora I, 6.1: the identification header on the first pages."""
    return b"\x80theora" in bytes(data[:_HEAD])


def _flv(data: memoryview) -> bool:
    """FLV 10.1, E.2: TypeFlagsVideo."""
    return len(data) > 4 and bool(data[4] & 1)


def _nothing(_: memoryview) -> tuple[Finding, ...]:
    return ()


#: Media type → whether it has pictures, and what it carries beside.
_TYPES: Final[
    dict[str, tuple[Callable[[memoryview], bool], Callable[[memoryview], tuple[Finding, ...]]]]
] = {
    "video/quicktime": (iso_media.shows_pictures, _survey.of_movie),
    "video/3gpp": (iso_media.shows_pictures, _survey.of_movie),
    "video/x-msvideo": (_always, _survey.of_riff),
    "video/x-ms-asf": (_asf, _survey.of_asf),
    "video/mpeg": (_always, _nothing),
    "video/x-matroska": (_matroska, _survey.of_matroska),
    "video/x-flv": (_flv, _survey.of_flv),
    "audio/flac": (_never, _survey.of_flac),
    "audio/ogg": (_ogg, _survey.of_ogg),
    "audio/amr": (_never, _nothing),
    "audio/aac": (_never, _survey.of_mp3),
    "audio/aiff": (_never, _survey.of_iff),
    "audio/basic": (_never, _nothing),
    "audio/x-caf": (_never, _survey.of_caf),
}


class Recoded(Sanitizer):
    """Forms that are not written, only read."""

    media_types = tuple(_TYPES)
    tools = dict.fromkeys(media_types, TOOL)
    methods = (Method.SANITIZE,)
    outputs = ()

    def clean(self, job: Job, out: Output) -> Needs:
        """Hand the file to ffmpeg."""
        pictures, survey = _TYPES[job.media_type]
        target = VIDEO if pictures(job.data) else AUDIO
        return recode(job, out, target, survey(job.data))
