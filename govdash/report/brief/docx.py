"""A report as DOCX for Word and WPS: headings, captions, repeated table heads, page numbers."""

from io import BytesIO
from typing import Any, Final

import docx as python_docx
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph

from govdash.report.brief import wording
from govdash.report.brief.document import Document, Mark, Table
from govdash.report.brief.pdf import picture

_BODY, _HEAD = "仿宋", "黑体"  # what Word and WPS both have; elsewhere the nearest is taken
_RED: Final = RGBColor(0xA5, 0x0F, 0x2B)
_PALE: Final = RGBColor(0x5B, 0x6B, 0x82)
_WIDE: Final = Mm(160)


def docx(document: Document, mark: Mark | None = None) -> bytes:
    """Return the report as DOCX; charts are pictures with their words as alternative text."""
    made = python_docx.Document()
    _set_up(made, document, mark)
    title = made.add_paragraph(style="Title")
    title.add_run(document.title)
    _line(made, document.subtitle, size=11, colour=_PALE, align=WD_ALIGN_PARAGRAPH.CENTER)
    head = _line(made, f"{document.number or '（未签发）'}\t{wording.issued(document)}", size=10.5)
    head.paragraph_format.tab_stops.add_tab_stop(_WIDE, alignment=2)  # type: ignore[arg-type]  # right
    _rule(head)
    for section in document.sections:
        made.add_heading(section.title, level=1)
        for sentence in section.paragraphs:
            made.add_paragraph(sentence)
        for chart in section.charts:
            _line(made, chart.title, size=10.5, bold=True, keep=True)
            shown = made.add_picture(BytesIO(picture(chart.svg)), width=_WIDE)
            shown._inline.docPr.set("descr", chart.words)  # noqa: SLF001 - no public way
            made.paragraphs[-1].paragraph_format.first_line_indent = Pt(0)
            if chart.note:
                _line(made, chart.note, size=9, colour=_PALE)
        for table in section.tables:
            _table(made, table)
    made.add_heading("数据与口径", level=1)
    for sentence in document.basis:
        made.add_paragraph(sentence)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _set_up(made: Docx, document: Document, mark: Mark | None) -> None:
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(25)
    page.top_margin, page.bottom_margin = Mm(28), Mm(25)
    _font(made.styles["Normal"], _BODY, 12)
    spoken = OxmlElement("w:lang")
    for script in ("w:val", "w:eastAsia"):
        spoken.set(qn(script), "zh-CN")
    made.styles["Normal"].element.get_or_add_rPr().append(spoken)
    normal = made.styles["Normal"].paragraph_format  # type: ignore[union-attr]  # a paragraph's
    normal.first_line_indent, normal.line_spacing, normal.space_after = Pt(24), 1.5, Pt(2)
    _font(made.styles["Title"], _HEAD, 22, colour=_RED)
    _font(made.styles["Heading 1"], _HEAD, 14, colour=RGBColor(0x1B, 0x25, 0x37))
    for name in ("Title", "Heading 1"):
        style = made.styles[name].paragraph_format  # type: ignore[union-attr]  # a paragraph's
        style.first_line_indent = Pt(0)
    made.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER  # type: ignore[union-attr]  # a paragraph's
    for border in made.styles["Title"].element.xpath(".//w:pBdr"):
        border.getparent().remove(border)
    said = f"{document.title}　{document.subtitle}"
    _plain(page.header.paragraphs[0], f"{said}　{mark.number} {mark.words}" if mark else said)
    foot = page.footer.paragraphs[0]
    _plain(foot, wording.footer(document) + "　第 ")
    _field(foot, "PAGE")
    foot.add_run(" 页 / 共 ")
    _field(foot, "NUMPAGES")
    foot.add_run(" 页")
    for run in foot.runs:
        _run_font(run, _HEAD, 8.5, _PALE)
    core = made.core_properties
    core.title, core.author, core.comments = document.title, document.issuer, ""
    core.created = core.modified = document.made_at.replace(tzinfo=None)


def _table(made: Docx, table: Table) -> None:
    _line(made, table.title, size=10.5, bold=True, keep=True)
    rows = list(table.texts())
    if not rows:
        _line(made, "本期没有。", size=10, colour=_PALE)
        return
    grid = made.add_table(rows=1 + len(rows), cols=len(table.columns))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    _borders(grid)
    labels = tuple(column.label for column in table.columns)
    widths = _widths(table, rows)
    for at, texts in enumerate((labels, *rows)):
        cells = grid.rows[at].cells  # asked once: it is slow
        for cell, text, column, wide in zip(cells, texts, table.columns, widths, strict=True):
            cell.width = wide
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.first_line_indent = Pt(0)
            paragraph.paragraph_format.line_spacing = 1.1
            paragraph.paragraph_format.space_after = Pt(0)
            if column.kind.is_number:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(text)
            _run_font(run, _HEAD, 9)
            run.bold = at == 0
    again = OxmlElement("w:tblHeader")
    again.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(again)  # noqa: SLF001 - no public way
    if table.note:
        _line(made, table.note, size=9, colour=_PALE)


def _widths(table: Table, rows: list[tuple[str, ...]]) -> list[Length]:
    """Share the width of the text out by the longest words of each column."""
    longest = [
        min(30, max(4, len(column.label), *(len(row[at]) for row in rows)))
        for at, column in enumerate(table.columns)
    ]
    return [Length(_WIDE * one // sum(longest)) for one in longest]


def _borders(grid: DocxTable) -> None:
    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "C9D2DF")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    grid._tbl.tblPr.append(borders)  # noqa: SLF001 - no public way


def _line(
    made: Docx,
    text: str,
    *,
    size: float,
    colour: RGBColor | None = None,
    bold: bool = False,
    keep: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
) -> Paragraph:
    paragraph = made.add_paragraph()
    _plain(paragraph, text)
    paragraph.paragraph_format.keep_with_next = keep
    if align is not None:
        paragraph.alignment = align
    for run in paragraph.runs:
        _run_font(run, _HEAD, size, colour)
        run.bold = bold
    return paragraph


def _plain(paragraph: Paragraph, text: str) -> None:
    paragraph.paragraph_format.first_line_indent = Pt(0)
    _run_font(paragraph.add_run(text), _HEAD, 8.5, _PALE)


def _rule(paragraph: Paragraph) -> None:
    border = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "1"), ("color", "A50F2B")):
        line.set(qn(f"w:{name}"), value)
    border.append(line)
    paragraph._p.get_or_add_pPr().append(border)  # noqa: SLF001 - no public way


def _field(paragraph: Paragraph, code: str) -> None:
    for kind in ("begin", "", "end"):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = code
        paragraph.add_run()._r.append(part)  # noqa: SLF001 - no public way


def _font(style: Any, name: str, size: float, colour: RGBColor | None = None) -> None:  # noqa: ANN401
    if isinstance(style, ParagraphStyle):
        _run_font(style, name, size, colour)


def _run_font(thing: Any, name: str, size: float, colour: RGBColor | None = None) -> None:  # noqa: ANN401 - a run or a style
    thing.font.name, thing.font.size = name, Pt(size)
    if colour is not None:
        thing.font.color.rgb = colour
    fonts = thing.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(script), name)
    for theme in ("asciiTheme", "eastAsiaTheme", "hAnsiTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
