"""Reports as files over HTTP: each copy with a watermark of its own, counted and journalled."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govdash.access import acts
from govdash.api.acting import acting, bearer
from govdash.core.errors import NotFound, Refused
from govdash.core.settings import Settings
from govdash.report.brief import desk
from govdash.report.brief.desk import BriefFormat
from govdash.store import Store

ROUTE: Final = "/api/v1/briefs/{number:int}.{suffix}"


def brief_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the route of reports."""

    async def taken(request: Request) -> Response:
        return await run_in_threadpool(_take, store(), settings, request)

    return [Route(ROUTE, taken)]


def address(brief_id: int, wanted: BriefFormat) -> str:
    """Return where a copy is had."""
    return f"/api/v1/briefs/{brief_id}.{wanted}"


def _take(store: Store, settings: Settings, request: Request) -> Response:
    number, at = int(request.path_params["number"]), datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    suffix = request.path_params["suffix"]
    with acts.act(store, user, did="brief.take", subject=f"brief:{number}", at=at) as session:
        if bearer(request) is not None:
            raise Refused("接口密钥不能下载报告；请登录后下载。")
        if suffix not in set(BriefFormat):
            known = "、".join(BriefFormat)
            raise NotFound(f"报告没有“{suffix[:20]}”格式；可用：{known}。")
        copy = desk.take(session, number, BriefFormat(suffix), actor=user, at=at)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(copy.name)}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(copy.content, media_type=BriefFormat(suffix).mime, headers=headers)
