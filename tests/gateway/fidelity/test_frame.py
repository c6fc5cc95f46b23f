"""Numbers from the comparing child are believed only when they can be true."""

import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fidelity import frame
from gateway.fidelity.frame import BadFigures, Figures

TRUE = Figures(
    pages_before=3, pages_after=2, characters_before=90, characters_after=80, characters_kept=70,
    order=0.5, links_before=4, links_kept=3, likeness=(1.0, 0.25),
)  # fmt: skip


def test_figures_come_back_as_they_were_sent():
    assert Figures.unpack(TRUE.pack()) == TRUE
    assert Figures.unpack(Figures().pack()) == Figures()


@pytest.mark.parametrize(
    "lie",
    [
        {"characters_kept": 81}, {"characters_kept": 91, "characters_after": 95},
        {"links_kept": 5}, {"order": 1.01}, {"order": -0.1}, {"order": math.nan},
        {"likeness": (math.inf,)}, {"likeness": (1.5,)}, {"characters_before": 1 << 41},
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_true_is_refused(lie):
    with pytest.raises(BadFigures):
        Figures.unpack(replace(TRUE, **lie).pack())


def test_bytes_of_another_form_are_refused():
    good = TRUE.pack()
    hidden = good[:-8] + struct.pack("<d", 0.5)
    for bad in (b"", good + b"\0", good[:-1], b"XXXX" + good[4:], hidden):
        with pytest.raises(BadFigures):
            Figures.unpack(bad)


@given(st.binary(min_size=len(TRUE.pack()), max_size=len(TRUE.pack())))
def test_random_bytes_give_true_figures_or_none(data):
    try:
        found = Figures.unpack(b"MGF1" + data[4:])
    except BadFigures:
        return
    assert found.characters_kept <= found.characters_before
    assert all(-1 <= x <= 1 for x in found.likeness)


def test_blocks_come_back_and_absent_ones_stay_absent():
    head = frame.head((2, None, 0, 3, None, 1))
    found = frame.blocks(memoryview(head + b"aabbbc"))
    assert [None if b is None else bytes(b) for b in found] == [
        b"aa", None, b"", b"bbb", None, b"c",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="comparison"):
        frame.blocks(memoryview(head + b"aabbbcd"))
