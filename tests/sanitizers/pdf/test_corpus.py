"""Every PDF of the shared corpus, each in a child with limits, as the sandbox runs it."""

import io
import json
import os
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from sanitizers.findings import Kind
from sanitizers.model import Method
from sanitizers.reasons import Withheld
from sanitizers.verify.pdf import PdfVerifier
from tests.corpus import corpus_files, manifest
from tests.sanitizers.pdf.samples import clean

pytestmark = pytest.mark.corpus
CPU_SECONDS = 20
#: A field tree that is its own parent keeps PDFium busy for ever: ended by its limit.
ENDLESS = {"qpdf__shared-unnamed-field.pdf"}
#: Tags of the manifest whose files PDFium may refuse.
MAY_FAIL = ("malformed", "no-page", "zero-pages", "password", "encrypted", "fuzz", "qpdf-cannot")


def letters(data: bytes) -> Counter[str]:
    """The text of all pages, as PDFium reads it, without white space."""
    found: Counter[str] = Counter()
    try:
        document = pypdfium2.PdfDocument(data)
        pages = list(document)
    except pypdfium2.PdfiumError:  # damaged: only qpdf repairs it
        return found
    for page in pages:
        text = page.get_textpage().get_text_range()
        found.update(c for c in text if c.isprintable() and not c.isspace())
    return found


def pages(data: bytes) -> int:
    """How many pages PDFium finds; 0 where it cannot read the file."""
    try:
        return len(pypdfium2.PdfDocument(data))
    except pypdfium2.PdfiumError:
        return 0


def examine(path: Path, method: Method) -> dict[str, object]:
    data = path.read_bytes()
    try:
        out, cleaned = clean(data, method=method)
    except Withheld as refusal:
        return {"withheld": refusal.code.value}
    PdfVerifier().verify(memoryview(out))
    with pikepdf.open(io.BytesIO(out)) as rebuilt:
        warnings = rebuilt.check_pdf_syntax()  # what `qpdf --check` prints
    before, after = letters(data), letters(out)
    return {
        "warnings": warnings,
        "findings": len(cleaned.findings),
        "method": cleaned.method.value,
        "noted": any(f.kind in EXPLAINING for f in cleaned.findings),
        "pages": [pages(data), pages(out)],
        "canary": b"cdr-canary" in out,
        "letters": before.total(),
        "kept": (before & after).total(),
    }


def in_child(path: Path, method: Method) -> tuple[int, dict[str, object]]:
    """Run `examine` in a fork; its exit signal (0: none) and what it found."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_AS, (2 * 10**9, 2 * 10**9))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        code = 1
        try:
            os.write(write_end, json.dumps(examine(path, method)).encode())
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(answer) if answer else {}


#: Findings that explain why a rebuilt document may read differently.
EXPLAINING = {Kind.DAMAGED, Kind.HIDDEN_TEXT, Kind.RASTERIZED, Kind.FORM, Kind.TRUNCATED}


@pytest.mark.parametrize("path", corpus_files("pdf", ".pdf"), ids=lambda p: p.name)
def test_a_corpus_file_is_rebuilt_as_a_document_or_withheld(path):
    code, found = in_child(path, Method.SANITIZE)
    if path.name in ENDLESS:
        assert code in (0, -signal.SIGXCPU, -signal.SIGKILL)
        return
    assert code == 0
    if "withheld" in found:
        row = manifest()[f"pdf/{path.name}"]
        assert any(word in f"{row['what']} {row['danger_tags']}" for word in MAY_FAIL) or (
            path.name in REFUSED
        )
        return
    assert not found["canary"]
    assert not found["warnings"]
    if not found["noted"] and path.name not in READS_DIFFERENTLY:
        assert found["pages"][0] in (0, found["pages"][1])
        assert found["kept"] >= 0.999 * found["letters"]


@pytest.mark.parametrize("path", corpus_files("pdf", ".pdf"), ids=lambda p: p.name)
def test_a_corpus_file_is_rebuilt_or_withheld(path):
    code, found = in_child(path, Method.IMAGE_PDF)
    if path.name in ENDLESS:
        assert code == -signal.SIGXCPU or code == -signal.SIGKILL
        return
    assert code == 0
    if "withheld" in found:
        row = manifest()[f"pdf/{path.name}"]
        assert any(word in f"{row['what']} {row['danger_tags']}" for word in MAY_FAIL) or (
            path.name in REFUSED
        )
        return
    assert found["pages"][0] == found["pages"][1]
    assert found["findings"] >= 1
    assert not found["canary"]
    assert not found["warnings"]
    if path.name not in READS_DIFFERENTLY:
        assert found["kept"] >= 0.9 * found["letters"]


#: Damaged beyond what PDFium repairs, although the manifest has no such tag.
REFUSED = {"qpdf__57639.fuzz.pdf"}
#: Text outside the page (dropped), printed twice on one place (PDFium reads it once the
#: second time), or Arabic presentation forms (PDFium reorders them).
READS_DIFFERENTLY = {
    "pdfminer.six__contrib_issue-1113-evil-xobjects.pdf",
    "pypdf-samples__habibi-oneline-cmap.pdf",
    "pypdf-samples__habibi-rotated.pdf",
    "pypdf-samples__habibi.pdf",
    "pypdf-samples__imagemagick-images.pdf",
    "qpdf__diff-data-enc.pdf",
    "qpdf__diff-data.pdf",
    "qpdf__zlib.pdf",
    "shirasagi__files_kikaku_seisaku.pdf",
}
