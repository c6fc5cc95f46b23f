"""Files go in by multipart: durable before the answer, one's own only, refused whole."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time

import httpx
import pytest

from gateway.store.work import Work
from tests.gateway.store.harness import ROOT, blob_files, opened, rows
from tests.gateway.store.test_full_disk import can_mount
from tests.gateway.store.test_uploads import read
from tests.gateway.web.harness import sides, upload


def stored(config) -> dict[str, bytes]:
    """Claimed files by name, as a worker reads them."""

    async def go():
        with opened(config, Work) as work:
            found = {}
            for item in await work.claim(100, lease_seconds=60):
                for file in await work.files(item):
                    found[file.name] = await read(work, file)
            return found

    return asyncio.run(go())


def test_what_is_answered_202_is_stored_byte_for_byte(tmp_path):
    files = {"報告書 №1.docx": os.urandom(200_000), "b;\"'.txt": b"x\r\n--y\r\n", "空": b""}
    with sides(tmp_path / "data") as both, both.client("internet") as client:
        answer = client.post(
            "/api/v1/uploads", files=[("file", (n, d, "text/plain")) for n, d in files.items()]
        )
        assert answer.status_code == 202
        assert answer.json()["status_url"] == f"/api/v1/items/{answer.json()['id']}"
        assert answer.headers["location"] == answer.json()["status_url"]
        item = client.get(answer.json()["status_url"]).json()
        assert (item["state"], item["kind"], item["outcome"]) == ("received", "upload", None)
        assert item["recipients"] == ["tanaka@example.jp"]
    found = stored(both.config)
    # Browsers and httpx write a quote in a file name as %22 (HTML, section 4.10.22.8).
    assert {name.replace("%22", '"'): data for name, data in found.items()} == files


def test_recipients_are_accounts_or_addresses_of_ours(both):
    with both.client("internet") as client:
        item_id = upload(client, ("a", b"x"), recipient=["suzuki", "new@example.jp", "suzuki"])
        shown = client.get(f"/api/v1/items/{item_id}").json()["recipients"]
        assert shown == ["suzuki@example.jp", "new@example.jp"]
        for wrong in ("nobody", "a@elsewhere.example", "a b@example.jp", "x\r\ny@example.jp"):
            answer = client.post(
                "/api/v1/uploads", files={"file": ("a", b"x")}, data={"recipient": wrong}
            )
            assert answer.status_code == 422, wrong


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"note": "x" * 1001}, 422),
        ({"note": "a\x00b"}, 422),
        ({"note": "\u202eevil"}, 422),
        ({"profile": "text-only"}, 422),  # exists, but staff may not choose it
        ({"profile": "no-such"}, 422),
        ({"note": ["a", "b"]}, 422),
        ({"upload": "0" * 20}, 404),
        ({"recipient": ["suzuki"] * 101}, 422),
        ({"junk": ["x"] * 301}, 413),
        ({"note": "あ" * 4_000}, 413),
    ],
)
def test_wrong_fields_are_refused_and_nothing_stays(both, fields, status):
    before = rows(both.config, "select count(*) from files")
    blobs = len(blob_files(both.config))
    with both.client("internet") as client:
        answer = client.post(
            "/api/v1/uploads", files={"file": ("a", os.urandom(100_000))}, data=fields
        )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert rows(both.config, "select count(*) from files") == before
    assert len(blob_files(both.config)) == blobs


BOUNDARY = "multipart/form-data; boundary=x"


def part(disposition: str, data: bytes) -> bytes:
    return f"--x\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("", b"", 415),
        ("multipart/form-data", b"--x--\r\n", 422),
        ("multipart/form-data; boundary=" + "x" * 71, b"", 422),
        (BOUNDARY, b"", 422),
        (BOUNDARY, b"garbage", 422),
        (BOUNDARY, b"--x\r\n\r\n--x--\r\n", 422),
        (BOUNDARY, part('form-data; name="file"; filename="a"', b"cut"), 422),
        (BOUNDARY, part('attachment; name="file"', b"a\r\n--x--\r\n"), 422),
        (BOUNDARY, part('form-data; name="other"; filename="a"', b"a\r\n--x--"), 422),
        (BOUNDARY, part('form-data; name="note"', b"\xff\r\n--x--\r\n"), 422),
        (BOUNDARY, b"--x\r\n" + b"A: b\r\n" * 5_000 + b"\r\n--x--\r\n", 422),
        (BOUNDARY, b"--x--\r\n", 409),
    ],
    ids=range(13),
)  # fmt: skip
def test_damaged_forms_are_refused(both, content_type, body, status):
    with both.client("internet") as client:
        answer = client.post(
            "/api/v1/uploads", content=body, headers={"Content-Type": content_type}
        )
    assert answer.status_code == status, answer.text


def test_more_than_the_limit_is_413_before_and_while_it_comes(tmp_path):
    internet = {"max_upload": 100_000}
    with sides(tmp_path / "data", internet=internet) as both, both.client("internet") as client:
        announced = client.post("/api/v1/uploads", files={"file": ("a", bytes(3_000_000))})
        assert announced.status_code == 413

        def endless():
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            while True:
                yield bytes(100_000)

        # It ends in a 413, or in a connection that is closed under the sender.
        with contextlib.suppress(httpx.TransportError):
            answer = client.post(
                "/api/v1/uploads", content=endless(), headers={"Content-Type": BOUNDARY}
            )
            assert answer.status_code == 413
        assert client.get("/livez").status_code == 200
    assert blob_files(both.config) == []


def test_a_full_disk_is_507_and_the_service_lives(tmp_path):
    smtp = {"min_free_disk": 10**18}
    with sides(tmp_path / "data", smtp=smtp) as both, both.client("internet") as client:
        answer = client.post("/api/v1/uploads", files={"file": ("a", b"x")})
        assert answer.status_code == 507
        assert answer.json()["type"] == "urn:mugaika:problem:disk_full"
        assert client.get("/livez").status_code == 200
    assert rows(both.config, "select count(*) from items") == [(0,)]


def test_a_full_queue_is_503(tmp_path):
    smtp = {"max_queue_items": 1}
    with sides(tmp_path / "data", smtp=smtp) as both, both.client("internet") as client:
        upload(client, ("a", b"x"))
        time.sleep(1.1)  # the look at the queue is remembered for a second
        answer = client.post("/api/v1/uploads", files={"file": ("a", b"x")})
        assert answer.status_code == 503
        assert "retry-after" in answer.headers


def test_200_files_in_one_go(both):
    with both.client("internet") as client:
        files = [("file", (f"{n}.txt", f"file {n}".encode())) for n in range(200)]
        assert client.post("/api/v1/uploads", files=files).status_code == 202
    sizes = rows(both.config, "select count(*), max(n) from files group by item_id order by 1")
    assert sizes[-1] == (200, 199)


def test_501_files_are_too_many(both):
    with both.client("internet") as client:
        files = [("file", (f"{n}", b"x")) for n in range(501)]
        assert client.post("/api/v1/uploads", files=files).status_code == 413


def test_ones_own_uploads_are_listed_by_pages(both):
    with both.client("internet", "suzuki") as client:
        made = [upload(client, ("a", b"x")) for _ in range(3)]
        first = client.get("/api/v1/items", params={"limit": 2}).json()
        assert [i["id"] for i in first["items"]] == [made[2], made[1]]
        rest = client.get("/api/v1/items", params={"limit": 2, "cursor": first["next"]}).json()
        assert [i["id"] for i in rest["items"]] == [made[0]]
        assert rest["next"] is None


def test_anothers_upload_is_404_everywhere(both):
    with both.client("internet") as mine, both.client("internet", "suzuki") as other:
        item_id = upload(mine, ("a", b"x"))
        assert mine.get(f"/api/v1/items/{item_id}").status_code == 200
        for path in (f"/api/v1/items/{item_id}", f"/api/v1/items/{item_id}/events"):
            assert other.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/api/v1/items/..%2f..%2fetc%2fpasswd", "/api/v1/items/%00", "/api/v1/items/" + "a" * 5_000],
)
def test_path_tricks_find_nothing(both, path):
    with both.client("internet") as client:
        assert client.get(path).status_code in (404, 422)


def test_cut_forms_leave_nothing(both):
    blobs = len(blob_files(both.config))
    head = (
        f"POST /api/v1/uploads HTTP/1.1\r\nHost: {both.config.internet.listen}\r\n"
        f"Authorization: Bearer {both.tokens['tanaka', 'internet']}\r\n"
        f"Content-Type: {BOUNDARY}\r\nContent-Length: 5000000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    ).encode()
    host, _, port = both.config.internet.listen.partition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as sock:
            sock.sendall(head + bytes(300_000))
    with both.client("internet") as client:
        upload(client, ("after", b"x"))
        for _ in range(50):
            if len(blob_files(both.config)) == blobs:
                break
            client.get("/livez")
    assert len(blob_files(both.config)) == blobs


TINY_DISK = """
import os, sys
from pathlib import Path
from tests.gateway.store.harness import blob_files, rows
from tests.gateway.web.harness import sides, upload
from tests.gateway.web.test_tus import V, metadata, offset, patch
from tests.gateway.web.test_uploads_api import BOUNDARY, part, stored

def unannounced(size, head=b""):
    yield head
    for _ in range(size // 1_000_000):
        yield os.urandom(1_000_000)

with sides(Path(sys.argv[1]) / "data") as both, both.client("internet") as client:
    announced = client.post("/api/v1/uploads", files={"file": ("a", bytes(30_000_000))})
    print("announced", announced.status_code)
    head = part('form-data; name="file"; filename="a"', b"")
    form = client.post(
        "/api/v1/uploads", content=unannounced(30_000_000, head), headers={"Content-Type": BOUNDARY}
    )
    print("form", form.status_code)
    print("left", len(blob_files(both.config)), rows(both.config, "select count(*) from items"))
    headers = {**V, "Upload-Defer-Length": "1", **metadata(filename="b")}
    url = client.post("/api/v1/tus", headers=headers).headers["location"]
    print("piece", patch(client, url, 0, os.urandom(1_000_000)).status_code)
    print("rest", patch(client, url, 1_000_000, unannounced(29_000_000)).status_code)
    print("kept", offset(client, url), len(blob_files(both.config)))
    print("live", client.get("/livez").status_code)
    client.delete(url, headers=V)
    upload(client, ("c", b"x" * 5_000_000))
print("whole", {n: len(d) for n, d in stored(both.config).items()})
"""


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount a small disk")
def test_a_disk_that_fills_in_the_middle_is_507_and_nothing_is_half_kept(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=20m none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", disk, sys.executable, TINY_DISK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if not line.startswith("20")]
    assert told == [
        "announced 507",
        "form 507",
        "left 0 [(0,)]",
        "piece 204",
        "rest 507",
        "kept 1000000 1",
        "live 200",
        "whole {'c': 5000000}",
    ], done.stderr
