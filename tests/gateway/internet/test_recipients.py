"""Whom mail is taken for: a file that is read again, or a question to the next hop."""

import asyncio
import os
import socket
import threading
import time

import pytest

from gateway.internet.addresses import parse_recipient
from gateway.internet.recipients import RecipientFile, RelayDomains

UNKNOWN = "550 5.1.1 Recipient unknown"
NO_ANSWER = "451 4.4.1 Recipient cannot be checked now, try again later"


def rcpt(talk, address: str) -> str:
    talk("RSET")
    talk.hello()
    talk("MAIL FROM:<a@example.com>")
    return talk(f"RCPT TO:<{address}>")


def write_old(path, text: str) -> None:
    path.write_text(text, "utf-8")
    os.utime(path, (time.time() - 60, time.time() - 60 + len(text) / 1000))


def test_a_listed_address_or_domain_is_known_in_any_case(gateway, tmp_path):
    people = tmp_path / "people.txt"
    people.write_text("# staff\nTaro@example.jp # boss\n\n@all.example.jp\n")
    domains = ("example.jp", ".example.jp")
    with gateway(recipients=f"file:{people}", relay_domains=domains).talk() as talk:
        assert rcpt(talk, "tARO@Example.JP") == "250 2.1.5 Ok"
        assert rcpt(talk, "anybody@all.example.jp") == "250 2.1.5 Ok"
        assert rcpt(talk, "jiro@example.jp") == UNKNOWN
        assert rcpt(talk, "anybody@x.all.example.jp") == UNKNOWN
        assert rcpt(talk, "taro@example.com").startswith("550 5.7.1 ")


def ask(recipients: RecipientFile, address: str) -> str | None:
    recipients._next_look = 0.0  # the second between two looks is over
    return asyncio.run(recipients.check(parse_recipient(address, smtputf8=True)))


def test_a_changed_list_is_taken_and_a_half_written_one_is_not(tmp_path):
    people = tmp_path / "people.txt"
    write_old(people, "taro@example.jp\n")
    recipients = RecipientFile(people)
    write_old(people, "taro@example.jp\njiro@example.jp\n")
    assert ask(recipients, "jiro@example.jp") is None
    for half in ("", "taro@example.jp\njiro@exa mple", "# nobody\n"):
        write_old(people, half)
        assert ask(recipients, "jiro@example.jp") is None
    people.unlink()
    assert ask(recipients, "jiro@example.jp") is None
    assert ask(recipients, "saburo@example.jp") == UNKNOWN
    people.write_text("saburo@example.jp\n")  # this very moment: perhaps still being written
    assert ask(recipients, "saburo@example.jp") == UNKNOWN
    write_old(people, "saburo@example.jp\n")
    assert ask(recipients, "saburo@example.jp") is None
    assert ask(recipients, "jiro@example.jp") == UNKNOWN


@pytest.mark.parametrize("text", ["", "not an address\n", "@\n", "a@b@c\n"])
def test_a_list_that_cannot_be_meant_stops_the_start(tmp_path, text):
    people = tmp_path / "people.txt"
    people.write_text(text)
    with pytest.raises(ValueError):
        RecipientFile(people)


def test_a_domain_below_ours_is_ours_only_when_written_with_a_dot():
    domains = RelayDomains(["Example.JP", ".partner.jp", "例え.jp"])
    assert "example.jp" in domains
    assert "a.partner.jp" in domains
    assert "xn--r8jz45g.jp" in domains
    for other in ("a.example.jp", "partner.jp", "apartner.jp", "jp", ""):
        assert other not in domains


class NextHop:
    """A next hop that knows some people; counts what it is asked."""

    def __init__(self, answers: dict[str, str], *, greeting: str = "220 hop") -> None:
        self.answers = answers
        self.greeting = greeting
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(self.greeting.encode() + b"\r\n")
            for line in stream:
                text = line.decode().strip()
                if text.upper().startswith("RCPT TO:"):
                    self.asked.append(text[8:])
                    reply = self.answers.get(text[8:], "250 ok")
                else:
                    reply = "250 ok"
                stream.write(reply.encode() + b"\r\n")

    def close(self) -> None:
        self._listener.close()


def test_the_next_hop_is_asked_once_and_believed(gateway):
    hop = NextHop(
        {
            "<jiro@example.jp>": "550 no such user",
            "<full@example.jp>": "452 mailbox full",
            "<policy@example.jp>": "554 5.7.1 we do not like you",
        }
    )
    with gateway(recipients="verify", relay={"next_hop": hop.url, "tls": "none"}).talk() as talk:
        for _ in range(2):
            assert rcpt(talk, "taro@example.jp") == "250 2.1.5 Ok"
            assert rcpt(talk, "jiro@example.jp") == UNKNOWN
        assert sorted(hop.asked) == ["<jiro@example.jp>", "<taro@example.jp>"]
        assert rcpt(talk, "full@example.jp") == NO_ANSWER
        assert rcpt(talk, "policy@example.jp") == NO_ANSWER
    hop.close()


def test_a_next_hop_that_is_down_or_refuses_us_says_nothing_about_people(gateway):
    hop = NextHop({}, greeting="554 go away")
    relay = {"next_hop": hop.url, "tls": "opportunistic"}
    with gateway(recipients="verify", relay=relay).talk() as talk:
        assert rcpt(talk, "taro@example.jp") == NO_ANSWER
        hop.close()
        assert rcpt(talk, "taro@example.jp") == NO_ANSWER
