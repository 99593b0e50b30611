"""用户账号 and 角色权限 through the router: each administrator does their own part alone."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import load_user, people, roles, signin
from govdash.access.signin import Door
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT, Settings
from govdash.store import Store, accounts, journal
from tests.signed import sign_in, signed_app
from tests.web import town

ACCOUNTS = str(ROOT / "pages" / "admin" / "accounts.py")
RIGHTS = str(ROOT / "pages" / "admin" / "rights.py")


@pytest.fixture
def city(sqlite_store: Store, settings: Settings) -> Store:
    """The town with both administrators, and `li` who may do nothing yet."""
    at = datetime.now(UTC)
    town.build(sqlite_store, settings, at)
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
        for login, held in (("gao", ("system",)), ("fang", ("security",)), ("li", ())):
            accounts.add_account(session, login=login, name=f"{login}某", roles=held, at=at)
    return sqlite_store


@pytest.fixture
def at_page(tab: Callable[[], AppTest], city: Store, settings: Settings) -> Callable[..., AppTest]:
    """Open a page in a tab of one's own: a tab does not pass to the next who signs in."""

    def opened(page: str, login: str, account: str = "li") -> AppTest:
        app = signed_app(tab(), city, settings, login)
        app.run()
        app.switch_page(page)
        app.query_params["account"] = account
        return well(app.run())

    return opened


def well(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    found = [button for button in app.button if button.label == label]
    assert found, [button.label for button in app.button]
    return well(found[0].click().run())


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def newest(store: Store, did: str) -> tuple[str, str, str]:
    with store.read() as session:
        line = next(line for line in journal.lines(session) if line.did == did)
        return line.actor, line.subject, line.result.value


def test_the_system_administrator_opens_an_account_whose_password_is_said_once(
    at_page, city: Store, settings: Settings
):
    app = at_page(ACCOUNTS, "gao")
    app.text_input(key="gp_login").set_value("Sun.Y")
    app.text_input(key="gp_name").set_value("孙燕")
    app = press(app, "开设")
    said = app.success[0].value
    password = re.search("：([A-Za-z0-9-]{19})$", said)
    assert password, said
    assert app.query_params["account"] == "sun.y"
    assert not well(app.run()).success
    assert newest(city, "user.add") == ("gao", "account:sun.y", "done")
    assert signin.sign_in(Door(city, settings), "sun.y", password[1], at=datetime.now(UTC))


def test_a_closed_account_is_signed_out_and_can_be_opened_again(
    at_page, city: Store, settings: Settings
):
    sign_in(city, settings, "li")
    app = press(at_page(ACCOUNTS, "gao"), "确认停用")
    assert "已停用" in app.success[0].value
    with city.read() as session:
        assert not people.found(session, "li").active
    app = press(app, "确认启用")
    with city.read() as session:
        assert people.found(session, "li").active
    app = press(app, "确认重置密码")
    assert "只显示这一次" in app.success[0].value
    sign_in(city, settings, "li")
    app = press(well(app.run()), "确认强制退出")
    assert "1 个会话" in app.success[0].value


def test_a_reset_is_confirmed_by_the_security_administrator_before_it_counts(at_page, city: Store):
    with city.write() as session:
        accounts.set_roles(session, people.found(session, "li").id, ["duty"])
    app = press(at_page(ACCOUNTS, "gao"), "确认重置密码")
    assert "安全管理员在“角色权限”确认后才能登录" in app.success[0].value
    app = press(at_page(RIGHTS, "fang"), "已核实，确认重置")
    assert "本人可以登录" in app.success[0].value
    assert newest(city, "user.confirm") == ("fang", "account:li", "done")
    assert "已核实，确认重置" not in labels(well(app.run()))


def test_the_security_administrator_gives_roles_and_scope(at_page, city: Store):
    app = at_page(RIGHTS, "fang")
    app.multiselect(key="gp_roles_li").set_value(["duty"])
    app = press(app, "保存角色")
    assert "值班员" in app.success[0].value
    app.multiselect(key="gp_areas_li").set_value([town.EAST])
    app.multiselect(key="gp_units_li").set_value(["U1"])
    app = press(app, "保存范围")
    with city.read() as session:
        user = load_user(session, "li")
    assert user.holds(Permission.ALERT_HANDLE)
    assert (user.scope.areas, user.scope.units) == ((town.EAST,), ("U1",))
    assert newest(city, "user.areas") == ("fang", "account:li", "done")


def test_two_administrators_cannot_be_one_person(at_page, city: Store):
    app = at_page(RIGHTS, "fang")
    app.multiselect(key="gp_roles_li").set_value(["duty", "auditor"])
    app = press(app, "保存角色")
    assert "三员分立" in app.error[0].value
    with city.read() as session:
        assert load_user(session, "li").permissions == frozenset()


def test_a_lost_second_factor_is_reset_once_confirmed(at_page, city: Store, settings: Settings):
    sign_in(city, settings, "gao")
    app = press(at_page(RIGHTS, "fang", "gao"), "确认重置验证码")
    assert "已重置" in app.success[0].value
    with city.read() as session:
        assert people.found(session, "gao").totp_on_at is None


def test_each_sees_the_buttons_of_their_own_part_and_none_for_themselves(at_page):
    mine = {"确认重置密码", "确认停用", "开设"}
    theirs = {"确认重置验证码", "保存角色", "保存范围"}
    assert labels(at_page(ACCOUNTS, "gao")) >= mine
    assert not labels(at_page(ACCOUNTS, "gao")) & theirs
    assert labels(at_page(RIGHTS, "fang")) >= theirs
    assert not labels(at_page(RIGHTS, "fang")) & mine
    assert not labels(at_page(RIGHTS, "fang", "fang")) & (mine | theirs)
    assert "没有打开" in at_page(RIGHTS, "gao").error[0].value
    assert "没有打开" in at_page(ACCOUNTS, "fang").error[0].value


def test_the_command_lines_account_has_no_buttons_and_its_role_is_in_no_form(at_page):
    theirs = {"确认重置密码", "确认停用", "确认启用", "确认重置验证码", "保存角色", "保存范围"}
    for page, who in ((ACCOUNTS, "gao"), (RIGHTS, "fang")):
        app = at_page(page, who, "operator")
        assert not labels(app) & theirs
        assert "命令行的内部账号" in app.caption[0].value
    roles_form = at_page(RIGHTS, "fang").multiselect(key="gp_roles_li")
    assert "本机值班员" not in roles_form.options


def test_a_right_that_is_gone_at_the_click_is_missed_and_journalled(at_page, city: Store):
    app = at_page(ACCOUNTS, "gao")
    with city.write() as session:
        entry = next(role for role in accounts.roles(session) if role.code == "system")
        entry.permissions = [p for p in entry.permissions if p != Permission.USER_EDIT.value]
    app = press(app, "确认停用")
    assert "没有打开“用户账号”的权限" in app.error[0].value
    assert newest(city, "page.open") == ("gao", "page:用户账号", "refused")
    with city.read() as session:
        assert people.found(session, "li").active


def test_an_account_that_does_not_exist_is_said_to_be_none(at_page):
    app = at_page(ACCOUNTS, "gao", "nobody")
    assert "没有这个账号" in "".join(str(piece.proto.body) for piece in app.get("html"))
