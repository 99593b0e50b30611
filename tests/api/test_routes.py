"""The routes beside the pages: health, readiness, metrics."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from govdash.access import User
from govdash.api import routes
from govdash.api.metrics import CountRequests
from govdash.core.errors import GovDashError
from govdash.core.settings import Settings
from govdash.core.vocab import Job
from govdash.lake import Lake
from govdash.store import Store, counters, jobs
from tests.signed import cookie, sign_in

T = TypeVar("T")


def giving(thing: T) -> Callable[[], T]:
    return lambda: thing


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = Lake.open(settings)
    yield opened
    opened.close()


def client_of(store: Store, lake: Lake, settings: Settings, *, signed: bool = True) -> TestClient:
    """Everything over HTTP, as the operator who has signed in."""
    app = Starlette(
        routes=routes.all_routes(giving(store), giving(lake), settings),
        middleware=[Middleware(CountRequests)],
        exception_handlers={GovDashError: routes.as_answer},
    )
    return TestClient(app, cookies=cookie(sign_in(store, settings)) if signed else None)


@pytest.fixture
def client(store: Store, operator: User, lake: Lake, settings: Settings) -> TestClient:
    return client_of(store, lake, settings)


def figures(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    told = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in told}


def test_a_migrated_database_and_a_lake_are_ready(client: TestClient):
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": []})


def test_without_a_database_the_process_lives_and_says_why_it_is_not_ready(
    settings: Settings, lake: Lake
):
    client = client_of(Store.open(settings.database_url), lake, settings, signed=False)
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "govdash init" in answer.json()["reasons"][0]


def test_a_database_that_does_not_answer_is_not_ready_but_still_measured(
    settings: Settings, lake: Lake
):
    store = Store.open("postgresql+psycopg://nobody@127.0.0.1:9/none")
    client = client_of(store, lake, settings, signed=False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "没有应答" in answer.json()["reasons"][0]
    assert figures(client)["govdash_up"] == 0


def test_events_that_are_not_in_the_lake_yet_make_it_not_ready(client: TestClient, store: Store):
    with store.write() as session:
        counters.take(session, counters.CHANGE_SEQ, 7)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "数据湖还没有同步" in answer.json()["reasons"][0]
    assert figures(client)["govdash_lake_lag_changes"] == 7


def test_metrics_tell_jobs_and_requests(client: TestClient, store: Store):
    ended = datetime.now(UTC) - timedelta(seconds=90)
    with store.write() as session:
        jobs.job_finished(session, Job.LAKE_SYNC, ended)
    client.get("/healthz")
    told = figures(client)
    assert told["govdash_up"] == 1
    assert 90 <= told['govdash_job_success_age_seconds{job="lake_sync"}'] < 150
    assert told["govdash_cases_overdue"] == 0
    assert told['govdash_http_requests_total{group="healthz",status="200"}'] >= 1


def test_what_does_not_exist_is_told_in_words(client: TestClient, store: Store, settings: Settings):
    answer = client.get("/geo/layers/none.geojson")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
