"""Cleans a tree part by part: identify, clean, verify, and again for every member.

One part, one child; the members of a container are ranges of its child's output, and each
goes through the same way before the container is put together in a new child. Whatever is
not rebuilt *and* accepted by the independent verifier becomes a withheld part. Nothing
here looks into bytes that a child gave back, but for the total check of text.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import Final

import structlog

from gateway.fidelity.scorer import Desk
from gateway.policy import Effective
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Ran, Sandbox
from gateway.sandbox.protocol import (
    CleanedReply,
    NeedsReply,
    Piece,
    Request,
    SplitReply,
    WithheldReply,
)
from gateway.worker import attached, check, shares
from gateway.worker.budget import TreeBudget
from gateway.worker.check import CheckFailed
from gateway.worker.inspection import Inspection
from gateway.worker.parts import MAIL, CleanedPart, tree_outcome, withheld
from gateway.worker.scan import Scanner
from sanitizers.findings import Action, Finding, Kind
from sanitizers.identify.labels import extension as extension_for
from sanitizers.limits import MB
from sanitizers.model import CONVERTED, Cleaned, Member, Method, Needs, Outcome, Split, SplitKind
from sanitizers.names import clean_name, extension_of
from sanitizers.reasons import ReasonCode

__all__ = ["MAIL", "CleanedPart", "Pipeline", "TreeBudget", "withheld"]

log = structlog.get_logger(__name__)

MEMBERS_AT_ONCE: Final = 4  # members of one container in work at the same time
#: A child may always write this much, however little the item may still unpack.
_LEAST_OUTPUT: Final = 64 * MB

_Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the tree a part lies."""

    budget: TreeBudget
    depth: int = 0
    in_mail: bool = False  # a mail here is composed with the mail around it
    converted: bool = False  # a program wrote it: it is not given to a program again
    path: str = ""  # the numbers on the way to it

    @property
    def loose(self) -> bool:
        """Whether what lies here reaches the reader as a file of its own."""
        return self.in_mail or self.depth == 0

    def below(self, *, in_mail: bool) -> _Place:
        depth = self.depth + 1
        return _Place(budget=self.budget, depth=depth, in_mail=in_mail, path=self.path)


class Pipeline:
    """Cleaning under one effective policy, in one sandbox pool.

    Args:
        passwords: tried on every locked part, in this order. They are never logged.
        desk: takes what the policy wants measured, with its cleaned file.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        policy: Effective,
        *,
        scanner: Scanner | None = None,
        passwords: tuple[str, ...] = (),
        desk: Desk | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._policy = policy
        self._ask = Inspection(sandbox, policy, scanner)
        self._passwords = passwords
        self._desk = desk

    async def clean_mail(
        self, source: SealedBytes, *, name: str = "", as_file: bool = False
    ) -> CleanedPart:
        """A whole mail, as received. `as_file`: composed, its bytes are the part's output.

        Raises:
            SandboxUnavailable: our fault; nothing is known about the mail, try again.
        """
        budget = TreeBudget()
        budget.receive(source.size)
        request = Request(
            op="clean", size=source.size, media_type=MAIL, name=name,
            method=Method.TEXT.value, passwords=self._passwords,
        )  # fmt: skip
        part = await self._clean(source, request, _Place(budget=budget, in_mail=not as_file), ())
        if part.crosses and part.split is None:
            part.close()
            return withheld(name, MAIL, ReasonCode.BAD_REPLY)
        return part

    async def clean_file(
        self,
        source: SealedBytes,
        *,
        name: str,
        claimed_type: str = "",
        budget: TreeBudget | None = None,
        path: str = "",
    ) -> CleanedPart:
        """One file with everything in it. Files of one item share a `budget`.

        Whatever crosses has its bytes in `output`, a mail too.

        Raises:
            SandboxUnavailable: our fault; nothing is known about the file, try again.
        """
        budget = budget or TreeBudget()
        budget.receive(source.size)
        place = _Place(budget=budget, path=path)
        return await self._part(source, place, name=name, claimed_type=claimed_type)

    async def _part(
        self,
        source: SealedBytes,
        place: _Place,
        *,
        name: str,
        claimed_type: str = "",
        charset: str = "",
    ) -> CleanedPart:
        if (over := place.budget.take(size=source.size, depth=place.depth)) is not None:
            return withheld(name, claimed_type, over)
        if source.size == 0:
            return withheld(name, claimed_type, ReasonCode.EMPTY)
        seen, code = await self._ask.scan(source, where="original")
        if code is not None:
            return withheld(name, claimed_type, code, findings=seen)
        part = await self._known(
            source, place, name=name, claimed_type=claimed_type, charset=charset
        )
        part.findings = (*seen, *part.findings)
        return part

    async def _known(
        self, source: SealedBytes, place: _Place, *, name: str, claimed_type: str, charset: str
    ) -> CleanedPart:
        """Identify a part and clean it as what it is."""
        found = await self._ask.identify(source, name=name, claimed_type=claimed_type)
        if isinstance(found, ReasonCode):
            return withheld(name, claimed_type, found)
        if found.program:
            program = Finding(kind=Kind.PROGRAM, action=Action.REMOVED)
            return withheld(
                name, found.media_type, ReasonCode.PROGRAM, findings=(*found.findings, program)
            )
        method = self._ask.method(found.media_type)
        if isinstance(method, ReasonCode):
            return withheld(name, found.media_type, method, findings=found.findings)
        request = Request(
            op="clean",
            size=source.size,
            media_type=found.media_type,
            name=name,
            claimed_type=claimed_type,
            claimed_charset=charset,
            method=method,
            options=self._options(place),
            passwords=self._passwords,
        )
        return await self._clean(source, request, place, found.findings)

    def _options(self, place: _Place) -> dict[str, str]:
        """What the profile asks of sanitizers (`sanitizers.model.Job.options`)."""
        options = {"links": self._policy.links}
        if self._policy.reencrypt and place.loose:
            options["reencrypt"] = "yes"
        return options

    async def _clean(
        self, source: SealedBytes, request: Request, place: _Place, findings: _Findings
    ) -> CleanedPart:
        """Run the sanitizer for `request`, and do what its answer asks for."""
        room = max(place.budget.room, _LEAST_OUTPUT)
        ran = await self._sandbox.clean(source, request, output_bytes=room)
        if shares.are_asked(ran):
            ran = await shares.joined(
                self._sandbox, source, request, ran, budget=place.budget, room=room
            )
        with contextlib.ExitStack() as stack:
            if ran.output is not None:
                stack.callback(ran.output.close)
            reply, output = ran.reply, ran.output
            if isinstance(reply, WithheldReply) or output is None:
                return _refused(ran, request, findings)
            if isinstance(reply, CleanedReply):
                part = await self._finished(output, reply.cleaned, request, findings)
                if part.output is not None:
                    stack.pop_all()
                    self._hand_in(source, part, request, place)
                return part
            if isinstance(reply, NeedsReply):
                return await self._converted(output, reply.needs, request, place, findings)
            if not isinstance(reply, SplitReply):
                return _refused(ran, request, findings)
            split = reply.split
            findings = (*findings, *split.findings)
            inside = sum(member.size for member in split.members)
            if (code := place.budget.refuses(inside)) is not None:
                log.warning("too_much_inside", type=request.media_type, bytes=inside)
                return withheld(request.name, request.media_type, code, findings=findings)
            if split.kind is SplitKind.MAIL:
                return await self._mail(output, split, request, place, findings)
            if split.kind is SplitKind.INNER:
                return await self._inner(output, split.members[0], request, place, findings)
            return await self._container(source, output, split, request, place, findings)

    async def _finished(
        self, output: SealedBytes, cleaned: Cleaned, request: Request, findings: _Findings
    ) -> CleanedPart:
        """A rebuilt file becomes a part when the independent check accepts it."""
        if cleaned.extension != extension_for(cleaned.media_type):
            # Text that passes the text check may still be a program under another name.
            return withheld(request.name, request.media_type, ReasonCode.BAD_REPLY)
        findings = (*findings, *cleaned.findings)
        code = await self._ask.verify(output, cleaned)
        if code is None:
            seen, code = await self._ask.scan(output, where="result")
            findings = (*findings, *seen)
        if code is not None:
            return withheld(request.name, request.media_type, code, findings=findings)
        return CleanedPart(
            name=clean_name(request.name, extension=cleaned.extension),
            media_type=cleaned.media_type,
            outcome=Outcome.CLEAN,
            method=cleaned.method,
            findings=findings,
            output=output,
            text=cleaned.text,
            parameters=cleaned.parameters,
        )

    def _hand_in(
        self, source: SealedBytes, part: CleanedPart, request: Request, place: _Place
    ) -> None:
        """A clean part that may be measured once the item is finished."""
        if self._desk is not None and part.output is not None:
            part.measurement = self._desk.keep(
                source,
                part.output,
                before_type=request.media_type,
                after_type=part.media_type,
                path=place.path,
                mode=self._policy.fidelity,
            )

    async def _mail(
        self,
        output: SealedBytes,
        split: Split,
        request: Request,
        place: _Place,
        findings: _Findings,
    ) -> CleanedPart:
        """A mail, whatever it was packed in: its members become attachments."""
        try:
            for header, value in split.headers:
                check.check_header(header, value)
            check.check_text(split.text)
        except CheckFailed as failed:
            log.error("mail_not_verified", detail=str(failed))
            return withheld(request.name, MAIL, ReasonCode.NOT_VERIFIED, findings=findings)
        members = await self._members(output, split, place.below(in_mail=True))
        part = CleanedPart(
            name=clean_name(request.name, extension=".eml", default="mail"),
            media_type=MAIL,
            outcome=tree_outcome(members),
            method=Method.TEXT,
            findings=findings,
            members=members,
            split=split,
        )
        if not place.in_mail:
            try:
                part.output = self._sandbox.keep(attached.mail_file(part))
                part.absorb_members()
            except CheckFailed as failed:
                log.error("mail_not_verified", detail=str(failed))
                part.withhold(ReasonCode.NOT_VERIFIED)
            except BaseException:
                part.close()
                raise
        return part

    async def _inner(
        self,
        output: SealedBytes,
        member: Member,
        request: Request,
        place: _Place,
        findings: _Findings,
    ) -> CleanedPart:
        """What was decrypted or unwrapped stands in for the part, under the part's name."""
        if member.withheld:
            code = ReasonCode(member.withheld)
            return withheld(request.name, request.media_type, code, findings=findings)
        with output.slice(member.offset, member.size) as source:
            part = await self._part(
                source,
                place.below(in_mail=place.in_mail),
                name=member.name or request.name,
                claimed_type=member.claimed_type,
                charset=member.claimed_charset,
            )
        part.findings = (*findings, *part.findings)
        name = request.name
        if part.crosses:
            name = clean_name(name, extension=extension_of(part.name))
        part.name = name
        return part

    async def _container(
        self,
        source: SealedBytes,
        output: SealedBytes,
        split: Split,
        request: Request,
        place: _Place,
        findings: _Findings,
    ) -> CleanedPart:
        """Clean the members, then put the container together in a new child."""
        members = await self._members(output, split, place.below(in_mail=False))
        with contextlib.ExitStack() as stack:
            for member in members:
                stack.callback(member.close)
            pieces = [
                Piece(
                    name=part.name,
                    folder=member.folder,
                    media_type=part.media_type,
                    outcome=part.outcome,
                    reason=part.reason,
                    data=part.output if part.crosses else None,
                )
                for member, part in zip(split.members, members, strict=True)
            ]
            ran = await self._sandbox.assemble(source, request, pieces)
            if ran.output is not None:
                stack.callback(ran.output.close)
            if not isinstance(ran.reply, CleanedReply) or ran.output is None:
                return _refused(ran, request, findings)
            part = await self._finished(ran.output, ran.reply.cleaned, request, findings)
            if part.output is not None:
                stack.pop_all()
                self._hand_in(source, part, request, place)
                part.members = members
                part.outcome = tree_outcome(members)
                part.absorb_members()
            if part.output is not None and "password" in split.facts:
                return await self._sealed(part, int(split.facts["password"]))
            return part

    async def _sealed(self, part: CleanedPart, number: int) -> CleanedPart:
        """Close a verified archive again, in a child that sees nothing else."""
        plain = part.output
        if plain is None or not 0 < number <= len(self._passwords):
            part.withhold(ReasonCode.BAD_REPLY)
            return part
        request = Request(
            op="seal",
            size=plain.size,
            media_type=part.media_type,
            passwords=(self._passwords[number - 1],),
        )
        try:
            ran = await self._sandbox.clean(plain, request)
        except BaseException:
            part.close()
            raise
        if not isinstance(ran.reply, CleanedReply) or ran.output is None:
            if ran.output is not None:
                ran.output.close()
            log.error("not_sealed", type=part.media_type)
            part.withhold(ReasonCode.NOT_VERIFIED)
            return part
        plain.close()
        part.output = ran.output
        sealed = Finding(kind=Kind.ENCRYPTION, action=Action.CONVERTED)
        part.findings = (*part.findings, sealed)
        return part

    async def _converted(
        self,
        output: SealedBytes,
        needs: Needs,
        request: Request,
        place: _Place,
        findings: _Findings,
    ) -> CleanedPart:
        """Let a program convert the bytes, and clean what it wrote as what it promised."""
        findings = (*findings, *needs.findings)
        if place.converted:
            return withheld(request.name, request.media_type, ReasonCode.BAD_REPLY)
        made = await self._sandbox.convert(output, needs, media_type=request.media_type)
        if isinstance(made, WithheldReply):
            log.warning("not_converted", tool=needs.tool, reason=made.code.value)
            return withheld(request.name, request.media_type, made.code, findings=findings)
        with made:
            place = replace(place, converted=True)
            over = place.budget.take(size=made.size, depth=place.depth + 1)
            code = over or await self._ask.as_promised(made, needs)
            method = self._ask.method(needs.target)
            if code is None and isinstance(method, ReasonCode):
                code = method
            if code is not None:
                return withheld(request.name, request.media_type, code, findings=findings)
            if all(f.kind is not Kind.FORMAT_CHANGED for f in findings):
                changed = Finding(kind=Kind.FORMAT_CHANGED, action=Action.CONVERTED)
                findings = (*findings, changed)
            options = {**request.options, CONVERTED: needs.tool}
            request = replace(
                request, media_type=needs.target, method=str(method), size=made.size,
                options=options,
            )  # fmt: skip
            return await self._clean(made, request, place, findings)

    async def _members(self, output: SealedBytes, split: Split, place: _Place) -> list[CleanedPart]:
        gate = asyncio.Semaphore(MEMBERS_AT_ONCE)
        in_mail = split.kind is SplitKind.MAIL
        unnamed = "attachment" if in_mail else "file"

        async def one(number: int, member: Member) -> CleanedPart:
            name = member.name or f"{unnamed}-{number}"
            if member.withheld:
                return withheld(name, member.claimed_type, ReasonCode(member.withheld))
            if in_mail and self._policy.attachments == "drop":
                return withheld(name, member.claimed_type, ReasonCode.POLICY)
            async with gate:
                with output.slice(member.offset, member.size) as source:
                    part = await self._part(
                        source,
                        replace(place, path=f"{place.path}/{number}"),
                        name=name,
                        claimed_type=member.claimed_type,
                        charset=member.claimed_charset,
                    )
            part.beside = member.beside
            return part

        tasks = [asyncio.ensure_future(one(n, m)) for n, m in enumerate(split.members, start=1)]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            for done in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(done, CleanedPart):
                    done.close()
            raise


def _refused(ran: Ran, request: Request, findings: _Findings) -> CleanedPart:
    """A child that gave nothing usable back."""
    code = ReasonCode.BAD_REPLY
    if isinstance(ran.reply, WithheldReply):
        code = ran.reply.code
        log.info(
            "part_withheld", reason=code.value, type=request.media_type,
            detail=ran.reply.untrusted_detail,
        )  # fmt: skip
    return withheld(request.name, request.media_type, code, findings=findings)
