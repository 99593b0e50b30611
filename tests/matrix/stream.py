"""A browser tab without a browser: the forms, the cookie, Streamlit's WebSocket by its messages."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx
from pyotp.totp import TOTP
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from govdash.web.activity import STREAM

SECONDS = 120  # a machine with two busy cores is slow, not wrong


@dataclass
class Drawn:
    """What one run of a page sent to the browser."""

    menu: list[str] = field(default_factory=list)  # the URLs that the menu shows
    pieces: list[str] = field(default_factory=list)  # every element, as text
    said: list[str] = field(default_factory=list)  # boxes: errors, warnings, hints
    fragments: list[str] = field(default_factory=list)  # those that refresh themselves
    page: str = ""  # how Streamlit calls the page

    @property
    def text(self) -> str:
        """Everything that was sent."""
        return "\n".join(self.pieces)


def stranger(server: str) -> httpx.Client:
    """A browser in which nobody has signed in."""
    return httpx.Client(base_url=server, timeout=SECONDS)


def sign_in(server: str, known: list[str]) -> httpx.Client:
    """Sign in with the forms; `known` is the account's line in the demo's file."""
    browser = stranger(server)

    def send(path: str, **fields: str) -> httpx.Response:
        mark = re.search('name="form" value="([^"]*)"', browser.get(path).text)
        assert mark
        return browser.post(path, data={"form": mark[1], **fields})

    answer = send("/login", login=known[0], password=known[1])
    if known[4:]:
        [secret] = parse_qs(urlsplit(known[4]).query)["secret"]
        answer = send("/totp", code=TOTP(secret).now())
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    return browser


class Tab:
    """One tab of a browser: a WebSocket that stays open from page to page."""

    def __init__(self, browser: httpx.Client) -> None:
        host = urlsplit(str(browser.base_url)).netloc
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        self._open = ExitStack()
        opened = connect(
            f"ws://{host}{STREAM}",
            origin=f"http://{host}",  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": cookies},
            subprotocols=["streamlit"],  # type: ignore[list-item]  # a NewType of str
            open_timeout=SECONDS,
            max_size=None,
        )
        self._socket = self._open.enter_context(opened)

    def open(self, page: str, query: str = "") -> Drawn:
        """Open a page as a link does; return what the run drew."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        return self._answer(asked)

    def ticks(self, drawn: Drawn, query: str = "") -> Iterator[Drawn]:
        """Let the time of each refreshing fragment have come; yield what each drew."""
        for fragment in drawn.fragments:
            asked = BackMsg()
            asked.rerun_script.fragment_id = fragment
            asked.rerun_script.is_auto_rerun = True
            asked.rerun_script.page_script_hash = drawn.page
            asked.rerun_script.query_string = query
            yield self._answer(asked)

    def close(self) -> None:
        """Close the tab."""
        self._open.close()

    def _answer(self, asked: BackMsg) -> Drawn:
        self._socket.send(asked.SerializeToString())
        drawn = Drawn()
        while not _take(drawn, self._socket.recv(timeout=SECONDS)):
            pass
        return drawn


def run(browser: httpx.Client, page: str, query: str = "") -> Drawn:
    """Open a page as a cold deep link in a new tab; return what its first run drew."""
    tab = Tab(browser)
    try:
        return tab.open(page, query)
    finally:
        tab.close()


def _take(drawn: Drawn, sent: bytes | str) -> bool:
    """Note what a message brings; whether it is the last one of the run."""
    message = ForwardMsg.FromString(sent)  # type: ignore[arg-type]  # binary frames alone
    kind = message.WhichOneof("type")
    assert kind != "ref_hash", "this client keeps nothing that could be meant"
    if kind == "navigation":
        pages = message.navigation.app_pages
        drawn.menu = [page.url_pathname for page in pages if not page.is_hidden]
        drawn.page = message.navigation.page_script_hash
    elif kind == "auto_rerun":
        drawn.fragments.append(message.auto_rerun.fragment_id)
    elif kind == "delta":
        element = message.delta.new_element
        inner = element.WhichOneof("type")
        if inner == "alert":
            drawn.said.append(element.alert.body)
        drawn.pieces.append(element.html.body if inner == "html" else _plain(str(message.delta)))
    return kind == "script_finished"


def _plain(text: str) -> str:
    """Undo how protobuf writes what is not ASCII: as octal bytes."""
    return re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), text.encode()).decode(
        "utf-8", "replace"
    )
