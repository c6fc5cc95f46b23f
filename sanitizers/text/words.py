"""Header decoding (being built)."""

from __future__ import annotations

from sanitizers.findings import Findings


def unfold(raw: bytes) -> bytes:
    """Join folded lines."""
    return raw.replace(b"\r\n", b"").replace(b"\n", b"")


def decode_words(raw: bytes, findings: Findings, *, where: str = "") -> str:
    """Decode unstructured header text."""
    return unfold(raw).decode("utf-8", "replace").strip()


def decode_parameters(
    raw: bytes, findings: Findings, *, where: str = ""
) -> tuple[str, dict[str, str]]:
    """Decode `value; name=value …`."""
    value, *rest = decode_words(raw, findings, where=where).split(";")
    pairs = (r.partition("=") for r in rest)
    return value.strip().lower(), {n.strip().lower(): v.strip(' "') for n, _, v in pairs}


def decode_addresses(
    raw: bytes, findings: Findings, *, where: str = ""
) -> list[tuple[str, str]]:
    """Decode an address list into (display, addr-spec)."""
    return [("", a.strip()) for a in decode_words(raw, findings, where=where).split(",")]


def parse_date(raw: bytes) -> str:
    """Normalize a date, or "" when it cannot be parsed."""
    return decode_words(raw, Findings())


def message_ids(raw: bytes) -> list[str]:
    """Each `<…>`."""
    return raw.decode("ascii", "replace").split()
