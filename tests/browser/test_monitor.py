"""The live map, what a click or a brush does, and that a control room never has to scroll."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from govdash.web.overview import REFRESH_SECONDS
from tests.browser.visit import SECONDS, Visit

pytestmark = pytest.mark.browser

MAP_DRAWN = "() => window.govdashMap?.loaded() && window.govdashMap.getLayer('alerts')"


def wait_for_map(visit: Visit) -> None:
    visit.page.wait_for_function(MAP_DRAWN, timeout=SECONDS)


def click_middle_of_map(visit: Visit) -> None:
    frame = visit.page.locator("canvas.maplibregl-canvas").bounding_box()
    assert frame is not None
    visit.page.mouse.click(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)


@pytest.mark.parametrize(
    "path", ["", "map", "timeline", "?period=30d&channel=hotline", "?map=街道效能"]
)
def test_a_monitor_page_fits_the_screen(visit: Visit, path: str):
    visit.go(path)
    tall = "e => e.scrollHeight - e.clientHeight"
    assert visit.page.get_by_test_id("stMain").evaluate(tall) == 0


def test_a_click_on_the_map_filters_by_the_area_and_keeps_the_map(visit: Visit):
    visit.go("map?period=1y")
    wait_for_map(visit)
    visit.page.evaluate("() => { window.mapBefore = window.govdashMap }")
    for layer in ("事件", "预警"):  # what lies above the areas would be clicked instead
        visit.page.get_by_role("button", name=layer, exact=True).click()
        visit.rest()
    click_middle_of_map(visit)
    visit.page.wait_for_url("**area=**")
    visit.rest()
    expect(visit.page.get_by_role("button", name="区域：")).to_be_visible()
    assert visit.page.evaluate("() => window.mapBefore === window.govdashMap")


def test_a_click_on_a_facet_filters_and_back_undoes_it(visit: Visit):
    visit.go("?period=30d")
    visit.page.locator(".st-key-overview_facets .row .tag").first.click()
    visit.page.wait_for_url("**facet=person**")
    visit.rest()
    visit.page.go_back()
    visit.page.wait_for_url(lambda url: "facet" not in url)
    visit.rest()
    expect(visit.page.get_by_role("button", name="要素：人")).to_have_count(0)
    assert "period=30d" in visit.page.url


def test_a_brush_over_the_timeline_becomes_the_period_everywhere(visit: Visit):
    visit.go("timeline?period=30d")
    plot = visit.page.locator(".st-key-card_band .nsewdrag").first
    plot.wait_for()
    area = plot.bounding_box()
    assert area is not None
    left, width, middle = area["x"], area["width"], area["y"] + area["height"] / 2
    visit.page.mouse.move(left + width * 0.3, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(left + width * 0.5, middle + 4, steps=8)
    visit.page.mouse.up()
    visit.page.wait_for_url("**from=**to=**")
    visit.rest()
    chosen = visit.page.url.split("?")[1]
    visit.page.get_by_test_id("stTopNavSection").filter(has_text="监测").click()
    visit.page.get_by_test_id("stTopNavDropdownLink").filter(has_text="一张图").click()
    visit.page.wait_for_url("**/map?**")
    visit.rest()
    assert all(part in visit.page.url for part in chosen.split("&") if part.startswith("from"))


@pytest.mark.usefixtures("waiting")
def test_an_alert_opens_in_a_drawer_where_it_can_be_signed_off(visit: Visit):
    visit.go("")
    visit.page.locator(".st-key-overview_alerts .row").first.click()
    visit.page.wait_for_url("**alert=**")
    drawer = visit.page.get_by_role("dialog")
    drawer.get_by_text("监测提示（系统）").wait_for()
    sign_off = drawer.get_by_role("button", name="签收")
    if sign_off.count():  # the run before this one, on the other screen, may have signed it off
        sign_off.click()
        drawer.get_by_text("已签收 JC-").wait_for()
    drawer.get_by_role("button", name="转案件").click()
    visit.page.get_by_role("button", name="立案登记").wait_for()
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_url(lambda url: "do=" not in url)
    visit.rest()


def test_a_refresh_keeps_zoom_scroll_and_charts(visit: Visit):
    last = datetime.now(UTC).date() - timedelta(days=20)  # nothing comes in for it any more
    visit.go(f"?from={last - timedelta(days=20)}&to={last}")
    wait_for_map(visit)
    visit.page.evaluate(
        """() => {
            window.mapBefore = window.govdashMap;
            window.chartBefore = document.querySelector(".st-key-overview_course .js-plotly-plot");
            window.govdashMap.setZoom(11.5);
            const list = (key) => [...document.querySelectorAll(`.st-key-${key} *`)]
                .map((e) => e.shadowRoot?.querySelector(".list")).find(Boolean);
            window.listBefore = list("overview_streets");
            window.listBefore.scrollTop = 40;
            window.scrolled = window.listBefore.scrollTop;
        }"""
    )
    visit.page.wait_for_timeout(2.5 * REFRESH_SECONDS * 1000)
    visit.rest()
    kept = visit.page.evaluate(
        """() => [
            window.mapBefore === window.govdashMap,
            Math.round(window.govdashMap.getZoom() * 10) / 10,
            window.chartBefore.isConnected,
            window.listBefore.isConnected && window.listBefore.scrollTop === window.scrolled,
        ]"""
    )
    assert kept == [True, 11.5, True, True]
