"""Where people get e-mail about their work: registered by who edits accounts."""

import re
from datetime import datetime
from typing import Final

from govdash.access.people import found
from govdash.access.users import User
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.store import Session, inbox, journal

_FORM: Final = re.compile(r"[^@\s<>\"',;:()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,}")


def set_email(session: Session, login: str, email: str, *, actor: User, at: datetime) -> None:
    """Register where somebody gets e-mail; an empty address takes it away.

    Raises
    ------
    Refused
        When the actor may not edit accounts.
    InputError
        When it is no address.
    """
    actor.require_held(Permission.USER_EDIT)
    account = found(session, login)
    told = email.strip()
    if told and not _FORM.fullmatch(told):
        raise InputError(f"“{told}”不是电子邮箱地址；例如 li.min@city.example。")
    inbox.set_email(session, account.id, told, at=at)
    journal.record(
        session,
        actor=actor.login,
        did="user.email",
        subject=f"user:{login}",
        at=at,
        detail={"registered": bool(told)},
    )
