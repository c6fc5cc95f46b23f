"""The edge of a listener: host names, proxies, headers, slow clients, certificates."""

import os
import socket
import ssl
import time

import httpx
import pytest
from cryptography import x509

from gateway.config import Internet
from gateway.internet import api
from gateway.web import edge, server
from tests.gateway.internet.harness import make_certificate
from tests.gateway.store.harness import rows
from tests.gateway.web.harness import WAIT, sides, upload


def talk(both, text: str, *, until: float = WAIT) -> bytes:
    host, _, port = both.config.internet.listen.partition(":")
    with socket.create_connection((host, int(port)), timeout=until) as sock:
        sock.sendall(text.encode())
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := sock.recv(65_536):
            answer += piece
        return answer


def test_every_answer_carries_the_security_headers_and_no_server_name(both):
    with both.client("internet", None) as client:
        for path in ("/", "/livez", "/static/base.css", "/api/v1/items", "/nowhere"):
            headers = client.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"])
def test_another_host_name_is_refused(both, host):
    answer = talk(both, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


def test_garbage_is_answered_and_survived(both):
    for text in ("\x00\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9\r\n\r\n", "A" * 100_000):
        answer = talk(both, text)
        assert answer[:12] in (b"HTTP/1.1 400", b"")
    with both.client("internet", None) as client:
        assert client.get("/livez").status_code == 200


def test_a_head_that_never_ends_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.3)
    with sides(tmp_path / "data") as both:
        host, _, port = both.config.internet.listen.partition(":")
        with socket.create_connection((host, int(port)), timeout=WAIT) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: ")
            assert sock.recv(100) == b""
        with socket.create_connection((host, int(port)), timeout=WAIT) as sock:
            sock.sendall(f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            while b"ok\n" not in sock.recv(65_536):
                pass
            sock.sendall(b"GET /")
            assert sock.recv(100) == b""


def test_a_body_that_stands_still_is_cut_and_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(edge, "IDLE_BODY_SECONDS", 0.3)
    with sides(tmp_path / "data") as both:
        host, _, port = both.config.internet.listen.partition(":")
        head = (
            f"POST /api/v1/uploads HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n"
            f"Authorization: Bearer {both.tokens['tanaka', 'internet']}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=WAIT) as sock:
            sock.sendall(head.encode())
            began = time.monotonic()
            while sock.recv(65_536):
                pass
            assert time.monotonic() - began < WAIT
        with both.client("internet") as client:
            assert client.get("/livez").status_code == 200


def test_one_address_has_only_so_many_connections(tmp_path):
    internet = {"max_connections_per_address": 3}
    with sides(tmp_path / "data", internet=internet) as both:
        host, _, port = both.config.internet.listen.partition(":")
        open_ = [socket.create_connection((host, int(port)), timeout=WAIT) for _ in range(3)]
        time.sleep(0.2)
        with socket.create_connection((host, int(port)), timeout=WAIT) as fourth:
            assert fourth.recv(10) == b""
        for sock in open_:
            sock.close()
        time.sleep(0.2)
        with both.client("internet", None) as client:
            assert client.get("/livez").status_code == 200


def test_forwarded_headers_are_believed_from_trusted_proxies_only(tmp_path):
    shown = {"X-Forwarded-For": "198.51.100.7, 127.0.0.1", "X-Forwarded-Proto": "https"}
    for trusted, expected in (((), "127.0.0.1"), (("127.0.0.0/8",), "198.51.100.7")):
        folder = tmp_path / str(len(trusted))
        with sides(folder, internet={"trusted_proxies": trusted}) as both:
            with both.client("internet", headers=shown) as client:
                answer = client.post("/api/v1/uploads", files={"file": ("a", b"x")})
                assert answer.status_code == 202
                assert ("strict-transport-security" in answer.headers) is bool(trusted)
            assert rows(both.config, "select client, tls from items") == [
                (expected, int(bool(trusted)))
            ]


@pytest.mark.parametrize(
    ("web", "key"),
    [
        ({"listen": "0.0.0.0:8080"}, "listen"),
        ({"listen": "nonsense"}, "listen"),
        ({"listen": "127.0.0.1:99999"}, "listen"),
        ({"trusted_proxies": ("proxy",)}, "trusted_proxies"),
        ({"tls_cert": "missing.pem"}, "tls_cert"),
        ({"tls_key": "missing.pem"}, "tls_cert"),
    ],
)
def test_an_unsafe_or_impossible_listener_is_refused_with_its_key(web, key):
    [problem] = server.check_listener("internet", Internet(**web))
    assert problem.startswith(f"[internet] {key}")


def test_beyond_loopback_a_proxy_or_tls_is_enough(tmp_path):
    beyond = {"listen": "0.0.0.0:8080"}
    assert (
        server.check_listener("internet", Internet(**beyond, trusted_proxies=("10.0.0.0/8",))) == []
    )
    assert server.check_listener("internet", Internet(**beyond, **make_certificate(tmp_path))) == []


def serial(both) -> int:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, _, port = both.config.internet.listen.partition(":")
    with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain) as sock:
        return x509.load_der_x509_certificate(sock.getpeercert(binary_form=True)).serial_number


def test_a_renewed_certificate_is_used_at_once_and_a_bad_one_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.05)
    paths = make_certificate(tmp_path)
    url = {"public_url": "https://127.0.0.1"}
    with sides(tmp_path / "data", internet={**paths, **url}) as both:
        first = serial(both)
        with both.client("internet", verify=False) as kept:
            answer = kept.post("/api/v1/uploads", files={"file": ("a", b"x")})
            assert answer.status_code == 202
            assert "strict-transport-security" in answer.headers
            (tmp_path / "new").mkdir()
            new = make_certificate(tmp_path / "new")
            for key in ("tls_cert", "tls_key"):
                os.replace(new[key], paths[key])
            end = time.monotonic() + WAIT
            while serial(both) == first and time.monotonic() < end:
                time.sleep(0.05)
            second = serial(both)
            assert second != first
            assert kept.get("/livez").status_code == 200
        with open(paths["tls_cert"], "w") as file:
            file.write("not a certificate")
        while not both.internet.server.certificate_problem and time.monotonic() < end:
            time.sleep(0.05)
        assert both.internet.server.certificate_problem
        assert serial(both) == second


def test_plain_http_on_a_tls_listener_gets_nothing(tmp_path):
    with (
        sides(tmp_path / "data", internet=make_certificate(tmp_path)) as both,
        pytest.raises(httpx.HTTPError),
    ):
        httpx.get(f"http://{both.config.internet.listen}/livez", timeout=WAIT)


def test_a_quiet_event_stream_outlives_the_patience_for_bodies(tmp_path, monkeypatch):
    monkeypatch.setattr(edge, "IDLE_BODY_SECONDS", 0.2)
    monkeypatch.setattr(api, "BEAT_SECONDS", 0.3)
    with sides(tmp_path / "data") as both, both.client("internet") as client:
        item_id = upload(client, ("a", b"x"))
        beats = 0
        with client.stream("GET", f"/api/v1/items/{item_id}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            for line in events.iter_lines():
                beats += line == ": beat"
                if beats == 3:
                    break
        assert beats == 3
