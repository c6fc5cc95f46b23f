"""What is asked about bytes before and after cleaning: malware, type, method, soundness.

Each answer is a fact or the reason why the part must not cross; none looks into the bytes
in this process, but for the total check of text.
"""

from __future__ import annotations

import structlog

from gateway.policy import Effective
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.sandbox.protocol import IdentifiedReply, VerifiedReply, WithheldReply
from gateway.worker import check
from gateway.worker.check import CheckFailed
from gateway.worker.scan import Scanner, ScannerUnavailable, Verdict
from sanitizers.findings import Action, Finding, Kind
from sanitizers.identify.labels import extension as extension_for
from sanitizers.model import Cleaned, Method, Needs
from sanitizers.reasons import ReasonCode

log = structlog.get_logger(__name__)


class Inspection:
    """The questions, under one policy."""

    def __init__(self, sandbox: Sandbox, policy: Effective, scanner: Scanner | None) -> None:
        self._sandbox = sandbox
        self._policy = policy
        self._scanner = scanner

    async def scan(
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
            if data.whole:
                scanned = await self._scanner.scan(data)
            else:  # a member: the scanner would read all of its container
                with await self._sandbox.alone(data) as copy:
                    scanned = await self._scanner.scan(copy)
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

    async def identify(
        self, source: SealedBytes, *, name: str, claimed_type: str
    ) -> IdentifiedReply | ReasonCode:
        """What the content is, or why it does not cross."""
        ran = await self._sandbox.identify(source, name=name, claimed_type=claimed_type)
        if ran.output is not None:
            ran.output.close()
        if isinstance(ran.reply, WithheldReply):
            return ran.reply.code
        return ran.reply if isinstance(ran.reply, IdentifiedReply) else ReasonCode.BAD_REPLY

    def method(self, media_type: str) -> str | ReasonCode:
        """The method that the policy wants for a type, or why it does not cross."""
        offered = self._sandbox.methods_for(media_type)
        if not offered:
            unknown = media_type == "application/octet-stream"
            return ReasonCode.UNKNOWN_TYPE if unknown else ReasonCode.UNSUPPORTED_TYPE
        method = self._policy.method_for(media_type, offered)
        return ReasonCode.POLICY if method == Method.NONE.value else method

    async def verify(self, output: SealedBytes, cleaned: Cleaned) -> ReasonCode | None:
        """None when the bytes and the text beside them may cross; else the reason why not."""
        media_type = cleaned.media_type
        try:
            check.check_text(cleaned.text)
            if media_type == "text/plain":
                check.check_text_file(output.read())
                return None
        except CheckFailed as failed:
            log.error("output_not_verified", type=media_type, detail=str(failed))
            return ReasonCode.NOT_VERIFIED
        ran = await self._sandbox.verify(output, media_type)
        if ran.output is not None:
            ran.output.close()
        if isinstance(ran.reply, VerifiedReply):
            return None
        detail = ran.reply.untrusted_detail if isinstance(ran.reply, WithheldReply) else ""
        log.error("output_not_verified", type=media_type, detail=detail)
        return ReasonCode.NOT_VERIFIED

    async def as_promised(self, made: SealedBytes, needs: Needs) -> ReasonCode | None:
        """None when the bytes that a program wrote are of the type that was asked for."""
        name = f"converted{extension_for(needs.target)}"
        found = await self.identify(made, name=name, claimed_type=needs.target)
        if isinstance(found, ReasonCode):
            return found
        if found.program or found.media_type != needs.target:
            log.error("not_what_was_promised", tool=needs.tool, target=needs.target)
            return ReasonCode.NOT_VERIFIED
        return None
