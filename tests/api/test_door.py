"""The door of a demo answers this machine alone; every door keeps pages of other sites out."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from govdash.api.door import Door, is_loopback, require_loopback
from govdash.core.errors import SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Mode

LOCAL = "127.0.0.1:8501"
DEMO = Settings.from_environment({})
OPEN = replace(DEMO, mode=Mode.PRODUCTION)


def knock(
    *,
    kind: str = "http",
    method: str = "GET",
    server: str = "127.0.0.1",
    client: str = "127.0.0.1",
    hosts: tuple[str, ...] = (LOCAL,),
    origin: str | None = None,
    forwarded: str | None = None,
    trusted: str = "",
    to: Settings | None = None,
) -> str:
    """Send one request through the door; return "in" or what it answered."""
    headers = [(b"host", host.encode()) for host in hosts]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if forwarded is not None:
        headers.append((b"x-forwarded-for", forwarded.encode()))
    settings = to or Settings.from_environment({"GOVDASH_TRUSTED_PROXIES": trusted})
    scope: dict[str, Any] = {
        "type": kind,
        "path": "/",
        "headers": headers,
        "server": (server, 8501),
        "client": (client, 50000),
    }
    if kind == "http":
        scope["method"] = method
    answers: list[str] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        answers.append("in")

    async def receive() -> dict[str, str]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answers.append(str(message["status"]))
        elif message["type"] == "websocket.close":
            answers.append(str(message["code"]))

    asyncio.run(Door(inside, settings)(scope, receive, send))
    assert len(answers) == 1
    return answers[0]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST.", "::1", "[::1]", "127.8.9.1"]
)
def test_names_of_this_machine_are_loopback(host: str):
    assert is_loopback(host)
    require_loopback(host, DEMO)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", None, "192.168.1.5", "localhost.evil.example", "127.0.0.1.evil.example"],
)
def test_any_other_address_is_refused_at_start(host: str | None):
    with pytest.raises(SettingsError, match="不是本机地址"):
        require_loopback(host, DEMO)
    require_loopback(host, OPEN)


def test_a_production_server_answers_others_but_no_page_of_another_site():
    there = {"server": "10.0.0.5", "client": "10.0.0.77", "hosts": ("city.example",), "to": OPEN}
    assert knock(**there) == "in"
    assert knock(**there, method="POST", origin="https://city.example") == "in"
    assert knock(**there, method="POST", origin="https://evil.example") == "403"
    assert knock(**there, kind="websocket", origin="https://evil.example") == "1008"
    assert knock(**(there | {"hosts": ()})) == "403"


def test_this_machine_comes_in_by_any_of_its_names():
    for host in (LOCAL, "localhost:8501", "[::1]:8501", "localhost"):
        assert knock(hosts=(host,)) == "in"


def test_a_name_that_points_here_by_dns_is_refused():
    assert knock(hosts=("evil.example:8501",)) == "403"
    assert knock(hosts=("evil.example",), kind="websocket") == "1008"


def test_a_request_without_or_with_two_hosts_is_refused():
    assert knock(hosts=()) == "403"
    assert knock(hosts=(LOCAL, "evil.example")) == "403"


def test_another_machine_or_another_interface_is_refused():
    assert knock(client="192.168.1.77") == "403"
    assert knock(server="192.168.1.5") == "403"
    assert knock(server="192.168.1.5", kind="websocket") == "1008"
    assert knock(client="::ffff:127.0.0.1") == "in"


def test_a_websocket_or_a_write_from_another_page_is_refused():
    for origin in ("http://evil.example", "http://127.0.0.1:9000", "null"):
        assert knock(kind="websocket", origin=origin) == "1008"
        assert knock(method="POST", origin=origin) == "403"


def test_our_own_pages_may_write_and_open_websockets():
    assert knock(kind="websocket", origin=f"http://{LOCAL}") == "in"
    assert knock(method="PUT", origin=f"http://{LOCAL}") == "in"
    assert knock(kind="websocket") == "in"  # no browser: command-line clients send no origin


def test_a_local_proxy_does_not_let_another_machine_in():
    assert knock(forwarded="192.168.1.77") == "403"
    assert knock(forwarded="127.0.0.1") == "403"  # anybody can write that
    assert knock(forwarded="127.0.0.1", trusted="127.0.0.1") == "in"
    assert knock(forwarded="127.0.0.1, 192.168.1.77", trusted="127.0.0.1") == "403"
