"""What the city detector would add to the rules on a demo city: zones of cells beside series.

Reads the demo city of this installation (`govdash demo`; another one with ``GOVDASH_VAR``). Every
day of the record is ticked; an incident of the city counts as found when a zone that is told on
its days shares its place and category. Nothing is written.

    python benchmarks/zones.py
"""

import time
from datetime import timedelta

import numpy as np
import pandas as pd

from govdash.access import SYSTEM, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.detect import judge
from govdash.detect.city import CityDetector, Hit, nearest_cells, track
from govdash.detect.native import Native
from govdash.detect.walk import REFIT_DAYS
from govdash.lake import Lake, queries
from govdash.store import Store, areas
from govdash.workflow.backtest import last_complete_day, read_labels
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.replaying import HISTORY_DAYS, Record

#: Events of a category in the whole record below which a share says nothing.
LEAST_EVENTS = 100
#: Days learned before the first scored one; the tails need half a year of them.
LEARNED = 300
#: p-values of a category's best zone: 1 in 10 000, 2 000, 1 000, 500, 200 days.
LIMITS = (1e-4, 5e-4, 1e-3, 2e-3, 5e-3)


def main() -> None:
    """Print a table of limits: found by zones, found beyond the rules, false a week."""
    settings = Settings.from_environment()
    labels = settings.var / "demo" / "incidents.csv"
    if not labels.is_file():
        print("没有演示城市；请先运行 govdash demo。")
        return
    store, lake = Store.of(settings), Lake.open(settings)
    last = last_complete_day(lake, settings.zone)
    period = Period.last_days(3660, until=last, zone_name=settings.timezone)
    query = query_for(SYSTEM, EventFilter(period=period))
    counted = queries.counts(lake, query, by=("grid", "category"), grain="day").dropna()
    days = pd.date_range(counted["bucket"].min(), pd.Timestamp(last), name="day")
    totals = counted.groupby("category")["n"].sum()
    kinds = [str(kind) for kind in totals.index[totals >= LEAST_EVENTS]]
    cells = sorted(counted["grid"].unique())
    counts = dense(counted[counted["category"].isin(kinds)], days, kinds, cells)
    parent = expected(counts, days, kinds, WorkCalendar.load(settings.data))
    with store.read() as session:
        places = areas.frame(session).set_index("path").loc[cells]
    near = nearest_cells(places["lon"].to_numpy(float), places["lat"].to_numpy(float), k=10)
    detector = CityDetector(near)
    origin = int(days[0].to_numpy().astype("datetime64[D]").astype(int))
    begun = time.process_time()
    memory = detector.start(counts[:LEARNED], parent[:LEARNED], last_day=origin + LEARNED - 1)
    started = time.process_time() - begun
    begun, told = time.process_time(), []
    for t in range(LEARNED, len(days)):
        memory, said = detector.tick(memory, counts[t], parent[t], day=origin + t)
        told.append((said.day, said.hits))
    tick = (time.process_time() - begun) / len(told)

    table = read_labels(labels, settings.zone)
    first = days[LEARNED].date()
    table = table[(table["direction"] == "high") & (table["start_day"] >= first)]
    record = Record.read(store, lake, settings, last=last)
    taken = record.replay(record.counts, first, last, told=lambda _share: None)
    by_rules = judge(
        [f for f in taken if f.direction == "high"], table, first_day=first, last_day=last
    )
    rows = by_rules.incidents
    found = set(rows.loc[rows["detected"], "incident_id"])
    weeks = len(told) / 7
    print(
        f"{len(days)} 天，{len(cells)} 格，{len(kinds)} 类；"
        f"开始 {started:.0f} 秒，一拍 {tick:.2f} 秒（CPU）"
    )
    print(
        f"现行规则：{len(found)}/{len(table)}，误报每周 {len(by_rules.false_incidents) / weeks:.2f}"
    )
    print("| p 不超过 | 区片检出 | 其中规则漏掉的 | 区片误报／周 |\n|---|---|---|---|")
    for limit in LIMITS:
        own, false = seen(told, limit, table, kinds, cells)
        print(f"| {limit:g} | {len(own)} | {len(own - found)} | {false / weeks:.2f} |")


def dense(
    counted: pd.DataFrame, days: pd.DatetimeIndex, kinds: list[str], cells: list[str]
) -> np.ndarray:
    """Return the counts as an array (days, categories, cells)."""
    counts = np.zeros((len(days), len(kinds), len(cells)), dtype=np.int16)
    at = (counted["bucket"] - days[0]).dt.days
    counts[
        at,
        pd.Index(kinds).get_indexer(counted["category"]),
        pd.Index(cells).get_indexer(counted["grid"]),
    ] = counted["n"]
    return counts


def expected(
    counts: np.ndarray, days: pd.DatetimeIndex, kinds: list[str], calendar: WorkCalendar
) -> np.ndarray:
    """Return what the city expected of each category, learned weekly from the days before."""
    city = pd.DataFrame(counts.sum(axis=2), index=days, columns=kinds)
    ahead = days[-1].date() + timedelta(days=7)
    known = {
        "holidays": calendar.holidays(days[0].date(), ahead),
        "workdays": calendar.worked_weekends(days[0].date(), ahead),
    }
    made = np.zeros(city.shape)
    for at in range(HISTORY_DAYS, len(days), REFIT_DAYS):
        model = Native(freq="D", **known).fit(city.iloc[max(at - 730, 0) : at])
        until = min(at + REFIT_DAYS, len(days))
        made[at:until] = [one.mean for one in model.score_buckets(city.iloc[at:until])]
    return made


def seen(
    told: list[tuple[int, tuple[Hit, ...]]],
    limit: float,
    table: pd.DataFrame,
    kinds: list[str],
    cells: list[str],
) -> tuple[set[str], int]:
    """Return the incidents that zones up to `limit` found, and how many zones were of none."""
    known = [
        (row.incident_id, row.category, row.area_path, number(row.start_day), number(row.end_day))
        for row in table.itertuples()
    ]

    def of(category: int, places: tuple[int, ...], first: int, last: int) -> set[str]:
        return {
            name
            for name, kind, path, begin, end in known
            if kind == kinds[category]
            and begin <= last
            and first <= end
            and any(cells[c].startswith(path) or path.startswith(cells[c]) for c in places)
        }

    found: set[str] = set()
    incidents, current = {}, ()
    for day, hits in told:
        mine = [hit for hit in hits if hit.p_value <= limit]
        for hit in mine:
            found |= of(hit.category, hit.cells, day, day)
        current, changes = track(current, mine, day=day)
        incidents |= {one.key: one for one in (*changes.opened, *changes.updated)}
    # a window of a fortnight still sees what has ended
    false = [i for i in incidents.values() if not of(i.category, i.cells, i.first - 14, i.last)]
    return found, len(false)


def number(day: object) -> int:
    """Return the day number of a date."""
    return int(np.datetime64(day, "D").astype(int))


if __name__ == "__main__":
    main()
