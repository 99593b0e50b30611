"""Decisions on advised changes of rules; only ever added."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from govdash.store.engine import Session
from govdash.store.models import RuleAdvice


def keep(
    session: Session,
    *,
    code: str,
    version: int,
    told: dict[str, Any],
    accepted: bool,
    note: str,
    decided_by: str,
    at: datetime,
) -> bool:
    """Keep what somebody decided; False when the same change of this version is decided already."""
    for known in session.scalars(
        select(RuleAdvice).where(RuleAdvice.rule_code == code, RuleAdvice.rule_version == version)
    ):
        if (known.told["field"], known.told["new"]) == (told["field"], told["new"]):
            return False
    session.add(
        RuleAdvice(
            rule_code=code,
            rule_version=version,
            told=told,
            accepted=accepted,
            note=note,
            decided_by=decided_by,
            decided_at=at,
        )
    )
    session.flush()
    return True


def refused(session: Session, code: str, version: int) -> list[dict[str, Any]]:
    """Return the changes of this version of a rule that were refused."""
    found = session.scalars(
        select(RuleAdvice).where(
            RuleAdvice.rule_code == code,
            RuleAdvice.rule_version == version,
            RuleAdvice.accepted.is_(False),
        )
    )
    return [one.told for one in found]


def decisions(session: Session, code: str) -> Sequence[RuleAdvice]:
    """Return what was decided on advice for a rule, newest first."""
    return session.scalars(
        select(RuleAdvice).where(RuleAdvice.rule_code == code).order_by(RuleAdvice.id.desc())
    ).all()
