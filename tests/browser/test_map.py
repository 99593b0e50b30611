"""What one does on the map: draw a place, open an event, replay, take a picture; with the mouse."""

import math
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from govdash.core.settings import Settings
from govdash.geo import Datum, from_wgs84, to_wgs84
from govdash.store import Store, journal
from govdash.web.citymap import COMPONENTS
from tests.browser.test_monitor import wait_for_map
from tests.browser.visit import Visit
from tests.installation import Environment

pytestmark = pytest.mark.browser


def opened(visit: Visit, query: str = "?period=1y") -> None:
    visit.go(f"map{query}")
    wait_for_map(visit)
    visit.rest()


def use(visit: Visit, tool: str) -> None:
    visit.page.locator(f'button[data-tool="{tool}"]').click()


def at(visit: Visit, across: float, down: float) -> tuple[float, float]:
    frame = visit.page.locator("canvas.maplibregl-canvas").bounding_box()
    assert frame is not None
    return frame["x"] + frame["width"] * across, frame["y"] + frame["height"] * down


def chosen(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query)[name][0]


def test_a_rectangle_a_polygon_and_a_circle_that_are_drawn_become_the_filter(visit: Visit):
    opened(visit)
    use(visit, "box")
    visit.page.mouse.move(*at(visit, 0.45, 0.45))
    visit.page.mouse.down()
    visit.page.mouse.move(*at(visit, 0.6, 0.6), steps=4)
    visit.page.mouse.up()
    visit.page.wait_for_url("**box=**")
    west, south, east, north = map(float, chosen(visit.page, "box").split(","))
    assert west < east
    assert south < north
    visit.rest()
    expect(visit.page.get_by_role("button", name="地图范围内")).to_be_visible()
    use(visit, "ring")
    for across, down in ((0.4, 0.4), (0.6, 0.4), (0.5, 0.6)):
        visit.page.mouse.click(*at(visit, across, down))
        visit.page.wait_for_timeout(350)  # or two clicks were one of two
    visit.page.locator("canvas.maplibregl-canvas").press("Enter")
    visit.page.wait_for_url("**shape=**")
    assert len(chosen(visit.page, "shape").split(";")) == 3
    assert "box=" not in visit.page.url
    visit.rest()
    use(visit, "near")
    visit.page.mouse.click(*at(visit, 0.5, 0.5))
    visit.page.wait_for_url(lambda url: ";" not in url and "%3B" not in url and "shape=" in url)
    assert chosen(visit.page, "shape").endswith(",500")
    visit.rest()
    expect(visit.page.get_by_role("button", name="附近 500 米内")).to_be_visible()


def test_escape_puts_a_tool_away_and_nothing_is_chosen(visit: Visit):
    opened(visit)
    use(visit, "ring")
    visit.page.mouse.click(*at(visit, 0.5, 0.5))
    visit.page.locator("canvas.maplibregl-canvas").press("Escape")
    expect(visit.page.locator('button[data-tool="ring"]')).to_have_attribute(
        "aria-pressed", "false"
    )
    assert "shape=" not in visit.page.url


def test_a_distance_is_measured_on_the_map_alone(visit: Visit):
    opened(visit)
    use(visit, "measure")
    visit.page.mouse.click(*at(visit, 0.3, 0.5))
    visit.page.wait_for_timeout(350)
    visit.page.mouse.dblclick(*at(visit, 0.7, 0.5))
    expect(visit.page.locator(".tip")).to_contain_text("全长")
    told = float(visit.page.locator(".tip").inner_text().split()[1])
    ends = [
        visit.page.evaluate("([x, y]) => window.govdashMap.unproject([x, y]).toArray()", point)
        for point in points_of(visit, (0.3, 0.5), (0.7, 0.5))
    ]
    assert math.isclose(told, haversine_km(*ends), rel_tol=0.01)


def points_of(visit: Visit, *shares: tuple[float, float]) -> list[list[float]]:
    frame = visit.page.locator("canvas.maplibregl-canvas").bounding_box()
    assert frame is not None
    return [[frame["width"] * x, frame["height"] * y] for x, y in shares]


def haversine_km(one: list[float], other: list[float]) -> float:
    (lon1, lat1), (lon2, lat2) = (map(math.radians, point) for point in (one, other))
    chord = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6371.0088 * math.asin(math.sqrt(chord))


def test_the_replay_goes_through_the_steps_and_the_map_stays(visit: Visit):
    opened(visit, "?period=30d")
    visit.page.evaluate("() => { window.mapBefore = window.govdashMap }")
    visit.page.get_by_text("回放", exact=True).click()
    visit.rest()
    label = visit.page.locator(".replay output")
    last = label.inner_text()
    visit.page.get_by_role("button", name="开始回放").click()
    expect(label).not_to_have_text(last)
    first = label.inner_text()
    expect(label).not_to_have_text(first)
    visit.page.get_by_role("button", name="暂停回放").click()
    visit.rest()
    held = label.inner_text()
    visit.page.wait_for_timeout(2_000)
    assert label.inner_text() == held
    assert visit.page.evaluate("() => window.mapBefore === window.govdashMap")


def lines(city: Environment) -> int:
    with Store.of(Settings.from_environment(city)).read() as session:
        return sum(line.did == "map.picture" for line in journal.lines(session, limit=1_000))


def test_a_picture_of_the_map_is_a_file_and_a_line_of_the_journal(visit: Visit, city: Environment):
    opened(visit)
    before = lines(city)
    with visit.page.expect_download() as taken:
        use(visit, "picture")
    assert taken.value.suggested_filename.startswith("地图_")
    assert taken.value.path().read_bytes().startswith(b"\x89PNG")
    visit.rest()
    assert lines(city) == before + 1


def test_an_area_that_is_clicked_is_gone_into(visit: Visit):
    opened(visit, "?period=1y&level=区&layer=区域着色")
    visit.page.mouse.click(*at(visit, 0.5, 0.5))
    visit.page.wait_for_url("**area=**")
    visit.rest()
    told = parse_qs(urlsplit(visit.page.url).query)
    assert told.get("level", ["街道"]) == ["街道"]  # the default goes without saying


PLACES = [(116.39, 39.91), (121.47, 31.23), (87.6, 43.8), (2.35, 48.86)]
SHIFT = """({ lon, lat }) => {
  const map = { data: { datum: "gcj02" } };
  return [shifted(map, lon, lat), unshifted(map, lon, lat)];
}"""


@pytest.mark.parametrize(("lon", "lat"), PLACES)
def test_the_maps_own_shift_is_that_of_the_library(visit: Visit, lon: float, lat: float):
    source = (COMPONENTS / "maptools.js").read_text("utf-8")
    blank = visit.context.new_page()
    run = f"(told) => {{ {source}; return ({SHIFT})(told); }}"
    there, back = blank.evaluate(run, {"lon": lon, "lat": lat})
    shifted, found = from_wgs84(lon, lat, Datum.GCJ02), to_wgs84(lon, lat, Datum.GCJ02)
    assert there == pytest.approx([float(axis) for axis in shifted], abs=1e-9)
    assert back == pytest.approx([float(axis) for axis in found], abs=1e-9)
