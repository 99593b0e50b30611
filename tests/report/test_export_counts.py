"""The statistics: the same events as the export of rows, counted; small counts stay inside."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from govdash.access import load_user, query_for
from govdash.api.exports import ROUTE, export_routes
from govdash.cli import app
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.lake import Lake, queries
from govdash.report import export, export_sources
from govdash.report.export import Format
from govdash.report.export_counts import HIDDEN, LEVELS, Grouping, counted
from govdash.report.export_table import Export
from govdash.store import Store, journal
from tests.signed import cookie, sign_in
from tests.web import town


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def built(sqlite_store: Store, settings: Settings, at: datetime) -> Store:
    town.build(sqlite_store, settings, at)
    return sqlite_store


@pytest.fixture
def asked(built: Store, settings: Settings, at: datetime) -> Callable[[Grouping], Export]:
    def make(grouping: Grouping) -> Export:
        period = Period.last_days(60, until=local_day(at, settings.zone))
        with built.read() as session:
            query = query_for(load_user(session), EventFilter(period))
            return export_sources.of(
                "counts",
                session,
                Lake.open(settings),
                query,
                zone=settings.zone,
                as_of=at,
                grouping=grouping,
            )

    return make


def rows(told: Export) -> list[dict[str, str]]:
    text = b"".join(export.chunks(told, Format.CSV)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("grain", ["month", "week", "day"])
def test_the_counts_of_every_grouping_make_the_number_of_events(
    asked: Callable[[Grouping], Export],
    built: Store,
    settings: Settings,
    at: datetime,
    level: str,
    grain: str,
):
    period = Period.last_days(60, until=local_day(at, settings.zone))
    with built.read() as session:
        query = query_for(load_user(session), EventFilter(period))
    total = queries.total(Lake.open(settings), query)
    told = rows(asked(Grouping(level, "category", grain)))
    assert sum(int(row["事件数"]) for row in told) == total > 0
    assert {row["说明"] for row in told} == {""}


def test_for_outside_use_no_count_below_five_is_in_any_format(
    asked: Callable[[Grouping], Export], built: Store, settings: Settings, at: datetime
):
    inside = rows(asked(Grouping("street", "category", "day")))
    outside_export = asked(Grouping("street", "category", "day", outside=True))
    outside = rows(outside_export)
    key = ("时间段首日", "区域代码", "类别代码")
    known = {tuple(row[k] for k in key): int(row["事件数"]) for row in inside}
    assert any(0 < n < 5 for n in known.values())
    assert len(outside) == len(inside)
    for row in outside:
        n = known[tuple(row[k] for k in key)]
        if row["事件数"]:
            assert int(row["事件数"]) == n >= 5
        else:
            assert row["说明"] == HIDDEN
    told = json.loads(b"".join(export.chunks(outside_export, Format.GEOJSON)))
    assert not [f for f in told["features"] if f["properties"]["n"] and f["properties"]["n"] < 5]
    assert ("用途", "对外提供：小于 5 的计数已隐去") in outside_export.words


def test_hidden_counts_cannot_be_had_from_the_totals_of_the_city_or_the_period(
    asked: Callable[[Grouping], Export], built: Store, settings: Settings, at: datetime
):
    period = Period.last_days(60, until=local_day(at, settings.zone))
    with built.read() as session:
        query = query_for(load_user(session), EventFilter(period))
    lake = Lake.open(settings)
    inside = counted(lake, query, Grouping("street", "category", "week"))
    outside = counted(lake, query, Grouping("street", "category", "week", outside=True))
    both = inside.assign(shown=outside["n"].notna(), area_path=inside["area_path"].fillna(""))
    for sums in (["bucket", "category"], ["bucket", "area_path"], ["area_path", "category"]):
        for _, line in both.groupby(sums):
            kept_back = int(line.loc[~line["shown"], "n"].sum())
            assert kept_back == 0 or kept_back >= 5 or not line["shown"].any()


def test_what_cannot_be_counted_by_is_refused_with_what_can():
    with pytest.raises(InputError, match="区域层级“house”不认识；可用：city（全市）"):
        Grouping.from_params({"level": "house"})


def test_the_route_counts_as_the_link_says_and_the_journal_keeps_that_it_went_outside(
    built: Store, settings: Settings
):
    routes = export_routes(lambda: built, lambda: Lake.open(settings), settings)
    client = TestClient(Starlette(routes=routes), cookies=cookie(sign_in(built, settings)))
    answer = client.get(f"{ROUTE}/counts.csv?level=district&by=major&grain=day&outside=1")
    assert answer.status_code == 200
    with built.read() as session:
        line = next(x for x in journal.lines(session, limit=5) if x.did == "export")
        assert line.subject == "counts"
        assert line.detail["query"]["outside"] == "1"
    wrong = client.get(f"{ROUTE}/counts.csv?grain=minute")
    assert wrong.status_code == 400
    assert "时间粒度" in wrong.json()["message"]


def test_the_command_writes_the_same_counts(
    built: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    out = tmp_path / "统计.csv"
    done = CliRunner().invoke(
        app, ["export", "counts", "--out", str(out), "--level", "district", "--outside"]
    )
    assert done.exit_code == 0, done.output
    said = json.loads((tmp_path / "统计.csv.meta.json").read_text(encoding="utf-8"))
    assert said["query"]["outside"] == "1"
    assert said["query_in_words"]["统计口径"] == "区 × 大类 × 月"
