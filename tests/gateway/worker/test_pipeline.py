"""Trees through the real sandbox: what is rebuilt crosses, everything else is withheld."""

import asyncio
import os
from dataclasses import replace

import pytest

from gateway.policy import BUILT_IN, parse
from gateway.sandbox import pool
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Ran, SandboxUnavailable
from gateway.sandbox.protocol import CleanedReply, IdentifiedReply, WithheldReply
from gateway.worker import attached, pipeline
from gateway.worker.pipeline import Pipeline, TreeBudget
from sanitizers.findings import Kind
from sanitizers.limits import MAX_DEPTH
from sanitizers.model import Cleaned, Method, Outcome
from sanitizers.reasons import ReasonCode
from tests.gateway.worker import files
from tests.gateway.worker.files import CANARY, mail, raw

STANDARD = parse(BUILT_IN, source="test").profile("standard")


def policy_of(**profile):
    return parse({"profiles": {"standard": profile}}, source="test").profile("standard")


@pytest.fixture
def clean_file(running):
    """Cleans one file and gives everything back at the end."""
    made = []

    def clean(data, name="file.bin", claimed_type="", policy=STANDARD, sandbox=None):
        async def go():
            with SealedBytes.of(data) as source:
                return await Pipeline(sandbox or running.sandbox, policy).clean_file(
                    source, name=name, claimed_type=claimed_type
                )

        made.append(running.do(go()))
        return made[-1]

    yield clean
    for part in made:
        part.close()


@pytest.fixture
def clean_mail(running):
    made = []

    def clean(message, policy=STANDARD, sandbox=None):
        data = message if isinstance(message, bytes) else raw(message)

        async def go():
            with SealedBytes.of(data) as source:
                return await Pipeline(sandbox or running.sandbox, policy).clean_mail(source)

        made.append(running.do(go()))
        return made[-1]

    yield clean
    for part in made:
        part.close()


def is_withheld(part, code):
    return (
        part.reason is code
        and part.outcome not in (Outcome.CLEAN, Outcome.PARTIAL)
        and part.method is Method.NONE
        and part.output is None
    )


def test_a_pdf_with_javascript_is_rebuilt_without_it(clean_file):
    part = clean_file(files.pdf_with_javascript(), "案内.pdf")
    assert (part.outcome, part.media_type) == (Outcome.CLEAN, "application/pdf")
    assert part.method is Method.SANITIZE
    assert part.name == "案内.pdf"
    output = part.output.read()
    assert output.startswith(b"%PDF")
    assert CANARY not in output
    assert b"JavaScript" not in output
    assert {Kind.SCRIPT, Kind.ACTION} & {f.kind for f in part.findings}


def test_pictures_are_rebuilt_in_their_format(clean_file):
    for data, name, media_type in (
        (files.png(), "図.png", "image/png"),
        (files.jpeg(), "写真.jpg", "image/jpeg"),
    ):
        part = clean_file(data, name)
        assert (part.outcome, part.media_type, part.name) == (Outcome.CLEAN, media_type, name)
        assert CANARY not in part.output.read()


def test_a_name_follows_the_content(clean_file):
    part = clean_file(files.png(), "請求書.pdf.jpg", "application/pdf")
    assert part.name.endswith(".png")
    assert Kind.TYPE_MISMATCH in {f.kind for f in part.findings}


def test_text_is_written_as_utf8_with_crlf(clean_file):
    part = clean_file("日本語のメモ\n二行目\n".encode("cp932"), "メモ.txt", "text/plain")
    assert part.media_type == "text/plain"
    assert part.output.read().decode().removeprefix("\ufeff") == "日本語のメモ\r\n二行目\r\n"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (files.PROGRAM, "setup.exe", ReasonCode.PROGRAM),
        (files.PROGRAM, "写真.jpg", ReasonCode.PROGRAM),
        (files.UNKNOWN, "data.bin", ReasonCode.UNKNOWN_TYPE),
        (b"", "空.txt", ReasonCode.EMPTY),
        (b"Rar!\x1a\x07\x01\x00" + bytes(100), "a.rar", ReasonCode.DAMAGED),
        (b"!<arch>\n" + bytes(100), "a.ar", ReasonCode.UNSUPPORTED_TYPE),
        (files.image_bomb(), "bomb.png", ReasonCode.TOO_MANY_PIXELS),
        (files.png()[:60], "half.png", ReasonCode.DAMAGED),
    ],
)
def test_what_cannot_be_rebuilt_is_withheld_with_its_reason(clean_file, data, name, code):
    part = clean_file(data, name)
    assert is_withheld(part, code)
    assert part.name == name


def test_a_program_counts_as_removed(clean_file):
    part = clean_file(files.PROGRAM, "setup.exe")
    assert Kind.PROGRAM in {f.kind for f in part.findings}


def test_a_mail_with_attachments_is_taken_apart(clean_mail):
    root = clean_mail(
        mail(
            ("図.png", "image/png", files.png()),
            ("setup.exe", "application/octet-stream", files.PROGRAM),
            html="<p>本文です。</p><script>alert(1)</script>",
        )
    )
    assert root.outcome is Outcome.PARTIAL
    assert "本文です。" in root.split.text
    assert dict(root.split.headers)["Subject"] == "件名"
    assert CANARY.decode() not in root.split.text + repr(root.split.headers)
    picture, program = root.members
    assert (picture.outcome, picture.name) == (Outcome.CLEAN, "図.png")
    assert CANARY not in picture.output.read()
    assert is_withheld(program, ReasonCode.PROGRAM)


def test_a_mail_in_a_mail_in_a_mail(clean_mail):
    inner = mail(("中.png", "image/png", files.png()), subject="いちばん内側")
    root = clean_mail(mail(mail(inner, subject="中間")))
    assert root.outcome is Outcome.CLEAN
    middle = root.members[0]
    innermost = middle.members[0]
    assert dict(innermost.split.headers)["Subject"] == "いちばん内側"
    assert innermost.members[0].name == "中.png"
    composed = attached.attached_mail(root, item_id="t", number="0")
    assert composed.isascii()
    assert CANARY not in composed


def test_too_deep_a_nesting_is_withheld_at_the_limit(clean_mail):
    message = mail(subject="0")
    for depth in range(1, MAX_DEPTH + 2):
        message = mail(message, subject=str(depth))
    part = clean_mail(message)
    depth = 0
    while part.outcome is not Outcome.WITHHELD:
        (part,) = part.members
        depth += 1
    assert is_withheld(part, ReasonCode.TOO_DEEP)
    assert depth == MAX_DEPTH + 1


def test_parts_over_the_budget_are_withheld(clean_mail, monkeypatch):
    monkeypatch.setattr(pipeline, "TreeBudget", lambda: TreeBudget(parts=2))
    root = clean_mail(mail(*((f"{n}.png", "image/png", files.png()) for n in range(4))))
    outcomes = sorted(m.reason or "" for m in root.members)
    assert outcomes == ["", "", ReasonCode.TOO_MANY_PARTS, ReasonCode.TOO_MANY_PARTS]


def test_the_budget_counts_bytes_and_time_of_all_parts_together():
    budget = TreeBudget(total_bytes=10)
    assert budget.take(size=6, depth=1) is None
    assert budget.take(size=6, depth=1) is ReasonCode.TOO_LARGE
    assert TreeBudget(deadline=0).take(size=1, depth=1) is ReasonCode.TIMED_OUT
    assert TreeBudget().take(size=1, depth=MAX_DEPTH + 1) is ReasonCode.TOO_DEEP


def test_the_policy_can_withhold_a_type(clean_file):
    part = clean_file(files.png(), "図.png", policy=policy_of(methods={"image/*": "none"}))
    assert is_withheld(part, ReasonCode.POLICY)


def test_a_method_that_nobody_offers_withholds(clean_file):
    part = clean_file(files.png(), "図.png", policy=policy_of(methods={"*/*": "text"}))
    assert is_withheld(part, ReasonCode.POLICY)


def test_dropped_attachments_are_not_even_opened(clean_mail, running, monkeypatch):
    async def never(*_args, **_kwargs):
        raise AssertionError("identified though dropped")

    monkeypatch.setattr(running.sandbox, "identify", never)
    root = clean_mail(
        mail(("図.png", "image/png", files.png())), policy=policy_of(attachments="drop")
    )
    assert root.split.text.strip() == "本文です。"
    assert is_withheld(root.members[0], ReasonCode.POLICY)


class Tampering:
    """A sandbox whose children lie: `change(ran)` is what the worker gets to see."""

    def __init__(self, sandbox, change):
        self._sandbox = sandbox
        self._change = change

    def __getattr__(self, name):
        return getattr(self._sandbox, name)

    async def clean(self, source, request, **more):
        return self._change(await self._sandbox.clean(source, request, **more))


def with_output(ran, data, reply=None):
    ran.output.close()
    return replace(ran, output=SealedBytes.of(data), reply=reply or ran.reply)


def claiming(media_type, extension):
    cleaned = Cleaned(media_type=media_type, extension=extension, method=Method.TEXT)
    return CleanedReply(cleaned=cleaned, size=1)


def corrupted(ran):
    data = bytearray(ran.output.read())
    data[len(data) // 2] ^= 0x20
    return with_output(ran, bytes(data))


@pytest.mark.parametrize(
    "change",
    [
        corrupted,
        lambda ran: with_output(ran, ran.output.read() + b"trailing"),
        lambda ran: with_output(ran, ran.output.read()[:-1]),
        lambda ran: with_output(ran, files.png()),
        lambda ran: with_output(ran, files.PROGRAM),
    ],
    ids=["one bit", "trailing data", "cut", "the original", "a program"],
)
def test_an_output_that_the_verifier_refuses_never_crosses(clean_file, running, change):
    lying = Tampering(running.sandbox, change)
    part = clean_file(files.png(), "図.png", sandbox=lying)
    assert is_withheld(part, ReasonCode.NOT_VERIFIED)


@pytest.mark.parametrize("data", [b"only\rcarriage\rreturns", b"\x93\xfa", b"a\0b", b"\x1b[2J"])
def test_a_text_output_outside_the_check_is_withheld(clean_file, running, data):
    lying = Tampering(running.sandbox, lambda ran: with_output(ran, data))
    part = clean_file("メモ\n".encode(), "メモ.txt", sandbox=lying)
    assert is_withheld(part, ReasonCode.NOT_VERIFIED)


def test_a_type_that_no_verifier_knows_is_withheld(clean_file, running):
    reply = claiming("application/x-msdownload", ".exe")
    lying = Tampering(running.sandbox, lambda ran: with_output(ran, files.PROGRAM, reply))
    part = clean_file(files.png(), "図.png", sandbox=lying)
    assert part.output is None
    assert part.outcome not in (Outcome.CLEAN, Outcome.PARTIAL)


@pytest.mark.parametrize("extension", [".exe", ".hta", ".js", ".bat", ".html", ".png"])
def test_good_text_under_the_name_of_a_program_does_not_cross(clean_file, running, extension):
    reply = claiming("text/plain", extension)
    lying = Tampering(running.sandbox, lambda ran: with_output(ran, b"calc\r\n", reply))
    part = clean_file("メモ\n".encode(), "メモ.txt", sandbox=lying)
    assert is_withheld(part, ReasonCode.BAD_REPLY)


@pytest.mark.parametrize(
    "split",
    [
        {"text": "a\rb"},
        {"text": "\u202eevil"},
        {"headers": (("Subject", "a\r\nBcc: x"),)},
        {"headers": (("Bcc", "\ta@b.example"),)},
    ],
)
def test_a_mails_values_are_checked_before_they_are_believed(clean_mail, running, split):
    def change(ran):
        return replace(ran, reply=replace(ran.reply, split=replace(ran.reply.split, **split)))

    root = clean_mail(mail(), sandbox=Tampering(running.sandbox, change))
    assert is_withheld(root, ReasonCode.NOT_VERIFIED)
    assert root.split is None


def test_a_reply_of_another_kind_is_withheld(clean_file, clean_mail, running):
    other = IdentifiedReply(media_type="image/png", program=False, findings=())
    lying = Tampering(running.sandbox, lambda ran: replace(ran, reply=other))
    assert is_withheld(clean_file(files.png(), "a.png", sandbox=lying), ReasonCode.BAD_REPLY)
    assert is_withheld(clean_mail(mail(), sandbox=lying), ReasonCode.BAD_REPLY)
    leaf = Tampering(
        running.sandbox, lambda ran: with_output(ran, b"x", claiming("text/plain", ".txt"))
    )
    assert is_withheld(clean_mail(mail(), sandbox=leaf), ReasonCode.BAD_REPLY)


def test_a_verifier_that_says_something_else_than_yes_withholds(clean_file, running, monkeypatch):
    async def verify(_output, _media_type):
        reply = IdentifiedReply(media_type="image/png", program=False, findings=())
        return Ran(reply=reply, output=None, cpu_seconds=0, max_rss=0)

    monkeypatch.setattr(running.sandbox, "verify", verify)
    assert is_withheld(clean_file(files.png(), "a.png"), ReasonCode.NOT_VERIFIED)


def test_an_identifier_that_ends_badly_withholds(clean_file, running, monkeypatch):
    async def identify(_source, **_more):
        reply = WithheldReply(code=ReasonCode.CRASHED, untrusted_detail="")
        return Ran(reply=reply, output=None, cpu_seconds=0, max_rss=0)

    monkeypatch.setattr(running.sandbox, "identify", identify)
    assert is_withheld(clean_file(files.png(), "a.png"), ReasonCode.CRASHED)


def test_a_sandbox_that_is_not_there_is_our_fault_and_no_verdict(clean_file, clean_mail, running):
    class Gone(Tampering):
        async def identify(self, *_args, **_kwargs):
            raise SandboxUnavailable("gone")

    gone = Gone(running.sandbox, lambda ran: ran)
    with pytest.raises(SandboxUnavailable):
        clean_file(files.png(), "a.png", sandbox=gone)
    with pytest.raises(SandboxUnavailable):
        clean_mail(mail(("a.png", "image/png", files.png())), sandbox=gone)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def test_no_descriptor_is_left_behind(clean_file, clean_mail, running):
    message = mail(
        ("図.png", "image/png", files.png()),
        ("setup.exe", "application/octet-stream", files.PROGRAM),
        mail(("中.png", "image/png", files.png())),
    )
    clean_mail(message).close()
    before = descriptors()
    clean_mail(message).close()
    clean_file(files.png()[:60], "half.png")
    clean_file(files.png(), "a.png", sandbox=Tampering(running.sandbox, corrupted))
    clean_file(files.pdf_with_javascript(), "a.pdf").close()
    assert descriptors() == before


def test_no_descriptor_is_left_behind_when_a_member_fails(clean_mail, running):
    calls = []

    class Failing(Tampering):
        async def identify(self, source, **more):
            calls.append(more["name"])
            if more["name"] == "last.png":
                raise SandboxUnavailable("gone")
            return await self._sandbox.identify(source, **more)

    message = mail(
        *((f"{n}.png", "image/png", files.png()) for n in range(3)),
        ("last.png", "image/png", files.png()),
    )
    clean_mail(message).close()
    before = descriptors()
    with pytest.raises(SandboxUnavailable):
        clean_mail(message, sandbox=Failing(running.sandbox, lambda ran: ran))
    running.do(asyncio.sleep(0.2))
    assert "last.png" in calls
    assert descriptors() == before


def test_the_sandbox_is_there_on_this_kernel():
    assert pool.unavailable() == ""
