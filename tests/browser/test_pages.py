"""Every page, cold, in a real browser, on both screens."""

import time

import pytest

from govdash.access import roles
from govdash.core.settings import ROOT
from govdash.demo import people
from govdash.web import registry
from govdash.web.registry import PageEntry
from tests.browser.visit import Visit

pytestmark = pytest.mark.browser

ENGLISH = ("Traceback", "Error:", "Exception", "undefined", "NaN", "None")


def logins() -> dict[str, str]:
    """For each page somebody of the demo who may open it."""
    roles_ = {entry.code: entry.permissions for entry in roles.load(ROOT / "data")}
    return {
        entry.url: next(cast.login for cast in people.CAST if entry.needs in roles_[cast.role])
        for entry in registry.PAGES
    }


@pytest.mark.parametrize(
    "entry",
    [pytest.param(e, id=e.url, marks=pytest.mark.login(logins()[e.url])) for e in registry.PAGES],
)
def test_a_cold_deep_link_draws_the_page(visit: Visit, entry: PageEntry):
    visit.go(entry.url)
    assert visit.title() == entry.title
    words = visit.text()
    assert [word for word in ENGLISH if word in words] == []
    assert visit.overflow() == 0


def test_the_overview_is_drawn_within_ten_seconds(visit: Visit):
    began = time.monotonic()
    visit.page.goto(visit.server)
    visit.page.get_by_text("街道处置效能").wait_for()  # the last card
    assert time.monotonic() - began < 10
    visit.rest()
    assert visit.title() == registry.PAGES[0].title


def test_the_navigation_leads_to_every_page(visit: Visit):
    visit.go("")
    for entry in [p for p in registry.PAGES if logins()[p.url] == "duty" and not p.hidden][1:]:
        section = visit.page.get_by_test_id("stTopNavSection").filter(has_text=entry.section)
        section.click()
        visit.page.get_by_test_id("stTopNavDropdownLink").filter(has_text=entry.title).click()
        visit.page.wait_for_url(f"**/{entry.url}*")
        visit.rest()
        assert visit.title() == entry.title


def test_a_choice_in_the_link_is_kept(visit: Visit):
    visit.go("timeline?from=2026-01-01&to=2026-01-31&channel=hotline")
    assert visit.title() == "时间线"
    assert "channel=hotline" in visit.page.url


def test_a_link_that_cannot_be_read_is_told_and_can_be_cleared(visit: Visit):
    visit.page.goto(f"{visit.server}/overview?from=yesterday")
    trouble = visit.page.get_by_text("链接里的日期写法不对")
    trouble.wait_for()
    visit.page.get_by_role("button", name="清除链接里的筛选条件").click()
    trouble.wait_for(state="hidden")
    visit.rest()
    assert "yesterday" not in visit.page.url


def test_markup_that_slips_through_runs_nothing_and_is_reported(visit: Visit):
    """What `Visit` watches for really comes: handlers, inline scripts, eval, other hosts."""
    visit.go("overview")
    assert visit.failures == []
    visit.page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", "<img src=x: onerror='window.ran = 1'>");
            const script = document.createElement("script");
            script.textContent = "window.ran = 2";
            document.body.append(script);
            const image = new Image();
            image.src = "http://127.0.0.1:9/pixel.png";
        }"""
    )
    visit.page.wait_for_timeout(1000)
    assert visit.page.evaluate("() => window.ran") is None
    told = "\n".join(visit.failures)
    assert "script-src" in told
    assert "img-src" in told
    visit.failures.clear()
