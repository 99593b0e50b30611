"""How often one address or one key may ask: buckets that refill, counted in this process alone."""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from govdash.api.client import client_address
from govdash.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` requests at once, and `per_minute` in the long run."""

    burst: int
    per_minute: float


#: By the first part of the path. Signing in costs the server an argon2 hash; a person needs a few
#: tries at most, but a whole control room may share one address at the change of shifts. A system
#: that takes data out needs one request for each file.
RATES: Final = {
    **dict.fromkeys(("login", "totp", "password", "sessions", "device", "oidc"), Rate(30, 20)),
    "api": Rate(30, 60),
}
#: Buckets kept; the one longest unused goes first. About 10 MB when full.
KEPT: Final = 50_000
ROUNDING: Final = 1e-9  # who comes back after exactly the time told is not sent away again
IPV6_GROUPS: Final = 4  # a subscriber has a whole /64, so that is what counts as one address


class Buckets:
    """Token buckets by name, the newest `kept` of them.

    An attacker with many addresses can push others' buckets out, which gives those a full bucket
    again; it never takes anything away from them.
    """

    def __init__(self, *, kept: int = KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept, self._clock = kept, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, at

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._left)

    def take(self, name: str, rate: Rate) -> float:
        """Take one token; return 0, or after how many seconds there will be one."""
        now, speed = self._clock(), rate.per_minute / 60
        tokens, at = self._left.pop(name, (float(rate.burst), now))
        tokens = min(float(rate.burst), tokens + (now - at) * speed)
        enough = tokens >= 1 - ROUNDING
        self._left[name] = (tokens - 1 if enough else tokens, now)
        if len(self._left) > self._kept:
            self._left.popitem(last=False)
        return 0.0 if enough else (1 - tokens) / speed


class RateLimits:
    """ASGI middleware that answers 429 to who asks too often.

    Counted for each address, and for each key besides, so that one key used from many places is
    one. Nothing is shared between processes; a site that runs several, or wants a limit on the
    whole, sets it in its reverse proxy.
    """

    def __init__(self, app: ASGIApp, settings: Settings, buckets: Buckets | None = None) -> None:
        self.app, self.settings = app, settings
        self.buckets = Buckets() if buckets is None else buckets  # an empty one is false

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when to come again."""
        group = scope["path"].lstrip("/").partition("/")[0] if scope["type"] == "http" else ""
        rate = RATES.get(group)
        if rate is None:
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        names = [f"{group} {_one_of(client_address(asked, self.settings))}"]
        if key := asked.headers.get("authorization"):
            names.append(f"{group} key {hashlib.sha256(key.encode()).hexdigest()}")
        wait = max(self.buckets.take(name, rate) for name in names)
        if not wait:
            await self.app(scope, receive, send)
            return
        seconds = math.ceil(wait)
        told = {"code": "too_many", "message": f"请求过于频繁，请 {seconds} 秒后再试。"}
        answer = JSONResponse(told, 429, headers={"Retry-After": str(seconds)})
        await answer(scope, receive, send)


def _one_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return ":".join(found.exploded.split(":")[:IPV6_GROUPS])
    return address
