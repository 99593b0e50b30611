"""`govdash report brief`: a report (研判报告) made as the page does, kept, written to a file."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from govdash.access import query_for
from govdash.cli.acting import acting
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import BriefKind
from govdash.lake import Lake
from govdash.report import kpi_export
from govdash.report.brief import checking, desk, periods
from govdash.report.brief.desk import BriefFormat
from govdash.report.brief.making import Making, make
from govdash.report.kpi import Book
from govdash.store import Store

_KINDS = "、".join(f"{kind.value}（{kind.label}）" for kind in BriefKind)


def brief(
    *,
    out: Annotated[Path, typer.Option("--out", help="输出文件：.pdf、.docx、.xlsx、.html。")],
    kind: Annotated[str, typer.Option("--kind", help=f"种类：{_KINDS}。")] = "day",
    period: Annotated[
        str,
        typer.Option("--period", help="2026-05、2026-W22、首日..末日；不给则为最近过完的一期。"),
    ] = "",
    area: Annotated[str, typer.Option("--area", help="区域路径；不给则为全市。")] = "",
    category: Annotated[
        list[str] | None, typer.Option("--category", help="类别代码，可多次。")
    ] = None,
    as_of: Annotated[
        str,
        typer.Option("--as-of", help="按何时所知，如 2026-06-30T18:00:00+08:00；不给则为现在。"),
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="文件已存在时覆盖。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")] = False,
) -> None:
    """Make a report, keep it as a draft, and write a copy with its watermark."""
    suffix = out.suffix.lstrip(".").lower()
    if suffix not in set(BriefFormat):
        raise InputError(f"“{out.name}”的后缀不行；可用：{'、'.join(BriefFormat)}。")
    if kind not in set(BriefKind):
        raise InputError(f"没有“{kind}”这种报告；可用：{_KINDS}。")
    if out.exists() and not replace:
        raise InputError(f"文件 {out} 已存在；请换名，或加 --replace 覆盖。")
    settings = Settings.from_environment()
    at, chosen_kind = datetime.now(UTC), BriefKind(kind)
    today = local_day(at, settings.zone)
    days = (
        kpi_export.read_period(period, settings.timezone)
        if period
        else periods.last_whole(chosen_kind, today=today, zone_name=settings.timezone)
    )
    chosen = EventFilter(
        period=days, areas=(area,) if area else (), categories=tuple(sorted(category or ()))
    )
    store, lake = Store.of(settings, origin=here()), Lake.open(settings)
    with acting(store, did="brief.make", subject="briefs") as user:
        desk.may_write(user, area or None)
        with store.read() as session:
            of = Making(
                session,
                lake,
                query_for(user, chosen),
                chosen_kind,
                kpi_export.read_moment(as_of) if as_of else at,
                at,
                Book.load(settings.data),
                settings.data,
            )
            document = make(of)
        with store.write() as session:
            kept = desk.draft(session, document, of, actor=user)
            number, brief_id = kept.number, kept.id
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(f".{out.name}.part")
        try:
            with store.write() as session:  # no file, no line that says it was taken
                copy = desk.take(session, brief_id, BriefFormat(suffix), actor=user, at=at)
                part.write_bytes(copy.content)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    told = {
        "number": number,
        "watermark": copy.mark.number,
        "file": str(out),
        "title": document.title,
        "first": days.first.isoformat(),
        "last": days.last.isoformat(),
        "as_of": of.as_of.isoformat(),
        "unfounded": [one.number for one in checking.unfounded(document)],
        "sections": {section.title: list(section.paragraphs) for section in document.sections},
        "tables": {
            table.title: [list(row) for row in table.texts()] for table in document.tables()
        },
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        marked = f"写入 {out}（水印 {copy.mark.number}）"
        typer.echo(f"已生成草稿 {number}《{document.title}》，{marked}。")
