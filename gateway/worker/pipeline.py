"""Cleans a tree part by part: identify, clean, verify, and again for every member.

One part, one child; the members of a mail are cut out of its output by the kernel and
each goes through the same way. Whatever is not rebuilt *and* accepted by the independent
verifier becomes a withheld part. Nothing here looks into bytes that a child gave back,
but for the total check of text.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog

from gateway.policy import Effective
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.sandbox.protocol import (
    CleanedReply,
    IdentifiedReply,
    Request,
    SplitReply,
    VerifiedReply,
    WithheldReply,
)
from gateway.worker import check
from gateway.worker.check import CheckFailed
from gateway.worker.scan import Scanner, ScannerUnavailable, Verdict
from sanitizers.findings import Action, Finding, Kind
from sanitizers.identify.labels import extension as extension_for
from sanitizers.limits import MAX_DEPTH, MAX_PARTS, MB
from sanitizers.model import Member, Method, Outcome, Split
from sanitizers.names import clean_name
from sanitizers.reasons import ReasonCode

log = structlog.get_logger(__name__)

MAIL: Final = "message/rfc822"
MAX_TREE_BYTES: Final = 2_000 * MB  # decoded bytes of one item, all depths together
MAX_TREE_SECONDS: Final = 1_800.0  # one item; a lease is renewed meanwhile
MEMBERS_AT_ONCE: Final = 4  # members of one container in work at the same time


@dataclass(slots=True)
class TreeBudget:
    """Shared by everything in one item: the sum counts, not each part."""

    parts: int = MAX_PARTS
    total_bytes: int = MAX_TREE_BYTES
    deadline: float = field(default_factory=lambda: monotonic() + MAX_TREE_SECONDS)

    def take(self, *, size: int, depth: int) -> ReasonCode | None:
        """Admit one part of `size` bytes at `depth`; the reason when it is too much."""
        self.parts -= 1
        self.total_bytes -= size
        if self.parts < 0:
            return ReasonCode.TOO_MANY_PARTS
        if depth > MAX_DEPTH:
            return ReasonCode.TOO_DEEP
        if self.total_bytes < 0:
            return ReasonCode.TOO_LARGE
        if monotonic() > self.deadline:
            return ReasonCode.TIMED_OUT
        return None


@dataclass(slots=True, kw_only=True)
class CleanedPart:
    """A node of an item's tree after cleaning. `output` is sealed, verified bytes."""

    name: str
    media_type: str
    outcome: Outcome
    method: Method
    findings: tuple[Finding, ...] = ()
    reason: ReasonCode | None = None
    output: SealedBytes | None = None
    members: list[CleanedPart] = field(default_factory=list)
    split: Split | None = None  # of a mail: its checked headers, text and facts
    beside: bool = False  # found inside, reaches the reader beside the file

    def walk(self) -> Iterator[CleanedPart]:
        """This part and everything below it, in pre-order."""
        yield self
        for member in self.members:
            yield from member.walk()

    def close(self) -> None:
        """Give all outputs back."""
        for part in self.walk():
            if part.output is not None:
                part.output.close()
                part.output = None


def withheld(
    name: str,
    media_type: str,
    code: ReasonCode,
    *,
    findings: tuple[Finding, ...] = (),
) -> CleanedPart:
    """A part that does not cross."""
    outcome = {
        ReasonCode.PASSWORD_NEEDED: Outcome.LOCKED,
        ReasonCode.INTERNAL: Outcome.FAILED,
        ReasonCode.BAD_REPLY: Outcome.FAILED,
    }.get(code, Outcome.WITHHELD)
    return CleanedPart(
        name=name,
        media_type=media_type,
        outcome=outcome,
        method=Method.NONE,
        findings=findings,
        reason=code,
    )


class Pipeline:
    """Cleaning under one effective policy, in one sandbox pool."""

    def __init__(
        self, sandbox: Sandbox, policy: Effective, *, scanner: Scanner | None = None
    ) -> None:
        self._sandbox = sandbox
        self._policy = policy
        self._scanner = scanner

    async def clean_mail(self, source: SealedBytes, *, name: str = "") -> CleanedPart:
        """A whole mail, as received.

        Raises:
            SandboxUnavailable: our fault; nothing is known about the mail, try again.
        """
        return await self._mail(source, name=name, budget=TreeBudget(), depth=0, findings=())

    async def clean_file(
        self,
        source: SealedBytes,
        *,
        name: str,
        claimed_type: str = "",
        budget: TreeBudget | None = None,
    ) -> CleanedPart:
        """One file with everything in it. Files of one item share a `budget`."""
        return await self._part(
            source,
            name=name,
            claimed_type=claimed_type,
            charset="",
            budget=budget or TreeBudget(),
            depth=0,
        )

    async def _part(
        self,
        source: SealedBytes,
        *,
        name: str,
        claimed_type: str,
        charset: str,
        budget: TreeBudget,
        depth: int,
    ) -> CleanedPart:
        if (over := budget.take(size=source.size, depth=depth)) is not None:
            return withheld(name, claimed_type, over)
        if source.size == 0:
            return withheld(name, claimed_type, ReasonCode.EMPTY)
        seen, code = await self._scan(source, where="original")
        if code is not None:
            return withheld(name, claimed_type, code, findings=seen)
        part = await self._known(
            source, name=name, claimed_type=claimed_type, charset=charset, budget=budget,
            depth=depth,
        )  # fmt: skip
        part.findings = (*seen, *part.findings)
        return part

    async def _scan(
        self, data: SealedBytes, *, where: str
    ) -> tuple[tuple[Finding, ...], ReasonCode | None]:
        """The malware scanner's word: what to report, and why the part must not cross.

        Raises:
            ScannerUnavailable: the profile requires a scan and there is none.
        """
        if self._policy.scan == "off" or (
            self._scanner is None and self._policy.scan != "required"
        ):
            return (), None
        try:
            if self._scanner is None:
                raise ScannerUnavailable("none is configured")
            scanned = await self._scanner.scan(data)
        except ScannerUnavailable as error:
            log.warning("scan_unavailable", why=str(error), where=where)
            if self._policy.scan == "required":
                raise
            missing = Finding(kind=Kind.SCAN_UNAVAILABLE, action=Action.NOTED, where=where)
            return (missing,), None
        if scanned.verdict is Verdict.FOUND:
            log.warning("malware_found", signature=scanned.signature, where=where)
            found = Finding(kind=Kind.MALWARE, action=Action.REMOVED, where=where)
            return (found,), ReasonCode.MALWARE
        if scanned.verdict is Verdict.TOO_LARGE:
            missing = Finding(kind=Kind.SCAN_UNAVAILABLE, action=Action.NOTED, where=where)
            required = self._policy.scan == "required"
            return (missing,), ReasonCode.TOO_LARGE if required else None
        return (), None

    async def _known(
        self,
        source: SealedBytes,
        *,
        name: str,
        claimed_type: str,
        charset: str,
        budget: TreeBudget,
        depth: int,
    ) -> CleanedPart:
        """Identify a part and clean it as what it is."""
        ran = await self._sandbox.identify(source, name=name, claimed_type=claimed_type)
        if ran.output is not None:
            ran.output.close()
        if isinstance(ran.reply, WithheldReply):
            return withheld(name, claimed_type, ran.reply.code)
        if not isinstance(ran.reply, IdentifiedReply):
            return withheld(name, claimed_type, ReasonCode.BAD_REPLY)
        found = ran.reply
        if found.program:
            program = Finding(kind=Kind.PROGRAM, action=Action.REMOVED)
            return withheld(
                name, found.media_type, ReasonCode.PROGRAM, findings=(*found.findings, program)
            )
        offered = self._sandbox.methods_for(found.media_type)
        if not offered:
            unknown = found.media_type == "application/octet-stream"
            code = ReasonCode.UNKNOWN_TYPE if unknown else ReasonCode.UNSUPPORTED_TYPE
            return withheld(name, found.media_type, code, findings=found.findings)
        method = self._policy.method_for(found.media_type, offered)
        if method == Method.NONE.value:
            return withheld(name, found.media_type, ReasonCode.POLICY, findings=found.findings)
        if found.media_type == MAIL:
            return await self._mail(
                source, name=name, budget=budget, depth=depth, findings=found.findings
            )
        request = Request(
            op="clean",
            size=source.size,
            media_type=found.media_type,
            name=name,
            claimed_type=claimed_type,
            claimed_charset=charset,
            method=method,
        )
        return await self._leaf(source, request, found)

    async def _leaf(
        self, source: SealedBytes, request: Request, found: IdentifiedReply
    ) -> CleanedPart:
        ran = await self._sandbox.clean(source, request)
        with contextlib.ExitStack() as stack:
            if ran.output is not None:
                stack.callback(ran.output.close)
            if isinstance(ran.reply, WithheldReply):
                log.info(
                    "part_withheld", reason=ran.reply.code.value, type=found.media_type,
                    detail=ran.reply.untrusted_detail,
                )  # fmt: skip
                return withheld(
                    request.name, found.media_type, ran.reply.code, findings=found.findings
                )
            if not isinstance(ran.reply, CleanedReply) or ran.output is None:
                return withheld(request.name, found.media_type, ReasonCode.BAD_REPLY)
            cleaned = ran.reply.cleaned
            if cleaned.extension != extension_for(cleaned.media_type):
                # Text that passes the text check may still be a program under another name.
                return withheld(request.name, found.media_type, ReasonCode.BAD_REPLY)
            findings = (*found.findings, *cleaned.findings)
            if (code := await self._verify(ran.output, cleaned.media_type)) is not None:
                return withheld(request.name, found.media_type, code, findings=findings)
            seen, code = await self._scan(ran.output, where="result")
            findings = (*findings, *seen)
            if code is not None:
                return withheld(request.name, found.media_type, code, findings=findings)
            stack.pop_all()
            return CleanedPart(
                name=clean_name(request.name, extension=cleaned.extension),
                media_type=cleaned.media_type,
                outcome=Outcome.CLEAN,
                method=cleaned.method,
                findings=findings,
                output=ran.output,
            )

    async def _verify(self, output: SealedBytes, media_type: str) -> ReasonCode | None:
        """None when the bytes may cross; else the reason why not."""
        if media_type == "text/plain":
            try:
                check.check_text_file(output.read())
            except CheckFailed as failed:
                log.error("output_not_verified", type=media_type, detail=str(failed))
                return ReasonCode.NOT_VERIFIED
            return None
        ran = await self._sandbox.verify(output, media_type)
        if ran.output is not None:
            ran.output.close()
        if isinstance(ran.reply, VerifiedReply):
            return None
        detail = ran.reply.untrusted_detail if isinstance(ran.reply, WithheldReply) else ""
        log.error("output_not_verified", type=media_type, detail=detail)
        return ReasonCode.NOT_VERIFIED

    async def _mail(
        self,
        source: SealedBytes,
        *,
        name: str,
        budget: TreeBudget,
        depth: int,
        findings: tuple[Finding, ...],
    ) -> CleanedPart:
        request = Request(
            op="clean", size=source.size, media_type=MAIL, name=name, method=Method.TEXT.value
        )
        ran = await self._sandbox.clean(source, request)
        with contextlib.ExitStack() as stack:
            if ran.output is not None:
                stack.callback(ran.output.close)
            if isinstance(ran.reply, WithheldReply):
                log.info(
                    "mail_withheld", reason=ran.reply.code.value,
                    detail=ran.reply.untrusted_detail,
                )  # fmt: skip
                return withheld(name, MAIL, ran.reply.code, findings=findings)
            if not isinstance(ran.reply, SplitReply) or ran.output is None:
                return withheld(name, MAIL, ReasonCode.BAD_REPLY)
            split = ran.reply.split
            try:
                for header, value in split.headers:
                    check.check_header(header, value)
                check.check_text(split.text)
            except CheckFailed as failed:
                log.error("mail_not_verified", detail=str(failed))
                return withheld(name, MAIL, ReasonCode.NOT_VERIFIED, findings=findings)
            members = await self._members(ran.output, split.members, budget, depth + 1)
        return CleanedPart(
            name=clean_name(name, extension=".eml", default="mail"),
            media_type=MAIL,
            outcome=_tree_outcome(members),
            method=Method.TEXT,
            findings=(*findings, *split.findings),
            members=members,
            split=split,
        )

    async def _members(
        self,
        output: SealedBytes,
        members: tuple[Member, ...],
        budget: TreeBudget,
        depth: int,
    ) -> list[CleanedPart]:
        gate = asyncio.Semaphore(MEMBERS_AT_ONCE)

        async def one(number: int, member: Member) -> CleanedPart:
            name = member.name or f"attachment-{number}"
            if member.withheld:
                return withheld(name, member.claimed_type, ReasonCode(member.withheld))
            if self._policy.attachments == "drop":
                return withheld(name, member.claimed_type, ReasonCode.POLICY)
            async with gate:
                with output.slice(member.offset, member.size) as source:
                    return await self._part(
                        source,
                        name=name,
                        claimed_type=member.claimed_type,
                        charset=member.claimed_charset,
                        budget=budget,
                        depth=depth,
                    )

        tasks = [asyncio.ensure_future(one(n, m)) for n, m in enumerate(members, start=1)]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            for done in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(done, CleanedPart):
                    done.close()
            raise


def _tree_outcome(members: list[CleanedPart]) -> Outcome:
    if all(m.outcome is Outcome.CLEAN for m in members):
        return Outcome.CLEAN
    return Outcome.PARTIAL
