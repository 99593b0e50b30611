"""The page at which a wall display swaps its token for a session, which outlives a restart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govdash.access import devices, signin
from govdash.api import cookies, paper
from govdash.api.visit import DEVICE, Visit, handler
from govdash.core.errors import GovDashError, TooMany
from govdash.core.settings import Settings
from govdash.store import Store

#: Where a display goes that wanted nothing else.
WALL: Final = "/?wall=1"


def display_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the routes of the page ``/device``."""
    return [
        Route(DEVICE, handler(store, settings, _page), methods=["GET"]),
        Route(DEVICE, handler(store, settings, _begin), methods=["POST"]),
    ]


def _page(visit: Visit, said: str = "", status: int = 200) -> Response:
    body = paper.form(
        DEVICE,
        "开始显示",
        visit.fields(),
        # Not a password field: no browser shall offer to keep it for whoever sits here next.
        paper.field("token", "大屏令牌", autocomplete="off", autofocus="", maxlength="80"),
    )
    note = "<p>大屏只能查看，不能操作；令牌由系统管理员发放，可随时吊销。</p>"
    return visit.page("大屏", paper.trouble(said) + note + body, status)


def _begin(visit: Visit) -> Response:
    try:
        token, ends = devices.sign_in(visit.door, visit.sent.get("token", ""), at=visit.at)
    except GovDashError as error:
        return _page(visit, str(error), 429 if isinstance(error, TooMany) else 400)
    if visit.token:  # whoever was signed in at this browser is not any more
        signin.sign_out(visit.store, visit.token, at=visit.at, everywhere=False)
    answer = visit.go(WALL if visit.next == "/" else visit.next)
    seconds = (ends - visit.at) // timedelta(seconds=1)
    cookies.put(answer, cookies.SESSION, token, secure=visit.secure, seconds=seconds)
    return answer
