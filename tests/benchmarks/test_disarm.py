"""The disarm instrument can fail: whatever survives is found, however it is packed."""

import base64
import gzip
import io
import zipfile
import zlib

import pytest
from PIL import Image

from benchmarks.cleaned import Cleaned
from benchmarks.disarm import places, run, scan
from benchmarks.disarm.opened import pieces
from benchmarks.disarm.run import Result
from benchmarks.disarm.scan import RULES, Hit, hazards, traces

WORD = b"cdrcanary"


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def pdf(body, *, packed=False):
    inner = zlib.compress(body) if packed else body
    return b"%%PDF-1.7\n1 0 obj\n<< /Length 9 >>\nstream\n%s\nendstream\nendobj\n" % inner


def picture(form, **options):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(out, form, **options)
    return out.getvalue()


def mail(part, name="a.bin"):
    return (
        b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type:'
        b' application/octet-stream; name="%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n'
        b"--b--\r\n" % (name.encode(), base64.encodebytes(part))
    )


PACKED = {
    "plain": (WORD, "a.txt"),
    "reversed": (WORD[::-1], "a.bin"),
    "UTF-16": (WORD.decode().encode("utf-16-le"), "a.bin"),
    "hexadecimal": (WORD.hex().upper().encode(), "a.bin"),
    "a packed stream": (pdf(b"(x) " + WORD, packed=True), "a.pdf"),
    "behind a packed stream": (pdf(zlib.compress(b"x") + WORD), "a.pdf"),
    "a broken hexadecimal string": (pdf(b"<636472 63616E\n617279>"), "a.pdf"),
    "a member": (zipped(word__x_dot_xml=WORD), "a.docx"),
    "a member's name": (zipped(cdrcanary=b""), "a.zip"),
    "an archive in a mail": (mail(zipped(a=gzip.compress(WORD))), "a.eml"),
    "a picture's text": (
        picture("PNG")[:33] + b"\0\0\0\x14zTXt" + b"k\0\0" + zlib.compress(WORD) + bytes(4)
        + picture("PNG")[33:],
        "a.png",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PACKED)
def test_a_planted_word_is_found_in(place):
    data, name = PACKED[place]
    assert traces(data, [WORD], name=name)
    assert not traces(data, [b"another"], name=name)


CSV = b"a,b\n=cmd|' /C calc'!A0,1\n"
BAD = {
    ("pdf", "script"): pdf(b"<< /S /JavaScript >>"),
    ("pdf", "action"): pdf(b"<< /Open#41ction 3 0 R >>", packed=True),
    ("pdf", "link"): pdf(b"<< /S /URI >>"),
    ("pdf", "form"): pdf(b"<< /AcroForm 3 0 R >>"),
    ("pdf", "embedded file"): pdf(b"<< /Names << /EmbeddedFiles 3 0 R >> >>"),
    ("pdf", "media"): pdf(b"<< /Subtype/RichMedia>>"),
    ("pdf", "screen"): pdf(b"<< /Subtype /Screen >>"),
    ("pdf", "metadata"): pdf(b"<< /Metadata 3 0 R >>"),
    ("pdf", "external reference"): pdf(b"<< /Ref << /Page 0 >> >>"),
    ("pdf", "signature"): pdf(b"<< /ByteRange [0 1] >>"),
    ("pdf", "a stream that is not looked into"): pdf(b"<< /Filter [/LZWDecode] >>"),
    ("names", "macro"): zipped(word__vbaProject_dot_bin=b""),
    ("names", "embedded object"): zipped(word__embeddings__a_dot_docx=b""),
    ("names", "external part"): zipped(xl__externalLinks__e_dot_xml=b""),
    ("xml", "macro"): zipped(a_dot_xml='<a ContentType="application/vnd.ms-word.macroEnabled"/>'),
    ("xml", "external relationship"): zipped(r_dot_rels='<R TargetMode="External"/>'),
    ("xml", "DDE"): zipped(a_dot_xml="<w:instrText> DDEAUTO c:\\x </w:instrText>"),
    ("xml", "field that acts"): zipped(a_dot_xml="<w:instrText> INCLUDETEXT </w:instrText>"),
    ("xml", "formula that acts"): zipped(a_dot_xml='<f t="x">1+WEBSERVICE("a")</f>'),
    ("xml", "document type"): b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    ("xml", "script"): b"<p><svg onload = x></p>",
    ("xml", "remote content"): b'<p><img alt="" src="//a.example/x.png"></p>',
    ("csv", "formula"): CSV,
}


@pytest.mark.parametrize(("form", "what"), BAD)
def test_what_acts_is_found(form, what):
    found = [hit.what for hit in hazards(BAD[form, what], name=f"a.{form}")]
    assert any(hit.startswith(what) for hit in found), found


def test_every_rule_can_be_broken():
    assert {(rule.form, rule.what) for rule in RULES} <= set(BAD)


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (b"MZ\x90\0", "a.txt", "program"),
        (zipped(a=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "a.zip", "OLE file"),
        (mail(b"{\\rtf1 x}"), "a.eml", "RTF"),
        (picture("JPEG", exif=b"Exif\0\0x"), "a.jpg", "segment E1"),
        (picture("JPEG") + b"x", "a.jpg", "data after the end"),
        (picture("PNG") + b"x", "a.png", "data after the end"),
        (picture("PNG", icc_profile=b"x"), "a.png", "chunk iCCP"),
        (zipped(xl__a_dot_bin=b"", xl__z_dot_xml=""), "a.xlsx", "embedded object"),
        (b"see cdr-canary.invalid", "a.txt", "planted"),
        (gzip.compress(scan.PLANTED[1], mtime=0), "a.bin", "planted"),
    ],
)
def test_what_is_no_document_of_ours_is_found(data, name, what):
    assert any(hit.what.startswith(what) for hit in hazards(data, name=name))


def test_harmless_files_break_no_rule():
    for data, name in (
        (
            pdf(b"BT (the JS of a text, /AApart) Tj ET 1 0 0 RG", packed=True),
            "a.pdf",
        ),
        (picture("PNG"), "a.png"),
        (picture("JPEG"), "a.jpg"),
        (zipped(ppt__embeddings__workbook1_dot_xlsx=b"", z_dot_xml=""), "a.pptx"),
        (zipped(word__document_dot_xml="<w:t>macro = no, on click = yes</w:t>"), "a.docx"),
        (b"a,-5\r\n'=1+1,+81 3 1234\r\n", "a.csv"),
        (b"<img src=x onerror=alert(1)> as a text", "a.txt"),
    ):
        assert hazards(data, name=name) == [], name


def test_links_are_no_hit_where_the_policy_keeps_them():
    assert hazards(BAD["pdf", "link"], name="a.pdf", links=True) == []


def test_an_endless_nest_ends():
    data = b"x"
    for _ in range(20):
        data = gzip.compress(data)
    assert len(list(pieces(data))) < 20


def test_the_planted_files_are_those_of_the_tests():
    planted = places.everything()
    formats = {p.format for p in planted}
    assert {"PDF", "OOXML", "JPEG", "PNG", "ZIP", "iCalendar", "vCard", "HTML", "mail"} <= formats
    assert sum(p.format == "PDF" for p in planted) >= 120
    assert len(planted) >= 300
    assert len({(p.format, p.place, p.data) for p in planted}) == len(planted)


def test_an_output_that_kept_its_word_counts_and_ends_in_one(tmp_path, capsys):
    planted = places.Planted("PDF", "info", ".pdf", b"")
    results = []
    for content in (b"clean", pdf(WORD, packed=True)):
        output = tmp_path / "a.pdf"
        output.write_bytes(content)
        done = Cleaned("PDF", output, {}, (output,))
        results += run.planted_results([planted], [done]) + run.scanned_results([done])
        survived = results[-2].hits
        assert bool(survived) == (content != b"clean")
    assert run.conclusion(results) == 1
    assert "survived: 1 of 4" in capsys.readouterr().out
    assert "| PDF | 2 | 2 | 1 |" in run.table(results)
    assert run.conclusion([Result("a", "b", True, ())]) == 0


def test_a_hit_names_where(capsys):
    (hit,) = traces(zipped(word__a_dot_xml=WORD), [WORD], name="a.docx")
    assert hit == Hit("planted cdrcanary", "!word/a.xml")
    run.conclusion([Result("g", "n", True, (hit,))])
    assert "at !word/a.xml" in capsys.readouterr().out
