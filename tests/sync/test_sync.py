"""The lake follows the store: new events, corrections, other databases, parity."""

import json
import shutil
import sqlite3
from datetime import timedelta
from threading import Event as Flag
from threading import Thread

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, text, update

from govdash import sync
from govdash.core.errors import Busy, Unavailable
from govdash.core.settings import Settings
from govdash.lake import Lake, queries
from govdash.lake.compaction import ALLOWED
from govdash.store import Store
from govdash.store.models import Event
from tests.lake.events import RECORDED, asking, canonical, many, put, unguarded

LATER = RECORDED + timedelta(hours=1)
WIDE = asking("2020-01-01", "2030-12-31")


@pytest.fixture
def lake(settings: Settings):
    lake = Lake.open(settings)
    yield lake
    lake.close()


def all_versions(lake: Lake) -> pd.DataFrame:
    """Every row of every segment, read without the engine."""
    tables = [pq.ParquetFile(lake.root / s.file).read().to_pandas() for s in lake.manifest.segments]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def test_a_sync_brings_every_event_and_the_second_one_finds_nothing_to_do(store: Store, lake: Lake):
    put(store, many(2_000))
    first = sync.sync(store, lake, limit=300)
    assert (first.n_rows, first.data_version, first.rebuilt) == (2_000, 2_000, False)
    assert queries.total(lake, WIDE) == 2_000
    assert sync.parity(store, lake).ok
    before = lake.manifest
    assert sync.sync(store, lake).n_rows == 0
    assert lake.manifest == before


def test_an_empty_store_and_an_empty_lake_are_equal(store: Store, lake: Lake):
    assert sync.sync(store, lake) == sync.SyncSummary(0, 0)
    found = sync.parity(store, lake)
    assert found.ok
    assert found.differences == ""


def test_a_segment_holds_exactly_what_the_store_holds(store: Store, lake: Lake):
    row = {
        "source_id": "1",
        "reported_at": "2026-05-01 00:00:00.000001",
        "title": "路面“积水”",
        "text": "第一行\n第二行",
        "unit_code": "U1",
        "lon": 121.1234567,
        "lat": -0.0000001,
    }
    put(store, canonical(row))
    sync.sync(store, lake)
    (event,) = queries.rows(lake, WIDE, limit=10).to_dict("records")
    with store.read() as session:
        stored = session.get_one(Event, (event["event_id"], 1))
        for name in event:
            said = getattr(stored, name)
            assert (pd.isna(event[name]) and said is None) or event[name] == said, name


def test_a_corrected_event_is_counted_once_and_its_old_version_stays_readable_as_of_then(
    store: Store, lake: Lake
):
    old = {"source_id": "1", "reported_at": "2026-03-31 20:00", "category": "A-06001"}
    put(store, canonical(old, {"source_id": "2", "reported_at": "2026-04-02"}))
    sync.sync(store, lake)
    put(store, canonical(old | {"reported_at": "2026-04-01", "category": "A-01003"}), at=LATER)
    sync.sync(store, lake)

    def categories(**at: object) -> list[str]:
        return queries.counts(lake, WIDE, by=("category",), **at)["category"].tolist()

    assert categories() == ["A-01003", "A-06001"]
    assert categories(as_of=LATER) == ["A-01003", "A-06001"]
    just_before = LATER - timedelta(microseconds=1)
    assert categories(as_of=just_before) == ["A-06001"]
    assert queries.total(lake, WIDE) == queries.total(lake, WIDE, as_of=just_before) == 2
    assert queries.total(lake, WIDE, as_of=RECORDED - timedelta(seconds=1)) == 0
    versions = all_versions(lake)
    assert not versions.duplicated(["event_id", "version"]).any()
    assert len(versions) == 3
    assert sync.parity(store, lake).ok


def test_syncing_in_small_steps_makes_the_same_lake_as_syncing_once(store: Store, lake: Lake):
    events = many(1_000, days=35)
    for n, at in enumerate(range(0, 1_000, 100)):
        part = events.iloc[at : at + 100]
        put(store, part, at=RECORDED + timedelta(minutes=n))
        corrected = part.iloc[:15].assign(title=f"更正 {n}")
        put(store, corrected, at=RECORDED + timedelta(minutes=n, seconds=30))
        sync.sync(store, lake, limit=37)
        assert sync.parity(store, lake).ok
        assert all(len(found) <= ALLOWED + 1 for found in lake.manifest.months().values())
    in_steps = all_versions(lake).sort_values("change_seq", ignore_index=True)
    sync.rebuild(store, lake)
    at_once = all_versions(lake).sort_values("change_seq", ignore_index=True)
    pd.testing.assert_frame_equal(in_steps, at_once)
    assert all(len(found) == 1 for found in lake.manifest.months().values())
    assert sync.parity(store, lake).ok


def test_the_rows_of_a_segment_are_in_order_of_time(sqlite_store: Store, lake: Lake):
    put(sqlite_store, many(500).sample(frac=1, random_state=1))
    sync.sync(sqlite_store, lake)
    for segment in lake.manifest.segments:
        at = pq.ParquetFile(lake.root / segment.file).read()["reported_at"].to_pandas()
        assert at.is_monotonic_increasing
        assert at.dt.strftime("%Y-%m").eq(segment.month).all()


def test_a_reader_of_an_older_state_still_reads_it_after_corrections_and_merges(
    sqlite_store: Store, lake: Lake
):
    events = many(300, days=20)
    put(sqlite_store, events)
    sync.sync(sqlite_store, lake)
    stream = queries.stream(lake, WIDE, batch_rows=50)
    seen = next(stream).num_rows
    put(sqlite_store, events.assign(title="全部更正"), at=LATER)
    sync.rebuild(sqlite_store, lake)
    rest = list(stream)
    assert seen + sum(batch.num_rows for batch in rest) == 300
    assert "全部更正" not in pa.Table.from_batches(rest)["title"].to_pylist()
    assert queries.counts(lake, WIDE)["n"].item() == 300


def test_retired_files_go_after_the_grace_and_not_before(
    sqlite_store: Store, lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    def files() -> set[str]:
        return {p.relative_to(lake.root).as_posix() for p in lake.root.glob("events/*/*")}

    put(sqlite_store, many(100, days=20))
    sync.sync(sqlite_store, lake)
    old = {s.file for s in lake.manifest.segments}
    sync.rebuild(sqlite_store, lake)
    assert old < files()
    monkeypatch.setattr("govdash.lake.writer.GRACE_SECONDS", -1.0)
    sync.rebuild(sqlite_store, lake)
    assert files() == {s.file for s in lake.manifest.segments}
    assert lake.manifest.retired == ()


def test_what_a_killed_writer_left_is_swept_away(sqlite_store: Store, lake: Lake):
    put(sqlite_store, many(100, days=20))
    sync.sync(sqlite_store, lake)
    left = lake.root / "events" / "month=2026-01" / "00000099-000000.parquet"
    left.write_bytes(b"PAR1 half a segm")
    put(sqlite_store, many(10, seed=2, days=20))
    sync.sync(sqlite_store, lake)
    assert not left.exists()
    assert sync.parity(sqlite_store, lake).ok


def test_another_database_or_a_restored_backup_makes_the_lake_anew(
    sqlite_store: Store, lake: Lake, settings: Settings
):
    put(sqlite_store, many(50))
    backup = settings.var / "backup.db"
    with sqlite3.connect(settings.var / "govdash.db") as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    put(sqlite_store, many(50, seed=2))
    sync.sync(sqlite_store, lake)
    shutil.copy(backup, settings.var / "restored.db")
    restored = Store.open(f"sqlite:///{settings.var / 'restored.db'}")
    put(restored, many(70, seed=3))
    assert not sync.parity(restored, lake).ok
    done = sync.sync(restored, lake)
    assert (done.rebuilt, done.n_rows) == (True, 120)
    assert sync.parity(restored, lake).ok
    restored.close()


def test_a_damaged_manifest_says_so_and_a_rebuild_repairs_it(sqlite_store: Store, lake: Lake):
    put(sqlite_store, many(60))
    sync.sync(sqlite_store, lake)
    (lake.root / "manifest.json").write_text('{"format": 1, "gen')
    with pytest.raises(Unavailable, match="govdash lake rebuild"):
        queries.total(lake, WIDE)
    sync.rebuild(sqlite_store, lake)
    assert queries.total(lake, WIDE) == 60
    assert sync.parity(sqlite_store, lake).ok


def test_a_lake_of_another_format_is_made_again_by_the_next_sync(sqlite_store: Store, lake: Lake):
    put(sqlite_store, many(60))
    sync.sync(sqlite_store, lake)
    path = lake.root / "manifest.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"format": 0}))
    assert lake.data_version == 0
    assert sync.sync(sqlite_store, lake).n_rows == 60
    assert sync.parity(sqlite_store, lake).ok


def test_only_one_writes_at_a_time(sqlite_store: Store, lake: Lake):
    held, go_on = Flag(), Flag()

    def hold() -> None:
        with lake.writing():
            held.set()
            go_on.wait(20)

    thread = Thread(target=hold)
    thread.start()
    held.wait(20)
    with pytest.raises(Busy, match="另一个进程"):
        sync.sync(sqlite_store, lake, wait=False)
    go_on.set()
    thread.join()
    put(sqlite_store, many(5))
    assert sync.sync(sqlite_store, lake, wait=False).n_rows == 5


def test_no_person_data_is_in_the_lake(sqlite_store: Store, lake: Lake):
    row = {"source_id": "1", "reported_at": "2026-05-01", "title": "张**反映"}
    persons = {
        "reporter_name": "张三丰",
        "reporter_contact": "13812345678",
        "reporter_identity": "11010519491231002X",
        "reporter_address": "天桥街道3号楼501室",
        "raw_title": "张三丰反映",
        "raw_text": "原文甲乙丙",
        "raw_address": "某路1号",
    }
    put(sqlite_store, canonical(row).assign(**persons))
    sync.sync(sqlite_store, lake)
    told = all_versions(lake).to_csv() + (lake.root / "manifest.json").read_text()
    assert not any(said in told for said in persons.values())


class TestParity:
    """What the proof finds, and what it rightly does not mind."""

    def test_events_that_wait_for_the_next_sync_are_no_difference(self, store: Store, lake: Lake):
        events = many(200)
        put(store, events)
        sync.sync(store, lake)
        put(store, pd.concat([events.iloc[:20].assign(title="更正"), many(30, seed=9)]), at=LATER)
        found = sync.parity(store, lake)
        assert found.ok
        assert found.behind == 20 + 20 + 30

    def test_one_altered_value_is_found(self, store: Store, lake: Lake):
        others = ({"source_id": str(n), "reported_at": RECORDED} for n in range(9))
        put(store, canonical(*others, {"source_id": "9", "reported_at": "2026-06-01"}))
        sync.sync(store, lake)
        altered = Event.source_id == "9"

        def alter(values: dict[str, object]) -> None:
            with store.write() as session:
                unguarded(session)
                session.execute(update(Event).where(altered).values(values))

        values = {
            "title": "改", "text": " ", "category": "A-01003", "lon": 121.5000001,
            "area_path": None, "unit_code": "U1", "superseded_at": LATER,
            "reported_at": RECORDED - timedelta(microseconds=1), "content_hash": "0" * 32,
            "reporter_key": "k", "version": 2,
        }  # fmt: skip
        for column, value in values.items():
            with store.read() as session:
                before = session.scalar(select(getattr(Event, column)).where(altered))
            alter({column: value})
            found = sync.parity(store, lake)
            assert [month.month for month in found.months] == ["2026-06"], column
            assert found.differences == "2026-06：同为 10 条，但内容不同"
            alter({column: before})
            assert sync.parity(store, lake).ok

    def test_two_rows_that_exchanged_a_value_are_found(self, store: Store, lake: Lake):
        at = "2026-06-01"
        put(store, canonical({"source_id": "1", "reported_at": at, "title": "甲"},
                             {"source_id": "2", "reported_at": at, "title": "乙"}))  # fmt: skip
        sync.sync(store, lake)
        with store.write() as session:
            unguarded(session)
            for source_id, title in (("1", "乙"), ("2", "甲")):
                session.execute(
                    update(Event).where(Event.source_id == source_id).values(title=title)
                )
        assert not sync.parity(store, lake).ok

    def test_a_missing_row_is_counted(self, store: Store, lake: Lake):
        put(store, many(40, days=20))
        sync.sync(store, lake)
        with store.write() as session:
            unguarded(session)
            session.execute(text("DELETE FROM events WHERE change_seq = 7"))
        assert sync.parity(store, lake).differences == "2026-01：数据库 39 条，数据湖 40 条"

    def test_a_damaged_or_missing_file_is_named(self, sqlite_store: Store, lake: Lake):
        put(sqlite_store, many(40, days=50))
        sync.sync(sqlite_store, lake)
        first, second = lake.manifest.segments
        path = lake.root / first.file
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        (lake.root / second.file).unlink()
        found = sync.parity(sqlite_store, lake)
        assert set(found.damaged) == {first.file, second.file}
        sync.rebuild(sqlite_store, lake)
        assert sync.parity(sqlite_store, lake).ok
