"""Work in shares: all of them or nothing, within the part's room and the item's time."""

import asyncio
from dataclasses import replace

import pytest

from gateway.policy import parse
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Ran, SandboxUnavailable
from gateway.sandbox.protocol import CleanedReply, Request, SplitReply, WithheldReply
from gateway.worker import shares
from gateway.worker.budget import TreeBudget
from gateway.worker.pipeline import Pipeline
from sanitizers.findings import Action, Finding, Kind
from sanitizers.model import SHARE, Cleaned, Member, Method, Outcome, Split, SplitKind
from sanitizers.reasons import ReasonCode
from tests.sanitizers.pdf.samples import pdf, sizes, text

PDF = "application/pdf"
DRAWN = parse(
    {"profiles": {"standard": {"methods": {PDF: "image_pdf"}}}}, source="test"
).profile("standard")  # fmt: skip
REBUILT = parse(
    {"profiles": {"standard": {"methods": {PDF: "sanitize"}}}}, source="test"
).profile("standard")  # fmt: skip
REQUEST = Request(op="clean", size=1, media_type=PDF, options={"links": "text"})


def noted(where):
    return Finding(kind=Kind.COMMENT, action=Action.NOTED, where=where)


def asked(number="3", **more):
    split = Split(kind=SplitKind.SHARES, facts={"shares": number}, **more)
    return Ran(reply=SplitReply(split=split), output=SealedBytes.of(b""), cpu_seconds=0, max_rss=0)


def made(data, *findings):
    cleaned = Cleaned(
        media_type=PDF, extension=".pdf", method=Method.IMAGE_PDF, findings=findings
    )  # fmt: skip
    reply = CleanedReply(cleaned=cleaned, size=len(data))
    return Ran(reply=reply, output=SealedBytes.of(data), cpu_seconds=0, max_rss=0)


def refused(code):
    reply = WithheldReply(code=code, untrusted_detail="")
    return Ran(reply=reply, output=None, cpu_seconds=0, max_rss=0)


class Fake:
    """Children that answer at once: a share writes its name, the last one all of them."""

    def __init__(self, **answers):
        self.answers = answers  # by share: what the child does instead
        self.begun, self.outputs, self.most, self.running = [], [], 0, 0

    async def clean(self, source, request, *, output_bytes):
        share = request.options[SHARE]
        assert request.options["links"] == "text"
        self.begun.append((share, output_bytes))
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        answer = self.answers.get("share" + share.partition("/")[0])
        if isinstance(answer, BaseException):
            raise answer
        return self._kept(answer or made(f"<{share}>".encode(), noted(share)))

    async def assemble(self, source, request, pieces):
        assert request.options[SHARE] == str(len(pieces))
        data = b"".join(piece.data.read() for piece in pieces)
        return self._kept(made(data, noted("joined")))

    def _kept(self, ran):
        if ran.output is not None:
            self.outputs.append(ran.output)
        return ran

    def join(self, question=None, *, budget=None, room=1_000):
        async def go():
            with SealedBytes.of(b"x") as source:
                return await shares.joined(
                    self, source, REQUEST, question or asked(), budget=budget or TreeBudget(),
                    room=room,
                )  # fmt: skip

        return asyncio.run(go())

    def open_outputs(self):
        return [output for output in self.outputs if output.fd >= 0]


def test_shares_are_joined_in_their_order_with_all_findings():
    sandbox = Fake()
    ran = sandbox.join(asked(findings=(noted("whole"),)))
    assert ran.output.read() == b"<1/3><2/3><3/3>"
    told = [finding.where for finding in ran.reply.cleaned.findings]
    assert told == ["whole", "1/3", "2/3", "3/3", "joined"]
    assert sandbox.open_outputs() == [ran.output]
    ran.output.close()


def test_only_some_shares_are_in_work_at_a_time():
    sandbox = Fake()
    sandbox.join(asked("20")).output.close()
    assert len(sandbox.begun) == 20
    assert sandbox.most == shares.SHARES_AT_ONCE


def test_one_share_that_fails_withholds_the_part_and_no_more_are_begun():
    sandbox = Fake(share2=refused(ReasonCode.TIMED_OUT))
    ran = sandbox.join(asked("20"))
    assert (ran.reply.code, ran.output) == (ReasonCode.TIMED_OUT, None)
    assert len(sandbox.begun) < 20
    assert not sandbox.open_outputs()


def test_a_share_that_answers_with_something_else_is_no_share():
    sandbox = Fake(share1=asked())
    assert sandbox.join().reply.code is ReasonCode.BAD_REPLY
    assert not sandbox.open_outputs()


def test_our_own_fault_is_raised_and_nothing_stays_open():
    sandbox = Fake(share3=SandboxUnavailable("gone"))
    with pytest.raises(SandboxUnavailable):
        sandbox.join()
    assert not sandbox.open_outputs()


@pytest.mark.parametrize("number", ["", "0", "1", "65", "1000", "-3", "３", "3.0", " 3"])
def test_a_question_for_no_possible_number_is_a_bad_reply(number):
    sandbox = Fake()
    assert sandbox.join(asked(number)).reply.code is ReasonCode.BAD_REPLY
    assert not sandbox.begun


def test_a_question_with_members_or_other_facts_is_a_bad_reply():
    member = Member(name="", claimed_type="", claimed_charset="", offset=0, size=0)
    with_facts = asked()
    split = replace(with_facts.reply.split, facts={"shares": "3", "password": "1"})
    for question in (
        asked(members=(member,)), replace(with_facts, reply=SplitReply(split=split)),
    ):  # fmt: skip
        assert Fake().join(question).reply.code is ReasonCode.BAD_REPLY


def test_shares_together_write_no_more_than_the_part_may():
    sandbox = Fake()
    ran = sandbox.join(asked("20"), room=12)
    assert ran.reply.code is ReasonCode.OUTPUT_TOO_LARGE
    assert max(room for _, room in sandbox.begun) == 12
    assert len(sandbox.begun) < 20
    sandbox = Fake()
    assert sandbox.join(asked("3"), room=14).reply.code is ReasonCode.OUTPUT_TOO_LARGE
    assert not sandbox.open_outputs()


def test_an_item_that_is_late_begins_nothing():
    sandbox = Fake()
    ran = sandbox.join(budget=TreeBudget(deadline=0.0))
    assert ran.reply.code is ReasonCode.TIMED_OUT
    assert not sandbox.begun


@pytest.mark.parametrize("profile", [DRAWN, REBUILT], ids=["drawn", "rebuilt"])
def test_a_long_document_is_drawn_in_shares_in_the_real_sandbox(running, profile):
    data = pdf(text("page", x=5, y=5), size=(60, 30), pages=90)
    if profile is REBUILT:  # a page tree in itself, which only a viewer gets through
        data = data.replace(b"/Kids [", b"/Kids [2 0 R ", 1)

    async def go():
        with SealedBytes.of(data) as source:
            return await Pipeline(running.sandbox, profile).clean_file(source, name="長い文書.pdf")

    part = running.do(go())
    try:
        assert (part.outcome, part.method) == (Outcome.CLEAN, Method.IMAGE_PDF)
        assert len(sizes(part.output.read())) == 90
        (drawn,) = [f for f in part.findings if f.kind is Kind.RASTERIZED]
        assert drawn.count == 90
    finally:
        part.close()
