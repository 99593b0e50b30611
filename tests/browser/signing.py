"""Signing in with the form, with what the demo keeps of its accounts."""

from urllib.parse import parse_qs, urlsplit

from pyotp.totp import TOTP

from tests.browser.visit import Visit
from tests.installation import Environment, account


def sign_in(visit: Visit, city: Environment, login: str, wanted: str = "") -> None:
    """Sign in as a person does, and wait until the page is there."""
    known = account(city, login)
    visit.page.goto(f"{visit.server}/{wanted}")
    visit.page.get_by_label("登录名").fill(login)
    visit.page.get_by_label("密码").fill(known[1])
    visit.page.get_by_role("button", name="登录").click()
    if known[4:]:
        [secret] = parse_qs(urlsplit(known[4]).query)["secret"]
        visit.page.get_by_label("验证码").fill(TOTP(secret).now())
        visit.page.get_by_role("button", name="确定").click()
    visit.rest()
