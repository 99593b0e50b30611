"""The headers that tell a browser what it may do with our answers: one policy for everything.

Pages, static files and routes pass through here, so no answer is without them.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govdash.api.client import client_scheme
from govdash.api.geo import LIBRARY
from govdash.core.errors import SettingsError
from govdash.core.settings import Settings

#: Features of a browser that no page uses.
_UNUSED: Final = (
    "accelerometer", "autoplay", "bluetooth", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment",
    "publickey-credentials-get", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
#: A year, which is what browsers ask for; subdomains are not ours to decide about.
HSTS: Final = "max-age=31536000"
_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")


def content_policy(tile_url: str, inline_scripts: Sequence[bytes]) -> str:
    """Write the Content-Security-Policy.

    Parameters
    ----------
    tile_url : str
        ``GOVDASH_TILE_URL``; its host may be asked for pictures, which MapLibre fetches.
    inline_scripts : the texts of scripts inside Streamlit's page, allowed by their hash

    Notes
    -----
    What is looser than ``'self'``, and why:

    - ``script-src blob:`` – Streamlit hands the script of a component (map, list) to the browser as
      a blob of the page's own making; only script that runs already can make one. There is no
      ``'unsafe-inline'`` and no ``'unsafe-eval'``: markup that slipped through runs nothing.
    - ``style-src 'unsafe-inline'`` – Streamlit and Plotly write their styles into the page.
    - ``worker-src blob:`` – MapLibre starts its workers from a blob.
    - ``img-src data: blob:`` – small pictures and map icons are made in the page.
    - ``font-src data:`` – fonts inside style sheets of Streamlit's widgets.
    """
    tiles = tile_source(tile_url)
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
        for text in inline_scripts
    ]
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *hashes, "blob:"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:", *tiles],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", *tiles],  # 'self' holds for the WebSocket of the same host too
        "worker-src": ["'self'", "blob:"],
        "frame-src": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in rules.items())


def tile_source(tile_url: str) -> list[str]:
    """Return the host of the map tiles as a source of the policy; none without tiles.

    Raises
    ------
    SettingsError
        When the address is not one of http or https with a plain host.
    """
    if not tile_url or (tile_url.startswith("/") and not tile_url.startswith("//")):
        return []  # no tiles, or tiles of this very host
    parts = urlsplit(tile_url)
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
        raise SettingsError(
            f"GOVDASH_TILE_URL={tile_url} 不是 http 或 https 的瓦片地址；"
            "例如 https://tiles.example.cn/{z}/{x}/{y}.png。"
        )
    return [f"{parts.scheme}://{parts.netloc}"]


def inline_scripts(page: Path) -> list[bytes]:
    """Return the texts of the scripts that stand inside an HTML file."""
    return _INLINE.findall(page.read_bytes())


class Protection:
    """ASGI middleware that puts the headers on every HTTP answer; WebSockets pass untouched.

    Parameters
    ----------
    page : Path
        Streamlit's ``index.html``, for the hashes of its inline scripts.
    """

    def __init__(self, app: ASGIApp, settings: Settings, page: Path) -> None:
        self.app, self.settings = app, settings
        self.fixed = {
            "content-security-policy": content_policy(settings.tile_url, inline_scripts(page)),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "x-frame-options": "DENY",  # for browsers that do not know frame-ancestors
            "permissions-policy": ", ".join(f"{name}=()" for name in _UNUSED),
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the headers when an HTTP answer starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope)
            await send(message)

        await self.app(scope, receive, guarded)

    def _add(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in self.fixed.items():
            headers[name] = value
        # What says nothing of its own is data (routes, downloads, uploads): no shared or later user
        # of the browser may find it. Streamlit's static files say how long they may be kept.
        kept = scope["path"].startswith(LIBRARY)  # asked for again, answered with "not changed"
        headers.setdefault("cache-control", "no-cache" if kept else "no-store")
        if client_scheme(HTTPConnection(scope), self.settings) == "https":
            headers["strict-transport-security"] = HSTS
