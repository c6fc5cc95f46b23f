"""The shared corpus' Office files: cleaned or withheld, verified, and the same to LibreOffice."""

import zipfile
from io import BytesIO

import pytest

from benchmarks.fidelity import office
from sanitizers.identify import identify
from sanitizers.reasons import Withheld
from tests.corpus import corpus_files, require_corpus
from tests.sanitizers.office.packages import clean

pytestmark = pytest.mark.corpus

PLAIN = corpus_files(
    "ooxml",
    ".docx",
    ".docm",
    ".dotx",
    ".dotm",
    ".xlsx",
    ".xlsm",
    ".xltx",
    ".pptx",
    ".pptm",
    ".potm",
)
#: One of each kind, small: LibreOffice takes a second for each.
COMPARED = (
    "poi__SampleDoc.docx",
    "oletools__dde-test.docx",
    "poi__WithChart.xlsx",
    "python-pptx__txt-text.pptx",
    "python-pptx__sld-notes.pptx",
)
#: What an output never holds, in any part.
FORBIDDEN = (
    b"vbaProject", b"attachedTemplate", b"oleObject", b"ddeLink", b"DDEAUTO", b"WEBSERVICE(",
    b"activeX", b"externalLink", b"macrosheet", b"<!DOCTYPE", b"onAction", b"altChunk",
)  # fmt: skip


@pytest.mark.parametrize("path", PLAIN, ids=lambda p: p.name)
def test_a_file_is_cleaned_and_verified_or_withheld(path):
    data = path.read_bytes()
    if not identify(memoryview(data), name=path.name).media_type.startswith("application/vnd."):
        return  # encrypted, or no package at all: others' tests
    try:
        result = clean(data)
    except Withheld:
        return
    assert result.cleaned.extension[:2] in (".d", ".x", ".p")
    assert not [word for word in FORBIDDEN if word in result.everything.replace("文".encode(), b"")]
    with zipfile.ZipFile(BytesIO(result.data)) as archive:
        assert archive.testzip() is None


@pytest.mark.slow
def test_libreoffice_reads_the_same_text_and_values(tmp_path):
    if not office.available():
        pytest.skip("LibreOffice is not installed")
    folder = require_corpus() / "ooxml"
    pairs = {}
    for name in COMPARED:
        source = folder / name
        if source.is_file():
            result = clean(source.read_bytes())
            pairs[source] = tmp_path / f"{source.stem}{result.cleaned.extension}"
            pairs[source].write_bytes(result.data)
    assert len(pairs) >= 3
    before, after = office.read_all(list(pairs)), office.read_all(list(pairs.values()))
    for source, output in pairs.items():
        assert before[source] is not None
        assert [
            d for d in office.compare(before[source], after[output]) if d.what != "formula"
        ] == []
