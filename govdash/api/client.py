"""Who asks, and how it came in: the peer, or what a proxy that we trust says of its own client.

``X-Forwarded-*`` can be written by anybody. Each is believed only as far as the one who wrote it
is a trusted proxy, so the chain is read from the right and ends at the first address that is not.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from govdash.core.errors import SettingsError
from govdash.core.settings import Network, Settings

#: What uvicorn takes from the environment before it loads the application. By default it believes
#: every process of this machine; an empty value makes it believe nobody, so that the rule here is
#: the only one.
FORWARDED_ALLOW_IPS: Final = "FORWARDED_ALLOW_IPS"
_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]+)\](?::\d{1,5})?|(?P<four>[\d.]+):\d{1,5}")

Address = IPv4Address | IPv6Address


def require_own_rule(env: Mapping[str, str], settings: Settings) -> None:
    """Refuse to serve while uvicorn would rewrite addresses that the rule here is to judge.

    Without trusted proxies a forwarded request is refused whatever its address says, so uvicorn's
    default may stand: ``streamlit run app.py`` by hand serves this machine.

    Raises
    ------
    SettingsError
        When ``FORWARDED_ALLOW_IPS`` names anybody, or is not set while there are trusted proxies;
        `govdash serve` sets it empty.
    """
    named = env.get(FORWARDED_ALLOW_IPS)
    if named or (named is None and settings.trusted_proxies):
        raise SettingsError(
            f"请用 govdash serve 启动，或先设置空的环境变量 {FORWARDED_ALLOW_IPS}=：否则服务器会按"
            "它自己的规则相信转发头。受信任的反向代理写在 GOVDASH_TRUSTED_PROXIES。"
        )


def client_address(request: HTTPConnection, settings: Settings) -> str:
    """Return the address of whoever asks.

    That is the peer itself, unless the peer is in ``GOVDASH_TRUSTED_PROXIES``: then the rightmost
    address of ``X-Forwarded-For`` that is not a trusted proxy. When all are, the leftmost; when one
    cannot be read, the proxy that passed it on.
    """
    peer = request.client.host if request.client else ""
    found = _address(peer)
    if found is None:
        return peer
    for entry in _forwarded(request):
        if not _trusted(found, settings.trusted_proxies):
            break
        before = _address(entry)
        if before is None:
            break
        found = before
    return str(found)


def client_scheme(request: HTTPConnection, settings: Settings) -> str:
    """Return ``http`` or ``https``, as a trusted proxy says it, else as the server sees it."""
    scheme: str = request.scope["scheme"]
    seen = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    peer = _address(request.client.host) if request.client else None
    if peer is None or not _trusted(peer, settings.trusted_proxies):
        return seen
    said = ",".join(request.headers.getlist("x-forwarded-proto")).split(",")[-1].strip().lower()
    return said if said in {"http", "https"} else seen


def is_forwarded(request: HTTPConnection) -> bool:
    """Whether anybody says that it passed this request on."""
    return any(name in request.headers for name in ("x-forwarded-for", "forwarded"))


def peer_is_trusted(request: HTTPConnection, settings: Settings) -> bool:
    """Whether the peer is a proxy whose word counts."""
    peer = _address(request.client.host) if request.client else None
    return peer is not None and _trusted(peer, settings.trusted_proxies)


class KnownClient:
    """ASGI middleware: what comes after it (Streamlit too) sees the client, not the proxy."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; what a trusted proxy passed on, with its client's address."""
        if scope["type"] in {"http", "websocket"}:
            asked = HTTPConnection(scope)
            if peer_is_trusted(asked, self.settings) and "x-forwarded-for" in asked.headers:
                scope = {**scope, "client": (client_address(asked, self.settings), 0)}
        await self.app(scope, receive, send)


def _forwarded(request: HTTPConnection) -> Iterator[str]:
    """Yield the entries of ``X-Forwarded-For``, the nearest first."""
    yield from reversed(",".join(request.headers.getlist("x-forwarded-for")).split(","))


def _address(text: str) -> Address | None:
    bare = text.strip()
    if matched := _WITH_PORT.fullmatch(bare):
        bare = matched["six"] or matched["four"]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _trusted(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
