"""Addresses of the SMTP envelope: one grammar for what is taken, nothing beside it.

RFC 5321 section 4.1.2 with two differences, both on purpose. Dots may stand anywhere in a
local part: Japanese mobile carriers have handed out `name.@…` and `na..me@…` for years.
Whatever asks a later hop to route on (source routes, `%`, `!`, an `@` in quotes) is no
recipient here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_ADDRESS: Final = 512  # characters; RFC 5321 says 256, return paths (VERP) are longer
MAX_DOMAIN: Final = 255  # RFC 5321 section 4.5.3.1.2

_PATH: Final = re.compile(r'<((?:[^<>"\\]|"(?:[^"\\]|\\.)*")*)>(?: +(.*))?')
_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\u0080-\U0010ffff]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LITERAL: Final = re.compile(r"\[[0-9A-Za-z:.\-]{1,100}\]")
# What older systems took for routing (RFC 5321 appendix F.2; sendmail, UUCP).
_ROUTING: Final = frozenset("@%!")


class AddressError(ValueError):
    """Not an address by our grammar."""


class RoutingTrick(AddressError):
    """An address that would have a later hop route on."""


class NeedsSmtpUtf8(AddressError):
    """Beyond ASCII, and the mail was not announced with SMTPUTF8 (RFC 6531)."""


@dataclass(frozen=True)
class Address:
    """A checked address."""

    local: str  # unquoted
    domain: str  # lower case, A-labels; or an address literal
    text: str  # as it goes on: local part as given, domain as `domain`


def split_path(argument: str) -> tuple[str, list[str]]:
    """`<path> PARAM=value …` → what stands between the brackets, and the parameters.

    Raises:
        AddressError: no well-formed `<…>`.
    """
    match = _PATH.fullmatch(argument.strip(" "))
    if match is None or len(match[1]) > MAX_ADDRESS:
        raise AddressError
    return match[1], (match[2] or "").split()


def parse_address(text: str, *, smtputf8: bool) -> Address:
    """`local@domain` → its parts. Not for the null sender.

    Raises:
        AddressError, NeedsSmtpUtf8
    """
    if not smtputf8 and not text.isascii():
        raise NeedsSmtpUtf8
    if not text.isprintable():
        raise AddressError
    raw, at, domain = text.rpartition("@")
    if not at or not raw:
        raise AddressError
    local, kept = _parse_local(raw)
    domain = parse_domain(domain)
    return Address(local=local, domain=domain, text=f"{kept}@{domain}")


def parse_recipient(text: str, *, smtputf8: bool) -> Address:
    """As `parse_address`, for a RCPT.

    Raises:
        RoutingTrick: see the head of this module; also AddressError, NeedsSmtpUtf8.
    """
    if text.startswith("@"):
        raise RoutingTrick
    address = parse_address(text, smtputf8=smtputf8)
    if _ROUTING & set(address.local):
        raise RoutingTrick
    return address


def _parse_local(raw: str) -> tuple[str, str]:
    """(unquoted, as it goes on)"""
    if _ATOM.fullmatch(raw):
        return raw, raw
    match = _QUOTED.fullmatch(raw)
    if match is None:
        raise AddressError
    local = re.sub(r"\\(.)", r"\1", match[1])
    if _ATOM.fullmatch(local):
        return local, local  # the quotes said nothing (RFC 5321 section 4.1.2)
    return local, raw


def parse_domain(text: str) -> str:
    """A domain in lower case and A-labels, or an address literal.

    Raises:
        AddressError
    """
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            raise AddressError from None
    if len(text) > MAX_DOMAIN or not (_DOMAIN.fullmatch(text) or _LITERAL.fullmatch(text)):
        raise AddressError
    return text.lower()
