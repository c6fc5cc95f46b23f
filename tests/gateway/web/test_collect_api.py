"""What was sent to me can be fetched, and nothing else; every download is an attachment."""

import asyncio
import io
import sqlite3
import zipfile

import pytest

from gateway.lgwan.api import _disposition
from gateway.store.intake import Intake
from gateway.store.uploads import Submission, Uploads
from gateway.store.work import Work
from tests.gateway.store.harness import events, opened, rows
from tests.gateway.store.test_uploads import LARGE, clean, put
from tests.gateway.web.harness import Sides, make_config


def prepared(config, *outputs, recipients=("suzuki@example.jp",)) -> str:
    """An upload of tanaka's that was cleaned to these outputs (None: withheld)."""
    submission = Submission(
        uploader="tanaka", sender="tanaka@example.jp", recipients=recipients,
        note="<b>連絡</b>", profile="", client="::1", tls=False,
    )  # fmt: skip

    async def go():
        with opened(config, Intake) as intake, opened(config, Work) as work:
            uploads = Uploads.open(config, intake.database)
            item_id = await put(uploads, *(b"x" for _ in outputs), submission=submission)
            await clean(work, *outputs)
            return item_id

    return asyncio.run(go())


def test_the_recipient_sees_fetches_and_ends_the_item(both):
    item_id = prepared(both.config, b"clean", LARGE, None)
    with both.client("lgwan", "suzuki") as client:
        listed = client.get("/api/v1/items").json()["items"]
        assert item_id in [i["id"] for i in listed]
        item = client.get(f"/api/v1/items/{item_id}").json()
        assert [(p["outcome"], p["fetchable"]) for p in item["parts"]] == [
            ("clean", True), ("clean", True), ("withheld", False),
        ]  # fmt: skip
        assert item["parts"][2]["reason"]["code"] == "damaged"
        assert "再送" in item["parts"][2]["reason"]["ja"]
        assert item["note"] == "<b>連絡</b>"
        first = client.get(f"/api/v1/items/{item_id}/parts/0/content")
        assert first.content == b"clean"
        assert first.headers["content-disposition"].startswith("attachment;")
        assert first.headers["x-content-type-options"] == "nosniff"
        assert first.headers["content-security-policy"].startswith("sandbox")
        assert client.get(f"/api/v1/items/{item_id}").json()["state"] == "ready"
        assert client.get(f"/api/v1/items/{item_id}/parts/1/content").content == LARGE
        assert client.get(f"/api/v1/items/{item_id}").json()["state"] == "delivered"
        again = client.get(f"/api/v1/items/{item_id}/parts/0/content")
        assert again.content == b"clean"
        assert client.get(f"/api/v1/items/{item_id}/parts/2/content").status_code == 409
        assert client.get(f"/api/v1/items/{item_id}/parts/3/content").status_code == 404
    assert events(both.config, item_id).count("fetched") == 3


def test_everything_comes_as_one_zip_that_tells_what_is_missing(both):
    item_id = prepared(both.config, b"one", LARGE, None)
    with both.client("lgwan", "suzuki") as client:
        answer = client.get(f"/api/v1/items/{item_id}/content")
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == ["0.txt", "1.txt", "無害化の結果.txt"]
            assert archive.read("1.txt") == LARGE
            report = archive.read("無害化の結果.txt").decode("utf-8-sig")
        assert item_id in report
        assert "2.txt: ファイルが壊れている" in report
        assert client.get(f"/api/v1/items/{item_id}").json()["state"] == "delivered"


def test_nobody_else_gets_anything(both):
    item_id = prepared(both.config, b"secret")
    paths = [
        f"/api/v1/items/{item_id}",
        f"/api/v1/items/{item_id}/parts/0/content",
        f"/api/v1/items/{item_id}/content",
    ]
    with both.client("lgwan", "tanaka") as uploader, both.client("lgwan", None) as stranger:
        for path in paths:
            assert uploader.get(path).status_code == 404
            assert stranger.get(path).status_code == 401
        assert item_id not in uploader.get("/api/v1/items?limit=200").text


def test_one_recipient_does_not_learn_of_another(both):
    item_id = prepared(both.config, b"x", recipients=("suzuki@example.jp", "sato@example.jp"))
    with both.client("lgwan", "suzuki") as client:
        assert "sato" not in client.get(f"/api/v1/items/{item_id}").text


def test_what_has_expired_is_410(tmp_path):
    config = make_config(tmp_path / "data", retention={"clean_days": 0, "originals_days": 0})
    with Sides(config) as both:
        item_id = prepared(config, b"x")

        async def purge():
            with opened(config, Work) as work:
                await work.purge()

        asyncio.run(purge())
        with both.client("lgwan", "suzuki") as client:
            assert client.get(f"/api/v1/items/{item_id}").json()["state"] == "expired"
            assert client.get(f"/api/v1/items/{item_id}/parts/0/content").status_code == 410
            assert client.get(f"/api/v1/items/{item_id}/content").status_code == 410


def test_a_locked_part_is_423_and_an_unfinished_item_409(both):
    item_id = prepared(both.config, None)
    rows(both.config, "update parts set outcome = 'locked' where item_id = ?", item_id)
    with both.client("lgwan", "suzuki") as client:
        assert client.get(f"/api/v1/items/{item_id}/parts/0/content").status_code == 423
        rows(both.config, "update items set state = 'processing' where id = ?", item_id)
        rows(both.config, "delete from parts where item_id = ?", item_id)
        assert client.get(f"/api/v1/items/{item_id}/parts/0/content").status_code == 409
        assert client.get(f"/api/v1/items/{item_id}/content").status_code == 409


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("報告 (最終).xlsx", "attachment; filename=\"______.xlsx\"; filename*=UTF-8''"),
        ('a"b\\c.txt', 'attachment; filename="a_b_c.txt"; '),
        ("x\r\nSet-Cookie: a=b", 'attachment; filename="x__Set-Cookie__a_b"; '),
    ],
)
def test_a_name_never_leaves_its_header(name, value):
    header = _disposition(name)["Content-Disposition"]
    assert "\r" not in header
    assert "\n" not in header
    assert header.isascii()
    assert header.split("filename*")[0].count('"') == 2
    assert header.startswith(value.partition(" filename=")[0])


def test_10_000_items_are_listed_by_pages(tmp_path):
    """Only that it works here; how fast is in the benchmarks."""
    config = make_config(tmp_path / "data")
    item_id = prepared(config, b"x")
    many = [(f"{n:020d}",) for n in range(10_000)]

    from tests.gateway.store.harness import database_path

    with sqlite3.connect(database_path(config)) as connection:
        columns = [r[1] for r in connection.execute("pragma table_info(items)")]
        rest = ",".join(c for c in columns if c != "id")
        connection.executemany(
            f"insert into items (id,{rest}) select ?,{rest} from items where id='{item_id}'", many
        )
        columns = [r[1] for r in connection.execute("pragma table_info(deliveries)")]
        rest = ",".join(c for c in columns if c not in ("id", "item_id"))
        connection.executemany(
            f"insert into deliveries (item_id,{rest}) select ?,{rest} from deliveries"
            f" where item_id='{item_id}'",
            many,
        )
    with Sides(config) as both, both.client("lgwan", "suzuki") as client:
        seen, cursor = 0, ""
        while cursor is not None:
            page = client.get("/api/v1/items", params={"limit": 200, "cursor": cursor}).json()
            seen += len(page["items"])
            cursor = page["next"]
        assert seen == 10_001
