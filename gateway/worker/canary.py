"""The sandbox canary: a file with a hidden trap, cleaned every half minute for health.

A worker that cannot clean it right (not at all, or leaving the trap in) reports red: the
proof is made with the same sandbox, policy and checks as every mail.
"""

from __future__ import annotations

from typing import Final

from gateway import policy
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox, SandboxUnavailable
from gateway.worker.pipeline import Pipeline
from sanitizers.model import Outcome

_VISIBLE: Final = "無害化の確認"
_TRAP: Final = "canary-4f1d"
_MAIL: Final = (
    f"From: <canary@invalid.example>\r\nX-{_TRAP}: {_TRAP}\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    f"<p>{_VISIBLE}</p><script>{_TRAP}</script>\r\n"
).encode()


async def check(sandbox: Sandbox) -> str:
    """ "" when all is well; else what is wrong, in English."""
    profile = policy.parse(policy.BUILT_IN, source="canary").profile("standard")
    try:
        with SealedBytes.of(_MAIL) as source:
            part = await Pipeline(sandbox, profile).clean_mail(source)
    except SandboxUnavailable as error:
        return f"the sandbox is not available: {error}"
    try:
        if part.outcome is not Outcome.CLEAN or part.split is None:
            reason = part.reason.value if part.reason else part.outcome.value
            return f"the canary mail was not cleaned ({reason})"
        everything = part.split.text + repr(part.split.headers)
        if _TRAP in everything:
            return "the canary mail kept its trap"
        if _VISIBLE not in part.split.text:
            return "the canary mail lost its text"
        return ""
    finally:
        part.close()
