"""What the relay counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

deliveries: Final = Counter("mugaika_deliveries", "Delivery attempts by result", ["result"])
connections: Final = Counter("mugaika_relay_connections", "Connections to the next hop", ["result"])
next_hop_up: Final = Gauge(
    "mugaika_next_hop_up", "1 when the last connection worked", multiprocess_mode="livemostrecent"
)
