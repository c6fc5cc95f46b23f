"""What was signed, as the one member that stands in for its wrapping."""

from __future__ import annotations

from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Member, Output, Split, SplitKind
from sanitizers.names import clean_name, extension_of
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.cms import holds_mail

#: Extensions of wrappings (RFC 8551 3.2.1; GnuPG) behind the name of what is wrapped.
_WRAPPINGS: Final = frozenset({".p7m", ".p7z", ".p7s", ".asc", ".gpg", ".pgp"})


def wrapped(content: bytes, name: str, out: Output) -> Split:
    """Write `content` to `out`; `name`: the sender's one of the wrapping.

    Raises:
        Withheld: EMPTY.
    """
    if not content:
        raise Withheld(ReasonCode.EMPTY, "nothing was signed")
    out.write(content)
    findings = Findings()
    findings.add(Kind.SIGNED_MAIL, Action.REMOVED)
    name = clean_name(name) if name else ""
    if extension_of(name) in _WRAPPINGS:
        name = name[: -len(extension_of(name))]
    is_mail = holds_mail(content)
    member = Member(
        name=clean_name(name or "mail", extension=".eml") if is_mail else name,
        claimed_type="message/rfc822" if is_mail else "",
        claimed_charset="",
        offset=0,
        size=len(content),
    )
    return Split(kind=SplitKind.INNER, members=(member,), findings=findings.freeze())
