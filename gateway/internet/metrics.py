"""Counters of the receiver (Prometheus)."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

SESSIONS: Final = Counter("mugaika_smtp_sessions", "SMTP connections, refused ones included")
OPEN: Final = Gauge(
    "mugaika_smtp_sessions_open", "SMTP sessions open now", multiprocess_mode="livesum"
)
ACCEPTED: Final = Counter("mugaika_smtp_accepted", "Mails accepted (250 after DATA)")
BYTES: Final = Counter("mugaika_smtp_accepted_bytes", "Content bytes of accepted mails")
# `code` is a reply code with its enhanced code; the set is replies.py, so it is bounded.
REFUSED: Final = Counter("mugaika_smtp_refused", "4xx and 5xx replies by code", ["code"])
