"""Long work done side by side: a child for each share of it, and one that joins the shares.

A sanitizer that answers SHARES (a document of many pages that are to be drawn) is asked for
each share by itself. What a share wrote is not verified: only a child that joins them ever
reads it, and what that one writes is verified like any other output. One share that fails
withholds the part. The shares together may write what the part may write.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Final

from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Ran, Sandbox
from gateway.sandbox.protocol import CleanedReply, Piece, Request, SplitReply, WithheldReply
from gateway.worker.budget import TreeBudget
from sanitizers.findings import Findings
from sanitizers.model import SHARE, Outcome, Split, SplitKind
from sanitizers.reasons import ReasonCode

#: Of one part in work at the same time; the sandbox's lanes bound how many run.
SHARES_AT_ONCE: Final = 4
MAX_SHARES: Final = 64  # of one part: 2,000 pages are 50


def are_asked(ran: Ran) -> bool:
    """Whether the child wants its work done in shares."""
    return isinstance(ran.reply, SplitReply) and ran.reply.split.kind is SplitKind.SHARES


async def joined(
    sandbox: Sandbox,
    source: SealedBytes,
    request: Request,
    asked: Ran,
    *,
    budget: TreeBudget,
    room: int,
) -> Ran:
    """What the last child made of all shares: a `CleanedReply` with the findings of all of
    them, or withheld. `room` is how many bytes they may write together.

    Raises:
        SandboxUnavailable: our fault; nothing is known about the part.
    """
    with contextlib.ExitStack() as stack:
        if asked.output is not None:
            stack.callback(asked.output.close)
        split = asked.reply.split if isinstance(asked.reply, SplitReply) else Split()
        number = _number(split)
        if number is None:
            return _refused(ReasonCode.BAD_REPLY)
        done = await _all(sandbox, source, request, number, budget=budget, room=room)
        for ran in done:
            if ran.output is not None:
                stack.callback(ran.output.close)
        findings = Findings()
        findings.extend(split.findings)
        pieces = []
        for ran in done:
            if isinstance(ran.reply, WithheldReply):
                return replace(ran, output=None)
            if not isinstance(ran.reply, CleanedReply) or ran.output is None:
                return _refused(ReasonCode.BAD_REPLY)
            made = ran.reply.cleaned
            findings.extend(made.findings)
            pieces.append(
                Piece(
                    name="", folder="", media_type=made.media_type, outcome=Outcome.CLEAN,
                    data=ran.output,
                )
            )  # fmt: skip
        if sum(piece.data.size for piece in pieces if piece.data is not None) > room:
            return _refused(ReasonCode.OUTPUT_TOO_LARGE)
        options = {**request.options, SHARE: str(number)}
        last = await sandbox.assemble(source, replace(request, options=options), pieces)
    if not isinstance(last.reply, CleanedReply):
        return last
    findings.extend(last.reply.cleaned.findings)
    cleaned = replace(last.reply.cleaned, findings=findings.freeze())
    return replace(last, reply=replace(last.reply, cleaned=cleaned))


def _number(split: Split) -> int | None:
    """How many shares a child asks for; None where its answer is no such question."""
    untrusted = split.facts.get("shares", "")
    if split.members or set(split.facts) != {"shares"}:
        return None
    if not (untrusted.isascii() and untrusted.isdigit() and len(untrusted) <= 3):
        return None
    return int(untrusted) if 2 <= int(untrusted) <= MAX_SHARES else None


async def _all(
    sandbox: Sandbox,
    source: SealedBytes,
    request: Request,
    number: int,
    *,
    budget: TreeBudget,
    room: int,
) -> list[Ran]:
    """Every share in its order. After one that failed, those that wait are not begun."""
    gate = asyncio.Semaphore(SHARES_AT_ONCE)
    left, failed = room, False

    async def one(share: int) -> Ran:
        nonlocal left, failed
        async with gate:
            code = budget.late or (ReasonCode.OUTPUT_TOO_LARGE if left <= 0 else None)
            if failed or code is not None:
                return _refused(code or ReasonCode.GIVEN_UP)
            options = {**request.options, SHARE: f"{share}/{number}"}
            ran = await sandbox.clean(source, replace(request, options=options), output_bytes=left)
        left -= ran.output.size if ran.output is not None else 0
        failed = failed or ran.output is None
        return ran

    tasks = [asyncio.ensure_future(one(share)) for share in range(1, number + 1)]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, Ran) and done.output is not None:
                done.output.close()
        raise


def _refused(code: ReasonCode) -> Ran:
    reply = WithheldReply(code=code, untrusted_detail="")
    return Ran(reply=reply, output=None, cpu_seconds=0, max_rss=0)
