"""Reports by plan: made once, when their period is over, and told to whom they concern."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from govdash.access import SYSTEM, query_for
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import BriefKind
from govdash.lake import Lake
from govdash.report.brief import desk, periods, telling
from govdash.report.brief.making import Making, make
from govdash.report.kpi import Book
from govdash.store import Session, Store, areas, briefs

FILE: Final = "briefs.yaml"
#: Later than this after its hour a report says that it is late.
GRACE: Final = timedelta(hours=1)
_DISTRICT_DEPTH: Final = 2  # of a path: city, district


class Plan(BaseModel):
    """One line of the plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")
    kind: Literal[BriefKind.DAY, BriefKind.WEEK, BriefKind.MONTH]
    at: time
    areas: Literal["city", "district"] = "city"
    issue: Literal["draft", "auto"] = "draft"


_PLANS: Final = TypeAdapter(tuple[Plan, ...])


@dataclass(frozen=True, slots=True)
class Occasion:
    """One report that is to be made now."""

    plan: Plan
    area: str | None
    period: Period
    due_at: datetime  # when it was to be made; aware
    missed: int  # earlier ones of the same plan and area that nobody made
    first_ever: bool

    @property
    def key(self) -> str:
        """Names it, so that it is made once."""
        return f"{self.begins}{self.period.first}"

    @property
    def begins(self) -> str:
        """What the keys of its plan and area begin with."""
        return f"{self.plan.code}:{self.area or '/'}:"


def load(data: Path) -> tuple[Plan, ...]:
    """Read the plan; no file, no plan.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    path = data / FILE
    if not path.exists():
        return ()
    try:
        return _PLANS.validate_python(yaml.safe_load(path.read_text("utf-8")) or ())
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise InputError(f"报告计划 {path} 不可用：{error}") from error


def newest(plan: Plan, *, at: datetime, zone: ZoneInfo) -> tuple[Period, datetime]:
    """Return the newest period of a plan whose hour has come by `at`, and that hour."""
    today = local_day(at, zone)
    period = periods.last_whole(plan.kind, today=today, zone_name=zone.key)
    while (hour := _due(plan, period, zone)) > at:
        period = periods.before(period, plan.kind)
    return period, hour


def due(
    session: Session, plans: Sequence[Plan], *, at: datetime, zone: ZoneInfo
) -> Iterator[Occasion]:
    """Yield what is to be made now: of each plan and area the newest one, unless it was made.

    What was missed before that isn't made any more: the newest one says how many.
    """
    for plan in plans:
        period, when = newest(plan, at=at, zone=zone)
        for area in _areas(session, plan):
            told = Occasion(plan, area, period, when, 0, first_ever=True)
            if briefs.of_occasion(session, told.key) is not None:
                continue
            last = briefs.newest_occasion(session, told.begins)
            if last is None:
                yield told
                continue
            made = date.fromisoformat(last.rpartition(":")[2])
            yield Occasion(plan, area, period, when, _between(plan, made, period), first_ever=False)


def run(store: Store, lake: Lake, settings: Settings, *, at: datetime) -> int:
    """Make every report that is due, keep it, tell whom it concerns; return how many."""
    plans = load(settings.data)
    book = Book.load(settings.data) if plans else None
    with store.read() as session:
        wanted = list(due(session, plans, at=at, zone=settings.zone))
    if book is None or lake.data_version == 0:
        return 0  # an empty platform makes no empty reports
    made = 0
    for one in wanted:
        with store.read() as session:
            chosen = EventFilter(period=one.period, areas=(one.area,) if one.area else ())
            query = query_for(SYSTEM, chosen)
            of = Making(session, lake, query, one.plan.kind, at, at, book, settings.data)
            document = make(of)
        note = lateness(one, at=at, zone=settings.zone)
        if note:  # in the report itself, wherever it is read
            document = replace(document, basis=(note, *document.basis))
        with store.write() as session:
            if briefs.of_occasion(session, one.key) is not None:
                continue  # another process was quicker
            kept = replace(of, session=session)
            brief = desk.draft(session, document, kept, actor=SYSTEM, occasion=one.key, note=note)
            if one.plan.issue == "auto":
                desk.issue_unsigned(session, brief, actor=SYSTEM, at=at)
            else:
                telling.tell(session, brief, at=at)
            made += 1
    return made


def lateness(one: Occasion, *, at: datetime, zone: ZoneInfo) -> str:
    """Say that a report was made late, and how many were left out before it; "" in time."""
    if one.first_ever or at - one.due_at <= GRACE:
        return ""
    when = f"本应于 {one.due_at.astimezone(zone):%Y-%m-%d %H:%M} 生成，"
    skipped = f"；其间另有 {one.missed} 期未生成" if one.missed else ""
    return f"{when}因系统当时未运行，于 {at.astimezone(zone):%Y-%m-%d %H:%M} 补做{skipped}。"


def _due(plan: Plan, period: Period, zone: ZoneInfo) -> datetime:
    day = period.last + timedelta(days=1)
    return datetime.combine(day, plan.at, tzinfo=zone)


def _areas(session: Session, plan: Plan) -> Sequence[str | None]:
    if plan.areas == "city":
        return [None]
    paths = areas.names(session)
    return sorted(path for path in paths if len(path.strip("/").split("/")) == _DISTRICT_DEPTH)


def _between(plan: Plan, made: date, period: Period) -> int:
    """Count the periods of a plan after the one that begins with `made` and before `period`."""
    missed, earlier = 0, periods.before(period, plan.kind)
    while earlier.first > made:
        missed, earlier = missed + 1, periods.before(earlier, plan.kind)
    return missed
