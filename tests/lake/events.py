"""Canonical rows for the lake's tests: a small city, fixed by a seed."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text

from govdash.core.filters import EventFilter, EventQuery, Period, Scope
from govdash.store import Session, Store
from govdash.store.event_rows import CONTENT, NUMBERS, TIMES
from govdash.store.events import Accepted, accept

CITY = "/990100/"
EAST, WEST = "/990100/990101/", "/990100/990102/"
EAST_1, EAST_10 = "/990100/990101/990101001/", "/990100/990101/9901010010/"
GRID = "/990100/990101/990101001/990101001001/99010100100101/"
WHOLE = Scope(areas=(), whole_city=True)
RECORDED = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)

DEFAULTS: dict[str, Any] = {
    "source": "test",
    "kind": "affair",
    "category": "A-06001",
    "area_path": GRID,
    "lon": 121.5,
    "lat": 31.25,
    "address": "",
    "title": "",
    "text": "",
    "channel": "hotline",
    "facet": "affair",
    "asset_code": None,
    "unit_code": None,
    "urgency": "normal",
    "sentiment": None,
    "status_hint": "",
    "reporter_key": None,
}
TEXTS = [name for name in CONTENT if name not in {*TIMES, *NUMBERS}] + ["source"]


def canonical(*given: dict[str, Any]) -> pd.DataFrame:
    """Return rows as ingest hands them over; ``reported_at`` and ``source_id`` must be given."""
    told = [DEFAULTS | row for row in given]
    for row in told:
        at = pd.Timestamp(row["reported_at"])
        row["reported_at"] = at if at.tzinfo else at.tz_localize("UTC")
        row.setdefault("occurred_at", row["reported_at"])
        row.setdefault("received_at", row["reported_at"])
        row.setdefault("closed_at", None)
    frame = pd.DataFrame(told)
    for name in ("occurred_at", "reported_at", "received_at", "closed_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame.astype(dict.fromkeys(TEXTS, "str"))


def many(n: int, *, seed: int = 1, start: str = "2026-01-01", days: int = 160) -> pd.DataFrame:
    """Return `n` varied events over `days` days, some without a place, a unit or a mood."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp(start, tz="UTC") + pd.to_timedelta(
        np.sort(rng.integers(0, days * 86_400, n)), unit="s"
    )
    reported = pd.Series(at).astype("datetime64[us, UTC]")
    placed = rng.random(n) > 0.1

    def some(values: list[str | None]) -> pd.Series:
        return pd.Series(rng.choice(np.array(values, dtype=object), n)).astype("str")

    frame = pd.DataFrame(
        {
            "source": some(["hotline12345", "grid"]),
            "source_id": [f"{seed}-{k}" for k in range(n)],
            "reported_at": reported,
            "occurred_at": reported - pd.to_timedelta(rng.integers(0, 86_400, n), unit="s"),
            "received_at": reported + pd.to_timedelta(rng.integers(0, 7200, n), unit="s"),
            "closed_at": pd.Series([pd.NaT] * n).dt.tz_localize("UTC"),
            "kind": "affair",
            "category": some(["A-06001", "A-06002", "A-01003", "L-99999"]),
            "area_path": some([CITY, EAST, EAST_1, EAST_10, GRID, WEST]).where(placed),
            "lon": pd.Series(rng.uniform(121.0, 122.0, n)).where(placed),
            "lat": pd.Series(rng.uniform(31.0, 31.5, n)).where(placed),
            "address": some(["", "城东路12号", "River Road 5"]),
            "title": some(["路面积水", "违规停车", "噪音扰民"]),
            "text": some(["附近有积水", "KTV 深夜噪音", "100%_满意", ""]),
            "channel": some(["hotline", "grid", "app", "sensor"]),
            "facet": some(["person", "place", "affair", "thing"]),
            "asset_code": some([None, "P-1"]),
            "unit_code": some([None, "U1", "U2"]),
            "urgency": some(["normal", "urgent"]),
            "sentiment": some([None, "negative"]),
            "status_hint": "",
            "reporter_key": some([None, "k1", "k2"]),
        }
    )
    for name in ("occurred_at", "received_at", "closed_at"):
        frame[name] = frame[name].astype("datetime64[us, UTC]")
    return frame


def put(store: Store, frame: pd.DataFrame, *, at: datetime = RECORDED) -> Accepted:
    """Accept rows in one transaction."""
    with store.write() as session:
        return accept(session, frame, import_id=None, at=at)


def asking(
    first: str = "2026-01-01", last: str = "2026-06-30", *, scope: Scope = WHOLE, **chosen: Any
) -> EventQuery:
    """Return a query; whole-city scope unless told."""
    zone = chosen.pop("zone", "Asia/Shanghai")
    days = pd.to_datetime([first, last]).date
    return EventQuery(EventFilter(Period(days[0], days[1], zone), **chosen), scope)


def unguarded(session: Session) -> None:
    """Take away what keeps events as they came: damage from outside would not ask either."""
    if session.get_bind().dialect.name == "postgresql":
        for name in ("events_append_only", "events_only_emptied"):
            session.execute(text(f"DROP TRIGGER IF EXISTS {name} ON events"))
        return
    for name in ("events_no_update", "events_no_delete", "events_only_emptied"):
        session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
