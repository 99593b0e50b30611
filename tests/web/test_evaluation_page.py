"""模型评测 through the router: started by hand, followed, kept, shown again; a manager reads it."""

import time
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import SYSTEM, seed_local_operator
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT, Settings
from govdash.lake import Lake
from govdash.store import Store, accounts, events, journal
from govdash.sync import sync
from govdash.web import background, evaluating
from govdash.web.signed import TOKEN
from govdash.workflow import evaluations
from tests.signed import signed_app
from tests.workflow.conftest import CATEGORY, GRID, furnish
from tests.workflow.test_tick import TEN, record

PAGE = str(ROOT / "pages" / "analysis" / "evaluation.py")
LABELS = (
    "incident_id,name,category,area_path,start_day,end_day\n"
    f"I1,垃圾堆积,{CATEGORY},{GRID},2026-06-09,2026-06-09\n"
)


@pytest.fixture
def built(app: AppTest, sqlite_store: Store, settings: Settings) -> Store:
    """Half a year of a small city with a burst on 9 June."""
    with sqlite_store.write() as session:
        seed_local_operator(session, at=TEN)
    furnish(sqlite_store, TEN)
    with sqlite_store.write() as session:
        events.accept(session, record(), import_id=None, at=TEN)
    sync(sqlite_store, Lake.open(settings))
    signed_app(app, sqlite_store, settings)
    return sqlite_store


def opened(app: AppTest, **params: str) -> AppTest:
    app.run()
    app.switch_page(PAGE)
    for name, value in params.items():
        app.query_params[name] = value
    return well(app.run())


def another(app: AppTest) -> AppTest:
    """Another tab of the same browser."""
    made = AppTest.from_file(app._script_path, default_timeout=60)
    made.session_state[TOKEN] = app.session_state[TOKEN]
    return made


def well(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    return well(next(b for b in app.button if b.label == label).click().run())


def words(app: AppTest) -> str:
    return "\n".join(str(piece.proto.body) for piece in app.get("html"))


def asked(app: AppTest, *, bursts: int = 0, labels: str = "") -> AppTest:
    """Ask for two weeks of June."""
    app.date_input(key="ge_period").set_value((date(2026, 6, 1), date(2026, 6, 14)))
    app.number_input(key="ge_bursts").set_value(bursts)
    if labels:
        app.file_uploader(key="ge_labels").set_value(("标注.csv", labels.encode(), "text/csv"))
    return press(app, "开始评测")


def finished(app: AppTest) -> AppTest:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        task = background.tasks().get(evaluating.desk().number)
        assert task is not None
        if task.done:
            return well(app.run())
        time.sleep(0.05)
    raise AssertionError("the evaluation did not end")


def test_an_empty_list_says_what_an_evaluation_is(seeded):
    app = opened(seeded)
    assert "还没有评测过" in words(app)
    assert "模型评测" in words(app)


def test_an_evaluation_is_asked_for_made_kept_and_shown(app, built, settings):
    page = finished(asked(opened(app), bursts=3, labels=LABELS))
    assert not page.error
    assert not page.warning
    shown = words(page)
    for word in ("检出率", "误报", "中位延迟", "校准", "垃圾堆积", "每天新增提示", "碰巧"):
        assert word in shown
    assert "上传的标注" in shown
    assert len(page.get("plotly_chart")) == 4
    [made] = evaluations.listed(settings, SYSTEM.scope)
    assert (made.first, made.last) == (date(2026, 6, 1), date(2026, 6, 14))
    with built.read() as session:
        [line] = [one for one in journal.lines(session) if one.did == "evaluation.run"]
        assert line.subject == f"evaluation:{made.number}"


def test_what_was_made_opens_again_after_a_restart_and_by_its_link(app, built, settings):
    finished(asked(opened(app)))
    [made] = evaluations.listed(settings, SYSTEM.scope)
    older = evaluations.read(settings, made.number, SYSTEM.scope) | {
        "number": "20260101-000000",
        "first_day": "2025-12-01",
    }
    evaluations.save(settings, older)
    evaluating.desk.clear()
    again = opened(another(app))
    assert "回放 2026-06-01" in words(again)
    linked = opened(another(app), run="20260101-000000")
    assert "回放 2025-12-01" in words(linked)
    mistyped = opened(another(app), run="nothing")
    assert "回放 2026-06-01" in words(mistyped)


def test_a_second_evaluation_waits_for_the_first_and_a_running_one_can_be_stopped(
    app, built, settings
):
    page = asked(opened(app), bursts=30)
    page = well(page.run())
    if page.button and any(b.label == "停止" for b in page.button):  # a fast machine is done
        page = press(page, "停止")
        page = finished(page)
        assert "已按要求停止" in page.warning[0].value
        assert evaluations.listed(settings, SYSTEM.scope) == []


def test_what_cannot_be_evaluated_is_said_in_words(app, built):
    page = opened(app)
    page = asked(page, labels="incident_id,category\nI1,A-06010\n")
    assert "标注文件 “标注.csv” 缺少列" in page.error[0].value
    page.file_uploader(key="ge_labels").set_value(None)
    page.date_input(key="ge_period").set_value((date(2026, 1, 1), date(2026, 6, 14)))
    page = finished(press(page, "开始评测"))
    assert "最早可从 2026-03-31 回放" in page.warning[0].value


def test_who_may_only_read_sees_results_but_cannot_start(app, built, settings):
    finished(asked(opened(app)))
    with built.write() as session:
        reads = [Permission.STATUS_READ.value]
        accounts.put_role(session, code="local_operator", name="管理者", permissions=reads)
    page = opened(another(app))
    assert "检出率" in words(page)
    assert not [b for b in page.button if b.label == "开始评测"]
    with built.write() as session:
        accounts.put_role(session, code="local_operator", name="无权", permissions=[])
    assert "没有打开" in opened(app).error[0].value
