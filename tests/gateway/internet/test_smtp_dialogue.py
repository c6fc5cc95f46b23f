"""The receiver as clients see it: golden dialogues by raw socket, and Python's smtplib."""

import smtplib
import socket
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.internet.features import Features

OK_MAIL = "250 2.1.0 Ok"
OK_RCPT = "250 2.1.5 Ok"
NO_RELAY = "550 5.7.1 Relaying denied"


def test_the_banner_and_ehlo_name_no_software_and_offer_what_is_promised(gateway):
    with gateway(max_size=1000).talk() as talk:
        assert talk("EHLO client.example.com").split("\n") == [
            "250-mx.example.jp",
            "250-PIPELINING",
            "250-SIZE 1000",
            "250-8BITMIME",
            "250-ENHANCEDSTATUSCODES",
            "250 SMTPUTF8",
        ]
        assert talk("HELO client.example.com") == "250 mx.example.jp"


def test_size_and_smtputf8_are_offered_no_wider_than_the_next_hops(gateway):
    running = gateway(max_size=1000, features=Features(size=500, smtputf8=False))
    with running.talk() as talk:
        answer = talk("EHLO client.example.com")
        assert "250-SIZE 500\n" in answer
        assert "SMTPUTF8" not in answer
        assert talk("MAIL FROM:<a@example.com> SIZE=501") == "552 5.3.4 Message too big"
        assert talk("MAIL FROM:<a@example.com> SMTPUTF8").startswith("555 5.5.4 ")


def test_a_mail_is_queued_and_kept_byte_for_byte(gateway):
    running = gateway()
    content = "Subject: 試験\r\n\r\n.dot\r\nNUL \0 and 8 bit\r\n".encode() + b"\xff\xfe\r\n"
    with running.talk() as talk:
        talk.data()
        reply = talk(content.replace(b"\r\n.", b"\r\n..") + b".")
        assert reply.startswith("250 2.0.0 Ok: queued as ")
        assert talk("QUIT") == "221 2.0.0 Bye"
        assert talk.reply() == ""
    [(item, original)] = running.mails()
    assert item.id == reply.rpartition(" ")[2]
    assert original == content
    assert item.envelope.sender == "a@example.com"
    assert item.envelope.recipients == ("taro@example.jp",)
    assert item.envelope.client == "127.0.0.1"
    assert item.envelope.helo == "client.example.com"
    assert not item.envelope.tls
    assert not item.envelope.smtputf8


def test_smtplib_delivers_a_large_mail_to_several_recipients(gateway):
    running = gateway()
    mail = EmailMessage()
    mail["Subject"] = "大きい添付"
    mail["From"], mail["To"] = "a@example.com", "taro@example.jp"
    mail.set_content("本文\n")
    mail.add_attachment(bytes(range(256)) * 12_000, maintype="application", subtype="x-test")
    raw = mail.as_bytes(policy=SMTP)
    with smtplib.SMTP("127.0.0.1", running.port, timeout=20) as client:
        to = ["taro@example.jp", "jiro@example.jp"]
        assert client.sendmail("a@example.com", to, raw) == {}
    [(item, original)] = running.mails()
    assert original == raw
    assert set(item.envelope.recipients) == {"taro@example.jp", "jiro@example.jp"}


def test_a_pipeline_of_two_mails_in_one_write_is_answered_in_order(gateway):
    running = gateway()
    with running.talk() as talk:
        talk.hello()
        one = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<taro@example.jp>\r\nDATA\r\n"
        talk.send(one + b"first\r\n.\r\n" + one + b"second\r\n.\r\nQUIT\r\n")
        replies = [talk.reply() for _ in range(9)]
    assert [reply[:9] for reply in replies] == [
        "250 2.1.0", "250 2.1.5", "354 End d", "250 2.0.0",
        "250 2.1.0", "250 2.1.5", "354 End d", "250 2.0.0", "221 2.0.0",
    ]  # fmt: skip
    assert sorted(data for _, data in running.mails()) == [b"first\r\n", b"second\r\n"]


def test_a_client_that_half_closes_behind_its_pipeline_still_hears_everything(gateway):
    running = gateway()
    with running.talk() as talk:
        talk.send(
            b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<taro@example.jp>\r\nDATA\r\nx\r\n.\r\nNOOP\r\n"
        )
        talk.socket.shutdown(socket.SHUT_WR)
        replies = [talk.reply()[:3] for _ in range(7)]
    assert replies == ["250", "250", "250", "354", "250", "250", ""]
    [(item, _)] = running.mails()
    assert item.envelope.sender == ""


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL FROM:<>", OK_MAIL),
        ("MAIL FROM: <a@example.com>", OK_MAIL),
        ("mail from:<a@example.com> size=10 body=8bitmime", OK_MAIL),
        ("MAIL FROM:<a@example.com> BODY=7BIT", OK_MAIL),
        ("MAIL FROM:<a..b.@docomo.example>", OK_MAIL),
        ('MAIL FROM:<"a b\\"c"@example.com>', OK_MAIL),
        ("MAIL FROM:<a@[192.0.2.1]>", OK_MAIL),
        ("MAIL FROM:<送信@例え.jp> SMTPUTF8", OK_MAIL),
        ("MAIL FROM:<送信@例え.jp>", "553 5.6.7 Address needs SMTPUTF8"),
        ("MAIL FROM:<a@例え.jp>", "553 5.6.7 Address needs SMTPUTF8"),
        ("MAIL FROM:<a@example.com> SIZE=50000001", "552 5.3.4 Message too big"),
        ("MAIL FROM:<a@example.com> SIZE=" + "9" * 30, "552 5.3.4 Message too big"),
        ("MAIL FROM:<a@example.com> SIZE=-1", "555 5.5.4 Unsupported parameter"),
        ("MAIL FROM:<a@example.com> SIZE", "555 5.5.4 Unsupported parameter"),
        ("MAIL FROM:<a@example.com> BODY=BINARYMIME", "555 5.5.4 Unsupported parameter"),
        ("MAIL FROM:<a@example.com> RET=HDRS", "555 5.5.4 Unsupported parameter"),
        ("MAIL FROM:<a@example.com> SMTPUTF8=1", "555 5.5.4 Unsupported parameter"),
        ("MAIL FROM:a@example.com", "501 5.1.7 Bad sender address syntax"),
        ("MAIL FROM:<a@example.com", "501 5.1.7 Bad sender address syntax"),
        ("MAIL FROM:<a@example.com>x", "501 5.1.7 Bad sender address syntax"),
        ("MAIL FROM:<root>", "501 5.1.7 Bad sender address syntax"),
        ("MAIL FROM:<@b.example:a@example.com>", "501 5.1.7 Bad sender address syntax"),
        ("MAIL FROM:<a b@example.com>", "501 5.1.7 Bad sender address syntax"),
        ("MAIL FROM:<" + "a" * 600 + "@example.com>", "501 5.1.7 Bad sender address syntax"),
        ("MAIL", "501 5.5.4 Syntax error in the argument"),
        ("MAIL TO:<a@example.com>", "501 5.5.4 Syntax error in the argument"),
        ("RCPT TO:<taro@example.jp>", "503 5.5.1 Need MAIL command"),
        ("DATA", "503 5.5.1 Need MAIL command"),
        ("RSET", "250 2.0.0 Ok"),
        ("RSET x", "501 5.5.4 Syntax error in the argument"),
        ("NOOP anything", "250 2.0.0 Ok"),
        (
            "VRFY taro@example.jp",
            "252 2.0.0 Cannot verify, but will take the message and try to deliver",
        ),
        ("VRFY", "501 5.5.4 Syntax error in the argument"),
        ("EXPN staff", "502 5.5.1 Command not implemented"),
        ("HELP", "502 5.5.1 Command not implemented"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1 Command not implemented"),
        ("XCLIENT ADDR=192.0.2.1", "502 5.5.1 Command not implemented"),
        ("XFORWARD ADDR=192.0.2.1", "502 5.5.1 Command not implemented"),
        ("BDAT 10 LAST", "502 5.5.1 Command not implemented"),
        ("STARTTLS", "502 5.5.1 Command not implemented"),
        ("EHLO", "501 5.5.4 Syntax error in the argument"),
        ("EHLO two names", "501 5.5.4 Syntax error in the argument"),
        ("GET / HTTP/1.1", "500 5.5.2 Command not recognized"),
        ("push", "500 5.5.2 Command not recognized"),
        ("", "500 5.5.2 Command not recognized"),
        ("NOOP " + "x" * 5000, "500 5.5.2 Line too long"),
        (b"NOOP \xff", "500 5.5.2 Syntax error"),
        (b"NOOP \0", "500 5.5.2 Syntax error"),
        (b"NO\rOP", "500 5.5.2 Syntax error"),
        (b"MAIL FROM:<a@example.com>\nRSET", "500 5.5.2 A command ends with <CR><LF>"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_each_command_has_its_code(gateway, command, reply):
    with gateway().talk() as talk:
        talk.hello()
        assert talk(command) == reply


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("taro@example.jp", OK_RCPT),
        ("Taro@EXAMPLE.JP", OK_RCPT),
        ('"taro"@example.jp', OK_RCPT),
        ('"taro yamada"@example.jp', OK_RCPT),
        ("postmaster", OK_RCPT),
        ("PostMaster", OK_RCPT),
        ("a@sub.partner.jp", OK_RCPT),
        ("a@partner.jp", NO_RELAY),
        ("a@evilpartner.jp", NO_RELAY),
        ("a@sub.example.jp", NO_RELAY),
        ("a@example.com", NO_RELAY),
        ("a@[127.0.0.1]", NO_RELAY),
        ("@example.jp:b@example.com", NO_RELAY),
        ("@evil.example,@example.jp:b@example.jp", NO_RELAY),
        ("b%example.com@example.jp", NO_RELAY),
        ("example.com!b@example.jp", NO_RELAY),
        ('"b@example.com"@example.jp', NO_RELAY),
        ('"b\\@example.com"@example.jp', NO_RELAY),
        ('"b%example.com"@example.jp', NO_RELAY),
        ("b@example.com@example.jp", "501 5.1.3 Bad recipient address syntax"),
        ("", "501 5.1.3 Bad recipient address syntax"),
        ("taro", "501 5.1.3 Bad recipient address syntax"),
        ("taro@", "501 5.1.3 Bad recipient address syntax"),
        ("@", "550 5.7.1 Relaying denied"),
        ("taro@example.jp.", "501 5.1.3 Bad recipient address syntax"),
        ("taro@-example.jp", "501 5.1.3 Bad recipient address syntax"),
        ("太郎@example.jp", "553 5.6.7 Address needs SMTPUTF8"),
    ],
)
def test_only_our_domains_and_no_routing_tricks(gateway, recipient, reply):
    with gateway(relay_domains=("example.jp", ".partner.jp")).talk() as talk:
        talk.hello()
        assert talk("MAIL FROM:<a@example.com>") == OK_MAIL
        assert talk(f"RCPT TO:<{recipient}>") == reply


def test_without_relay_domains_nobody_is_served(gateway):
    with gateway(relay_domains=()).talk() as talk:
        talk.hello()
        talk("MAIL FROM:<a@example.com>")
        assert talk("RCPT TO:<taro@example.jp>") == NO_RELAY
        assert talk("RCPT TO:<postmaster>") == "501 5.1.3 Bad recipient address syntax"
        assert talk("DATA") == "554 5.5.1 No valid recipients"


def test_utf8_addresses_reach_the_envelope_with_smtputf8(gateway):
    running = gateway(relay_domains=("例え.jp",))
    with running.talk() as talk:
        talk.hello()
        assert talk("MAIL FROM:<送信@例え.com> SMTPUTF8") == OK_MAIL
        assert talk("RCPT TO:<太郎@例え.JP>") == OK_RCPT
        talk("DATA")
        assert talk("x\r\n.").startswith("250 ")
    [(item, _)] = running.mails()
    assert item.envelope.smtputf8
    assert item.envelope.recipients == ("太郎@xn--r8jz45g.jp",)


def test_a_recipient_named_twice_is_one_recipient(gateway):
    running = gateway(max_recipients=2)
    with running.talk() as talk:
        talk.envelope()
        assert talk("RCPT TO:<taro@EXAMPLE.jp>") == OK_RCPT
        assert talk("RCPT TO:<jiro@example.jp>") == OK_RCPT
        assert talk("RCPT TO:<saburo@example.jp>") == "452 4.5.3 Too many recipients"
        talk("DATA")
        assert talk("x\r\n.").startswith("250 ")
    [(item, _)] = running.mails()
    assert sorted(item.envelope.recipients) == ["jiro@example.jp", "taro@example.jp"]


def test_commands_out_of_order_are_503(gateway):
    with gateway().talk() as talk:
        assert talk("MAIL FROM:<a@example.com>") == "503 5.5.1 Send EHLO first"
        talk.envelope()
        assert talk("MAIL FROM:<b@example.com>") == "503 5.5.1 Nested MAIL command"
        assert talk("RCPT TO:<jiro@example.jp> NOTIFY=NEVER").startswith("555 5.5.4 ")
        assert talk("DATA now") == "501 5.5.4 Syntax error in the argument"
        assert talk("RSET") == "250 2.0.0 Ok"
        assert talk("DATA") == "503 5.5.1 Need MAIL command"
        talk.envelope()
        talk.hello()  # EHLO begins anew
        assert talk("RCPT TO:<taro@example.jp>") == "503 5.5.1 Need MAIL command"


def test_a_smuggled_second_mail_stays_inside_the_first(gateway):
    running = gateway()
    with running.talk() as talk:
        talk.data()
        reply = talk(
            b"one\n.\nMAIL FROM:<ceo@example.jp>\r\nRCPT TO:<taro@example.jp>\r\nDATA\r\ntwo\r\n."
        )
        assert reply.startswith("250 2.0.0")
        assert talk("NOOP") == "250 2.0.0 Ok"
    [(_, original)] = running.mails()
    assert original == (
        b"one\r\n.\r\nMAIL FROM:<ceo@example.jp>\r\nRCPT TO:<taro@example.jp>\r\nDATA\r\ntwo\r\n"
    )


def test_bare_newlines_can_be_refused_after_the_real_end(gateway):
    running = gateway(bare_newline="reject")
    with running.talk() as talk:
        talk.data()
        assert talk(b"one\n.\nNOOP\r\n.") == "550 5.6.0 Bare <CR> or <LF> in the message"
        assert talk("NOOP") == "250 2.0.0 Ok"
    assert running.mails() == []
