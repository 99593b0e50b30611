"""Requests to take personal data out, as kept: one's own, those that wait, one more download."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from govdash.core.vocab import ReleaseState
from govdash.store.engine import Session
from govdash.store.models import Release


def add(session: Session, release: Release) -> None:
    """Keep a new request."""
    session.add(release)
    session.flush()


def for_update(session: Session, number: str) -> Release | None:
    """Return a request as it is now, locked until the transaction ends."""
    locked = select(Release).where(Release.number == number).with_for_update()
    return session.scalar(locked.execution_options(populate_existing=True))


def asked_by(session: Session, login: str, *, limit: int = 50) -> Sequence[Release]:
    """Return what somebody asked for, the newest first."""
    mine = select(Release).where(Release.asked_by == login)
    return session.scalars(mine.order_by(Release.id.desc()).limit(limit)).all()


def of_others(session: Session, login: str, *, limit: int = 100) -> Sequence[Release]:
    """Return what everybody else asked for: what waits first, then the newest."""
    theirs = select(Release).where(Release.asked_by != login)
    waiting = (Release.state != ReleaseState.ASKED, Release.id.desc())
    return session.scalars(theirs.order_by(*waiting).limit(limit)).all()


def take_one(session: Session, release: Release, *, at: datetime) -> int | None:
    """Count one more download and return which it is; None when there is none left.

    One statement judges and counts, so that two at once are two.
    """
    session.flush()
    counted = session.execute(
        update(Release)
        .where(
            Release.id == release.id,
            Release.state == ReleaseState.APPROVED,
            Release.expires_at > at,
            Release.taken < Release.allowed,
        )
        .values(taken=Release.taken + 1)
        .returning(Release.taken)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(release)
    return counted
