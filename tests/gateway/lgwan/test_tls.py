"""STARTTLS to the next hop: what is promised is held, and a password never travels open."""

import contextlib
import ssl

import pytest
import uvloop
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.gateway.lgwan.harness import (
    Scripted,
    certificate,
    configured,
    free_port,
    relaying,
    settled,
    until,
)
from tests.gateway.store.harness import put_mails, rows

MAIL = b"Subject: clean\r\n\r\nbody\r\n"
PASSWORD = "correct-horse"


class Handler:
    def __init__(self):
        self.taken = []

    async def handle_DATA(self, _server, session, envelope):
        self.taken.append((session.ssl is not None, session.auth_data, envelope.content))
        return "250 taken"


@contextlib.contextmanager
def tls_peer(files, *, sign_in=False):
    """An aiosmtpd server with STARTTLS: yields (url, its handler)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    handler = Handler()

    def authenticator(_server, _session, _envelope, _mechanism, data):
        good = data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=False, auth_data=data.login if good else None)

    options = {"authenticator": authenticator, "auth_required": True} if sign_in else {}
    port = free_port()
    options["tls_context"] = context
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", handler
    finally:
        controller.stop()


def relay_once(config, state):
    async def go():
        async with relaying(config) as relay:
            await put_mails(config, MAIL)
            await settled(config, state)
            return relay.last_error

    return uvloop.run(go())


@pytest.fixture
def files(tmp_path):
    return certificate(tmp_path)


def test_required_tls_with_the_right_authority_delivers(tmp_path, files):
    with tls_peer(files) as (url, handler):
        config = configured(tmp_path, url, tls="required", tls_ca=str(files[0]))
        relay_once(config, "delivered")
    assert handler.taken == [(True, None, MAIL)]


def test_opportunistic_tls_is_used_where_it_is_offered(tmp_path, files):
    with tls_peer(files) as (url, handler):
        relay_once(configured(tmp_path, url), "delivered")
    assert handler.taken == [(True, None, MAIL)]


@pytest.mark.parametrize("tls", ["required", "opportunistic"])
def test_a_certificate_of_another_authority_is_refused(tmp_path, files, tls):
    other, _ = certificate(tmp_path, name="other")
    with tls_peer(files) as (url, handler):
        error = relay_once(configured(tmp_path, url, tls=tls, tls_ca=str(other)), "ready")
    assert "certificate" in error.lower()
    assert handler.taken == []


def test_required_tls_refuses_a_self_made_certificate_without_an_authority(tmp_path, files):
    with tls_peer(files) as (url, handler):
        relay_once(configured(tmp_path, url, tls="required"), "ready")
    assert handler.taken == []


def test_a_certificate_for_another_host_is_refused(tmp_path):
    files = certificate(tmp_path, host="192.0.2.9")
    with tls_peer(files) as (url, handler):
        config = configured(tmp_path, url, tls="required", tls_ca=str(files[0]))
        relay_once(config, "ready")
    assert handler.taken == []


def test_a_missing_authority_file_sends_nothing(tmp_path, files):
    with tls_peer(files) as (url, handler):
        config = configured(tmp_path, url, tls="required", tls_ca=str(tmp_path / "none.pem"))
        relay_once(config, "ready")
    assert handler.taken == []


def test_required_tls_that_is_not_offered_sends_nothing_and_leaves(tmp_path):
    async def go():
        async with Scripted() as peer:
            config = configured(tmp_path, peer.url, tls="required")
            async with relaying(config) as relay:
                await put_mails(config, MAIL)
                await settled(config, "ready")
                await until(lambda: peer.open == 0)
                assert "STARTTLS" in relay.last_error
            assert b"MAIL" not in peer.seen
            assert b"STARTTLS" not in peer.seen

    uvloop.run(go())


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def test_the_password_is_sent_inside_tls(tmp_path, files, password_file):
    with tls_peer(files, sign_in=True) as (url, handler):
        options = {"user": "gateway", "password_file": str(password_file)}
        config = configured(tmp_path, url, tls="required", tls_ca=str(files[0]), **options)
        relay_once(config, "delivered")
    assert handler.taken == [(True, b"gateway", MAIL)]


def test_a_wrong_password_only_defers(tmp_path, files, password_file):
    password_file.write_text("wrong")
    with tls_peer(files, sign_in=True) as (url, handler):
        options = {"user": "gateway", "password_file": str(password_file)}
        config = configured(tmp_path, url, tls="required", tls_ca=str(files[0]), **options)
        error = relay_once(config, "ready")
    assert handler.taken == []
    assert "535" in error
    assert "wrong" not in error
    assert rows(config, "select last_reply from deliveries where last_reply like '%wrong%'") == []


@pytest.mark.parametrize("tls", ["none", "opportunistic", "required"])
def test_the_password_is_never_sent_without_tls(tmp_path, password_file, tls):
    async def go():
        async with Scripted(extensions=("AUTH PLAIN LOGIN",)) as peer:
            options = {"user": "gateway", "password_file": str(password_file)}
            config = configured(tmp_path, peer.url, tls=tls, **options)
            async with relaying(config):
                await put_mails(config, MAIL)
                await settled(config, "ready")
                await until(lambda: peer.open == 0)
            assert peer.seen.splitlines() == [b"EHLO gateway.example.jp"]

    uvloop.run(go())


def test_a_handshake_that_breaks_falls_back_to_nothing(tmp_path):
    async def go():
        async with Scripted(extensions=("STARTTLS",), answers={"STAR": "220 go"}) as peer:
            config = configured(tmp_path, peer.url)
            async with relaying(config):
                await put_mails(config, MAIL)
                await settled(config, "ready")
            assert b"MAIL" not in peer.seen

    uvloop.run(go())
