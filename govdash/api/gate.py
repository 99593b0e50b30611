"""The gate: without a session or a key nothing is answered that is not open to everybody."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from govdash.access import sessions
from govdash.api.door import SAFE_METHODS
from govdash.api.visit import login_path, session_token
from govdash.core.errors import GovDashError, SignedOut
from govdash.core.settings import Settings
from govdash.store import Store

#: First parts of paths that hold no data: signing in, probes, the program's own files. The
#: WebSocket is judged by the pages themselves, at each run.
OPEN: Final = frozenset({
    "login", "logout", "password", "totp", "sessions", "device", "oidc",
    "healthz", "readyz", "metrics",
    "static", "static-maplibre", "favicon.png", "favicon.ico", "manifest.json", "robots.txt",
})  # fmt: skip
#: What Streamlit's browser side asks for before its WebSocket.
OPEN_PATHS: Final = frozenset({"/_stcore/health", "/_stcore/host-config"})
#: Routes that judge keys as well as sessions, and answer for themselves.
JUDGE_THEMSELVES: Final = frozenset({"api", "geo"})


class SignedInOnly:
    """ASGI middleware: a browser on its way to a page is sent to sign in, others are told 401.

    A person who opens a page does something, so that counts as activity of the session; what a page
    fetches by itself does not.
    """

    def __init__(self, app: ASGIApp, store: Callable[[], Store], settings: Settings) -> None:
        self.app, self.store, self.settings = app, store, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say that somebody must sign in first."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        answer = await run_in_threadpool(self._refusal, Request(scope))
        await (answer or self.app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        opens_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        at = datetime.now(UTC)
        token = session_token(request, self.settings)
        try:
            with self.store().read() as session:
                signed = sessions.validate(session, token, settings=self.settings, at=at)
            sessions.require_open(signed)
            if signed.is_device and request.method not in SAFE_METHODS:  # nor does it upload
                return JSONResponse({"code": "refused", "message": "大屏只能查看。"}, 403)
            if opens_page:
                with self.store().write() as session:
                    sessions.touch(session, signed, at=at)
        except SignedOut as error:
            if not opens_page:
                told = {"code": error.code, "message": str(error)}
                return JSONResponse(told, 401)
            return RedirectResponse(login_path(wanted), 303)
        except GovDashError:
            # Without a database there is no data either; the page says what to do.
            return None if opens_page else JSONResponse({"code": "not_ready"}, 503)
        return None


def _is_open(path: str) -> bool:
    first = path.lstrip("/").partition("/")[0]
    return first in OPEN or first in JUDGE_THEMSELVES or path in OPEN_PATHS
