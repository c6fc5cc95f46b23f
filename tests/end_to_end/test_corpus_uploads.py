"""Corpus files through the API end as they do with `mugaika sanitize`, byte for byte.

A slice in every run; all of them with `make corpus`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from gateway.policy import BUILT_IN, parse
from gateway.sandbox.pool import Sandbox
from gateway.sanitize import Cleaner, Input
from tests.corpus import corpus_dir, corpus_files, require_corpus
from tests.end_to_end.test_corpus import KINDS
from tests.end_to_end.uploads import office

pytestmark = [pytest.mark.corpus, pytest.mark.slow]
EVERY = int(os.environ.get("CORPUS_EVERY", "16"))  # 1 = all files
BATCH = 40  # files of one upload
LARGEST = 30_000_000  # bytes; larger ones only cost time here


def chosen() -> list[Path]:
    files = [path for kind in KINDS for path in corpus_files(kind)]
    return [path for path in files[::EVERY] if 0 < path.stat().st_size < LARGEST]


@pytest.mark.timeout(3600)
def test_files_end_the_same_by_the_api_and_by_the_command(tmp_path: Path) -> None:
    require_corpus()
    assert corpus_dir() is not None
    files = chosen()
    assert len(files) > 20
    by_command = asyncio.run(_by_command(files, tmp_path))
    by_api = asyncio.run(_by_api(files, tmp_path))
    differing = [
        (path.name, by_command[path], by_api[path])
        for path in files
        if by_command[path] != by_api[path]
    ]
    assert differing == []


async def _by_command(files: list[Path], folder: Path) -> dict[Path, tuple[str, str, str]]:
    sandbox = Sandbox(slots=2, memory_bytes=6_000_000_000)
    await sandbox.start()
    found = {}
    try:
        cleaner = Cleaner(sandbox, parse(BUILT_IN, source="test").profile("standard"), folder)
        for number, path in enumerate(files):
            out = folder / "out" / str(number)
            report = (await cleaner.clean(Input(path, Path(path.name)), out, folder=True)).report
            output = report["output"] or {}
            reason = (report["reason"] or {}).get("code", "")
            is_mail = report["media_type"] == "message/rfc822"
            found[path] = (report["outcome"], reason, "" if is_mail else output.get("sha256", ""))
    finally:
        await sandbox.close()
    return found


async def _by_api(files: list[Path], folder: Path) -> dict[Path, tuple[str, str, str]]:
    found = {}
    async with office(folder / "data") as at:
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            sent = [("file", (path.name, path.read_bytes())) for path in batch]
            answer = await at.internet.post("/api/v1/uploads", files=sent)
            assert answer.status_code == 202, answer.text
            item = await at.settled(answer.json()["id"], seconds=1_200)
            view = (await at.lgwan.get(f"/api/v1/items/{item['id']}")).json()
            tops = [part for part in view["parts"] if part["parent"] is None]
            assert len(tops) == len(batch)
            for path, part in zip(batch, tops, strict=True):
                digest = ""
                if part["fetchable"]:
                    url = f"/api/v1/items/{item['id']}/parts/{part['n']}/content"
                    digest = hashlib.sha256((await at.lgwan.get(url)).content).hexdigest()
                reason = (part["reason"] or {}).get("code", "")
                if part["media_type"] == "message/rfc822" or path.suffix == ".eml":
                    # Its boundary names the item. And the command takes every `.eml` for a
                    # mail, as it would come by SMTP; what is none is a text as an upload.
                    digest = ""
                found[path] = (part["outcome"], reason, digest)
    return found
