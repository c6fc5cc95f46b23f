"""STARTTLS: what is forgotten, what is refused before it, and what cannot be slipped in."""

import socket
import ssl
import time

import pytest

from tests.gateway.internet.harness import Talk, make_certificate

TLS_FIRST = "530 5.7.0 Must issue a STARTTLS command first"


def peer_certificate(talk: Talk) -> bytes:
    return talk.socket.getpeercert(binary_form=True)


def secured(running) -> Talk:
    talk = running.talk()
    talk.hello()
    assert talk("STARTTLS") == "220 2.0.0 Ready to start TLS"
    talk.start_tls()
    return talk


def test_a_mail_goes_in_over_tls_and_the_state_before_it_is_forgotten(gateway, tmp_path):
    running = gateway(**make_certificate(tmp_path))
    content = b"x" * 70 + b"\r\n"
    with running.talk() as talk:
        assert "250 STARTTLS" in talk("EHLO before.example.com")
        assert talk("MAIL FROM:<plain@example.com>").startswith("250")
        assert talk("STARTTLS").startswith("220 ")
        talk.start_tls()
        assert talk("RCPT TO:<taro@example.jp>") == "503 5.5.1 Need MAIL command"
        assert talk("MAIL FROM:<a@example.com>") == "503 5.5.1 Send EHLO first"
        assert "STARTTLS" not in talk("EHLO after.example.com")
        assert talk("STARTTLS") == "503 5.5.1 TLS is already active"
        talk.data()
        talk.send(content * 60_000)
        assert talk(b".").startswith("250 2.0.0")
        assert talk("QUIT") == "221 2.0.0 Bye"
    [(item, original)] = running.mails()
    assert original == content * 60_000
    assert item.envelope.tls


@pytest.mark.parametrize("injected", [b"RSET\r\n", b"EHLO evil\r\nMAIL FROM:<x@y>\r\n", b"R"])
def test_text_sent_behind_starttls_ends_the_session(gateway, tmp_path, injected):
    running = gateway(**make_certificate(tmp_path))
    with running.talk() as talk:
        talk.hello()
        talk.send(b"STARTTLS\r\n" + injected)
        assert talk.reply().startswith("421 ")
        assert talk.reply() == ""


def test_text_sent_after_the_go_ahead_breaks_the_handshake(gateway, tmp_path):
    running = gateway(**make_certificate(tmp_path))
    with running.talk() as talk:
        talk.hello()
        assert talk("STARTTLS").startswith("220 ")
        talk.send(b"NOOP\r\nMAIL FROM:<x@y.example>\r\n")
        with pytest.raises((ssl.SSLError, OSError)):
            talk.start_tls()
            talk("NOOP")


def test_required_tls_lets_no_mail_through_before_it(gateway, tmp_path):
    running = gateway(require_tls=True, **make_certificate(tmp_path))
    with running.talk() as talk:
        talk.hello()
        for command in ("MAIL FROM:<a@example.com>", "RCPT TO:<b@c>", "DATA", "VRFY a"):
            assert talk(command) == TLS_FIRST
        assert talk("NOOP") == "250 2.0.0 Ok"
        assert talk("QUIT") == "221 2.0.0 Bye"
    with secured(running) as talk:
        talk.envelope()


def test_old_tls_is_not_spoken(gateway, tmp_path):
    running = gateway(**make_certificate(tmp_path))
    with running.talk() as talk:
        talk.hello()
        talk("STARTTLS")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(talk.socket)


def test_a_renewed_certificate_is_shown_to_new_sessions(gateway, tmp_path):
    running = gateway(**make_certificate(tmp_path))
    with secured(running) as talk:
        first = peer_certificate(talk)
    (tmp_path / "cert.pem").write_bytes(b"half a fi")
    time.sleep(1.1)
    with secured(running) as talk:
        assert peer_certificate(talk) == first
    make_certificate(tmp_path)
    time.sleep(1.1)
    with secured(running) as talk:
        assert peer_certificate(talk) != first


def test_a_client_that_leaves_in_the_handshake_leaves_nothing(gateway, tmp_path):
    running = gateway(**make_certificate(tmp_path))
    with running.talk() as talk:
        talk.hello()
        talk("STARTTLS")
        talk.socket.shutdown(socket.SHUT_RDWR)
    end = time.monotonic() + 20
    while running.server.limits.count:
        assert time.monotonic() < end
        time.sleep(0.01)
