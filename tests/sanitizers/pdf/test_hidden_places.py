"""Every place of a PDF that nobody sees: nothing planted there survives.

One table per way of planting; each row is a test of its own. The output is opened to the
last stream before it is searched, in every spelling of the planted word.
"""

import pytest

from sanitizers.findings import Kind
from sanitizers.model import Method
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf import font_samples
from tests.sanitizers.pdf.hidden_places import BINARY, CANARY, FORM, SHOWN
from tests.sanitizers.pdf.samples import clean, inflated, pdf, rebuilt, stream

SPELLINGS = (
    CANARY, font_samples.CANARY, CANARY.hex().encode(), CANARY.hex().upper().encode(),
    CANARY.decode().encode("utf-16-be"), CANARY.decode().encode("utf-16-le"),
    CANARY.decode().encode("utf-16-be").hex().encode(), CANARY[::-1],
)  # fmt: skip


def traces(opened: bytes) -> list[bytes]:
    """The spellings of the planted word that are there."""
    return [spelling for spelling in SPELLINGS if spelling in opened]


MORE_PLACES = {
    "bookmark keys": {
        "catalog": b"/Outlines 6 0 R",
        "extra": [
            b"<< /First 7 0 R /Last 7 0 R /cdrcanary 1 >>",
            b"<< /Title (here) /Parent 6 0 R /Dest [3 0 R /Fit (cdrcanary)] /cdrcanary (x)"
            b" /SE << /A (cdrcanary) >> >>",
        ],
    },
    "page tree key": {"catalog": b"/Pages 6 0 R", "extra": [
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /cdrcanary (x) /ID (cdrcanary) >>"]},
    "article beads": {"page": b"/B [<< /T << /I << /Title (cdrcanary) >> >> >>]"},
    "page identifier": {"page": b"/ID (cdrcanary) /PZ 1 /LastModified (D:cdrcanary)"},
    "presentation steps": {"page": b"/PresSteps << /NA << /S /JavaScript /JS (cdrcanary) >> >>"},
    "page output intent": {"page": b"/OutputIntents [<< /S /X /Info (cdrcanary) >>]"},
    "document parts": {"catalog": b"/DPartRoot << /NodeNameList [/cdrcanary] >>"},
    "web capture": {"catalog": b"/SpiderInfo << /V 1 /C [<< /URL (cdrcanary) >>] >>"},
    "legal attestation": {"catalog": b"/Legal << /Attestation (cdrcanary) >>"},
    "class map": {
        "catalog": b"/StructTreeRoot << /ClassMap << /cdrcanary << /O /cdrcanary >> >>"
                   b" /RoleMap << /cdrcanary /P >> /IDTree << /Names [(cdrcanary) 6 0 R] >> >>",
        "extra": [b"<< /S /P /E (cdrcanary) /ActualText (cdrcanary) /T (cdrcanary) >>"],
    },
    "name trees": {"catalog": b"/Names << /AP << /Names [(cdrcanary) 6 0 R] >> /IDS << /Names"
                              b" [(cdrcanary) 6 0 R] >> /Renditions << /Names [(cdrcanary)"
                              b" 6 0 R] >> /cdrcanary << >> >>", "extra": [stream(CANARY)]},
    "limits of a name tree": {"catalog": b"/Names << /Dests << /Limits [(cdrcanary) (z)]"
                                         b" /Names [(a) [3 0 R /Fit]] >> >>"},
    "default appearance": {"catalog": b"/AcroForm << /DA (/cdrcanary 9 Tf) /DR << /Font <<"
                                      b" /cdrcanary 5 0 R >> >> /Fields [] >>"},
    "layer usage": {
        "catalog": b"/OCProperties << /OCGs [6 0 R] /D << /Order [(cdrcanary) 6 0 R]"
                   b" /Creator (cdrcanary) /AS [<< /Event /View >>] >>"
                   b" /Configs [<< /Name (cdrcanary) >>] >>",
        "extra": [b"<< /Type /OCG /Name (a) /Usage << /CreatorInfo << /Creator (cdrcanary) >>"
                  b" /User << /Name (cdrcanary) >> >> >>"],
    },
    "states of an appearance": {
        "page": b"/Annots [<< /Subtype /Stamp /Rect [9 9 20 20] /AS /On /AP << /N << /On 6 0 R"
                b" /cdrcanary 7 0 R >> /D 7 0 R /R 7 0 R >> >>]",
        "extra": [stream(b"0 0 5 5 re f", FORM), stream(b"% cdrcanary\n", FORM)],
    },
    "history of an annotation": {
        "page": b"/Annots [<< /Subtype /Text /Rect [9 9 20 20] /M (cdrcanary) /Subj (cdrcanary)"
                b" /CreationDate (cdrcanary) /State (cdrcanary) /IRT 6 0 R /ExData <<"
                b" /Subtype /cdrcanary >> >>]",
        "extra": [b"<< /Subtype /Text /Contents (cdrcanary) >>"],
    },
    "encryption of nothing": {"trailer": b"/AuthCode << /X (cdrcanary) >> /DocChecksum /cdrcanary"},
}  # fmt: skip

PLACES = {
    "info": {"trailer": b"/Info 6 0 R", "extra": [b"<< /Author (cdrcanary) /cdrcanary (x) >>"]},
    "xmp": {"catalog": b"/Metadata 6 0 R", "extra": [stream(b"<x>cdrcanary</x>")]},
    "page metadata": {"page": b"/Metadata 6 0 R", "extra": [stream(b"cdrcanary")]},
    "catalog key": {"catalog": b"/cdrcanary (x)"},
    "catalog private": {"catalog": b"/PieceInfo << /cdrcanary << /Private (cdrcanary) >> >>"},
    "page key": {"page": b"/cdrcanary (x)"},
    "page private": {"page": b"/PieceInfo << /A << /Private (cdrcanary) >> >>"},
    "thumbnail": {"page": b"/Thumb 6 0 R", "extra": [stream(b"cdrcanary")]},
    "orphan": {"extra": [b"<< /A (cdrcanary) >>"]},
    "orphan stream": {"extra": [stream(b"cdrcanary")]},
    "content comment": {"contents": SHOWN + b"% cdrcanary\n"},
    "content operands": {"contents": SHOWN + b"(cdrcanary) 1 0 0 rg"},
    "marked content": {"contents": b"/Span << /Lang (cdrcanary) >> BDC " + SHOWN + b" EMC"},
    "marked point": {"contents": SHOWN + b"/cdrcanary MP"},
    "unknown operator": {"contents": SHOWN + b"(cdrcanary) zz"},
    "url base": {"catalog": b"/URI << /Base (http://cdrcanary/) >>"},
    "xfa": {
        "catalog": b"/AcroForm << /XFA [(a) 6 0 R] /Fields [] >>",
        "extra": [stream(b"cdrcanary")],
    },
    "field name": {
        "catalog": b"/AcroForm << /Fields [6 0 R] >>",
        "extra": [b"<< /T (cdrcanary) /TU (cdrcanary) /TM (cdrcanary) /FT /Tx >>"],
    },
    "names javascript": {
        "catalog": b"/Names << /JavaScript << /Names [(cdrcanary) 6 0 R] >> >>",
        "extra": [b"<< /S /JavaScript /JS (cdrcanary) >>"],
    },
    "named destination": {
        "catalog": b"/Names << /Dests << /Names [(cdrcanary) [3 0 R /Fit]] >> >>"
    },
    "old destinations": {"catalog": b"/Dests << /cdrcanary [3 0 R /Fit] >>"},
    "structure": {
        "catalog": b"/StructTreeRoot 6 0 R /MarkInfo << /Marked true >>",
        "extra": [b"<< /Type /StructTreeRoot /K << /S /cdrcanary /Alt (cdrcanary) >> >>"],
    },
    "output intent": {
        "catalog": b"/OutputIntents [<< /S /GTS_PDFA1 /Info (cdrcanary)"
        b" /DestOutputProfile 6 0 R >>]",
        "extra": [stream(b"cdrcanary")],
    },
    "layers": {
        "catalog": b"/OCProperties << /OCGs [6 0 R] /D << /Name (cdrcanary) >> >>",
        "extra": [b"<< /Type /OCG /Name (cdrcanary) >>"],
    },
    "viewer preferences": {"catalog": b"/ViewerPreferences << /cdrcanary true >>"},
    "extensions": {"catalog": b"/Extensions << /cdrcanary << /BaseVersion /1.7 >> >>"},
    "collection": {"catalog": b"/Collection << /Schema << /cdrcanary (x) >> >>"},
    "threads": {"catalog": b"/Threads [<< /I << /Title (cdrcanary) >> >>]"},
    "permissions": {"catalog": b"/Perms << /DocMDP << /Contents (cdrcanary) >> >>"},
    "security store": {"catalog": b"/DSS << /Certs [6 0 R] >>", "extra": [stream(b"cdrcanary")]},
    "requirements": {"catalog": b"/Requirements [<< /S /EnableJavaScripts /cdrcanary 1 >>]"},
    "transition": {"page": b"/Trans << /S /cdrcanary >> /Dur 1"},
    "separation info": {"page": b"/SeparationInfo << /DeviceColorant /cdrcanary >>"},
    "viewport": {"page": b"/VP [<< /Name (cdrcanary) >>]"},
    "template": {"catalog": b"/Names << /Templates << /Names [(cdrcanary) 3 0 R] >> >>"},
    "language": {"catalog": b"/Lang (cdrcanary-cdrcanary-cdrcanary)"},
    "font key": {
        "font": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /cdrcanary (x)"
        b" /Name /cdrcanary >>"
    },
    "glyph name": {
        "font": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
        b" /Encoding << /Differences [200 /cdrcanary] >> >>"
    },
    "descriptor key": {
        "font": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontDescriptor <<"
        b" /FontName /cdrcanary /FontFamily (cdrcanary) /CharSet (/cdrcanary) /Flags 32 >> >>"
    },
    "trailer key": {"trailer": b"/cdrcanary (x) /ID [<636472> (cdrcanary)]"},
}


@pytest.mark.parametrize("place", sorted({**PLACES, **MORE_PLACES}))
def test_nothing_survives_in(place):
    options = {"contents": SHOWN, **{**PLACES, **MORE_PLACES}[place]}
    source = pdf(**options)
    opened, _ = rebuilt(source)
    assert not traces(opened)
    assert b"visible words" in opened


@pytest.mark.parametrize("place", sorted(BINARY))
def test_nothing_survives_in_the(place):
    out, cleaned = clean(BINARY[place], method=Method.SANITIZE)
    PdfVerifier().verify(memoryview(out))
    opened = inflated(out)
    assert not traces(opened)
    assert b"visible words" in opened
    assert cleaned.method is Method.SANITIZE
    assert Kind.RASTERIZED not in {finding.kind for finding in cleaned.findings}


def test_the_places_are_many():
    assert len({**PLACES, **MORE_PLACES, **BINARY}) >= 120


@pytest.mark.parametrize(
    "place",
    ["key", "private", "metadata", "reference", "opi", "comment", "group key", "resource name",
     "unused resource", "last modified"],
)  # fmt: skip
def test_nothing_survives_in_a_form(place):
    head = {
        "key": b"/cdrcanary 1",
        "private": b"/PieceInfo << /A << /Private (cdrcanary) >> >>",
        "metadata": b"/Metadata 7 0 R",
        "reference": b"/Ref << /F (cdrcanary) /Page 0 >>",
        "opi": b"/OPI << /2.0 << /F (cdrcanary) >> >>",
        "group key": b"/Group << /S /Transparency /cdrcanary 1 >>",
        "resource name": b"/Resources << /ExtGState << /cdrcanary << /LW 2 >> >> >>",
        "unused resource": b"/Resources << /XObject << /A 7 0 R >> >>",
        "last modified": b"/LastModified (cdrcanary)",
        "comment": b"",
    }[place]
    inner = {"comment": b"% cdrcanary\n", "resource name": b"/cdrcanary gs "}.get(place, b"")
    data = pdf(
        SHOWN + b"/Fm0 Do",
        page=b"/Resources << /Font << /F1 5 0 R >> /XObject << /Fm0 6 0 R >> >>",
        extra=[stream(inner + b"0 0 5 5 re f", FORM + head), stream(b"cdrcanary")],
    )
    opened, _ = rebuilt(data.replace(b"/Resources << /Font << /F1 5 0 R >> >> /Res", b"/Res"))
    assert not traces(opened)
    assert b"0 0 5 5 re f" in opened


def test_before_the_header_and_after_the_end():
    data = b"cdrcanary\n" + pdf(SHOWN) + b"cdrcanary"
    out, cleaned = clean(data, method=Method.SANITIZE)
    assert CANARY not in inflated(out)
    kinds = {f.kind for f in cleaned.findings}
    assert {Kind.UNKNOWN_DATA, Kind.TRAILING_DATA} <= kinds
