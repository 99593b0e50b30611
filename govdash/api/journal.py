"""Journal lines over HTTP, for the auditor: what the page 操作日志 has found, as a table."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from govdash.access import acts
from govdash.api.acting import acting
from govdash.core.errors import NotFound
from govdash.core.settings import Settings
from govdash.report import export, journal_table
from govdash.report.export import Format
from govdash.store import Store

ROUTE = "/api/v1/journal"


def journal_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the route: ``/api/v1/journal.{csv|xlsx}``."""

    async def answer(request: Request) -> Response:
        chosen, pieces, name = await run_in_threadpool(_prepare, store(), settings, request)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        }
        return StreamingResponse(pieces, media_type=chosen.mime, headers=headers)

    return [Route(ROUTE + ".{suffix}", answer)]


def _prepare(
    store: Store, settings: Settings, request: Request
) -> tuple[Format, Iterator[bytes], str]:
    """Check and journal the export; what comes back only has to be sent."""
    suffix = request.path_params["suffix"]
    if suffix not in set(journal_table.FORMATS):
        raise NotFound(f"没有导出“journal.{suffix}”。")
    chosen, at = Format(suffix), datetime.now(UTC)
    store, user = acting(request, store, settings, at=at)
    with acts.act(store, user, did=journal_table.DID, subject=journal_table.WHAT, at=at) as session:
        table = journal_table.export_of(
            store, session, request.query_params, actor=user, zone=settings.zone, at=at
        )
        journal_table.record(session, table, chosen, actor=user, at=at)
    return chosen, export.chunks(table, chosen), export.file_name(table, chosen)
