"""A report as XLSX: the query and the sentences first, then each table as a live one."""

from datetime import UTC
from io import BytesIO
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from govdash.report.brief import wording
from govdash.report.brief.document import Cell, Document, Kind, Mark, Table
from govdash.report.watermark import watermark_image

_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.NUMBER: "#,##0.0",
    Kind.SHARE: "0.0%",
    Kind.CHANGE: "+0.0%;-0.0%;0.0%",
    Kind.POINTS: "+0.0;-0.0;0.0",
    Kind.P_VALUE: "0.000",
}
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_SHEET_CHARS: Final = 31  # Excel's limit for the name of a sheet
_NOT_IN_NAMES: Final = str.maketrans("[]:*?/\\", "（）：×？／、")


def xlsx(document: Document, mark: Mark | None = None) -> bytes:
    """Return the report as a workbook: numbers are numbers, tables can be filtered and sorted."""
    out = BytesIO()
    with Workbook(out, _OPTIONS) as book:
        book.set_properties(
            {
                "title": document.title,
                "author": document.issuer,
                "created": document.made_at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        _about(book, document, mark)
        taken: set[str] = {"说明"}
        for at, table in enumerate(document.tables(), 1):
            sheet = book.add_worksheet(_name(table.title, at, taken))
            _mark(sheet, mark)
            _table(book, sheet, table, f"table_{at}")
    return out.getvalue()


def _about(book: Workbook, document: Document, mark: Mark | None) -> None:
    sheet = book.add_worksheet("说明")
    _mark(sheet, mark)
    head = book.add_format({"bold": True, "font_size": 15, "font_color": "#A50F2B"})
    name = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, document.title, head)
    said = [
        ("时段和范围", document.subtitle),
        ("编号", document.number or "（未签发）"),
        ("出具", wording.issued(document)),
        ("数据", wording.footer(document)),
        *([("水印", f"{mark.number}　{mark.words}")] if mark else []),
        *document.conditions,
        *(
            (section.title if at == 0 else "", sentence)
            for section in document.sections
            for at, sentence in enumerate(section.paragraphs)
        ),
        *(("数据与口径" if at == 0 else "", text) for at, text in enumerate(document.basis)),
    ]
    for line, (label, text) in enumerate(said, start=1):
        sheet.write_string(line, 0, label, name)
        sheet.write_string(line, 1, text, wrap)


def _table(book: Workbook, sheet: Worksheet, table: Table, name: str) -> None:
    title = book.add_format({"bold": True, "font_size": 12})
    sheet.write_string(0, 0, table.title, title)
    formats = [
        book.add_format({"num_format": _FORMATS[column.kind]} if column.kind in _FORMATS else {})
        for column in table.columns
    ]
    labels = _labels(table)
    if table.rows:
        sheet.add_table(
            1, 0, 1 + len(table.rows), len(table.columns) - 1,
            {
                "name": name,
                "style": "Table Style Light 9",
                "columns": [{"header": label} for label in labels],
            },
        )  # fmt: skip
    else:
        sheet.write_string(2, 0, "本期没有。")
        for at, label in enumerate(labels):
            sheet.write_string(1, at, label, title)
    for line, row in enumerate(table.rows, start=2):
        for at, cell in enumerate(row):
            points = table.columns[at].kind is Kind.POINTS
            shown = 100 * cell if points and isinstance(cell, float) else cell
            _cell(sheet, line, at, shown, formats[at])
    texts = list(table.texts())
    for at, label in enumerate(labels):
        longest = max([_wide(label), *(_wide(row[at]) for row in texts)])
        sheet.set_column(at, at, min(60, longest + 4))
    sheet.freeze_panes(2, 0)
    if table.note:
        sheet.write_string(len(table.rows) + 3, 0, table.note)


def _cell(sheet: Worksheet, line: int, at: int, cell: Cell, look: Format) -> None:
    if cell is None or cell != cell:
        return
    if isinstance(cell, str):
        sheet.write_string(line, at, cell)
    else:
        sheet.write_number(line, at, cell, look)


def _labels(table: Table) -> list[str]:
    """Return headings that a live table allows: none twice."""
    seen: dict[str, int] = {}
    labels = []
    for column in table.columns:
        seen[column.label] = seen.get(column.label, 0) + 1
        labels.append(column.label + (f" {seen[column.label]}" if seen[column.label] > 1 else ""))
    return labels


def _name(title: str, at: int, taken: set[str]) -> str:
    name = title.translate(_NOT_IN_NAMES)[:_SHEET_CHARS].strip("'")
    if not name or name in taken:
        name = f"{name[: _SHEET_CHARS - 4]} {at}"
    taken.add(name)
    return name


def _wide(text: str) -> int:
    return sum(1 if ord(letter) < 0x2E80 else 2 for letter in text)


def _mark(sheet: Worksheet, mark: Mark | None) -> None:
    if mark is None:
        return
    said = f"{mark.number}　{mark.words}".replace("&", "&&")  # "&" begins a code
    sheet.set_header(f"&C&14&K808080{said}")
    sheet.set_background(BytesIO(watermark_image(mark.number)))
