"""XLSX: a first sheet that says what the query was, then the rows, on as many sheets as needed."""

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from govdash.report.export_table import (
    Column,
    Export,
    Holds,
    Tally,
    column_of,
    labelled,
    local_naive,
)
from govdash.report.watermark import watermark_image

SHEET_ROWS = 1_048_576  # Excel's limit, the header line included
CELL_CHARS = 32_767  # Excel's limit
DAY_ZERO = np.datetime64("1899-12-30", "us")  # Excel counts days from here
PIECE = 1 << 20
TEXT_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def limit_note(rows: int) -> str:
    """Say before the export what Excel's sheet limit means for `rows`; empty when it fits."""
    held = SHEET_ROWS - 1
    if rows <= held:
        return ""
    return (
        f"Excel 每个工作表最多 {SHEET_ROWS:,} 行（含表头）；共 {rows:,} 行，"
        f"将依次写入 {-(-rows // held)} 个工作表，不会丢行。"
    )


def chunks(export: Export, tally: Tally, *, sheet_rows: int = SHEET_ROWS) -> Iterator[bytes]:
    """Write the workbook to a temporary file, then yield it piece by piece."""
    with tempfile.TemporaryDirectory(prefix="govdash-xlsx-") as folder:
        path = Path(folder) / "export.xlsx"
        with Workbook(str(path), {**TEXT_OPTIONS, "tmpdir": folder}) as book:
            about = book.add_worksheet("说明")
            _write_rows(book, export, tally, sheet_rows)
            _write_about(book, about, export, tally)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _write_rows(book: Workbook, export: Export, tally: Tally, sheet_rows: int) -> None:
    stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = _new_sheet(book, export, tally)
    line = 1
    for batch in export.batches():
        columns = [_cells(batch, column, export, tally) for column in export.columns]
        formats: list[Format | None] = [
            {Holds.TIME: stamp, Holds.DATE: day}.get(column.holds) for column in export.columns
        ]
        for at in range(batch.num_rows):
            if line == sheet_rows:
                sheet, line = _new_sheet(book, export, tally), 1
            for place, values in enumerate(columns):
                value = values[at]
                if value is None:
                    continue
                if isinstance(value, str):
                    sheet.write_string(line, place, value)
                else:
                    sheet.write_number(line, place, value, formats[place])
            line += 1
        tally.rows += batch.num_rows


def _new_sheet(book: Workbook, export: Export, tally: Tally) -> Worksheet:
    tally.sheets += 1
    name = export.title if tally.sheets == 1 else f"{export.title}({tally.sheets})"
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
    sheet.freeze_panes(1, 0)
    _mark(sheet, export)
    for place, column in enumerate(export.columns):
        sheet.set_column(
            place, place, {Holds.TIME: 19, Holds.NUMBER: 12, Holds.COUNT: 8}.get(column.holds, 16)
        )
        zone = f"（{export.zone.key}）" if column.holds is Holds.TIME else ""
        sheet.write_string(0, place, column.label + zone, head)
    return sheet


def _mark(sheet: Worksheet, export: Export) -> None:
    """Show the watermark behind the cells on the screen, and above and below them on paper."""
    if not export.watermark:
        return
    said = f"{export.watermark}　{export.marked_for}".replace("&", "&&")  # "&" begins a code
    sheet.set_header(f"&C&14&K808080{said}")
    sheet.set_footer(f"&L&K808080{said}&R&P / &N")
    sheet.set_background(BytesIO(watermark_image(export.watermark)))


def _cells(batch: pa.RecordBatch, column: Column, export: Export, tally: Tally) -> list[Any]:
    values = column_of(batch, column)
    if column.holds is Holds.TIME:
        return _serial(local_naive(values, export.zone))
    if column.holds is Holds.DATE:
        stamps = values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
        return _serial(stamps)
    told = values.to_pylist()
    if column.holds is not Holds.TEXT:
        return told
    said = labelled(told, column.codes)
    long = [at for at, text in enumerate(said) if text is not None and len(text) > CELL_CHARS]
    for at in long:
        said[at] = said[at][:CELL_CHARS]
    tally.cut_cells += len(long)
    return said


def _serial(stamps: np.ndarray) -> list[float | None]:
    days = (stamps - DAY_ZERO) / np.timedelta64(1, "D")
    return [None if np.isnan(d) else float(d) for d in days]


def _write_about(book: Workbook, sheet: Worksheet, export: Export, tally: Tally) -> None:
    head = book.add_format({"bold": True, "font_size": 14})
    name = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, f"{export.title}导出", head)
    _mark(sheet, export)
    said = [
        ("数据截至", export.as_of_text),
        *(
            [("水印", f"{export.watermark}　{export.marked_for}　含个人信息，请勿外传")]
            if export.watermark
            else []
        ),
        ("行数", f"{tally.rows:,} 行，{tally.sheets} 个工作表"),
        *export.words,
        ("时间", f"各列时间均为 {export.zone.key} 当地时间；经纬度为 WGS-84。"),
    ]
    if note := limit_note(tally.rows):
        said.append(("行数上限", note))
    if tally.cut_cells:
        said.append(
            (
                "超长文字",
                f"{tally.cut_cells:,} 个单元格超过 {CELL_CHARS:,} 字，已截短；全文请导出 CSV。",
            )
        )
    for line, (label, text) in enumerate(said, start=1):
        sheet.write_string(line, 0, label, name)
        sheet.write_string(line, 1, text, wrap)
