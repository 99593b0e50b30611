"""`govdash report`: tables for managers as files, made again as they were known at any moment."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from govdash.access import query_for
from govdash.cli.acting import acting
from govdash.cli.briefs import brief
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.report import export, export_sources, kpi_export
from govdash.report.export import Format
from govdash.report.kpi import GROUPS, Board, Book
from govdash.store import Store

app = typer.Typer(no_args_is_help=True, help="报表：考核指标、研判报告。")
_GROUPS = "、".join(f"{code}（{name}）" for code, (name, _) in GROUPS.items())
_FILES = (Format.CSV, Format.XLSX)


@app.callback()
def _group() -> None:
    """Keep the name of the command, though there is one so far."""


@app.command(help="考核指标：与页面“绩效考核”相同的数；可按当时所知重做。")
def kpi(
    *,
    period: Annotated[
        str, typer.Option("--period", help="2026-05、2026-Q2、2026-W22、2026、首日..末日。")
    ],
    by: Annotated[str, typer.Option("--by", help=f"分组：{_GROUPS}。")] = "street",
    as_of: Annotated[
        str,
        typer.Option("--as-of", help="截至何时所知，如 2026-06-30T18:00:00+08:00；不给则为现在。"),
    ] = "",
    area: Annotated[list[str] | None, typer.Option("--area", help="区域路径，可多次。")] = None,
    category: Annotated[
        list[str] | None, typer.Option("--category", help="类别代码，可多次。")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", help="单位代码，可多次。")] = None,
    scheme: Annotated[
        str, typer.Option("--scheme", help="按第几版考核方案；0 为自带；不给则为该时期有效的。")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="输出文件：.csv 或 .xlsx。")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="文件已存在时覆盖。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")] = False,
) -> None:
    """Make the table of KPIs."""
    if out is None and not as_json:
        raise InputError("请给出输出文件（--out 文件.csv 或 .xlsx），或加 --json。")
    if out is not None and Format.of(out) not in _FILES:
        raise InputError(f"“{out.name}”的后缀不行；考核指标可导出 .csv 或 .xlsx。")
    settings = Settings.from_environment()
    at = datetime.now(UTC)
    store = Store.of(settings, origin=here())
    chosen = EventFilter(
        kpi_export.read_period(period, settings.timezone), areas=tuple(area or ()),
        categories=tuple(category or ()), units=tuple(unit or ()),
    )  # fmt: skip
    given = {"by": by, "as_of": as_of, "scheme": scheme}
    choice = kpi_export.Choice.from_params(given)
    book = Book.load(settings.data)
    with acting(store, did="export", subject=kpi_export.WHAT) as user, store.read() as session:
        export.require(user, kpi_export.WHAT)
        query = query_for(user, chosen, needs=Permission.KPI_READ)
        names = export_sources.names_of(session)
        who = kpi_export.who_for(session, user, settings.contact_key)
        board = kpi_export.make(
            session, query, book, choice, at=at, data_dir=settings.data, who=who
        )
        table = kpi_export.export(board, book, query, names, choice, zone=settings.zone)
        shown = kpi_export.told(board, book, names)
    file: dict[str, Any] = {}
    if out is not None:

        def in_the_journal(sha256: str) -> None:
            with store.write() as session:
                export.record(session, table, Format.of(out), actor=user, at=at, sha256=sha256)

        written = export.write(table, out, replace=replace, note=in_the_journal)
        file = {"file": str(written.path), "sha256": written.sha256, "n_rows": written.rows}
    if as_json:
        typer.echo(json.dumps(_plain(board, shown) | file, ensure_ascii=False))
    elif out is not None:
        typer.echo(f"已导出 {file['n_rows']:,} 行 → {out}（截至 {table.as_of_text} 所知）")


def _plain(board: Board, shown: pd.DataFrame) -> dict[str, Any]:
    """Return the table for machines: missing figures are null, shares are percentages."""
    rows = shown.astype(object).where(shown.notna(), None).to_dict("records")
    return {
        "period": {"first": str(board.period.first), "last": str(board.period.last)},
        "as_of": board.known_at.isoformat(),
        "by": board.by,
        "scheme": board.scheme.version,
        "rows": rows,
    }


app.command(name="brief", help="研判报告：与页面“研判报告”相同，留作草稿并写成文件。")(brief)
