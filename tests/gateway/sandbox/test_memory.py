"""Sealed bytes cannot be changed, and a range of them is a view, not a copy."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from gateway.sandbox.memory import Scratch, SealedBytes, UnlinkedFile, room_for

DATA = bytes(range(256)) * 20


def test_a_range_is_a_view_of_the_same_bytes() -> None:
    with SealedBytes.of(DATA) as whole:
        view = whole.slice(300, 1000)
        inner = view.slice(10, 20)
    with view, inner:  # they outlive what they were cut from
        assert view.read() == DATA[300:1300]
        assert inner.read() == DATA[310:330]
        assert inner.read_range(5, 100) == DATA[315:330]
        assert inner.sha256() == hashlib.sha256(DATA[310:330]).hexdigest()
        assert os.fstat(inner.fd).st_size == len(DATA)
        assert (whole.whole, view.whole) == (False, False) if whole.fd >= 0 else True


def test_whole_says_whether_a_descriptor_holds_nothing_else() -> None:
    with SealedBytes.of(DATA) as data:
        assert data.whole
        for offset, size in ((0, 5), (5, len(DATA) - 5)):
            with data.slice(offset, size) as view:
                assert not view.whole


@pytest.mark.parametrize(("offset", "size"), [(-1, 2), (0, len(DATA) + 1), (len(DATA), 1), (3, -1)])
def test_a_range_outside_is_refused(offset: int, size: int) -> None:
    with SealedBytes.of(DATA) as data, pytest.raises(ValueError, match="range"):
        data.slice(offset, size)


def test_a_view_copies_its_range_only() -> None:
    with SealedBytes.of(DATA) as data, data.slice(7, 100) as view, Scratch() as scratch:
        os.write(scratch.fd, b"head")
        view.copy_to(scratch.fd)
        with scratch.seal() as copied:
            assert copied.read() == b"head" + DATA[7:107]


def test_sealed_bytes_refuse_every_change() -> None:
    with SealedBytes.of(DATA) as data:
        for change in (lambda: os.write(data.fd, b"x"), lambda: os.ftruncate(data.fd, 1)):
            with pytest.raises(PermissionError):
                change()


def test_closing_tells_once() -> None:
    calls: list[int] = []
    data = SealedBytes.of(DATA)
    data.when_closed(lambda: calls.append(1))
    data.close()
    data.close()
    assert calls == [1]


def test_what_is_large_lies_on_disk_without_a_name(tmp_path: Path) -> None:
    small, large = room_for(64_000_000, tmp_path), room_for(64_000_001, tmp_path)
    with small, large:
        assert isinstance(small, Scratch)
        assert isinstance(large, UnlinkedFile)
        assert list(tmp_path.iterdir()) == []
        os.write(large.fd, DATA)
        with large.seal() as sealed:
            assert sealed.read() == DATA
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.write(sealed.fd, b"x")
