"""Documents with a word planted where nobody sees it, each made by code, by place.

`BINARY` is for places that take more than a key: images, graphics, font programs, and the
structure of the file itself.
"""

import io
import struct
import zlib

from PIL import Image, ImageCms

from sanitizers.pdf._font_program import rebuild_font_file
from sanitizers.pdf._font_sfnt import read_directory, write_directory
from tests.sanitizers.pdf import font_samples
from tests.sanitizers.pdf.samples import assemble, pdf, stream, text

CANARY = b"cdrcanary"
SHOWN = text("visible words")


def page_with(resources: bytes, contents: bytes, *extra: bytes, font: bytes = b"") -> bytes:
    """A page with its own resources; `extra` objects are numbered from 6."""
    data = pdf(SHOWN + contents, page=b"/Resources << /Font << /F1 5 0 R >> %s >>" % resources,
               extra=extra, **({"font": font} if font else {}))  # fmt: skip
    return data.replace(b"/Resources << /Font << /F1 5 0 R >> >> /Res", b"/Res")


FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
IMAGE = b"/Type /XObject /Subtype /Image /Width 4 /Height 4 /BitsPerComponent 8"
GRAY = IMAGE + b" /ColorSpace /DeviceGray"
DOTS = bytes(range(0, 160, 10))
DRAW = b"q 50 0 0 50 100 100 cm /X Do Q\n"


def image(head: bytes = GRAY, data: bytes = DOTS, *more: bytes) -> bytes:
    return page_with(b"/XObject << /X 6 0 R >>", DRAW, stream(data, head), *more)


def jpeg(*segments: bytes, after: bytes = b"") -> bytes:
    """A picture with segments after its first marker."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(out, "JPEG")
    data = out.getvalue()
    marked = b"".join(
        b"\xff" + segment[:1] + struct.pack(">H", len(segment) + 1) + segment[1:]
        for segment in segments
    )
    return data[:2] + marked + data[2:] + after


JPEG = GRAY.replace(b"Width 4 /Height 4", b"Width 64 /Height 64") + b" /Filter /DCTDecode"
FLATE = GRAY + b" /Filter /FlateDecode"
IMAGES = {
    "image key": image(GRAY + b" /cdrcanary 1"),
    "image metadata": image(GRAY + b" /Metadata 7 0 R", DOTS, stream(CANARY)),
    "image alternates": image(GRAY + b" /Alternates [<< /Image 7 0 R >>]", DOTS,
                              stream(CANARY, b"/Subtype /Image")),
    "image opi": image(GRAY + b" /OPI << /1.3 << /F (cdrcanary) >> >>"),
    "image name": image(GRAY + b" /Name /cdrcanary"),
    "image id": image(GRAY + b" /ID (cdrcanary) /StructParent 1"),
    "image measure": image(GRAY + b" /Measure << /R (cdrcanary) >> /PtData << /A (cdrcanary) >>"),
    "data after the pixels": image(data=DOTS + CANARY),
    "data after the deflate stream": image(FLATE, zlib.compress(DOTS) + CANARY),
    "data after the pixels, packed": image(FLATE, zlib.compress(DOTS + CANARY)),
    "empty deflate blocks": image(
        FLATE, b"\x78\x01\0\0\0\xff\xff" + zlib.compress(DOTS)[2:] + CANARY
    ),
    "jpeg comment": image(JPEG, jpeg(b"\xfe" + CANARY)),
    "jpeg exif": image(JPEG, jpeg(b"\xe1Exif\0\0" + CANARY)),
    "jpeg xmp": image(JPEG, jpeg(b"\xe1http://ns.adobe.com/xap/1.0/\0" + CANARY)),
    "jpeg profile": image(JPEG, jpeg(b"\xe2ICC_PROFILE\0\1\1" + CANARY)),
    "jpeg photoshop": image(JPEG, jpeg(b"\xedPhotoshop 3.0\0" + CANARY)),
    "jpeg unknown segment": image(JPEG, jpeg(b"\xef" + CANARY, b"\xe9" + CANARY)),
    "after the end of a jpeg": image(JPEG, jpeg(after=CANARY)),
    "soft mask key": image(GRAY + b" /SMask 7 0 R", DOTS, stream(DOTS, GRAY + b" /cdrcanary 1")),
    "data after a soft mask": image(GRAY + b" /SMask 7 0 R", DOTS, stream(DOTS + CANARY, GRAY)),
    "unused colours of a palette": image(
        IMAGE + b" /ColorSpace [/Indexed /DeviceRGB 255 7 0 R]", bytes(16),
        stream(bytes(768) + CANARY)),
    "name of a colorant": image(
        IMAGE + b" /ColorSpace [/Separation /cdrcanary /DeviceGray 7 0 R]", DOTS,
        b"<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [1] /C1 [0] /cdrcanary (x) >>"),
    "attributes of colorants": image(
        IMAGE + b" /ColorSpace [/DeviceN [/cdrcanary] /DeviceGray 7 0 R << /Process <<"
        b" /Components [/cdrcanary] >> /Colorants << /cdrcanary 1 >> >>]", DOTS,
        b"<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [1] /C1 [0] >>"),
    "inline image key": page_with(
        b"", b"q 9 0 0 9 0 0 cm BI /W 4 /H 4 /BPC 8 /CS /G /cdrcanary (cdrcanary) ID "
        + DOTS + b"\nEI Q\n"),
    "data after an inline image": page_with(
        b"", b"q 9 0 0 9 0 0 cm BI /W 4 /H 4 /BPC 8 /CS /G /L 26 ID " + DOTS + b" " + CANARY
        + b"\nEI Q\n"),
}  # fmt: skip


def profile(*, description: bytes = b"", tag: bytes = b"", after: bytes = b"") -> bytes:
    """An sRGB profile with something planted."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    for row in range(132, 132 + 12 * count, 12):
        name, offset, size = struct.unpack_from(">4sII", data, row)
        if name == b"cprt" and description:
            data[offset + size - len(description) : offset + size] = description
        if name == b"cprt" and tag:
            data[row : row + 4] = tag
            data[offset + size - len(CANARY) : offset + size] = CANARY
    return bytes(data) + after


def coloured(data: bytes, head: bytes = b"") -> bytes:
    return page_with(
        b"/ColorSpace << /C [/ICCBased 6 0 R] >>", b"/C cs 0.5 0.2 0.1 sc 9 9 50 50 re f\n",
        stream(data, b"/N 3 /Alternate /DeviceRGB " + head),
    )  # fmt: skip


PATTERN = b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9"
SHADING = (
    b"/ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9] /Function << /FunctionType 2"
    b" /Domain [0 1] /N 1 /C0 [0] /C1 [1] >>"
)
GRAPHICS = {
    "copyright of a profile": coloured(profile(description=CANARY)),
    "unknown tag of a profile": coloured(profile(tag=b"zzzz")),
    "data after a profile": coloured(profile(after=CANARY)),
    "metadata of a profile": coloured(profile(), b"/Metadata << /A (cdrcanary) >>"),
    "key of a graphics state": page_with(
        b"/ExtGState << /G << /LW 2 /cdrcanary 1 /SA true >> >>", b"/G gs 0 0 9 9 re f\n"),
    "transfer function": page_with(
        b"/ExtGState << /G << /TR 6 0 R /TR2 6 0 R /BG 6 0 R /UCR 6 0 R >> >>",
        b"/G gs 0 0 9 9 re f\n",
        stream(b"{ % cdrcanary\n}", b"/FunctionType 4 /Domain [0 1] /Range [0 1]")),
    "halftone": page_with(
        b"/ExtGState << /G << /HT << /HalftoneType 1 /HalftoneName (cdrcanary) /Frequency 9"
        b" /Angle 0 /SpotFunction /cdrcanary >> /LW 2 >> >>", b"/G gs 0 0 9 9 re f\n"),
    "key of a pattern": page_with(
        b"/Pattern << /P 6 0 R >>", b"/Pattern cs /P scn 0 0 90 90 re f\n",
        stream(b"% cdrcanary\n0 0 5 5 re f", PATTERN + b" /cdrcanary 1 /Resources << >>")),
    "key of a shading": page_with(
        b"/Shading << /S << %s /cdrcanary 1 >> >>" % SHADING, b"/S sh\n"),
    "comment of a function": page_with(
        b"/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9]"
        b" /Function 6 0 R >> >>", b"/S sh\n",
        stream(b"{ 1 exch sub % cdrcanary\n }", b"/FunctionType 4 /Domain [0 1] /Range [0 1]")),
    "data after a sampled function": page_with(
        b"/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9]"
        b" /Function 6 0 R >> >>", b"/S sh\n",
        stream(b"\0\xff" + CANARY, b"/FunctionType 0 /Domain [0 1] /Range [0 1] /Size [2]"
               b" /BitsPerSample 8")),
    "unused resources": page_with(
        b"/XObject << /A 6 0 R >> /ExtGState << /B << /Font [6 0 R 1] >> >>"
        b" /Properties << /C << /X (cdrcanary) >> >> /cdrcanary << >> /ProcSet [/cdrcanary]", b"",
        stream(CANARY, b"/Subtype /Image")),
    "names of resources": page_with(
        b"/ExtGState << /cdrcanary << /LW 3 >> >>", b"/cdrcanary gs 0 0 9 9 re f\n"),
    "named marked content": page_with(
        b"/Properties << /M << /MCID 0 /X (cdrcanary) >> >>", b"/Span /M BDC EMC\n"),
    "marked point with properties": page_with(b"", b"/A << /B (cdrcanary) >> DP\n"),
    "tag of marked content": page_with(b"", b"/cdrcanary BMC EMC\n"),
    "compatibility section": page_with(b"", b"BX (cdrcanary) /cdrcanary zzz EX\n"),
    "a key spelt with numbers": page_with(b"/#63drcanary << /A 1 >>", b""),
    "a text that is no text": page_with(b"", b"<636472 63616E617279> pop\n"),
}  # fmt: skip

SFNT = {**read_directory(rebuild_font_file("FontFile2", font_samples.true_type()))}
DESCRIPTOR = b"<< /Type /FontDescriptor /FontName /AAAAAA+F /Flags 4 /FontBBox [0 0 9 9] %s >>"
WIDTHS = b"/FirstChar 65 /LastChar 65 /Widths [600]"


def sfnt(**changed: bytes) -> bytes:
    """A TrueType font with tables changed or added, all checksums right."""
    tables = {tag.replace("_", "/").ljust(4).encode(): data for tag, data in changed.items()}
    return write_directory(b"\0\1\0\0", {**SFNT, **tables})


def in_font(program: bytes, *, key: bytes = b"FontFile2", head: bytes = b"") -> bytes:
    kind = b"TrueType" if key == b"FontFile2" else b"Type1"
    return page_with(
        b"", b"BT /F1 12 Tf 50 600 Td (AAA) Tj ET\n",
        DESCRIPTOR % (b"/%s 7 0 R" % key),
        stream(program, head or b"/Length1 %d" % len(program)), stream(CANARY),
        font=b"<< /Type /Font /Subtype /%s /BaseFont /AAAAAA+F %s /FontDescriptor 6 0 R >>"
        % (kind, WIDTHS),
    )  # fmt: skip


def in_cff(program: bytes) -> bytes:
    return in_font(program, key=b"FontFile3", head=b"/Subtype /Type1C")


def in_type1(program: bytes) -> bytes:
    return in_font(program, key=b"FontFile")


PLAIN_CFF = font_samples.cff().replace(font_samples.CANARY, b"Harmless1")
FONTS = {
    "names of a font": in_font(sfnt(name=CANARY)),
    "program of a font": in_font(sfnt(fpgm=CANARY, prep=CANARY)),
    "control values of a font": in_font(sfnt(cvt=CANARY + b"x")),
    "unknown table of a font": in_font(sfnt(zzzz=CANARY)),
    "signature of a font": in_font(sfnt(DSIG=CANARY)),
    "layout of a font": in_font(sfnt(GSUB=CANARY, GPOS=CANARY)),
    "bitmaps of a font": in_font(sfnt(EBDT=CANARY, SVG=CANARY, CBDT=CANARY)),
    "slack of a table of outlines": in_font(sfnt(glyf=SFNT[b"glyf"] + CANARY)),
    "slack of a character map": in_font(sfnt(cmap=SFNT[b"cmap"] + CANARY)),
    "slack of the metrics": in_font(sfnt(hmtx=SFNT[b"hmtx"] + CANARY)),
    "dates of a font": in_font(sfnt(head=SFNT[b"head"][:20] + CANARY[:9].ljust(16)
                                    + SFNT[b"head"][36:])),
    "names of its glyphs": in_font(
        sfnt(post=b"\0\2\0\0" + bytes(28) + struct.pack(">H4H", 4, 0, 36, 258, 37)
             + b"\x09" + CANARY)),
    "after its last table": in_font(sfnt() + CANARY),
    "instructions of its glyphs": in_font(font_samples.true_type()),
    "keys of its stream": in_font(sfnt(), head=b"/Length1 1 /cdrcanary (x) /Metadata 8 0 R"),
    "name and notice of a cff font": in_cff(font_samples.cff()),
    "after a cff font": in_cff(PLAIN_CFF + CANARY),
    "comments of a type 1 font": in_type1(font_samples.type1()),
    "procedures of a type 1 font": in_type1(
        font_samples.type1(head=b"/OtherSubrs [ { (cdrcanary) print } ] def\n")),
    "name of a type 1 glyph": in_type1(font_samples.type1(name=b"cdrcanary")),
    "comment of a character map": page_with(
        b"", b"", stream(b"%% cdrcanary\n/CMapName /cdrcanary def 1 beginbfchar <41> <0041>"
                         b" endbfchar (cdrcanary) pop"),
        font=b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"),
    "collection of a character map": page_with(
        b"", b"", stream(b"/CIDSystemInfo << /Registry (cdrcanary) /Ordering (cdrcanary) >> def"
                         b" 1 beginbfchar <41> <0041> endbfchar", b"/cdrcanary 1"),
        font=b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"),
    "collection of a cid font": page_with(
        b"", b"", font=b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H"
        b" /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /X /cdrcanary 1"
        b" /CIDSystemInfo << /Registry (cdrcanary) /Ordering (cdrcanary) /Supplement 0 >>"
        b" /FontDescriptor << /Type /FontDescriptor /FontName /X /Flags 4 /Style <<"
        b" /Panose (cdrcanary) >> /Lang /cdrcanary /FD << /cdrcanary << >> >> >> >>] >>"),
}  # fmt: skip


def classic(data: bytes, old: bytes, new: bytes) -> bytes:
    """The file with bytes between its objects; qpdf finds the objects again."""
    assert old in data
    return data.replace(old, new, 1)


def packed(slack: bytes, *, unused: bytes = b"", head: bytes = b"", row: bytes = b"") -> bytes:
    """A file whose page and font lie in an object stream, with a cross-reference stream."""
    inner = {
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
           b" /Resources << /Font << /F1 5 0 R >> >> >>",
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }  # fmt: skip
    if unused:
        inner[8] = unused
    pairs, bodies = b"", b""
    for number, body in inner.items():
        pairs += b"%d %d " % (number, len(bodies))
        bodies += body + b" " + slack + b" "
    first = len(pairs) + len(slack) + 1
    contents = pairs + slack + b" " + bodies
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        4: stream(SHOWN),
        6: stream(contents, b"/Type /ObjStm /N %d /First %d %s" % (len(inner), first, head)),
    }
    out, places = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = places[7] = len(out)
    listed = {**{n: (1, at, 0) for n, at in places.items()},
              **{n: (2, 6, index) for index, n in enumerate(inner)}}  # fmt: skip
    rows = b"".join(struct.pack(">BIH", *listed.get(n, (0, 0, 0))) for n in range(9)) + row
    table = stream(rows, b"/Type /XRef /Size 9 /W [1 4 2] /Root 1 0 R " + head)
    return out + b"7 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start)


FILE = pdf(SHOWN)
STRUCTURE = {
    "before the header": CANARY + b"\n" + FILE,
    "after the end": FILE + CANARY,
    "comment after the header": classic(FILE, b"%PDF-1.7\n", b"%PDF-1.7\n%cdrcanary\n"),
    "comment between objects": classic(FILE, b"endobj\n2 0", b"endobj\n% cdrcanary\n2 0"),
    "bytes between objects": classic(FILE, b"endobj\n2 0", b"endobj\ncdrcanary\n2 0"),
    "comment in an object": classic(FILE, b"<< /Type /Pages", b"<< % cdrcanary\n/Type /Pages"),
    "after a stream": classic(FILE, b"ET\n\nendstream", b"ET\n\nendstream\n% cdrcanary"),
    "comment in the trailer": classic(FILE, b"trailer\n", b"trailer\n% cdrcanary\n"),
    "after the table": classic(FILE, b"startxref", b"% cdrcanary\nstartxref"),
    "slack of an object stream": packed(b"% cdrcanary\n"),
    "unused object of an object stream": packed(b"", unused=b"(cdrcanary)"),
    "keys of an object stream": packed(b"", head=b"/cdrcanary (x)"),
    "rows of a cross-reference stream": packed(b"", row=CANARY),
    "linearization": assemble(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
         b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
         b" /Resources << /Font << /F1 5 0 R >> >> >>", stream(SHOWN),
         b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
         b"<< /Linearized 1 /L 9 /H [1 2] /O 3 /cdrcanary (cdrcanary) >>", stream(CANARY)]),
    "the free list": classic(FILE, b"0000000000 65535 f \n", b"0000000000 65535 f \n").replace(
        b"startxref", b"startxref\n% cdrcanary"),
}  # fmt: skip
BINARY = {**IMAGES, **GRAPHICS, **FONTS, **STRUCTURE}
