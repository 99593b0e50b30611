"""A small town for the work pages: areas, units, ten weeks of events, three alerts."""

from datetime import date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from govdash.access import seed_local_operator
from govdash.core.settings import ROOT, Settings
from govdash.core.times import local_day
from govdash.detect import Evidence, Finding, Share
from govdash.ingest import accept_frame
from govdash.lake import Lake
from govdash.store import Session, Store, areas, categories, units
from govdash.sync import sync
from govdash.taxonomy import Taxonomy
from govdash.workflow import rules, signals

CITY, EAST, WEST = "/990100/", "/990100/990101/", "/990100/990102/"
QUAY, HILL = f"{EAST}990101001/", f"{WEST}990102001/"
GARBAGE, LAMP = "A-06010", "P-02001"


def build(
    store: Store, settings: Settings, at: datetime, *, reports: pd.DataFrame | None = None
) -> None:
    """Write the town into an empty, migrated store, and publish its lake.

    With `reports` these are its events instead of `events`.
    """
    with store.write() as session:
        seed_local_operator(session, at=at)
        _places(session)
        categories.put_categories(session, Taxonomy.load(ROOT / "data"))
        rules.load_defaults(session, ROOT / "data", at=at)
        accept_frame(
            session,
            events(at) if reports is None else reports,
            source="town",
            settings=settings,
            at=at,
            areas=areas.frame(session),
        )
    sync(store, Lake.open(settings))
    with store.write() as session:
        rule = next(r for r in rules.current(session) if r.code == "street-category")
        day = local_day(at, settings.zone)
        for found in (
            finding(QUAY, GARBAGE, 31, 6.0, day),
            finding(HILL, GARBAGE, 14, 5.5, day),
            finding(HILL, LAMP, 12, 4.0, day),
        ):
            signals.raise_alert(session, found, rule, at=at)


def events(at: datetime) -> pd.DataFrame:
    """Make ten weeks of events in two streets, and a heap of garbage at the quay today."""
    random = np.random.default_rng(7)
    days = np.repeat(np.arange(70), 12)
    n = len(days)
    quay = random.random(n) < 0.5
    frame = pd.DataFrame(
        {
            "source_id": [f"T{number:05d}" for number in range(n)],
            "reported_at": [at - timedelta(days=int(d), minutes=5) for d in days],
            "category": np.where(random.random(n) < 0.7, GARBAGE, LAMP),
            "lon": np.where(quay, 0.5, 1.5),
            "lat": 0.5,
            "address": np.where(quay, "临江路 12 号", "望岭路 8 号"),
            "title": "路边垃圾堆放",
            "text": "=垃圾没有清运，影响通行",
            "channel": "hotline",
        }
    )
    heap = frame.head(25).assign(
        source_id=[f"H{n:03d}" for n in range(25)],
        reported_at=at - timedelta(minutes=30),
        category=GARBAGE,
        lon=0.5,
    )
    nowhere = frame.head(3).assign(source_id=["N1", "N2", "N3"], lon=np.nan, lat=np.nan)
    return pd.concat([frame, heap, nowhere], ignore_index=True)


def finding(path: str, category: str, observed: int, expected: float, day: date) -> Finding:
    """Say that a street has more of a category than it should."""
    evidence = Evidence(
        series=f"{path}|{category}",
        window_start=day,
        window_end=day,
        observed=observed,
        expected=expected,
        sd=2.4,
        lower=2.0,
        upper=11.0,
        p_value=1e-6 if observed > 20 else 1e-4,
        q_value=1e-4,
        excess=observed - expected,
        one_in_days=3650.0,
        direction="high",
        same_period="去年同期 5 件",
        shares=(Share(f"{path}1/|{category}", "第一网格", observed - 2, 1.0),),
        sentence=f"当日 {observed} 件，预期 {expected:g}±2.4 件；集中在 1 个网格。",
    )
    return Finding(
        series=evidence.series,
        area_path=path,
        category=category,
        at_day=day,
        direction="high",
        severity=80.0 if observed > 20 else 45.0,
        evidence=evidence,
    )


def _places(session: Session) -> None:
    tree = [
        (CITY, "city", "澄州市", box(0, 0, 2, 1)),
        (EAST, "district", "临江区", box(0, 0, 1, 1)),
        (WEST, "district", "望岭区", box(1, 0, 2, 1)),
        (QUAY, "street", "码头街道", box(0, 0, 1, 1)),
        (HILL, "street", "岭上街道", box(1, 0, 2, 1)),
    ]
    areas.put_areas(
        session,
        gpd.GeoDataFrame(
            {
                "path": [row[0] for row in tree],
                "code": [row[0].strip("/").split("/")[-1] for row in tree],
                "level": [row[1] for row in tree],
                "name": [row[2] for row in tree],
            },
            geometry=[row[3] for row in tree],
            crs="EPSG:4326",
        ),
    )
    bodies = [("U1", "市城管局", CITY, None), ("U2", "码头街道城管中队", QUAY, "U1")]
    units.put_units(
        session, pd.DataFrame(bodies, columns=["code", "name", "area_path", "parent_code"])
    )
