"""Every error is a problem of one shape that tells nothing of the inside."""

import asyncio

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from gateway.store.errors import StoreFull, StoreUnavailable
from gateway.web import problems
from gateway.web.limits import MAX_SMALL_BODY, RateLimit, SmallBodyRoute, require_small_bodies
from gateway.web.problems import Problem, ProblemKind

FAULTS = {
    "full": StoreFull("/secret/path"),
    "gone": StoreUnavailable("/secret/path"),
    "bug": RuntimeError("/secret/path"),
    "busy": Problem(ProblemKind.TOO_MANY, headers={"Retry-After": "7"}),
}


class Wish(BaseModel):
    model_config = {"extra": "forbid"}
    name: str


@pytest.fixture(scope="module")
def ask():
    router = APIRouter(route_class=SmallBodyRoute)

    @router.get("/fault/{name}")
    async def fault(name: str):
        raise FAULTS[name]

    @router.post("/wish")
    async def wish(wish: Wish):
        return wish

    app = FastAPI()
    problems.install(app)
    app.include_router(router)

    def call(method, path, **options):
        async def go():
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
                return await client.request(method, path, **options)

        return asyncio.run(go())

    return call


def is_problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["type"].startswith("urn:mugaika:problem:")
    assert body["status"] == status
    assert "secret" not in answer.text
    return body


@pytest.mark.parametrize(
    ("name", "status", "retry"),
    [("full", 507, None), ("gone", 503, "10"), ("bug", 500, None), ("busy", 429, "7")],
)
def test_a_fault_inside_is_told_by_its_kind_only(ask, name, status, retry):
    answer = ask("GET", f"/fault/{name}")
    is_problem(answer, status)
    assert answer.headers.get("retry-after") == retry


def test_unknown_paths_and_methods_are_problems_too(ask):
    is_problem(ask("GET", "/nowhere"), 404)
    answer = ask("DELETE", "/wish")
    is_problem(answer, 405)
    assert answer.headers["allow"] == "POST"


def test_every_401_names_its_scheme():
    for kind in ProblemKind:
        answer = problems.response(Problem(kind))
        assert ("www-authenticate" in answer.headers) is (kind.value.status == 401)
        assert ("retry-after" in answer.headers) is (kind.value.status in (429, 503))


def test_a_wrong_field_is_named_in_our_words_only(ask):
    assert "body.name" in is_problem(ask("POST", "/wish", json={}), 422)["detail"]
    theirs = ["<script>", "k" * 5_000, "a\r\nb", "x y"]
    body = is_problem(ask("POST", "/wish", json=dict.fromkeys(theirs, 1)), 422)
    assert body["detail"] == "正しくない項目: body.?, body.name"
    many = ask("POST", "/wish", json={f"f{n}": 1 for n in range(200)})
    assert len(is_problem(many, 422)["detail"]) < 200
    surrogate = ask(
        "POST", "/wish", content=b'{"\\ud800": 1}', headers={"Content-Type": "application/json"}
    )
    is_problem(surrogate, 422)


def test_a_body_beyond_the_limit_is_refused_announced_or_not(ask):
    json = {"Content-Type": "application/json"}
    head, tail = b'{"name": "', b'"}'
    fits = head + b"x" * (MAX_SMALL_BODY - len(head) - len(tail)) + tail
    assert ask("POST", "/wish", content=fits, headers=json).status_code == 200
    is_problem(ask("POST", "/wish", content=fits + b" ", headers=json), 413)
    taken = []

    async def endless():
        while True:
            taken.append(1)
            yield bytes(10_000)

    is_problem(ask("POST", "/wish", content=endless(), headers=json), 413)
    assert len(taken) < 10
    announced = {**json, "Content-Length": "9" * 30}
    is_problem(ask("POST", "/wish", content=endless(), headers=announced), 413)
    assert len(taken) < 20


def test_a_router_that_would_read_bodies_of_any_size_is_not_taken():
    router = APIRouter()

    @router.get("/a")
    async def read(request: Request):
        return {}

    require_small_bodies(router)

    @router.post("/b")
    async def write(wish: Wish):
        return {}

    with pytest.raises(TypeError, match="/b"):
        require_small_bodies(router)


def test_a_route_documents_what_it_may_answer():
    documented = problems.problems(401, 507)
    assert set(documented) == {400, 401, 507}
    for status, answer in documented.items():
        content = answer["content"]["application/problem+json"]
        assert content["example"]["status"] == status
        assert set(content["schema"]["required"]) == set(content["example"])


def test_the_words_of_problems_are_distinct():
    words = [kind.value.word for kind in ProblemKind]
    assert len(set(words)) == len(words)


def test_requests_beyond_the_rate_wait_and_then_go_on(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gateway.web.limits.monotonic", lambda: now[0])
    limit = RateLimit(60)
    assert [limit.wait("a") for _ in range(30)] == [0.0] * 30
    assert limit.wait("a") == pytest.approx(1.0)
    assert limit.wait("b") == 0.0
    now[0] += 1.0
    assert limit.wait("a") == 0.0
    assert limit.wait("a") > 0


def test_callers_without_end_take_no_memory_without_end(monkeypatch):
    monkeypatch.setattr("gateway.web.limits._MOST_CALLERS", 10)
    limit = RateLimit(2)
    for n in range(1_000):
        limit.wait(f"caller {n}")
    assert len(limit._buckets) == 10
