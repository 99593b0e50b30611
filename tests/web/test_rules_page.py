"""规则 through the router: a draft is made, tried, made current; advice is taken or refused."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import load_user, seed_local_operator
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Disposition
from govdash.store import Store, accounts, journal
from govdash.web import background
from govdash.workflow import alerts, rules, signals
from tests.signed import signed_app
from tests.web import town
from tests.web.driving import drawn, press, well

PAGE = str(ROOT / "pages" / "analysis" / "rules.py")
CODE = "street-category"


@pytest.fixture
def built(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    return sqlite_store


@pytest.fixture
def at_page(app: AppTest, built: Store, settings: Settings) -> Callable[..., AppTest]:
    def opened(**params: str) -> AppTest:
        with built.write() as session:
            seed_local_operator(session, at=datetime.now(UTC))
        signed_app(app, built, settings).run()
        app.switch_page(PAGE)
        for name, value in {"rule": CODE, **params}.items():
            app.query_params[name] = value
        return well(app.run())

    return opened


def field(app: AppTest, name: str):
    return next(one for one in app.number_input if one.key.endswith(f"_{name}"))


def current(store: Store) -> rules.Rule:
    with store.read() as session:
        return next(rule for rule in rules.current(session) if rule.code == CODE)


def test_the_rule_is_told_whole_with_what_it_was_worth(at_page):
    shown = drawn(at_page())
    assert "街道突增" in shown
    assert "第 1 版 · 启用" in shown
    assert "还没有判定" in shown  # the town's alerts wait


def test_a_draft_changes_nothing_until_it_is_made_current(at_page, built):
    app = at_page(view="修改与试算")
    field(app, "min_excess").set_value(12)
    app = press(app, "存为草稿")
    assert "草稿改动 1 项" in drawn(app)
    assert current(built).version == 1
    app = press(app, "确认启用")
    assert "第 2 版已生效" in app.success[0].value
    assert (current(built).version, current(built).parameters.min_excess) == (2, 12)
    with built.read() as session:
        line = next(x for x in journal.lines(session, limit=5) if x.did == "rule.change")
        assert line.before["parameters"]["min_excess"] != line.after["parameters"]["min_excess"]
    app.session_state["view"] = "past"
    shown = drawn(well(app.run()))
    assert "共 2 版" in shown
    assert "<td>至少超出（件）</td><td>4</td><td>12</td>" in shown


def test_an_old_version_goes_into_the_draft_and_not_straight_into_force(at_page, built):
    with built.write() as session:
        one = current(built)
        wider = one.parameters.model_copy(update={"cool_down_days": 9})
        changed = one.model_copy(update={"parameters": wider})
        rules.change(session, changed, actor=load_user(session), at=datetime.now(UTC))
    app = press(at_page(view="历史版本"), "放入草稿")
    assert "草稿改动 1 项" in drawn(app)
    assert current(built).parameters.cool_down_days == 9


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(at_page, built):
    app = at_page(view="修改与试算")
    field(app, "min_excess").set_value(12)
    app = press(app, "存为草稿")
    with built.write() as session:
        one = current(built)
        other = one.model_copy(update={"name": "街道突增（新）"})
        rules.change(session, other, actor=load_user(session), at=datetime.now(UTC))
    button = next(b for b in app.button if b.label == "确认启用")
    button.click()
    app = well(app.run())
    assert current(built).version == 2
    assert current(built).parameters.min_excess != 12


def test_a_draft_without_a_level_is_refused_and_says_what_is_missing(at_page, built):
    app = at_page(view="修改与试算")
    areas = next(one for one in app.multiselect if one.key.endswith("_areas"))
    areas.set_value([])
    app = press(app, "存为草稿")
    assert "区域层级" in app.error[0].value
    assert "草稿没有存下" in app.error[0].value


def test_a_draft_becomes_a_rule_of_its_own_that_is_off_until_somebody_switches_it_on(
    at_page, built
):
    app = at_page(view="修改与试算")
    field(app, "min_excess").set_value(12)
    app = press(app, "存为草稿")
    next(one for one in app.text_input if one.key.startswith("gu_code")).set_value("Street!")
    app = press(app, "建立（先停用）")
    assert "小写字母" in app.error[0].value
    next(one for one in app.text_input if one.key.startswith("gu_code")).set_value("street-high")
    app = press(app, "建立（先停用）")
    with built.read() as session:
        new = next(rule for rule in rules.current(session) if rule.code == "street-high")
        assert (new.version, new.enabled, new.parameters.min_excess) == (1, False, 12)
    assert current(built).version == 1


def test_a_rule_is_switched_off_once_it_is_confirmed(at_page, built):
    app = press(at_page(), "确认停用")
    assert not current(built).enabled
    assert "已停用" in app.success[0].value


def test_a_record_too_short_for_a_trial_is_said_to_be_so(at_page, built):
    app = at_page(view="修改与试算")
    field(app, "min_excess").set_value(12)
    app = press(press(app, "存为草稿"), "用历史试算")
    for _ in range(120):
        if all(task.done for task in background.tasks()._known.values()):
            break
        time.sleep(0.5)
    app = well(app.run())
    assert "学习需要 120 天" in app.warning[0].value  # the town has ten weeks
    with built.read() as session:
        line = next(x for x in journal.lines(session, limit=5) if x.did == "rule.try")
        assert line.detail["draft"]["parameters"]["min_excess"] == 12


def test_advice_is_refused_with_a_reason(at_page, built):
    at = datetime.now(UTC)
    with built.write() as session:
        user = load_user(session)
        rule = next(r for r in rules.current(session) if r.code == CODE)
        for n in range(24):
            seen = at - timedelta(days=60 - n)
            real = n % 2 == 0
            found = town.finding(town.QUAY, f"A-06{n:03}", 60 if real else 14, 6.0, seen.date())
            alert = signals.raise_alert(session, found, rule, at=seen)
            verdict = Disposition.REAL_NO_ACTION if real else Disposition.FALSE_ALARM
            alerts.dismiss(session, alert.id, verdict, note="看过", actor=user, at=seen)
    app = at_page(view="阈值建议")
    assert "误报 12 条可少 12 条，属实的一条不少" in drawn(app)
    app = press(app, "确认不采纳")
    assert "理由" in app.error[0].value
    next(one for one in app.text_input if one.key.startswith("gu_why")).set_value("集市季未过")
    app = press(app, "确认不采纳")
    assert "已记下" in app.success[0].value
    assert "集市季未过" in drawn(app)
    assert current(built).version == 1


def test_who_may_only_read_sees_the_rule_and_no_button(at_page, built):
    app = at_page()
    with built.write() as session:
        reads = [Permission.ALERT_READ.value]
        accounts.put_role(session, code="local_operator", name="只读", permissions=reads)
    app = well(app.run())
    labels = {button.label for button in app.button}
    assert not labels & {"确认停用", "存为草稿", "用历史试算", "确认采纳"}
    assert "街道突增" in drawn(app)
