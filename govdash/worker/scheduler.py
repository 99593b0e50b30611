"""The scheduler: starts each job when it is due, if this process may, and notes how it went."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from govdash.core.errors import GovDashError
from govdash.core.origin import Origin
from govdash.core.settings import Settings
from govdash.ingest import mark_interrupted
from govdash.lake import Lake
from govdash.store import Store, jobs
from govdash.worker.leader import LEASE_SECONDS, Leadership, process_name
from govdash.worker.timed import TimedJob, Work, timed_jobs

log = logging.getLogger(__name__)

BEAT = "lease"
THREADS = 6  # the five quick jobs and one more: a long tick must not hold up the heartbeat
POLL = timedelta(seconds=10)  # how often a slow job is asked whether it is due
RETRY = timedelta(minutes=5)  # a slow job that failed or was killed is not left for an hour


class Worker:
    """Runs the timed jobs while this process holds the lease; otherwise waits to take over.

    When a job is due is read from the database, so a restart or a take-over neither repeats
    nor forgets one. Each job opens its own transactions. One that fails is noted and logged,
    and runs again at its next time.
    """

    def __init__(
        self,
        store: Store,
        lake: Lake,
        settings: Settings,
        *,
        plan: Sequence[TimedJob] | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.leadership = Leadership(store, seconds=lease_seconds)
        self._work = Work(store.acting(Origin(process_name(), via="worker")), lake, settings)
        self._plan = tuple(timed_jobs(settings) if plan is None else plan)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        # A job that still runs when it is due again is normal here; errors come to `_failed`.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

    def start(self) -> None:
        """Mark the imports that a killed process left open, ask for the lease and begin."""
        at = datetime.now(UTC)
        if left := mark_interrupted(self._work.store, self._work.settings, at=at):
            log.info("标记了 %d 次中途停止的导入", left)
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)
        self._beat()  # now, so that the first job of a lone process need not wait for its turn
        beat = self.leadership.seconds / 3
        self._scheduler.add_job(self._beat, "interval", seconds=beat, id=BEAT)
        for job in self._plan:
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(job,),
                seconds=min(job.every, POLL).total_seconds(),
                id=job.name.value,
                next_run_time=at + job.first_after,
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Wait for running jobs and give the lease back."""
        self._scheduler.shutdown(wait=True)
        self.leadership.release()

    def _beat(self) -> None:
        before = self.leadership.held
        now = self.leadership.renew(datetime.now(UTC))
        if now != before:
            log.info("定时任务由本进程运行" if now else "定时任务由另一个进程运行")

    def _run(self, job: TimedJob) -> None:
        at = datetime.now(UTC)
        if not self.leadership.held or not self._due(job, at):
            return
        with self._work.store.write() as session:
            jobs.job_started(session, job.name, at)
        message = job.run(self._work, at)
        with self._work.store.write() as session:
            jobs.job_finished(session, job.name, datetime.now(UTC), message=message)

    def _due(self, job: TimedJob, at: datetime) -> bool:
        if job.every <= POLL:  # the scheduler's own interval is exact enough
            return True
        with self._work.store.read() as session:
            last = jobs.last_run(session, job.name)
            if last is None:
                return True
            well = last.succeeded_at is not None and last.succeeded_at >= last.started_at
            return at - last.started_at >= (job.every if well else min(job.every, RETRY))

    def _failed(self, event: JobExecutionEvent) -> None:
        # APScheduler has logged the traceback; here the failure is put where people look.
        error = event.exception
        if event.job_id == BEAT:
            return
        if isinstance(error, GovDashError):
            message = str(error)
        else:
            message = f"内部错误 {type(error).__name__}，详见日志。"
        with self._work.store.write() as session:
            jobs.job_finished(
                session, event.job_id, datetime.now(UTC), succeeded=False, message=message
            )
