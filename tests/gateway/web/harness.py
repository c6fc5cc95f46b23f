"""Both web listeners on a real store, in a thread of the test, and clients for them."""

import asyncio
import contextlib
import threading
from pathlib import Path

import httpx
import uvloop

from gateway import policy
from gateway.config import Config
from gateway.internet.web import UploadListener
from gateway.lgwan.web import CollectListener
from gateway.store import schema
from gateway.store.accounts import Accounts
from gateway.store.engine import Database
from gateway.store.intake import Intake
from scripts.demo import free_port

WAIT = 20.0  # seconds until a test calls a listener dead
PASSWORD = "correct horse battery"


def make_config(data_dir: Path, **sections) -> Config:
    internet = {"listen": f"127.0.0.1:{free_port()}", **sections.pop("internet", {})}
    lgwan = {"listen": f"127.0.0.1:{free_port()}", **sections.pop("lgwan", {})}
    smtp = {"relay_domains": ("example.jp",), "min_free_disk": 1, **sections.pop("smtp", {})}
    data_dir.mkdir(mode=0o700, exist_ok=True)
    config = Config(data_dir=data_dir, internet=internet, lgwan=lgwan, smtp=smtp, **sections)
    schema.prepare(config)
    return config


class Sides:
    """The running listeners. Accounts: tanaka and suzuki (staff), ito (auditor)."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.tokens: dict[tuple[str, str], str] = {}
        self._ready = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._main, daemon=True)

    def __enter__(self) -> "Sides":
        asyncio.run(self._accounts())
        self._thread.start()
        assert self._ready.wait(WAIT)
        assert not self._failed, self._failed
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()

    async def _accounts(self) -> None:
        database = Database.open(self.config, actor="test")
        accounts = Accounts(database)
        if await accounts.find("tanaka") is None:
            for name, role in (("tanaka", "staff"), ("suzuki", "staff"), ("ito", "auditor")):
                await accounts.add(name, role=role, password=PASSWORD, email=f"{name}@example.jp")
        for name in ("tanaka", "suzuki", "ito"):
            for segment in ("internet", "lgwan", "ops"):
                token = await accounts.new_token(name, segment=segment, days=1)
                self.tokens[name, segment] = token
        database.close()

    def _main(self) -> None:
        try:
            uvloop.run(self._serve())
        except BaseException as error:
            self._failed.append(error)
            self._ready.set()
            raise

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        self.stop = lambda: loop.call_soon_threadsafe(stop.set)
        intake = Intake.open(self.config)
        database = Database.open(self.config, actor="lgwan")
        self.internet = UploadListener(self.config, policy.load(None), intake)
        self.lgwan = CollectListener(self.config, database)
        await self.internet.start()
        await self.lgwan.start()
        self._ready.set()
        await stop.wait()
        await asyncio.gather(self.internet.stop(), self.lgwan.stop())
        intake.close()
        database.close()

    def url(self, segment: str) -> str:
        web = self.config.internet if segment == "internet" else self.config.lgwan
        return f"{'https' if web.tls_cert else 'http'}://{web.listen}"

    def client(self, segment: str, name: str | None = "tanaka", **options) -> httpx.Client:
        """A client with the account's token of the segment; None: without any."""
        headers = dict(options.pop("headers", {}))
        if name is not None:
            headers["Authorization"] = f"Bearer {self.tokens[name, segment]}"
        options.setdefault("timeout", WAIT)
        return httpx.Client(base_url=self.url(segment), headers=headers, **options)


@contextlib.contextmanager
def sides(data_dir: Path, **sections):
    with Sides(make_config(data_dir, **sections)) as running:
        yield running


def upload(client: httpx.Client, *files: tuple[str, bytes], **fields) -> str:
    """Hand files in; returns the item's id."""
    sent = [("file", (name, data, "application/octet-stream")) for name, data in files]
    answer = client.post("/api/v1/uploads", files=sent, data=fields)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]
