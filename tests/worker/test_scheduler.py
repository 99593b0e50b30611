"""Jobs run when they are due; one that fails is noted and runs again."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import ImportState, Job
from govdash.lake import Lake
from govdash.store import Store, imports, jobs
from govdash.worker import Worker
from govdash.worker.timed import TimedJob, Work, timed_jobs

SOON = timedelta(seconds=0.1)


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = Lake.open(settings)
    yield opened
    opened.close()


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def noted(store: Store, job: Job) -> dict[str, object]:
    with store.read() as session:
        table = jobs.job_runs(session)
    return table[table["name"] == job.value].iloc[0].to_dict()


def test_a_job_that_fails_is_noted_and_runs_again(store: Store, lake: Lake, settings: Settings):
    runs: list[datetime] = []

    def stumble(_work: Work, at: datetime) -> str:
        runs.append(at)
        if len(runs) == 1:
            raise InputError("第一次不行。")
        if len(runs) == 2:
            raise ZeroDivisionError
        return f"第 {len(runs)} 次"

    def says(message: str) -> bool:
        return bool(runs) and noted(store, Job.LAKE_SYNC)["message"] == message

    every_second = TimedJob(Job.LAKE_SYNC, stumble, timedelta(seconds=1))
    worker = Worker(store, lake, settings, plan=[every_second])
    worker.start()
    try:
        wait_for(lambda: says("第一次不行。"))
        wait_for(lambda: says("内部错误 ZeroDivisionError，详见日志。"))
        wait_for(lambda: says(f"第 {len(runs)} 次"))
    finally:
        worker.stop()
    assert len(runs) >= 3


def test_an_import_whose_process_was_killed_is_marked_when_the_jobs_start(
    store: Store, lake: Lake, settings: Settings
):
    with store.write() as session:
        begun = datetime.now(UTC) - timedelta(minutes=5)
        left = imports.start(session, "a.csv", file_sha256="", profile="p", by="a", at=begun)
    lock = settings.var / "imports" / f"{left}.lock"  # the kernel has let go of it
    lock.parent.mkdir(parents=True)
    lock.touch()
    worker = Worker(store, lake, settings, plan=[])
    worker.start()
    worker.stop()
    with store.read() as session:
        assert imports.get(session, left, SYSTEM.scope, by="").state is ImportState.INTERRUPTED


def test_stopping_waits_for_the_job_and_frees_the_lease(
    store: Store, lake: Lake, settings: Settings
):
    began: list[datetime] = []

    def slow(_work: Work, at: datetime) -> str:
        began.append(at)
        time.sleep(0.5)
        return "慢慢做完"

    worker = Worker(
        store, lake, settings, plan=[TimedJob(Job.LAKE_SYNC, slow, timedelta(seconds=5))]
    )
    worker.start()
    wait_for(lambda: bool(began))
    worker.stop()
    assert noted(store, Job.LAKE_SYNC)["message"] == "慢慢做完"
    with store.read() as session:
        assert jobs.lease_holder(session, "worker", datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("started_ago", "ended_well", "due"),
    [
        (timedelta(minutes=59), True, False),
        (timedelta(minutes=60), True, True),
        (timedelta(minutes=4), False, False),
        (timedelta(minutes=6), False, True),  # failed or killed: not left for an hour
    ],
)
def test_whether_a_slow_job_is_due_is_read_from_its_last_run(
    store: Store,
    lake: Lake,
    settings: Settings,
    started_ago: timedelta,
    ended_well: bool,
    due: bool,
):
    runs: list[datetime] = []

    def note(_work: Work, at: datetime) -> str:
        runs.append(at)
        return ""

    began = datetime.now(UTC) - started_ago
    with store.write() as session:
        jobs.job_started(session, Job.DETECT_TICK, began)
        if ended_well:
            jobs.job_finished(session, Job.DETECT_TICK, began + timedelta(seconds=1))
    plan = [
        TimedJob(Job.DETECT_TICK, note, timedelta(hours=1)),
        TimedJob(Job.LAKE_SYNC, lambda _w, _at: "", SOON),
    ]
    worker = Worker(store, lake, settings, plan=plan)
    worker.start()
    try:
        with_lease = worker.leadership
        wait_for(lambda: with_lease.held)
        time.sleep(0.5)
    finally:
        worker.stop()
    assert bool(runs) is due


def test_the_shipped_plan_follows_the_settings(settings: Settings):
    plan = {job.name: job for job in timed_jobs(settings)}
    assert plan[Job.DETECT_TICK].every == timedelta(hours=1)
    assert Job.DEMO_LIVE not in plan
    quick = Settings.from_environment({"GOVDASH_TICK_MINUTES": "5", "GOVDASH_DEMO_RATE": "12"})
    plan = {job.name: job for job in timed_jobs(quick)}
    assert plan[Job.DETECT_TICK].every == timedelta(minutes=5)
    assert Job.DEMO_LIVE in plan
