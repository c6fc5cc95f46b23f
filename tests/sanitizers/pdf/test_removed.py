"""Every action type and every annotation type is gone or flattened, and reported."""

import io

import pytest

from sanitizers.findings import Action, Kind
from sanitizers.model import Method, SplitKind
from sanitizers.pdf._actions import KINDS
from sanitizers.pdf._annotations import TYPES
from sanitizers.pdf.document import PdfDocument
from tests.sanitizers.pdf.samples import Job, clean, inflated, pdf, rebuilt, stream, text

CANARY = b"cdrcanary"
SHOWN = text("visible words")


ACTIONS = {
    "GoTo": b"/D (nowhere)",
    "GoToR": b"/F (\\\\\\\\cdrcanary\\\\share) /D [0 /Fit]",
    "GoToE": b"/F (cdrcanary) /T << /R /C /N (cdrcanary) >>",
    "GoToDp": b"/Dp 6 0 R",
    "Launch": b"/F (cdrcanary.exe) /Win << /F (cdrcanary) /P (cdrcanary) >>",
    "Thread": b"/F (cdrcanary) /D 0",
    "URI": b"/URI (http://cdrcanary.example/)",
    "Sound": b"/Sound 6 0 R",
    "Movie": b"/T (cdrcanary)",
    "Hide": b"/T (cdrcanary)",
    "Named": b"/N /cdrcanary",
    "SubmitForm": b"/F << /FS /URL /F (http://cdrcanary) >>",
    "ResetForm": b"/Fields [(cdrcanary)]",
    "ImportData": b"/F (cdrcanary)",
    "SetOCGState": b"/State [/ON 6 0 R]",
    "Rendition": b"/JS (cdrcanary) /OP 0",
    "Trans": b"/Trans << /S /cdrcanary >>",
    "GoTo3DView": b"/TA 6 0 R /V (cdrcanary)",
    "JavaScript": b"/JS (app.alert\\('cdrcanary'\\))",
    "RichMediaExecute": b"/TA 6 0 R /CMD << /C (cdrcanary) >>",
}


def test_the_list_of_actions_is_whole():
    assert set(ACTIONS) == set(KINDS)


@pytest.mark.parametrize("place", ["catalog", "page", "annotation", "bookmark", "field", "chain"])
@pytest.mark.parametrize("kind", sorted(ACTIONS))
def test_an_action_is_gone_from(kind, place):
    action = b"<< /Type /Action /S /%s %s >>" % (kind.encode(), ACTIONS[kind])
    chained = b"<< /S /Hide /Next [%s] >>" % action
    options = {
        "catalog": {"catalog": b"/OpenAction " + action},
        "page": {"page": b"/AA << /O %s >>" % action},
        "chain": {"page": b"/AA << /O %s >>" % chained},
        "annotation": {
            "page": b"/Annots [<< /Subtype /Square /Rect [9 9 99 99] /A %s >>]" % action
        },
        "bookmark": {
            "catalog": b"/Outlines 7 0 R",
            "extra": [
                b"<< >>",
                b"<< /First 8 0 R /Last 8 0 R >>",
                b"<< /Title (here) /Parent 7 0 R /A %s >>" % action,
            ],
        },
        "field": {
            "catalog": b"/AcroForm << /Fields [6 0 R] >>",
            "extra": [b"<< /FT /Tx /T (cdrcanary) /AA << /K %s >> >>" % action],
        },
    }[place]
    opened, findings = rebuilt(pdf(SHOWN, **options))
    assert CANARY not in opened
    for word in (b"/OpenAction", b"/AA", b"/JS", b"/S /" + kind.encode(), b"/Launch"):
        assert word not in opened
    assert (KINDS[kind], Action.REMOVED) in findings
    assert b"visible words" in opened


BODIES = {
    "Link": b"/A << /S /Launch /F (cdrcanary) >>",
    "FileAttachment": b"/FS << /F (cdrcanary) >>",
    "Sound": b"/Sound 6 0 R",
    "Movie": b"/Movie << /F (cdrcanary) >>",
    "Screen": b"/MK << /CA (cdrcanary) >>",
    "3D": b"/3DD 6 0 R",
    "RichMedia": b"/RichMediaContent << /Assets << /Names [(cdrcanary) 6 0 R] >> >>",
    "Redact": b"/OverlayText (cdrcanary)",
    "Widget": b"/FT /Btn /MK << /CA (cdrcanary) >>",
}
LOOK = stream(b"1 0 0 rg 0 0 10 10 re f", b"/Subtype /Form /BBox [0 0 10 10]")


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_an_annotation_is_gone_or_flattened(kind):
    body = BODIES.get(kind, b"/Contents (cdrcanary) /RC (cdrcanary)")
    annotation = (
        b"<< /Type /Annot /Subtype /%s /Rect [100 100 200 150] /T (cdrcanary) /NM (cdrcanary)"
        b" /cdrcanary 1 %s /AP << /N 7 0 R >> >>" % (kind.encode(), body)
    )
    data = pdf(SHOWN, page=b"/Annots [%s]" % annotation, extra=[stream(b"cdrcanary"), LOOK])
    opened, findings = rebuilt(data)
    assert CANARY not in opened
    assert b"/Annots" not in opened
    drawn = b"10 0 0 5 100 100 cm" in opened
    assert drawn == (kind not in ("Link", "Popup", "TrapNet", "PrinterMark"))
    if kind != "Link":
        assert TYPES[kind] in {found for found, _ in findings}


@pytest.mark.parametrize("flag", [2, 32])
def test_a_hidden_annotation_is_dropped(flag):
    annotation = b"<< /Subtype /Stamp /Rect [1 1 9 9] /F %d /AP << /N 6 0 R >> >>" % flag
    opened, findings = rebuilt(pdf(SHOWN, page=b"/Annots [%s]" % annotation, extra=[LOOK]))
    assert b"/Form" not in opened
    assert (Kind.HIDDEN_TEXT, Action.REMOVED) in findings


def test_earlier_revisions_are_gone_and_reported():
    old = pdf(text("cdrcanary"))
    update = b"4 0 obj\n" + stream(text("newer words")) + b"\nendobj\n"
    start = old.index(b"xref\n0")
    table = b"xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\n" % (
        len(old),
        start,
    )
    data = old + update + table + b"startxref\n%d\n%%%%EOF\n" % (len(old) + len(update))
    out, cleaned = clean(data, method=Method.SANITIZE)
    opened = inflated(out)
    assert CANARY not in opened
    assert b"newer words" in opened
    assert any(f.where == "earlier revisions" for f in cleaned.findings)


def test_a_postscript_xobject_is_gone():
    data = pdf(
        SHOWN + b"/P Do",
        page=b"/Resources << /Font << /F1 5 0 R >> /XObject << /P 6 0 R >> >>",
        extra=[stream(b"(cdrcanary) print", b"/Subtype /PS")],
    )
    opened, findings = rebuilt(
        data.replace(b"/Resources << /Font << /F1 5 0 R >> >> /Res", b"/Res")
    )
    assert CANARY not in opened
    assert (Kind.PROGRAM, Action.REMOVED) in findings


def test_a_stream_in_another_file_is_not_followed():
    data = pdf(SHOWN, page=b"/Contents [4 0 R 6 0 R]",
               extra=[stream(b"(cdrcanary) Tj", b"/F (http://cdrcanary/)")])  # fmt: skip
    opened, findings = rebuilt(data.replace(b"/Contents 4 0 R", b"", 1))
    assert CANARY not in opened
    assert (Kind.EXTERNAL_REFERENCE, Action.REMOVED) in findings


def test_signatures_are_dropped_and_said_so():
    data = pdf(
        SHOWN,
        catalog=b"/AcroForm << /SigFlags 3 /Fields [6 0 R] >>",
        extra=[b"<< /FT /Sig /T (s) /V << /Contents (cdrcanary) /ByteRange [0 1 2 3] >> >>"],
    )
    opened, findings = rebuilt(data)
    assert CANARY not in opened
    assert (Kind.SIGNATURE, Action.REMOVED) in findings


@pytest.mark.parametrize("place", ["names", "annotation", "associated"])
def test_embedded_files_become_members(place):
    filespec = b"<< /Type /Filespec /UF (report.txt) /EF << /F 7 0 R >> >>"
    options = {
        "names": {"catalog": b"/Names << /EmbeddedFiles << /Names [(cdrcanary) 6 0 R] >> >>"},
        "annotation": {
            "page": b"/Annots [<< /Subtype /FileAttachment /Rect [0 0 9 9] /FS 6 0 R >>]"
        },
        "associated": {"catalog": b"/AF [6 0 R]"},
    }[place]
    data = pdf(SHOWN, **options, extra=[filespec, stream(b"inner file", b"/Type /EmbeddedFile")])
    out = io.BytesIO()
    job = Job(data=memoryview(data), media_type="application/pdf")
    split = PdfDocument().clean(job, out)
    assert split.kind is SplitKind.CONTAINER
    (member,) = split.members
    assert member.name == "report.txt"
    assert member.beside
    assert out.getvalue()[member.offset : member.offset + member.size] == b"inner file"
    opened, _ = rebuilt(data)
    assert b"inner file" not in opened
    assert CANARY not in opened
