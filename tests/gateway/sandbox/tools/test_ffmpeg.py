"""The real ffmpeg in the box: sound is written anew, and no file names another file."""

from __future__ import annotations

import io
import math
import struct
import wave

import pytest

from sanitizers.reasons import ReasonCode
from tests.gateway.sandbox.tools.conftest import convert, installed


@pytest.fixture(scope="module", autouse=True)
def _installed():
    installed("ffmpeg")


def tone():
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(8000)
        wave_form = (int(9000 * math.sin(n / 5)) for n in range(8000))
        w.writeframes(b"".join(struct.pack("<h", sample) for sample in wave_form))
    data = out.getvalue()
    trap = (
        b"LIST" + struct.pack("<I", 28) + b"INFOICMT" + struct.pack("<I", 16) + b"canary-of-sound\0"
    )
    return data[:4] + struct.pack("<I", len(data) - 8 + len(trap)) + data[8:] + trap


@pytest.mark.parametrize(
    ("target", "start"),
    [("audio/wav", b"RIFF"), ("audio/mpeg", b"\xff"), ("audio/mp4", b"\0\0\0\x1cftyp")],
)
def test_sound_is_written_anew(target, start):
    made = convert(tone(), "ffmpeg", target, "audio/wav")
    assert made.startswith(start)
    assert b"canary" not in made
    assert b"Lavf" not in made
    assert len(made) > 1000


@pytest.mark.parametrize(
    "data",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 4000 RTP/AVP 0\n",
        b"RIFF" + bytes(2000),
    ],
)
def test_lists_of_other_files_and_garbage_are_refused(data):
    assert convert(data, "ffmpeg", "audio/wav", "audio/wav") is ReasonCode.DAMAGED
