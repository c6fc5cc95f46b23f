"""The tree of an item after cleaning: what became of each part, and its verified bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.sandbox.memory import SealedBytes
from sanitizers.findings import Finding
from sanitizers.model import Method, Outcome, Split
from sanitizers.reasons import ReasonCode

MAIL: Final = "message/rfc822"
#: Outcomes of what reaches the reader.
CROSSING: Final = (Outcome.CLEAN, Outcome.PARTIAL)


@dataclass(slots=True, kw_only=True)
class CleanedPart:
    """A node of an item's tree after cleaning. `output` is sealed, verified bytes.

    A mail inside a mail has no `output`: it is composed with the mail around it. Every other
    part that crosses has one, until what it lies in has been assembled.
    """

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
    text: str = ""  # the same for a reader of the mail's body, checked
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the media type
    measurement: int | None = None  # ticket of its original and it, where they are measured
    _size: int | None = None
    _sha256: str | None = None

    @property
    def crosses(self) -> bool:
        """Whether anything of the part reaches the reader."""
        return self.outcome in CROSSING

    @property
    def size(self) -> int | None:
        """Bytes of the cleaned file, also after it went into another one."""
        return self.output.size if self.output is not None else self._size

    @property
    def sha256(self) -> str | None:
        """Of the cleaned file, also after it went into another one."""
        return self.output.sha256() if self.output is not None else self._sha256

    def walk(self) -> Iterator[CleanedPart]:
        """This part and everything below it, in pre-order."""
        yield self
        for member in self.members:
            yield from member.walk()

    def found_beside(self) -> Iterator[CleanedPart]:
        """What was found inside this file and goes beside it, where it crosses.

        Not what lies in an attached mail: that goes with the mail.
        """
        for member in self.members if self.split is None else ():
            if member.beside and member.crosses:
                yield member
            yield from member.found_beside()

    def absorb_members(self) -> None:
        """The members lie in this file now: only what goes beside it keeps its bytes."""
        for member in self.members:
            for part in member.walk():
                if part.output is not None and (self.split is not None or not part.beside):
                    part._size, part._sha256 = part.size, part.sha256
                    part.output.close()
                    part.output = None

    def withhold(self, code: ReasonCode) -> None:
        """What was believed clean does not cross after all; its bytes are given back."""
        self.close()
        self.outcome, self.reason = outcome_of(code), code

    def close(self) -> None:
        """Give all outputs back."""
        for part in self.walk():
            if part.output is not None:
                part.output.close()
                part.output = None


def outcome_of(code: ReasonCode) -> Outcome:
    """What a part that does not cross is called."""
    return {
        ReasonCode.PASSWORD_NEEDED: Outcome.LOCKED,
        ReasonCode.INTERNAL: Outcome.FAILED,
        ReasonCode.BAD_REPLY: Outcome.FAILED,
    }.get(code, Outcome.WITHHELD)


def withheld(
    name: str,
    media_type: str,
    code: ReasonCode,
    *,
    findings: tuple[Finding, ...] = (),
) -> CleanedPart:
    """A part that does not cross."""
    return CleanedPart(
        name=name,
        media_type=media_type,
        outcome=outcome_of(code),
        method=Method.NONE,
        findings=findings,
        reason=code,
    )


def tree_outcome(members: Sequence[CleanedPart]) -> Outcome:
    """Of a mail or container: partial when a member did not cross whole."""
    if all(m.outcome is Outcome.CLEAN for m in members):
        return Outcome.CLEAN
    return Outcome.PARTIAL
