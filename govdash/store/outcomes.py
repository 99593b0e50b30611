"""What became of each alert: the moments and the verdict that rules are judged by."""

from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import func, select

from govdash.core.filters import Scope
from govdash.store.engine import Session
from govdash.store.models import Alert, AlertStep, Rule
from govdash.store.visible import visible

COLUMNS: Final = (
    "id", "number", "title", "rule", "version", "detector", "level", "observed", "expected",
    "p_value", "first_seen_at", "signal", "handling", "disposition", "handled_at", "seen_at",
)  # fmt: skip
#: Steps that only a person takes.
BY_HAND: Final = ("acknowledge", "open_case", "dismiss")


def outcomes(
    session: Session,
    scope: Scope,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    rule: str = "",
) -> pd.DataFrame:
    """Return every alert first seen in [`since`, `until`) inside the scope, oldest first.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``rule`` and ``version`` that raised it, ``detector`` of that version, codes of
        level, signal, handling and disposition, ``seen_at`` when a person first did something
        (NaT: nobody has), ``handled_at`` the last such moment; times are aware UTC.
    """
    touched = (
        select(AlertStep.alert_id, func.min(AlertStep.at).label("seen_at"))
        .where(AlertStep.did.in_(BY_HAND))
        .group_by(AlertStep.alert_id)
        .subquery()
    )
    chosen = (
        select(
            Alert.id, Alert.number, Alert.title, Alert.rule_code, Alert.rule_version,
            Rule.detector, Alert.level, Alert.observed, Alert.expected, Alert.p_value,
            Alert.first_seen_at, Alert.signal, Alert.handling, Alert.disposition,
            Alert.handled_at, touched.c.seen_at,
        )
        .join(Rule, (Rule.code == Alert.rule_code) & (Rule.version == Alert.rule_version))
        .outerjoin(touched, touched.c.alert_id == Alert.id)
        .where(visible(scope, Alert.area_path))
        .order_by(Alert.first_seen_at, Alert.id)
    )  # fmt: skip
    if since is not None:
        chosen = chosen.where(Alert.first_seen_at >= since)
    if until is not None:
        chosen = chosen.where(Alert.first_seen_at < until)
    if rule:
        chosen = chosen.where(Alert.rule_code == rule)
    found = session.execute(chosen)
    table = pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)
    for name in ("first_seen_at", "handled_at", "seen_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table
