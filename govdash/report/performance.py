"""How well cases are handled: open, late, on time, how long, how content. Worked out on frames."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from govdash.core.vocab import CaseState

#: 满意: four or five of five.
CONTENT: Final = 4
#: What the city promises: the share of cases closed before their deadline.
TARGET_ON_TIME: Final = 0.95
FEW_CASES: Final = 5  # fewer closed cases make no rate that could be compared


@dataclass(frozen=True, slots=True)
class Rates:
    """How closed cases went; None where nothing was closed, or nobody asked."""

    n_closed: int
    on_time: float | None
    mean_hours: float | None
    median_hours: float | None
    content: float | None
    n_asked: int


@dataclass(frozen=True, slots=True)
class CaseFigures(Rates):
    """The state of the cases of a city or a part of it, with the rates of a stretch."""

    n_open: int
    n_waiting: int  # not yet accepted
    n_overdue: int


def figures(cases: pd.DataFrame, said: pd.DataFrame, *, at: datetime) -> CaseFigures:
    """Sum up `store.performance.lifelines` and `said` as of `at`."""
    is_open, is_late = _open(cases), _late(cases, at)
    return CaseFigures(
        **asdict(rates(cases[~is_open], said)),
        n_open=int(is_open.sum()),
        n_waiting=int((cases["state"] == CaseState.RECEIVED.value).sum()),
        n_overdue=int(is_late.sum()),
    )


def rates(closed: pd.DataFrame, said: pd.DataFrame) -> Rates:
    """Sum up how closed cases went, and what citizens said."""
    promised = closed[_promised(closed)]
    hours = (closed["closed_at"] - closed["opened_at"]).dt.total_seconds() / 3600
    return Rates(
        n_closed=len(closed),
        on_time=_mean(promised["closed_at"] <= promised["due_at"]),
        mean_hours=_mean(hours),
        median_hours=float(hours.median()) if len(hours) else None,
        content=_mean(said["satisfaction"] >= CONTENT),
        n_asked=len(said),
    )


def by_area(cases: pd.DataFrame, *, depth: int, at: datetime) -> pd.DataFrame:
    """Compare areas of one depth of the tree (3: streets), the least punctual first.

    Those with fewer than `FEW_CASES` closed have no rank and come last: one late case of one is
    no rate of 0 %.

    Returns
    -------
    DataFrame
        ``path``, ``n_open``, ``n_overdue``, ``n_closed``, ``on_time`` (NaN: none closed). Cases
        that lie in no area of this depth are left out.
    """
    path = cases["area_path"].map(lambda full: _cut(full, depth)).dropna()
    table = cases.loc[path.index].assign(path=path)
    table["is_open"] = _open(table)
    table["is_late"] = _late(table, at)
    promised = ~table["is_open"] & _promised(table)
    table["kept"] = (table["closed_at"] <= table["due_at"]).astype(float).where(promised)
    found = table.groupby("path", as_index=False).agg(
        n_open=("is_open", "sum"),
        n_overdue=("is_late", "sum"),
        n_closed=("kept", "count"),
        on_time=("kept", "mean"),
    )
    ranked = found.assign(few=found["n_closed"] < FEW_CASES).sort_values(
        ["few", "on_time", "n_overdue", "n_open"],
        ascending=[True, True, False, False],
        ignore_index=True,
    )
    return ranked.drop(columns="few")


def kept_late(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the closed cases that were closed after their deadline."""
    closed = cases[~_open(cases) & _promised(cases)]
    return closed[closed["closed_at"] > closed["due_at"]]


def overdue(cases: pd.DataFrame, *, at: datetime) -> pd.DataFrame:
    """Return the open cases past their deadline, the longest overdue first, with ``late_hours``."""
    late = cases[_late(cases, at)].sort_values("due_at", ignore_index=True)
    return late.assign(late_hours=(pd.Timestamp(at) - late["due_at"]).dt.total_seconds() / 3600)


def course(cases: pd.DataFrame, *, days: int, at: datetime, zone: ZoneInfo) -> pd.DataFrame:
    """Count at each of the last local midnights, and now: ``n_open`` and ``n_overdue``.

    `cases` must reach back `days`, or closed ones are missed.
    """
    now = pd.Timestamp(at).tz_convert(zone)
    moments = [now.normalize() - pd.Timedelta(days=back) for back in range(days - 1, -1, -1)]
    rows = []
    for moment in [*moments, now]:
        was_open = (cases["opened_at"] <= moment) & ~(cases["closed_at"] <= moment)
        rows.append(
            (moment, int(was_open.sum()), int((was_open & (cases["due_at"] < moment)).sum()))
        )
    return pd.DataFrame(rows, columns=["at", "n_open", "n_overdue"])


def _cut(path: object, depth: int) -> str | None:
    """Return the first `depth` parts of a path; None when it has fewer."""
    parts = path.strip("/").split("/") if isinstance(path, str) else []
    return "/" + "/".join(parts[:depth]) + "/" if len(parts) >= depth else None


def _promised(cases: pd.DataFrame) -> pd.Series:
    """Which had a deadline that counts; one whose appeal was granted stays late, uncounted."""
    return cases["due_at"].notna() & ~cases["exempt"].astype(bool)


def _open(cases: pd.DataFrame) -> pd.Series:
    return cases["closed_at"].isna()


def _late(cases: pd.DataFrame, at: datetime) -> pd.Series:
    return _open(cases) & (cases["due_at"] < pd.Timestamp(at))


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None
