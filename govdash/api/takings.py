"""Files with personal data over HTTP: each request is judged, counted and journalled by itself.

They are made for one answer and kept nowhere: what a browser keeps is the file it has saved.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from govdash.access import acts
from govdash.api.acting import acting, bearer
from govdash.core.errors import Refused
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.report import export, rejected, releases
from govdash.store import Store

RELEASES: Final = "/api/v1/releases/{number}"
REJECTS: Final = "/api/v1/rejects/{name}"


def taking_routes(
    store: Callable[[], Store], lake: Callable[[], Lake], settings: Settings
) -> list[BaseRoute]:
    """Return the routes of approved exports and of rejected rows."""

    async def released(request: Request) -> Response:
        return await run_in_threadpool(_release, store(), lake(), settings, request)

    async def refused(request: Request) -> Response:
        return await run_in_threadpool(_rejects, store(), settings, request)

    return [Route(RELEASES, released), Route(REJECTS, refused)]


def _release(store: Store, lake: Lake, settings: Settings, request: Request) -> Response:
    number, at = request.path_params["number"], datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    did, subject = "release.take", f"release:{number}"[:120]
    with acts.act(store, user, did=did, subject=subject, at=at) as session:
        if bearer(request) is not None:
            raise Refused("接口密钥不能下载个人信息；请由申请人登录后下载。")
        taken = releases.take(session, store, lake, number, actor=user, at=at, zone=settings.zone)
    name = f"{taken.export.watermark}.{taken.format}"
    return _answer(export.chunks(taken.export, taken.format), taken.format.mime, name)


def _rejects(store: Store, settings: Settings, request: Request) -> Response:
    name, at = request.path_params["name"], datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    if bearer(request) is not None:
        with acts.refusals(store, user, did=rejected.DID, subject=f"file:{name}"[:120], at=at):
            raise Refused("接口密钥不能下载被拒行的原文；请登录后下载。")
    content = rejected.take(store, settings, name, actor=user, at=at)
    return _answer(iter([content]), "text/csv; charset=utf-8", rejected.shown_name(name))


def _answer(pieces: Iterator[bytes], mime: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type=mime, headers=headers)
