"""Threshold advice: what stricter levels would have done to the alerts that people judged.

A rule is never changed by itself. What is advised is told with its figures, can be replayed over
the past (`trial`), and a person accepts it, which makes a new version, or refuses it with a reason.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from govdash.access import User
from govdash.core.errors import Conflict, InputError
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition
from govdash.store import Session, journal
from govdash.store import advice as rows
from govdash.store.outcomes import outcomes
from govdash.workflow import rules as rule_book
from govdash.workflow.rules import LevelCut, Parameters, Rule

#: As long as verdicts speak for the rule: half a year.
DAYS: Final = 182
#: Fewer verdicts than this, or fewer false ones, are chance.
LEAST_JUDGED: Final = 20
LEAST_FALSE: Final = 5
#: A change that takes away less of the false ones is not worth a new version.
WORTH: Final = 0.2

Field = Literal["excess", "p_value", "ratio"]
FIELDS: Final[Mapping[Field, str]] = {
    "excess": "超出件数",
    "p_value": "P 值",
    "ratio": "实测与预期的倍数",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """One number that every level of a rule should reach, and what that would have done.

    Attributes
    ----------
    rule : Rule
        The version that was judged.
    field : {"excess", "p_value", "ratio"}
    old, new : float
    days : int
        The judged alerts were raised in so many days.
    judged, false, removed : int
        Judged alerts, false ones among them, and of these what would not have been raised; every
        real one would.
    alerts, alerts_after : int
        All alerts of those days, judged or not.
    """

    rule: Rule
    field: Field
    old: float
    new: float
    days: int
    judged: int
    false: int
    removed: int
    alerts: int
    alerts_after: int

    @property
    def per_week(self) -> tuple[float, float]:
        """Alerts a week, before and after."""
        weeks = self.days / 7
        return self.alerts / weeks, self.alerts_after / weeks

    @property
    def changed(self) -> Rule:
        """The rule with the change."""
        return with_floor(self.rule, self.field, self.new)

    @property
    def sentence(self) -> str:
        """The advice in Chinese."""
        before, after = self.per_week
        side = "不大于" if self.field == "p_value" else "不少于"
        return (
            f"各级都要求{FIELDS[self.field]}{side} {self.new:g}（现在最宽 {self.old:g}）："
            f"近 {self.days} 天判定过的 {self.judged} 条里，"
            f"误报 {self.false} 条可少 {self.removed} 条，属实的一条不少；"
            f"提示由每周 {before:.1f} 条变为 {after:.1f} 条。"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures, JSON-safe, as they are kept with the decision."""
        return {
            "field": self.field, "old": self.old, "new": self.new, "days": self.days,
            "judged": self.judged, "false": self.false, "removed": self.removed,
            "alerts": self.alerts, "alerts_after": self.alerts_after,
        }  # fmt: skip


def advise(session: Session, rule: Rule, scope: Scope, *, at: datetime) -> Advice | None:
    """Return the change that takes away most false alerts and no real one; None without.

    Looks at the alerts of all versions of the last `DAYS` days that people judged, as they stood
    last. None with fewer verdicts than `LEAST_JUDGED`, when nothing is worth it, and when the same
    change of this version was refused before.
    """
    told = outcomes(session, scope, since=at - timedelta(days=DAYS), until=at, rule=rule.code)
    seen = [_Seen.of(row) for row in told.to_dict("records")]
    true, false = ([one for one in seen if one.real is side] for side in (True, False))
    if len(true) + len(false) < LEAST_JUDGED or len(false) < LEAST_FALSE:
        return None
    gone = {(one["field"], one["new"]) for one in rows.refused(session, rule.code, rule.version)}
    best: Advice | None = None
    for field, new in _candidates(rule, false):
        cuts = with_floor(rule, field, new).parameters.levels
        removed = sum(not one.raised_by(cuts) for one in false)
        lost = any(not one.raised_by(cuts) for one in true)
        worse = best is not None and removed <= best.removed
        if (field, new) in gone or lost or worse or removed < WORTH * len(false):
            continue
        best = Advice(
            rule=rule,
            field=field,
            old=getattr(rule.parameters.levels[-1], field),
            new=new,
            days=DAYS,
            judged=len(true) + len(false),
            false=len(false),
            removed=removed,
            alerts=len(seen),
            alerts_after=sum(one.raised_by(cuts) for one in seen),
        )
    return best


def accept(
    session: Session, advice: Advice, *, actor: User, at: datetime, seen_version: int
) -> Rule:
    """Make the advised change the current version, and keep that it was advice.

    Raises
    ------
    Refused
        When the actor may not change rules.
    Conflict
        When the rule was changed since.
    """
    rule = rule_book.change(
        session, advice.changed, actor=actor, at=at, seen_version=seen_version, because="advice"
    )
    _keep(session, advice, accepted=True, note="", actor=actor, at=at)
    return rule


def refuse(session: Session, advice: Advice, *, note: str, actor: User, at: datetime) -> None:
    """Keep that the change was not wanted, and why; it is not offered for this version again."""
    actor.require(Permission.RULE_EDIT, area=None)
    if not note.strip():
        raise InputError("请写明不采纳的理由，以后看到同样建议的人会需要它。")
    _keep(session, advice, accepted=False, note=note.strip(), actor=actor, at=at)
    journal.record(
        session,
        actor=actor.login,
        did="rule.refuse_advice",
        subject=f"rule:{advice.rule.code}",
        at=at,
        note=note.strip(),
        detail=advice.to_dict() | {"version": advice.rule.version},
    )


def with_floor(rule: Rule, field: Field, value: float) -> Rule:
    """Return `rule` with every level at least as strict as `value` in one number."""
    stricter = min if field == "p_value" else max
    levels = [
        cut.model_dump() | {field: stricter(getattr(cut, field), value)}
        for cut in rule.parameters.levels
    ]
    told = rule.parameters.model_dump() | {"levels": levels}
    return rule.model_copy(update={"parameters": Parameters.model_validate(told)})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The figures of an alert, and whether it was real; None: nobody has said."""

    observed: float
    expected: float
    p_value: float
    real: bool | None

    @classmethod
    def of(cls, row: Mapping[Hashable, Any]) -> "_Seen":
        code = row["disposition"]
        real = None if code is None else Disposition(code).counts_as_true
        return cls(float(row["observed"]), float(row["expected"]), float(row["p_value"]), real)

    def raised_by(self, cuts: Sequence[LevelCut]) -> bool:
        return any(cut.holds(self.observed, self.expected, self.p_value) for cut in cuts)


def _candidates(rule: Rule, false: Sequence[_Seen]) -> Iterator[tuple[Field, float]]:
    """Yield stricter numbers than the lowest level has, the mildest of each field first."""
    lowest = rule.parameters.levels[-1]
    for value in sorted({int(abs(one.observed - one.expected)) + 1 for one in false}):
        if value > lowest.excess:
            yield "excess", float(value)
    for power in (1, 2, 3):
        yield "p_value", lowest.p_value / 10**power
    for step in range(1, 9):
        yield "ratio", round(lowest.ratio + step / 4, 2)


def _keep(
    session: Session, advice: Advice, *, accepted: bool, note: str, actor: User, at: datetime
) -> None:
    kept = rows.keep(
        session, code=advice.rule.code, version=advice.rule.version, told=advice.to_dict(),
        accepted=accepted, note=note, decided_by=actor.login, at=at,
    )  # fmt: skip
    if not kept:
        raise Conflict("这条建议刚被他人处理过；请刷新后再看。")
