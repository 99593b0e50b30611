"""How fast the lake answers, against pandas and the SQLite store, in one and the same run.

Run: ``python benchmarks/lake.py [--events 300000]``. Read the ratios; milliseconds are of this
machine at this moment. The events are drawn at random over two years and 512 grids, without
the rhythm of a real city; the tables and the answers have the sizes of one.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from govdash import sync
from govdash.core.filters import EventFilter, EventQuery, Period, Scope
from govdash.core.settings import Settings
from govdash.lake import Lake, queries
from govdash.store import Store
from govdash.store.events import accept
from govdash.store.models import Event

YEARS = Period(date(2024, 6, 1), date(2026, 5, 31))
QUERY = EventQuery(EventFilter(YEARS), Scope(areas=(), whole_city=True))
AT = datetime(2026, 6, 1, tzinfo=UTC)
REPEATS = 7


def make(n: int, *, seed: int) -> pd.DataFrame:
    """Return `n` canonical rows."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, YEARS.n_days * 86_400, n))
    reported = pd.Series(pd.Timestamp(YEARS.start) + pd.to_timedelta(seconds, unit="s"))
    reported = reported.astype("datetime64[us, UTC]")
    grids = [
        f"/990100/9901{d:02d}/9901{d:02d}{s:03d}/9901{d:02d}{s:03d}001/9901{d:02d}{s:03d}001{g:02d}/"
        for d in range(1, 9)
        for s in range(1, 9)
        for g in range(1, 9)
    ]
    kinds = [f"A-{major:02d}{minor:03d}" for major in range(1, 7) for minor in range(1, 41)]
    said = [f"市民反映第{k}号路口附近积水较深，影响车辆通行，请尽快处理。" for k in range(5_000)]

    def some(values: list[str]) -> np.ndarray:
        return rng.choice(np.array(values, dtype=object), n)

    return pd.DataFrame(
        {
            "source": "bench", "source_id": [str(k) for k in range(n)], "occurred_at": reported,
            "reported_at": reported, "received_at": reported, "closed_at": reported,
            "kind": "affair", "category": some(kinds), "area_path": some(grids),
            "lon": rng.normal(121.5, 0.1, n), "lat": rng.normal(31.2, 0.1, n),
            "address": some(said), "title": some(said), "text": some(said),
            "channel": some(["hotline", "grid", "sensor", "camera", "app"]),
            "facet": some(["person", "place", "affair", "thing", "sentiment", "organisation"]),
            "asset_code": None, "unit_code": some([f"U{k}" for k in range(40)]),
            "urgency": "normal", "sentiment": None, "status_hint": "", "reporter_key": None,
        }
    )  # fmt: skip


def pandas_asks(events: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Return the same questions to a frame that is in memory already."""
    period = YEARS

    def inside() -> pd.DataFrame:
        at = events["reported_at"]
        return events[(at >= period.start) & (at < period.end)]

    def local(found: pd.DataFrame) -> pd.Series:
        return found["reported_at"].dt.tz_convert(period.zone).dt.tz_localize(None)

    def day_by_district() -> object:
        found = inside()
        district = found["area_path"].str[:15]
        return found.groupby([district, local(found).dt.normalize()]).size()

    def heat() -> object:
        at = local(inside())
        return at.groupby([at.dt.day_of_week, at.dt.hour]).size()

    return {
        "total": lambda: len(inside()),
        "day": lambda: local(inside()).dt.normalize().value_counts(),
        "district × day": day_by_district,
        "category × facet": lambda: inside().groupby(["category", "facet"]).size(),
        "weekday × hour": heat,
        "newest 50": lambda: inside().nlargest(50, "reported_at"),
    }


def sqlite_asks(store: Store) -> dict[str, Callable[[], object]]:
    """Return the same questions to the store."""
    inside = (
        Event.superseded_at.is_(None),
        Event.reported_at >= YEARS.start,
        Event.reported_at < YEARS.end,
    )
    day = func.date(Event.reported_at, "+8 hours")
    hour = func.strftime("%w %H", Event.reported_at, "+8 hours")
    district = func.substr(Event.area_path, 1, 15)

    def counted(*keys: object) -> Callable[[], object]:
        asked = select(*keys, func.count()).where(*inside)  # type: ignore[call-overload]

        def run() -> object:
            with store.read() as session:
                return session.execute(asked.group_by(*keys) if keys else asked).all()

        return run

    def newest() -> object:
        with store.read() as session:
            asked = select(Event).where(*inside).order_by(Event.reported_at.desc()).limit(50)
            return session.execute(asked).all()

    return {
        "total": counted(),
        "day": counted(day),
        "district × day": counted(district, day),
        "category × facet": counted(Event.category, Event.facet),
        "weekday × hour": counted(hour),
        "newest 50": newest,
    }


def lake_asks(lake: Lake) -> dict[str, Callable[[], object]]:
    """Return the questions to the lake, from query to frame."""
    month = replace(QUERY.filter, period=Period(date(2026, 4, 1), date(2026, 4, 30)))
    of_month = QUERY.with_filter(month)
    return {
        "total": lambda: queries.total(lake, QUERY),
        "day": lambda: queries.counts(lake, QUERY, grain="day"),
        "district × day": lambda: queries.counts(lake, QUERY, by=("district",), grain="day"),
        "category × facet": lambda: queries.counts(lake, QUERY, by=("category", "facet")),
        "weekday × hour": lambda: queries.counts(lake, QUERY, by=("weekday", "hour")),
        "newest 50": lambda: queries.rows(lake, QUERY, limit=50),
        "bins": lambda: queries.bins(lake, QUERY, cell_px=24, zoom=11),
        "bins of a month": lambda: queries.bins(lake, of_month, cell_px=24, zoom=11),
        "text search": lambda: queries.total(
            lake, QUERY.with_filter(replace(QUERY.filter, text="第4999号"))
        ),
        "stream all": lambda: sum(batch.num_rows for batch in queries.stream(lake, QUERY)),
    }


def milliseconds(ask: Callable[[], object]) -> float:
    """Return the median time of an answer, after one that warms up."""
    ask()
    taken: list[float] = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def main() -> None:
    """Fill a store and a lake in a temporary folder and time the questions."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=300_000)
    told = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(told.events, Path(folder))


def run(n: int, folder: Path) -> None:
    """Time `n` events in `folder`."""
    settings = Settings.from_environment({"GOVDASH_VAR": str(folder)})
    store, lake = Store.of(settings), Lake.open(settings)
    store.migrate()
    events = make(n, seed=1)

    def timed(what: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        taken = time.perf_counter() - began
        print(f"{what:<18} {taken:8.1f} s   {n / taken:12,.0f} events/s")

    def fill() -> None:
        with store.write() as session:
            accept(session, events, import_id=None, at=AT)

    timed("store.accept", fill)
    timed("sync", lambda: sync.sync(store, lake))
    timed("parity", lambda: sync.parity(store, lake))
    size = sync.status(lake)
    print(f"lake: {size['bytes'] / 2**20:,.1f} MB in {size['segments']} segments\n")
    in_memory, in_store = pandas_asks(events), sqlite_asks(store)
    print(
        f"{'median ms':<18} {'lake':>9} {'pandas':>9} {'SQLite':>9} {'×pandas':>9} {'×SQLite':>9}"
    )
    for name, ask in lake_asks(lake).items():
        ours = milliseconds(ask)
        line = f"{name:<18} {ours:9.1f}"
        if name in in_memory:
            frame, rows = milliseconds(in_memory[name]), milliseconds(in_store[name])
            line += f" {frame:9.1f} {rows:9.1f} {frame / ours:9.1f} {rows / ours:9.1f}"
        print(line)
    lake.close()
    store.close()


if __name__ == "__main__":
    main()
