"""Configuration: TOML file, environment `MUGAIKA_SECTION__KEY` wins, unknown key = error.

Every section is a frozen model with its default and its reason. There is no setting
that lets an unsanitized file cross. Sizes: MB = 10**6 bytes on the wire.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from gateway.errors import ConfigError, nearest

ENVIRONMENT_PREFIX: Final = "MUGAIKA_"
DEFAULT_FILE: Final = Path("config/gateway.toml")

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


class Web(Section):
    """What both sides' pages and APIs have in common."""

    listen: str
    public_url: str
    trusted_proxies: tuple[str, ...] = ()  # networks whose X-Forwarded-* are believed
    tls_cert: str = ""  # PEM; read again when the files change
    tls_key: str = ""
    max_connections: int = Field(default=1_000, ge=1)  # whole process; over it 503
    max_connections_per_address: int = Field(default=100, ge=1)
    max_requests_per_minute: int = Field(default=1_200, ge=1)  # of one account or address


class Internet(Web):
    """The pages and API on the Internet side."""

    listen: str = "127.0.0.1:8080"
    public_url: str = "http://127.0.0.1:8080"
    max_upload: Size = 1_000_000_000  # one request, or one resumable upload
    max_sync: Size = 50_000_000  # one file of POST /api/v1/sanitize


class Lgwan(Web):
    """The pages and API on the LGWAN side (the public URL is the only host in notices)."""

    listen: str = "127.0.0.1:8090"
    public_url: str = "http://127.0.0.1:8090"


class Auth(Section):
    """Signing in with local accounts."""

    session_hours: float = Field(default=12, gt=0, le=168)  # a working day, whatever happens
    idle_minutes: float = Field(default=60, gt=0)


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


class Scanner(Section):
    """A malware scanner as a second opinion: ClamAV's daemon."""

    socket: str = Field(default="", pattern=r"^(|unix:/.+|tcp:.+:\d+)$")  # "" = none
    timeout_seconds: float = Field(default=120, gt=0)  # one file; clamd's own limit


class Keys(Section):
    """The workers' private key; "" = data_dir/keys/worker.key."""

    file: str = ""


class Retention(Section):
    """How long things are kept after an item's end."""

    originals_days: float = Field(default=30, ge=0)
    clean_days: float = Field(default=30, ge=0)
    uploads_hours: float = Field(default=24, gt=0)  # an unfinished upload after its last byte


class Config(Section):
    """The whole configuration, checked."""

    data_dir: Path = Path("var")
    policy_file: str = ""  # "" = policy.toml beside the configuration file
    smtp: Smtp = Smtp()
    internet: Internet = Internet()
    lgwan: Lgwan = Lgwan()
    auth: Auth = Auth()
    relay: Relay = Relay()
    bounce: Bounce = Bounce()
    ops: Ops = Ops()
    store: Store = Store()
    workers: Workers = Field(default_factory=Workers)
    scanner: Scanner = Scanner()
    keys: Keys = Keys()
    retention: Retention = Retention()


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration from `path` (else `./config/gateway.toml`, else the defaults).

    Variables `MUGAIKA_SECTION__KEY` win over the file; lists are written as JSON.

    Raises:
        ConfigError: names the file (or variable), the key and the fix.
    """
    source = "built-in defaults"
    raw: dict[str, Any] = {}
    if path is None and DEFAULT_FILE.is_file():
        path = DEFAULT_FILE
    if path is not None:
        source = str(path)
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(source, "", f"cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(source, "", f"is not TOML: {error}") from None
    _overlay(raw, os.environ if environment is None else environment)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise _explained(source, error) from None
    if not config.policy_file:
        beside = (path.parent if path is not None else Path("config")) / "policy.toml"
        config = config.model_copy(update={"policy_file": str(beside)})
        if not beside.is_file():
            config = config.model_copy(update={"policy_file": ""})
    return config


def _overlay(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put the variables over the file's values, each checked for a known name."""
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        path = variable[len(ENVIRONMENT_PREFIX) :].lower().split("__")
        model: type[BaseModel] = Config
        target = raw
        for step in path[:-1]:
            field = model.model_fields.get(step)
            if field is None or not isinstance(field.annotation, type):
                raise ConfigError(variable, "", "no such section" + nearest(step, _keys(model)))
            if not issubclass(field.annotation, BaseModel):
                raise ConfigError(variable, "", f"{step} is not a section")
            model = field.annotation
            target = target.setdefault(step, {})
            if not isinstance(target, dict):
                raise ConfigError(variable, "", f"{step} is not a section in the file")
        key = path[-1]
        if key not in model.model_fields:
            raise ConfigError(variable, "", "no such key" + nearest(key, _keys(model)))
        target[key] = _value(variable, model.model_fields[key].annotation, text)


def _keys(model: type[BaseModel]) -> list[str]:
    return list(model.model_fields)


def _value(variable: str, annotation: object, text: str) -> object:
    """A variable's text as TOML would have given it: lists are JSON, the rest is text."""
    if get_origin(annotation) is tuple:
        try:
            return TypeAdapter(tuple[str, ...]).validate_json(text)
        except ValidationError:
            raise ConfigError(variable, "", 'a list is written as JSON: ["a", "b"]') from None
    return text


def _explained(source: str, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    key = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        model: type[BaseModel] = Config
        for step in first["loc"][:-1]:
            annotation = model.model_fields[str(step)].annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                model = annotation
        message = "unknown key" + nearest(str(first["loc"][-1]), _keys(model))
    return ConfigError(source, key, message)
