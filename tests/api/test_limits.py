"""Who asks too often is told when to come again; everybody else notices nothing."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from govdash.api.limits import RATES, Buckets, Rate, RateLimits
from govdash.core.settings import Settings


class Clock:
    """Seconds that go on when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def answer(_request: Request) -> Response:
    return PlainTextResponse("ok")


def client_of(clock: Clock) -> TestClient:
    settings = Settings.from_environment({"GOVDASH_TRUSTED_PROXIES": "10.0.0.1"})
    paths = ("/login", "/api/v1/exports/events.csv", "/overview")
    app = Starlette(
        routes=[Route(path, answer, methods=["GET", "POST"]) for path in paths],
        middleware=[Middleware(RateLimits, settings, Buckets(clock=clock))],
    )
    return TestClient(app, client=("10.0.0.1", 5))


def at(address: str, key: str = "") -> dict[str, str]:
    return {"X-Forwarded-For": address} | ({"Authorization": f"Bearer {key}"} if key else {})


def test_after_the_burst_an_address_waits_and_is_told_how_long():
    clock = Clock()
    client = client_of(clock)
    burst = RATES["login"].burst
    for _ in range(burst):
        assert client.post("/login", headers=at("198.51.100.1")).status_code == 200
    refused = client.post("/login", headers=at("198.51.100.1"))
    assert refused.status_code == 429
    assert refused.json() == {"code": "too_many", "message": "请求过于频繁，请 3 秒后再试。"}
    assert refused.headers["retry-after"] == "3"  # 20 a minute
    clock.now += 2.9
    assert client.post("/login", headers=at("198.51.100.1")).status_code == 429
    clock.now += 0.1
    assert client.post("/login", headers=at("198.51.100.1")).status_code == 200


def test_other_addresses_other_routes_and_pages_are_not_touched():
    client = client_of(Clock())
    for _ in range(RATES["login"].burst + 1):
        last = client.post("/login", headers=at("198.51.100.1"))
    assert last.status_code == 429
    assert client.post("/login", headers=at("198.51.100.2")).status_code == 200
    assert client.get("/api/v1/exports/events.csv", headers=at("198.51.100.1")).status_code == 200
    assert {client.get("/overview").status_code for _ in range(100)} == {200}


def test_one_key_from_many_addresses_is_one():
    client = client_of(Clock())
    told = [
        client.get("/api/v1/exports/events.csv", headers=at(f"198.51.100.{n}", "k")).status_code
        for n in range(RATES["api"].burst + 1)
    ]
    assert told == [200] * RATES["api"].burst + [429]


def test_the_addresses_of_one_subscriber_are_one():
    client = client_of(Clock())
    told = [
        client.post("/login", headers=at(f"2001:db8:1:2::{n:x}")).status_code
        for n in range(RATES["login"].burst + 1)
    ]
    assert told[-1] == 429
    assert client.post("/login", headers=at("2001:db8:1:3::1")).status_code == 200


def test_however_many_ask_only_so_many_are_kept():
    buckets = Buckets(kept=100, clock=Clock())
    for n in range(1000):
        buckets.take(str(n), Rate(1, 1))
    assert len(buckets) == 100
    assert buckets.take("999", Rate(1, 1)) == 60  # the newest are remembered
