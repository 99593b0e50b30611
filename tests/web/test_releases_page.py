"""Asking for personal data and deciding on it, on the pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import ReleaseState
from govdash.store import Session, Store
from govdash.store.models import Release
from tests.signed import signed_app
from tests.web import town

DATA = str(ROOT / "pages" / "admin" / "data.py")
RELEASES = str(ROOT / "pages" / "admin" / "releases.py")


@pytest.fixture
def at_page(app: AppTest, sqlite_store: Store, settings: Settings) -> Callable[..., AppTest]:
    town.build(sqlite_store, settings, datetime.now(UTC) - timedelta(minutes=1))

    signed_app(app, sqlite_store, settings)

    def opened(page: str, **params: str) -> AppTest:
        app.run()
        app.switch_page(page)
        for name, value in params.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return opened


def of_somebody(session: Session, *, asked_by: str = "fen") -> None:
    """Write the request of somebody else."""
    today = datetime.now(UTC).date().isoformat()
    session.add(
        Release(
            number="DC-20260610-0001",
            format="xlsx",
            params={"from": today, "to": today},
            words=[["时间", "今天"]],
            areas=[town.EAST],
            units=[],
            whole_city=False,
            rows=12,
            reason="信访复查",
            asked_by=asked_by,
            asked_at=datetime.now(UTC),
            state=ReleaseState.ASKED,
        )
    )


def test_a_request_is_made_from_the_filter_and_waits(
    at_page: Callable[..., AppTest], sqlite_store: Store
):
    app = at_page(DATA, tab="个人信息导出")
    app.text_area(key="gr_reason").set_value("市信访办复查案件，用后删除")
    next(b for b in app.button if b.label == "提交申请").click()
    app.run()
    assert not app.exception
    assert "等待审批" in app.success[0].value
    with sqlite_store.read() as session:
        release = session.query(Release).one()
        assert (release.state, release.format) == (ReleaseState.ASKED, "xlsx")
    next(b for b in app.button if b.label == "撤回申请").click()
    app.run()
    assert "已撤回" in app.success[0].value


def test_without_a_reason_the_form_says_what_is_missing(
    at_page: Callable[..., AppTest], sqlite_store: Store
):
    app = at_page(DATA, tab="个人信息导出")
    next(b for b in app.button if b.label == "提交申请").click()
    app.run()
    assert "请写明用途" in app.error[0].value
    with sqlite_store.read() as session:
        assert session.query(Release).count() == 0


def test_somebody_else_decides_within_limits(at_page: Callable[..., AppTest], sqlite_store: Store):
    with sqlite_store.write() as session:
        of_somebody(session)
    app = at_page(RELEASES)
    app.number_input(key="gr_hours_DC-20260610-0001").set_value(4)
    app.number_input(key="gr_times_DC-20260610-0001").set_value(2)
    next(b for b in app.button if b.label == "批准").click()
    app.run()
    assert "4 小时内可下载 2 次" in app.success[0].value
    with sqlite_store.read() as session:
        release = session.query(Release).one()
        assert (release.state, release.allowed) == (ReleaseState.APPROVED, 2)


def test_one_s_own_request_is_not_there_to_decide_on(
    at_page: Callable[..., AppTest], sqlite_store: Store
):
    with sqlite_store.write() as session:
        of_somebody(session, asked_by="operator")
    app = at_page(RELEASES)
    assert [b for b in app.button if b.label == "批准"] == []
