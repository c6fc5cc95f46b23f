"""tus 1.0: what a 204 says is durable, a cut loses at most what had no answer."""

import base64
import os
import socket

import pytest

from tests.gateway.store.harness import blob_files, rows
from tests.gateway.web.harness import sides
from tests.gateway.web.test_uploads_api import stored

V = {"Tus-Resumable": "1.0.0"}
BODY = {**V, "Content-Type": "application/offset+octet-stream"}


def metadata(**values: str) -> dict[str, str]:
    pairs = [f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items()]
    return {"Upload-Metadata": ",".join(pairs)}


def create(client, length: int, **values) -> str:
    answer = client.post(
        "/api/v1/tus", headers={**V, "Upload-Length": str(length), **metadata(**values)}
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-offset"] == "0"
    return answer.headers["location"]


def patch(client, url, offset, data, **headers):
    return client.patch(
        url, content=data, headers={**BODY, "Upload-Offset": str(offset), **headers}
    )


def offset(client, url) -> int:
    answer = client.head(url, headers=V)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def test_the_server_says_what_it_can(both):
    with both.client("internet") as client:
        answer = client.options("/api/v1/tus")
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == "1.0.0"
        assert "termination" in answer.headers["tus-extension"]
        assert answer.headers["tus-max-size"] == "1000000000"


def test_pieces_become_one_item_with_its_wishes(tmp_path):
    data = os.urandom(3_000_000)
    with sides(tmp_path / "data") as both, both.client("internet") as client:
        url = create(client, len(data), filename="図面 A.pdf", recipient="suzuki", note="至急")
        assert patch(client, url, 0, data[:1_000_000]).headers["upload-offset"] == "1000000"
        last = patch(client, url, 1_000_000, data[1_000_000:])
        assert last.status_code == 204
        item = client.get(f"/api/v1/items/{last.headers['upload-item']}").json()
        assert item["note"] == "至急"
        assert item["recipients"] == ["suzuki@example.jp"]
        assert client.head(url, headers=V).status_code == 404
    assert stored(both.config) == {"図面 A.pdf": data}


def test_creation_can_bring_the_bytes_and_leave_the_length_open(tmp_path):
    with sides(tmp_path / "data") as both, both.client("internet") as client:
        whole = client.post(
            "/api/v1/tus",
            content=b"all of it",
            headers={**BODY, "Upload-Length": "9", **metadata(filename="a")},
        )
        assert whole.status_code == 201
        assert "upload-item" in whole.headers
        later = client.post(
            "/api/v1/tus", headers={**V, "Upload-Defer-Length": "1", **metadata(filename="b")}
        )
        url = later.headers["location"]
        assert client.head(url, headers=V).headers["upload-defer-length"] == "1"
        patch(client, url, 0, b"one ")
        assert "upload-item" in patch(client, url, 4, b"two", **{"Upload-Length": "7"}).headers
    assert stored(both.config) == {"a": b"all of it", "b": b"one two"}


def test_several_uploads_wait_and_are_handed_in_as_one_item(tmp_path):
    with sides(tmp_path / "data") as both, both.client("internet") as client:
        ids = []
        for name in ("一.txt", "二.txt"):
            url = create(client, 3, filename=name, submit="no")
            assert "upload-item" not in patch(client, url, 0, b"abc").headers
            ids.append(url.rpartition("/")[2])
        answer = client.post(
            "/api/v1/uploads", files={"upload": (None, ids[0])}, data={"upload": ids[1]}
        )
        assert answer.status_code == 202, answer.text
    assert rows(both.config, "select count(*) from items") == [(1,)]
    assert stored(both.config) == {"一.txt": b"abc", "二.txt": b"abc"}


def raw_patch(both, url, offset, announced, sent: bytes) -> None:
    """A PATCH whose connection is cut in the middle."""
    host, _, port = both.config.internet.listen.partition(":")
    head = (
        f"PATCH {url} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Authorization: Bearer {both.tokens['tanaka', 'internet']}\r\n"
        f"Tus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {announced}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(head + sent)


def test_a_cut_keeps_what_came_and_the_rest_can_follow(tmp_path):
    data = os.urandom(2_000_000)
    with sides(tmp_path / "data") as both, both.client("internet") as client:
        url = create(client, len(data), filename="cut")
        at = 0
        for _ in range(2):
            raw_patch(both, url, at, len(data) - at, data[at : at + 600_000])
            for _ in range(200):
                if (now := offset(client, url)) > at:
                    break
            assert now > at
            at = now
        answer = patch(client, url, at, data[at:])
        for _ in range(100):  # the connection before may still be ending
            if answer.status_code != 423:
                break
            answer = patch(client, url, at, data[at:])
        assert "upload-item" in answer.headers, answer.text
    assert stored(both.config) == {"cut": data}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 412),
        ({"Tus-Resumable": "0.2.2"}, 412),
        (V, 400),
        ({**V, "Upload-Length": "-1"}, 400),
        ({**V, "Upload-Length": "1e3"}, 400),
        ({**V, "Upload-Length": "9" * 16}, 400),
        ({**V, "Upload-Length": "1000000001"}, 413),
        ({**V, "Upload-Defer-Length": "2"}, 400),
        ({**V, "Upload-Length": "1", "Upload-Metadata": "filename !!"}, 400),
        ({**V, "Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="}, 400),
        ({**V, "Upload-Length": "1", "Upload-Metadata": "a " + "A" * 9_000}, 400),
        ({**V, "Upload-Length": "1", **metadata(recipient="nobody")}, 422),
        ({**V, "Upload-Length": "1", **metadata(note="\x00")}, 422),
    ],
)
def test_wrong_creations_are_refused(both, headers, status):
    with both.client("internet") as client:
        assert client.post("/api/v1/tus", headers=headers).status_code == status


def test_wrong_appends_change_nothing(both):
    with both.client("internet") as client, both.client("internet", "suzuki") as other:
        url = create(client, 10, filename="a", submit="no")
        patch(client, url, 0, b"12345")
        assert patch(client, url, 0, b"12345").status_code == 409
        assert patch(client, url, 6, b"1234").status_code == 409
        assert patch(client, url, 5, b"x" * 6).status_code == 413
        assert (
            client.patch(url, content=b"x", headers={**V, "Upload-Offset": "5"}).status_code == 415
        )
        assert client.patch(url, content=b"x", headers={"Upload-Offset": "5"}).status_code == 412
        assert patch(client, url, "five", b"x").status_code == 400
        assert patch(other, url, 5, b"x").status_code == 404
        assert other.delete(url, headers=V).status_code == 404
        assert offset(client, url) == 5


def test_a_given_up_upload_is_gone_with_its_bytes(both):
    with both.client("internet") as client:
        url = create(client, 500_000, filename="a")
        patch(client, url, 0, bytes(400_000))
        before = len(blob_files(both.config))
        assert client.delete(url, headers=V).status_code == 204
        assert client.head(url, headers=V).status_code == 404
        assert len(blob_files(both.config)) == before - 1


def test_an_empty_file_is_whole_at_once(both):
    with both.client("internet") as client:
        answer = client.post(
            "/api/v1/tus", headers={**V, "Upload-Length": "0", **metadata(filename="空")}
        )
        assert "upload-item" in answer.headers
