"""`govdash export`: the rows of a query as a file, with a sidecar that says what they are."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from govdash.access import query_for
from govdash.cli.acting import acting
from govdash.cli.origin import here
from govdash.core.actions import label_of
from govdash.core.filters import EventFilter, Period
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.lake import Lake
from govdash.report import export, export_sources, releases
from govdash.report.export_counts import GRAINS, KINDS, LEVELS, Grouping
from govdash.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="导出事件、监测提示、案件、统计：CSV、XLSX、Parquet、GeoJSON，按文件后缀决定格式。",
)

FIRST_DAY = date(1970, 1, 1)  # earlier than any event: "all the time there is"

Out = Annotated[Path, typer.Option("--out", help="输出文件；给出文件夹则自动命名（CSV）。")]
Replace = Annotated[bool, typer.Option("--replace", help="文件已存在时覆盖。")]
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]
First = Annotated[str, typer.Option("--from", help="开始日，如 2026-01-01；不给则从最早起。")]
Last = Annotated[str, typer.Option("--to", help="结束日（含当天）；不给则到今天。")]
Areas = Annotated[list[str] | None, typer.Option("--area", help="区域路径，可多次。")]
Categories = Annotated[list[str] | None, typer.Option("--category", help="类别代码，可多次。")]
Channels = Annotated[list[str] | None, typer.Option("--channel", help="渠道代码，可多次。")]
Facets = Annotated[list[str] | None, typer.Option("--facet", help="要素代码，可多次。")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="单位代码，可多次。")]


def _given(first: str, last: str, **lists: list[str] | None) -> dict[str, str]:
    """Write what was given as the parameters of a link are."""
    joined = {name: ",".join(values or ()) for name, values in lists.items()}
    return {"from": first, "to": last} | joined


def _known(codes: Mapping[str, str]) -> str:
    """Say in a help line what may be given."""
    return "、".join(f"{code}（{name}）" for code, name in codes.items()) + "。"


@app.command(help="导出事件。")
def events(
    *,
    out: Out,
    first: First = "",
    last: Last = "",
    area: Areas = None,
    category: Categories = None,
    channel: Channels = None,
    facet: Facets = None,
    unit: Units = None,
    text: Annotated[str, typer.Option("--text", help="标题、内容、地址中包含的文字。")] = "",
    box: Annotated[str, typer.Option("--box", help="西,南,东,北（WGS-84 度）。")] = "",
    unplaced: Annotated[bool, typer.Option("--unplaced", help="只要未落格的事件。")] = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Export events."""
    given = _given(
        first, last, area=area, category=category, channel=channel, facet=facet, unit=unit
    ) | {"q": text, "box": box, "unplaced": "1" if unplaced else ""}
    _export("events", out, given, replace=replace, as_json=as_json)


@app.command(help="导出监测提示（按首次发现的日期）。")
def alerts(
    *,
    out: Out,
    first: First = "",
    last: Last = "",
    area: Areas = None,
    category: Categories = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Export alerts."""
    given = _given(first, last, area=area, category=category)
    _export("alerts", out, given, replace=replace, as_json=as_json)


@app.command(help="导出案件（按登记的日期）。")
def cases(
    *,
    out: Out,
    first: First = "",
    last: Last = "",
    area: Areas = None,
    category: Categories = None,
    unit: Units = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Export cases."""
    given = _given(first, last, area=area, category=category, unit=unit)
    _export("cases", out, given, replace=replace, as_json=as_json)


@app.command(help="导出统计：按时间、区域、类别计数；--outside 隐去小于 5 的计数，供对外提供。")
def counts(
    *,
    out: Out,
    first: First = "",
    last: Last = "",
    area: Areas = None,
    category: Categories = None,
    channel: Channels = None,
    facet: Facets = None,
    unit: Units = None,
    level: Annotated[str, typer.Option("--level", help=_known(LEVELS))] = Grouping().area,
    by: Annotated[str, typer.Option("--by", help=_known(KINDS))] = Grouping().kind,
    grain: Annotated[str, typer.Option("--grain", help=_known(GRAINS))] = Grouping().grain,
    outside: Annotated[bool, typer.Option("--outside", help="供对外提供：隐去小计数。")] = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Export counts."""
    given = (
        _given(first, last, area=area, category=category, channel=channel, facet=facet, unit=unit)
        | Grouping(level, by, grain, outside=outside).to_params()
    )
    _export("counts", out, given, replace=replace, as_json=as_json)


@app.command(help="按水印编号追查：谁申请、谁批准、谁在何时下载（需要读操作日志的权限）。")
def trace(
    watermark: Annotated[str, typer.Argument(help="水印编号，如 DC-20260610-0001-1。")],
    *,
    as_json: AsJson = False,
) -> None:
    """Tell from the journal where a marked file comes from."""
    settings = Settings.from_environment()
    at = datetime.now(UTC)
    store = Store.of(settings, origin=here())
    with (
        acting(store, did="release.trace", subject=f"release:{watermark}"[:120]) as user,
        store.write() as session,
    ):
        found = releases.trace(session, watermark, actor=user, at=at)
    if as_json:
        lines = [
            {"at": moment.isoformat(), "who": who, "did": did, "watermark": mark}
            for moment, who, did, mark in found.lines
        ]
        typer.echo(json.dumps({"number": found.number, "lines": lines}, ensure_ascii=False))
        return
    for moment, who, did, mark in found.lines:
        local = moment.astimezone(settings.zone)
        typer.echo(f"{local:%Y-%m-%d %H:%M:%S}  {who}  {label_of(did)}  {mark}".rstrip())


def _export(what: str, out: Path, given: dict[str, str], *, replace: bool, as_json: bool) -> None:
    settings = Settings.from_environment()
    at = datetime.now(UTC)
    store = Store.of(settings, origin=here())
    lake = Lake.open(settings)
    whole = Period(FIRST_DAY, local_day(at, settings.zone), settings.timezone)
    chosen = EventFilter.from_params({k: v for k, v in given.items() if v}, default=whole)
    with acting(store, did="export", subject=what) as user, store.read() as session:
        export.require(user, what)
        query = query_for(user, chosen, needs=Permission.EVENT_EXPORT)
        grouping = Grouping.from_params(given) if what == "counts" else None
        table = export_sources.of(
            what, session, lake, query, zone=settings.zone, as_of=at, grouping=grouping
        )
    if out.is_dir():
        out = out / export.file_name(table, export.Format.CSV)
    file_format = export.Format.of(out)
    if (note := export.notes(table, file_format)) and not as_json:
        typer.echo(note, err=True)

    def in_the_journal(sha256: str) -> None:
        with store.write() as session:
            export.record(session, table, file_format, actor=user, at=at, sha256=sha256)

    written = export.write(table, out, replace=replace, note=in_the_journal)
    if as_json:
        told = {"file": str(written.path), "rows": written.rows, "sha256": written.sha256}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(f"已导出 {written.rows:,} 行 → {written.path}（说明：{written.sidecar.name}）")
