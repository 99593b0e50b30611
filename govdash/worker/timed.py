"""The timed jobs themselves: what each does, how often, and what it says when it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from govdash import sync
from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.core.vocab import Job
from govdash.demo import simulate
from govdash.lake import Lake
from govdash.report import checkpoints
from govdash.report.brief import schedule
from govdash.store import Store
from govdash.store.tally import tally
from govdash.worker.lanes import Lanes
from govdash.workflow import cases, tick
from govdash.workflow.notify import escalation


@dataclass(frozen=True, slots=True)
class Work:
    """What every job works with."""

    store: Store
    lake: Lake
    settings: Settings


@dataclass(frozen=True, slots=True)
class TimedJob:
    """A job: what it does at a moment (and says, in Chinese), how often, how soon after start."""

    name: Job
    run: Callable[[Work, datetime], str]
    every: timedelta
    first_after: timedelta = timedelta(0)


def timed_jobs(settings: Settings) -> Iterator[TimedJob]:
    """Yield the jobs that these settings ask for."""
    yield TimedJob(Job.LAKE_SYNC, lake_sync, timedelta(seconds=5))
    yield TimedJob(
        Job.DETECT_TICK,
        detect_tick,
        timedelta(minutes=settings.tick_minutes),
        first_after=timedelta(seconds=20),  # the first pages of a start come before it
    )
    yield TimedJob(Job.CLOCK_CHECK, clock_check, timedelta(minutes=1))
    yield TimedJob(
        Job.AUDIT_CHECKPOINT,
        audit_checkpoint,
        timedelta(days=1),
        first_after=timedelta(minutes=1),  # the first pages of a start come before it
    )
    yield TimedJob(Job.ESCALATE, escalate, timedelta(seconds=10))
    lanes = Lanes()
    yield TimedJob(
        Job.NOTIFY,
        lambda work, _at: lanes.run(work.store, work.settings),
        timedelta(seconds=5),
    )
    yield TimedJob(
        Job.BRIEFS,
        make_briefs,
        timedelta(minutes=1),
        first_after=timedelta(minutes=2),  # the first pages of a start come before it
    )
    if settings.demo_live_rate != 0:
        yield TimedJob(Job.DEMO_LIVE, demo_live, timedelta(seconds=5))


def lake_sync(work: Work, _at: datetime) -> str:
    """Bring what changed in the store into the lake."""
    summary = sync.sync(work.store, work.lake)
    return f"同步 {summary.n_rows:,} 条"


def detect_tick(work: Work, at: datetime) -> str:
    """Score the counts and let the rules raise alerts."""
    summary = tick.run_tick(work.store, work.lake, work.settings, at=at)
    return str(summary)


def clock_check(work: Work, at: datetime) -> str:
    """Resume the cases whose hold has ended; count those that are late or will be soon."""
    with work.store.write() as session:
        resumed = cases.resume_due(session, at=at)
    with work.store.read() as session:
        counted = tally(session, at=at)
    again = f"，挂账到期恢复 {resumed:,} 件" if resumed else ""
    return f"超期 {counted.cases_overdue:,} 件，24 小时内到期 {counted.cases_due_soon:,} 件{again}"


def audit_checkpoint(work: Work, at: datetime) -> str:
    """Prove the journal and sign it; the checkpoint also goes where the settings say."""
    out = work.settings.checkpoints / checkpoints.FILE
    made = checkpoints.make(work.store, out, actor=SYSTEM.login, at=at)
    scope = "全部" if made.full else "新增"
    return f"日志完好，核对{scope} {made.read:,} 行，已签到第 {made.mark.last_id:,} 行"


def escalate(work: Work, at: datetime) -> str:
    """Tell the next ones where nobody has done anything in time."""
    return str(escalation.escalate(work.store, at=at))


def make_briefs(work: Work, at: datetime) -> str:
    """Make the reports whose hour has come."""
    return f"生成 {schedule.run(work.store, work.lake, work.settings, at=at):,} 份"


def demo_live(work: Work, at: datetime) -> str:
    """Let the demo city report its newest events."""
    return f"新增 {simulate.simulate_tick(work.store, work.settings, at=at):,} 条演示事件"
