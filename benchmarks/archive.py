"""Archives: take apart and write anew, against the same library's plain read and write.

All in one process and one run, without sandbox, cleaning of members and verify; ratios
within the run. The floor reads every member of the same archive into memory and writes a
deflated ZIP of them: `zipfile` for ZIP, `tarfile`, `py7zr` and `gzip` for the others.
"""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial

import py7zr
import pyzipper  # type: ignore[import-untyped]

from benchmarks.facts import Figure, median_ms, medians_ms
from sanitizers.limits import MB
from sanitizers.model import Job, Outcome, Rebuilt, Split
from sanitizers.registry import sanitizers_of
from sanitizers.verify import _zip_framing

FILES = 40
PASSWORD = "himitsu"


def _members() -> dict[str, bytes]:
    """Forty files of 2 to 200 kB: half text, half already compressed."""
    rng = random.Random(1)
    words = ["令和", "予算", "議会", "資料", "市民", "窓口", "申請", "報告", "\r\n", "、", "。"]
    members = {}
    for number in range(FILES):
        size = rng.choice((2_000, 20_000, 200_000))
        if number % 2:
            text = "".join(rng.choices(words, k=size // 6)).encode()
            members[f"資料{number % 4}/文書{number}.txt"] = text
        else:
            members[f"資料{number % 4}/写真{number}.jpg"] = rng.randbytes(size)
    return members


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _aes(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=8, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(PASSWORD.encode())
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _seven(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return out.getvalue()


def _read_zip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _read_aes(data: bytes) -> dict[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(data)) as archive:
        archive.setpassword(PASSWORD.encode())
        return {name: archive.read(name) for name in archive.namelist()}


def _read_tar(data: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for info in archive:
            file = archive.extractfile(info)
            found[info.name] = file.read() if file is not None else b""
    return found


def _read_targz(data: bytes) -> dict[str, bytes]:
    return _read_tar(gzip.decompress(data))


def _read_seven(data: bytes) -> dict[str, bytes]:
    factory = py7zr.io.BytesIOFactory(100 * MB)
    with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
        archive.extractall(factory=factory)
    return {name: product.read() for name, product in factory.products.items()}


def _floor(read: Callable[[bytes], dict[str, bytes]], data: bytes) -> None:
    _zip(read(data))


def _ours(media_type: str, data: bytes) -> bytes:
    sanitizer = sanitizers_of("archive")[media_type]
    job = Job(data=memoryview(data), media_type=media_type, passwords=(PASSWORD,))
    taken, written = io.BytesIO(), io.BytesIO()
    split = sanitizer.clean(job, taken)
    if not isinstance(split, Split):
        raise TypeError("no container")
    inside = memoryview(taken.getvalue())
    rebuilt = [
        Rebuilt(
            name=m.name,
            folder=m.folder,
            media_type="image/jpeg" if m.name.endswith(".jpg") else "text/plain",
            outcome=Outcome.CLEAN,
            data=inside[m.offset : m.offset + m.size],
        )
        for m in split.members
    ]
    sanitizer.assemble(job, rebuilt, written)
    return written.getvalue()


def _frame(data: bytes) -> None:
    view = memoryview(data)
    for entry in _zip_framing.parse(view):
        if not entry.folder:
            _zip_framing.content(view, entry)


def run(scale: float) -> list[Figure]:
    """Milliseconds of both, and how many times the floor we take."""
    sanitizers = sanitizers_of("archive")
    for sanitizer in sanitizers.values():
        sanitizer.warm()
    members = _members()
    rounds = max(3, round(15 * scale))
    figures = []
    for label, media_type, data, read in (
        ("ZIP", "application/zip", _zip(members), _read_zip),
        ("ZIP, AES", "application/zip", _aes(members), _read_aes),
        ("TAR", "application/x-tar", _tar(members), _read_tar),
        ("TAR.GZ", "application/gzip", gzip.compress(_tar(members)), _read_targz),
        ("7z", "application/x-7z-compressed", _seven(members), _read_seven),
    ):
        floor, ours = medians_ms(
            partial(_floor, read, data), partial(_ours, media_type, data), rounds=rounds
        )
        note = f"{FILES} files, {len(data) // 1000} kB"
        figures += [
            Figure("archives", f"{label}: plain read and write", floor, "ms", note),
            Figure("archives", f"{label}: clean and assemble", ours, "ms", note),
            Figure("archives", f"{label}: ratio", ours / floor, "times", "limit 4, dream 1.5"),
        ]
    written = _ours("application/zip", _zip(members))
    frame = median_ms(partial(_frame, written), rounds=rounds)
    figures.append(Figure("archives", "frame of the result checked", frame, "ms", ""))
    return figures
