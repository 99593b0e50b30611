"""我的消息, 通知 and 静默与计划 through the router: what a person sees and does there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import load_user
from govdash.access.users import LOCAL_OPERATOR
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Attempted, Disposition, Level, Mute, NoticeState
from govdash.store import Store, accounts, inbox, journal, notifications
from govdash.store.models import Alert, InboxMessage, Notification, Suppression
from govdash.web import registry
from govdash.workflow import alerts
from govdash.workflow.notify import muting
from tests.signed import signed_app
from tests.web import town
from tests.web.driving import drawn, press, well


@pytest.fixture
def built(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    return sqlite_store


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    return AppTest.from_file(str(ROOT / "govdash/web/router.py"), default_timeout=60)


@pytest.fixture
def at_page(app: AppTest, built: Store, settings: Settings) -> Callable[..., AppTest]:
    def opened(url: str, **params: str) -> AppTest:
        signed_app(app, built, settings).run()
        app.switch_page(str(registry.entry_of(url).path))
        for name, value in params.items():
            app.query_params[name] = value
        return well(app.run())

    return opened


def links(app: AppTest) -> list[str]:
    return [str(piece.proto.label) for piece in app.get("page_link")]


def message(store: Store, key: str = "m1", **more: Any) -> None:
    at = datetime.now(UTC)
    told = {
        "key": key, "login": LOCAL_OPERATOR, "title": f"码头街道 暴露垃圾偏高 {key}",
        "body": "实测 31 件", "link": "/alerts?alert=1", "level": Level.ORANGE,
        "area_path": town.QUAY, "unit_code": None, "at": at, "read_at": None,
    }  # fmt: skip
    with store.write() as session:
        inbox.put(session, told | more)


def notice(store: Store, state: NoticeState = NoticeState.FAILED) -> None:
    at = datetime.now(UTC)
    with store.write() as session:
        notifications.add(
            session,
            [
                {
                    "key": "n1", "topic": "alert.step", "why": "新的监测提示",
                    "title": "码头街道偏高",
                    "body": "实测 31 件", "link": "/alerts?alert=1", "alert_id": 1,
                    "area_path": town.QUAY, "recipient": LOCAL_OPERATOR, "target": "值班员",
                    "channel": "email", "created_at": at, "due_at": at,
                }
            ],
        )  # fmt: skip
        (row,) = notifications.claim(session, "email", "w", at=at, seconds=60, limit=1)
        notifications.settle(
            session, row.id, "w", Attempted(state.value), at=at, detail="邮件服务器拒收（554）"
        )


def test_the_header_counts_what_is_unread_and_reading_it_is_seen(at_page, built: Store):
    message(built, "m1")
    message(built, "m2", login="somebody")
    app = at_page("inbox")
    assert "消息 1" in links(app)
    assert "打开提示" in links(app)
    assert "somebody" not in drawn(app)
    press(app, "标为已读")
    well(app.run())
    assert "消息" in links(app)
    with built.read() as session:
        read = {m.key: m.read_at is not None for m in session.query(InboxMessage)}
        lines = [x.detail for x in journal.lines(session) if x.did == "inbox.read"]
    assert read == {"m1": True, "m2": False}
    assert lines == [{"messages": 1}]


def test_all_are_read_at_once(at_page, built: Store):
    for n in range(3):
        message(built, f"m{n}")
    press(at_page("inbox"), "全部标为已读（3）")
    with built.read() as session:
        assert all(m.read_at for m in session.query(InboxMessage))


def test_the_ledger_says_why_and_what_happened_and_a_failed_one_is_resent(at_page, built: Store):
    notice(built)
    app = at_page("notices")
    told = drawn(app)
    for words in ("新的监测提示", "值班员", "电子邮件", "邮件服务器拒收（554）", "失败，不再重试"):
        assert words in told
    press(app, "重发")
    assert "已放回待发" in str([box.value for box in app.success])
    with built.read() as session:
        assert session.query(Notification).one().state is NoticeState.PENDING
        assert journal.lines(session, limit=1)[0].did == "notice.resend"
    assert "重发" not in {button.label for button in app.button}


def test_gaps_are_looked_for_when_asked(at_page):
    app = press(at_page("notices"), "开始核对")
    assert "升级链上没有人可以通知" in drawn(app)  # the town has the local operator alone


def test_a_silence_is_made_extended_and_ended_with_a_line_each(at_page, built: Store):
    app = press(at_page("mutes"), "新建")
    app.selectbox(key="gm_form_area").set_value(town.QUAY)
    app.text_area(key="gm_form_reason").set_value("道路施工")
    app = press(app, "设置")
    assert "请勾选确认" in str([box.value for box in app.error])
    app.checkbox(key="gm_form_sure").check()
    app = press(app, "设置")
    assert "已设置静默" in str([box.value for box in app.success])
    assert "道路施工" in drawn(app)
    app = press(app, "延长")
    app.text_area(key="gm_extend_why_1").set_value("工期延长")
    app = press(app, "确认延长")
    app = press(app, "结束")
    app = press(app, "确认结束")
    assert "通知恢复" in str([box.value for box in app.success])
    with built.read() as session:
        did = [line.did for line in reversed(journal.lines(session, limit=3))]
        assert did == ["silence.add", "silence.extend", "silence.end"]
        kept = session.query(Suppression).one()
        assert (kept.area_path, kept.ended_by) == (town.QUAY, LOCAL_OPERATOR)


def mute(store: Store, **more: Any) -> None:
    at = datetime.now(UTC)
    with store.write() as session:
        told = {
            "kind": Mute.SILENCE, "area_path": town.EAST, "reason": "道路施工",
            "starts_at": at, "ends_at": at + timedelta(hours=3),
        } | more  # fmt: skip
        muting.add(session, muting.NewMute(**told), actor=load_user(session), at=at)


def test_an_alerts_card_says_who_muted_it_why_and_until_when(at_page, built: Store):
    mute(built)
    app = at_page("alerts", alert="1")
    assert "已静默：本机值班员，静默：道路施工，到 " in drawn(app)
    assert "已静默" not in drawn(at_page("alerts", alert="2"))


def test_an_expected_event_leads_to_the_calendar_with_the_form_filled_in(at_page, built: Store):
    at = datetime.now(UTC) + timedelta(seconds=1)
    with built.write() as session:
        alerts.dismiss(
            session, 1, Disposition.EXPECTED_EVENT, note="马拉松", actor=load_user(session), at=at
        )
    assert "判定为预期活动：加入计划活动日历" in links(at_page("alerts", alert="1"))
    app = at_page("mutes", do="mute_new", alert="1")
    with built.read() as session:
        alert = session.get(Alert, 1)
        assert alert is not None
        assert app.selectbox(key="gm_form_area").value == alert.area_path
        assert app.selectbox(key="gm_form_category").value == alert.category
    assert app.radio(key="gm_form_kind").value is Mute.PLANNED


@pytest.mark.parametrize(("url", "key"), [("alerts", "alert"), ("cases", "case")])
def test_a_link_with_a_number_that_no_row_can_have_opens_the_first(at_page, built, url, key):
    assert "9" * 30 not in str(at_page(url, **{key: "9" * 30}).query_params)


def test_marking_all_as_read_leaves_what_is_not_seen_at_present(at_page, app, built, settings):
    """What lies out of scope now is read when the area comes back."""
    message(built)
    message(built, "m2", area_path=town.HILL)
    with built.write() as session:
        account = accounts.account(session, LOCAL_OPERATOR)
        accounts.set_scope(session, account, areas=[town.QUAY], units=[], whole_city=False)
    press(at_page("inbox"), "全部标为已读（1）")
    with built.read() as session:
        read = {one.key: one.read_at for one in session.query(InboxMessage)}
    assert read["m1"]
    assert read["m2"] is None
