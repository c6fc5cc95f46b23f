"""A film crosses only as ffmpeg wrote it, rebuilt box by box."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Kind
from sanitizers.model import Cleaned, Needs
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify.mp4 import Mp4Verifier
from tests.sanitizers.media import samples as make
from tests.sanitizers.media.samples import CANARY, box

VIDEO, AUDIO = "video/mp4", "audio/mp4"
FFMPEG = shutil.which("ffmpeg")


def rebuilt(data: bytes, media_type: str = VIDEO) -> bytes:
    answer, output = make.clean(media_type, data)
    assert isinstance(answer, Cleaned)
    assert answer.media_type == media_type
    Mp4Verifier().verify(memoryview(output))
    return output


@pytest.mark.parametrize("data", [make.film(), b"", b"not a film", b"\0\0\0\1moov" + bytes(20)])
def test_a_senders_file_goes_to_ffmpeg_as_it_is(data: bytes) -> None:
    answer, output = make.clean(VIDEO, data, tool=None)
    assert isinstance(answer, Needs)
    assert answer.tool == "ffmpeg"
    assert output == data


def test_a_film_without_pictures_becomes_sound() -> None:
    answer, _ = make.clean(VIDEO, make.film(pictures=[]), tool=None)
    assert isinstance(answer, Needs)
    assert answer.target == AUDIO


def test_what_another_tool_wrote_is_not_taken_for_ffmpegs() -> None:
    answer, _ = make.clean(VIDEO, make.film(), tool="libreoffice")
    assert isinstance(answer, Needs)


def test_every_picture_and_sound_survives_in_order() -> None:
    output = rebuilt(make.film())
    assert output.endswith(b"mdat" + b"".join(make.PICTURES + make.SOUNDS))


def test_sound_alone_becomes_m4a() -> None:
    answer, output = make.clean(AUDIO, make.film(pictures=[]))
    assert isinstance(answer, Cleaned)
    assert answer.extension == ".m4a"
    Mp4Verifier().verify(memoryview(output))
    assert output.endswith(b"".join(make.SOUNDS))


PLACES = {
    "udta of the movie": make.film(moov_extra=box(b"udta", box(b"meta", CANARY))),
    "udta of a track": make.film(extra=box(b"udta", box(b"name", CANARY))),
    "meta of a track": make.film(extra=box(b"meta", CANARY)),
    "track reference (chapters)": make.film(extra=box(b"tref", box(b"chap", CANARY))),
    "sample groups": make.film(stbl_extra=box(b"sgpd", CANARY) + box(b"sbgp", CANARY)),
    "unknown box": make.film(stbl_extra=box(b"abcd", CANARY)),
    "handler's name": make.film(name=CANARY + b"\0"),
    "compressor's name": make.film(entry=make.avc1(name=CANARY)),
    "box in the sample entry": make.film(entry=make.avc1(box(b"uuid", CANARY))),
    "before the samples": make.film(before=CANARY),
    "between the samples": make.film(between=CANARY),
    "after the samples": make.film(after=CANARY),
    "free room at the end": make.film(tail=box(b"free", CANARY)),
    "skip at the end": make.film(tail=box(b"skip", CANARY)),
    "uuid at the end": make.film(tail=box(b"uuid", CANARY)),
    "a second mdat": make.film(tail=box(b"mdat", CANARY)),
    "compatible brands": make.film(brand=b"isom\0\0\2\0isom" + CANARY[:16]),
    "SEI in a picture": make.film(pictures=[make.nal(make.SEI) + make.PICTURES[0]]),
    "delimiter and filler": make.film(
        pictures=[make.nal(b"\x09" + CANARY) + make.PICTURES[0] + make.nal(b"\x0c" + CANARY)]
    ),
}


@pytest.mark.parametrize("data", PLACES.values(), ids=PLACES)
def test_nothing_planted_survives(data: bytes) -> None:
    assert CANARY[:16] in data
    output = rebuilt(data)
    assert CANARY[:12] not in output
    assert b"picture one picture one" in output


REFUSED = {
    "a third track": make.film(moov_extra=make.trak(b"soun", make.mp4a(), make.SOUNDS, 40)),
    "a track of text": make.film(moov_extra=make.trak(b"text", make.mp4a(), make.SOUNDS, 40)),
    "no movie": box(b"ftyp", b"isom") + box(b"mdat", b"x"),
    "a sample outside of mdat": make.film(
        offsets=box(b"stco", make.table(4, count=1)),
    ),
    "a sample outside of the file": make.film(
        offsets=box(b"stco", make.table(1 << 30, count=1)),
    ),
    "another coding": make.film(entry=box(b"hvc1", bytes(90))),
    "a table longer than its box": make.film(
        offsets=box(b"stco", struct.pack(">III", 0, 5_000, 48)),
    ),
    "chunks that overlap": make.film(
        offsets=box(b"stco", make.table(72, count=1)),
    ),
    "units that do not fill a sample": make.film(pictures=[make.PICTURES[0] + b"\0\0\0"]),
    "a picture without slices": make.film(pictures=[make.nal(make.SEI)]),
    "a box cut short": make.film()[:-3],
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_ffmpeg_does_not_write_is_damaged(data: bytes) -> None:
    with pytest.raises(Withheld) as held:
        make.clean(VIDEO, data)
    assert held.value.code is ReasonCode.DAMAGED


def test_wide_offsets_are_read_and_written_narrow() -> None:
    offsets = box(b"co64", struct.pack(">IIQ", 0, 1, 40))
    assert rebuilt(make.film(offsets=offsets)).count(b"stco") == 2


def test_the_report_says_what_the_senders_film_carried() -> None:
    data = make.film(
        moov_extra=box(b"udta", CANARY)
        + make.trak(b"sbtl", make.mp4a(), make.SOUNDS, 40)
        + make.trak(b"soun", make.mp4a(), make.SOUNDS, 40),
        tail=box(b"free", CANARY) + box(b"abcd", CANARY) + b"tail",
    )
    answer, _ = make.clean(VIDEO, data, tool=None)
    assert isinstance(answer, Needs)
    kinds = {(f.kind, f.where) for f in answer.findings}
    assert kinds == {
        (Kind.METADATA, ""),
        (Kind.UNKNOWN_DATA, "free room"),
        (Kind.UNKNOWN_DATA, ""),
        (Kind.TRAILING_DATA, ""),
        (Kind.UNKNOWN_DATA, "subtitles"),
        (Kind.UNKNOWN_DATA, "other track"),
    }


@given(at=st.integers(0, len(make.film()) - 1), new=st.binary(max_size=4), cut=st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_no_damage_crosses_unverified(at: int, new: bytes, cut: int) -> None:
    film = make.film()
    data = film[:at] + new + film[at + cut :]
    try:
        answer, output = make.clean(VIDEO, data)
    except Withheld as held:
        assert held.code is ReasonCode.DAMAGED
        return
    assert isinstance(answer, Cleaned)
    Mp4Verifier().verify(memoryview(output))


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
def test_a_real_film_decodes_to_the_same_pictures_and_sound(tmp_path: Path) -> None:
    from gateway.sandbox.tools.programs import FFMPEG as TOOL

    source, written, result = (tmp_path / n for n in ("source.mkv", "written.mp4", "result.mp4"))
    word = CANARY.decode()
    notes, captions, attached = (tmp_path / n for n in ("notes.txt", "captions.srt", "a.bin"))
    notes.write_text(
        f";FFMETADATA1\ntitle={word}\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle={word}\n"
    )
    captions.write_text(f"1\n00:00:00,000 --> 00:00:00,900\n{word}\n")
    attached.write_bytes(CANARY)
    _ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=d=1:s=161x120:r=10", "-f", "lavfi", "-i", "sine=d=1"),
        *("-i", str(captions), "-i", str(notes), "-map", "0", "-map", "1", "-map", "2"),
        *("-map_metadata", "3", "-map_chapters", "3", "-attach", str(attached)),
        *("-metadata:s:t", "mimetype=application/octet-stream", str(source)),
    )
    assert source.read_bytes().count(CANARY) >= 4
    places = {"{input}": str(source), "{output}": str(written)}
    line = (*TOOL.before, *TOOL.targets[VIDEO].arguments, *TOOL.after)
    _ffmpeg(*(places.get(word, word) for word in line))
    result.write_bytes(rebuilt(written.read_bytes()))
    assert CANARY not in result.read_bytes()
    assert b"x264" not in result.read_bytes()
    assert _ffmpeg("-i", str(result), "-f", "md5", "-") == _ffmpeg(
        "-i", str(written), "-f", "md5", "-"
    )


def _ffmpeg(*arguments: str) -> bytes:
    line = [FFMPEG or "", "-v", "error", "-y", *arguments]
    return subprocess.run(line, check=True, capture_output=True, timeout=60).stdout
