"""The real ffmpeg in the real box, given what tries to make it open another file or address.

The types are those that sanitizers ask for, the names those that a file of the type has; the
places that the files name exist, can be read by every user, and answer.
"""

from __future__ import annotations

import io
import socket
import struct
import subprocess
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sandbox.tools.box import Toolbox
from sanitizers.identify import identify, warm
from sanitizers.model import Cleaned
from sanitizers.reasons import ReasonCode
from sanitizers.verify.mp3 import Mp3Verifier
from sanitizers.verify.mp4 import Mp4Verifier
from sanitizers.verify.wav import WavVerifier
from tests.gateway.sandbox.tools.conftest import convert, installed, one, reachable, with_box
from tests.sanitizers.media import samples as make
from tests.sanitizers.media.samples import CANARY, box

VIDEO, AUDIO, WAV = "video/mp4", "audio/mp4", "audio/wav"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    installed("ffmpeg")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A sound that every user may read: where it was opened, there is something to hear."""
    path = reachable(tmp_path) / "secret.wav"
    path.write_bytes(_sound(b"\x10\x40\x80\x60" * 8_000))
    path.chmod(0o644)
    return path


@pytest.fixture
def peer() -> Iterator[tuple[int, list[str]]]:
    """A server on this machine and the list of those who called."""
    calls: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                caller, address = server.accept()
            except OSError:
                return
            calls.append(str(address))
            caller.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield server.getsockname()[1], calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def _sound(samples: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(samples)
    return out.getvalue()


def _hls(place: str) -> bytes:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{place}\n#EXT-X-ENDLIST\n".encode()


#: Files that name others. `{0}` is the place.
LISTS = {
    "HLS": _hls,
    "HLS with a key elsewhere": lambda place: (
        f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{place}"\n#EXTINF:9,\n{place}\n'.encode()
    ),
    "concat": lambda place: f"ffconcat version 1.0\nfile '{place}'\n".encode(),
    "DASH": lambda place: (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1">'
        f"<BaseURL>{place}</BaseURL></Representation></AdaptationSet></Period></MPD>".encode()
    ),
    "Smooth Streaming": lambda place: (
        f'<SmoothStreamingMedia><StreamIndex Url="{place}"/></SmoothStreamingMedia>'.encode()
    ),
    "SDP": lambda place: (
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 4000 RTP/AVP 0\n"
        + place.encode()
    ),
    "M3U": lambda place: f"#EXTM3U\n{place}\n".encode(),
    "ASX": lambda place: f'<asx version="3.0"><entry><ref href="{place}"/></entry></asx>'.encode(),
    "IMF": lambda place: (
        f"<AssetMap><AssetList><Asset><Path>{place}</Path></Asset></AssetList></AssetMap>".encode()
    ),
    "subtitles": lambda place: f"1\n00:00:00,000 --> 00:00:09,000\n{place}\n".encode(),
    "AviSynth": lambda place: f'DirectShowSource("{place}")\n'.encode(),
    "chain of protocols": lambda place: _hls(f"concat:{place}|{place}"),
    "part of a file": lambda place: _hls(f"subfile,,start,0,end,9999,,:{place}"),
}


def _refused(*data: bytes) -> None:
    """All of these, one after the other in one box, as a film."""

    async def job(box: Toolbox) -> None:
        for film in data:
            assert await one(box, film, "ffmpeg", VIDEO, VIDEO) is ReasonCode.DAMAGED

    with_box(job)


def test_no_list_of_files_is_followed_to_a_file(secret: Path) -> None:
    _refused(*(form(str(secret)) for form in LISTS.values()), _hls(f"file:{secret}"))


def test_no_list_of_files_is_followed_to_an_address(peer: tuple[int, list[str]]) -> None:
    port, calls = peer
    place = f"http://127.0.0.1:{port}/a.wav"
    _refused(*(LISTS[form](place) for form in ("HLS", "concat", "DASH", "M3U", "ASX")))
    _refused(_hls(f"tcp://127.0.0.1:{port}"), _hls(f"crypto+{place}"), _hls("data:audio/wav,x"))
    assert calls == []


@pytest.mark.parametrize("form", LISTS)
def test_no_list_of_files_is_even_taken_for_sound_or_film(form: str) -> None:
    warm()
    for name in ("a.mp4", "a.mp3", "a.wav", "a.avi", "a.mkv", "a.ts"):
        found = identify(memoryview(LISTS[form]("/a.wav")), name=name, claimed_type="video/mp4")
        assert not found.media_type.startswith(("audio/", "video/"))


def _drawn_from(place: bytes, *, offset: int = 44, frames: int = 8_000) -> bytes:
    """A film whose one track of sound says that its samples lie in another file."""
    sowt = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", 1, 16, 0, 8_000 << 16)
    # Inside Macintosh: Files, alias record: 150 bytes, then (type, length, value); 2 is a path.
    path = struct.pack(">hH", 2, len(place)) + place + bytes(len(place) % 2)
    alis = bytes(4 + 150) + path + b"\xff\xff\0\0"
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), box(b"sowt", sowt)),
        box(b"stts", make.table(frames, 1, count=1)),
        box(b"stsc", make.table(1, frames, 1, count=1)),
        box(b"stsz", struct.pack(">III", 0, 2, frames)),
        box(b"stco", make.table(offset, count=1)),
    )
    dref = box(b"dref", struct.pack(">II", 0, 1), box(b"alis", alis))
    mdhd = bytes(12) + struct.pack(">IIHH", 8_000, frames, 0x55C4, 0)
    hdlr = bytes(4) + b"mhlrsoun" + bytes(12) + b"\0"
    minf = box(b"minf", box(b"smhd", bytes(8)), box(b"dinf", dref), stbl)
    mdia = box(b"mdia", box(b"mdhd", mdhd), box(b"hdlr", hdlr), minf)
    tkhd = b"\0\0\0\x0f" + bytes(8) + struct.pack(">II", 1, 0) + struct.pack(">I", 1_000)
    trak = box(b"trak", box(b"tkhd", tkhd + bytes(16) + make.MATRIX + bytes(8)), mdia)
    mvhd = bytes(12) + struct.pack(">II", 1_000, 1_000) + b"\0\1\0\0\1\0" + bytes(10)
    moov = box(b"moov", box(b"mvhd", mvhd + make.MATRIX + bytes(24) + b"\0\0\0\2"), trak)
    return box(b"ftyp", b"qt  \0\0\2\0qt  ") + moov + box(b"mdat", bytes(64))


def test_the_trap_of_the_next_test_works_outside_of_the_box(secret: Path, tmp_path: Path) -> None:
    trap, heard = tmp_path / "trap.mov", tmp_path / "heard.wav"
    trap.write_bytes(_drawn_from(str(secret).encode()))
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-enable_drefs", "1", "-use_absolute_path", "1",
         "-i", str(trap), str(heard)],
        check=True, timeout=60,
    )  # fmt: skip
    assert b"\x10\x40\x80\x60" * 100 in heard.read_bytes()


def test_samples_that_lie_in_another_file_are_not_fetched(secret: Path) -> None:
    for place in (str(secret).encode(), secret.name.encode(), b"../" + secret.name.encode()):
        made = convert(_drawn_from(place), "ffmpeg", WAV, "video/quicktime")
        if isinstance(made, bytes):
            assert b"\x10\x40" * 8 not in made
            assert b"\x10\x40\x80\x60" not in made


def test_a_reference_movie_calls_nobody(peer: tuple[int, list[str]]) -> None:
    port, calls = peer
    place = f"http://127.0.0.1:{port}/a.mov\0".encode()
    rdrf = box(b"rdrf", bytes(4) + b"url " + struct.pack(">I", len(place)) + place)
    film = box(b"ftyp", b"qt  \0\0\2\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", rdrf)))
    assert convert(film, "ffmpeg", VIDEO, "video/quicktime") is ReasonCode.DAMAGED
    assert calls == []


VERIFIERS = {WAV: WavVerifier(), "audio/mpeg": Mp3Verifier(), VIDEO: Mp4Verifier(),
             AUDIO: Mp4Verifier()}  # fmt: skip
TONE = ("-f", "lavfi", "-i", "sine=d=1")
PICTURES = ("-f", "lavfi", "-i", "testsrc=d=1:s=64x48:r=5")
TITLE = ("-metadata", f"title={CANARY.decode()}")
#: Type → how ffmpeg makes a sample of it, and what it becomes.
FORMS = {
    "audio/mpeg": ("mp3", (*TONE, *TITLE, "-write_id3v1", "1"), "audio/mpeg"),
    "audio/wav": ("wav", (*TONE, *TITLE), WAV),
    "audio/mp4": ("m4a", (*TONE, *TITLE), AUDIO),
    "audio/flac": ("flac", (*TONE, *TITLE), AUDIO),
    "audio/ogg": ("ogg", (*TONE, *TITLE), AUDIO),
    "audio/aac": ("aac", TONE, AUDIO),
    "audio/aiff": ("aiff", (*TONE, *TITLE), AUDIO),
    "audio/x-caf": ("caf", (*TONE, *TITLE), AUDIO),
    "audio/basic": ("au", TONE, AUDIO),
    "video/mp4": ("mp4", (*PICTURES, *TONE, *TITLE), VIDEO),
    "video/quicktime": ("mov", (*PICTURES, *TONE, *TITLE), VIDEO),
    "video/x-matroska": ("mkv", (*PICTURES, *TONE, *TITLE), VIDEO),
    "video/x-msvideo": ("avi", (*PICTURES, *TITLE), VIDEO),
    "video/x-ms-asf": ("wmv", (*PICTURES, *TITLE), VIDEO),
    "video/x-flv": ("flv", (*PICTURES, *TITLE), VIDEO),
    "video/mpeg": ("ts", (*PICTURES, "-metadata", f"service_name={CANARY.decode()}"), VIDEO),
}


@pytest.mark.parametrize("media_type", FORMS)
def test_every_form_is_recoded_rebuilt_and_verified(media_type: str, tmp_path: Path) -> None:
    ending, arguments, target = FORMS[media_type]
    source, result = tmp_path / f"a.{ending}", tmp_path / "result"
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, str(source)], check=True, timeout=60)
    data = source.read_bytes()
    warm()
    found = identify(memoryview(data), name=source.name)
    assert (found.media_type, found.findings) == (media_type, ())
    made = convert(data, "ffmpeg", target, media_type)
    assert isinstance(made, bytes)
    answer, output = make.clean(target, made)
    assert isinstance(answer, Cleaned)
    VERIFIERS[target].verify(memoryview(output))
    assert CANARY not in output
    assert CANARY.decode().encode("utf-16-le") not in output
    result.write_bytes(output)
    played = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(result), "-f", "null", "-"],
        check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    assert played.stderr == b""
