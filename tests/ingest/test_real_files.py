"""Real open data, imported as it is, twice. Counts were taken from the files by other means."""

from pathlib import Path

import pandas as pd
import pytest

from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel
from govdash.geo import Datum
from govdash.ingest import Profile, load_profile, preview, profile_from_mapping
from govdash.ingest.outlines import import_outlines
from govdash.store import Store, imports
from tests.conftest import NOW
from tests.ingest.conftest import Take, taken_out, taker

pytestmark = pytest.mark.shared


def shipped(name: str) -> Profile:
    return load_profile(Settings.from_environment({}).data, name)


def test_baltimore_as_csv_and_as_xlsx_is_the_same(take: Take, shared_dir: Path):
    folder = shared_dir / "data/baltimore311"
    first = take(folder / "311_sample.csv", shipped("baltimore"))
    assert (first.read, first.new, first.rejected) == (10_000, 10_000, 0)
    assert first.warnings["missing_point"] == 590
    assert first.warnings["placeholder_point"] == 892 + 67  # whole degrees, City Hall
    for name in ("311_sample.csv", "311_sample.xlsx"):
        again = take(folder / name, shipped("baltimore"))
        assert (again.read, again.duplicate) == (10_000, 10_000)


@pytest.mark.postgres
def test_baltimore_goes_into_postgresql_as_well(
    postgres_store: Store, settings: Settings, tmp_path: Path, shared_dir: Path
):
    settings.var.mkdir(parents=True, exist_ok=True)
    take = taker(postgres_store, settings, tmp_path)
    file = shared_dir / "data/baltimore311/311_sample.xlsx"
    assert take(file, shipped("baltimore")).new == 10_000
    assert take(file, shipped("baltimore")).duplicate == 10_000


BOSTON = {2016: (7494, 5), 2017: (7760, 2), 2018: (7872, 0), 2019: (8928, 0)}


def test_four_years_of_boston_go_in_whatever_their_columns(
    take: Take, lite: Store, shared_dir: Path
):
    with lite.write() as session:
        told = import_outlines(
            session,
            shared_dir / "data/boundaries/boston_neighborhoods.geojson",
            datum=Datum.WGS84,
            level=AreaLevel.DISTRICT,
            parent_path=None,
            city_name="波士顿",
            actor=SYSTEM,
            at=NOW,
        )
    assert told.areas == 26
    assert any("已修复" in note for note in told.notes)
    unplaced = 0
    for year, (rows, closed_early) in BOSTON.items():
        report = take(shared_dir / f"data/boston311/filtered_{year}.csv", shipped("boston"))
        assert (report.read, report.rejected) == (rows, closed_early)
        assert report.reasons == ({"closed_before_reported": closed_early} if closed_early else {})
        assert report.accepted == rows - closed_early
        unplaced += report.warnings.get("unplaced", 0)
    assert unplaced < 250  # without coordinates, at City Hall, or in the harbour
    last = take(shared_dir / "data/boston311/filtered_2019.csv", shipped("boston"))
    assert (last.accepted, last.duplicate) == (0, 8928)


def test_the_zip_codes_of_boston_are_whole_again(take: Take, lite: Store, shared_dir: Path):
    from tests.ingest.test_dirt import stored

    take(shared_dir / "data/boston311/filtered_2019.csv", shipped("boston"))
    addresses = [event.address for event in stored(lite).values()]
    assert "130 Mount Pleasant Ave, Roxbury, 02119" in addresses
    assert not any(address.endswith(".0") for address in addresses)


def test_the_shifted_rows_of_new_york_are_rejected_each_with_its_reason(
    take: Take, lite: Store, shared_dir: Path
):
    file = shared_dir / "data/nyc311/nyc_311.csv"
    told = take(file, shipped("nyc"))
    assert told.read == 17_418
    assert told.reasons == {"shifted_columns": 2505, "closed_before_reported": 325}
    assert told.rejected == 2830
    text = taken_out(told, lite).removeprefix("\ufeff")
    lines = text.splitlines()
    assert lines[0].startswith("unique_key,created_date,closed_date,complaint_type,borough,")
    with lite.read() as session:
        kept = imports.rejected_rows(session, told.import_id or 0, SYSTEM.scope, by="", limit=5000)
    assert len(kept) == 2830
    again = take(file, shipped("nyc"))
    assert (again.accepted, again.rejected, again.duplicate) == (0, 2830, 14_588)
    back = take(text, shipped("nyc"))  # uncorrected: all rejected again
    assert (back.read, back.rejected) == (2830, 2830)


def test_a_source_without_a_profile_is_matched_by_its_columns(
    take: Take, shared_dir: Path, tmp_path: Path
):
    whole = pd.read_parquet(shared_dir / "data/chicago311/chicago_sanitation.parquet")
    file = tmp_path / "chicago.parquet"
    whole[whole["Service_Request_Number"].duplicated(keep=False)].to_parquet(file)
    seen = preview(file)
    mapping = Profile.guess(seen.columns)
    assert mapping["source_id"] == "Service_Request_Number"
    assert mapping["closed_at"] == "Completion_Date"
    made = profile_from_mapping("chicago", mapping, {}, zone="America/Chicago")
    told = take(file, made)
    assert told.read == told.new + told.corrected + told.duplicate + told.rejected
    assert told.corrected + told.duplicate > 300  # ids that come again


def test_shanghai_is_drawn_in_another_datum(lite: Store, shared_dir: Path):
    with lite.write() as session:
        told = import_outlines(
            session,
            shared_dir / "data/boundaries/shanghai_districts.geojson",
            datum=Datum.GCJ02,
            level=AreaLevel.DISTRICT,
            parent_path="/310000/",
            city_name="上海市",
            actor=SYSTEM,
            at=NOW,
        )
    assert told.areas == 16
    assert any("GCJ02" in note for note in told.notes)
