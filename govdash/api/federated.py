"""The two routes of signing in at a provider: off to it, and back."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlunsplit

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from govdash.access import oidc, sessions, signin
from govdash.api import cookies, paper
from govdash.api.client import client_scheme
from govdash.api.visit import Visit, handler, local_path, login_path, step
from govdash.core.errors import NotFound
from govdash.core.settings import Settings
from govdash.store import Store

START: Final = "/oidc/login"
BACK: Final = "/oidc/callback"
STATE: Final = "govdash_oidc"  # cookie: what was begun, sealed
NAME: Final = "统一身份认证"


def federated_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the routes; they answer "not found" where no provider is set up."""
    return [
        Route(START, handler(store, settings, _start), methods=["GET"]),
        Route(BACK, handler(store, settings, _back), methods=["GET"]),
    ]


def way_in(settings: Settings, wanted: str) -> str:
    """Write the link to the provider for the sign-in page; empty where none is set up."""
    if not settings.oidc_issuer:
        return ""
    address = f"{START}?{login_path(wanted).partition('?')[2]}"
    return paper.link(address, f"用{settings.oidc_name or NAME}登录")


def _start(visit: Visit) -> Response:
    _require(visit.settings)
    scheme = client_scheme(visit.request, visit.settings)
    back = urlunsplit((scheme, visit.request.headers.get("host", ""), BACK, "", ""))
    begun = oidc.begin(visit.settings, back=back, wanted=visit.next, at=visit.at)
    answer = RedirectResponse(begun.address, 303)
    seconds = int(oidc.PATIENCE.total_seconds())
    cookies.put(answer, STATE, begun.sealed, secure=visit.secure, seconds=seconds)
    return answer


def _back(visit: Visit) -> Response:
    _require(visit.settings)
    name = cookies.name_of(STATE, secure=visit.secure)
    sealed = visit.request.cookies.get(name, "")
    sent = dict(visit.request.query_params)
    token, wanted = oidc.finish(visit.door, sealed, sent, at=visit.at)
    if visit.token:  # somebody else at the same browser
        signin.sign_out(visit.store, visit.token, at=visit.at, everywhere=False)
    with visit.store.read() as session:
        signed = sessions.validate(session, token, settings=visit.settings, at=visit.at)
    answer = visit.go(step(signed.stage, local_path(wanted)), token=token)
    cookies.drop(answer, STATE, secure=visit.secure)
    return answer


def _require(settings: Settings) -> None:
    if not settings.oidc_issuer:
        raise NotFound("没有设置统一身份认证；请用登录名和密码登录。")
