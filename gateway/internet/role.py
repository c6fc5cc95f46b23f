"""The Internet role: binds the SMTP port, serves until told to stop.

Holds only the public half of the workers' key; reads no content and no other role's data.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from urllib.parse import urlsplit

import structlog

from gateway.config import Config, Smtp
from gateway.internet.addresses import AddressError, parse_domain
from gateway.internet.features import HeardFeatures
from gateway.internet.limits import parse_networks
from gateway.internet.recipients import FILE_PREFIX, RelayDomains, open_recipients
from gateway.internet.server import Server
from gateway.internet.smtp import Receiver
from gateway.internet.tls import server_context
from gateway.internet.web import UploadListener
from gateway.policy import Policy
from gateway.store.engine import Database
from gateway.store.errors import StoreError
from gateway.store.intake import Intake
from gateway.store.presence import BEAT_SECONDS, Presence, listed
from gateway.web.server import ListenerRefused, WebServer
from gateway.web.server import check_listener as check_web

_log = structlog.get_logger()


def parse_listen(text: str) -> list[tuple[str, int]]:
    """`HOST:PORT`, `[IPv6]:PORT`, several by comma → (host, port).

    Raises:
        ValueError: not of that form.
    """
    places = []
    for entry in text.split(","):
        parts = urlsplit(f"//{entry.strip()}")
        host, port = parts.hostname, parts.port
        if not host or port is None or parts.path or parts.query or parts.username is not None:
            raise ValueError(entry)
        places.append((host, port))
    return places


def check_listener(config: Config) -> list[str]:
    """What speaks against starting the receiver: sentences with key and fix; empty = nothing."""
    smtp = config.smtp
    return [*_check_place(smtp), *_check_tls(smtp), *_check_recipients(config)]


def _check_place(smtp: Smtp) -> list[str]:
    problems = []
    try:
        written = not smtp.hostname or parse_domain(smtp.hostname) == smtp.hostname.lower()
    except AddressError:
        written = False
    if not written:
        problems.append('[smtp] hostname: write a host name like "mx.example.jp" (A-labels)')
    try:
        parse_networks(smtp.trusted_hops)
    except ValueError as error:
        problems.append(f"[smtp] trusted_hops: {error}; write networks like 10.1.0.0/16")
    try:
        places = parse_listen(smtp.listen)
    except ValueError:
        problems.append('[smtp] listen: write "ADDRESS:PORT", for example "0.0.0.0:25"')
        return problems
    beyond = [host for host, _ in places if not _is_loopback(host)]
    if beyond and not smtp.tls_cert and not smtp.trusted_hops:
        problems.append(
            f"[smtp] listen: {beyond[0]} is not loopback; set tls_cert and tls_key, or name "
            "the mail relay in front in trusted_hops"
        )
    return problems


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_tls(smtp: Smtp) -> list[str]:
    if not smtp.tls_cert:
        if smtp.require_tls or smtp.tls_key:
            return ["[smtp] tls_cert: missing, though require_tls or tls_key is set"]
        return []
    try:
        server_context(smtp.tls_cert, smtp.tls_key)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror or type(error).__name__
        return [f"[smtp] tls_cert, tls_key: cannot be loaded ({why}); PEM files that match?"]
    return []


def _check_recipients(config: Config) -> list[str]:
    problems = []
    try:
        RelayDomains(config.smtp.relay_domains)
    except AddressError:
        problems.append('[smtp] relay_domains: write domains like "example.jp" or ".example.jp"')
    wanted = config.smtp.recipients
    if wanted == "verify" and config.relay.user:
        problems.append(
            '[smtp] recipients: "verify" cannot be used with [relay] user: the Internet side '
            'does not hold that password; use "file:PATH"'
        )
    if wanted and wanted != "verify":
        try:
            open_recipients(config)
        except OSError as error:
            path = wanted.removeprefix(FILE_PREFIX)
            problems.append(f"[smtp] recipients: {path} cannot be read ({error.strerror})")
        except ValueError as error:
            problems.append(f"[smtp] recipients: {error}")
    return problems


async def bind(listen: str) -> list[socket.socket]:
    """Sockets for `[smtp] listen`, shareable with the other receivers (SO_REUSEPORT).

    Raises:
        OSError: an address cannot be bound.
    """
    loop = asyncio.get_running_loop()
    sockets: list[socket.socket] = []
    try:
        for host, port in parse_listen(listen):
            infos = await loop.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            for family, kind, protocol, _, address in infos:
                sock = socket.socket(family, kind, protocol)
                sockets.append(sock)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                if family == socket.AF_INET6:
                    # [::] and 0.0.0.0 are two listeners: no IPv4 in IPv6 clothes.
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.setblocking(False)
                sock.bind(address)
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets


async def run(config: Config, policy: Policy, stop: asyncio.Event) -> None:
    """Serve SMTP and HTTP until `stop` is set; then finish what is being committed.

    Raises:
        ListenerRefused: see `check_listener`.
        OSError: the port cannot be bound.
        StoreError: the store cannot be opened.
    """
    problems = [*check_listener(config), *check_web("internet", config.internet)]
    if problems:
        raise ListenerRefused(*problems)
    # aiosmtpd logs what clients say; ours are the only words about them.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    intake = Intake.open(config)
    try:
        presence = Presence(intake.database, "internet")
        features = HeardFeatures()
        server = Server(config, intake, features=features)
        await server.start(await bind(config.smtp.listen), Receiver)
        _log.info("smtp.listening", listen=config.smtp.listen)
        web = UploadListener(config, policy, intake)
        await web.start()
        beating = asyncio.create_task(
            _beat(presence, intake.database, server, features, web.server)
        )
        await _until(stop, web.server)
        await asyncio.gather(server.stop(), web.stop())
        beating.cancel()
        await presence.leave()
        _log.info("smtp.stopped")
    finally:
        intake.close()


async def _until(stop: asyncio.Event, server: WebServer) -> None:
    """Until `stop`, or until the web listener dies: then the role must start anew."""
    tasks = {asyncio.create_task(stop.wait()), asyncio.create_task(server.ended())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _beat(
    presence: Presence,
    database: Database,
    server: Server,
    features: HeardFeatures,
    web: WebServer,
) -> None:
    """Say that we are alive, hear what the next hop can."""
    while True:
        try:
            await presence.beat(
                {
                    "sessions": server.limits.count,
                    "bytes_in_flight": server.in_flight.total,
                    "certificate": web.certificate_problem,
                }
            )
            features.hear(await database.read(listed))
        except StoreError as error:
            _log.error("heartbeat_failed", code=error.code)
        await asyncio.sleep(BEAT_SECONDS)
