"""Signing in and out in a real browser, and what an open page shows when its session ends."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.signing import sign_in
from tests.browser.visit import SECONDS, Visit
from tests.installation import ARTEFACTS, Environment, account, govdash

pytestmark = pytest.mark.browser


@pytest.fixture
def stranger(
    browser: Browser, server: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """A browser profile in which nobody has signed in."""
    visited = Visit.begin(browser, server, size)
    yield visited
    name = request.node.name.translate(str.maketrans("[]/:", "----")).strip("-")
    visited.page.screenshot(path=ARTEFACTS / f"{name}.png")
    visited.end()


def test_a_link_leads_to_its_page_by_way_of_the_form(stranger: Visit, city: Environment):
    stranger.page.goto(f"{stranger.server}/timeline?period=30d")
    expect(stranger.page.get_by_role("heading", name="登录")).to_be_visible()
    assert stranger.overflow() == 0
    assert "演示环境" in stranger.text()
    sign_in(stranger, city, "manage", "timeline?period=30d")
    assert stranger.title() == "时间线"
    assert stranger.page.url.endswith("/timeline?period=30d")
    assert "演示环境" in stranger.text()
    stranger.page.reload()
    stranger.rest()
    assert stranger.title() == "时间线"


def test_a_wrong_password_is_said_on_the_form(stranger: Visit):
    stranger.expected.add(400)
    stranger.page.goto(stranger.server)
    stranger.page.get_by_label("登录名").fill("nobody")
    stranger.page.get_by_label("密码").fill("wrong")
    stranger.page.get_by_role("button", name="登录").click()
    expect(stranger.page.get_by_role("alert")).to_have_text("登录名或密码不对。")


def test_signing_out_at_one_tab_empties_the_other(stranger: Visit, city: Environment):
    sign_in(stranger, city, "dispatch", "cases")
    other = stranger.context.new_page()
    other.goto(f"{stranger.server}/timeline")
    expect(other.locator("h1", has_text="时间线")).to_be_visible(timeout=SECONDS)
    stranger.page.get_by_role("button", name="陆川").click()
    stranger.page.get_by_role("button", name="退出").click()
    for page in (stranger.page, other):  # the other one looks every fifteen seconds
        expect(page.locator("h1")).to_have_text("请登录", timeout=SECONDS)
        expect(page.get_by_test_id("stTopNavSection")).to_have_count(0)
    other.get_by_role("link", name="登录").click()
    other.wait_for_url("**/login?next=%2Ftimeline**")
    other.close()


def test_a_session_that_is_revoked_shows_nothing_from_the_next_tick(
    stranger: Visit, city: Environment
):
    sign_in(stranger, city, "verify", "overview")
    expect(stranger.page.get_by_text("街道处置效能")).to_be_visible(timeout=SECONDS)
    govdash(city, "users", "revoke-sessions", "verify")
    expect(stranger.page.locator("h1")).to_have_text("请登录", timeout=SECONDS)
    assert "街道处置效能" not in stranger.text()
    assert "沈岚" not in stranger.text()


def test_an_administrator_comes_in_with_a_second_factor(stranger: Visit, city: Environment):
    known = account(city, "sysadmin")
    stranger.page.goto(f"{stranger.server}/status")
    stranger.page.get_by_label("登录名").fill("sysadmin")
    stranger.page.get_by_label("密码").fill(known[1])
    stranger.page.get_by_role("button", name="登录").click()
    stranger.page.wait_for_url("**/totp**")
    code = govdash(city, "users", "code", "sysadmin").strip()
    assert len(code) == 6
    expect(stranger.page.get_by_label("验证码")).to_be_visible()
    listed = json.loads(govdash(city, "users", "list", "--json"))
    assert next(row for row in listed if row["login"] == "sysadmin")["factor"]
