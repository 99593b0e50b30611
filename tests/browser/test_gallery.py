"""Every part of the screens with its states, in both themes on both screens: nothing is cut."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.geometry import trouble
from tests.browser.visit import Visit
from tests.installation import ARTEFACTS

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]
PAGES = ("gallery", "overview?period=7d", "timeline?period=30d")


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Theme:
    return request.param


@pytest.fixture
def looked_at(
    browser: Browser,
    server: str,
    size: tuple[int, int],
    theme: Theme,
    signed_in: Callable[[str], StorageState],
) -> Iterator[Visit]:
    visit = Visit.begin(browser, server, size, signed_in("duty"), theme=theme)
    yield visit
    visit.end()


@pytest.mark.parametrize("path", PAGES)
def test_no_words_are_cut_or_lie_over_one_another(
    looked_at: Visit, path: str, theme: Theme, size: tuple[int, int]
):
    looked_at.go(path)
    looked_at.settle()
    name = path.partition("?")[0]
    looked_at.page.screenshot(path=ARTEFACTS / f"{name}-{theme}-{size[0]}.png", full_page=True)
    assert trouble(looked_at.page) == []
    assert looked_at.overflow() == 0


def test_what_is_wrong_is_seen(looked_at: Visit):
    """The check itself: a cut word and two over one another are found."""
    looked_at.go("gallery")
    looked_at.page.evaluate(
        """() => document.body.insertAdjacentHTML("beforeend",
            "<p style='position:fixed;top:9rem;left:9rem;width:2rem;overflow:hidden;"
            + "white-space:nowrap'>切断的一句话</p>"
            + "<p style='position:fixed;top:300px;left:300px'>上面的字</p>"
            + "<p style='position:fixed;top:304px;left:304px'>下面的字</p>")"""
    )
    found = trouble(looked_at.page)
    assert "cut: 切断的一句话" in found
    assert "over: 上面的字 | 下面的字" in found


def test_the_drawer_opens_at_the_right_and_escape_closes_it(
    looked_at: Visit, size: tuple[int, int]
):
    looked_at.go("gallery")
    looked_at.page.get_by_role("button", name="打开抽屉").click()
    drawer = looked_at.page.get_by_role("dialog")
    expect(drawer.get_by_role("button", name="确定")).to_be_visible()
    looked_at.page.wait_for_timeout(500)  # it slides in
    box = drawer.bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] - size[0]) <= 1
    looked_at.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_what_data_says_is_text_in_every_part(looked_at: Visit):
    looked_at.go("gallery")
    page = looked_at.page
    for part in (".gd-kpi-label", ".gd-bar span", ".row .head", ".row .text"):
        expect(page.locator(part).filter(has_text="<b>数据里的标记</b>").first).to_be_visible()
