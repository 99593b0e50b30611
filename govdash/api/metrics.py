"""`/metrics` for Prometheus: events, alerts, cases, jobs, the lake's lag, HTTP requests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pandas as pd
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govdash.core.errors import GovDashError
from govdash.lake import Lake
from govdash.store import Session, Store, counters, jobs
from govdash.store.tally import tally

disable_created_metrics()  # a second series for each counter that nobody reads
REGISTRY = CollectorRegistry()  # of this process alone: no defaults of the library
REQUESTS = Counter(
    "govdash_http_requests", "HTTP requests answered", ["group", "status"], registry=REGISTRY
)
ProcessCollector(registry=REGISTRY)  # memory, CPU time, open files, start
#: Requests are counted by the first part of their path; others would be a label without end.
GROUPS = frozenset(
    {"healthz", "readyz", "metrics", "geo", "api", "static", "media", "component", "_stcore"}
)


def metrics_routes(store: Callable[[], Store], lake: Callable[[], Lake]) -> list[BaseRoute]:
    """Return the route; a database that does not answer leaves the request counts to be read."""
    figures = CollectorRegistry()
    figures.register(Figures(store, lake))

    async def answer(_request: Request) -> Response:
        body = await run_in_threadpool(lambda: generate_latest(REGISTRY) + generate_latest(figures))
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", answer)]


class Figures(Collector):
    """The figures that are read from store and lake when somebody asks."""

    def __init__(self, store: Callable[[], Store], lake: Callable[[], Lake]) -> None:
        self._store, self._lake = store, lake

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Say nothing beforehand: registering must not open the database."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the figures; ``govdash_up`` is 0 and alone when that fails."""
        up = GaugeMetricFamily("govdash_up", "Whether store and lake can be read")
        at = datetime.now(UTC)
        try:
            with self._store().read() as session:
                found = list(_figures(session, self._lake().data_version, at))
        except GovDashError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found


def _figures(session: Session, published: int, at: datetime) -> Iterator[GaugeMetricFamily]:
    newest = counters.last(session, counters.CHANGE_SEQ)
    counted = tally(session, at=at)
    yield _one("govdash_event_versions", "Event versions ever stored", newest)
    yield _one("govdash_lake_lag_changes", "Event versions not yet in the lake", newest - published)
    alerts = GaugeMetricFamily("govdash_alerts", "Alerts", labels=["handling", "level"])
    for (handling, level), n in sorted(counted.alerts.items()):
        alerts.add_metric([handling.value, level.value], n)
    yield alerts
    cases = GaugeMetricFamily("govdash_cases", "Cases", labels=["state"])
    for state, n in sorted(counted.cases.items()):
        cases.add_metric([state.value], n)
    yield cases
    yield _one("govdash_cases_overdue", "Open cases past their deadline", counted.cases_overdue)
    yield _one("govdash_cases_due_soon", "Open cases due within a day", counted.cases_due_soon)
    ages = GaugeMetricFamily(
        "govdash_job_success_age_seconds", "Since a job last succeeded", labels=["job"]
    )
    runs = jobs.job_runs(session).dropna(subset="succeeded_at")
    seconds = (pd.Timestamp(at) - runs["succeeded_at"]).dt.total_seconds()
    for name, age in zip(runs["name"], seconds, strict=True):
        ages.add_metric([name], age)
    yield ages


def _one(name: str, told: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told)
    family.add_metric([], value)
    return family


class CountRequests:
    """ASGI middleware that counts what is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; count an HTTP answer when it starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        first = scope["path"].split("/")[1]
        group = first if first in GROUPS else "pages"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                REQUESTS.labels(group, str(message["status"])).inc()
            await send(message)

        await self.app(scope, receive, counted)
