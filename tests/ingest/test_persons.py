"""Where person data of an imported row goes, and where it never gets."""

import sqlite3
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from govdash import sync
from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.ingest import load_profile
from govdash.ingest.frames import FrameTaker
from govdash.lake import Lake
from govdash.store import Store, imports, reporters
from govdash.store.event_rows import PERSON, event_id
from tests.ingest.conftest import Take

SECRETS = {
    "reporter_name": "欧阳震天",
    "reporter_contact": "16412345678",
    "reporter_identity": "990101195603041234",
    "reporter_address": "临江街道望湖苑7号楼2单元1103室",
}
ORDER = (
    "工单编号,来电时间,诉求标题,诉求内容,联系人,联系电话,身份证号,联系地址,经度,纬度\n"
    "A1,2026-06-01 08:00:00,欧阳震天先生反映积水,请打16412345678找欧阳震天先生，"
    "家住望湖苑7号楼2单元1103室,欧阳震天,16412345678,990101195603041234,"
    "临江街道望湖苑7号楼2单元1103室,121.47,31.23\n"
    "A2,昨天,标题,请打16412345678,欧阳震天,16412345678,990101195603041234,无,121.47,31.23\n"
)


@pytest.fixture
def imported(take: Take, settings: Settings) -> None:
    told = take(ORDER, load_profile(settings.data, "workorder_cn"))
    assert (told.accepted, told.rejected) == (1, 1)


def parts() -> list[bytes]:
    return [text.encode() for text in (*SECRETS.values(), "震天", "望湖苑")]


@pytest.mark.usefixtures("imported")
def test_every_person_field_of_a_row_comes_back_for_who_may_read_it(lite: Store):
    with lite.read() as session:
        person = reporters.of_event(session, event_id("hotline12345", "A1"), SYSTEM.scope)
        assert person is not None
        assert {name: getattr(person, name) for name in SECRETS} == SECRETS
        assert "16412345678" in person.raw_text
        (row,) = imports.rejected_rows(session, 1, SYSTEM.scope, by="", limit=9)
        assert row.raw["联系人"] == "欧阳震天"


@pytest.mark.usefixtures("imported")
def test_no_byte_of_a_person_lies_on_disk_in_clear(lite: Store, settings: Settings):
    """The database with its write-ahead log, the reject file, the lake: every file there is."""
    lake = Lake.open(settings)
    sync.sync(lite, lake)
    lake.close()
    files = [path for path in settings.var.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".db", ".sealed", ".parquet"}
    found = [
        (path.name, part.decode())
        for path in files
        for part in parts()
        if part in path.read_bytes()
    ]
    assert found == []


@pytest.mark.usefixtures("imported")
def test_the_lake_has_no_column_for_a_person_and_no_value_of_one(lite: Store, settings: Settings):
    """By the columns that its files really have, and by what is in them once unpacked."""
    lake = Lake.open(settings)
    assert sync.sync(lite, lake).n_rows == 1
    files = list(lake.root.rglob("*.parquet"))
    lake.close()
    assert files
    for file in files:
        table = pq.ParquetFile(file).read()
        assert set(table.column_names) & {*PERSON, "key_id"} == set()
        told = table.to_pandas().to_csv().encode()
        assert [part.decode() for part in parts() if part in told] == []


def test_a_frame_gives_its_persons_to_the_person_table_alone(lite: Store, settings: Settings):
    """The way of the demo city and the interface: the same door."""
    import pandas as pd

    from govdash.store import areas
    from tests.conftest import NOW

    frame = pd.DataFrame(
        {"source_id": ["1"], "reported_at": [pd.Timestamp(NOW)], "text": ["积水"]}
    ).assign(**SECRETS)
    with lite.write() as session:
        taker = FrameTaker(session, source="frame", settings=settings, areas=areas.frame(session))
        taker.accept(session, frame, at=NOW)
    with lite.read() as session:
        person = reporters.of_event(session, event_id("frame", "1"), SYSTEM.scope)
        assert person is not None
        assert person.reporter_address == SECRETS["reporter_address"]


@pytest.mark.usefixtures("imported")
def test_deleted_person_data_is_overwritten(lite: Store, settings: Settings):
    """Residual data: the pages of what was deleted hold zeros, not the sealed bytes."""
    file = settings.var / "govdash.db"
    with sqlite3.connect(file) as raw:
        (sealed,) = raw.execute("SELECT reporter_name FROM event_persons").fetchone()
    lite.close()
    _shorten(file)
    assert sealed in file.read_bytes()
    store = Store.of(settings)
    with store.write() as session:
        session.connection().exec_driver_sql("DELETE FROM event_persons")
    store.close()
    _shorten(file)
    assert sealed not in file.read_bytes()


def _shorten(file: Path) -> None:
    """Write the log back into the database file."""
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
