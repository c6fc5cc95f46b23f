"""A client of mugaika's API in a hundred lines: send files, watch, collect. Python 3.11, httpx.

python client.py send  https://upload.example.jp TOKEN FILE… [--to NAME]…
python client.py fetch https://collect.example.jp TOKEN ITEM FOLDER

Large files go by tus 1.0, so that a cut connection goes on where it was.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from pathlib import Path

import httpx

PIECE = 16_000_000  # bytes of one request: what a cut costs at most
TRIES = 8
TUS = {"Tus-Resumable": "1.0.0"}


def client(url: str, token: str) -> httpx.Client:
    """A client for one side; a token of the other side is refused with 401."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def checked(answer: httpx.Response) -> httpx.Response:
    """The answer, or the problem that it tells (RFC 9457)."""
    if answer.is_error:
        problem = answer.json()
        raise SystemExit(f"{problem['status']} {problem['title']}: {problem['detail']}")
    return answer


def upload(side: httpx.Client, path: Path) -> str:
    """Send one file resumably; returns the id of the upload."""
    size = path.stat().st_size
    name = base64.b64encode(path.name.encode()).decode()
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {name},submit bm8="}
    url = checked(side.post("/api/v1/tus", headers=headers)).headers["Location"]
    offset = tries = 0
    with path.open("rb") as file:
        while offset < size:
            try:
                file.seek(offset)
                headers = {
                    **TUS,
                    "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream",
                }
                answer = side.patch(url, content=file.read(PIECE), headers=headers)
                offset = int(checked(answer).headers["Upload-Offset"])
                tries = 0
            except httpx.TransportError:
                tries += 1
                if tries == TRIES:
                    raise
                time.sleep(2**tries / 10)
                offset = int(checked(side.head(url, headers=TUS)).headers["Upload-Offset"])
    return url.rpartition("/")[2]


def send(side: httpx.Client, paths: list[Path], to: list[str]) -> dict:
    """Send files as one item and wait until they are cleaned; returns the item."""
    fields = [("upload", (None, upload(side, path))) for path in paths]
    fields += [("recipient", (None, name)) for name in to]
    accepted = checked(side.post("/api/v1/uploads", files=fields)).json()
    with side.stream("GET", f"{accepted['status_url']}/events", timeout=None) as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                item = json.loads(line[6:])
                if item["state"] not in ("received", "processing", "held"):
                    return item
    return checked(side.get(accepted["status_url"])).json()


def fetch(side: httpx.Client, item_id: str, folder: Path) -> None:
    """Write every clean file of an item into a folder; tell what did not cross."""
    item = checked(side.get(f"/api/v1/items/{item_id}")).json()
    for part in item["parts"]:
        if part["fetchable"]:
            url = f"/api/v1/items/{item_id}/parts/{part['n']}/content"
            (folder / part["name"]).write_bytes(checked(side.get(url)).content)
            print(f"{part['name']}: {part['method']}, {len(part['findings'])} findings")
        elif part["reason"]:
            print(f"{part['name']}: {part['reason']['ja']}", file=sys.stderr)


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["send", "fetch"])
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--to", action="append", default=[])
    given = parser.parse_args()
    with client(given.url, given.token) as side:
        if given.what == "send":
            item = send(side, [Path(name) for name in given.names], given.to)
            print(item["id"], item["state"], item["outcome"])
        else:
            fetch(side, given.names[0], Path(given.names[1]))


if __name__ == "__main__":
    main()
