"""`govdash detect run` and `detect backtest`: detection over the lake, with the rules."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govdash.cli.origin import here
from govdash.core.errors import Busy, InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from govdash.detect import Backtest

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


def run(
    *,
    at: Annotated[str, typer.Option("--at", help="按这一时刻评分（ISO）；不给则为现在。")] = "",
    as_json: AsJson = False,
) -> None:
    """Run one tick: score, decide, write alerts."""
    from govdash import sync
    from govdash.cli.acting import acting, done
    from govdash.lake import Lake
    from govdash.store import Store
    from govdash.workflow import tick

    settings = Settings.from_environment()
    moment = _moment(at, settings) if at else datetime.now(UTC)
    store, lake = Store.of(settings, origin=here()), Lake.open(settings)
    needs = Permission.DETECT_RUN
    with acting(store, did="detect.run", subject="platform", needs=needs, what="手工检测") as user:
        try:
            sync.sync(store, lake)
        except Busy:
            typer.echo("另一个进程正在同步数据湖，按已同步的数据评分。", err=True)
        summary = tick.run_tick(store, lake, settings, at=moment)
        done(store, user, did="detect.run", subject="platform", raised=list(summary.raised))
    if as_json:
        told = {
            "at": summary.at.isoformat(),
            "day": summary.day.isoformat(),
            "series": summary.series,
            "findings": summary.findings,
            "raised": list(summary.raised),
            "updated": summary.updated,
            "folded": summary.folded,
            "faded": summary.faded,
            "notes": list(summary.notes),
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(f"{summary}。")
        for number in summary.raised:
            typer.echo(f"  新提示 {number}")
    if summary.raised:
        raise typer.Exit(1)


def backtest(
    *,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="标注 CSV：incident_id,category,area_path,start,end[,kind,name,direction]；"
            "不给则用演示城市的标注。",
        ),
    ] = None,
    first: Annotated[str, typer.Option("--from", help="回放的第一天；不给则从历史够长起。")] = "",
    last: Annotated[
        str, typer.Option("--to", help="回放的最后一天；不给则到最后一个完整的日子。")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Replay history against labelled incidents."""
    from govdash.lake import Lake
    from govdash.store import Store
    from govdash.workflow import backtest as replay

    settings = Settings.from_environment()
    file = labels or settings.var / "demo" / "incidents.csv"
    if labels is None and not file.is_file():
        raise InputError("没有演示城市的标注；请用 --labels 给出标注文件，或先运行 govdash demo。")
    told = replay.read_labels(file, settings.zone)
    done = replay.run(
        Store.of(settings, origin=here()),
        Lake.open(settings),
        settings,
        told,
        first=day_of(first),
        last=day_of(last),
        progress=None if as_json else _progress,
    )
    if as_json:
        typer.echo(json.dumps(done.to_dict(), ensure_ascii=False))
    else:
        _tell(done, told)
    if done.incidents.empty:
        raise typer.Exit(1)


def _tell(done: "Backtest", labels: "pd.DataFrame") -> None:
    found = int(done.incidents["detected"].sum())
    typer.echo(f"回放 {done.first_day} 至 {done.last_day}，发现 {done.n_findings} 项。")
    if done.incidents.empty:
        typer.echo("时段内没有标注的事件，只能统计误报。")
    else:
        typer.echo(f"检出率：{found}/{len(done.incidents)} = {done.detected_share:.0%}")
        typer.echo(f"定位正确：{done.located_share:.0%}")
        if done.median_delay_days is not None:
            typer.echo(f"检出延迟（中位数）：{done.median_delay_days:g} 天")
    typer.echo(
        f"误报：每周 {done.false_per_week:.2f} 起（共 {len(done.false_incidents)} 起，"
        "相邻的合并为一起）"
    )
    names = dict(zip(labels["incident_id"], labels["name"], strict=True))
    typer.echo("")
    typer.echo("编号\t开始\t结果\t延迟（天）\t观测/预期\t名称")
    for row in done.incidents.to_dict("records"):
        hit = bool(row["detected"])
        typer.echo(
            "\t".join(
                [
                    str(row["incident_id"]),
                    str(row["start_day"]),
                    "检出" if hit else "漏检",
                    f"{row['delay_days']:g}" if hit else "—",
                    f"{row['observed']:g}/{row['expected']:g}" if hit else "—",
                    names.get(str(row["incident_id"]), ""),
                ]
            )
        )


def _progress(share: float) -> None:
    end = "\n" if share >= 1 else ""
    typer.echo(f"\r回放 {share:4.0%}{end}", nl=False, err=True)


def _moment(text: str, settings: Settings) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"--at {text} 不是时刻；请写成 2026-06-10T09:00+08:00。") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def day_of(text: str) -> date | None:
    """Read a day of an option; None where none is given."""
    if not text:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"日期“{text}”应写成 2026-01-31。") from None
