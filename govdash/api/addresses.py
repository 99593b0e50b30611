"""What a browser gets at an address where there is no page."""

from collections.abc import Iterable
from html import escape
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>没有这个页面</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{{font:16px/1.7 system-ui,"Noto Sans CJK SC",sans-serif;margin:18vh auto 0;
max-width:32em;padding:0 1.5em}}h1{{font-size:1.4em}}code{{overflow-wrap:anywhere}}</style>
<h1>没有这个页面</h1><p>地址 <code>{address}</code> 没有对应的页面：
可能是链接写错了，或页面已更名。</p>
<p><a href="/">回到首页</a></p></html>"""


class KnownAddresses:
    """ASGI middleware: Streamlit answers every address, and an unknown one with English words.

    Parameters
    ----------
    pages : iterable of str
        First parts of the addresses that exist, of pages as of routes. Only navigation of a
        browser (``Accept: text/html``) is looked at.
    """

    def __init__(self, app: ASGIApp, pages: Iterable[str]) -> None:
        self.app = app
        self.pages = frozenset(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say that there is nothing."""
        if scope["type"] == "http" and scope["method"] == "GET" and self._unknown(scope):
            told = _PAGE.format(address=escape(unquote(scope["path"])))
            await HTMLResponse(told, 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _unknown(self, scope: Scope) -> bool:
        first = scope["path"].strip("/").partition("/")[0]
        wants_page = "text/html" in Headers(scope=scope).get("accept", "")
        return wants_page and bool(first) and "." not in first and first not in self.pages
