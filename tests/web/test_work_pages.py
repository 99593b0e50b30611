"""预警中心 and 处置工单 through the router: what a person does there, twice, and what stays."""

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import SYSTEM, load_user
from govdash.access.users import LOCAL_OPERATOR
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import CaseAction, CaseState, Disposition, Handling
from govdash.detect import Share
from govdash.store import Session, Store, accounts, journal
from govdash.store.models import Alert, Case, Feedback, UserArea
from govdash.workflow import alerts, cases, rules, signals
from tests.signed import signed_app
from tests.web import town
from tests.web.driving import drawn, press, well
from tests.workflow.conftest import FORMS, MAIN_ROAD

ALERTS = str(ROOT / "pages" / "work" / "alerts.py")
TOWN_ZONE = ZoneInfo("Asia/Shanghai")
CASES = str(ROOT / "pages" / "work" / "cases.py")


@pytest.fixture
def built(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    return sqlite_store


@pytest.fixture
def at_page(app: AppTest, built: Store, settings: Settings) -> Callable[..., AppTest]:
    """Open a page by its script, with URL parameters."""

    def opened(page: str, **params: str) -> AppTest:
        signed_app(app, built, settings).run()
        app.switch_page(page)
        for name, value in params.items():
            app.query_params[name] = value
        return well(app.run())

    return opened


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def alert(store: Store, number: int = 1) -> Alert:
    with store.read() as session:
        found = session.get(Alert, number)
        assert found is not None
        session.expunge(found)
        return found


def case(store: Store, number: int = 1) -> Case:
    with store.read() as session:
        found = session.get(Case, number)
        assert found is not None
        session.expunge(found)
        return found


def did(store: Store, subject: str) -> list[str]:
    with store.read() as session:
        return [line.did for line in journal.lines(session, subject=subject)]


def by_somebody_else(store: Store, number: int = 1) -> None:
    with store.write() as session:
        alerts.acknowledge(session, number, actor=SYSTEM, at=datetime.now(UTC))


def make_case(store: Store, **told: Any) -> int:
    with store.write() as session:
        new = cases.NewCase(
            **{"title": "路边垃圾堆放", "category": town.GARBAGE, "area_path": town.QUAY}
            | {"unit_code": "U2"}
            | told
        )
        user = load_user(session)
        return cases.open_case(session, new, actor=user, at=datetime.now(UTC)).id


def test_the_worst_alert_is_looked_at_first_and_said_to_be_no_legal_warning(at_page, built):
    app = at_page(ALERTS)
    shown = drawn(app)
    assert "码头街道" in shown
    assert "监测提示（系统）" in shown
    assert "不是法定预警" in shown
    assert labels(app) >= {"签收", "转案件", "排除"}


def raise_in_east(store: Store, **changed: Any) -> int:
    """Raise an alert of a whole district, whose part is the quay."""
    at = datetime.now(UTC)
    made = town.finding(town.EAST, town.GARBAGE, 33, 8.0, at.astimezone(TOWN_ZONE).date())
    evidence = replace(made.evidence, shares=(Share(town.QUAY, "码头街道", 31, 6.0),), **changed)
    with store.write() as session:
        rule = next(r for r in rules.current(session) if r.code == "street-category")
        finding = replace(made, evidence=evidence, area_path=town.EAST)
        return signals.raise_alert(session, finding, rule, at=at).id


def test_the_card_tells_rarity_place_makeup_and_map(at_page, built):
    number = raise_in_east(
        built,
        one_in_days=812.0,
        scope="local",
        factors={"level": 5.0, "season": 1.25, "weekday": 1.28},
    )
    shown = drawn(at_page(ALERTS, alert=str(number)))
    assert "约 2.2 年一遇" in shown
    assert "95% 区间 2～11" in shown
    assert "其余区域平常" in shown
    assert "预期 8.0 件 =" in shown
    assert "×1.25" in shown
    picture = re.search(r"data:image/svg\+xml;base64,([^\"]+)", shown)
    assert picture
    assert len(picture[0]) < 30_000
    svg = b64decode(picture[1]).decode()
    assert svg.count("<path") == 2  # the quay, and the border of the streets
    assert ">1</text>" in svg


def test_an_alert_of_a_version_that_knew_no_factors_is_drawn_without_them(at_page, built):
    shown = drawn(at_page(ALERTS))
    assert "预期构成" not in shown
    assert "data:image/svg" not in shown.replace("url('data:image/svg", "")  # the watermark alone
    assert "第一网格" in shown


def test_sample_events_of_the_window_lead_to_all_of_them(at_page, built):
    app = at_page(ALERTS)
    shown = drawn(app)
    assert shown.count("<time") >= 5
    assert "路边垃圾堆放" in shown
    links = [link for link in app.get("page_link") if "查看全部" in link.proto.label]
    assert len(links) == 1
    asked = parse_qs(links[0].proto.query_string)
    assert asked["area"] == [town.QUAY]
    assert asked["category"] == [town.GARBAGE]
    assert asked["period"] == ["today"]


def test_who_may_not_read_events_sees_none_beside_an_alert(at_page, built):
    with built.write() as session:
        reads = [Permission.ALERT_READ.value]
        accounts.put_role(session, code="local_operator", name="只读", permissions=reads)
    app = at_page(ALERTS)
    assert "没有查看权限" in app.error[0].value
    assert "路边垃圾堆放" not in drawn(app)


def test_a_viewer_of_another_street_sees_neither_the_alert_nor_its_events(at_page, built):
    with built.write() as session:
        viewer = accounts.account(session, LOCAL_OPERATOR)
        assert viewer is not None
        viewer.whole_city = False
        session.add(UserArea(user_id=viewer.id, area_path=town.HILL))
    app = at_page(ALERTS, alert="1")
    assert "不在您的管辖范围内" in app.error[0].value
    assert "临江路 12 号" not in drawn(app)
    assert "望岭路 8 号" in drawn(at_page(ALERTS, alert="2"))


def done(session: Session, case_id: int, at: datetime) -> None:
    """Take a case of an alert to its end."""
    for n, action in enumerate(MAIN_ROAD, 1):
        form = replace(FORMS[action], unit_code="U2", verifier="乙")
        moment = at + timedelta(minutes=n)
        cases.take_step(session, case_id, action, actor=SYSTEM, at=moment, form=form)


def test_similar_alerts_before_are_listed_with_what_became_of_them(at_page, built):
    """Six of them: the last five have a line, all are counted; the newest has a case."""
    at = datetime.now(UTC)
    with built.write() as session:
        user = load_user(session)
        rule = next(r for r in rules.current(session) if r.code == "street-category")
        last, number = 1, ""
        for n in range(1, 7):
            if n == 6:
                alert_now = session.get(Alert, last)
                new = replace(cases.suggest(session, alert_now, SYSTEM.scope), title="码头垃圾")
                made = cases.open_from_alert(session, last, new, actor=user, at=at)
                done(session, made.id, at)
                number = made.number
            else:
                told = {"note": "集市日", "actor": user, "at": at}
                alerts.dismiss(session, last, Disposition.EXPECTED_EVENT, **told)
            at += timedelta(days=40)  # the same matter once more
            found = town.finding(town.QUAY, town.GARBAGE, 40, 6.0, at.date())
            last = signals.raise_alert(session, found, rule, at=at).id
    app = at_page(ALERTS, alert=str(last))
    shown = drawn(app)
    counted = f"{Disposition.EXPECTED_EVENT.label} 5、{Disposition.REAL_ACTED.label} 1"
    assert f"同区域同类别共 6 条：{counted}" in shown
    ways = [b for b in app.button if str(b.key).startswith("gw_last_")]
    assert len(ways) == 5
    assert "1" not in {str(b.key).rpartition("_")[2] for b in ways}  # the oldest
    links = [link.proto.label for link in app.get("page_link")]
    assert number in links
    app = well(ways[0].click().run())
    assert app.query_params["alert"] == str(ways[0].key).rpartition("_")[2]


def test_a_case_of_a_similar_alert_is_named_to_nobody_who_does_not_see_it(at_page, built):
    at = datetime.now(UTC)
    with built.write() as session:
        new = cases.suggest(session, session.get(Alert, 1), SYSTEM.scope)
        elsewhere = replace(new, area_path=town.HILL, unit_code=None, lon=None, lat=None)
        made = cases.open_from_alert(session, 1, elsewhere, actor=load_user(session), at=at)
        done(session, made.id, at)
        hidden = made.number
        rule = next(r for r in rules.current(session) if r.code == "street-category")
        found = town.finding(town.QUAY, town.GARBAGE, 40, 6.0, at.date() + timedelta(days=40))
        again = signals.raise_alert(session, found, rule, at=at + timedelta(days=40)).id
        account = accounts.account(session, LOCAL_OPERATOR)
        assert account is not None
        accounts.set_scope(session, account, areas=[town.QUAY], units=[], whole_city=False)
    app = at_page(ALERTS, alert=str(again))
    assert "同区域同类别共 1 条" in drawn(app)
    assert hidden not in {link.proto.label for link in app.get("page_link")}


def test_a_sheet_tells_the_keys_of_the_page(at_page, built):
    app = press(at_page(ALERTS), "键盘")
    told = re.findall(r"<kbd>(.*?)</kbd></td><td>(.*?)</td>", drawn(app))
    assert told[:5] == [
        ("J", "下一条"), ("K", "上一条"), ("A", "签收"), ("C", "转案件"), ("D", "排除"),
    ]  # fmt: skip


def test_acknowledging_is_one_action_one_journal_line_and_the_button_goes(at_page, built):
    app = press(at_page(ALERTS), "签收")
    assert "已签收" in app.success[0].value
    assert "签收" not in labels(app)
    assert alert(built).handling is Handling.ACKNOWLEDGED
    assert did(built, "alert:1") == ["alert.acknowledge"]
    assert not well(app.run()).success  # said once


def test_an_action_on_what_somebody_changed_meanwhile_is_refused_and_changes_nothing(
    at_page, built
):
    app = at_page(ALERTS)
    by_somebody_else(built)
    app = press(app, "签收")
    assert "请刷新后再操作" in app.error[0].value
    assert did(built, "alert:1") == ["alert.acknowledge"]
    assert "排除" in labels(app)


def test_the_alert_in_the_link_is_the_one_acted_on_whatever_the_list_does(at_page, built):
    app = at_page(ALERTS, alert="2")
    by_somebody_else(built, 1)  # the order of the list changes
    app = press(app, "签收")
    assert alert(built, 2).handling is Handling.ACKNOWLEDGED
    assert alert(built, 3).handling is Handling.NEW


def test_dismissing_asks_for_a_finding_and_a_reason(at_page, built):
    app = press(at_page(ALERTS), "排除")
    app = press(app, "确认排除")
    assert "请选择判定并写明理由" in app.error[0].value
    app.selectbox(key="gw_dismiss_code_1").set_value(Disposition.EXPECTED_EVENT)
    app.text_area(key="gw_dismiss_note_1").set_value("集市日，垃圾已安排清运")
    app = press(app, "确认排除")
    told = alert(built)
    assert told.handling is Handling.DISMISSED
    assert told.disposition is Disposition.EXPECTED_EVENT
    assert "集市日" in told.note
    assert did(built, "alert:1") == ["alert.dismiss"]
    assert "do" not in app.query_params


def test_a_dismissal_that_comes_too_late_keeps_what_was_typed(at_page, built):
    app = press(at_page(ALERTS), "排除")
    by_somebody_else(built)
    app.selectbox(key="gw_dismiss_code_1").set_value(Disposition.FALSE_ALARM)
    app.text_area(key="gw_dismiss_note_1").set_value("现场没有发现")
    app = press(app, "确认排除")
    assert "请刷新后再操作" in app.error[0].value
    assert app.text_area(key="gw_dismiss_note_1").value == "现场没有发现"
    assert alert(built).handling is Handling.ACKNOWLEDGED


def test_an_alert_becomes_a_case_with_fields_filled_in_and_changeable(at_page, built):
    app = press(at_page(ALERTS), "转案件")
    assert app.selectbox(key="gw_new_1_category").value == town.GARBAGE
    assert app.selectbox(key="gw_new_1_unit").value == "U2"
    assert app.text_input(key="gw_new_1_limit").value
    app.text_input(key="gw_new_1_title").set_value("码头集中堆放垃圾")
    app.text_input(key="gw_new_1_limit").set_value("2工作日")
    app = press(app, "立案登记")
    made = case(built)
    assert made.title == "码头集中堆放垃圾"
    assert made.alert_id == 1
    assert (made.limit_amount, made.limit_unit) == (2, "work_day")
    assert alert(built).handling is Handling.LINKED
    assert did(built, "case:1") == ["case.open"]


def test_an_alert_can_be_put_to_an_open_case_near_by_instead_of_a_new_one(at_page, built):
    with built.read() as session:
        start = cases.suggest(session, session.get(Alert, 1), SYSTEM.scope)
    twin = make_case(built, lon=start.lon, lat=start.lat)
    app = press(at_page(ALERTS), "转案件")
    assert "可能是同一件事" in app.warning[0].value  # before anything is sent
    app = press(app, "立案登记")
    assert "请先选择是否同一件事" in app.error[0].value
    assert alert(built).handling is Handling.NEW
    app.radio(key="gw_new_1_twin").set_value(twin)
    app = press(app, "立案登记")
    assert f"归入 {case(built, twin).number}" in app.success[0].value
    made = case(built, twin + 1)
    assert (made.state, made.leading_id, made.alert_id) == (CaseState.MERGED, twin, 1)
    assert alert(built).handling is Handling.LINKED
    app = at_page(CASES, case=str(twin))
    assert "同一件事的反映另有 1 件" in drawn(app)


def test_a_limit_that_cannot_be_read_is_said_in_the_drawer(at_page, built):
    app = press(at_page(ALERTS), "转案件")
    app.text_input(key="gw_new_1_limit").set_value("尽快")
    app = press(app, "立案登记")
    assert "时限“尽快”无法识别" in app.error[0].value
    assert app.text_input(key="gw_new_1_limit").value == "尽快"
    assert alert(built).handling is Handling.NEW


def test_a_case_walks_from_registration_to_the_follow_up_call(at_page, built):
    number = make_case(built)
    app = at_page(CASES, case=str(number))

    def form(action: CaseAction, field: str) -> str:
        return f"gw_form_{action.value}_{number}_{field}"

    assert labels(app) >= {"立案", "不予立案"}
    app = press(app, "立案")
    assert "还需填写：立案条件" in press(app, "确认立案").error[0].value
    choice = app.selectbox(key=form(CaseAction.ACCEPT, "register"))
    choice.set_value(choice.options[0])
    app = press(app, "确认立案")
    app = press(app, "派遣")
    assert app.selectbox(key=form(CaseAction.DISPATCH, "unit")).value == "U2"
    app = press(app, "确认派遣")
    app = press(app, "签收处置")
    app = press(app, "处置完毕")
    app.text_area(key=form(CaseAction.RESOLVE, "result")).set_value("已清运")
    app = press(app, "确认处置完毕")
    app = press(app, "核查通过")
    app = press(app, "结案")
    choice = app.selectbox(key=form(CaseAction.CLOSE, "close"))
    choice.set_value(choice.options[0])
    app = press(app, "确认结案")
    assert case(built, number).state is CaseState.CLOSED
    assert case(built, number).result == "已清运"
    app = press(app, "回访")
    assert "请选择是否解决和满意度" in press(app, "记录回访").error[0].value
    app.radio(key=f"gw_call_{number}_solved").set_value(True)
    app.segmented_control(key=f"gw_call_{number}_score").set_value(4)
    app = press(app, "记录回访")
    with built.read() as session:
        call = session.query(Feedback).one()
        assert (call.solved, call.satisfaction) == (True, 4)
    assert did(built, f"case:{number}") == [
        "feedback.record",
        "case.close",
        "case.verify",
        "case.resolve",
        "case.start",
        "case.dispatch",
        "case.accept",
        "case.open",
    ]


def test_closing_a_case_of_an_alert_asks_what_the_alert_was(at_page, built):
    at = datetime.now(UTC)
    with built.write() as session:
        user = load_user(session)
        start = cases.suggest(session, session.get(Alert, 1), SYSTEM.scope)
        number = cases.open_from_alert(session, 1, start, actor=user, at=at).id
        form = cases.StepForm(
            register_condition="属实", unit_code="U2", result="已清运", handler="李队长"
        )
        for action in ("accept", "dispatch", "start", "resolve", "verify"):
            cases.take_step(session, number, CaseAction(action), actor=user, at=at, form=form)
    app = press(at_page(CASES, case=str(number)), "结案")
    choice = app.selectbox(key=f"gw_form_close_{number}_close")
    choice.set_value(choice.options[0])
    assert "监测提示结论" in press(app, "确认结案").error[0].value
    app.selectbox(key=f"gw_form_close_{number}_disposition").set_value(Disposition.REAL_ACTED)
    app = press(app, "确认结案")
    assert case(built, number).state is CaseState.CLOSED
    assert alert(built).disposition is Disposition.REAL_ACTED


def test_cancelling_asks_twice(at_page, built):
    number = make_case(built)
    with built.write() as session:
        form = cases.StepForm(register_condition="属实")
        user = load_user(session)
        at = datetime.now(UTC)
        cases.take_step(session, number, CaseAction.ACCEPT, actor=user, at=at, form=form)
    app = press(at_page(CASES, case=str(number)), "作废")
    app.text_area(key=f"gw_form_cancel_{number}_note").set_value("重复登记")
    app = press(app, "确认作废")
    assert "请先勾选" in app.error[0].value
    assert case(built, number).state is CaseState.ACCEPTED
    app.checkbox(key=f"gw_form_cancel_{number}_sure").check()
    press(app, "确认作废")
    assert case(built, number).state is CaseState.CANCELLED


def test_a_case_is_registered_by_hand_and_then_looked_at(at_page, built):
    app = press(at_page(CASES), "登记案件")
    assert "标题还没有填写" in press(app, "登记").error[0].value
    app.text_input(key="gw_new_title").set_value("井盖破损")
    app.selectbox(key="gw_new_category").set_value("P-01001")
    app.selectbox(key="gw_new_area").set_value(town.HILL)
    app = press(app, "登记")
    made = case(built)
    assert made.title == "井盖破损"
    assert made.due_at is not None
    assert app.query_params["case"] == str(made.id)
    assert "井盖破损" in drawn(well(app.run()))


def test_text_from_data_is_never_markup(at_page, built):
    make_case(built, title="<script>alert(1)</script>")
    shown = drawn(at_page(CASES))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_who_may_only_look_sees_no_buttons(at_page, built):
    with built.write() as session:
        reads = [p.value for p in (Permission.EVENT_READ, Permission.ALERT_READ)]
        accounts.put_role(session, code="local_operator", name="只读", permissions=reads)
    app = at_page(ALERTS)
    assert not labels(app) & {"签收", "转案件", "排除"}
    assert "没有打开" in at_page(CASES).error[0].value


def test_a_right_taken_away_after_drawing_is_missed_at_the_click_and_journalled(at_page, built):
    app = at_page(ALERTS)
    with built.write() as session:
        reads = [p.value for p in (Permission.EVENT_READ, Permission.ALERT_READ)]
        accounts.put_role(session, code="local_operator", name="只读", permissions=reads)
    app = press(app, "签收")
    assert "没有此项权限" in app.error[0].value
    assert alert(built).handling is Handling.NEW
    with built.read() as session:
        line = journal.lines(session, subject="alert:1")[0]
        assert (line.actor, line.result.value) == (LOCAL_OPERATOR, "refused")


def test_empty_trays_say_what_to_do(at_page, built):
    app = at_page(ALERTS, tray="处置中")
    assert "没有处置中的监测提示" in drawn(app)
    app = at_page(CASES)
    assert "没有在办的案件" in drawn(app)
