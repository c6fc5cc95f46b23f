"""Configuration: TOML file, environment `MUGAIKA_SECTION__KEY` wins, unknown key = error.

Every section is a frozen model with its default and its reason. There is no setting
that lets an unsanitized file cross. Sizes: MB = 10**6 bytes on the wire.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB)?")
_UNITS: Final = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def parse_size(value: object) -> object:
    """`"50MB"` → 50_000_000 (bytes); an integer stays."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            raise ValueError('a size is written like "50MB" (B, kB, MB, GB; 1 MB = 10^6 bytes)')
        return int(float(match[1]) * _UNITS[match[2] or "B"])
    return value


Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]


class Section(BaseModel):
    """Base of all sections: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Smtp(Section):
    """The receiver on the Internet side."""

    listen: str = "127.0.0.1:8025"
    hostname: str = ""  # "" = the machine's name
    relay_domains: tuple[str, ...] = ()  # others: 550 5.7.1 (no open relay)
    recipients: str = ""  # "", "file:PATH" or "verify" (asked at the next hop)
    max_size: Size = 50_000_000
    max_recipients: int = Field(default=100, ge=1, le=10_000)
    processes: int = Field(default=1, ge=1, le=64)  # receivers sharing the port
    tls_cert: str = ""
    tls_key: str = ""
    require_tls: bool = False
    trusted_hops: tuple[str, ...] = ()  # networks of the mail relay between the segments
    bare_newline: Literal["normalize", "reject"] = "normalize"
    max_sessions: int = Field(default=500, ge=1)  # whole process; over it 421 4.7.0
    max_sessions_per_address: int = Field(default=50, ge=1)
    max_commands_per_minute: int = Field(default=6000, ge=10)  # per session
    max_bad_commands: int = Field(default=10, ge=1)
    idle_seconds: float = Field(default=300, gt=0)  # RFC 5321 section 4.5.3.2
    data_seconds: float = Field(default=1800, gt=0)  # a whole DATA phase
    max_bytes_in_flight: Size = 200_000_000  # not yet durable, all sessions of a process
    max_queue_items: int = Field(default=100_000, ge=1)  # over it 452 4.3.1
    min_free_disk: Size = 1_000_000_000  # less free space: 452 4.3.1


class Relay(Section):
    """The next hop on the LGWAN side."""

    next_hop: str = "smtp://127.0.0.1:8026"
    tls: Literal["none", "opportunistic", "required"] = "opportunistic"
    tls_ca: str = ""  # PEM file of the authority that signed the next hop's certificate
    user: str = ""
    password_file: str = ""
    connections: int = Field(default=8, ge=1, le=200)
    messages_per_connection: int = Field(default=100, ge=1)
    timeout_seconds: float = Field(default=300, gt=0)
    expire_seconds: float = Field(default=5 * 86400, gt=0)  # RFC 5321 section 4.5.4.1
    min_retry_seconds: float = Field(default=30, gt=0)
    max_retry_seconds: float = Field(default=4 * 3600, gt=0)


class Bounce(Section):
    """Where non-delivery reports go."""

    next_hop: str = ""  # Internet side; "" = notice to the operator
    operator: str = ""  # mail address of the operator; "" = log, audit and metrics only
    max_per_hour: int = Field(default=60, ge=1)


class Lgwan(Section):
    """The pages and API on the LGWAN side (the public URL is the only host in notices)."""

    listen: str = "127.0.0.1:8090"
    public_url: str = "http://127.0.0.1:8090"


class Ops(Section):
    """Health and metrics."""

    listen: str = "127.0.0.1:9090"


class Store(Section):
    """Where state and bytes live."""

    database: str = "sqlite"
    blobs: str = "file"


class Workers(Section):
    """Sandboxed cleaning."""

    count: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    processes: int = Field(default=1, ge=1, le=64)
    memory: Size = 4_000_000_000  # admitted to running sandboxes of one worker process
    max_attempts: int = Field(default=3, ge=1, le=20)


class Keys(Section):
    """The workers' private key; "" = data_dir/keys/worker.key."""

    file: str = ""


class Retention(Section):
    """How long things are kept after an item's end."""

    originals_days: float = Field(default=30, ge=0)
    clean_days: float = Field(default=30, ge=0)


class Config(Section):
    """The whole configuration, checked."""

    data_dir: Path = Path("var")
    policy_file: str = ""  # "" = policy.toml beside the configuration file
    smtp: Smtp = Smtp()
    lgwan: Lgwan = Lgwan()
    relay: Relay = Relay()
    bounce: Bounce = Bounce()
    ops: Ops = Ops()
    store: Store = Store()
    workers: Workers = Field(default_factory=Workers)
    keys: Keys = Keys()
    retention: Retention = Retention()
