"""A long document drawn in shares is the same file as one drawn by a single child."""

import io
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Finding, Findings, Kind
from sanitizers.limits import MAX_PAGES, Limits
from sanitizers.model import SHARE, Job, Method, Outcome, Rebuilt, SplitKind
from sanitizers.pdf import _shares, image_pdf
from sanitizers.pdf.document import PdfDocument
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from sanitizers.verify import Rejected
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.samples import assemble, read_text, sizes, stream, text

#: Two characters beyond U+FFFF; each share meets them in another order.
_MAP = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap"
    b" 1 begincodespacerange <00> <FF> endcodespacerange"
    b" 2 beginbfchar <41> <D842DFB7> <43> <D867DE3D> endbfchar endcmap end end"
)
FONT = (
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 3 0 R"
    b" /FirstChar 32 /LastChar 90 /Widths [%s] >>" % b" ".join([b"600"] * 59)
)


def long_document(count: int) -> bytes:
    """Small pages that all differ."""
    kids = b" ".join(b"%d 0 R" % (5 + 2 * page) for page in range(count))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >> >>",
        b"<< /Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 90 40] >>" % (kids, count),
        stream(_MAP),
        FONT,
    ]
    for page in range(count):
        words = f"P{page} {'AC' if page < 2 * _shares.PAGES else 'CA'}"
        bodies += [
            b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >>"
            b" /Annots [<< /Subtype /Link /Rect [0 0 9 9] >>] >>" % (6 + 2 * page),
            stream(text(words, x=5, y=10, size=9)),
        ]
    return assemble(bodies)


COUNT = 2 * _shares.PAGES + 11
LONG = long_document(COUNT)


def job(
    options: dict[str, str] | None = None, *, data: bytes = LONG,
    method: Method = Method.IMAGE_PDF, **more,
) -> Job:  # fmt: skip
    return Job(
        data=memoryview(data), media_type="application/pdf", method=method,
        options=options or {}, **more,
    )  # fmt: skip


JOINING = job({SHARE: "3"})


def drawn(share: str) -> tuple[bytes, tuple[Finding, ...]]:
    out = io.BytesIO()
    cleaned = PdfDocument().clean(job({SHARE: share}), out)
    return out.getvalue(), cleaned.findings


def rebuilt(data: bytes | None) -> Rebuilt:
    return Rebuilt(
        name="", folder="", media_type="application/pdf", outcome=Outcome.CLEAN,
        data=None if data is None else memoryview(data),
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> tuple[bytes, tuple[Finding, ...]]:
    out, findings = io.BytesIO(), Findings()
    image_pdf.image_pdf(memoryview(LONG), out, findings, budget=10**9)
    return out.getvalue(), findings.freeze()


@pytest.fixture(scope="module")
def shares() -> list[tuple[bytes, tuple[Finding, ...]]]:
    return [drawn(f"{number}/3") for number in (1, 2, 3)]


def test_a_long_document_asks_for_shares_and_writes_nothing():
    out = io.BytesIO()
    split = PdfDocument().clean(job(), out)
    assert (split.kind, split.members, split.facts) == (SplitKind.SHARES, (), {"shares": "3"})
    assert not out.getvalue()
    assert Finding(kind=Kind.RASTERIZED, action=Action.CONVERTED, count=COUNT) in split.findings


def test_a_short_document_does_not():
    out = io.BytesIO()
    cleaned = PdfDocument().clean(job(data=long_document(_shares.PAGES)), out)
    assert cleaned.method is Method.IMAGE_PDF
    assert len(sizes(out.getvalue())) == _shares.PAGES


def test_a_long_document_that_only_can_be_drawn_asks_for_shares_as_well(shares):
    ring = LONG.replace(b"/Kids [", b"/Kids [2 0 R ", 1)
    out = io.BytesIO()
    split = PdfDocument().clean(job(data=ring, method=Method.SANITIZE), out)
    assert (split.kind, split.facts) == (SplitKind.SHARES, {"shares": "3"})
    assert {Kind.DAMAGED, Kind.RASTERIZED} <= {finding.kind for finding in split.findings}
    assert not out.getvalue()
    PdfDocument().clean(job({SHARE: "2/3"}, data=ring, method=Method.SANITIZE), out)
    assert out.getvalue() == shares[1][0]


def test_shares_joined_are_the_file_that_one_child_writes(whole, shares):
    out = io.BytesIO()
    cleaned = PdfDocument().assemble(JOINING, [rebuilt(data) for data, _ in shares], out)
    assert cleaned.method is Method.IMAGE_PDF
    assert out.getvalue() == whole[0]
    PdfVerifier().verify(memoryview(out.getvalue()))
    assert read_text(out.getvalue(), 3).strip() == "P3 𠮷𩸽"
    assert read_text(out.getvalue(), COUNT - 1).strip() == f"P{COUNT - 1} 𩸽𠮷"


def test_what_was_found_is_told_once(whole, shares):
    found = Findings()
    found.extend(PdfDocument().clean(job(), io.BytesIO()).findings)
    for _, findings in shares:
        found.extend(findings)
    assert set(found.freeze()) == set(whole[1])


def test_a_share_that_is_missing_withholds_all(shares):
    for members in ([], [rebuilt(shares[0][0]), rebuilt(None)]):
        with pytest.raises(Withheld) as refusal:
            PdfDocument().assemble(JOINING, members, io.BytesIO())
        assert refusal.value.code is ReasonCode.INTERNAL


def test_the_budget_is_kept_by_shares_and_by_what_joins_them(shares):
    small = Limits(output_bytes=5_000)
    with pytest.raises(Withheld) as refusal:
        PdfDocument().clean(job({SHARE: "1/3"}, limits=small), io.BytesIO())
    assert refusal.value.code is ReasonCode.OUTPUT_TOO_LARGE
    with pytest.raises(Withheld) as refusal:
        members = [rebuilt(data) for data, _ in shares]
        PdfDocument().assemble(job({SHARE: "3"}, limits=small), members, io.BytesIO())
    assert refusal.value.code is ReasonCode.OUTPUT_TOO_LARGE


@pytest.mark.parametrize("share", ["", "0/3", "4/3", "1", "1/3/3", "-1/3", "1/0", "1/2000"])
def test_no_other_share_is_drawn(share):
    with pytest.raises(ValueError, match="share"):
        drawn(share)


@pytest.mark.parametrize("options", [{}, {SHARE: "1/2"}])
def test_passwords_and_damage_are_told_as_ever(options):
    with pytest.raises(Withheld) as refusal:
        PdfDocument().clean(job(options, data=b"%PDF-1.7 nothing"), io.BytesIO())
    assert refusal.value.code is ReasonCode.DAMAGED
    assert not isinstance(refusal.value, PasswordNeeded)


@given(st.integers(1, MAX_PAGES))
def test_every_page_is_in_one_share(pages):
    number = _shares.number_for(pages)
    runs = [_shares.pages_of(f"{share}/{number}", pages) for share in range(1, number + 1)]
    assert [page for run in runs for page in run] == list(range(pages))
    assert all(0 < len(run) <= _shares.PAGES for run in runs)


def joined(share: bytes) -> bytes:
    out = io.BytesIO()
    image_pdf.join_shares([memoryview(share)], out, budget=10**7)
    return out.getvalue()


def record(body: bytes = b"", **head: object) -> bytes:
    spelled = json.dumps(head).encode()
    return struct.pack("<I", len(spelled)) + spelled + body


PAGE = {"page": [90, 40], "placed": [], "text": 0, "more": []}
PICTURE = {
    "width": 1, "height": 1, "colour": "gray", "bits": 8, "filter": "FlateDecode", "data": 1,
    "palette": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "share",
    [
        b"\xff\xff\xff\xff",
        record(b"", **{**PAGE, "text": 10**9}),
        record(b"", **{**PAGE, "text": -1}),
        record(b"", **{**PAGE, "placed": [[0, 0, 0, 9, 9]]}),
        record(b"", **{**PAGE, "placed": [[-1, 0, 0, 9, 9]]}),
        record(b"", **{**PAGE, "page": ["90", 40]}),
        record(b"", **{**PAGE, "page": [True, 40]}),
        record(b"", **{**PAGE, "more": ["a"]}),
        record(b"<DFFF> Tj", **{**PAGE, "text": 9, "more": ["𠮷"]}),
        record(b"x", **{**PICTURE, "filter": "JBIG2Decode"}),
        record(b"x", **{**PICTURE, "colour": "/Evil"}),
        record(b"x", **{**PICTURE, "width": 1.5}),
        record(b"x", **{**PICTURE, "bits": "8 /Evil"}),
    ],
)
def test_a_forged_share_is_refused(share):
    with pytest.raises((ValueError, KeyError, TypeError, IndexError, struct.error)):
        joined(share)


@settings(max_examples=60)
@given(st.data())
def test_a_share_with_other_bytes_is_refused_or_verified(shares, data):
    share = bytearray(shares[0][0][:3_000])
    for _ in range(data.draw(st.integers(1, 4))):
        share[data.draw(st.integers(0, len(share) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = joined(bytes(share))
    except (ValueError, KeyError, TypeError, IndexError, struct.error, RecursionError, Withheld):
        return
    try:
        PdfVerifier().verify(memoryview(made))
    except Rejected:
        return
    assert b"/JavaScript" not in made
