"""Sending a failed notification again, when somebody asks."""

from datetime import datetime

from govdash.access import User
from govdash.core.errors import Conflict, NotFound
from govdash.core.permissions import Permission
from govdash.core.vocab import NoticeState
from govdash.store import Session, journal
from govdash.store import notifications as rows
from govdash.store.models import Notification


def resend(session: Session, notification_id: int, *, actor: User, at: datetime) -> Notification:
    """Let a failed notification be tried anew, with the same key.

    Raises
    ------
    NotFound
        When there is none of that number in the actor's scope.
    Refused
        When the actor may not.
    Conflict
        When it has not failed (any more).
    """
    actor.require_held(Permission.NOTICE_RESEND)
    if rows.get(session, notification_id, actor.scope) is None:
        raise NotFound(f"没有编号为 {notification_id} 的通知，或不在您的管辖范围内。")
    kept = rows.for_update(session, notification_id)
    if kept is None or kept.state is not NoticeState.FAILED:
        raise Conflict("只有发送失败的通知可以重发；请刷新后再看。")
    rows.again(session, kept, actor.login, at=at)
    journal.record(
        session,
        actor=actor.login,
        did="notice.resend",
        subject=f"notice:{kept.id}",
        at=at,
        detail={"channel": kept.channel},
    )
    return kept
