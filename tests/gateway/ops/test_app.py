"""The operators' HTTP surface, over a real socket."""

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.ops import role
from tests.gateway.ops.test_health import Bench


class Served:
    """The ops role in a thread."""

    def __init__(self, config):
        self.base = f"http://{config.ops.listen}"
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._main, daemon=True)

    def _main(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(role.run(self._config, self._stop))
        self._loop.close()

    def start(self):
        self._thread.start()
        for _ in range(500):
            try:
                self.get("/livez")
                return
            except urllib.error.URLError:
                time.sleep(0.02)
        raise AssertionError("not serving")

    def stop(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def get(self, path):
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()


@pytest.fixture
def bench(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    made = Bench(tmp_path / "data", smtp={"min_free_disk": 1}, ops={"listen": f"127.0.0.1:{port}"})
    yield made
    made.close()


@pytest.fixture
def served(bench):
    server = Served(bench.config)
    server.start()
    yield server
    server.stop()


def test_a_living_process_says_ok(served):
    status, headers, body = served.get("/livez")
    assert (status, body) == (200, "ok\n")
    assert "server" not in headers


def test_not_ready_without_workers(bench, served):
    bench.beat("internet")
    bench.beat("lgwan")
    status, _, body = served.get("/readyz")
    assert (status, body) == (503, "not ready: workers, sandbox\n")


def test_ready_with_everything_alive(bench, served):
    bench.all_alive()
    assert served.get("/readyz")[0::2] == (200, "ok\n")


def test_a_dead_next_hop_does_not_stop_receiving(bench, served):
    bench.beat("internet")
    bench.beat("worker")
    bench.beat("lgwan", last_error="refused")
    assert served.get("/readyz")[0] == 200
    assert served.get("/healthz")[0] == 503


def test_health_is_json_by_component(bench, served):
    bench.all_alive()
    status, headers, body = served.get("/healthz")
    assert status == 200
    assert headers["content-type"] == "application/json"
    health = json.loads(body)
    assert health["status"] == "yellow"
    assert set(health["components"]) == {
        "store", "queue", "outgoing", "receivers", "workers", "sandbox", "next_hop",
        "separation", "scanner", "converters", "disk", "certificate",
    }  # fmt: skip
    for component in health["components"].values():
        assert component["status"] in ("green", "yellow", "red")
        assert component["sentence"]


def test_metrics_can_be_scraped(bench, served):
    bench.all_alive()
    bench.receive(("a@city.example.jp", "b@city.example.jp"))
    status, headers, body = served.get("/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    samples = {
        (s.name, *sorted(s.labels.values())): s.value
        for family in text_string_to_metric_families(body)
        for s in family.samples
    }
    assert samples["mugaika_queue", "items", "received"] == 1
    assert samples["mugaika_queue", "deliveries", "waiting"] == 2
    assert samples["mugaika_health", "separation"] == 1
    assert samples["mugaika_health", "workers"] == 0
    assert ("mugaika_oldest_seconds", "clean") in samples


def test_nothing_else_is_served(served):
    for path in ("/", "/docs", "/openapi.json", "/redoc", "/items"):
        assert served.get(path)[0] == 404
