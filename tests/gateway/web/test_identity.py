"""Who may: a token of the right segment, a session with its CSRF token, and nobody else."""

import asyncio

import pytest

from gateway.store.accounts import Accounts
from gateway.store.engine import Database
from tests.gateway.store.harness import events, rows
from tests.gateway.web.harness import PASSWORD, sides


def signed_in(both, segment="internet", name="tanaka", password=PASSWORD):
    client = both.client(segment, None)
    answer = client.post("/api/v1/session", json={"name": name, "password": password})
    return client, answer


@pytest.mark.parametrize("segment", ["internet", "lgwan"])
def test_without_credentials_only_the_open_paths_answer(both, segment):
    with both.client(segment, None) as client:
        for path in ("/livez", "/readyz", "/", "/static/base.css", "/static/session.js"):
            assert client.get(path).status_code == 200, path
        for path in ("/api/v1/items", "/api/v1/openapi.json", "/api/v1/session"):
            answer = client.get(path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        for path in ("/docs", "/redoc", "/openapi.json", "/static/../app.py", "/static/x.py"):
            assert client.get(path).status_code == 404, path


def test_a_token_of_another_segment_is_401(both):
    for segment in ("internet", "lgwan"):
        for other in ("internet", "lgwan", "ops"):
            headers = {"Authorization": f"Bearer {both.tokens['tanaka', other]}"}
            with both.client(segment, None, headers=headers) as client:
                status = client.get("/api/v1/items").status_code
                assert status == (200 if segment == other else 401)


@pytest.mark.parametrize("value", ["Bearer", "Bearer x", "Basic dGFuYWth", "x" * 5_000])
def test_wrong_authorizations_are_401(both, value):
    with both.client("internet", None) as client:
        assert client.get("/api/v1/items", headers={"Authorization": value}).status_code == 401


def test_an_auditor_may_neither_upload_nor_collect(both):
    with both.client("internet", "ito") as client:
        assert client.post("/api/v1/uploads", files={"file": ("a", b"x")}).status_code == 403
    with both.client("lgwan", "ito") as client:
        assert client.get("/api/v1/items").status_code == 403


def test_a_session_signs_in_acts_and_signs_out(both):
    client, answer = signed_in(both)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    csrf = answer.json()["csrf"]
    assert client.get("/api/v1/session").json()["csrf"] == csrf
    sent = {"files": {"file": ("a", b"x")}}
    assert client.post("/api/v1/uploads", **sent).status_code == 403
    assert client.post("/api/v1/uploads", headers={"X-CSRF-Token": "x"}, **sent).status_code == 403
    ours = {"X-CSRF-Token": csrf}
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/api/v1/uploads", headers={**ours, **foreign}, **sent)
        assert answer.status_code == 403
    assert client.post("/api/v1/uploads", headers=ours, **sent).status_code == 202
    kept = dict(client.cookies)
    assert client.delete("/api/v1/session", headers=ours).status_code == 204
    client.cookies.update(kept)
    assert client.get("/api/v1/session").status_code == 401


def test_a_session_of_one_segment_is_none_on_the_other(both):
    _, answer = signed_in(both)
    with both.client("lgwan", None, cookies=dict(answer.cookies)) as other:
        assert other.get("/api/v1/session").status_code == 401


def test_wrong_passwords_are_refused_alike_and_then_wait(tmp_path):
    with sides(tmp_path / "data") as both:
        unknown = signed_in(both, name="nobody")[1]
        wrong = signed_in(both, password="wrong horse battery")[1]
        assert unknown.status_code == wrong.status_code == 401
        assert unknown.json() == wrong.json()
        statuses = [signed_in(both, password="wrong horse")[1].status_code for _ in range(6)]
        assert statuses[-1] == 429
        held = signed_in(both)[1]
        assert held.status_code == 429
        assert int(held.headers["retry-after"]) >= 1
        assert signed_in(both, name="suzuki")[1].status_code == 200
    assert "sign_in_failed" in events(both.config)
    assert "wrong" not in str(rows(both.config, "select detail from audit"))


def test_a_changed_password_or_a_disabled_account_ends_everything(tmp_path):
    with sides(tmp_path / "data") as both:
        client, answer = signed_in(both)
        ours = {"X-CSRF-Token": answer.json()["csrf"]}
        weak = client.post(
            "/api/v1/session/password", headers=ours, json={"old": PASSWORD, "new": "short"}
        )
        assert weak.status_code == 422
        change = {"old": PASSWORD, "new": "another long password"}
        assert client.post("/api/v1/session/password", headers=ours, json=change).status_code == 204
        assert client.get("/api/v1/session").status_code == 401
        assert signed_in(both)[1].status_code == 401
        client, answer = signed_in(both, password="another long password")
        assert answer.status_code == 200

        async def disable():
            database = Database.open(both.config, actor="operator")
            await Accounts(database).disable("tanaka")
            database.close()

        asyncio.run(disable())
        assert client.get("/api/v1/session").status_code == 401
        with both.client("internet") as machine:
            assert machine.get("/api/v1/items").status_code == 401


def test_no_secret_is_stored_in_the_clear(both):
    signed_in(both)
    secrets = [PASSWORD, *both.tokens.values()]
    for path in both.config.data_dir.glob("mugaika.sqlite*"):
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content


def test_too_many_requests_are_429(tmp_path):
    internet = {"max_requests_per_minute": 20}
    with sides(tmp_path / "data", internet=internet) as both, both.client("internet") as client:
        answers = [client.get("/api/v1/items") for _ in range(15)]
        assert answers[0].status_code == 200
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert client.get("/livez").status_code == 200
