"""When nobody runs the timed jobs, everybody is told on every page."""

from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from govdash.core.settings import ROOT
from govdash.core.vocab import Job
from govdash.store import jobs
from govdash.web import registry
from govdash.workflow.notify import deadman
from tests.conftest import NOW
from tests.signed import signed_app
from tests.web import town

AFTER = timedelta(minutes=5)


def ran(store, job: Job, at: datetime, *, well: bool = True) -> None:
    with store.write() as session:
        jobs.job_started(session, job, at)
        jobs.job_finished(session, job, at, succeeded=well)


def told(store, at: datetime) -> str:
    with store.read() as session:
        return deadman.silence(session, at=at, after=AFTER)


def test_jobs_that_never_ran_stopped_or_only_fail_are_told_and_running_ones_are_not(sqlite_store):
    assert "还没有运行过" in told(sqlite_store, NOW)
    for job in deadman.WATCHED:
        ran(sqlite_store, job, NOW)
    assert told(sqlite_store, NOW + AFTER) == ""
    for n in range(1, 8):
        ran(sqlite_store, Job.NOTIFY, NOW + n * timedelta(minutes=1), well=False)
        ran(sqlite_store, Job.ESCALATE, NOW + n * timedelta(minutes=1))
    assert told(sqlite_store, NOW + timedelta(minutes=7)) == "通知发送已停 7 分钟"


def test_every_page_says_so_until_the_jobs_run_again(sqlite_store, settings, monkeypatch):
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    now = datetime.now(UTC)
    town.build(sqlite_store, settings, now)
    app = AppTest.from_file(str(ROOT / "govdash/web/router.py"), default_timeout=60)
    signed_app(app, sqlite_store, settings).run()
    for url in ("alerts", "status"):
        app.switch_page(str(registry.entry_of(url).path)).run()
        assert any("定时任务没有在运行" in str(piece.proto) for piece in app.get("html"))
    for job in deadman.WATCHED:
        ran(sqlite_store, job, datetime.now(UTC))
    app.run()
    assert not any("定时任务没有在运行" in str(piece.proto) for piece in app.get("html"))
