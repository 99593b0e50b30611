"""`govdash detect evaluate`: how good detection is on this city, as 模型评测 shows it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from govdash.cli.detect_jobs import AsJson, day_of
from govdash.cli.origin import here
from govdash.core.permissions import Permission
from govdash.core.settings import Settings

HELP = (
    "评测：回放、注入突发、与滚动 z 和 Farrington 对比；结果存入 var/evaluations，"
    "与“模型评测”页相同。"
)


def evaluate(
    *,
    first: Annotated[str, typer.Option("--from", help="回放的第一天；不给则为最近 120 天。")] = "",
    last: Annotated[
        str, typer.Option("--to", help="回放的最后一天；不给则到最后一个完整的日子。")
    ] = "",
    inject: Annotated[int, typer.Option("--inject", help="注入多少次突发；0 为不注入。")] = 60,
    seed: Annotated[int, typer.Option("--seed", help="注入的随机种子。")] = 1,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", help="标注 CSV，格式同 detect backtest；不给则用演示城市的，没有也可。"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay, inject, compare; keep the result and tell it."""
    from govdash.cli.acting import acting, done
    from govdash.lake import Lake
    from govdash.report import evaluation as report
    from govdash.store import Store
    from govdash.workflow import evaluation, evaluations

    settings = Settings.from_environment()
    wish = evaluation.Wish(day_of(first), day_of(last), inject, seed)
    store = Store.of(settings, origin=here())
    needs = Permission.DETECT_RUN
    with acting(store, did="evaluation.run", subject="platform", needs=needs, what="评测") as user:
        pass
    result = evaluation.run(
        store,
        Lake.open(settings),
        settings,
        evaluation.find_labels(settings, labels),
        wish,
        at=datetime.now(UTC),
        actor=user.name,
        progress=_quiet if as_json else _progress,
    )
    evaluations.save(settings, result)
    number = f"evaluation:{result['number']}"
    done(store, user, did="evaluation.run", subject=number, first=result["first_day"])
    told = report.told(result)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        _tell(told)


def _tell(told: dict[str, Any]) -> None:
    typer.echo(f"评测 {told['first_day']} 至 {told['last_day']}（{told['days']} 天）")
    words = {"green": "好", "yellow": "注意", "red": "差"}
    for tile in told["tiles"]:
        lamp = words.get(tile["lamp"], "—")
        typer.echo(f"{tile['label']}\t{tile['value']} {tile['unit']}\t[{lamp}] {tile['note']}")
    typer.echo("")
    for sentence in told["sentences"].values():
        typer.echo(sentence)
    for why in told["injection"]["left_out"].values():
        typer.echo(why, err=True)


def _quiet(_stage: str, _share: float) -> None:
    """Say nothing: the output is one JSON object."""


def _progress(stage: str, share: float) -> None:
    end = "\n" if share >= 1 else ""
    typer.echo(f"\r{stage:　<6} {share:4.0%}{end}", nl=False, err=True)
