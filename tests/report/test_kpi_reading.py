"""What KPI tables say beside themselves: earlier periods as known then, sentences with evidence."""

from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from govdash.aggregate.indicators import OCCASION_COLUMNS
from govdash.core.filters import Period
from govdash.core.settings import ROOT
from govdash.report import kpi, kpi_reading
from govdash.report.export_words import Names
from govdash.report.kpi import Board, Book
from govdash.workflow import schemes

BOOK = Book.load(ROOT / "data")
SCHEME = schemes.shipped(ROOT / "data", BOOK.table)
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))
NAMES = Names(
    {"/1/": "市", "/1/2/": "区", "/1/2/3/": "甲街道", "/1/2/4/": "乙街道"},
    {"A": "垃圾", "B": "路灯"},
    {},
)
ONE = BOOK.table.of("archive_rate")


def occasions(*parts: tuple[str, str, int, int]) -> pd.DataFrame:
    """Return cases due to be closed: area, category, how many, how many of them closed."""
    flags = dict.fromkeys(BOOK.table.flags, False)
    rows = [
        {
            "basis": basis, "at": pd.Timestamp(MAY.start) + timedelta(days=1), "case_id": n,
            "area_path": area, "unit_code": "U", "category": category, "person": None,
        } | flags | ({"done": n < closed} if basis == "close_due" else {"accepted": True})
        for area, category, n_all, closed in parts
        for n in range(n_all)
        for basis in ("close_due", "received")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[*OCCASION_COLUMNS, *BOOK.table.flags])


def board(told: pd.DataFrame, by: str = "street") -> Board:
    return kpi.board(told, BOOK, SCHEME, period=MAY, by=by, known_at=MAY.end)


def test_an_earlier_period_is_read_as_far_from_its_end_as_this_one():
    two_days_after = MAY.end + timedelta(days=2, minutes=20)
    assert kpi_reading.known_then(MAY, MAY, two_days_after) == two_days_after
    assert kpi_reading.known_then(APRIL, MAY, two_days_after) == APRIL.end + timedelta(days=2)
    within = datetime(2026, 5, 15, 4, 0, tzinfo=UTC)
    assert APRIL.end - kpi_reading.known_then(APRIL, MAY, within) == MAY.end - within


def test_spans_are_whole_months_and_name_the_alignment():
    told = kpi_reading.spans(MAY, lunar=False)
    assert told.previous == APRIL
    assert told.year == Period(date(2025, 5, 1), date(2025, 5, 31))
    assert len(told.trend) == 8
    assert told.trend[-1] == MAY
    assert "按公历" in told.words
    assert kpi_reading.days_of(told.trend[-2:]) == ["04-01", "05-01"]


def test_a_change_that_chance_explains_is_said_to_be_one():
    now, before = (
        board(occasions(("/1/2/3/", "A", 10, 9))),
        board(occasions(("/1/2/3/", "A", 10, 8))),
    )
    [trend, *_] = kpi_reading.diagnoses(now, before, ONE, NAMES)
    said = "本期结案率 90.00%（9/10），上期 80.00%（8/10），相差 +10.00 个百分点，在偶然波动之内。"
    assert trend == ("趋势", said)
    much = board(occasions(("/1/2/3/", "A", 100, 95))), board(occasions(("/1/2/3/", "A", 100, 70)))
    assert "好转 25.00 个百分点，超出偶然波动" in kpi_reading.diagnoses(*much, ONE, NAMES)[0][1]


def test_what_stands_out_is_named_with_its_evidence_and_few_cases_are_not():
    told = board(occasions(("/1/2/3/", "A", 80, 76), ("/1/2/4/", "B", 20, 8)))
    found = dict(kpi_reading.diagnoses(told, told, ONE, NAMES))
    assert (
        "路灯 20 件中未计入“结案数”的 12 件，按全部的比例应约 3.2 件，超出偶然波动" in found["类别"]
    )
    assert "区 / 乙街道" in found["区域"]
    few = board(occasions(("/1/2/3/", "A", 2, 0), ("/1/2/4/", "B", 2, 2)))
    assert "件数太少，不作判断" in dict(kpi_reading.diagnoses(few, few, ONE, NAMES))["类别"]
    none = board(occasions(("/1/2/3/", "A", 9, 9)))
    assert "没有差别可言" in dict(kpi_reading.diagnoses(none, none, ONE, NAMES))["类别"]


def test_ranks_need_enough_and_their_moves_are_told():
    now = board(occasions(("/1/2/3/", "A", 20, 18), ("/1/2/4/", "A", 20, 19)))
    before = board(occasions(("/1/2/3/", "A", 20, 19), ("/1/2/4/", "A", 20, 18)))
    moved = kpi.moves(now, before).set_index(["group", "code"])["up"]
    assert moved.loc[("/1/2/4/", "archive_rate")] == 1
    assert moved.loc[("/1/2/3/", "archive_rate")] == -1
    few = board(occasions(("/1/2/3/", "A", 9, 9))).rows
    assert few["rank"].isna().all()
    assert set(few["lamp"]) == {"off"}


def test_fairness_holds_ranks_against_people_ground_and_mix():
    told = board(
        occasions(("/1/2/3/", "A", 20, 20), ("/1/2/4/", "A", 10, 10), ("/1/2/4/", "B", 20, 10))
    )
    areas = gpd.GeoDataFrame(
        {"path": ["/1/2/3/", "/1/2/4/"], "population": pd.array([40_000, None], "Int64")},
        geometry=[box(0, 0, 0.01, 0.01), box(0, 0, 0.02, 0.01)], crs="EPSG:4326",
    )  # fmt: skip
    table = kpi_reading.fair(told, ONE, areas).set_index("group")
    assert table.loc["/1/2/3/", "per_10k"] == 5.0
    assert pd.isna(table.loc["/1/2/4/", "per_10k"])
    assert table.loc["/1/2/3/", "per_km2"] == pytest.approx(20 / 1.23, rel=0.01)
    assert table.loc["/1/2/4/", "rank"] == 2  # the street with lamps is behind …
    assert table.loc["/1/2/4/", "rank_adjusted"] == 1  # … for its lamps alone
