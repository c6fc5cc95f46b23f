"""Files through the whole gateway: up on one side, down on the other, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import random
import signal
import zipfile
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from gateway.config import Config
from gateway.store.engine import Database
from gateway.store.tables import files
from gateway.store.view import View
from gateway.store.work import ClaimedFile, Work
from tests.clamd import MARKER, Clamd
from tests.end_to_end.test_kill import _command, _victims
from tests.end_to_end.uploads import Office, blocks, office, resident, role_pid

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]
TUS = {"Tus-Resumable": "1.0.0"}
APPEND = {**TUS, "Content-Type": "application/offset+octet-stream"}


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 80, 40)).save(out, "JPEG", comment=b"CANARYzq7")
    return out.getvalue()


async def hand_in(client: httpx.AsyncClient, *files: tuple[str, bytes], **fields) -> str:
    answer = await client.post("/api/v1/uploads", files=[("file", f) for f in files], data=fields)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def test_files_are_cleaned_watched_and_collected(tmp_path: Path) -> None:
    async def go() -> None:
        async with office(tmp_path) as at:
            item_id = await hand_in(
                at.internet, ("写真.jpg", photo()), ("手紙.txt", "①㈱髙".encode("cp932")),
                ("x.exe", b"MZ" + bytes(500)), note="確認願います",
            )  # fmt: skip
            states = []
            async with at.internet.stream("GET", f"/api/v1/items/{item_id}/events") as events:
                async for line in events.aiter_lines():
                    if line.startswith("data: "):
                        states.append(httpx.Response(200, text=line[6:]).json()["state"])
                        if states[-1] == "ready":
                            break
            assert states[-1] == "ready"
            item = (await at.lgwan.get(f"/api/v1/items/{item_id}")).json()
            assert item["outcome"] == "partial"
            assert [p["outcome"] for p in item["parts"]] == ["clean", "clean", "withheld"]
            assert item["parts"][2]["reason"]["code"] == "program"
            found = await at.lgwan.get(f"/api/v1/items/{item_id}/content")
            with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
                assert archive.namelist() == ["写真.jpg", "手紙.txt", "無害化の結果.txt"]
                assert b"CANARYzq7" not in archive.read("写真.jpg")
                assert archive.read("手紙.txt").decode("utf-8-sig") == "①㈱髙"
            assert (await at.internet.get(f"/api/v1/items/{item_id}")).json()[
                "state"
            ] == "delivered"
            answer = await at.internet.post("/api/v1/sanitize", files={"file": ("a.txt", b"hello")})
            assert answer.status_code == 200
            assert answer.json()["outcome"] == "clean"
            path = f"/api/v1/items/{answer.json()['id']}/parts/0/content"
            assert (await at.lgwan.get(path)).content == b"\xef\xbb\xbfhello"
            assert (await at.internet.get(path)).status_code == 404

    asyncio.run(go())


def test_50_uploads_at_once_all_arrive(tmp_path: Path) -> None:
    async def go() -> None:
        async with office(tmp_path) as at:
            texts = [f"{n}\n".encode() * 20_000 for n in range(50)]
            ids = await asyncio.gather(
                *(hand_in(at.internet, (f"{n}.txt", text)) for n, text in enumerate(texts))
            )
            for n, item_id in enumerate(ids):
                assert (await at.settled(item_id))["outcome"] == "clean"
                got = await at.lgwan.get(f"/api/v1/items/{item_id}/parts/0/content")
                assert got.content.decode("utf-8-sig").split("\r\n")[0] == str(n)

    asyncio.run(go())


def test_what_was_answered_survives_the_death_of_any_process(tmp_path: Path) -> None:
    """Multipart and tus under `kill -9`: every 2xx is there, and is cleaned in the end."""
    uploads, kills = 60, 8
    accepted: dict[str, bytes] = {}

    async def client(at: Office, numbers: list[int]) -> None:
        while numbers:
            number = numbers.pop()
            text = f"upload {number} ".encode() * 30_000
            try:
                if number % 2:
                    accepted[await hand_in(at.internet, ("a.txt", text))] = text
                else:
                    accepted[await resumed(at, text)] = text
            except (httpx.HTTPError, AssertionError):
                numbers.append(number)
                await asyncio.sleep(0.1)

    async def resumed(at: Office, text: bytes) -> str:
        made = await at.internet.post(
            "/api/v1/tus", headers={**TUS, "Upload-Length": str(len(text))}
        )
        assert made.status_code == 201
        url, offset = made.headers["location"], 0
        while True:
            with contextlib.suppress(httpx.TransportError):
                piece = text[offset : offset + 200_000]
                sent = await at.internet.patch(
                    url, content=piece, headers={**APPEND, "Upload-Offset": str(offset)}
                )
                if "upload-item" in sent.headers:
                    return sent.headers["upload-item"]
            await asyncio.sleep(0.05)
            with contextlib.suppress(httpx.TransportError):
                there = await at.internet.head(url, headers=TUS)
                assert there.status_code == 200, "handed in, but the answer was lost"
                # What was confirmed before is never lost.
                assert int(there.headers["upload-offset"]) >= offset
                offset = int(there.headers["upload-offset"])

    async def killer(at: Office, numbers: list[int]) -> int:
        dice = random.Random(7)
        killed = 0
        while killed < kills:
            await asyncio.sleep(0.4)
            victims = _victims(at.running.pid)
            roles = [v for v in victims if b"--role" in _command(v)]
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(roles or victims), signal.SIGKILL)
                killed += 1
        return killed

    async def go() -> None:
        settings = {"MUGAIKA_WORKERS__MAX_ATTEMPTS": "20"}
        async with office(tmp_path, **settings) as at:
            numbers = list(range(uploads))
            killing = asyncio.create_task(killer(at, numbers))
            await asyncio.gather(*(client(at, numbers) for _ in range(4)))
            assert await killing == kills
            assert len(accepted) == uploads
            for item_id, text in accepted.items():
                item = await at.settled(item_id)
                assert item["outcome"] == "clean", item
                content = None
                while content is None:
                    with contextlib.suppress(httpx.TransportError):
                        content = await at.lgwan.get(f"/api/v1/items/{item_id}/parts/0/content")
                assert content.content == b"\xef\xbb\xbf" + text

    asyncio.run(go())
    view = View.open(Config(data_dir=tmp_path))
    assert view.verify_audit().ok
    view.close()


def test_1_gb_cut_twice_is_byte_exact_within_200_mb(tmp_path: Path) -> None:
    size = 1_000_000_000
    pool = blocks(7)

    def data(start: int, end: int):
        at = start
        while at < end:
            block = pool[(at >> 20) % len(pool)]
            inside = at & ((1 << 20) - 1)
            piece = block[inside : inside + end - at]
            yield piece
            at += len(piece)

    async def body(start: int, end: int, cut_at: int | None):
        for piece in data(start, end):
            if cut_at is not None and start >= cut_at:
                raise ConnectionError("cut")
            start += len(piece)
            yield piece

    async def go() -> None:
        # Nobody cleans it here: the receiving side alone is looked at.
        async with office(tmp_path, MUGAIKA_WORKERS__MAX_ATTEMPTS="1") as at:
            pid = role_pid(at.running.pid, "internet")
            before = resident(pid)
            made = await at.internet.post(
                "/api/v1/tus",
                headers={**TUS, "Upload-Length": str(size), "Upload-Metadata": "submit bm8="},
            )
            url, offset = made.headers["location"], 0
            for cut_at in (300_000_000, 700_000_000, None):
                with contextlib.suppress(ConnectionError, httpx.HTTPError):
                    await at.internet.patch(
                        url,
                        content=body(offset, size, cut_at),
                        headers={**APPEND, "Upload-Offset": str(offset)},
                    )
                offset = await still(at, url)
            assert offset == size
            assert resident(pid) - before < 200_000_000
            assert resident(pid) < 300_000_000

    async def still(at: Office, url: str) -> int:
        """The offset once it no longer moves."""
        last = -1
        while True:
            there = await at.internet.head(url, headers=TUS)
            now = int(there.headers["upload-offset"])
            if now == last:
                return now
            last = now
            await asyncio.sleep(0.5)

    asyncio.run(go())
    expected = hashlib.sha256()
    for piece in data(0, size):
        expected.update(piece)
    config = Config(data_dir=tmp_path)
    work = Work.open(config)
    try:
        assert stored_digest(work, work.database) == expected.hexdigest()
    finally:
        work.close()


def stored_digest(work: Work, database: Database) -> str:
    """Of the only file in the store, as a worker decrypts it."""
    row = database.read_sync(lambda c: c.execute(select(files)).one())
    file = ClaimedFile(id=row.id, name=row.name, claimed_type="", size=row.size)
    fd = os.memfd_create("plain")
    try:
        asyncio.run(work.file_to_fd(file, fd))
        with os.fdopen(os.dup(fd), "rb") as plain:
            plain.seek(0)
            return hashlib.file_digest(plain, "sha256").hexdigest()
    finally:
        os.close(fd)


def test_what_requires_a_scan_is_held_until_the_scanner_is_back(tmp_path: Path) -> None:
    clamd = Clamd(tmp_path / "clamd")
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'version = 1\ndefault_profile = "strict"\n[profiles.strict]\nscan = "required"\n'
    )
    (tmp_path / "data").mkdir()
    settings = {
        "MUGAIKA_SCANNER__SOCKET": f"unix:{clamd.path}",
        "MUGAIKA_POLICY_FILE": str(policy),
    }

    async def go() -> None:
        async with office(tmp_path / "data", **settings) as at:
            ids = [
                await hand_in(at.internet, ("a.txt", text))
                for text in (b"harmless", b"bad " + MARKER)
            ]
            async with asyncio.timeout(60):
                while True:
                    items = [(await at.internet.get(f"/api/v1/items/{i}")).json() for i in ids]
                    if all(i["state"] == "held" and i["hold"] == "scanner" for i in items):
                        break
                    await asyncio.sleep(0.1)
            clamd.start()
            harmless, bad = [await at.settled(i) for i in ids]
            assert (harmless["state"], harmless["outcome"]) == ("ready", "clean")
            assert (bad["state"], bad["outcome"]) == ("rejected", "withheld")
            assert bad["parts"][0]["reason"]["code"] == "malware"

    try:
        asyncio.run(go())
    finally:
        clamd.stop()
