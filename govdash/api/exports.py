"""Exports over HTTP: the rows that a page shows, streamed into the browser's downloads."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from govdash.access import User, acts, query_for
from govdash.api.acting import acting
from govdash.core.errors import BadKey, GovDashError, NotFound, Refused, SignedOut
from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.lake import Lake
from govdash.report import export, export_sources, kpi_export
from govdash.report.export import Format
from govdash.report.export_counts import Grouping
from govdash.report.export_table import Export
from govdash.report.kpi import Book
from govdash.store import Session, Store

ROUTE = "/api/v1/exports"


def export_routes(
    store: Callable[[], Store], lake: Callable[[], Lake], settings: Settings
) -> list[BaseRoute]:
    """Return the routes: ``/api/v1/exports/{what}.{suffix}``, `SOURCES` by `Format`."""

    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_answer, store(), lake(), settings, request)

    return [Route(ROUTE + "/{what}.{suffix}", answer)]


def _answer(store: Store, lake: Lake, settings: Settings, request: Request) -> Response:
    try:
        chosen, pieces, name = _prepare(store, lake, settings, request)
    except BadKey as error:
        told = {"code": error.code, "message": str(error)}
        return JSONResponse(told, 401, headers={"WWW-Authenticate": "Bearer"})
    except GovDashError as error:
        status = {SignedOut.code: 401, Refused.code: 403, NotFound.code: 404}.get(error.code, 400)
        return JSONResponse({"code": error.code, "message": str(error)}, status)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(pieces, media_type=chosen.mime, headers=headers)


def _prepare(
    store: Store, lake: Lake, settings: Settings, request: Request
) -> tuple[Format, Iterator[bytes], str]:
    """Check and journal the export; what comes back only has to be sent."""
    what, suffix = request.path_params["what"], request.path_params["suffix"]
    if what not in (*export_sources.SOURCES, kpi_export.WHAT) or suffix not in set(Format):
        raise NotFound(f"没有导出“{what}.{suffix}”。")
    chosen, at = Format(suffix), datetime.now(UTC)
    today = local_day(at, settings.zone)
    wanted = EventFilter.from_params(
        request.query_params, default=Period(today, today, settings.timezone)
    )
    grouping = Grouping.from_params(request.query_params) if what == "counts" else None
    store, user = acting(request, store, settings, at=at)
    with acts.act(store, user, did="export", subject=what, at=at) as session:
        export.require(user, what)
        query = query_for(user, wanted, needs=Permission.EVENT_EXPORT)
        if what == kpi_export.WHAT:
            table = _kpi(session, settings, request, user, query, at=at)
        else:
            table = export_sources.of(
                what, session, lake, query, zone=settings.zone, as_of=at, grouping=grouping
            )
        export.record(session, table, chosen, actor=user, at=at)
    return chosen, export.chunks(table, chosen), export.file_name(table, chosen)


def _kpi(
    session: Session,
    settings: Settings,
    request: Request,
    user: User,
    query: EventQuery,
    *,
    at: datetime,
) -> Export:
    """Make the table of 绩效考核 that the link speaks of."""
    book, choice = Book.load(settings.data), kpi_export.Choice.from_params(request.query_params)
    who = kpi_export.who_for(session, user, settings.contact_key)
    board = kpi_export.make(session, query, book, choice, at=at, data_dir=settings.data, who=who)
    names = export_sources.names_of(session)
    return kpi_export.export(board, book, query, names, choice, zone=settings.zone)
