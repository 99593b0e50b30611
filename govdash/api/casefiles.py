"""Files and reports of cases over HTTP: to whoever sees the case, as downloads, never as pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govdash.access import acts
from govdash.api.acting import acting
from govdash.core.errors import NotFound
from govdash.core.settings import Settings
from govdash.report import emergency as paper
from govdash.store import Store
from govdash.workflow import attachments, emergency

FILES: Final = "/api/v1/cases/files/{number:int}"
THUMBS: Final = "/api/v1/cases/files/{number:int}/thumb"
_LARGEST: Final = 2**31 - 1  # an id of PostgreSQL
REPORTS: Final = "/api/v1/cases/reports/{number:int}"


def case_file_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the routes of files, their small pictures, and reports."""

    def route(path: str, answer: Callable[[Store, Settings, Request], Response]) -> Route:
        async def answered(request: Request) -> Response:
            return await run_in_threadpool(answer, store(), settings, request)

        return Route(path, answered)

    return [route(FILES, _file), route(THUMBS, _thumb), route(REPORTS, _report)]


def _number(request: Request) -> int:
    """Return the number in the address; one that no row can have is told as not found."""
    number = int(request.path_params["number"])
    if number > _LARGEST:
        raise NotFound("没有这个文件，或不在您的管辖范围内。")
    return number


def _file(store: Store, settings: Settings, request: Request) -> Response:
    number, at = _number(request), datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    subject = f"file:{number}"
    with acts.act(store, user, did="case.take_file", subject=subject, at=at) as session:
        row, content = attachments.take(session, settings.evidence, number, actor=user, at=at)
        return _download(content, row.mime, attachments.name_of(row))


def _thumb(store: Store, settings: Settings, request: Request) -> Response:
    number, at = _number(request), datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    did, subject = "case.take_file", f"file:{number}"
    with acts.refusals(store, user, did=did, subject=subject, at=at), store.read() as session:
        content = attachments.thumbnail(session, settings.evidence, number, user)
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=attachments.JPEG, headers=headers)


def _report(store: Store, settings: Settings, request: Request) -> Response:
    number, at = _number(request), datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    subject = f"report:{number}"
    with acts.act(store, user, did="case.take_report", subject=subject, at=at) as session:
        row = emergency.take(session, number, actor=user, at=at)
        content = paper.document(row).encode()
        return _download(content, "text/html; charset=utf-8", paper.file_name(row))


def _download(content: bytes, mime: str, name: str) -> Response:
    """Answer with a file that a browser saves and does not show, whatever is in it."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=mime, headers=headers)
