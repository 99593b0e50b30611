"""One request of a form page: who asks, with which cookies, what was sent; and where to go next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from govdash.access import sessions
from govdash.access.sessions import Signed, Stage
from govdash.access.signin import Door
from govdash.api import cookies, forms, paper
from govdash.api.client import client_scheme
from govdash.api.origin import origin_of
from govdash.core.errors import (
    GovDashError,
    NotFound,
    Refused,
    SignedOut,
    TooMany,
    Unavailable,
)
from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.store import Store, journal

#: The form pages; they are open to everybody.
LOGIN, LOGOUT, PASSWORD, TOTP = "/login", "/logout", "/password", "/totp"
SESSIONS: Final = "/sessions"
DEVICE: Final = "/device"
NEVER_NEXT: Final = frozenset({LOGIN, LOGOUT, PASSWORD, TOTP, "/device", "/oidc"})
_STEPS: Final = {Stage.FACTOR: TOTP, Stage.ENROL: TOTP, Stage.PASSWORD: PASSWORD}
_STATUS: Final = {
    SignedOut.code: 401,
    TooMany.code: 429,
    Refused.code: 403,
    NotFound.code: 404,
    Unavailable.code: 503,
}


@dataclass(frozen=True, slots=True)
class Visit:
    """What a form page works with."""

    request: Request
    settings: Settings
    store: Store  # acts from where the request comes
    secure: bool  # whether it came by HTTPS
    token: str  # of the session; empty without one
    form_cookie: str
    at: datetime
    sent: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def door(self) -> Door:
        """What signing in works with."""
        return Door(self.store, self.settings, self.request.headers.get("user-agent", ""))

    @property
    def next(self) -> str:
        """Where to go when all is done."""
        return local_path(self.sent.get("next") or self.request.query_params.get("next", ""))

    def signed(self) -> Signed | None:
        """Return the session that counts now."""
        try:
            with self.store.read() as session:
                return sessions.validate(session, self.token, settings=self.settings, at=self.at)
        except SignedOut:
            return None

    def fields(self, *, token: str | None = None) -> str:
        """Write the hidden fields of a form; `token` when it is another than the request's."""
        kept = self.token if token is None else token
        made = forms.mark(self.settings, cookie=self.form_cookie, token=kept)
        return paper.hidden(forms.FIELD, made) + paper.hidden("next", self.next)

    def page(self, title: str, body: str, status: int = 200) -> Response:
        """Answer with a page, and the cookie that its form is bound to."""
        answer = HTMLResponse(paper.page(title, body, self.settings), status)
        cookies.put(answer, cookies.FORM, self.form_cookie, secure=self.secure)
        return answer

    def go(self, path: str, *, token: str = "") -> Response:
        """Send the browser on, with another session token if there is one."""
        answer = RedirectResponse(path, 303)
        if token:
            cookies.put(answer, cookies.SESSION, token, secure=self.secure)
        return answer

    def go_on(self, stage: Stage, *, token: str = "") -> Response:
        """Send the browser to what must be done first, or to where it wanted to go."""
        return self.go(step(stage, self.next), token=token)


Answer = Callable[[Visit], Response]


def step(stage: Stage, wanted: str) -> str:
    """Return the path of what must be done first; with nothing to do, of what was `wanted`."""
    if stage is Stage.OPEN:
        return wanted
    return f"{_STEPS[stage]}?{urlencode({'next': wanted})}"


def login_path(wanted: str) -> str:
    """Return the path of the sign-in page that leads on to `wanted`."""
    return f"{LOGIN}?{urlencode({'next': local_path(wanted)})}"


def local_path(text: str) -> str:
    """Return a path of this server to go on to; anything else becomes the start page."""
    plain = text.isprintable() and "\\" not in text
    if not plain or not text.startswith("/") or text.startswith("//"):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    first = "/" + parts.path.strip("/").partition("/")[0]
    elsewhere = parts.scheme or parts.netloc or first in NEVER_NEXT
    return "/" if elsewhere else text


def session_token(request: HTTPConnection, settings: Settings) -> str:
    """Return the token in the session cookie of a request; empty without one."""
    secure = client_scheme(request, settings) == "https"
    return cookies.read(request.cookies, cookies.SESSION, secure=secure)


def handler(
    store: Callable[[], Store], settings: Settings, answer: Answer
) -> Callable[[Request], Awaitable[Response]]:
    """Make a route of `answer`; a form is checked first, an error becomes a page."""

    async def handled(request: Request) -> Response:
        visit = visit_of(request, store, settings)
        try:
            if request.method == "POST":
                sent = await forms.sent_form(request)
                forms.require_ours(
                    request, sent, settings, cookie=visit.form_cookie, token=visit.token
                )
                visit = replace(visit, sent=sent)
            return await run_in_threadpool(answer, visit)
        except GovDashError as error:
            if request.method == "POST" and isinstance(error, Refused) and not visit.sent:
                await run_in_threadpool(_note_foreign, visit, error)
            again = paper.link(login_path(visit.next), "重新登录")
            status = _STATUS.get(error.code, 400)
            return visit.page("没有成功", paper.trouble(str(error)) + again, status)

    return handled


def _note_foreign(visit: Visit, error: GovDashError) -> None:
    """Journal that a form was not ours, if somebody is signed in; others could fill the journal."""
    signed = visit.signed()
    if signed is None:
        return
    with visit.store.write() as session:
        journal.record(
            session,
            actor=signed.login,
            did="page.open",
            subject=f"form:{visit.request.url.path}"[:120],
            at=visit.at,
            note=str(error),
            result=Result.REFUSED,
        )


def visit_of(request: Request, store: Callable[[], Store], settings: Settings) -> Visit:
    """Read the request; a browser without a form cookie gets a new one."""
    secure = client_scheme(request, settings) == "https"
    kept = cookies.read(request.cookies, cookies.FORM, secure=secure)
    return Visit(
        request=request,
        settings=settings,
        store=store().acting(replace(origin_of(request, settings), via="page")),
        secure=secure,
        token=cookies.read(request.cookies, cookies.SESSION, secure=secure),
        form_cookie=kept or forms.new_cookie(),
        at=datetime.now(UTC),
    )
