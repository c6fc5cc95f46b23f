"""Health, as it is read from a real store: each colour has its cause."""

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import insert, text, update

from gateway.config import Config
from gateway.ops import health
from gateway.store import schema
from gateway.store.engine import Database
from gateway.store.ids import now_us
from gateway.store.intake import Envelope, Intake
from gateway.store.tables import deliveries, items, processes
from gateway.store.view import View

LOCKED = {"text": {"landlock_abi": 4, "network_namespace": True, "unprivileged": True}}


class Bench:
    def __init__(self, data_dir, **more):
        self.config = Config.model_validate({"data_dir": data_dir, **more})
        data_dir.mkdir(mode=0o700)
        schema.prepare(self.config)
        self.view = View.open(self.config)
        self.database = Database.open(self.config, actor="ops")

    def close(self):
        self.view.close()
        self.database.close()

    def change(self, statement):
        asyncio.run(self.database.write(lambda c: c.execute(statement)))

    def beat(self, role, *, age=0.0, pid=1, **detail):
        if role == "worker":
            detail = {"canary": "", "canary_at": now_us(), "locks": LOCKED} | detail
        row = {
            "instance": f"{role}:test:{pid}:1",
            "role": role,
            "node": "test",
            "pid": pid,
            "started_at": 0,
            "seen_at": now_us() - int(age * 1e6),
            "detail": json.dumps(detail),
        }
        self.change(insert(processes).values(row))

    def all_alive(self):
        for role in ("internet", "worker", "lgwan"):
            self.beat(role)

    def receive(self, recipients=("a@city.example.jp",)):
        async def go():
            intake = Intake.open(self.config)
            spool = intake.spool()
            spool.write(b"Subject: x\r\n\r\n")
            envelope = Envelope("s@x.example", recipients, "::1", "h", False, False, now_us())
            try:
                return await intake.accept(spool, envelope)
            finally:
                intake.close()

        return asyncio.run(go())

    def status(self, component):
        found = {c.component: c for c in health.examine(self.config, self.view)}
        return found[component].status

    def sentence(self, component):
        found = {c.component: c for c in health.examine(self.config, self.view)}
        return found[component].sentence


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "data", smtp={"min_free_disk": 1})
    yield made
    made.close()


def test_a_running_gateway_is_green_but_for_the_separation(bench):
    bench.all_alive()
    components = health.examine(bench.config, bench.view)
    assert {c.component for c in components if c.status != "green"} == {"separation"}
    assert health.overall(components) == "yellow"
    assert all(c.sentence for c in components)


def test_nothing_alive_is_red(bench):
    for component in ("receivers", "workers", "sandbox", "next_hop"):
        assert bench.status(component) == "red"
    assert health.overall(health.examine(bench.config, bench.view)) == "red"


def test_a_process_that_has_been_silent_is_not_alive(bench):
    bench.beat("internet", age=health.ALIVE_SECONDS + 1)
    bench.beat("worker", age=health.ALIVE_SECONDS - 5)
    assert bench.status("receivers") == "red"
    assert bench.status("workers") == "green"


def test_fewer_processes_than_wanted_are_yellow(tmp_path):
    bench = Bench(tmp_path / "data", workers={"processes": 2})
    bench.beat("worker")
    assert bench.status("workers") == "yellow"
    bench.beat("worker", pid=2)
    assert bench.status("workers") == "green"
    bench.close()


def test_a_failed_canary_is_red_with_its_reason(bench):
    bench.beat("worker", canary="the canary mail kept its trap")
    assert (bench.status("sandbox"), bench.sentence("sandbox")) == (
        "red",
        "the canary mail kept its trap",
    )


def test_one_bad_worker_among_good_ones_is_red(bench):
    bench.beat("worker")
    bench.beat("worker", pid=2, canary="broken")
    assert bench.status("sandbox") == "red"


def test_a_canary_older_than_a_minute_is_red(bench):
    bench.beat("worker", canary_at=now_us() - int((health.CANARY_SECONDS + 1) * 1e6))
    assert bench.status("sandbox") == "red"


def test_a_worker_that_says_nothing_of_its_canary_is_red(bench):
    row = {"instance": "worker:t:1:1", "role": "worker", "node": "t", "pid": 1}
    row |= {"started_at": 0, "seen_at": now_us(), "detail": "{}"}
    bench.change(insert(processes).values(row))
    assert bench.status("sandbox") == "red"


def test_a_missing_network_namespace_is_yellow(bench):
    bench.beat("worker", locks={"text": {"network_namespace": False}})
    assert bench.status("sandbox") == "yellow"


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (0, "green"),
        (health.QUEUE_YELLOW_SECONDS + 5, "yellow"),
        (health.QUEUE_RED_SECONDS + 5, "red"),
    ],
)
def test_the_age_of_the_oldest_uncleaned_mail_counts(bench, age, status):
    bench.receive()
    bench.change(update(items).values(received_at=now_us() - int(age * 1e6)))
    assert bench.status("queue") == status
    assert "1 waiting" in bench.sentence("queue")


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (0, "green"),
        (health.SEND_YELLOW_SECONDS + 5, "yellow"),
        (health.SEND_RED_SECONDS + 5, "red"),
    ],
)
def test_the_age_of_the_oldest_unsent_mail_counts(bench, age, status):
    bench.receive()
    values = {"state": "ready", "created_at": now_us() - int(age * 1e6)}
    bench.change(update(deliveries).values(values))
    assert bench.status("outgoing") == status


def test_a_next_hop_that_refuses_is_red(bench):
    bench.beat("lgwan", last_error="connection refused")
    assert bench.status("next_hop") == "red"
    assert "connection refused" in bench.sentence("next_hop")


def test_a_next_hop_that_was_reached_is_green(bench):
    bench.beat("lgwan", last_contact=now_us(), last_error="")
    assert bench.status("next_hop") == "green"


def test_a_full_disk_is_red(tmp_path):
    bench = Bench(tmp_path / "data", smtp={"min_free_disk": 10**18})
    assert bench.status("disk") == "red"
    bench.close()


def test_a_store_that_cannot_be_read_is_red_and_says_so(bench):
    bench.change(text("DROP TABLE processes"))
    components = health.examine(bench.config, bench.view)
    assert [c.component for c in components] == ["store", "disk"]
    assert components[0].status == "red"
    assert "DROP" not in components[0].sentence


def certificate(path, days):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.example.jp")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.mark.parametrize(
    ("days", "status"), [(90, "green"), (20, "yellow"), (2, "red"), (-1, "red")]
)
def test_the_days_left_of_the_certificate_count(tmp_path, days, status):
    path = certificate(tmp_path / "cert.pem", days)
    bench = Bench(tmp_path / "data", smtp={"tls_cert": path})
    assert bench.status("certificate") == status
    bench.close()


def test_a_certificate_that_cannot_be_read_is_red(tmp_path):
    (tmp_path / "cert.pem").write_bytes(b"no certificate")
    for path in ("cert.pem", "absent.pem"):
        folder = tmp_path / path.partition(".")[0]
        bench = Bench(folder, smtp={"tls_cert": str(tmp_path / path)})
        assert bench.status("certificate") == "red"
        bench.close()


def test_without_components_the_whole_is_red():
    assert health.overall([]) == "red"


def test_a_certificate_that_could_not_be_renewed_is_red(tmp_path):
    for told, status in (("SSLError", "red"), ("", "green")):
        with closing(Bench(tmp_path / (told or "none"))) as bench:
            bench.beat("internet", certificate=told)
            assert bench.status("certificate") == status


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({}, "yellow"),
        ({"version": "ClamAV 1.4", "error": ""}, "green"),
        ({"version": "", "error": "TimeoutError", "required": False}, "yellow"),
        ({"version": "", "error": "TimeoutError", "required": True}, "red"),
    ],
)
def test_the_malware_scanner_is_red_only_where_a_scan_is_required(tmp_path, state, status):
    with closing(Bench(tmp_path / "data", scanner={"socket": "unix:/run/clamd.ctl"})) as bench:
        bench.beat("worker", scanner=state)
        assert bench.status("scanner") == status


def test_a_program_that_a_worker_lacks_is_yellow(bench):
    bench.beat("worker", tools={"libreoffice": True, "ffmpeg": True})
    assert bench.status("converters") == "green"
    bench.beat("worker", pid=2, tools={"libreoffice": False, "ffmpeg": True})
    assert bench.status("converters") == "yellow"


def test_a_missing_measuring_program_is_told_and_no_fault(bench):
    tools = {"libreoffice": True, "ffmpeg": True}
    bench.beat("worker", tools=tools, instruments={"pdftotext": True, "w3m": False})
    assert bench.status("converters") == "green"
    assert "without w3m" in bench.sentence("converters")
