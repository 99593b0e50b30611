"""One incident from its first events to what citizens said: everything on one line of time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import pandas as pd

from govdash.core.filters import EventQuery, Period
from govdash.core.times import local_day
from govdash.lake import Lake, queries
from govdash.store import Session
from govdash.workflow import board
from govdash.workflow.board import AlertLife

#: Days of events before the window of an alert: what was usual.
_BEFORE: Final = 7


class Kind(StrEnum):
    """What a moment belongs to, from top to bottom of the line."""

    ALERT = "预警"
    CASE = "案件"
    FEEDBACK = "回访"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at a point of time."""

    at: datetime
    kind: Kind
    label: str
    who: str


@dataclass(frozen=True, slots=True)
class Life:
    """An alert with its case and follow-up, and the hourly events around it."""

    title: str
    events: pd.DataFrame  # ``bucket`` (naive local hour), ``n``
    moments: tuple[Moment, ...]


def life(session: Session, lake: Lake, query: EventQuery, alert_id: int, *, at: datetime) -> Life:
    """Return the life of an alert inside the query's scope.

    Raises
    ------
    NotFound
        When there is no such alert, or it lies outside the scope.
    """
    alert = board.alert_life(session, alert_id, query.scope)
    moments = [
        Moment(row["at"], Kind.ALERT, str(row["did_label"]), str(row["actor_name"]))
        for row in alert.log.to_dict("records")
        if row["did"] != "update"
    ]
    if alert.row["case_id"] is not None:
        case = board.case_life(session, alert.row["case_id"], query.scope, at=at)
        moments += [
            Moment(row["at"], Kind.CASE, str(row["action_label"]), str(row["actor_name"]))
            for row in case.steps.to_dict("records")
        ]
        moments += [
            Moment(row["called_at"], Kind.FEEDBACK, "已解决" if row["solved"] else "未解决", "")
            for row in case.feedback.to_dict("records")
        ]
    told = tuple(sorted(moments, key=lambda moment: moment.at))
    return Life(str(alert.row["title"]), _events(lake, query, alert, told, at), told)


def _events(
    lake: Lake,
    query: EventQuery,
    alert: AlertLife,
    moments: tuple[Moment, ...],
    at: datetime,
) -> pd.DataFrame:
    """Count the alert's own events by the hour, from before its window to its last moment."""
    row, zone = alert.row, query.filter.period.zone
    last = max([local_day(moment.at, zone) for moment in moments] + [row["window_last"]])
    period = Period(
        row["window_first"] - timedelta(days=_BEFORE),
        min(last, local_day(at, zone)),
        query.filter.period.zone_name,
    )
    own = replace(
        query.filter,
        period=period,
        areas=(row["area_path"],) if row["area_path"] else (),
        categories=(row["category"],) if row["category"] else (),
    )
    return queries.counts(lake, query.with_filter(own), grain="hour")[["bucket", "n"]]
