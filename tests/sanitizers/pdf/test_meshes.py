"""Mesh streams: every visible bit stays, every other one goes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._meshes import (
    COONS,
    FREE_TRIANGLES,
    LATTICE,
    MAX_MESH,
    TENSOR,
    BadMesh,
    MeshLayout,
    rebuild_mesh,
)

BYTES = {"coordinate": 16, "component": 8, "flag": 8, "components": 3}


def test_vertices_lose_flag_bits_padding_and_what_follows():
    layout = MeshLayout(kind=FREE_TRIANGLES, coordinate=8, component=4, flag=8, components=3)
    # A flag, x, y, three colours of four bits, four bits of padding.
    assert rebuild_mesh(b"\xfd\x11\x22\xab\xcf" + b"CAN", layout) == b"\x01\x11\x22\xab\xc0"


def test_a_lattice_has_no_flags():
    layout = MeshLayout(kind=LATTICE, coordinate=8, component=8, components=1)
    assert rebuild_mesh(b"\xff\xfe\xfd" * 3 + b"ex", layout) == b"\xff\xfe\xfd" * 3


@pytest.mark.parametrize(("kind", "first", "next_"), [(COONS, 12, 8), (TENSOR, 16, 12)])
def test_patches_are_walked_by_their_flags(kind, first, next_):
    layout = MeshLayout(kind=kind, **BYTES)
    whole = b"\xf4" + b"P" * (4 * first) + b"C" * 12
    more = b"\xfd" + b"p" * (4 * next_) + b"c" * 6
    out = rebuild_mesh(whole + more + b"\0CANARY", layout)
    assert out == b"\0" + whole[1:] + b"\1" + more[1:]


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([FREE_TRIANGLES, LATTICE, COONS, TENSOR]),
    st.sampled_from([1, 4, 8, 12, 16, 24]),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.sampled_from([2, 4, 8]),
    st.integers(1, 4),
)
def test_a_mesh_never_grows_and_stays_as_it_is_the_second_time(
    data, kind, coordinate, component, flag, components
):
    layout = MeshLayout(
        kind=kind, coordinate=coordinate, component=component, flag=flag, components=components
    )
    once = rebuild_mesh(data, layout)
    assert len(once) <= len(data)
    twice = rebuild_mesh(once, layout)
    assert twice == once[: len(twice)]
    assert not once[len(twice) :].strip(b"\0")


def test_numbers_that_no_mesh_has_are_refused():
    with pytest.raises(BadMesh):
        MeshLayout(kind=3, **BYTES)
    with pytest.raises(BadMesh):
        MeshLayout(kind=COONS, coordinate=13, component=8, flag=8)
    with pytest.raises(BadMesh):
        rebuild_mesh(bytes(MAX_MESH + 1), MeshLayout(kind=LATTICE, coordinate=8, component=8))
