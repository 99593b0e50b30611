"""The ledger of notifications: intents, claims by workers, what became of each, its attempts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from govdash.core.filters import Scope
from govdash.core.vocab import Attempted, NoticeState
from govdash.store.engine import Session
from govdash.store.models import Notification, NotificationAttempt
from govdash.store.visible import visible, within

COLUMNS: Final = (
    "id",
    "key",
    "topic",
    "why",
    "title",
    "body",
    "link",
    "level",
    "alert_id",
    "case_id",
    "area_path",
    "unit_code",
    "recipient",
    "target",
    "channel",
    "created_at",
    "due_at",
    "state",
    "tries",
    "next_at",
    "sent_at",
)
ATTEMPT_COLUMNS: Final = ("at", "result", "worker", "detail")


def add(session: Session, intents: Sequence[dict[str, Any]]) -> int:
    """Write what is to be said, in the transaction of its cause; a known key changes nothing.

    Each intent has ``key``, ``topic``, ``why``, ``title``, ``body``, ``link``, ``recipient``,
    ``target``, ``channel``, ``created_at``, ``due_at``, and what else it knows. Returns how many
    are new.
    """
    if not intents:
        return 0
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    plain = {
        "level": None,
        "alert_id": None,
        "case_id": None,
        "episode": 0,
        "area_path": None,
        "unit_code": None,
        "state": NoticeState.PENDING,
        "tries": 0,
    }
    session.flush()
    new = 0
    for intent in intents:
        row = insert(Notification).values({**plain, "next_at": intent["due_at"], **intent})
        made = session.execute(
            row.on_conflict_do_nothing(index_elements=["key"]).returning(Notification.id)
        )
        new += made.scalar_one_or_none() is not None
    return new


def due_channels(session: Session, at: datetime) -> list[str]:
    """Return the channels that something waits for now."""
    return list(session.scalars(select(Notification.channel).where(_ready(at)).distinct()))


def claim(
    session: Session, channel: str, worker: str, *, at: datetime, seconds: float, limit: int
) -> Sequence[Notification]:
    """Take what is due on a channel for `seconds`; nobody else takes it meanwhile.

    What a dead worker had taken is free again when its time is up.
    """
    ready = (
        select(Notification.id)
        .where(Notification.channel == channel, _ready(at))
        .order_by(Notification.next_at, Notification.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(ready))
    if not ids:
        return []
    session.execute(
        update(Notification)
        .where(Notification.id.in_(ids))
        .values(claimed_by=worker, claimed_until=at + timedelta(seconds=seconds))
        .execution_options(synchronize_session=False)
    )
    taken = select(Notification).where(Notification.id.in_(ids))
    ordered = taken.order_by(Notification.next_at, Notification.id)
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def settle(
    session: Session,
    notification_id: int,
    worker: str,
    result: Attempted,
    *,
    at: datetime,
    detail: str,
    next_at: datetime | None = None,
) -> bool:
    """Write what an attempt came to; False when the claim was lost and only the attempt is kept.

    `next_at` is when the next try may be, for `Attempted.RETRY`.
    """
    session.add(
        NotificationAttempt(
            notification_id=notification_id, at=at, result=result, worker=worker, detail=detail
        )
    )
    session.flush()
    tried = result in {Attempted.SENT, Attempted.RETRY, Attempted.FAILED}
    values: dict[str, Any] = {
        "claimed_by": None,
        "claimed_until": None,
        "tries": Notification.tries + int(tried),
    }
    if result is Attempted.RETRY:
        values["next_at"] = next_at or at
    else:
        values["state"] = NoticeState(result.value)
        values["sent_at"] = at if result is Attempted.SENT else None
    mine = (
        Notification.id == notification_id,
        Notification.state == NoticeState.PENDING,
        # what was sent is sent, whoever holds the claim by now
        *(() if result is Attempted.SENT else (Notification.claimed_by == worker,)),
    )
    settled = session.execute(
        update(Notification)
        .where(*mine)
        .values(**values)
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    return settled.scalar_one_or_none() is not None


def release(session: Session, ids: Sequence[int], worker: str, *, next_at: datetime) -> None:
    """Give back what was taken and not tried; it waits until `next_at`."""
    session.execute(
        update(Notification)
        .where(Notification.id.in_(ids), Notification.claimed_by == worker)
        .values(claimed_by=None, claimed_until=None, next_at=next_at)
        .execution_options(synchronize_session=False)
    )


def for_update(session: Session, notification_id: int) -> Notification | None:
    """Return a notification as it is now, locked until the transaction ends."""
    return session.get(Notification, notification_id, populate_existing=True, with_for_update=True)


def again(session: Session, notification: Notification, worker: str, *, at: datetime) -> None:
    """Let a failed notification be tried anew, with the same key; who asked stands in its log."""
    session.add(
        NotificationAttempt(
            notification_id=notification.id,
            at=at,
            result=Attempted.RESEND,
            worker=worker,
            detail="人工要求重发",
        )
    )
    notification.state = NoticeState.PENDING
    notification.tries = 0
    notification.next_at = at
    session.flush()


def get(session: Session, notification_id: int, scope: Scope) -> Notification | None:
    """Return a notification inside the scope."""
    return session.scalar(
        select(Notification).where(Notification.id == notification_id, _seen(scope))
    )


def attempts(session: Session, notification_id: int, scope: Scope) -> pd.DataFrame:
    """Return the attempts of a notification inside the scope, oldest first: `ATTEMPT_COLUMNS`."""
    found = session.execute(
        select(*(getattr(NotificationAttempt, name) for name in ATTEMPT_COLUMNS))
        .join(Notification, Notification.id == NotificationAttempt.notification_id)
        .where(NotificationAttempt.notification_id == notification_id, _seen(scope))
        .order_by(NotificationAttempt.id)
    )
    return pd.DataFrame([tuple(row) for row in found], columns=list(ATTEMPT_COLUMNS), dtype=object)


def listed(
    session: Session,
    scope: Scope,
    *,
    states: Sequence[NoticeState] = (),
    channels: Sequence[str] = (),
    recipient: str = "",
    areas: Sequence[str] = (),
    alert_id: int | None = None,
    case_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 200,
) -> pd.DataFrame:
    """Return notifications inside the scope, the newest first: `COLUMNS`, codes as members.

    `channels` are codes or their kind before the colon (``hook``); `since` and `until` bound
    ``due_at``, half-open.
    """
    chosen = select(*(getattr(Notification, name) for name in COLUMNS)).where(
        _seen(scope), within(Notification.area_path, areas)
    )
    if states:
        chosen = chosen.where(Notification.state.in_(states))
    if channels:
        kinds = [Notification.channel.startswith(f"{code}:", autoescape=True) for code in channels]
        chosen = chosen.where(or_(Notification.channel.in_(channels), *kinds))
    if recipient:
        chosen = chosen.where(Notification.recipient == recipient)
    if alert_id is not None:
        chosen = chosen.where(Notification.alert_id == alert_id)
    if case_id is not None:
        chosen = chosen.where(Notification.case_id == case_id)
    if since is not None:
        chosen = chosen.where(Notification.due_at >= since)
    if until is not None:
        chosen = chosen.where(Notification.due_at < until)
    found = session.execute(
        chosen.order_by(Notification.due_at.desc(), Notification.id.desc()).limit(limit)
    )
    return pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)


def counted(session: Session, scope: Scope, *, since: datetime) -> pd.DataFrame:
    """Return how many notifications inside the scope that were due `since` stand how.

    Columns ``state`` (a member), ``n``.
    """
    found = session.execute(
        select(Notification.state, func.count())
        .where(_seen(scope), Notification.due_at >= since)
        .group_by(Notification.state)
    )
    return pd.DataFrame([tuple(row) for row in found], columns=["state", "n"], dtype=object)


def _ready(at: datetime) -> ColumnElement[bool]:
    free = or_(Notification.claimed_until.is_(None), Notification.claimed_until <= at)
    return (Notification.state == NoticeState.PENDING) & (Notification.next_at <= at) & free


def _seen(scope: Scope) -> ColumnElement[bool]:
    return visible(scope, Notification.area_path, Notification.unit_code)
