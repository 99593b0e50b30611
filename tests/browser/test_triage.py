"""预警中心 by the keyboard: j and k through the list, a, c and d, and ? for the sheet."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.visit import SECONDS, Visit

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("waiting")]


@pytest.fixture
def size() -> tuple[int, int]:
    """What is done is the same on both screens; how pages look there is tested elsewhere."""
    return 1366, 768


def test_the_board_is_worked_through_without_the_mouse(visit: Visit):
    visit.go("alerts?tray=待办")
    page = visit.page
    titles = page.locator(".row.open .head").all_inner_texts()
    assert len(titles) >= 2
    heading = page.locator(".gw-head b")
    expect(heading).to_have_text(titles[0], timeout=SECONDS)
    page.keyboard.press("j")
    expect(heading).to_have_text(titles[1], timeout=SECONDS)
    page.keyboard.press("k")
    expect(heading).to_have_text(titles[0], timeout=SECONDS)

    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("转案件")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0, timeout=SECONDS)

    page.keyboard.press("d")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("判定").first).to_be_visible(timeout=SECONDS)
    note = drawer.locator("textarea").first
    note.click()
    page.keyboard.type("jack")  # letters typed in a field are letters
    expect(note).to_have_value("jack")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0, timeout=SECONDS)
    expect(heading).to_have_text(titles[0])

    page.keyboard.press("c")
    expect(page.get_by_role("dialog").get_by_text("案件").first).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=SECONDS)

    page.keyboard.press("a")
    said = re.compile("已签收|刚被|没有")  # the other screen size may have been here before
    expect(page.get_by_text(said).first).to_be_visible(timeout=SECONDS)


def test_two_operators_see_each_others_work_and_cannot_overwrite_it(
    visit: Visit, browser: Browser, server: str, signed_in: Callable[[str], StorageState]
):
    visit.go("alerts?tray=待办")
    visit.page.locator(".row.open").first.click()  # those that wait come first
    visit.rest()
    heading = visit.page.locator(".gw-head b")
    title = heading.inner_text()
    visit.page.keyboard.press("d")
    note = visit.page.get_by_role("dialog").locator("textarea").first
    note.fill("电话核实，现场没有异常")

    other = Visit.begin(browser, server, (1366, 768), signed_in("lead"))
    other.go(visit.page.url.removeprefix(f"{server}/").replace("do=alert_dismiss", ""))
    expect(other.page.locator(".gw-head b")).to_have_text(title, timeout=SECONDS)
    other.page.get_by_role("button", name="签收", exact=True).click()
    expect(other.page.get_by_text("已签收 · 顾青").last).to_be_visible(timeout=SECONDS)
    other.end()

    visit.page.get_by_role("dialog").get_by_role("combobox").click()
    visit.page.get_by_role("option", name="误报").click()
    visit.page.get_by_role("button", name="确认排除").click()
    expect(visit.page.get_by_text(re.compile("刚被.*更新为“已签收”"))).to_be_visible(
        timeout=SECONDS
    )
    expect(note).to_have_value("电话核实，现场没有异常")  # nothing is lost
    visit.page.keyboard.press("Escape")
    there = visit.page.get_by_text("已签收 · 顾青").last  # by itself, without a click
    expect(there).to_be_visible(timeout=SECONDS)
