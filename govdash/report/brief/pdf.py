"""A report as PDF: vector charts, embedded Chinese font, page numbers, watermark."""

import json
import tempfile
from pathlib import Path
from typing import Any, Final

import typst

from govdash.core.errors import InputError
from govdash.report.brief import wording
from govdash.report.brief.document import Document, Mark, Table

TEMPLATE: Final = Path(__file__).with_name("brief.typ")
_UNKNOWN_FONT: Final = "unknown font family"
_SHORT: Final = 8  # characters: a column of short cells is as wide as it needs
_WIDEST: Final = 40


def pdf(document: Document, mark: Mark | None = None, *, fonts: Path | None = None) -> bytes:
    """Return the report as PDF; the same bytes for the same report and mark.

    `fonts` is a folder of fonts to use in the place of the machine's.

    Raises
    ------
    InputError
        When the machine has no Chinese font.
    """
    with tempfile.TemporaryDirectory(prefix="govdash-pdf-") as folder:
        source = _lay_out(document, mark, Path(folder))
        made, warnings = typst.compile_with_warnings(
            source,
            root=Path(folder),
            font_paths=[fonts] if fonts else [],
            ignore_system_fonts=fonts is not None,
        )
    _check_fonts([str(warning.message) for warning in warnings])
    return bytes(made)


def picture(svg: str, *, ppi: float = 220) -> bytes:
    """Return a chart as PNG, for formats without vector pictures."""
    with tempfile.TemporaryDirectory(prefix="govdash-png-") as folder:
        (Path(folder) / "chart.svg").write_text(svg, encoding="utf-8")
        page = Path(folder) / "page.typ"
        page.write_text(
            "#set page(width: auto, height: auto, margin: 0pt)\n"
            '#image("chart.svg", width: 160mm)\n',
            encoding="utf-8",
        )
        return bytes(typst.compile(page, root=Path(folder), format="png", ppi=ppi))


def _lay_out(document: Document, mark: Mark | None, folder: Path) -> Path:
    charts = 0
    sections = []
    for section in document.sections:
        pictures = []
        for chart in section.charts:
            charts += 1
            name = f"chart-{charts}.svg"
            (folder / name).write_text(chart.svg, encoding="utf-8")
            pictures.append(
                {"title": chart.title, "file": name, "words": chart.words, "note": chart.note}
            )
        sections.append(
            {
                "title": section.title,
                "paragraphs": list(section.paragraphs),
                "charts": pictures,
                "tables": [_table(table) for table in section.tables],
            }
        )
    told = {
        "title": document.title,
        "subtitle": document.subtitle,
        "issuer": document.issuer,
        "number": document.number or "（未签发）",
        "issued": wording.issued(document),
        "footer": wording.footer(document),
        "mark": {"number": mark.number, "words": mark.words} if mark else None,
        "sections": sections,
        "basis": list(document.basis),
    }
    (folder / "brief.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    source = folder / "brief.typ"
    source.write_bytes(TEMPLATE.read_bytes())
    return source


def _table(table: Table) -> dict[str, Any]:
    rows = [list(row) for row in table.texts()]
    longest = [
        max([len(column.label), *(len(row[at]) for row in rows)])
        for at, column in enumerate(table.columns)
    ]
    return {
        "title": table.title,
        "columns": [column.label for column in table.columns],
        "right": [column.kind.is_number for column in table.columns],
        "widths": [
            0 if one <= _SHORT and at else min(one, _WIDEST) for at, one in enumerate(longest)
        ],
        "rows": rows,
        "note": table.note,
    }


def _check_fonts(warnings: list[str]) -> None:
    missing = {text for text in warnings if text.startswith(_UNKNOWN_FONT)}
    chinese = {name for name in _families() if not any(name.lower() in text for text in missing)}
    if not chinese:
        raise InputError(
            "本机没有可用的中文字体，PDF 里的字会变成方框；"
            "请安装 Noto CJK 或文泉驿字体（如 apt-get install fonts-noto-cjk）后重试。"
        )


def _families() -> set[str]:
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line.startswith(("#let serif", "#let sans"))]
    return {part for line in listed for part in line.split('"')[1::2]}
