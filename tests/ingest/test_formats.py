"""The same rows in every format, encoding and delimiter are the same events."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.ingest import preview
from govdash.ingest.delimited import open_delimited
from govdash.ingest.encoding import scan
from tests.ingest.conftest import HEADER, PROFILE, Take, csv_text, row

ROWS = [row(1), row(2, 内容="第一行\n第二行，“引号”"), row(3, 经度="", 纬度="", 办结时间="")]


def as_book(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for y, cells in enumerate(lines):
                for x, cell in enumerate(cells):
                    if isinstance(cell, pd.Timestamp):
                        sheet.write_datetime(y, x, cell.to_pydatetime(), stamp)
                    else:
                        sheet.write(y, x, cell)
    return path


def book_rows() -> list[list[object]]:
    """Rows as a spreadsheet holds them: real dates and numbers."""
    lines: list[list[object]] = []
    for told in ROWS:
        cells: list[object] = []
        for name in HEADER:
            text = told[name]
            if name.endswith("时间") and text:
                cells.append(pd.Timestamp(text))
            elif name in {"编号", "经度", "纬度"} and text:
                cells.append(float(text))
            else:
                cells.append(text)
        lines.append(cells)
    return lines


def feature(told: dict[str, str]) -> dict:
    point = {"type": "Point", "coordinates": [float(told["经度"] or 0), float(told["纬度"] or 0)]}
    rest = {k: v for k, v in told.items() if k not in {"经度", "纬度"}}
    geometry = point if told["经度"] else None
    return {"type": "Feature", "geometry": geometry, "properties": rest}


def test_every_format_tells_the_same_events(take: Take, tmp_path: Path):
    assert take(csv_text(*ROWS)).new == 3
    text = csv_text(*ROWS)
    table = pd.read_csv(tmp_path / "file.csv", dtype=str, keep_default_na=False)
    pq.write_table(pa.Table.from_pandas(table), tmp_path / "p.parquet")
    flat = [{"编号": int(r["编号"]), **{k: v for k, v in r.items() if k != "编号"}} for r in ROWS]
    geo = PROFILE.model_copy(
        update={
            "columns": dict(PROFILE.columns) | {"lon": ("geometry.lon",), "lat": ("geometry.lat",)}
        }
    )
    lines = "\n".join(json.dumps(r, ensure_ascii=False) for r in flat)
    shapes = [feature(r) for r in ROWS]
    titled: list[list[object]] = [["某市工单导出"], [], list(HEADER), *book_rows(), [], []]
    book = as_book(tmp_path / "b.xlsx", {"说明": [["导出说明"], ["时间", "今天"]], "数据": titled})
    told = [
        take(text.encode("gb18030"), file="gb.csv"),
        take(b"\xef\xbb\xbf" + text.encode(), file="bom.csv"),
        take(text.encode("utf-16"), file="utf16.txt"),
        take(csv_text(*ROWS).replace(",", "\t"), file="tab.tsv"),
        take(csv_text(*ROWS).replace(",", ";").replace("\n", "\r\n"), file="semicolon.csv"),
        take("某市工单导出\n\n" + text, file="titled.csv"),
        take(json.dumps(flat, ensure_ascii=False), file="a.json"),
        take(json.dumps({"code": 0, "data": {"rows": flat}}, indent=1), file="b.json"),
        take(lines.encode("gb18030"), file="l.jsonl"),
        take(json.dumps({"type": "FeatureCollection", "features": shapes}), geo, file="g.geojson"),
        take(tmp_path / "p.parquet"),
        take(book),
    ]  # fmt: skip
    assert [(t.read, t.duplicate) for t in told] == [(3, 3)] * len(told)


def test_a_long_export_over_several_sheets_is_read_whole(take: Take, tmp_path: Path):
    lines = book_rows()
    sheets = {"1": [list(HEADER), *lines[:2]], "说明": [["别的"]], "2": [list(HEADER), lines[2]]}
    assert take(as_book(tmp_path / "b.xlsx", sheets)).new == 3


def test_a_workbook_without_rows_is_refused(take: Take, tmp_path: Path):
    with pytest.raises(InputError, match="只有表头"):
        take(as_book(tmp_path / "b.xlsx", {"1": [list(HEADER)]}))
    with pytest.raises(InputError, match="空的工作簿"):
        take(as_book(tmp_path / "c.xlsx", {"1": []}))


def test_numbers_of_spreadsheets_lose_their_point_but_long_ids_are_refused(
    take: Take, tmp_path: Path
):
    lines = book_rows()
    lines[1][0] = 1.2345678901234568e17
    told = take(as_book(tmp_path / "b.xlsx", {"1": [list(HEADER), *lines]}))
    assert told.reasons == {"rounded_id": 1}


def test_a_json_array_that_ends_early_keeps_what_came_before(take: Take):
    text = json.dumps([row(n) for n in range(1, 50)])
    told = take(text[:-30], file="cut.json")
    assert (told.read, told.accepted) == (49, 48)
    assert told.reasons == {"truncated_row": 1}


def test_a_json_line_that_cannot_be_read_costs_itself_only(take: Take):
    lines = [json.dumps(row(n)) for n in range(1, 5)]
    lines[1] = lines[1][:-3]
    told = take("\n".join(lines), file="lines.jsonl")
    assert (told.accepted, told.reasons) == (3, {"bad_json": 1})


@pytest.mark.parametrize("text", ["{}", "[]", '{"a": 1}\n', "[1, 2]", '{"a": [1'])
def test_json_without_usable_objects_is_refused_or_rejected(take: Take, text: str):
    with pytest.raises(InputError):
        take(text, file="x.json")


def test_a_shape_stands_for_a_point_inside_it(take: Take):
    square = {
        "type": "Polygon",
        "coordinates": [[[121, 31], [122, 31], [122, 32], [121, 32], [121, 31]]],
    }
    broken = {"type": "Polygon", "coordinates": [[["x"]]]}
    geo = PROFILE.model_copy(
        update={
            "columns": dict(PROFILE.columns) | {"lon": ("geometry.lon",), "lat": ("geometry.lat",)}
        }
    )
    made = [feature(row(n)) | {"geometry": g} for n, g in ((1, square), (2, broken))]
    told = take(json.dumps({"type": "FeatureCollection", "features": made}), geo, file="g.geojson")
    assert (told.accepted, told.reasons) == (1, {"bad_coordinates": 1})


def test_a_preview_shows_columns_and_rows_without_a_profile(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("报表标题,,\n甲,乙,乙\n1,2,3\n4,5,6\n", encoding="gb18030")
    seen = preview(path)
    assert seen.columns == ("甲", "乙", "乙_2")
    assert [list(r) for r in seen.rows] == [["1", "2", "3"], ["4", "5", "6"]]


def test_a_text_in_another_encoding_is_named_not_guessed_wrong(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes("編號,標題\n1,垃圾問題沒有人處理".encode("big5") * 50)
    with pytest.raises(InputError, match="请另存为 UTF-8"):
        scan(path, ("utf-8",))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffd\ufeff"), max_size=12)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8), st.sampled_from(",\t;|"))
def test_whatever_a_csv_writer_writes_is_read_back(tmp_path_factory, rows: list, delimiter: str):
    import csv

    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["甲", "乙", "丙"])
        writer.writerows(rows)
    known = frozenset({"甲", "乙", "丙"})
    told = [r for r in rows if any(cell.strip() for cell in r)]
    scanned = scan(path, ("utf-8",))
    if not told:
        return
    table = open_delimited(path, scanned, known=known)
    assert table.columns == ("甲", "乙", "丙")
    chunks = list(table.chunks)
    assert [tuple(r) for chunk in chunks for r in chunk.rows] == told
    assert not any(chunk.broken for chunk in chunks)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_opening_of_a_file(tmp_path_factory, content: bytes):
    path = tmp_path_factory.mktemp("any") / "a.csv"
    path.write_bytes(content)
    try:
        preview(path)
    except InputError as error:
        assert str(error)  # noqa: PT017  # refused is fine, as long as it is said
