"""研判报告: made from the page, edited, signed by another, and never seen out of scope."""

from datetime import UTC, datetime

from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from govdash.access.users import LOCAL_OPERATOR
from govdash.core.settings import Settings
from govdash.core.vocab import BriefKind, BriefState
from govdash.store import Session, Store, accounts
from govdash.store.models import Brief
from tests.signed import signed_app
from tests.web import town
from tests.web.test_monitor import open_on

PAGE = "insight/briefs.py"


def shown(app: AppTest) -> str:
    return " ".join([*(str(h.proto.body) for h in app.get("html")), *(e.value for e in app.error)])


def only(session: Session) -> Brief:
    return session.scalars(select(Brief)).one()


def test_a_report_is_made_read_edited_and_dropped_on_the_page(
    app: AppTest, sqlite_store: Store, settings: Settings
):
    town.build(sqlite_store, settings, datetime.now(UTC))
    signed_app(app, sqlite_store, settings)
    open_on(app, PAGE)
    assert "还没有报告" in shown(app)
    app.button(key="gw_brief_new").click().run()
    app.segmented_control(key="gw_brief_new_kind").set_value(BriefKind.WEEK).run()
    app.button(key="gw_brief_make").click().run()
    assert not app.exception
    assert "已生成草稿" in app.success[0].value
    assert "澄州市城市运行周报" in shown(app)
    assert app.button(key="gw_brief_issue").disabled  # one's own
    app.button(key="gw_brief_edit_overall").click().run()
    [area] = [one for one in app.text_area if "gw_brief_text" in str(one.key)]
    area.set_value("接报 98765 件。")
    app.button(key="gw_brief_save").click().run()
    assert "98765" in app.success[0].value
    assert "98765" in app.warning[0].value
    app.button(key="gw_brief_drop").click().run()
    app.text_input(key="gw_brief_reason").set_value("数字不对")
    app.button(key="gw_brief_drop_yes").click().run()
    assert not app.exception
    assert "已作废" in shown(app)


def test_another_person_signs_and_a_district_sees_nothing_of_the_city(
    app: AppTest, sqlite_store: Store, settings: Settings
):
    town.build(sqlite_store, settings, datetime.now(UTC))
    signed_app(app, sqlite_store, settings)
    open_on(app, PAGE)
    app.button(key="gw_brief_new").click().run()
    app.button(key="gw_brief_make").click().run()
    with sqlite_store.write() as session:
        only(session).written_by = "somebody"
    open_on(app, PAGE)
    app.button(key="gw_brief_issue").click().run()
    app.button(key="gw_brief_sign").click().run()
    assert "已签发" in app.success[0].value
    with sqlite_store.write() as session:
        brief = only(session)
        assert brief.state is BriefState.ISSUED
        number = brief.id
        account = accounts.account(session, LOCAL_OPERATOR)
        assert account is not None
        accounts.set_scope(session, account, areas=[town.EAST], units=[], whole_city=False)
    open_on(app, PAGE, brief=str(number))
    assert "没有编号为" in shown(app)
    assert "澄州市城市运行日报" not in shown(app)
