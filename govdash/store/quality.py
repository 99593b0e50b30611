"""Tasks at the sources of data: found, listed, locked for a change."""

from collections.abc import Sequence

from sqlalchemy import func, select

from govdash.core.filters import Scope
from govdash.store.engine import Session
from govdash.store.models import Alert, QualityTask
from govdash.store.visible import visible


def for_update(session: Session, task_id: int) -> QualityTask | None:
    """Return a task as it is now, locked until the transaction ends."""
    return session.get(QualityTask, task_id, populate_existing=True, with_for_update=True)


def open_one(
    session: Session, source: str, category: str, area_path: str | None
) -> QualityTask | None:
    """Return the open task of a source about a category and area, locked."""
    return session.scalar(
        select(QualityTask)
        .where(
            QualityTask.done_at.is_(None),
            QualityTask.source == source,
            QualityTask.category == category,
            QualityTask.area_path == area_path,
        )
        .with_for_update()
    )


def listed(
    session: Session, scope: Scope, *, done: bool = False, limit: int = 200
) -> Sequence[tuple[QualityTask, str]]:
    """Return open (or done) tasks inside the scope with the number of their alert, newest first."""
    found = session.execute(
        select(QualityTask, Alert.number)
        .join(Alert, Alert.id == QualityTask.alert_id)
        .where(
            visible(scope, QualityTask.area_path),
            QualityTask.done_at.is_not(None) if done else QualityTask.done_at.is_(None),
        )
        .order_by(QualityTask.opened_at.desc(), QualityTask.id.desc())
        .limit(limit)
    )
    return [(task, number) for task, number in found]


def n_open(session: Session, scope: Scope) -> int:
    """Return how many tasks inside the scope wait."""
    waiting = (
        select(func.count())
        .select_from(QualityTask)
        .where(QualityTask.done_at.is_(None), visible(scope, QualityTask.area_path))
    )
    return session.scalar(waiting) or 0
