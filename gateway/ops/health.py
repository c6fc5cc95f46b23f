"""How the gateway is, component by component: green, yellow or red, and a sentence.

Reads heartbeats, counts and the disk; touches no content. Red means "mail does not cross
or may be at risk", yellow "works, but look at it".
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from cryptography import x509

from gateway.config import Config
from gateway.store.errors import StoreError
from gateway.store.ids import now_us
from gateway.store.presence import Process
from gateway.store.view import Depth, View

Status = Literal["green", "yellow", "red"]
_ORDER: Final = ("green", "yellow", "red")

ALIVE_SECONDS: Final = 20.0  # a heartbeat comes every five
CANARY_SECONDS: Final = 60.0
QUEUE_YELLOW_SECONDS: Final = 60.0  # a mail is cleaned in seconds: a minute is unusual
QUEUE_RED_SECONDS: Final = 900.0
SEND_YELLOW_SECONDS: Final = 120.0
SEND_RED_SECONDS: Final = 3600.0
CERTIFICATE_YELLOW_DAYS: Final = 21
CERTIFICATE_RED_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Component:
    """One line of the health page."""

    component: str
    status: Status
    sentence: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read from the store at one moment."""

    depth: Depth
    processes: list[Process]


def overall(components: list[Component]) -> Status:
    """The worst of all."""
    return max((c.status for c in components), key=_ORDER.index, default="red")


def examine(config: Config, view: View) -> list[Component]:
    """All components; a store that cannot be read is red and ends the list early."""
    try:
        snapshot = Snapshot(view.depth(), view.processes())
    except StoreError as error:
        return [
            Component("store", "red", f"the store cannot be read ({error.code})"),
            _disk(config),
        ]
    checks: list[Callable[[Config, Snapshot], Component]] = [
        _store, _queue, _outgoing, _receivers, _workers, _sandbox, _relay, _separation, _scanner,
        _converters,
    ]  # fmt: skip
    found = [check(config, snapshot) for check in checks]
    return [*found, _disk(config), _certificate(config, snapshot)]


def _alive(snapshot: Snapshot, role: str) -> list[Process]:
    oldest = now_us() - int(ALIVE_SECONDS * 1e6)
    return [p for p in snapshot.processes if p.role == role and p.seen_at >= oldest]


def _store(_config: Config, snapshot: Snapshot) -> Component:
    items = sum(snapshot.depth.items.values())
    return Component("store", "green", f"readable; {items} items have not ended")


def _queue(_config: Config, snapshot: Snapshot) -> Component:
    age = snapshot.depth.oldest_to_clean
    waiting = snapshot.depth.items["received"] + snapshot.depth.items["processing"]
    status = _by_age(age, QUEUE_YELLOW_SECONDS, QUEUE_RED_SECONDS)
    return Component("queue", status, f"{waiting} waiting to be cleaned, oldest {age:.0f} s")


def _outgoing(_config: Config, snapshot: Snapshot) -> Component:
    age = snapshot.depth.oldest_to_send
    waiting = snapshot.depth.deliveries["ready"] + snapshot.depth.deliveries["sending"]
    status = _by_age(age, SEND_YELLOW_SECONDS, SEND_RED_SECONDS)
    return Component("outgoing", status, f"{waiting} waiting for the next hop, oldest {age:.0f} s")


def _by_age(age: float, yellow: float, red: float) -> Status:
    return "red" if age >= red else "yellow" if age >= yellow else "green"


def _receivers(config: Config, snapshot: Snapshot) -> Component:
    return _count("receivers", len(_alive(snapshot, "internet")), config.smtp.processes)


def _workers(config: Config, snapshot: Snapshot) -> Component:
    return _count("workers", len(_alive(snapshot, "worker")), config.workers.processes)


def _count(name: str, alive: int, wanted: int) -> Component:
    status: Status = "green" if alive >= wanted else "yellow" if alive else "red"
    return Component(name, status, f"{alive} of {wanted} processes alive")


def _sandbox(_config: Config, snapshot: Snapshot) -> Component:
    workers = _alive(snapshot, "worker")
    if not workers:
        return Component("sandbox", "red", "no worker is alive")
    oldest = now_us() - int(CANARY_SECONDS * 1e6)
    for process in workers:
        if why := process.detail.get("canary", "unknown"):
            return Component("sandbox", "red", str(why))
        if int(process.detail.get("canary_at", 0)) < oldest:
            return Component("sandbox", "red", "no canary file was cleaned in the last minute")
    locks: dict[str, Any] = workers[0].detail.get("locks", {})
    if not all(lock.get("network_namespace") for lock in locks.values()):
        return Component(
            "sandbox", "yellow", "works; no network namespace here (seccomp denies the network)"
        )
    return Component("sandbox", "green", "a canary file was cleaned within the last minute")


def _relay(config: Config, snapshot: Snapshot) -> Component:
    relays = _alive(snapshot, "lgwan")
    if not relays:
        return Component("next_hop", "red", "the relay is not alive")
    detail = relays[0].detail
    hop = config.relay.next_hop
    if detail.get("last_error"):
        return Component("next_hop", "red", f"{hop}: {detail['last_error']}")
    if not detail.get("last_contact"):
        return Component("next_hop", "green", f"{hop}: not needed yet")
    return Component("next_hop", "green", f"{hop}: the last connection worked")


def _scanner(config: Config, snapshot: Snapshot) -> Component:
    if not config.scanner.socket:
        return Component("scanner", "green", "no malware scanner is configured")
    states = [p.detail.get("scanner") or {} for p in _alive(snapshot, "worker")]
    if not all(states) or not states:
        return Component("scanner", "yellow", "no worker has asked the malware scanner yet")
    for state in states:
        if state.get("error"):
            status: Status = "red" if state.get("required") else "yellow"
            what = "what needs a scan is held" if state.get("required") else "nothing is scanned"
            return Component("scanner", status, f"does not answer ({state['error']}); {what}")
    return Component("scanner", "green", str(states[0].get("version", "")))


def _converters(_config: Config, snapshot: Snapshot) -> Component:
    """Programs that some formats need: without one they are withheld, the rest crosses.

    Without one that fidelity is measured with, cleaned files have no score.
    """
    told = [p.detail["tools"] for p in _alive(snapshot, "worker") if p.detail.get("tools")]
    if not told:
        return Component("converters", "green", "no worker has said yet which programs it has")
    missing = sorted({name for tools in told for name, there in tools.items() if not there})
    if missing:
        names = ", ".join(missing)
        return Component(
            "converters", "yellow", f"{names} not installed: formats that need it are withheld"
        )
    present = sorted(told[0])
    measuring = [p.detail.get("instruments") or {} for p in _alive(snapshot, "worker")]
    blind = sorted({name for found in measuring for name, there in found.items() if not there})
    if blind:
        present.append(f"without {', '.join(blind)} the fidelity of some files is not measured")
    return Component("converters", "green", ", ".join(present))


def _separation(_config: Config, _snapshot: Snapshot) -> Component:
    return Component(
        "separation",
        "yellow",
        "one machine with SQLite: the segments are separated by process and code only",
    )


def _disk(config: Config) -> Component:
    try:
        disk = os.statvfs(config.data_dir)
    except OSError as error:
        return Component("disk", "red", f"{config.data_dir}: {error.strerror}")
    free = disk.f_bavail * disk.f_frsize
    mark = config.smtp.min_free_disk
    status: Status = "red" if free < mark else "yellow" if free < 3 * mark else "green"
    return Component(
        "disk", status, f"{free / 1e9:.1f} GB free; under {mark / 1e9:.1f} GB mail is deferred"
    )


def _certificate(config: Config, snapshot: Snapshot) -> Component:
    """The certificate that ends first, of all listeners; or one that could not be renewed."""
    for role in ("internet", "lgwan"):
        for process in _alive(snapshot, role):
            if why := process.detail.get("certificate"):
                sentence = f"the renewed files of {role} cannot be used ({why}); the old one serves"
                return Component("certificate", "red", sentence)
    paths = dict.fromkeys(
        path for path in (config.smtp.tls_cert, config.internet.tls_cert, config.lgwan.tls_cert)
        if path
    )  # fmt: skip
    if not paths:
        return Component("certificate", "green", "no certificate configured")
    return max((_one_certificate(path) for path in paths), key=lambda c: _ORDER.index(c.status))


def _one_certificate(path: str) -> Component:
    try:
        certificate = x509.load_pem_x509_certificate(Path(path).read_bytes())
    except (OSError, ValueError):
        return Component("certificate", "red", f"{path} cannot be read")
    days = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    status: Status = (
        "red" if days < CERTIFICATE_RED_DAYS
        else "yellow" if days < CERTIFICATE_YELLOW_DAYS else "green"
    )  # fmt: skip
    return Component("certificate", status, f"{path}: {days} days left")
