"""Hostile texts in a real browser: they are read as texts, nothing of them runs or is fetched."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, StorageState

from govdash.access import load_user
from govdash.core.settings import Settings
from govdash.ingest import import_file, load_profile
from govdash.lake import Lake
from govdash.store import Store, areas
from govdash.sync import sync
from tests.browser.conftest import demo_city
from tests.browser.signing import sign_in
from tests.browser.visit import Visit
from tests.installation import serving
from tests.web import hostile

pytestmark = pytest.mark.browser

NAME = "<img src=x onerror=window.hostile=7>hstlN"
FILE = "hstlF<img src=x onerror=window.hostile=8>.csv"
#: Pages that show names and texts which came from outside, by who opens them.
PAGES = {
    "duty": ("overview?period=7d", "map?period=7d", "timeline?period=7d", "alerts", "cases"),
    "analyse": ("data?tab=导入记录",),
    "audit": ("journal?did=import",),
}


@pytest.fixture(scope="module")
def hostile_city(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A small demo city whose areas have hostile names, with hostile texts in every field."""
    var = tmp_path_factory.mktemp("hostile")
    environment = demo_city(var, 1_500)
    settings = Settings.from_environment({"GOVDASH_VAR": str(var)})
    store, at = Store.of(settings), datetime.now(UTC)
    with store.write() as session:
        frame = areas.frame(session)
        frame["name"] = [f"{NAME}{n}" for n in range(len(frame))]
        areas.put_areas(session, frame)
        actor = load_user(session)
    point = frame.geometry.iloc[-1].representative_point()
    file = var / FILE
    told = [row | {"lon": str(point.x), "lat": str(point.y)} for row in hostile.rows(at)]
    hostile.write_csv(file, told)
    report = import_file(
        store, settings, file, profile=load_profile(settings.data, "canonical"), actor=actor, at=at
    )
    assert report.accepted > len(told) * 0.6
    sync(store, Lake.open(settings))
    store.close()
    return environment


@pytest.fixture(scope="module")
def hostile_server(hostile_city: dict[str, str]) -> Iterator[str]:
    with serving(hostile_city, "hostile.log") as address:
        yield address


@pytest.mark.parametrize("login", PAGES)
def test_no_text_from_outside_runs_in_a_real_browser(
    browser: Browser, hostile_server: str, hostile_city: dict[str, str], login: str
):
    """No dialog, no script, no request beyond this machine, nothing refused by the policy."""
    visit = Visit.begin(browser, hostile_server, (1366, 768))
    sign_in(visit, hostile_city, login)
    state: StorageState = visit.context.storage_state()
    visit.end()
    seen = ""
    for path in PAGES[login]:
        visit = Visit.begin(browser, hostile_server, (1366, 768), state)
        visit.go(path)
        visit.settle()
        seen += visit.text()
        assert visit.page.evaluate("typeof window.hostile") == "undefined", path
        assert (
            visit.page.locator("img[src='x'], iframe[src^='javascript'], svg[onload]").count() == 0
        )
        visit.end()
    assert {"duty": "hstlN", "analyse": "hstlF<img", "audit": "hstlF<img"}[login] in seen
