"""The item as both sides' APIs show it (a public contract): state, parts, findings, reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.store.itemview import ItemView, PartView
from sanitizers.reasons import REASONS, ReasonCode

State = Literal[
    "received", "processing", "held", "ready", "delivered", "bounced", "rejected", "expired"
]
Outcome = Literal["clean", "partial", "withheld", "locked", "failed"]
Method = Literal["text", "image_pdf", "sanitize", "visual_check", "none"]
ItemId = Annotated[
    str, Field(pattern=r"^[0-9a-hjkmnp-tv-z]{20}$", examples=["01k8v0q6p3zt9d4x7b2m"])
]

#: After these nothing changes any more: event streams end.
FINAL_STATES: Final = frozenset({"delivered", "bounced", "rejected", "expired"})

_EXAMPLE_PART: Final[dict[str, Any]] = {
    "n": 0,
    "parent": None,
    "name": "見積書.xlsx",
    "media_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "outcome": "clean",
    "method": "sanitize",
    "findings": [{"kind": "macro", "action": "removed", "count": 1, "where": "", "sha256": None}],
    "reason": None,
    "size": 18234,
    "fetchable": True,
    "fidelity": {
        "text": 1.0,
        "order": 1.0,
        "picture": 0.9991,
        "picture_least": 0.9987,
        "pages": [2, 2],
        "links": None,
        "size": 0.8903,
        "opened": True,
    },
}
EXAMPLE_ITEM: Final[dict[str, Any]] = {
    "id": "01k8v0q6p3zt9d4x7b2m",
    "kind": "upload",
    "state": "ready",
    "outcome": "clean",
    "received_at": "2026-04-01T00:15:30.250000Z",
    "subject": "見積書.xlsx",
    "sender": "tanaka@example.jp",
    "note": "4月分です",
    "size": 20480,
    "recipients": ["suzuki@example.jp"],
    "hold": None,
    "parts": [_EXAMPLE_PART],
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FindingModel(_Model):
    """One kind of thing removed, neutralized, converted or noticed."""

    kind: str
    action: Literal["removed", "neutralized", "converted", "noted"]
    count: int
    where: str
    sha256: str | None


class ReasonModel(_Model):
    """Why a part does not cross, for staff (`ja`) and operators (`en`)."""

    code: str
    ja: str
    en: str


class FidelityModel(_Model):
    """How much of a part its cleaned file keeps; null where there is nothing to tell by."""

    text: float | None = Field(description="share of its characters found again")
    order: float | None = Field(description="share of sequences that keep their order")
    picture: float | None = Field(description="SSIM of the page in the middle")
    picture_least: float | None = Field(description="SSIM of the worst page")
    pages: tuple[int, int] | None = Field(description="before and after")
    links: float | None = Field(description="share of its links that can be followed")
    size: float = Field(description="bytes after by bytes before")
    opened: bool | None = Field(description="another reader opens the cleaned file")


class PartModel(_Model):
    """One part of an item's tree, numbered in pre-order from 0."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_PART]})

    n: int
    parent: int | None
    name: str
    media_type: str
    outcome: Outcome
    method: Method
    findings: list[FindingModel]
    reason: ReasonModel | None
    size: int | None
    fetchable: bool  # its clean bytes can be fetched on the LGWAN side
    fidelity: FidelityModel | None = Field(description="where it was measured, by policy")


class ItemModel(_Model):
    """One accepted mail or upload."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ITEM]})

    id: ItemId
    kind: Literal["mail", "upload"]
    state: State
    outcome: Outcome | None
    received_at: str = Field(description="RFC 3339, UTC")
    subject: str
    sender: str
    note: str
    size: int = Field(description="bytes as received")
    recipients: list[str]
    hold: str | None = Field(description="what a held item waits for")
    parts: list[PartModel]


class PageModel(_Model):
    """Some items, the newest first, without their parts."""

    items: list[ItemModel]
    next: str | None = Field(description="cursor of the following page")


def item_model(view: ItemView) -> ItemModel:
    """The JSON shape of an item. `recipients` are those that the view may show."""
    return ItemModel.model_validate(
        {
            "id": view.id,
            "kind": view.kind,
            "state": view.state,
            "outcome": view.outcome,
            "received_at": rfc3339(view.received_at),
            "subject": view.subject,
            "sender": view.sender,
            "note": view.note,
            "size": view.size,
            "recipients": [delivery.recipient for delivery in view.deliveries],
            "hold": view.hold,
            "parts": [_part(part) for part in view.parts],
        }
    )


def rfc3339(at: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC."""
    moment = datetime.fromtimestamp(at / 1e6, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _part(part: PartView) -> dict[str, object]:
    reason = None
    if part.reason is not None:
        text = REASONS[ReasonCode(part.reason)]
        reason = {"code": part.reason, "ja": text.ja, "en": text.en}
    return {
        "n": part.n,
        "parent": part.parent,
        "name": part.name,
        "media_type": part.media_type,
        "outcome": part.outcome,
        "method": part.method,
        "findings": [dict(finding) for finding in part.findings],
        "reason": reason,
        "size": part.size,
        "fetchable": part.clean_key is not None,
        "fidelity": part.fidelity,
    }
