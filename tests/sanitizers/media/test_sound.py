"""Sound crosses only as ffmpeg wrote it: samples or frames, and nothing beside them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Kind
from sanitizers.identify.labels import extension
from sanitizers.model import Cleaned, Needs
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.verify.mp3 import Mp3Verifier
from sanitizers.verify.wav import WavVerifier
from tests.sanitizers.media import samples as make
from tests.sanitizers.media.samples import CANARY

WAV, MP3 = "audio/wav", "audio/mpeg"


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


@pytest.mark.parametrize(
    "data",
    [
        make.wav(extra=chunk(b"LIST", b"INFOINAM" + CANARY)),
        make.wav(extra=chunk(b"bext", CANARY)),
        make.wav(extra=chunk(b"id3 ", CANARY)),
        make.wav(extra=chunk(b"abcd", CANARY)),
        make.wav(tail=chunk(b"LIST", b"INFO" + CANARY)),
    ],
)
def test_nothing_beside_the_samples_of_a_wav_survives(data: bytes) -> None:
    answer, output = make.clean(WAV, data)
    assert isinstance(answer, Cleaned)
    assert output == make.wav()
    WavVerifier().verify(memoryview(output))


def test_more_than_two_channels_keep_their_places() -> None:
    plain = make.wav()
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 6, 8000, 96_000, 12, 16, 22, 16, 0x3F) + guid
    body = b"WAVE" + chunk(b"fmt ", fmt) + plain[36:]
    data = b"RIFF" + struct.pack("<I", len(body)) + body
    answer, output = make.clean(WAV, data)
    assert isinstance(answer, Cleaned)
    assert output == data
    WavVerifier().verify(memoryview(output))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        make.wav()[:-1],
        make.wav()[:36],
        make.wav(channels=9),
        make.wav().replace(b"WAVE", b"AVI "),
        make.wav().replace(struct.pack("<HH", 1, 1), struct.pack("<HH", 2, 1), 1),
        make.wav(sound=b"x"),
    ],
)
def test_a_wav_that_ffmpeg_does_not_write_is_damaged(data: bytes) -> None:
    with pytest.raises(Withheld) as held:
        make.clean(WAV, data)
    assert held.value.code is ReasonCode.DAMAGED


def test_frames_of_an_mp3_survive_and_an_index_does_not() -> None:
    index = make.frame(bytes(11) + b"Xing" + CANARY)
    answer, output = make.clean(MP3, index + make.frame() + make.frame(b"more "))
    assert isinstance(answer, Cleaned)
    assert output == make.frame() + make.frame(b"more ")
    Mp3Verifier().verify(memoryview(output))


def test_private_bits_are_cleared() -> None:
    marked = make.frame(header=b"\xff\xfb\x91\xcc")
    assert make.clean(MP3, marked)[1] == make.frame()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        make.frame()[:-1],
        b"ID3\4\0\0\0\0\0\x14" + CANARY + make.frame(),
        make.frame() + b"TAG" + CANARY.ljust(125),
        make.frame() + CANARY + make.frame(),
        make.frame() + b"APETAGEX" + CANARY,
        make.frame() + make.frame(header=b"\xff\xfb\x90\x40"),  # stereo after mono
        make.frame(header=b"\xff\xfa\x90\xc0"),  # with a checksum
        make.frame(header=b"\xff\xfd\x90\xc0"),  # layer II
        make.frame(header=b"\xff\xfb\xf0\xc0"),  # no such bit rate
    ],
)
def test_an_mp3_that_ffmpeg_does_not_write_is_damaged(data: bytes) -> None:
    with pytest.raises(Withheld) as held:
        make.clean(MP3, data)
    assert held.value.code is ReasonCode.DAMAGED


def test_every_other_form_goes_to_ffmpeg_and_nothing_of_it_is_written_by_us() -> None:
    family = sanitizers_of("media")
    forms = [t for t, s in family.items() if t.split("/")[0] in ("audio", "video")]
    assert len(forms) > 15
    for media_type in forms:
        assert extension(media_type), media_type
        answer, output = make.clean(media_type, b"anything", tool=None)
        assert isinstance(answer, Needs)
        assert output == b"anything"
        assert answer.target in ("video/mp4", "audio/mp4", WAV, MP3)


@pytest.mark.parametrize(
    ("media_type", "data", "target"),
    [
        ("video/x-matroska", b"\x1aE\xdf\xa3" + b"\x83\x81\1", "video/mp4"),
        ("video/x-matroska", b"\x1aE\xdf\xa3" + b"\x83\x81\2", "audio/mp4"),
        ("audio/ogg", b"OggS" + bytes(24) + b"\x80theora", "video/mp4"),
        ("audio/ogg", b"OggS" + bytes(24) + b"\1vorbis", "audio/mp4"),
        ("video/x-flv", b"FLV\1\5", "video/mp4"),
        ("video/x-flv", b"FLV\1\4", "audio/mp4"),
        ("video/x-ms-asf", bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b"), "video/mp4"),
        ("video/x-ms-asf", b"x", "audio/mp4"),
        ("video/quicktime", make.film(), "video/mp4"),
        ("video/3gpp", make.film(pictures=[]), "audio/mp4"),
    ],
)
def test_what_shows_pictures_stays_a_film(media_type: str, data: bytes, target: str) -> None:
    answer, _ = make.clean(media_type, data, tool=None)
    assert isinstance(answer, Needs)
    assert answer.target == target


def _flac(kind: int) -> bytes:
    return b"fLaC" + bytes((0, 0, 0, 2)) + b"xx" + bytes((0x80 | kind, 0, 0, 3)) + b"abc"


@pytest.mark.parametrize(
    ("media_type", "data", "kind"),
    [
        (MP3, b"ID3\3\0\0\0\0\0\x20TIT2" + make.frame(), Kind.METADATA),
        (MP3, b"ID3\3\0\0\0\0\0\x20APIC" + make.frame(), Kind.THUMBNAIL),
        (MP3, make.frame() + b"TAG" + bytes(125), Kind.METADATA),
        (MP3, make.frame() + b"APETAGEX" + bytes(24), Kind.METADATA),
        (WAV, make.wav(extra=chunk(b"LIST", b"INFOx")), Kind.METADATA),
        (WAV, make.wav(extra=chunk(b"abcd", b"x")), Kind.UNKNOWN_DATA),
        (WAV, make.wav(tail=CANARY), Kind.TRAILING_DATA),
        ("audio/flac", _flac(4), Kind.METADATA),
        ("audio/flac", _flac(6), Kind.THUMBNAIL),
        ("audio/aiff", b"FORM\0\0\0\0AIFFNAME\0\0\0\1x\0", Kind.METADATA),
        ("audio/x-caf", b"caff\0\1\0\0info" + bytes(7) + b"\1x", Kind.METADATA),
        ("audio/ogg", b"OggS" + bytes(24) + b"\3vorbis" + CANARY, Kind.METADATA),
        ("video/x-flv", b"FLV\1\5\2\0\x0aonMetaData", Kind.METADATA),
        (
            "video/x-ms-asf",
            bytes(30) + bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c"),
            Kind.METADATA,
        ),
        ("video/x-matroska", b"\x12\x54\xc3\x67", Kind.METADATA),
        ("video/x-matroska", b"\x19\x41\xa4\x69", Kind.EMBEDDED_FILE),
    ],
)
def test_the_report_says_what_the_senders_sound_carried(
    media_type: str, data: bytes, kind: Kind
) -> None:
    answer, _ = make.clean(media_type, data, tool=None)
    assert isinstance(answer, Needs)
    assert kind in {f.kind for f in answer.findings}


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("audio/aiff", b"FORM\0\0\0\0AIFFCOMM\0\0\0\1x\0SSND\0\0\0\2xx"),
        ("audio/x-caf", b"caff\0\1\0\0desc" + bytes(8) + b"data" + b"\xff" * 8 + CANARY * 9),
        ("audio/aac", b"\xff\xf1xx"),
        (MP3, make.frame()),
        (WAV, make.wav()),
        ("video/mp4", make.film()),
    ],
)
def test_nothing_is_reported_of_sound_alone(media_type: str, data: bytes) -> None:
    answer, _ = make.clean(media_type, data, tool=None)
    assert isinstance(answer, Needs)
    assert answer.findings == ()


@given(at=st.integers(0, 1200), new=st.binary(max_size=3), cut=st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_no_damage_crosses_unverified(at: int, new: bytes, cut: int) -> None:
    for media_type, data, verifier in (
        (WAV, make.wav(), WavVerifier()),
        (MP3, make.frame() * 3, Mp3Verifier()),
    ):
        place = at % len(data)
        try:
            _, output = make.clean(media_type, data[:place] + new + data[place + cut :])
        except Withheld as held:
            assert held.code is ReasonCode.DAMAGED
            continue
        if media_type == WAV:  # a frame's side information is ffmpeg's word until verified
            verifier.verify(memoryview(output))
