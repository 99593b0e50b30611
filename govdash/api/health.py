"""Whether the process lives (`/healthz`) and whether it can do its work (`/readyz`)."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from govdash.core.errors import GovDashError
from govdash.lake import Lake
from govdash.store import Store, counters


def health_routes(store: Callable[[], Store], lake: Callable[[], Lake]) -> list[BaseRoute]:
    """Return the routes; `store` and `lake` give what the process has opened."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        reasons = await run_in_threadpool(unready, store, lake)
        told = {"status": "not_ready" if reasons else "ready", "reasons": reasons}
        return JSONResponse(told, 503 if reasons else 200, headers={"Cache-Control": "no-store"})

    return [Route("/healthz", alive), Route("/readyz", ready)]


def unready(store: Callable[[], Store], lake: Callable[[], Lake]) -> list[str]:
    """Return why the process cannot work now; empty when it can."""
    reasons: list[str] = []
    newest_change = 0
    try:
        opened = store()
        opened.require_schema()
        with opened.read() as session:
            newest_change = counters.last(session, counters.CHANGE_SEQ)
    except GovDashError as error:
        reasons.append(str(error))
    try:
        if lake().data_version == 0 and newest_change > 0:
            reasons.append("数据湖还没有同步：请稍候，或运行 govdash lake sync。")
    except GovDashError as error:
        reasons.append(str(error))
    return reasons
