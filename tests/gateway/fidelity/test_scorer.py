"""Scores wait for nobody and nobody waits for scores."""

import asyncio
import json
from dataclasses import dataclass

import pytest

from gateway.fidelity import scorer as module
from gateway.fidelity.frame import Figures
from gateway.fidelity.instrument import PDF, Compared, Score
from gateway.fidelity.scorer import MAX_WAITING, Scorer, chosen
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import SandboxUnavailable

SCORE = Score(
    text=0.99996, order=1.0, picture=None, picture_least=None, pages=(2, 2), links=None, size=0.5,
    opened=True,
)  # fmt: skip


class Fake:
    """An instrument that answers what it is told to."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.closed = False

    async def compare(self, before, after, *, before_type, after_type):
        assert before.read() == b"before"
        assert after.read() == b"after"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.closed = True


@dataclass
class Row:
    n: int
    measurement: int | None
    profile: str = "standard"


def keep(desk, path="/1", mode="always", media_type=PDF):
    with SealedBytes.of(b"before") as before, SealedBytes.of(b"after") as after:
        return desk.keep(
            before, after, before_type=media_type, after_type=media_type, path=path, mode=mode
        )


def run(fake, work, rounds=50):
    """Run the scorer while `work` hands in; what was recorded."""
    recorded = []

    async def record(*row):
        recorded.append(row)

    async def go():
        scorer = Scorer(fake, record)
        running = asyncio.create_task(scorer.run())
        work(scorer)
        for _ in range(rounds):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running})
        return scorer

    scorer = asyncio.run(go())
    assert (scorer._count, scorer._held) == (0, 0)
    assert fake.closed
    return recorded


def test_the_same_parts_are_chosen_each_time():
    wanted = [chosen(f"item{n}/1", "sampled") for n in range(5_000)]
    assert wanted == [chosen(f"item{n}/1", "sampled") for n in range(5_000)]
    assert 20 < sum(wanted) < 90
    assert not any(chosen(f"item{n}", "never") for n in range(500))
    assert all(chosen(f"item{n}", "always") for n in range(500))


def test_a_score_is_recorded_with_its_part_once_the_item_is_finished():
    def work(scorer):
        with scorer.desk("item") as desk:
            ticket = keep(desk)
            desk.hand_in([Row(0, None), Row(1, ticket)])

    ((item, profile, n, score),) = run(Fake(Compared(score=SCORE, figures=Figures())), work)
    assert (item, profile, n) == ("item", "standard", 1)
    assert json.loads(score)["text"] == 0.9999  # never rounded up to a whole
    assert json.loads(score)["pages"] == [2, 2]


def test_an_item_that_is_not_finished_leaves_nothing():
    def work(scorer):
        with scorer.desk("item") as desk:
            assert keep(desk) == 0

    assert run(Fake(), work) == []


def test_a_fault_loses_one_score_and_no_more():
    def work(scorer):
        with scorer.desk("item") as desk:
            desk.hand_in([Row(n, keep(desk)) for n in range(3)])

    answers = SandboxUnavailable("gone"), None, Compared(score=SCORE, figures=Figures())
    assert [row[2] for row in run(Fake(*answers), work)] == [2]


def test_what_is_too_much_is_not_measured(monkeypatch):
    def work(scorer):
        with scorer.desk("item") as desk:
            assert [keep(desk) is None for _ in range(MAX_WAITING + 2)][-3:] == [False, True, True]
        monkeypatch.setattr(module, "MAX_WAITING_BYTES", 20)
        with scorer.desk("item") as desk:
            assert [keep(desk) for _ in range(3)] == [0, None, None]

    assert run(Fake(), work) == []


@pytest.mark.parametrize(("mode", "media_type"), [("never", PDF), ("always", "application/zip")])
def test_nothing_is_kept_that_nobody_wants_or_nobody_can_read(mode, media_type):
    def work(scorer):
        with scorer.desk("item") as desk:
            assert keep(desk, mode=mode, media_type=media_type) is None

    assert run(Fake(), work) == []
