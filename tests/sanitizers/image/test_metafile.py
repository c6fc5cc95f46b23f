"""EMF, WMF and SVM go to the converter on a page of their size."""

import io
import re
import struct
from base64 import b64decode

import pytest

from sanitizers.image.metafile import MAX_SIDE_MM, Metafile, page_size
from sanitizers.model import Job
from sanitizers.reasons import ReasonCode, Withheld


def emf(width, height):
    """[MS-EMF] 2.3.4.2, as far as it is read. Hundredths of a millimetre."""
    return struct.pack("<II8i", 1, 108, 0, 0, 9, 9, 0, 0, width, height) + b" EMF" + bytes(64)


def wmf(*records, box=None, per_inch=1440):
    """[MS-WMF] 2.3.2: (function, parameters), with a placeable header around `box`."""
    out = b""
    if box is not None:
        out = struct.pack("<4sH4hHIH", b"\xd7\xcd\xc6\x9a", 0, *box, per_inch, 0, 0)
    out += struct.pack("<HHHIHIH", 1, 9, 0x300, 0, 0, 0, 0)
    for function, parameters in records:
        out += struct.pack("<IH", 3 + len(parameters), function)
        out += struct.pack(f"<{len(parameters)}h", *parameters)
    return out


def svm(width, height, *, unit=0):
    """LibreOffice, vcl, SvmWriter: signature, two versioned heads, and the size."""
    head = b"VCLMTF" + bytes(16) + struct.pack("<H", unit) + bytes(25)
    return head + struct.pack("<2i", width, height) + bytes(9)


def size(data, media_type="image/wmf"):
    return tuple(round(side, 1) for side in page_size(memoryview(data), media_type))


@pytest.mark.parametrize(
    ("frame", "page"),
    [
        ((2_900, 1_450), (58.0, 29.0)),
        ((-2_900, 1_450), (58.0, 29.0)),
        ((100_000_000, 50_000_000), (MAX_SIDE_MM, MAX_SIDE_MM / 2)),
        ((100, 100), (10.0, 10.0)),
        ((10_000, 0), (200.0, 2.0)),
    ],
)
def test_a_page_has_twice_the_frame_within_bounds(frame, page):
    assert size(emf(*frame), "image/emf") == page


def test_an_old_metafile_tells_its_size_or_its_proportions():
    assert size(wmf(box=(0, 0, 1440, 720))) == (50.8, 25.4)
    window = (0x020C, (-100, 200))
    assert size(wmf((0x0103, (8,)), window)) == (300.0, 150.0)
    assert size(wmf(window, box=(0, 0, 1440, 720), per_inch=0)) == (300.0, 150.0)
    assert size(wmf((0x020C, (0, 0)))) == (300.0, 300.0)


def test_libreoffices_own_tells_its_size_or_its_proportions():
    assert size(svm(2_900, 1_450), "image/x-svm") == (58.0, 29.0)
    assert size(svm(100, 50, unit=10), "image/x-svm") == (300.0, 150.0)


@pytest.mark.parametrize(
    ("data", "media_type", "code"),
    [
        (b"\1\0", "image/emf", ReasonCode.DAMAGED),
        (emf(0, 0), "image/emf", ReasonCode.EMPTY),
        (b"VCLMTF", "image/x-svm", ReasonCode.DAMAGED),
        (svm(0, 0, unit=10), "image/x-svm", ReasonCode.EMPTY),
        (emf(2_900, 1_450), "image/x-svm", ReasonCode.DAMAGED),
    ],
)
def test_garbage_is_refused(data, media_type, code):
    with pytest.raises(Withheld) as refused:
        size(data, media_type)
    assert refused.value.code is code


def test_the_converter_gets_one_picture_and_no_word_of_the_file():
    data, out = emf(2_900, 1_450), io.BytesIO()
    job = Job(data=memoryview(data), name="</office:document>", media_type="image/emf")
    needs = Metafile().clean(job, out)
    assert (needs.tool, needs.target) == ("libreoffice", "image/png")
    drawing = out.getvalue().decode()
    (picture,) = re.findall("<office:binary-data>(.*)</office:binary-data>", drawing)
    assert b64decode(picture) == data
    assert 'fo:page-width="58.00mm" fo:page-height="29.00mm"' in drawing
    assert drawing.count("</office:document>") == 1
