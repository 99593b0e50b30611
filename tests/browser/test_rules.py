"""规则 in a real browser: a draft is tried over the city's record before it counts."""

import pytest
from playwright.sync_api import expect

from tests.browser.visit import SECONDS, Visit

pytestmark = [pytest.mark.browser, pytest.mark.login("analyse")]


@pytest.fixture
def size() -> tuple[int, int]:
    """What is done is the same on both screens; how pages look there is tested elsewhere."""
    return 1366, 768


def test_a_draft_is_tried_over_the_record_and_told_beside_the_current_version(visit: Visit):
    visit.go("rules?rule=district-major&view=修改与试算")
    page = visit.page
    box = page.get_by_label("至少超出（件）")
    box.fill("14")
    box.press("Tab")
    page.get_by_role("button", name="存为草稿").click()
    expect(page.get_by_text("草稿改动 1 项")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="用历史试算").click()
    expect(page.get_by_text("试算结果")).to_be_visible(timeout=3 * SECONDS)
    told = page.locator(".gw-table", has_text="每周提示").inner_text()
    assert "草稿" in told
    assert "现行第" in told
    page.get_by_role("button", name="放弃草稿").click()
    expect(page.get_by_text("草稿与现行版本相同")).to_be_visible(timeout=SECONDS)
