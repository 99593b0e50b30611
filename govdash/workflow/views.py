"""Keeping a view of a page and forgetting it: one's own alone, and never a scope."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from govdash.access import User
from govdash.core.errors import InputError, NotFound
from govdash.language.masking import mask
from govdash.store import Session, journal, views

LONGEST: Final = 40  # characters of a name, as its column holds
MOST: Final = 30  # more nobody finds again


def save(
    session: Session,
    name: str,
    *,
    page: str,
    params: Mapping[str, str],
    actor: User,
    at: datetime,
) -> str:
    """Keep what a page shows under a name of the actor's own; return the name as kept.

    Raises
    ------
    InputError
        When there is no name, it is too long, or there are too many views already.
    """
    kept = mask(name.strip())
    if not kept or len(kept) > LONGEST:
        raise InputError(f"请给视图起一个名称，不超过 {LONGEST} 个字。")
    known = {view.name for view in views.mine(session, actor.login)}
    if kept not in known and len(known) >= MOST:
        raise InputError(f"已有 {MOST} 个视图；请先删除不用的。")
    searched = {"q": mask(params["q"])} if "q" in params else {}
    view = views.put(session, actor.login, kept, page=page, params={**params, **searched}, at=at)
    journal.record(
        session, actor=actor.login, did="view.save", subject=f"view:{view.id}", at=at,
        detail={"page": page, "name": kept},
    )  # fmt: skip
    return kept


def drop(session: Session, view_id: int, *, actor: User, at: datetime) -> str:
    """Forget one of the actor's own views; return its name.

    Raises
    ------
    NotFound
        When the actor has no such view.
    """
    view = views.own(session, actor.login, view_id)
    if view is None:
        raise NotFound("没有这个视图，可能已删除；请刷新页面。")
    name = view.name
    views.drop(session, view)
    journal.record(
        session, actor=actor.login, did="view.drop", subject=f"view:{view_id}", at=at,
        detail={"name": name},
    )  # fmt: skip
    return name
