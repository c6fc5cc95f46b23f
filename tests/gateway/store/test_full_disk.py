"""A full disk refuses, keeps nothing of what it refused, and is forgotten when room is made."""

import os
import subprocess
import sys

import pytest

from tests.gateway.store.harness import ROOT, make_config, program, rows

LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from gateway.config import Config
from gateway.store.errors import StoreFull
from gateway.store.intake import Intake
from tests.gateway.store.harness import accept, blob_files

async def main():
    config = Config(data_dir=Path(sys.argv[1]))
    intake = Intake.open(config)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
    spool = intake.spool()
    try:
        spool.write(bytes(1_500_000))  # a whole chunk goes to the file
    except StoreFull:
        print("full while writing", len(blob_files(config)))
    try:
        await accept(intake, bytes(900_000))  # the only chunk goes at the end
    except StoreFull:
        print("full while accepting", len(blob_files(config)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await accept(intake, bytes(1_500_000))
    print("room again", len(blob_files(config)))

asyncio.run(main())
"""


def test_a_blob_that_does_not_fit_is_refused_and_leaves_nothing(tmp_path):
    config = make_config(tmp_path / "data")
    output, _ = program(LIMITED, config.data_dir).communicate(timeout=60)
    assert output.splitlines() == [
        "full while writing 0",
        "full while accepting 0",
        "room again 1",
    ]
    assert rows(config, "select count(*), sum(size) from items") == [(1, 1_500_000)]


TINY_DISK = """
import asyncio, os, sys
from pathlib import Path
from gateway.store import audit
from gateway.store.errors import StoreFull, StoreUnavailable
from gateway.store.intake import Intake
from gateway.store.work import Work
from tests.gateway.store.harness import accept, blob_files, make_config, opened, rows

async def main():
    disk = Path(sys.argv[1])
    config = make_config(disk / "data")
    intake = Intake.open(config)
    kept = {}

    async def put(size):
        body = os.urandom(size)
        kept[await accept(intake, body)] = body

    await put(1000)
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    refused = set()
    for size in (40_000, 300_000) * 20:
        try:
            await put(size)
        except (StoreFull, StoreUnavailable) as error:
            refused.add(type(error).__name__)
    print(*sorted(refused))
    ballast.unlink()
    before = len(kept)
    await asyncio.gather(*(put(size) for size in (50, 40_000, 300_000)))
    print("worked on", len(kept) - before)
    with opened(config, Work) as work:
        found = {i.id: await work.read_original(i) for i in await work.claim(99, lease_seconds=60)}
    print("same", found == kept)
    print("items", rows(config, "select count(*) from items") == [(len(kept),)])
    large = {i for i in kept if len(kept[i]) > 64_000}
    print("blobs", {p.name for p in blob_files(config)} == large)
    print("trail", intake.database.read_sync(audit.verify).ok)
    intake.close()

asyncio.run(main())
"""


def can_mount() -> bool:
    if os.geteuid() != 0:
        return False
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount a small disk")
def test_a_full_database_refuses_and_works_on_when_room_is_made(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", disk, sys.executable, TINY_DISK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    first, *others = done.stdout.splitlines()
    assert "StoreFull" in first
    assert others == ["worked on 3", "same True", "items True", "blobs True", "trail True"]
    assert list(disk.iterdir()) == []  # the mount was this test's own
