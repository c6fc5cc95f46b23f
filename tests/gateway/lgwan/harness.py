"""A running relay between a real store and a real next hop."""

import asyncio
import contextlib
import datetime
import ipaddress
import socket
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.config import Config
from gateway.lgwan.client import next_hop
from gateway.lgwan.relay import Relay
from gateway.store.dispatch import Waker
from gateway.store.outbox import Outbox
from tests.gateway.store.harness import make_config, rows

PATIENCE = 20  # seconds that anything may take at most


def configured(tmp_path, url, *, bounce=None, **relay) -> Config:
    """A prepared store whose next hop is `url`."""
    return make_config(
        tmp_path / "data",
        smtp={"hostname": "gateway.example.jp"},
        relay={"next_hop": url, "connections": 2, "timeout_seconds": 5, **relay},
        bounce=bounce or {},
    )


@contextlib.asynccontextmanager
async def relaying(config):
    """A relay that runs inside the block."""
    outbox = Outbox.open(config)
    waker = Waker(config.data_dir, "lgwan")
    relay = Relay(config, outbox, next_hop(config))
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop, waker))
    try:
        yield relay
    finally:
        stop.set()
        await task
        waker.close()
        outbox.close()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - asks a database
            await asyncio.sleep(0.01)


def deliveries(config) -> list[tuple[str, str, str]]:
    """(recipient, state, last reply), reports to the operator last."""
    query = "select recipient, state, last_reply from deliveries order by profile like '#%', id"
    return rows(config, query)


def states(config) -> list[str]:
    return [state for _, state, _ in deliveries(config)]


async def settled(config, *wanted: str) -> None:
    """Until the deliveries have these states and an answer each."""
    try:
        await until(
            lambda: states(config) == list(wanted) and all(r for _, _, r in deliveries(config))
        )
    except TimeoutError:
        raise AssertionError(f"wanted {wanted}, found {deliveries(config)}") from None


@dataclass
class Scripted:
    """A peer that answers word by word and keeps every byte that it was sent.

    `answers` by verb; "drop" closes. `content`: "take" reads to the dot and answers
    `answers["."]`, "drop" closes after 354, "stall" never reads again.
    """

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 100000000")
    answers: dict[str, str] = field(default_factory=dict)
    content: str = "take"
    seen: bytearray = field(default_factory=bytearray)
    mails: list[bytes] = field(default_factory=list)
    sessions: int = 0
    open: int = 0

    async def __aenter__(self):
        self._writers = set()
        self._server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=1 << 24)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"smtp://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_details):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _session(self, reader, writer):
        self.sessions += 1
        self.open += 1
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._dialogue(reader, writer)
        self.open -= 1
        self._writers.discard(writer)
        writer.close()

    async def _dialogue(self, reader, writer):
        writer.write(b"220 peer.example.jp ESMTP\r\n")
        while line := await reader.readline():
            self.seen += line
            verb = line[:4].decode("ascii", "replace").upper().strip()
            reply = self.answers.get(verb, "354 go" if verb == "DATA" else "250 ok")
            if verb == "EHLO" and "EHLO" not in self.answers:
                reply = "\r\n".join(
                    ["250-peer.example.jp", *(f"250-{e}" for e in self.extensions), "250 HELP"]
                )
            if reply == "drop":
                return
            writer.write(reply.encode() + b"\r\n")
            if verb == "QUIT":
                return
            if verb == "DATA" and reply.startswith("354"):
                if self.content == "drop":
                    await reader.read(10)
                    return
                if self.content == "stall":
                    writer.transport.pause_reading()
                    await asyncio.sleep(3600)
                await self._content(reader)
                reply = self.answers.get(".", "250 2.0.0 taken")
                if reply == "drop":
                    return
                writer.write(reply.encode() + b"\r\n")

    async def _content(self, reader):
        whole = bytearray()
        while not whole.endswith(b"\r\n.\r\n"):
            line = await reader.readline()
            if not line:
                self.seen += whole
                raise asyncio.IncompleteReadError(bytes(whole), None)
            whole += line
        self.seen += whole
        self.mails.append(bytes(whole))


def certificate(folder, *, host="127.0.0.1", name="peer"):
    """A self-signed certificate: (certificate file, key file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.crt", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
