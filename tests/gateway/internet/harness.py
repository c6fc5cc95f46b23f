"""The real receiver on the real store, in a thread of the test, and a raw SMTP client."""

import asyncio
import contextlib
import datetime
import socket
import ssl
import threading
from pathlib import Path

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.config import Config
from gateway.internet.features import Features
from gateway.internet.role import bind
from gateway.internet.server import Server
from gateway.internet.smtp import Receiver
from gateway.store import schema
from gateway.store.intake import Intake
from gateway.store.work import Work

WAIT = 20.0  # seconds a test waits before it calls the server dead


def make_config(data_dir: Path, *, relay: dict | None = None, **smtp) -> Config:
    smtp.setdefault("listen", "127.0.0.1:0")
    smtp.setdefault("hostname", "mx.example.jp")
    smtp.setdefault("relay_domains", ("example.jp",))
    smtp.setdefault("min_free_disk", 1)
    config = Config(
        data_dir=data_dir, smtp=smtp, relay=relay or {}, internet={"listen": "127.0.0.1:0"}
    )
    data_dir.mkdir(mode=0o700, exist_ok=True)
    schema.prepare(config)
    return config


class Gateway:
    """A running receiver; `mails()` says what it has taken."""

    def __init__(self, config: Config, *, features: Features = Features()) -> None:  # noqa: B008
        self.config = config
        self.features = features
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, daemon=True)

    def __enter__(self) -> "Gateway":
        self._thread.start()
        assert self._ready.wait(WAIT)
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()

    def _main(self) -> None:
        uvloop.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.intake = Intake.open(self.config)
        self.server = Server(self.config, self.intake, features=lambda: self.features)
        sockets = await bind(self.config.smtp.listen)
        self.port = sockets[0].getsockname()[1]
        await self.server.start(sockets, Receiver)
        self._ready.set()
        await self._stop.wait()
        await self.server.stop(grace=self.grace, commit_grace=WAIT)
        self.intake.close()

    grace = 0.2

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._stop.set)

    def talk(self, **options) -> "Talk":
        return Talk(self.port, **options)

    def mails(self) -> list[tuple[object, bytes]]:
        """(claimed item, its bytes) of all that was accepted and not yet asked for."""

        async def read() -> list[tuple[object, bytes]]:
            work = Work.open(self.config)
            try:
                items = await work.claim(1000, lease_seconds=60)
                return [(item, await work.read_original(item)) for item in items]
            finally:
                work.close()

        return asyncio.run(read())


class Talk:
    """A client that says exactly what it is told."""

    def __init__(self, port: int, *, greet: bool = True, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=WAIT)
        self._file = self.socket.makefile("rb")
        if greet:
            assert self.reply() == "220 mx.example.jp ESMTP"

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> str:
        """One reply; the lines of a longer one joined by LF; "" when the server hung up."""
        lines = []
        while True:
            try:
                line = self._file.readline()
            except ConnectionResetError:
                line = b""
            if not line:
                return "\n".join(lines)
            assert line.endswith(b"\r\n")
            lines.append(line[:-2].decode("ascii"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def __call__(self, command: bytes | str) -> str:
        """Say a command, hear its reply."""
        raw = command.encode() if isinstance(command, str) else command
        self.send(raw + b"\r\n")
        return self.reply()

    def hello(self) -> "Talk":
        assert self("EHLO client.example.com").startswith("250")
        return self

    def envelope(self, to: str = "taro@example.jp") -> "Talk":
        self.hello()
        assert self("MAIL FROM:<a@example.com>") == "250 2.1.0 Ok"
        assert self(f"RCPT TO:<{to}>") == "250 2.1.5 Ok"
        return self

    def data(self) -> "Talk":
        self.envelope()
        assert self("DATA").startswith("354 ")
        return self

    def start_tls(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self._file = self.socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def make_certificate(folder: Path, name: str = "mx.example.jp") -> dict[str, str]:
    """A self-signed certificate; the `[smtp]` keys for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return {"tls_cert": str(cert), "tls_key": str(private)}
