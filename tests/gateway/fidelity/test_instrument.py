"""The whole way in the real sandbox: a file, its damaged copy, and the score."""

import asyncio
import io
import zipfile

import pytest
from PIL import Image

from gateway.fidelity.instrument import HTML, PDF, TEXT, Instrument, measurable
from gateway.sandbox.families import FAMILIES
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from tests.gateway.sandbox.tools import samples as odf
from tests.sanitizers.pdf import samples

ODT = "application/vnd.oasis.opendocument.text"
WORDS = [f"Line {n} of the annual report on waste and water" for n in range(30)]


class Bench:
    def __init__(self):
        self.runner = asyncio.Runner()
        self.runner.run(self._start())

    async def _start(self):
        families = [f for f in FAMILIES if f.name in ("fidelity", "text")]
        self.sandbox = Sandbox(slots=1, memory_bytes=4_000_000_000, families=families)
        await self.sandbox.start()
        self.instrument = Instrument(self.sandbox)

    def score(self, before, after, before_type=PDF, after_type=None):
        async def go():
            with SealedBytes.of(before) as first, SealedBytes.of(after) as second:
                found = await self.instrument.compare(
                    first, second, before_type=before_type, after_type=after_type or before_type
                )
                return found.score if found is not None else None

        return self.runner.run(go())

    def close(self):
        self.instrument.close()
        self.runner.run(self.sandbox.close())
        self.runner.close()


@pytest.fixture(scope="module")
def bench():
    made = Bench()
    missing = [name for name, there in made.instrument.programs().items() if not there]
    if missing:
        made.close()
        pytest.skip(f"not installed: {missing}")
    yield made
    made.close()


def report(lines=WORDS, *, pages=2, page=b"", extra=()):
    contents = b"".join(
        samples.text(words, y=780 - 25 * n, size=20) for n, words in enumerate(lines)
    )
    return samples.pdf(contents, pages=pages, page=page, extra=extra)


LINK = (
    b"/Annots [<< /Subtype /Link /Rect [9 9 90 90] /A << /S /URI /URI (https://a.example/) >> >>]"
)


def test_a_document_is_like_itself(bench):
    score = bench.score(report(page=LINK), report(page=LINK))
    assert (score.text, score.order, score.links, score.size) == (1.0, 1.0, 1.0, 1.0)
    assert score.picture > 0.9999
    assert score.picture_least > 0.9999
    assert score.pages == (2, 2)
    assert score.opened


def test_lost_lines_lower_text_and_picture(bench):
    score = bench.score(report(), report(WORDS[:-6]))
    assert 0.7 < score.text < 0.9
    assert score.picture < 0.95


def test_a_lost_page_and_a_lost_link_are_told(bench):
    score = bench.score(report(page=LINK), report(pages=1))
    assert score.pages == (2, 1)
    assert score.picture_least == 0.0
    assert score.text == 0.5
    assert score.links == 0.0


def test_a_cleaned_file_that_nobody_can_open_has_nothing_left(bench):
    score = bench.score(report(), b"%PDF-1.7 broken")
    assert not score.opened
    assert score.size < 0.1


def test_what_cannot_be_read_before_is_held_against_nobody(bench):
    score = bench.score(b"%PDF-1.7 broken", report())
    assert (score.text, score.picture, score.opened) == (None, None, None)


def test_a_page_in_html_is_read_as_it_is_shown(bench):
    before = "<meta charset=utf-8><p>庁舎<b>案内</b></p><script>x</script><p>二階".encode()
    assert bench.score(before, "庁舎案内\r\n二階\r\n".encode(), HTML, TEXT).text == 1.0
    assert bench.score(before, "庁舎\r\n".encode(), HTML, TEXT).text == pytest.approx(2 / 6)


def test_an_office_document_is_compared_as_it_is_printed(bench):
    whole, cut = odf.text("予算の概要", "第二段落"), odf.text("予算の概要")
    score = bench.score(whole, whole, ODT)
    assert (score.text, score.pages, score.opened) == (1.0, (1, 1), True)
    assert bench.score(whole, cut, ODT).text == pytest.approx(5 / 9)


def test_a_picture_is_compared_by_its_pixels(bench):
    def png(picture):
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()

    picture = Image.linear_gradient("L").resize((300, 200))
    assert bench.score(png(picture), png(picture), "image/png").picture > 0.9999
    other = Image.effect_noise((300, 200), 90)
    assert bench.score(png(picture), png(other), "image/png").picture < 0.5


def test_only_what_can_be_compared_is_measured(bench):
    assert measurable(PDF, PDF)
    assert not measurable(PDF, "image/png")
    assert not measurable("application/zip", "application/zip")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("a.txt", "a")
    assert bench.score(archive.getvalue(), b"x", "application/zip") is None


def test_no_part_can_ask_for_the_comparison(bench):
    assert not any("mugaika" in media_type for media_type in bench.sandbox.media_types)
    assert "fidelity" in bench.sandbox.hello()
