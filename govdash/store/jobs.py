"""Timed work: leases that one process holds at a time, and the last run of each job."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from govdash.store.engine import Session
from govdash.store.models import JobRun, Lease

COLUMNS = ("name", "started_at", "finished_at", "succeeded_at", "message")


def take_lease(session: Session, name: str, holder: str, at: datetime, seconds: float) -> bool:
    """Take (or keep) a lease for `seconds` from `at`; False while somebody else holds it.

    One statement, so of many callers at once exactly one is told True. The holder may take it
    again at any time; others once it has expired.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    until = at + timedelta(seconds=seconds)
    row = insert(Lease).values(name=name, holder=holder, taken_at=at, expires_at=until)
    taken = row.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "taken_at": at, "expires_at": until},
        where=or_(Lease.holder == holder, Lease.expires_at <= at),
    ).returning(Lease.holder)
    return session.execute(taken).scalar_one_or_none() is not None


def renew_lease(session: Session, name: str, holder: str, at: datetime, seconds: float) -> bool:
    """Hold a lease for `seconds` more from `at`; False when it was lost to somebody else."""
    renewed = (
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .values(expires_at=at + timedelta(seconds=seconds))
        .returning(Lease.name)
        .execution_options(synchronize_session=False)
    )
    return session.execute(renewed).scalar_one_or_none() is not None


def release_lease(session: Session, name: str, holder: str) -> None:
    """Give a lease back; nothing happens when somebody else holds it."""
    session.execute(
        delete(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .execution_options(synchronize_session=False)
    )


def lease_holder(session: Session, name: str, at: datetime) -> str | None:
    """Return who holds a lease `at` a moment, None when nobody does."""
    held = select(Lease.holder).where(Lease.name == name, Lease.expires_at > at)
    return session.scalar(held)


def job_started(session: Session, name: str, at: datetime) -> None:
    """Note that a job began; its last success stays on record."""
    run = session.get(JobRun, name, populate_existing=True)
    if run is None:
        run = JobRun(name=name)
        session.add(run)
    run.started_at = at
    run.finished_at = None
    run.message = ""
    session.flush()


def job_finished(
    session: Session, name: str, at: datetime, *, succeeded: bool = True, message: str = ""
) -> None:
    """Note how a job ended; `message` says what it did, or what went wrong, in Chinese."""
    run = session.get(JobRun, name, populate_existing=True)
    if run is None:
        run = JobRun(name=name, started_at=at)
        session.add(run)
    run.finished_at = at
    run.message = message
    if succeeded:
        run.succeeded_at = at
    session.flush()


def last_run(session: Session, name: str) -> JobRun | None:
    """Return the last run of one job, None when it never ran."""
    return session.get(JobRun, name, populate_existing=True)


def newest_success(session: Session, names: Sequence[str]) -> datetime | None:
    """Return when one of these jobs last came to a good end; None when none ever did."""
    return session.scalar(select(func.max(JobRun.succeeded_at)).where(JobRun.name.in_(names)))


def job_runs(session: Session) -> pd.DataFrame:
    """Return the last run of each job by name: columns `COLUMNS`, times in UTC, NaT where none.

    A job without ``finished_at`` is running, or was killed.
    """
    found = session.execute(
        select(*(getattr(JobRun, name) for name in COLUMNS)).order_by(JobRun.name)
    )
    table = pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)
    for name in ("started_at", "finished_at", "succeeded_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table
