"""Bytes in memory, by their address and as a file."""

import ctypes
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.buffer import ViewFile, borrowed


@pytest.mark.parametrize(
    "data", [b"abcd", memoryview(b"abcd"), memoryview(bytearray(b"xabcd"))[1:]]
)
def test_the_address_holds_the_bytes_and_the_view_is_held_as_long(data):
    with borrowed(data) as (address, size):
        assert ctypes.string_at(address, size) == b"abcd"
        if isinstance(data, memoryview):
            with pytest.raises(BufferError):
                data.release()
    if isinstance(data, memoryview):
        data.release()


def test_other_users_of_the_c_interface_do_not_meet():
    """Two libraries that declare argument types on the shared handle break each other."""
    assert ctypes.pythonapi.PyObject_GetBuffer.argtypes is None
    with borrowed(b"abcd") as (_, size):
        assert size == 4
    assert ctypes.pythonapi.PyObject_GetBuffer.argtypes is None


def test_a_view_with_holes_has_no_address():
    with pytest.raises(BufferError), borrowed(memoryview(b"abcd")[::2]):
        pass


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.tuples(st.none() | st.integers(-1, 12))),
        st.tuples(st.just("seek"), st.tuples(st.integers(-12, 12), st.sampled_from((0, 1, 2)))),
        st.tuples(st.just("tell"), st.just(())),
    )
)


def told(file, name, arguments):
    try:
        return getattr(file, name)(*arguments)
    except ValueError:
        return "refused"


@given(st.binary(max_size=9), STEPS)
def test_a_view_is_read_as_a_file_of_the_same_bytes(data, steps):
    ours, plain = ViewFile(memoryview(data)), io.BytesIO(data)
    for name, arguments in steps:
        assert told(ours, name, arguments) == told(plain, name, arguments)
