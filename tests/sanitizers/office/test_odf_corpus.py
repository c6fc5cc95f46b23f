"""The shared corpus' OpenDocument files: cleaned, verified, and the same to LibreOffice."""

import pytest

from benchmarks.fidelity import office
from sanitizers.identify import identify
from tests.corpus import corpus_files
from tests.sanitizers.office.packages import clean

pytestmark = pytest.mark.corpus

SUFFIXES = (".odt", ".ods", ".odp", ".odg", ".ott", ".ots", ".otp", ".fodt", ".fods", ".fodp")
FILES = [
    path
    for path in corpus_files("misc", *SUFFIXES)
    if path.name != "tika__testODTnotaZipFile.odt"  # identified as nothing that we know
]
#: What an output never holds, in any part.
FORBIDDEN = (
    b"script:", b"Basic/", b"Scripts/", b"object-ole", b"dde-", b"section-source", b"form:",
    b"event-listener", b"<!DOCTYPE", b"WEBSERVICE(", b"xlink:href=\"file", b"Thumbnails",
    b"macro", b"manifest.rdf", b"vnd.sun.star",
)  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_file_is_cleaned_and_verified(path):
    data = path.read_bytes()
    media_type = identify(memoryview(data), name=path.name).media_type
    result = clean(data)
    assert result.cleaned.media_type == media_type
    assert not [word for word in FORBIDDEN if word in result.everything]


@pytest.mark.slow
def test_libreoffice_reads_the_same_text_and_values(tmp_path):
    if not office.available():
        pytest.skip("LibreOffice is not installed")
    pairs = {}
    for path in FILES:
        if path.suffix.startswith(".f"):
            continue  # the reader takes packages
        result = clean(path.read_bytes())
        pairs[path] = tmp_path / f"{path.stem}{result.cleaned.extension}"
        pairs[path].write_bytes(result.data)
    assert len(pairs) >= min(6, len(FILES))
    before, after = office.read_all(list(pairs)), office.read_all(list(pairs.values()))
    for source, output in pairs.items():
        assert before[source] is not None
        different = office.compare(before[source], after[output])
        assert [d for d in different if d.what not in ("formula", "pictures")] == [], source.name
