"""The address of bytes in memory."""

import ctypes

import pytest

from sanitizers.buffer import borrowed


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
