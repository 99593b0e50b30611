"""督办, 回访 and the card of a case through the router: marks, requests, clusters, files, calls."""

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import SYSTEM, User, load_user, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Asked, WhyNot
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import CaseState as S
from govdash.report import casework
from govdash.store import Session, Store, accounts, journal
from govdash.store import calls as tasks
from govdash.store.models import Case, CaseMark, CaseReport, CaseRequest
from govdash.taxonomy import parse_limit
from govdash.workflow import asking, cases, supervision
from tests.signed import signed_app
from tests.web import town
from tests.web.test_work_pages import case, did, drawn, labels, press, well
from tests.workflow.conftest import FORMS

CASES, SUPERVISION, FOLLOWUP = (
    str(ROOT / "pages" / "work" / f"{name}.py") for name in ("cases", "supervision", "followup")
)
MAIN = [A.ACCEPT, A.DISPATCH, A.START, A.RESOLVE, A.VERIFY, A.CLOSE]


@pytest.fixture
def built(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC) - timedelta(days=3))
    return sqlite_store


@pytest.fixture
def at_page(app: AppTest, built: Store, settings: Settings) -> Callable[..., AppTest]:
    def opened(page: str, **params: str) -> AppTest:
        signed_app(app, built, settings).run()
        app.switch_page(page)
        for name, value in params.items():
            app.query_params[name] = value
        return well(app.run())

    return opened


@pytest.fixture
def make(built: Store) -> Callable[..., int]:
    """Open a case some hours ago and take it along; every step a minute later."""

    def made(*road: A, hours: float = 2, limit: str = "1紧急工作时", **told: object) -> int:
        at = datetime.now(UTC) - timedelta(hours=hours)
        new = cases.NewCase(
            title="路边垃圾堆放", category=town.GARBAGE, area_path=town.QUAY, unit_code="U2",
            limit=parse_limit(limit), lon=0.5, lat=0.5,
        )  # fmt: skip
        with built.write() as session:
            number = cases.open_case(session, replace(new, **told), actor=SYSTEM, at=at).id
            for n, action in enumerate(road, 1):
                form = replace(FORMS[action], unit_code="U2", verifier="乙", until=None)
                cases.take_step(
                    session, number, action, actor=SYSTEM, at=at + timedelta(minutes=n), form=form
                )
        return number

    return made


def test_supervision_lists_units_and_their_pressing_cases(at_page, make):
    make()
    make(limit="7自然日", title="不急的案件")
    app = at_page(SUPERVISION)
    assert "超期 1 件，24 小时内到期 0 件" in drawn(app)
    (table,) = [frame.value for frame in app.dataframe]
    assert table["问题"].tolist() == ["路边垃圾堆放"]
    assert table["灯"].tolist() == ["◆ 超期"]
    assert table["单位"].tolist() == ["码头街道城管中队"]


def test_many_cases_are_urged_at_once_each_with_its_line_and_the_failed_are_told(
    at_page, make, built
):
    one, two = make(), make()
    with built.write() as session:
        session.add(CaseMark(case_id=two, kind="urge", by="x", at=datetime.now(UTC), reason=""))
    app = at_page(SUPERVISION)
    app.session_state["gw_bulk"] = [one, two]
    app.query_params["do"] = "bulk_urge"
    app = well(app.run())
    assert "请先填写完整" in press(app, "确认催办").error[0].value
    app.checkbox(key="gw_bulk_sure_urge").check()
    app = press(app, "确认催办")
    assert "已催办 1 件。1 件没有催办" in app.success[0].value
    assert did(built, f"case:{one}")[0] == "case.urge"
    with built.read() as session:
        refused = journal.lines(session, subject=f"case:{two}")[0]
        assert (refused.did, refused.result) == ("case.urge", "refused")


def test_cases_are_supervised_until_a_day_and_stand_out_on_their_card(at_page, make, built):
    number = make()
    app = at_page(SUPERVISION)
    app.session_state["gw_bulk"] = [number]
    app.query_params["do"] = "bulk_supervise"
    app = well(app.run())
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    app.date_input(key="gw_bulk_supervise_due").set_value(tomorrow)
    app.text_area(key="gw_bulk_reason_supervise").set_value("市长批示")
    app.checkbox(key="gw_bulk_sure_supervise").check()
    app = press(app, "确认督办")
    assert "已督办 1 件" in app.success[0].value
    shown = drawn(at_page(CASES, case=str(number)))
    assert "市长批示" in shown
    assert "gw-text watched" in shown


def test_a_unit_asks_for_more_time_and_another_grants_it_on_the_card(at_page, make, built):
    number = make(A.ACCEPT, A.DISPATCH, A.START, limit="7自然日")
    app = press(at_page(CASES, case=str(number)), "申请延期")
    app.text_area(key=f"gw_ask_extension_{number}_reason").set_value("等待配件到货")
    app = press(app, "提交延期申请")
    assert "已为案件" in app.success[0].value
    assert "同意" not in labels(app)  # not by whoever asked
    with built.write() as session:
        session.query(CaseRequest).one().asked_by = "zhao"
    app = press(at_page(CASES, case=str(number)), "同意")
    app = press(app, "确认同意")
    assert "现为“已同意”" in app.success[0].value
    assert case(built, number).extensions == 1
    assert "延期 1 次" in drawn(app)


def test_a_case_is_merged_from_its_card_and_shows_its_cluster(at_page, make, built):
    leading, number = make(limit="7自然日"), make(limit="7自然日")
    app = press(at_page(CASES, case=str(number)), "并入其他案件")
    app.selectbox(key=f"gw_form_merge_{number}_leading").set_value(leading)
    app = press(app, "确认并入其他案件")
    assert case(built, number).leading_id == leading
    assert "已并入主案件" in drawn(app)
    head = case(built, leading).number
    app = press(app, f"{head}（主案件，待立案）")
    assert app.query_params["case"] == str(leading)
    assert "同一件事的反映另有 1 件" in drawn(app)


def test_a_hold_asks_until_when(at_page, make, built):
    number = make(A.ACCEPT, A.DISPATCH, A.START, limit="7自然日")
    app = press(at_page(CASES, case=str(number)), "挂账")
    app.text_area(key=f"gw_form_hold_{number}_note").set_value("等待开挖审批")
    assert "还需填写：挂账至" in press(app, "确认挂账").error[0].value
    app.date_input(key=f"gw_form_hold_{number}_until").set_value(
        datetime.now(UTC).date() + timedelta(days=5)
    )
    app = press(app, "确认挂账")
    assert case(built, number).state is S.ON_HOLD
    assert "挂账至" in drawn(app)


def test_cases_near_by_are_offered_when_one_is_registered(at_page, make, built):
    twin = make(limit="7自然日")
    app = press(at_page(CASES), "登记案件")
    app.text_input(key="gw_new_title").set_value("又是垃圾")
    app.selectbox(key="gw_new_category").set_value(town.GARBAGE)
    app.selectbox(key="gw_new_area").set_value(town.QUAY)
    app.text_input(key="gw_new_place").set_value("0.5001, 0.5001")
    app = press(app, "登记")
    assert "可能是同一件事" in app.warning[0].value
    with built.read() as session:
        assert session.query(Case).count() == 1  # nothing yet
    app.radio(key="gw_new_twin").set_value(twin)
    app = press(app, "登记")
    made = case(built, twin + 1)
    assert (made.state, made.leading_id) == (S.MERGED, twin)
    assert did(built, f"case:{made.id}") == ["case.open"]


def test_a_case_near_others_can_be_registered_apart(at_page, make, built):
    twin = make(limit="7自然日")
    app = press(at_page(CASES), "登记案件")
    app.text_input(key="gw_new_title").set_value("另一处垃圾")
    app.selectbox(key="gw_new_category").set_value(town.GARBAGE)
    app.selectbox(key="gw_new_area").set_value(town.QUAY)
    app.text_input(key="gw_new_place").set_value("0.5, 0.5")
    app = press(app, "登记")
    app.radio(key="gw_new_twin").set_value(0)
    press(app, "登记")
    assert case(built, twin + 1).state is S.RECEIVED


def test_a_case_shows_where_it_is(at_page, make):
    shown = drawn(at_page(CASES, case=str(make())))
    picture = re.search(r'alt="位置：[^"]*"[^>]*base64,([^"]+)"', shown)
    assert picture
    assert "<circle" in b64decode(picture[1]).decode()
    without = drawn(at_page(CASES, case=str(make(lon=None, lat=None))))
    assert "位置：" in without  # its area alone


def test_a_place_that_cannot_be_read_is_said(at_page, built):
    app = press(at_page(CASES), "登记案件")
    app.text_input(key="gw_new_title").set_value("垃圾")
    app.selectbox(key="gw_new_category").set_value(town.GARBAGE)
    app.text_input(key="gw_new_place").set_value("路口")
    assert "坐标“路口”无法识别" in press(app, "登记").error[0].value


def test_dispatching_says_which_rule_and_what_each_unit_has_to_do(at_page, make):
    number = make(A.ACCEPT, limit="7自然日")
    app = press(at_page(CASES, case=str(number)), "派遣")
    assert "按属地兜底 → 码头街道城管中队" in drawn(app)
    options = app.selectbox(key=f"gw_form_dispatch_{number}_unit").options
    assert "码头街道城管中队（在办 1，超期 0）" in options
    assert "市城管局（空闲）" in options


def test_a_report_is_made_in_one_click(at_page, make, built):
    number = make(limit="7自然日")
    app = press(at_page(CASES, case=str(number)), "出初报")
    assert "已生成初报" in app.success[0].value
    with built.read() as session:
        assert session.query(CaseReport).one().kind == "first"
    assert "/api/v1/cases/reports/1" in drawn(app)
    assert "出续报" in labels(app)


def test_the_board_has_a_column_for_each_state(at_page, make):
    make(limit="7自然日")
    make(A.ACCEPT, A.DISPATCH, limit="7自然日")
    app = at_page(CASES)
    app.segmented_control(key="case_view").set_value("board")
    shown = drawn(well(app.run()))
    assert "待立案 1" in shown
    assert "已派遣 1" in shown


def test_boards_look_different_when_somebody_marks_a_case_or_asks_for_time(make, built):
    """That is what makes an open board run anew by itself."""
    number = make(A.ACCEPT, A.DISPATCH, A.START, limit="7自然日")
    at = datetime.now(UTC)
    query = query_for(SYSTEM, EventFilter(period=Period.last_days(30, until=at.date())))

    def stands() -> str:
        with built.read() as session:
            (told,) = casework.cases(session, query, casework.Tray.OPEN, at=at)["beside"]
        return told

    def seen(act: Callable[[Session, User], object]) -> bool:
        before = stands()
        with built.write() as session:
            act(session, load_user(session))
        return stands() != before

    said: dict[str, Any] = {"reason": "等待配件", "at": at}
    assert seen(lambda s, user: supervision.urge(s, number, actor=user, **said))
    assert seen(lambda s, user: asking.ask(s, number, Asked.EXTENSION, actor=user, **said))


def test_the_queue_of_calls_is_worked_off_and_an_unsolved_one_takes_the_case_up_again(
    at_page, make, built
):
    first, second = make(*MAIN), make(*MAIN)
    app = at_page(FOLLOWUP)
    assert "待回访 2 位" in drawn(app)
    app.radio(key=f"gw_call_{first}_solved").set_value(False)
    app.segmented_control(key=f"gw_call_{first}_score").set_value(1)
    assert "没有解决的原因" in press(app, "记录回访").error[0].value
    app.selectbox(key=f"gw_call_{first}_reason").set_value(WhyNot.AGAIN)
    app = press(app, "记录回访")
    assert "案件已重新办理" in app.success[0].value
    assert case(built, first).state is S.REOPENED
    assert "待回访 1 位" in drawn(app)
    app.radio(key=f"gw_call_{second}_solved").set_value(True)
    app.segmented_control(key=f"gw_call_{second}_score").set_value(5)
    app = press(app, "记录回访")
    assert "没有待回访的诉求人" in drawn(app)
    with built.read() as session:
        assert tasks.listed(session, SYSTEM.scope).empty


def test_who_only_reads_gets_no_buttons_on_the_supervision_page(at_page, make, built):
    make()
    with built.write() as session:
        accounts.put_role(
            session, code="local_operator", name="只读",
            permissions=["scope:case:read", "scope:event:read"],
        )  # fmt: skip
        assert load_user(session).permissions
    app = at_page(SUPERVISION)
    assert not {"催办", "督办"} & labels(app)
