"""Signing in over HTTP: password, second factor, new password, signing out; without script."""

from collections.abc import Callable
from html import escape
from typing import Final
from urllib.parse import urlencode

import segno
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from govdash.access import passwords, sessions, signin, totp
from govdash.access.sessions import Signed, Stage
from govdash.api import cookies, paper
from govdash.api.federated import way_in
from govdash.api.visit import (
    LOGIN,
    LOGOUT,
    PASSWORD,
    TOTP,
    Answer,
    Visit,
    handler,
    login_path,
    step,
)
from govdash.core.errors import GovDashError, InputError, TooMany
from govdash.core.settings import Settings
from govdash.store import Store

_RULES: Final = (
    f"至少 {passwords.SHORTEST} 个字符；大写字母、小写字母、数字、其他字符中至少 "
    f"{passwords.CLASSES} 种；不含登录名；不与最近 {passwords.HISTORY} 次相同。"
)


def signing_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the routes of signing in and out."""
    pages: list[tuple[str, Answer, Answer]] = [
        (LOGIN, _login_page, _log_in),
        (TOTP, _code_page, _give_code),
        (PASSWORD, _password_page, _change_password),
        (LOGOUT, _logout_page, _log_out),
    ]
    return [
        Route(path, handler(store, settings, answer), methods=[method])
        for path, shown, done in pages
        for method, answer in (("GET", shown), ("POST", done))
    ]


def _login_page(visit: Visit, said: str = "", login: str = "", status: int = 200) -> Response:
    signed = visit.signed() if not said else None
    if signed is not None:
        return visit.go_on(signed.stage)
    body = paper.form(
        LOGIN,
        "登录",
        visit.fields(),
        paper.field(
            "login", "登录名", login, autocomplete="username", autofocus="", maxlength="60"
        ),
        paper.field(
            "password", "密码", kind="password", autocomplete="current-password", maxlength="128"
        ),
    )
    other = way_in(visit.settings, visit.next)
    return visit.page("登录", paper.trouble(said) + body + other, status)


def _log_in(visit: Visit) -> Response:
    login = visit.sent.get("login", "")
    try:
        token = signin.sign_in(visit.door, login, visit.sent.get("password", ""), at=visit.at)
    except GovDashError as error:
        return _login_page(visit, str(error), login[:60], _status(error))
    if visit.token:  # somebody else at the same browser
        signin.sign_out(visit.store, visit.token, at=visit.at, everywhere=False)
    return visit.go_on(_stage(visit, token), token=token)


def _code_page(visit: Visit, said: str = "", status: int = 200) -> Response:
    signed = visit.signed()
    if signed is None:
        return visit.go(login_path(visit.next))
    with visit.store.read() as session:
        enrols = signin.may_enrol(session, signed)
    if enrols:
        return visit.page("设置动态验证码", paper.trouble(said) + _enrolment(visit, signed), status)
    if signed.stage is not Stage.FACTOR:
        return visit.go_on(signed.stage)
    body = (
        f"<p>{escape(signed.name)}，请输入手机验证器上显示的 6 位数字。</p>"
        + _code_form(visit, "确定")
        + paper.link(LOGOUT, "换一个账号")
    )
    return visit.page("动态验证码", paper.trouble(said) + body, status)


def _enrolment(visit: Visit, signed: Signed) -> str:
    with visit.store.write() as session:
        address = totp.propose(session, signed.login, settings=visit.settings)
    picture = segno.make(address, error="m").svg_inline(scale=1, border=2, omitsize=True)
    must = signed.stage is Stage.ENROL
    why = "您的角色需要动态验证码。" if must else "启用后每次登录除密码外还要输入验证码。"
    return (
        f"<p>{why}请用手机验证器（支持 RFC 6238 的任一种）扫描：</p>"
        f'<div class="qr">{picture}</div>'
        f"<p>不能扫描时，手工输入密钥：<br><code>{escape(totp.secret_in(address))}</code></p>"
        + _code_form(visit, "启用")
        + (paper.link(LOGOUT, "以后再说，退出") if must else paper.link(visit.next, "不启用，返回"))
    )


def _code_form(visit: Visit, button: str) -> str:
    code = paper.field(
        "code", "验证码", autocomplete="one-time-code", inputmode="numeric", maxlength="10",
        autofocus="",
    )  # fmt: skip
    return paper.form(TOTP, button, visit.fields(), code)


def _give_code(visit: Visit) -> Response:
    if visit.signed() is None:
        return visit.go(login_path(visit.next))
    try:
        token = signin.give_code(visit.door, visit.token, visit.sent.get("code", ""), at=visit.at)
    except GovDashError as error:
        return _code_page(visit, str(error), _status(error))
    return visit.go_on(_stage(visit, token), token=token)


def _password_page(visit: Visit, said: str = "", status: int = 200) -> Response:
    signed = visit.signed()
    if signed is None:
        return visit.go(login_path(visit.next))
    if signed.is_device or signed.stage not in {Stage.OPEN, Stage.PASSWORD}:
        return visit.go_on(signed.stage)
    must = signed.stage is Stage.PASSWORD
    why = "密码须先修改，才能继续：它是别人给的，或已用了太久。" if must else ""
    new = {"kind": "password", "autocomplete": "new-password", "maxlength": "128"}
    body = (
        f"<p>{escape(signed.name)}（{escape(signed.login)}）。{why}</p><p>{_RULES}</p>"
        + paper.form(
            PASSWORD,
            "修改密码",
            visit.fields(),
            paper.field("old", "现在的密码", kind="password", autocomplete="current-password"),
            paper.field("new", "新密码", **new),
            paper.field("again", "再输入一次新密码", **new),
        )
        + (paper.link(LOGOUT, "退出") if must else paper.link(visit.next, "不修改，返回"))
    )
    return visit.page("修改密码", paper.trouble(said) + body, status)


def _change_password(visit: Visit) -> Response:
    if visit.signed() is None:
        return visit.go(login_path(visit.next))
    old, new = visit.sent.get("old", ""), visit.sent.get("new", "")
    try:
        if new != visit.sent.get("again", ""):
            raise InputError("两次输入的新密码不一样。")
        token = signin.change_password(visit.door, visit.token, old, new, at=visit.at)
    except GovDashError as error:
        return _password_page(visit, str(error), _status(error))
    return visit.go_on(_stage(visit, token), token=token)


def _logout_page(visit: Visit) -> Response:
    signed = visit.signed()
    if signed is None:
        return visit.go(LOGIN)
    body = (
        f"<p>{escape(signed.name)}，退出后您在所有浏览器和电脑上的登录都会结束。</p>"
        + paper.form(LOGOUT, "在所有地方退出登录", visit.fields())
        + paper.link(step(signed.stage, visit.next), "不退出，返回")
    )
    return visit.page("退出登录", body)


def _log_out(visit: Visit) -> Response:
    signin.sign_out(visit.store, visit.token, at=visit.at)
    answer = visit.go(f"{LOGIN}?{urlencode({'next': visit.next})}")
    cookies.drop(answer, cookies.SESSION, secure=visit.secure)
    return answer


def _stage(visit: Visit, token: str) -> Stage:
    with visit.store.read() as session:
        return sessions.validate(session, token, settings=visit.settings, at=visit.at).stage


def _status(error: GovDashError) -> int:
    return 429 if isinstance(error, TooMany) else 400
