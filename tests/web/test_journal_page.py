"""操作日志 through the router: search, one line, the check of the chain; for the auditor alone."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from govdash.core.permissions import Permission
from govdash.core.settings import ROOT
from govdash.core.vocab import Result
from govdash.store import Store, accounts, journal
from govdash.web import background
from tests.web.driving import drawn, press, well

PAGE = str(ROOT / "pages" / "admin" / "journal.py")
ROLES = yaml.safe_load((ROOT / "data" / "roles.yaml").read_text("utf-8"))
N = 120


@pytest.fixture
def at_page(seeded: AppTest, sqlite_store: Store) -> Callable[..., AppTest]:
    now = datetime.now(UTC)
    for n in range(N):
        with sqlite_store.write() as session:
            journal.record(
                session,
                actor="operator" if n % 2 else "system",
                did="case.close" if n % 3 else "case.open",
                subject=f"case:{n}",
                at=now - timedelta(minutes=N - n),
                before={"state": "verified", "unit": "U1"},
                after={"state": "closed", "unit": "U1"},
                note="<b>办结</b>",
                result=Result.REFUSED if n == 7 else Result.DONE,
            )

    def opened(**params: str) -> AppTest:
        seeded.run()
        seeded.switch_page(PAGE)
        for name, value in params.items():
            seeded.query_params[name] = value
        return well(seeded.run())

    return opened


def test_the_newest_line_is_shown_with_before_and_after_side_by_side(at_page):
    shown = drawn(at_page())
    assert f"第 {N} 行" in shown
    assert "case:119" in shown
    assert '<tr class="gw-changed"><td>state</td><td>verified</td><td>closed</td></tr>' in shown
    assert "<tr><td>unit</td><td>U1</td><td>U1</td></tr>" in shown
    assert "&lt;b&gt;办结&lt;/b&gt;" in shown


def test_older_lines_are_one_press_away_and_so_is_the_way_back(at_page):
    app = press(at_page(), "较早")
    assert "第 70 行" in drawn(app)
    app = press(app, "较早")
    assert "第 20 行" in drawn(app)
    assert next(b for b in app.button if b.label == "较早").disabled
    app = press(app, "较新")
    assert "第 70 行" in drawn(app)
    app = press(app, "最新")
    assert "第 120 行" in drawn(app)


def test_a_search_lives_in_the_link_and_begins_the_list_anew(at_page):
    app = press(at_page(), "较早")
    app.selectbox(key="gw_result").set_value("refused")
    app = well(app.run())
    assert app.query_params["result"] == "refused"
    assert "第 8 行" in drawn(app)
    app = press(app, "清除")
    assert "第 121 行" in drawn(app)  # the search itself is a line
    app.text_input(key="gw_subject").set_value("case:5").run()
    assert "第 6 行" in drawn(well(app))
    app.text_input(key="gw_subject").set_value("case:500").run()
    assert "没有符合条件的日志" in drawn(well(app))


def test_a_link_that_cannot_be_read_is_told_and_can_be_cleared(at_page):
    app = at_page(since="gestern")
    assert "日期“gestern”写法不对" in app.error[0].value
    app = press(app, "清除查询条件")
    assert not app.error
    at_page(line="x", before="-1", actor="nobody", did="nothing")


def test_the_chain_is_checked_in_the_background_and_by_whom_stays(at_page, sqlite_store: Store):
    app = at_page()
    assert "还没有校验过" in drawn(app)
    app = press(app, "校验")
    task = background.tasks().get(app.query_params["check"])
    assert task
    end = time.monotonic() + 30
    while not task.done and time.monotonic() < end:
        time.sleep(0.05)
    assert (task.done, task.error) == (True, "")
    shown = drawn(well(app.run()))
    assert "由本机值班员（operator）校验，120 行" in shown
    with sqlite_store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.detail) == (
            "audit.verify",
            {"lines": N, "last_id": N, "fault": ""},
        )


def test_the_links_of_the_export_carry_the_search(at_page):
    shown = drawn(at_page(actor="operator"))
    assert 'href="api/v1/journal.csv?actor=operator"' in shown
    assert 'href="api/v1/journal.xlsx?actor=operator"' in shown


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role["code"])
def test_the_auditor_alone_opens_the_page(at_page, sqlite_store: Store, role):
    with sqlite_store.write() as session:
        accounts.put_role(
            session, code="local_operator", name=role["name"], permissions=role["permissions"]
        )
    app = at_page()
    reads = Permission.JOURNAL_READ.value in role["permissions"]
    assert reads is (role["code"] == "auditor")
    if reads:
        assert f"第 {N} 行" in drawn(app)
    else:
        assert "没有打开“操作日志”的权限" in app.error[0].value
        assert "校验值" not in drawn(app)
        assert f"第 {N} 行" not in drawn(app)
        assert "case:" not in drawn(app)


def test_who_looked_for_what_in_the_journal_is_a_line_of_it_once_a_search(
    at_page, sqlite_store: Store
):
    app = at_page(actor="operator")
    app = well(app.run())
    app.selectbox(key="gw_result").set_value("refused")
    well(app.run())
    with sqlite_store.read() as session:
        told = [line for line in journal.lines(session) if line.did == "audit.search"]
        searches = [line.detail["search"] for line in reversed(told)]
        assert searches == [{"actor": "operator"}, {"actor": "operator", "result": "refused"}]
        assert {line.actor for line in told} == {"operator"}
