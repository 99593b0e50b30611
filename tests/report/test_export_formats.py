"""Each format, from batches made by hand: what stands in the file is what was in the rows."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govdash.core.cells import unguard
from govdash.core.errors import InputError
from govdash.core.vocab import Channel
from govdash.report import export, export_xlsx
from govdash.report.export import Format
from govdash.report.export_table import Column, Export, Holds, Tally

COLUMNS = (
    Column("event_id", "事件编号"),
    Column("reported_at", "上报时间", Holds.TIME),
    Column("lon", "经度", Holds.NUMBER),
    Column("lat", "纬度", Holds.NUMBER),
    Column("text", "内容"),
    Column("channel", "渠道", codes=Channel),
)
TEXTS = [
    "=1+1",
    "+86",
    "-12.5",
    "-x",
    "@you",
    "\tx",
    "31010901010010001",
    "'=x",
    "路灯, 不亮",
    None,
]


def made(rows: int = 10) -> Export:
    texts = (TEXTS * (rows // 10 + 1))[:rows]
    times = [datetime(2026, 1, 31, 10, 30, n % 60, tzinfo=UTC) for n in range(rows)]
    batch = pa.record_batch(
        {
            "event_id": pa.array([f"e{n}" for n in range(rows)]),
            "reported_at": pa.array(times, pa.timestamp("us", tz="UTC")),
            "lon": pa.array([-76.61 if n % 2 else None for n in range(rows)], pa.float64()),
            "lat": pa.array([39.29 if n % 2 else None for n in range(rows)], pa.float64()),
            "text": pa.array(texts, pa.string()),
            "channel": pa.array(["hotline"] * rows).dictionary_encode(),
        }
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows, 4):
            yield batch.slice(start, 4)

    return Export(
        what="events",
        title="事件",
        columns=COLUMNS,
        batches=batches,
        rows=rows,
        zone=ZoneInfo("Asia/Shanghai"),
        as_of=datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
        words=(("时间范围", "2026-01-01 至 2026-01-31"), ("区域", "全部区域")),
        params={"from": "2026-01-01", "to": "2026-01-31"},
        span="20260101-20260131",
        data_version=7,
    )


def read_csv(table: Export) -> list[list[str]]:
    text = b"".join(export.chunks(table, Format.CSV)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_opens_right_in_excel_bom_crlf_chinese_headers_local_times_with_offset():
    raw = b"".join(export.chunks(made(), Format.CSV))
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 11
    rows = read_csv(made())
    assert rows[0] == ["事件编号", "上报时间", "经度", "纬度", "内容", "渠道"]
    assert rows[2] == ["e1", "2026-01-31 18:30:01+08:00", "-76.61", "39.29", "'+86", "政务热线"]
    assert rows[9][4] == "路灯, 不亮"
    assert rows[10][4] == ""


def test_no_csv_cell_runs_as_a_formula_and_negative_numbers_stay_numbers():
    said = [row[4] for row in read_csv(made())[1:]]
    expected = ["'=1+1", "'+86", "-12.5", "'-x", "'@you", "'\tx", "'31010901010010001", "''=x"]
    assert said[:8] == expected


def test_the_guard_can_be_taken_away_without_loss():
    assert [unguard(row[4]) for row in read_csv(made())[1:9]] == TEXTS[:8]


def test_a_fraction_of_a_second_is_kept_so_that_the_file_can_be_imported_again():
    table = made(1)
    batch = next(table.batches())
    times = pa.array(
        [datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)], pa.timestamp("us", "UTC")
    )
    batch = batch.set_column(1, "reported_at", times)
    rows = read_csv(replace(table, batches=lambda: iter([batch])))
    assert rows[1][1] == "2026-01-01 08:00:00.250000+08:00"


def test_xlsx_says_the_query_first_and_keeps_text_as_text(tmp_path: Path):
    path = tmp_path / "事件.xlsx"
    export.write(made(), path)
    about = pd.read_excel(path, sheet_name="说明", header=None, engine="calamine")
    said = dict(zip(about[0].iloc[1:], about[1].iloc[1:], strict=True))
    assert said["数据截至"] == "2026-11-22 18:30:00+08:00"
    assert said["行数"] == "10 行，1 个工作表"
    assert said["时间范围"] == "2026-01-01 至 2026-01-31"
    rows = pd.read_excel(path, sheet_name="事件", engine="calamine", dtype={"内容": str})
    assert rows["内容"].tolist()[:8] == TEXTS[:8]
    assert rows["上报时间（Asia/Shanghai）"][1] == pd.Timestamp("2026-01-31 18:30:01")
    assert rows["经度"][1] == -76.61


def test_xlsx_goes_on_in_another_sheet_at_the_limit_and_says_so(tmp_path: Path):
    tally = Tally()
    path = tmp_path / "many.xlsx"
    path.write_bytes(b"".join(export_xlsx.chunks(made(10), tally, sheet_rows=5)))
    sheets = pd.read_excel(path, sheet_name=None, engine="calamine")
    assert [len(sheets[name]) for name in ("事件", "事件(2)", "事件(3)")] == [4, 4, 2]
    assert tally.rows == 10
    assert export_xlsx.limit_note(1_048_575) == ""
    assert "2 个工作表" in export_xlsx.limit_note(1_048_576)


def test_a_text_longer_than_a_cell_is_cut_aloud(tmp_path: Path):
    table = made(1)
    batch = next(table.batches())
    batch = batch.set_column(4, "text", pa.array(["长" * 40_000]))
    path = tmp_path / "long.xlsx"
    export.write(replace(table, batches=lambda: iter([batch])), path)
    about = pd.read_excel(path, sheet_name="说明", header=None, engine="calamine")
    assert about[1].str.contains("1 个单元格超过 32,767 字").any()


def test_parquet_keeps_codes_types_and_the_query(tmp_path: Path):
    path = tmp_path / "events.parquet"
    export.write(made(), path)
    table = pq.read_table(path)
    assert table.num_rows == 10
    assert table.column("channel").to_pylist() == ["hotline"] * 10
    assert table.column("text").to_pylist() == TEXTS
    assert table.schema.field("reported_at").type == pa.timestamp("us", tz="UTC")
    about = json.loads(table.schema.metadata[b"govdash"])
    assert about["query"] == {"from": "2026-01-01", "to": "2026-01-31"}
    assert about["as_of"] == "2026-11-22 18:30:00+08:00"


def test_geojson_gives_events_without_a_point_a_null_geometry():
    told = json.loads(b"".join(export.chunks(made(), Format.GEOJSON)))
    assert told["type"] == "FeatureCollection"
    assert len(told["features"]) == 10
    assert told["features"][0]["geometry"] is None
    point = {"type": "Point", "coordinates": [-76.61, 39.29]}
    assert told["features"][1]["geometry"] == point
    assert told["features"][1]["properties"]["reported_at"] == "2026-01-31 18:30:01+08:00"


@pytest.mark.parametrize("chosen", list(Format))
def test_an_export_of_nothing_is_a_whole_file(chosen: Format, tmp_path: Path):
    table = replace(made(0), batches=lambda: iter(()), rows=0)
    written = export.write(table, tmp_path / f"none.{chosen.value}")
    assert written.rows == 0
    assert written.path.stat().st_size > 0


def test_the_sidecar_tells_query_as_of_rows_and_hash(tmp_path: Path):
    written = export.write(made(), tmp_path / "out" / "事件.csv")
    told = json.loads(written.sidecar.read_text())
    assert written.sidecar.name == "事件.csv.meta.json"
    assert told["rows"] == 10
    assert told["as_of"] == "2026-11-22 18:30:00+08:00"
    assert told["query"] == {"from": "2026-01-01", "to": "2026-01-31"}
    assert told["sha256"] == hashlib.sha256(written.path.read_bytes()).hexdigest()
    assert not list(written.path.parent.glob(".*part"))


def test_a_file_that_is_there_is_not_overwritten_unasked(tmp_path: Path):
    path = tmp_path / "事件.csv"
    path.write_text("mine")
    with pytest.raises(InputError, match="已存在"):
        export.write(made(), path)
    assert path.read_text() == "mine"
    assert export.write(made(), path, replace=True).rows == 10


def test_without_its_journal_line_there_is_no_file(tmp_path: Path):
    def fails(sha256: str) -> None:
        assert len(sha256) == 64
        raise OSError("no room for the line")

    with pytest.raises(OSError, match="no room"):
        export.write(made(), tmp_path / "事件.csv", note=fails)
    assert list(tmp_path.iterdir()) == []


def test_the_file_name_holds_period_and_as_of_time():
    assert export.file_name(made(), Format.CSV) == "事件_20260101-20260131_截至20261122T1830.csv"


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path):
    with pytest.raises(InputError, match=r"\.csv、\.xlsx、\.parquet、\.geojson"):
        export.write(made(), tmp_path / "a.docx")
