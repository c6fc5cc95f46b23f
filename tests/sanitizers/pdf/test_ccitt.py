"""The group 4 encoder and the bitonal decoders agree about every pixel."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.pdf import _pdfium_image
from sanitizers.pdf._ccitt import encode_group4, encode_image


def decoded(fax, width, height):
    parms = {"K": -1, "Columns": width, "Rows": height, "BlackIs1": fax.black_is_1}
    return _pdfium_image.decode_fax(fax.data, parms, width, height)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 12), st.randoms(use_true_random=False))
def test_every_picture_comes_back_bit_for_bit(width, height, random):
    ink = random.choice([0.02, 0.5, 0.98])
    image = Image.new("1", (width, height))
    image.putdata([255 * (random.random() < ink) for _ in range(width * height)])
    assert decoded(encode_image(image), width, height).tobytes() == image.tobytes()


@pytest.mark.parametrize("fill", [0, 255])
def test_paper_is_coded_as_white_whatever_its_sample_value(fill):
    image = Image.new("1", (1_000, 1_000), fill)
    fax = encode_image(image)
    assert fax.black_is_1 is (fill == 0)
    assert len(fax.data) < 140
    assert decoded(fax, 1_000, 1_000).tobytes() == image.tobytes()


def test_padding_bits_of_the_rows_do_not_cross():
    clean, dirty = b"\xaa\x80" * 9, b"\xaa\xff" * 9
    assert encode_group4(clean, 9, 9).data == encode_group4(dirty, 9, 9).data


def test_data_that_no_decoder_knows_are_refused():
    with pytest.raises(_pdfium_image.Undecodable):
        _pdfium_image.decode_fax(b"abc", {"Columns": 10**9}, 8, 8)
    with pytest.raises(_pdfium_image.Undecodable):
        _pdfium_image.decode_jpx(b"not a picture", 3, 8, 8)
