"""Cleaned trees and items made by hand, for what needs no sandbox."""

from gateway.sandbox.memory import SealedBytes
from gateway.store.intake import Envelope
from gateway.store.work import ClaimedItem
from gateway.worker.assemble import Site
from gateway.worker.pipeline import MAIL, CleanedPart, withheld
from sanitizers.model import Method, Outcome, Split

SITE = Site(
    hostname="mx.city.example.jp", public_url="https://portal.city.example.jp", hops_key=b"k"
)
ITEM_ID = "01JD000000000000TEST"


def claimed(*recipients, sender="taro@sender.example", attempts=1, **envelope):
    recipients = recipients or ("hanako@city.example.jp",)
    said = {
        "client": "192.0.2.1",
        "helo": "mail.sender.example",
        "tls": True,
        "smtputf8": False,
        "received_at": 1_795_420_800_000_000,
    } | envelope
    return ClaimedItem(
        id=ITEM_ID,
        version=1,
        attempts=attempts,
        kind="mail",
        envelope=Envelope(sender=sender, recipients=recipients, **said),
        size=100,
        received_at=said["received_at"],
        deliveries=tuple(enumerate(recipients, start=1)),
    )


def leaf(name="図.png", data=b"picture", media_type="image/png", findings=()):
    return CleanedPart(
        name=name,
        media_type=media_type,
        outcome=Outcome.CLEAN,
        method=Method.SANITIZE,
        findings=tuple(findings),
        output=SealedBytes.of(data),
    )


def missing(name, code, media_type="application/x-unknown"):
    return withheld(name, media_type, code)


def mail(*members, headers=None, text="本文です。\n", findings=(), facts=None, name="mail.eml"):
    clean = all(m.outcome is Outcome.CLEAN for m in members)
    if headers is None:
        headers = (
            ("From", "太郎\ttaro@sender.example"),
            ("Subject", "件名"),
            ("Date", "Mon, 23 Nov 2026 08:00:00 +0900"),
            ("Message-ID", "<1@sender.example>"),
        )
    return CleanedPart(
        name=name,
        media_type=MAIL,
        outcome=Outcome.CLEAN if clean else Outcome.PARTIAL,
        method=Method.TEXT,
        findings=tuple(findings),
        members=list(members),
        split=Split(headers=headers, text=text, facts=facts or {}),
    )
