"""Every HTTP answer carries the headers; streams stay streams, WebSockets stay untouched."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from govdash.api import routes
from govdash.api.protection import Protection, content_policy, inline_scripts, tile_source
from govdash.core.errors import SettingsError
from govdash.core.settings import Settings

PAGE = Path(streamlit.__file__).with_name("static") / "index.html"


async def plain(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"X-Frame-Options": "ALLOWALL"})


async def kept(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"Cache-Control": "public, max-age=9"})


async def broken(_request: Request) -> Response:
    raise RuntimeError("secret detail")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


def client_of(env: dict[str, str] | None = None, *, base: str = "http://testserver") -> TestClient:
    paths = [("/plain", plain), ("/kept", kept), ("/broken", broken)]
    app = Starlette(
        routes=[*(Route(p, f) for p, f in paths), WebSocketRoute("/talk", talk)],
        middleware=[Middleware(Protection, Settings.from_environment(env or {}), PAGE)],
        exception_handlers={Exception: routes.as_trouble},
    )
    return TestClient(app, base_url=base, raise_server_exceptions=False)


def test_every_answer_carries_the_headers_whatever_the_route_says():
    for path in ("/plain", "/kept", "/missing"):
        headers = client_of().get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_data_is_not_kept_and_a_file_is_kept_as_it_says():
    assert client_of().get("/plain").headers["cache-control"] == "no-store"
    assert client_of().get("/missing").headers["cache-control"] == "no-store"
    assert client_of().get("/kept").headers["cache-control"] == "public, max-age=9"


def test_a_route_that_fails_tells_a_number_and_no_detail():
    answer = client_of().get("/broken")
    assert answer.status_code == 500
    assert "编号" in answer.json()["message"]
    assert "secret detail" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_https_is_told_to_stay_https():
    forwarded = {"X-Forwarded-Proto": "https"}
    assert "strict-transport-security" not in client_of().get("/plain", headers=forwarded).headers
    secure = client_of(base="https://testserver").get("/plain")
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


def test_a_websocket_passes_untouched():
    with client_of().websocket_connect("/talk") as socket:
        socket.send_text("你好")
        assert socket.receive_text() == "你好"


def test_a_stream_is_passed_on_piece_by_piece():
    """The second piece is made only after the first has been sent."""
    order: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        for name in (b"one", b"two"):
            order.append(f"made {name.decode()}")
            yield name

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            order.append(f"sent {message['body'].decode()}")

    app = Protection(StreamingResponse(pieces()), Settings.from_environment({}), PAGE)
    scope = {"type": "http", "path": "/x", "headers": [], "scheme": "http", "client": None}
    scope["asgi"] = {"spec_version": "2.4"}
    asyncio.run(app(scope, receive, send))
    assert order == ["made one", "sent one", "made two", "sent two"]


def test_script_runs_from_files_of_this_server_and_the_one_inline_script_of_streamlit():
    scripts = inline_scripts(PAGE)
    assert len(scripts) == 1
    rules = dict(r.split(" ", 1) for r in content_policy("", scripts).split("; "))
    told = base64.b64encode(hashlib.sha256(scripts[0]).digest()).decode()
    assert rules["script-src"].split() == ["'self'", f"'sha256-{told}'", "blob:"]
    assert rules["connect-src"] == "'self'"
    loose = {n for n, r in rules.items() if "'unsafe" in r or "*" in r or "http" in r}
    assert loose == {"style-src"}


def test_the_tile_host_and_nothing_else_of_it_is_allowed():
    policy = content_policy("https://tiles.example.cn:8443/a/{z}/{x}/{y}.png?key=s3", [])
    rules = dict(r.split(" ", 1) for r in policy.split("; "))
    assert rules["img-src"] == "'self' data: blob: https://tiles.example.cn:8443"
    assert rules["connect-src"] == "'self' https://tiles.example.cn:8443"
    assert "s3" not in policy
    assert tile_source("/tiles/{z}/{x}/{y}.png") == []


@pytest.mark.parametrize(
    "url",
    [
        "tiles.example.cn/{z}", "javascript:alert(1)", "//tiles.example.cn/{z}", "https:///x",
        "https://a.example;script-src */{z}", "https://user:pw@a.example/{z}",
    ],
)  # fmt: skip
def test_a_tile_address_that_would_open_the_policy_is_refused(url: str):
    with pytest.raises(SettingsError, match="GOVDASH_TILE_URL"):
        content_policy(url, [])
