"""All HTTP routes of the process, and how an error of ours becomes an answer."""

import logging
import secrets
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from govdash.api.briefs import brief_routes
from govdash.api.casefiles import case_file_routes
from govdash.api.displays import display_routes
from govdash.api.exports import export_routes
from govdash.api.federated import federated_routes
from govdash.api.geo import geo_routes
from govdash.api.health import health_routes
from govdash.api.journal import journal_routes
from govdash.api.metrics import metrics_routes
from govdash.api.own_sessions import own_session_routes
from govdash.api.signing import signing_routes
from govdash.api.takings import taking_routes
from govdash.core.errors import (
    BadKey,
    GovDashError,
    NotFound,
    NotReady,
    Refused,
    SignedOut,
    TooMany,
    Unavailable,
)
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store

LOG = logging.getLogger(__name__)
STATUS = {
    BadKey.code: 401,
    SignedOut.code: 401,
    TooMany.code: 429,
    Refused.code: 403,
    NotFound.code: 404,
    Unavailable.code: 503,
    NotReady.code: 503,
}


def all_routes(
    store: Callable[[], Store], lake: Callable[[], Lake], settings: Settings
) -> list[BaseRoute]:
    """Return every route; `store` and `lake` give what the process has opened.

    None begins with ``/auth`` or a prefix of Streamlit's own (``/_stcore``, ``/media``,
    ``/component``, ``/static``).
    """
    return [
        *health_routes(store, lake),
        *metrics_routes(store, lake),
        *geo_routes(store, settings),
        *signing_routes(store, settings),
        *own_session_routes(store, settings),
        *display_routes(store, settings),
        *federated_routes(store, settings),
        *export_routes(store, lake, settings),
        *journal_routes(store, settings),
        *case_file_routes(store, settings),
        *taking_routes(store, lake, settings),
        *brief_routes(store, settings),
    ]


async def as_answer(_request: Request, error: GovDashError) -> Response:
    """Tell an error of ours to whoever asked."""
    told = {"code": error.code, "message": str(error)}
    return JSONResponse(told, STATUS.get(error.code, 400))


async def as_trouble(_request: Request, error: Exception) -> Response:
    """Tell what nobody foresaw by a number; the log holds the rest.

    This answer is made outside all middleware, so it brings its headers itself.
    """
    number = secrets.token_hex(4)
    LOG.error("route failed, number %s", number, exc_info=error)
    told = {
        "code": "trouble",
        "message": f"出错了，已记入日志（编号 {number}）。请重试；若仍出错，请把编号告诉管理员。",
    }
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return JSONResponse(told, 500, headers=headers)
