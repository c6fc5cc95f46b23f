"""Header fields from raw bytes: the one module that mail code asks.

Text, parameters and addresses are read in modules of their own and offered here; dates and
message identifiers are small enough to stand here. Nothing in this module raises on any
input, and nothing it returns holds CR, LF or NUL.
"""

from __future__ import annotations

import re
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from sanitizers.text.addresses import MAX_ADDRESSES, decode_addresses
from sanitizers.text.encoded_words import decode_words, unfold
from sanitizers.text.parameters import MAX_PARAMETERS, decode_parameters

__all__ = [
    "MAX_ADDRESSES",
    "MAX_PARAMETERS",
    "decode_addresses",
    "decode_parameters",
    "decode_words",
    "message_ids",
    "parse_date",
    "unfold",
]

#: Bytes of a date field looked at; RFC 5322 needs 31, comments make it longer.
_MAX_DATE: Final = 200
_NOT_IN_DATE: Final = re.compile(r"[^0-9A-Za-z ,:+-]+")
_COMMENT: Final = re.compile(r"\([^()]*\)?")
#: Years in which mail was written; others are damage or an attempt at it.
_YEARS: Final = range(1900, 2200)

#: Message identifiers of one field (References of very long threads) and their length.
MAX_MESSAGE_IDS: Final = 50
_MESSAGE_ID: Final = re.compile(rb"<[!-;=?-~]{1,248}>")


def parse_date(raw: bytes) -> str:
    """The date as RFC 5322 (section 3.3) writes it, or "" when it cannot be read."""
    text = _COMMENT.sub(" ", unfold(raw[:_MAX_DATE]).decode("ascii", "replace"))
    try:
        date = parsedate_to_datetime(_NOT_IN_DATE.sub(" ", text).strip())
        return format_datetime(date) if date.year in _YEARS else ""
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def message_ids(raw: bytes) -> list[str]:
    """Each `<…>` of printable ASCII without spaces; at most 50 of at most 250 characters."""
    found = _MESSAGE_ID.finditer(raw)
    return [
        match[0].decode("ascii") for _, match in zip(range(MAX_MESSAGE_IDS), found, strict=False)
    ]
