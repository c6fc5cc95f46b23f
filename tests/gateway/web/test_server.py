"""The listener over real sockets and TLS: nobody holds it up, nobody goes round the proxy."""

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import threading
import time

import pytest
from cryptography.hazmat.primitives import serialization
from fastapi.responses import StreamingResponse
from structlog.testing import CapturingLogger

from gateway.config import Internet
from gateway.web import application, edge, problems, server
from gateway.web.tls import Certificate, server_context
from tests.gateway.internet.harness import make_certificate
from tests.gateway.web.harness import PASSWORD, WAIT, sides

UNCHECKED = ssl.create_default_context()
UNCHECKED.check_hostname = False
UNCHECKED.verify_mode = ssl.CERT_NONE
PIECES = 800  # of 64 kB: more than all buffers between two sockets hold


def connect(both, **options):
    host, _, port = both.config.internet.listen.partition(":")
    return socket.create_connection((host, int(port)), timeout=WAIT, **options)


def ends(sock) -> bool:
    """Whether the other side closes, gracefully or not."""
    try:
        while sock.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


def silent_end(sock) -> bool:
    """Whether the other side closes without a word."""
    try:
        return sock.recv(100) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("origin", ["http://[", "null", "https://", "//x", "http://a@127.0.0.1"])
def test_a_foreign_or_broken_origin_is_403(both, origin):
    with both.client("internet", None, headers={"Origin": origin}) as client:
        body = {"name": "tanaka", "password": PASSWORD}
        assert client.post("/api/v1/session", json=body).status_code == 403


@pytest.mark.parametrize("host", ["[", "]", "[::1", "127.0.0.1:x", "a@127.0.0.1", "½", "a b"])
def test_a_broken_host_is_400(both, host):
    with connect(both) as sock:
        sock.sendall(f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1"))
        assert sock.recv(12) == b"HTTP/1.1 400"


def test_a_huge_body_is_refused_before_it_is_read(both):
    with connect(both) as sock:
        host = both.config.internet.listen
        sock.sendall(
            f"POST /api/v1/session HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9999999999\r\n"
            "Content-Type: application/json\r\n\r\n".encode()
        )
        assert sock.recv(12) == b"HTTP/1.1 413"
        assert ends(sock)


@pytest.mark.parametrize("rate", [False, True])
def test_a_slow_body_is_cut_without_an_answer_and_without_a_fault(
    tmp_path, monkeypatch, capsys, rate
):
    """Clients of resumable uploads go on after a lost connection, and give up after a refusal."""
    # Loggers keep the output that they first wrote to: heard at the source.
    logged = CapturingLogger()
    monkeypatch.setattr(problems, "log", logged)
    if rate:
        monkeypatch.setattr(edge, "GRACE_SECONDS", 0.0)
        monkeypatch.setattr(edge, "MIN_BODY_RATE", 10.0**12)
    else:
        monkeypatch.setattr(edge, "IDLE_BODY_SECONDS", 0.3)
    with sides(tmp_path / "data") as both, connect(both) as sock:
        sock.sendall(
            f"POST /api/v1/uploads HTTP/1.1\r\nHost: {both.config.internet.listen}\r\n"
            f"Authorization: Bearer {both.tokens['tanaka', 'internet']}\r\nContent-Length: 999\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n".encode()
        )
        assert silent_end(sock)
    told = capsys.readouterr()
    assert [call.args[0] for call in logged.calls] == ["http.body_cut"]
    assert "Traceback" not in told.out + told.err


def test_a_handshake_that_never_comes_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "HANDSHAKE_SECONDS", 0.3)
    with sides(tmp_path / "data", internet=make_certificate(tmp_path)) as both:
        with connect(both) as sock:
            assert ends(sock)
        with connect(both) as sock:
            sock.sendall(b"\x16\x03\x01")
            assert ends(sock)


@contextlib.contextmanager
def asking_for_much(tmp_path, monkeypatch, *, secure=False, head=""):
    """A connection that has asked for more than fits between two sockets; and the counter."""
    make = application.make

    def with_much(**options):
        app = make(**options)
        app.add_api_route("/much", lambda: StreamingResponse(iter([bytes(65_536)] * PIECES)))
        return app

    monkeypatch.setattr(application, "make", with_much)
    certificate = make_certificate(tmp_path) if secure else {}
    with sides(tmp_path / "data", internet=certificate) as both:
        plain = connect(both)
        with UNCHECKED.wrap_socket(plain) if secure else plain as sock:
            host = both.config.internet.listen
            sock.sendall(f"GET /much HTTP/1.1\r\nHost: {host}\r\n{head}\r\n".encode())
            open_from = both.internet.server._config.http_protocol_class.open_from
            until(lambda: open_from)
            yield sock, open_from


def until(true):
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("secure", [False, True])
def test_an_answer_that_nobody_reads_is_cut(tmp_path, monkeypatch, secure):
    monkeypatch.setattr(server, "UNREAD_SECONDS", 0.5)
    with asking_for_much(tmp_path, monkeypatch, secure=secure) as (_, open_from):
        until(lambda: not open_from)


def test_an_answer_that_is_read_slowly_comes_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "UNREAD_SECONDS", 0.3)
    with asking_for_much(tmp_path, monkeypatch, head="Connection: close\r\n") as (sock, _):
        taken = 0
        while piece := sock.recv(2_000_000):
            taken += len(piece)
            time.sleep(0.02)
        assert taken > PIECES * 65_536


@pytest.mark.parametrize(("trusted", "answers"), [("10.0.0.0/8", False), ("127.0.0.0/8", True)])
def test_nobody_goes_round_the_proxy_in_plain_text(tmp_path, monkeypatch, trusted, answers):
    """Beyond loopback, that is: this machine's own health checks may."""
    with sides(tmp_path / "data", internet={"trusted_proxies": (trusted,)}) as both:
        ask = f"GET /livez HTTP/1.1\r\nHost: {both.config.internet.listen}\r\n\r\n".encode()
        with connect(both) as sock:
            sock.sendall(ask)
            assert sock.recv(12) == b"HTTP/1.1 200"
        monkeypatch.setattr(server, "is_loopback", lambda host: False)
        with connect(both) as sock:
            with contextlib.suppress(ConnectionError):
                sock.sendall(ask)
            if answers:
                assert sock.recv(12) == b"HTTP/1.1 200"
            else:
                assert ends(sock)


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["203.0.113.1, 198.51.100.7, 127.0.0.1"], "198.51.100.7"),
        (["203.0.113.1", "198.51.100.7", "127.0.0.1"], "198.51.100.7"),
        (["198.51.100.7, <script>"], "127.0.0.1"),
        (["198.51.100.7, unknown, 127.0.0.2"], "127.0.0.2"),
        (["[2001:db8::1]"], "2001:db8::1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_added(fields, client):
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)

    wrapped = edge.Edge(app, Internet(trusted_proxies=("127.0.0.0/8",)))
    headers = [(b"host", b"127.0.0.1"), *((b"x-forwarded-for", f.encode()) for f in fields)]
    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 1), "headers": headers}
    asyncio.run(wrapped(scope, None, None))
    assert seen["client"][0] == client


@pytest.mark.parametrize(
    "url", ["gateway.example.jp", "ftp://a", "https://", "https://a/b", "https://u@a", "http://["]
)
def test_a_public_url_that_is_none_is_refused_at_start(url):
    [problem] = server.check_listener("internet", Internet(public_url=url))
    assert problem.startswith("[internet] public_url")


def test_under_tls_the_cookie_belongs_to_this_host_alone(tmp_path):
    with (
        sides(tmp_path / "data", internet=make_certificate(tmp_path)) as both,
        both.client("internet", None, verify=False) as client,
    ):
        credentials = {"name": "tanaka", "password": PASSWORD}
        answer = client.post("/api/v1/session", json=credentials)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-mugaika_session=")
        flags = cookie.lower().split("; ")
        assert {"secure", "httponly", "path=/", "samesite=strict"} <= set(flags)
        assert not [flag for flag in flags if flag.startswith("domain")]
        assert client.get("/api/v1/session").status_code == 200


def encrypt(key_file: str) -> None:
    """Lock a key file with a password."""
    with open(key_file, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with open(key_file, "wb") as file:
        file.write(locked)


def test_an_encrypted_key_is_refused_and_asks_nobody(tmp_path):
    files = make_certificate(tmp_path)
    encrypt(files["tls_key"])
    [problem] = server.check_listener("internet", Internet(**files))
    assert problem.startswith("[internet] tls_cert, tls_key")


def test_one_file_may_hold_certificate_and_key(tmp_path):
    files = make_certificate(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join((tmp_path / n).read_bytes() for n in ("key.pem", "cert.pem")))
    assert server.check_listener("internet", Internet(tls_cert=str(both))) == []
    assert server.check_listener("internet", Internet(tls_cert=files["tls_cert"])) != []


def handshake(certificate: Certificate, **options) -> bytes:
    """The certificate that a new connection is shown, as DER."""
    ours, theirs = socket.socketpair()

    def serve():
        with certificate.context.wrap_socket(ours, server_side=True) as sock:
            sock.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for name, value in options.items():
        setattr(client, name, value)
    try:
        with client.wrap_socket(theirs) as sock:
            shown = sock.getpeercert(binary_form=True)
            sock.sendall(b"x")
    finally:
        thread.join(WAIT)
    return shown


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_pair_of_files_is_used_whole_or_not_at_all(tmp_path, version):
    files = make_certificate(tmp_path)
    (tmp_path / "new").mkdir()
    new = make_certificate(tmp_path / "new")
    certificate = Certificate(files["tls_cert"], files["tls_key"])

    def shown():
        return handshake(certificate, maximum_version=version, minimum_version=version)

    first = shown()
    certificate.look()
    assert shown() == first
    shutil.copy(new["tls_cert"], files["tls_cert"])  # half of it
    certificate.look()
    assert files["tls_cert"] in certificate.problem
    assert shown() == first
    shutil.copy(new["tls_key"], files["tls_key"])
    certificate.look()
    assert certificate.problem == ""
    second = shown()
    assert second != first
    os.unlink(files["tls_key"])
    certificate.look()
    assert certificate.problem
    assert shown() == second


def test_tls_before_1_2_is_not_spoken(tmp_path):
    files = make_certificate(tmp_path)
    context = server_context(files["tls_cert"], files["tls_key"])
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
