"""预警中心: the alerts that wait, and the course of the series that one of them speaks of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.core.vocab import AreaLevel, Channel, Handling, Labelled, Level
from govdash.detect import ALL, make_detector, walk_forward
from govdash.figures.sketch import Sketch, sketch
from govdash.lake import Lake, queries
from govdash.store import Session
from govdash.store import areas as area_rows
from govdash.store.underlying import CHANNEL
from govdash.workflow import board
from govdash.workflow.calendar import WorkCalendar

SHOWN_DAYS: Final = 42  # six weeks: every weekday six times, and still readable in a small chart
LEARNED_DAYS: Final = 730  # two years teach the baseline its season
_NATIVE: Final = "native"  # the detector whose band the chart shows
AFTER_DAYS: Final = 7  # how long after the window the course is followed
SAMPLES: Final = 5  # newest events shown beside an alert: enough to see what it is about
SAMPLE_COLUMNS: Final = ("event_id", "reported_at", "title", "area_path", "address")
MOST_ALERTS: Final = 500  # more than a shift can look at; the list says when it was cut


class Tray(Labelled):
    """Where an alert lies for the people who deal with it."""

    OPEN = "open", "待办"
    LINKED = "linked", "处置中"
    ENDED = "ended", "已结束"

    @property
    def handling(self) -> tuple[Handling, ...]:
        """What lies in it."""
        return {
            "open": (Handling.NEW, Handling.ACKNOWLEDGED),
            "linked": (Handling.LINKED,),
            "ended": (Handling.DISMISSED, Handling.CLOSED),
        }[self.value]


def alerts(
    session: Session, query: EventQuery, tray: Tray, *, levels: Sequence[Level] = ()
) -> pd.DataFrame:
    """Return the alerts of one tray inside the viewer's scope, area and category.

    What has ended is listed for the filter's period only; what waits is listed however old it
    is. Worst first, newest first.
    """
    chosen = query.filter
    ended = tray is Tray.ENDED
    return board.alerts(
        session,
        query.scope,
        handling=tray.handling,
        level=tuple(levels),
        since=chosen.period.start if ended else None,
        until=chosen.period.end if ended else None,
        areas=chosen.areas,
        categories=chosen.categories,
        folded=True,
        limit=MOST_ALERTS,
    )


def course_query(
    query: EventQuery, *, areas: Sequence[str], category: str, last: date, today: date
) -> EventQuery:
    """Return the query of an alert's own series: its areas and category, two years to today."""
    zone = query.filter.period.zone_name
    yesterday = today - timedelta(days=1)  # today is not over: its count would look like a fall
    until = max(last, min(yesterday, last + timedelta(days=AFTER_DAYS)))
    period = Period.last_days(LEARNED_DAYS, until=until, zone_name=zone)
    return query.with_filter(_series(period, areas, category))


def window_query(
    query: EventQuery, *, areas: Sequence[str], category: str, first: date, last: date
) -> EventQuery:
    """Return the query of the events that an alert counted: its areas, category and window."""
    period = Period(first, last, query.filter.period.zone_name)
    return query.with_filter(_series(period, areas, category))


def samples(lake: Lake, query: EventQuery) -> pd.DataFrame:
    """Return the newest events of an alert's window that the viewer may see: `SAMPLE_COLUMNS`.

    Titles and addresses are masked ones; the lake holds no others.
    """
    return queries.rows(lake, query, limit=SAMPLES)[list(SAMPLE_COLUMNS)]


def parts_map(session: Session, area_path: str, level: AreaLevel) -> Sketch | None:
    """Sketch the areas of a level inside an alert's area, and the borders one level below it.

    None when the city has no such areas.
    """
    depth = area_path.count("/") - 1
    below = list(AreaLevel)[min(depth, len(AreaLevel) - 1)]
    return sketch(
        area_rows.outlines(session, area_path, level),
        area_rows.outlines(session, area_path, below),
    )


def _series(period: Period, areas: Sequence[str], category: str) -> EventFilter:
    """Return the filter that holds the events of one series and no others."""
    channel = category.removeprefix(CHANNEL) if category.startswith(CHANNEL) else ""
    return EventFilter(
        period=period,
        areas=tuple(areas),
        categories=() if channel or category == ALL else (category,),
        channels=(Channel(channel),) if channel else (),
    )


def course(lake: Lake, query: EventQuery, *, data_dir: Path) -> pd.DataFrame:
    """Return the last weeks of a series against what was to be expected on such days.

    Parameters
    ----------
    data_dir : Path
        Where the city's calendar of holidays and worked weekends lies.

    Returns
    -------
    DataFrame, one row per local day
        ``day``, ``n``, and ``expected``, ``lower``, ``upper`` of the 95 % prediction interval
        (NaN while there is too little history to expect anything).
    """
    counted = queries.counts(lake, query, grain="day")
    days = pd.DatetimeIndex(query.filter.period.days(), name="day")
    series = counted.set_index("bucket")["n"].reindex(days, fill_value=0)
    shown = days[-SHOWN_DAYS:]
    seen = series[series.ne(0).cummax()]  # before the first event there was no source yet
    told = pd.DataFrame({"day": shown, "n": series[shown].to_numpy()})
    needs = make_detector(_NATIVE).min_days
    first = max(shown[0], seen.index[needs]) if len(seen) > needs else None
    if first is None or first > shown[-1]:
        return told.assign(expected=float("nan"), lower=float("nan"), upper=float("nan"))
    calendar = WorkCalendar.load(data_dir)
    began, ends = seen.index[0].date(), shown[-1].date()
    make = partial(
        make_detector,
        _NATIVE,
        holidays=calendar.holidays(began, ends),
        workdays=calendar.worked_weekends(began, ends),
    )
    scored = walk_forward(seen.to_frame("series"), make=make, start=first)
    band = scored[["date", "expected", "lower", "upper"]].rename(columns={"date": "day"})
    return told.merge(band, on="day", how="left")


def street_of(names: Mapping[str, str], area_path: str | None) -> str:
    """Return the name of the street that an area lies in, or of the nearest area above it."""
    if not area_path:
        return "未落格"
    codes = area_path.strip("/").split("/")[: list(AreaLevel).index(AreaLevel.STREET) + 1]
    path = "/" + "/".join(codes) + "/"
    return names.get(path, names.get(area_path, area_path))


def window_words(first: date, last: date) -> str:
    """Write the days of a window: ``11-22``, ``11-16～11-22``."""
    return f"{last:%m-%d}" if first == last else f"{first:%m-%d}～{last:%m-%d}"


def age_words(since: datetime, at: datetime) -> str:
    """Say how long ago something was: 刚刚, 5 分钟前, 3 小时前, 2 天前."""
    minutes = int((at - since).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时前"
    return f"{minutes // (24 * 60)} 天前"
