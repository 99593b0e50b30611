"""A browser at an address without a page is told so in Chinese; everything else goes on."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from govdash.api.addresses import KnownAddresses

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def client() -> TestClient:
    inner = Starlette(routes=[Route("/{rest:path}", lambda _: PlainTextResponse("inside"))])
    return TestClient(KnownAddresses(inner, pages={"overview", "healthz"}))


@pytest.mark.parametrize("address", ["/nopage", "/nopage/", "/nopage/overview", "/overvie%3Cb%3E"])
def test_an_unknown_address_is_said_to_be_unknown(client: TestClient, address: str):
    answer = client.get(address, headers=PAGE)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/", PAGE),
        ("/overview", PAGE),
        ("/overview/", PAGE),
        ("/healthz", PAGE),
        ("/favicon.png", PAGE),
        ("/nopage", {"accept": "*/*"}),
    ],
)
def test_what_is_there_or_is_no_page_at_all_goes_on(client: TestClient, address, headers):
    assert client.get(address, headers=headers).text == "inside"
