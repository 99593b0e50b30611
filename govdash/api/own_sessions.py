"""The page on which a person sees where they are signed in, and ends it everywhere else."""

from collections.abc import Callable
from html import escape
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govdash.access import sessions, signin
from govdash.access.sessions import Stage
from govdash.api import paper
from govdash.api.visit import SESSIONS, Visit, handler, login_path, step
from govdash.core.settings import Settings
from govdash.store import Store

_SHOWN: Final = 30


def own_session_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the routes of the page ``/sessions``."""
    return [
        Route(SESSIONS, handler(store, settings, _page), methods=["GET"]),
        Route(SESSIONS, handler(store, settings, _end_others), methods=["POST"]),
    ]


def _page(visit: Visit, said: str = "") -> Response:
    signed = visit.signed()
    if signed is None or signed.is_device:
        return visit.go(login_path(visit.next))
    zone = visit.settings.zone
    with visit.store.read() as session:
        mine = sessions.own(session, signed, settings=visit.settings, at=visit.at)
        lines = "".join(
            f"<li>{'<b>本次登录</b>，' if row.id == signed.session_id else ''}"
            f"{row.created_at.astimezone(zone):%m-%d %H:%M} 登录，"
            f"{row.active_at.astimezone(zone):%m-%d %H:%M} 最近操作；"
            f"{escape(row.address or '地址不详')}，{escape(row.agent[:60] or '浏览器不详')}</li>"
            for row in mine[:_SHOWN]
        )
        enrols = signin.may_enrol(session, signed)
    body = (
        (f"<p>{escape(said)}</p>" if said else "")
        + f"<p>{escape(signed.name)}，您现在登录在 {len(mine)} 处：</p><ul>{lines}</ul>"
        + paper.form(SESSIONS, "在其他地方全部退出", visit.fields())
        + (
            paper.link(step(Stage.ENROL, visit.next), "为自己的账号启用动态验证码")
            if enrols
            else ""
        )
        + paper.link(visit.next, "返回")
    )
    return visit.page("我的登录", body)


def _end_others(visit: Visit) -> Response:
    if visit.signed() is None:
        return visit.go(login_path(visit.next))
    ended = signin.end_others(visit.door, visit.token, at=visit.at)
    return _page(visit, f"已结束其他 {ended} 处登录。")
