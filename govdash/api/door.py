"""The door: a demo answers this machine only; no page of another site may write or open a socket.

Bound to loopback alone a server can still be reached by a page from elsewhere, whose name an
attacker lets point at 127.0.0.1 (DNS rebinding), or whose script opens a WebSocket here. So in a
demo each request must come in on a loopback address and name one in ``Host``; and everywhere what
can change something must come from a page of this very server.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from govdash.api.client import client_address, is_forwarded, peer_is_trusted
from govdash.core.errors import SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Mode

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY_VIOLATION = 1008  # WebSocket close code, RFC 6455


def is_loopback(host: str | None) -> bool:
    """Whether a host (``localhost``, ``127.0.0.1``, ``[::1]``) is this machine itself."""
    if not host:
        return False
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def require_loopback(address: str | None, settings: Settings) -> None:
    """Refuse to serve a demo on anything but this machine.

    Raises
    ------
    SettingsError
        When `address`, what the server would bind to, is not loopback.
    """
    if settings.mode is Mode.DEMO and not is_loopback(address):
        raise SettingsError(
            f"监听地址 {address or '（未设置，即所有网卡）'} 不是本机地址。演示模式只能在本机使用："
            "请用 --server.address 127.0.0.1 启动，或直接运行 make run。"
        )


class Door:
    """ASGI middleware: in a demo answers this machine only, never what another site sends."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with the reason."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        reason = _refusal(HTTPConnection(scope), self.settings)
        if reason is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answer = JSONResponse({"code": "refused", "message": reason}, 403)
            await answer(scope, receive, send)
        else:
            await receive()  # the connect message
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "refused"})


def _refusal(asked: HTTPConnection, settings: Settings) -> str | None:
    if settings.mode is Mode.DEMO and (said := _from_elsewhere(asked, settings)):
        return said
    hosts = asked.headers.getlist("host")
    if len(hosts) != 1:
        return f"请求应有一个主机名，而不是 {len(hosts)} 个。"
    origins = asked.headers.getlist("origin")
    if _must_be_ours(asked.scope) and any(urlsplit(o).netloc != hosts[0] for o in origins):
        return "请求来自别的网页，已拒绝。"
    return None


def _from_elsewhere(asked: HTTPConnection, settings: Settings) -> str | None:
    if not _is_local(asked.scope.get("server")) or not _is_local(asked.scope.get("client")):
        return "演示模式只接受本机的访问。"
    if is_forwarded(asked) and not (
        peer_is_trusted(asked, settings) and is_loopback(client_address(asked, settings))
    ):
        return "请求由代理转发而来；演示模式只接受本机的访问。"
    hosts = asked.headers.getlist("host")
    if not all(is_loopback(_name(host)) for host in hosts):
        return (
            f"主机名“{'、'.join(hosts)}”不是本机；请用 http://127.0.0.1 或 http://localhost 访问。"
        )
    return None


def _must_be_ours(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS


def _is_local(end: Iterable[object] | None) -> bool:
    # None: a socket without an address (a Unix socket, a test client's wire) is of this machine.
    return end is None or is_loopback(str(next(iter(end))))


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
