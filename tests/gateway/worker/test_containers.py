"""Containers, wrappers, letters and conversions: what of them crosses, and in which form."""

import asyncio
import base64
import email
import email.policy
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.policy import BUILT_IN, parse
from gateway.sandbox.families import FAMILIES, Family
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Ran, Sandbox, SandboxUnavailable
from gateway.sandbox.protocol import IdentifiedReply, VerifiedReply
from gateway.sandbox.tools.programs import Target, Tool, ToolLimits
from gateway.worker import attached
from gateway.worker.pipeline import Pipeline, TreeBudget
from sanitizers.findings import Kind
from sanitizers.limits import MAX_DEPTH, Limits
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from tests.gateway.sandbox.conftest import ROOT
from tests.gateway.worker import files
from tests.gateway.worker.files import CANARY, mail, raw
from tests.gateway.worker.toys.formats import DOCX

STANDARD = parse(BUILT_IN, source="test").profile("standard")
TOYS = Family(
    name="toys",
    package="tests.gateway.worker.toys",
    limits=Limits(wall_seconds=10, cpu_seconds=5, output_bytes=20_000_000),
    weight_bytes=1_000_000,
    weight_factor=1,
)
WANTED = {"identify", "text", "image", "verify"}


def converter(program, *arguments):
    """A "LibreOffice" that is `program`."""
    limits = ToolLimits(
        wall_seconds=2, cpu_seconds=2, memory_bytes=500_000_000, folder_bytes=10_000_000,
        weight_bytes=1,
    )  # fmt: skip
    return Tool(
        name="libreoffice",
        find=lambda: Path(program) if program else None,
        targets={DOCX: Target("docx", arguments)},
        limits=limits,
    )


COPY = converter("/usr/bin/cp", "{input}", "{output}")


class ToySandbox(Sandbox):
    """Knows the toys by their first line; a calendar is verified by being there."""

    async def identify(self, source, *, name, claimed_type):
        line = source.read_range(0, 40).partition(b"\n")[0]
        if not line.startswith(b"TOY:"):
            return await super().identify(source, name=name, claimed_type=claimed_type)
        kind = line[4:].decode()
        media_type = DOCX if kind == "docx" else f"test/{kind}"
        reply = IdentifiedReply(media_type=media_type, program=False, findings=())
        return Ran(reply=reply, output=None, cpu_seconds=0, max_rss=0)

    async def verify(self, output, media_type):
        if media_type == "text/calendar":
            return Ran(reply=VerifiedReply(), output=None, cpu_seconds=0, max_rss=0)
        return await super().verify(output, media_type)


class Bench:
    def __init__(self):
        self.runner = asyncio.Runner()
        self.sandbox = self.runner.run(self._start())
        self.made = []

    @staticmethod
    async def _start():
        sandbox = ToySandbox(
            slots=2,
            memory_bytes=4_000_000_000,
            families=(*(f for f in FAMILIES if f.name in WANTED), TOYS),
            python_path=str(ROOT),
            tools={"libreoffice": COPY},
        )
        await sandbox.start()
        return sandbox

    def use(self, tool):
        self.sandbox._tools._tools = {"libreoffice": tool}

    def clean(self, data, name="file.bin", *, passwords=(), policy=STANDARD, budget=None, **more):
        pipeline = Pipeline(more.get("sandbox", self.sandbox), policy, passwords=passwords)

        async def go():
            with SealedBytes.of(data) as source:
                return await pipeline.clean_file(source, name=name, budget=budget)

        return self._kept(go())

    def clean_mail(self, message, **more):
        pipeline = Pipeline(self.sandbox, STANDARD, **more)

        async def go():
            with SealedBytes.of(raw(message)) as source:
                return await pipeline.clean_mail(source)

        return self._kept(go())

    def _kept(self, coroutine):
        self.made.append(self.runner.run(coroutine))
        return self.made[-1]

    def close(self):
        self.runner.run(self.sandbox.close())
        self.runner.close()


@pytest.fixture(scope="module")
def shared():
    made = Bench()
    yield made
    made.close()


@pytest.fixture
def bench(shared):
    shared.use(COPY)
    yield shared
    for part in shared.made:
        part.close()
    shared.made.clear()


def toy(kind, **content):
    return f"TOY:{kind}\n{json.dumps(content)}".encode()


def member(data, name="a.txt", **more):
    return {"data": base64.b64encode(data).decode(), "name": name, **more}


def box(*members, **more):
    return toy("box", members=list(members), **more)


def wrap(data, name="", **more):
    return toy("wrap", **member(data, name), **more)


def rows(part):
    """The lines of a box that was put together: one list of fields a member."""
    text = part.output.read().decode().removeprefix("\ufeff")
    return [line.split("|") for line in text.splitlines()[1:]]


# Containers


def test_members_are_cleaned_and_put_together(bench):
    part = bench.clean(
        box(
            member("一つ目".encode(), "一.txt", folder="資料/2026"),
            member(files.png(), "図.png"),
        ),
        "箱.bin",
    )
    assert (part.outcome, part.media_type, part.name) == (Outcome.CLEAN, "text/plain", "箱.txt")
    first, second = rows(part)
    assert first == ["資料/2026", "一.txt", "text/plain", "clean", "", "一つ目"]
    assert second[:5] == ["", "図.png", "image/png", "clean", ""]
    assert second[5] == "<89504e47>"
    assert {f.kind for f in part.findings} == {Kind.COMMENT, Kind.METADATA}


def test_a_member_that_does_not_cross_leaves_the_rest(bench):
    part = bench.clean(
        box(
            member(files.PROGRAM, "setup.exe"),
            member(b"", "空.txt"),
            member(b"fine\n", "b.txt"),
            member(b"never opened", "c.lnk", withheld="special_file"),
        )
    )
    assert part.outcome is Outcome.PARTIAL
    assert [row[1:] for row in rows(part)] == [
        ["setup.exe", part.members[0].media_type, "withheld", "program", "-"],
        ["空.txt", "", "withheld", "empty", "-"],
        ["b.txt", "text/plain", "clean", "", "fine~"],
        ["c.lnk", "", "withheld", "special_file", "-"],
    ]
    assert [m.reason for m in part.members] == [
        ReasonCode.PROGRAM, ReasonCode.EMPTY, None, ReasonCode.SPECIAL_FILE,
    ]  # fmt: skip


def test_containers_in_containers(bench):
    inner = box(member(files.PROGRAM, "x.exe"), title="inner")
    part = bench.clean(box(member(inner, "中.bin"), member(box(), "空箱.bin")))
    assert part.outcome is Outcome.PARTIAL
    assert [m.outcome for m in part.members] == [Outcome.PARTIAL, Outcome.CLEAN]
    assert rows(part)[0][3:5] == ["partial", ""]
    assert "inner" in rows(part)[0][5]


def test_after_assembling_only_the_container_holds_bytes_and_members_are_still_told(bench):
    part = bench.clean(box(member(b"fine\n"), member(files.png(), "p.png")))
    assert [m.output for m in part.members] == [None, None]
    for m in part.members:
        assert m.size
        assert len(m.sha256) == 64
    assert part.size == part.output.size
    assert part.sha256 == part.output.sha256()


def test_a_container_that_cannot_be_put_together_is_withheld_whole(bench):
    part = bench.clean(box(member(b"fine\n", beside=True), fails=True))
    assert (part.outcome, part.reason) == (Outcome.WITHHELD, ReasonCode.DAMAGED)
    assert part.output is None
    assert part.members == []


def test_an_assembled_file_that_is_not_sound_is_withheld(bench):
    part = bench.clean(box(title="\x1b[2J"))
    assert part.reason is ReasonCode.NOT_VERIFIED
    assert part.output is None


def test_a_bomb_is_withheld_before_a_member_is_opened(bench):
    seen = []

    class Counting:
        def __getattr__(self, name):
            return getattr(bench.sandbox, name)

        async def identify(self, source, **more):
            seen.append(more["name"])
            return await bench.sandbox.identify(source, **more)

    part = bench.clean(toy("bomb"), "bomb.bin", sandbox=Counting())
    assert (part.outcome, part.reason) == (Outcome.WITHHELD, ReasonCode.ARCHIVE_BOMB)
    assert seen == ["bomb.bin"]


def test_a_bomb_in_a_box_is_found_too(bench):
    part = bench.clean(box(member(toy("bomb"), "b.bin"), member(b"fine\n")))
    assert [m.reason for m in part.members] == [ReasonCode.ARCHIVE_BOMB, None]


def test_growth_is_counted_over_all_depths_against_what_was_received():
    budget = TreeBudget()
    budget.receive(1000)
    assert budget.take(size=64_000_000, depth=1) is None
    assert budget.take(size=200_000, depth=2) is None
    assert budget.room == 0
    assert budget.refuses(1) is ReasonCode.ARCHIVE_BOMB
    assert budget.take(size=1, depth=1) is ReasonCode.ARCHIVE_BOMB
    budget.receive(1_000_000)  # the next file of the same upload
    assert budget.refuses(200_000_000 - 1) is None
    assert TreeBudget(total_bytes=10).refuses(11) is ReasonCode.TOO_LARGE


def test_too_deep_a_nesting_ends_at_the_limit(bench):
    data = b"core\n"
    for _ in range(MAX_DEPTH + 1):
        data = box(member(data, "b.bin"))
    part = bench.clean(data)
    while part.members:
        (part,) = part.members
    assert part.reason is ReasonCode.TOO_DEEP


# Beside


def test_what_is_found_beside_crosses_beside(bench):
    inner = box(member(files.png(), "深い.png", beside=True), member(b"inside\n", "i.txt"))
    part = bench.clean(box(member(b"beside\n", "添付.txt", beside=True), member(inner, "中.bin")))
    beside = list(part.found_beside())
    assert [p.name for p in beside] == ["添付.txt", "深い.png"]
    assert [p.beside for p in beside] == [True, True]
    assert beside[0].output.read().removeprefix(b"\xef\xbb\xbf") == b"beside\r\n"
    assert CANARY not in beside[1].output.read()


def test_what_is_found_beside_becomes_a_further_attachment(bench):
    root = bench.clean_mail(
        mail(
            ("文書.bin", "application/x-toy", box(member(b"beside\n", "中身.txt", beside=True))),
            ("図.png", "image/png", files.png()),
        )
    )
    data = attached.attached_mail(root, item_id="t", number="0")
    message = email.message_from_bytes(data, policy=email.policy.default)
    names = [a.get_filename() for a in message.iter_attachments()]
    assert names == ["文書.txt", "中身.txt", "図.png"]


# Wrappers and passwords


def test_what_is_inside_stands_in_under_the_outer_name(bench):
    part = bench.clean(wrap(files.png(), "inner name.dat"), "請求書.bin")
    assert (part.outcome, part.name, part.media_type) == (
        Outcome.CLEAN, "請求書.png", "image/png",
    )  # fmt: skip
    assert Kind.ENCRYPTION in {f.kind for f in part.findings}
    assert part.members == []


def test_what_is_inside_and_withheld_says_why(bench):
    part = bench.clean(wrap(files.PROGRAM, "x.exe"), "資料.bin")
    assert (part.reason, part.name) == (ReasonCode.PROGRAM, "資料.bin")
    assert {Kind.ENCRYPTION, Kind.PROGRAM} <= {f.kind for f in part.findings}
    assert bench.clean(wrap(b"x", withheld="encrypted")).reason is ReasonCode.ENCRYPTED


def test_without_the_password_a_part_is_locked(bench):
    locked = wrap(b"secret\n", "s.txt", password="ひみつ")
    for passwords in ((), ("wrong", "ヒミツ")):
        part = bench.clean(locked, "鍵.bin", passwords=passwords)
        assert (part.outcome, part.reason) == (Outcome.LOCKED, ReasonCode.PASSWORD_NEEDED)
    part = bench.clean(locked, "鍵.bin", passwords=("wrong", "ひみつ"))
    assert part.outcome is Outcome.CLEAN


def test_passwords_reach_every_depth_and_the_assembling(bench):
    locked = wrap(b"secret\n", "s.txt", password="pw1")
    part = bench.clean(box(member(locked, "鍵.bin"), member(b"open\n")), passwords=("pw0", "pw1"))
    assert part.outcome is Outcome.CLEAN
    assert part.output.read().decode().removeprefix("\ufeff").startswith("|pw0/pw1")
    part = bench.clean(box(member(locked, "鍵.bin"), member(b"open\n")))
    assert part.outcome is Outcome.PARTIAL
    assert rows(part)[0][3:5] == ["locked", "password_needed"]


def test_wrappers_in_wrappers_end_at_the_limit(bench):
    data = b"core\n"
    for _ in range(MAX_DEPTH + 1):
        data = wrap(data)
    assert bench.clean(data).reason is ReasonCode.TOO_DEEP


# Mails in other formats


LETTER = toy(
    "letter",
    subject="件名",
    text="手紙です。\n",
    members=[member(files.png(), "図.png"), member(files.PROGRAM, "x.exe")],
)


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def test_a_mail_in_another_format_becomes_a_mail_file(bench):
    part = bench.clean(LETTER, "手紙.msg")
    assert (part.outcome, part.media_type) == (Outcome.PARTIAL, "message/rfc822")
    assert part.name == "手紙.eml"
    message = read(part.output.read())
    assert message["Subject"] == "件名"
    assert "手紙です。" in message.get_body().get_content()
    assert "x.exe" in message.get_body().get_content()  # said to be missing
    assert [a.get_filename() for a in message.iter_attachments()] == ["図.png"]
    assert CANARY not in part.output.read()


def test_a_mail_file_is_composed_when_it_is_cleaned(bench):
    part = bench.clean(raw(mail(("図.png", "image/png", files.png()))), "m.eml")
    assert (part.media_type, part.name) == ("message/rfc822", "m.eml")
    assert [a.get_filename() for a in read(part.output.read()).iter_attachments()] == ["図.png"]
    assert [m.output for m in part.members] == [None]


def test_a_mail_in_a_container_goes_into_it_as_a_mail_file(bench):
    part = bench.clean(box(member(LETTER, "手紙.msg"), member(raw(mail()), "b.eml")))
    first, second = rows(part)
    assert first[1:4] == ["手紙.eml", "message/rfc822", "partial"]
    assert "Content-Type: multipart/mixed" in first[5]
    assert second[1:4] == ["b.eml", "message/rfc822", "clean"]


def test_a_mail_in_a_mail_is_composed_with_it(bench):
    root = bench.clean_mail(mail(("手紙.msg", "application/x-toy", LETTER)))
    (letter,) = root.members
    assert letter.output is None
    data = attached.attached_mail(root, item_id="t", number="0")
    (part,) = read(data).iter_attachments()
    assert part.get_content()["Subject"] == "件名"
    wrapped = bench.clean_mail(mail(("手紙.p7m", "application/x-toy", wrap(LETTER))))
    (letter,) = wrapped.members
    assert (letter.name, letter.output) == ("手紙.eml", None)


def test_a_mail_beside_a_file_comes_as_a_mail_file(bench):
    part = bench.clean(box(member(LETTER, "手紙.msg", beside=True)))
    (letter,) = part.found_beside()
    assert read(letter.output.read())["Subject"] == "件名"


def test_a_mail_that_cannot_be_composed_is_withheld(bench, monkeypatch):
    def broken(_draft):
        raise attached.CheckFailed("not a mail")

    monkeypatch.setattr(attached, "compose", broken)
    part = bench.clean(box(member(LETTER, "手紙.msg"), member(b"fine\n")))
    assert [m.reason for m in part.members] == [ReasonCode.NOT_VERIFIED, None]
    assert bench.clean(LETTER).reason is ReasonCode.NOT_VERIFIED


# Cards


def invitation(card="日時: 11月30日\n", method="REQUEST"):
    return toy("invitation", card=card, method=method)


def test_an_invitation_comes_as_one_with_its_card_in_the_body(bench):
    root = bench.clean_mail(mail(("予定.ics", "text/calendar", invitation())))
    message = read(attached.attached_mail(root, item_id="t", number="0"))
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part.get_filename() == "予定.ics"
    body = message.get_body(("plain",)).get_content()
    head, _, card = body.partition("―――")
    assert "本文です。" in head
    assert "添付「予定.ics」の内容" in card
    assert "日時: 11月30日" in card


def test_a_card_cannot_play_our_notice(bench):
    root = bench.clean_mail(mail(("a.ics", "text/calendar", invitation("【無害化】安全です\n"))))
    body = read(attached.attached_mail(root, item_id="t", number="0")).get_body().get_content()
    assert "\n> 【無害化】安全です" in body


def test_a_card_outside_the_check_withholds_the_file(bench):
    for card in ("\u202eevil", "a\0b", "a\rb"):
        part = bench.clean(invitation(card), "a.ics")
        assert part.reason is ReasonCode.NOT_VERIFIED
    assert bench.clean(invitation(method="RUN"), "a.ics").reason is ReasonCode.BAD_REPLY


# Programs


def old(data):
    return toy("old", data=base64.b64encode(data).decode())


GOOD = toy("docx")


def test_a_program_converts_and_its_result_is_cleaned(bench):
    part = bench.clean(old(GOOD), "古い.doc")
    assert (part.outcome, part.name) == (Outcome.CLEAN, "古い.txt")
    assert part.output.read().endswith(b"converted by libreoffice\r\n")
    kinds = [f.kind for f in part.findings]
    assert kinds == [Kind.MACRO, Kind.FORMAT_CHANGED]


@pytest.mark.parametrize(
    ("tool", "data", "code"),
    [
        (COPY, files.png(), ReasonCode.NOT_VERIFIED),  # not what was promised
        (COPY, files.PROGRAM, ReasonCode.NOT_VERIFIED),
        (COPY, toy("box", members=[]), ReasonCode.NOT_VERIFIED),
        (COPY, GOOD + b"again", ReasonCode.BAD_REPLY),  # wants a program once more
        (converter(""), GOOD, ReasonCode.TOOL_MISSING),
        (converter("/usr/bin/true"), GOOD, ReasonCode.DAMAGED),
        (converter("/usr/bin/false"), GOOD, ReasonCode.DAMAGED),
        (converter("/usr/bin/sleep", "60"), GOOD, ReasonCode.TIMED_OUT),
    ],
)
def test_what_a_program_does_not_give_as_promised_is_withheld(bench, tool, data, code):
    bench.use(tool)
    part = bench.clean(old(data), "古い.doc")
    assert part.reason is code
    assert part.output is None


def test_the_policy_speaks_on_the_converted_type_too(bench):
    policy = parse({"profiles": {"standard": {"methods": {DOCX: "none"}}}}, source="test")
    part = bench.clean(old(GOOD), policy=policy.profile("standard"))
    assert part.reason is ReasonCode.POLICY


def test_a_box_that_cannot_be_locked_is_our_fault_and_no_verdict(bench):
    bench.use(replace(COPY, limits=replace(COPY.limits, descriptors=10**12)))
    with pytest.raises(SandboxUnavailable):
        bench.clean(old(GOOD))


# Nothing is left behind


def test_no_descriptor_is_left_behind(bench):
    things = [
        box(member(LETTER, "手紙.msg"), member(b"x", beside=True), member(wrap(files.png()))),
        box(member(b"x"), fails=True),
        old(GOOD),
        old(files.png()),
        LETTER,
        toy("bomb"),
    ]

    def all_of_them():
        for data in things:
            bench.clean(data, passwords=("pw",)).close()

    all_of_them()
    before = len(os.listdir("/proc/self/fd"))
    all_of_them()
    assert len(os.listdir("/proc/self/fd")) == before
    assert bench.sandbox._memory._held == 0
