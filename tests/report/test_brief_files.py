"""A report as PDF, DOCX, XLSX and HTML: the same words and numbers, nothing of data as markup."""

import zipfile
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import docx as python_docx
import pandas as pd
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from govdash.core.errors import InputError
from govdash.figures import printed
from govdash.report.brief import docx, html, pdf, xlsx
from govdash.report.brief.checking import unfounded
from govdash.report.brief.document import Chart, Column, Document, Kind, Mark, Section, Table, told

HOSTILE = "<b>#strong[x]</b> {{ 7*7 }} $x$ =1+1"
TABLE = Table(
    "kinds",
    "表1 类别",
    (Column("类别"), Column("接报（件）", Kind.COUNT), Column("环比", Kind.CHANGE)),
    (("暴露垃圾", 1234, 0.032), (HOSTILE, 5, None)),
    "环比按同样天数比较。",
    ("timeline?category=A-01", ""),
)
CHART = Chart(
    "kinds", "图1 类别", printed.bars(["甲 $x$", "乙"], [3, 1], ["3", "1"]), "甲 3 件，乙 1 件。"
)
DOCUMENT = Document(
    title="云澜市城市运行周报",
    subtitle="2026年6月1日至7日 · 全市",
    issuer="云澜市城市运行管理中心",
    zone="Asia/Shanghai",
    first=date(2026, 6, 1),
    last=date(2026, 6, 7),
    as_of=datetime(2026, 6, 7, 16, tzinfo=UTC),
    made_at=datetime(2026, 6, 8, 1, tzinfo=UTC),
    conditions=(("区域", "全市"),),
    sections=(
        Section("all", "一、总体情况", ("共接报 1,234 件，环比上升3.2%。",), (CHART,), (TABLE,)),
        Section("none", "二、没有的", (), (), (Table("e", "表2 空", (Column("甲"),), ()),)),
    ),
    basis=("数据来自演示城市。",),
)
MARK = Mark("RP-20260608-0001", "张三 2026-06-08 09:00")


def words(made: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)


def test_a_report_comes_back_from_where_it_is_kept_as_it_was():
    assert Document.load(DOCUMENT.dump()) == DOCUMENT


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (1234, Kind.COUNT, "1,234"),
        (0.7582, Kind.SHARE, "75.8%"),
        (-0.05, Kind.CHANGE, "-5.0%"),
        (0.0004, Kind.P_VALUE, "<0.001"),
        (None, Kind.COUNT, "—"),
        (float("nan"), Kind.SHARE, "—"),
    ],
)
def test_a_number_is_written_in_one_way(value: float | None, kind: Kind, written: str):
    assert told(value, kind) == written


def test_the_pdf_holds_every_word_the_chinese_font_and_vector_charts():
    made = pdf.pdf(DOCUMENT)
    said = words(made).replace(" ", "").replace("\n", "")
    for text in ("云澜市城市运行周报", "共接报1,234件", "暴露垃圾", "1,234", "+3.2%", "本期没有"):
        assert text in said
    assert HOSTILE.replace(" ", "") in said
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(BytesIO(made)).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all("+" in name for name in fonts)  # a subset that the file carries
    assert not any(page.images for page in PdfReader(BytesIO(made)).pages)


def test_the_same_report_is_the_same_file_and_a_mark_lies_on_every_page():
    assert pdf.pdf(DOCUMENT) == pdf.pdf(DOCUMENT)
    pages = PdfReader(BytesIO(pdf.pdf(DOCUMENT, MARK))).pages
    squeezed = ["".join(page.extract_text().split()) for page in pages]
    assert all(page.count("张三") > 10 for page in squeezed)


def test_without_a_chinese_font_there_is_no_pdf_of_boxes(tmp_path: Path):
    with pytest.raises(InputError, match="没有可用的中文字体"):
        pdf.pdf(DOCUMENT, fonts=tmp_path)


def test_the_docx_opens_with_its_headings_tables_and_pictures():
    made = docx.docx(DOCUMENT, MARK)
    opened = python_docx.Document(BytesIO(made))
    headings = [p.text for p in opened.paragraphs if p.style.name == "Heading 1"]
    assert headings == ["一、总体情况", "二、没有的", "数据与口径"]
    assert [cell.text for cell in opened.tables[0].rows[1].cells] == ["暴露垃圾", "1,234", "+3.2%"]
    assert opened.tables[0].rows[2].cells[0].text == HOSTILE
    assert len(opened.inline_shapes) == 1
    assert MARK.number in opened.sections[0].header.paragraphs[0].text
    assert zipfile.ZipFile(BytesIO(made)).testzip() is None


def test_the_workbook_tells_the_query_first_and_its_tables_are_live():
    made = xlsx.xlsx(DOCUMENT, MARK)
    book = CalamineWorkbook.from_filelike(BytesIO(made))
    assert book.sheet_names == ["说明", "表1 类别", "表2 空"]
    about = {row[0]: row[1] for row in book.get_sheet_by_name("说明").to_python()}
    assert about["区域"] == "全市"
    assert about["水印"].startswith(MARK.number)
    lines = book.get_sheet_by_name("表1 类别").to_python(skip_empty_area=False)
    assert lines[1:4] == [
        ["类别", "接报（件）", "环比"],
        ["暴露垃圾", 1234, 0.032],
        [HOSTILE, 5, ""],
    ]
    live = zipfile.ZipFile(BytesIO(made)).read("xl/tables/table1.xml").decode()
    assert 'ref="A2:C4"' in live
    assert "autoFilter" in live


def test_the_html_needs_nothing_else_and_shows_data_as_text():
    made = html.html(DOCUMENT, MARK)
    assert "&lt;b&gt;#strong[x]&lt;/b&gt; {{ 7*7 }}" in made
    assert "http" not in made.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "<a " not in made


def test_a_number_in_a_sentence_that_stands_in_no_table_is_found():
    assert unfounded(DOCUMENT) == []
    changed = DOCUMENT.with_paragraphs("all", ("6月1日共接报 1,235 件，上升3.2%。",))
    assert [one.number for one in unfounded(changed)] == ["1,235"]
    assert changed.edited


def test_a_chart_for_paper_holds_its_words_as_words_and_is_the_same_each_time():
    days = pd.date_range("2026-06-01", periods=7)
    counts = pd.DataFrame(
        {"bucket": days, "n": [5, 6, 5, 20, 5, 6, 4], "expected": 5.0, "low": 2.0, "high": 9.0}
    ).assign(flag=lambda table: table["n"] > table["high"])
    drawn = printed.course(counts, grain="day", notes={days[3]: "06-04 停水突增"})
    assert "06-04 停水突增" in drawn
    assert drawn == printed.course(counts, grain="day", notes={days[3]: "06-04 停水突增"})
