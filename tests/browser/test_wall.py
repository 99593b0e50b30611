"""The wall display: it fits, takes turns, comes back by itself, goes dark when it is revoked."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, StorageState, expect

from govdash.figures.palette import DARK
from tests.browser.geometry import trouble
from tests.browser.visit import Visit
from tests.installation import ARTEFACTS, Environment, govdash, serving

pytestmark = pytest.mark.browser

VIEWS = ("?wall=1&period=30d", "map?wall=1&period=30d", "timeline?wall=1&period=30d")
WALLS = ((1920, 1080), (3840, 2160))
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def new_token(city: Environment, name: str) -> str:
    told = govdash(city, "devices", "add", "--name", name, "--days", "30", "--all-areas", "--json")
    return json.loads(told)["token"]


def begin(browser: Browser, server: str, size: tuple[int, int], token: str) -> Visit:
    """Give a display its token; it lands on its wall."""
    visit = Visit.begin(browser, server, size)
    visit.page.goto(f"{server}/device")
    visit.page.get_by_label("大屏令牌").fill(token)
    visit.page.get_by_role("button", name="开始显示").click()
    visit.page.wait_for_url("**/?wall=1")
    visit.rest()
    return visit


@pytest.fixture(scope="session")
def display(browser: Browser, server: str, city: Environment) -> StorageState:
    visit = begin(browser, server, WALLS[0], new_token(city, "大厅"))
    state = visit.context.storage_state()
    visit.end()
    return state


@pytest.fixture(params=WALLS, ids=lambda size: f"{size[0]}x{size[1]}")
def wall(
    browser: Browser, server: str, display: StorageState, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    visit = Visit.begin(browser, server, request.param, display)  # whatever the browser's theme is
    yield visit
    visit.end()


@pytest.mark.parametrize("path", VIEWS)
def test_a_wall_fits_its_screen_is_dark_and_has_nothing_to_press(wall: Visit, path: str):
    wall.go(path)
    wall.settle()
    page = wall.page
    name = urlsplit(path).path or "overview"
    size = page.viewport_size
    assert size is not None
    page.screenshot(path=ARTEFACTS / f"wall-{name}-{size['width']}.png")
    lowest = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('[class*=st-key-card]')]"
        ".map(card => card.getBoundingClientRect().bottom))"
    )
    zoom = page.evaluate("() => Number(getComputedStyle(document.documentElement).zoom)")
    assert 0.9 * size["height"] < lowest * _css(page, zoom) <= size["height"]
    assert wall.overflow() == 0
    assert page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "19px"
    ground = page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).background")
    assert "rgb({}, {}, {})".format(*bytes.fromhex(DARK.ground[1:])) in ground
    for part in ("stHeader", "stButtonGroup", "stSelectbox"):
        assert not page.get_by_test_id(part).first.is_visible()
    assert trouble(page) == []
    assert not PHONE.search(wall.text())


def _css(page, zoom: float) -> float:
    """Whether this browser tells rectangles in zoomed pixels already (1), or not (`zoom`)."""
    width = page.evaluate("() => document.documentElement.getBoundingClientRect().width")
    return 1.0 if width > page.viewport_size["width"] * 0.9 else zoom


def test_a_wall_opens_no_drawer_and_no_other_page(
    browser: Browser, server: str, display: StorageState
):
    visit = Visit.begin(browser, server, WALLS[0], display)
    visit.go("?wall=1&alert=1")
    assert visit.page.get_by_role("dialog").count() == 0
    visit.page.goto(f"{server}/cases?wall=1&case=1")
    visit.page.get_by_role("heading", name="态势总览").wait_for()
    assert "wall=1" in visit.page.url
    visit.end()


def test_the_views_take_turns_by_the_clock(browser: Browser, server: str, display: StorageState):
    visit = Visit.begin(browser, server, WALLS[0], display)
    visit.go("?wall=1&rotate=10&period=30d")
    for title in ("一张图", "时间线", "态势总览"):
        visit.page.get_by_role("heading", name=title).wait_for()
        visit.page.wait_for_url("**rotate=10**")
        assert "period=30d" in visit.page.url
    visit.end()


def test_a_wall_comes_back_by_itself_when_the_server_starts_again(
    browser: Browser, city: Environment
):
    token = new_token(city, "前厅")
    with serving(city, "wall.log") as server:
        visit = begin(browser, server, WALLS[0], token)
        visit.go("?wall=1&period=7d")
    gone = visit.page.locator(
        '[data-test-connection-state]:not([data-test-connection-state="CONNECTED"])'
    )
    gone.wait_for()
    said = "() => getComputedStyle(document.querySelector('.stApp'), '::before').content"
    assert "连接已断开" in visit.page.evaluate(said)
    visit.page.evaluate("() => { document.querySelector('.gd-strip').remove() }")  # what was there
    with serving(city, "wall.log", port=urlsplit(server).port or 0):
        visit.page.locator(".gd-strip").wait_for(timeout=120_000)
        expect(gone).to_have_count(0, timeout=60_000)
        assert "wall=1&period=7d" in visit.page.url
        visit.context.close()


def test_a_revoked_wall_shows_nothing_from_its_next_look_on(
    browser: Browser, server: str, city: Environment
):
    token = new_token(city, "侧厅")
    visit = begin(browser, server, WALLS[0], token)
    visit.page.locator(".gd-strip").wait_for()
    govdash(city, "devices", "revoke", token[:12])
    expect(visit.page.get_by_role("heading", name="请登录")).to_be_visible(timeout=30_000)
    assert visit.page.locator(".gd-strip, [class*=st-key-card]").count() == 0
    visit.expected.update({401, 403})
    visit.context.close()
