"""`govdash rules list|check|backtest`: the rules that raise alerts, and trials of changed ones."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govdash.cli.detect_jobs import day_of
from govdash.cli.origin import here
from govdash.core.errors import InputError
from govdash.core.settings import Settings

if TYPE_CHECKING:
    from govdash.workflow.rules import Rule
    from govdash.workflow.trial import Replayed, Trial

app = typer.Typer(no_args_is_help=True, help="预警规则：查看、检查写法、启用前用历史试算。")

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]
Chosen = Annotated[str, typer.Argument(help="规则文件（YAML），或现有规则的代码。")]


@app.command("list", help="列出现行规则。")
def list_(*, as_json: AsJson = False) -> None:
    """Print every current rule."""
    book = _book(Settings.from_environment())
    if as_json:
        typer.echo(json.dumps([r.model_dump(mode="json") for r in book], ensure_ascii=False))
        return
    typer.echo("代码\t版本\t启用\t名称\t方法\t窗口（天）\t方向")
    for rule in book:
        p = rule.parameters
        windows = "、".join(map(str, p.windows))
        way = "偏高" if p.direction == "high" else "偏低"
        used = "是" if rule.enabled else "否"
        typer.echo(
            f"{rule.code}\t{rule.version}\t{used}\t{rule.name}\t{rule.detector}\t{windows}\t{way}"
        )


@app.command(help="检查规则文件的写法，不写入。")
def check(file: Annotated[Path, typer.Argument(help="规则文件（YAML）。")]) -> None:
    """Read a file as a rule and say what it is."""
    from govdash.workflow import rules as rule_book

    rule = rule_book.read(file)
    typer.echo(f"写法正确：{rule.code}（{rule.name}），{len(rule.parameters.levels)} 个等级。")


@app.command(help="启用前试算：过去一年会发出哪些提示，已知事件发现几起，与现行版本相比。")
def backtest(
    chosen: Chosen,
    *,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="标注 CSV（同 detect backtest）；不给则用演示城市的标注。"),
    ] = None,
    first: Annotated[str, typer.Option("--from", help="第一天；不给则为能回放的最后一年。")] = "",
    last: Annotated[str, typer.Option("--to", help="最后一天；不给则到最后一个完整的日子。")] = "",
    as_json: AsJson = False,
) -> None:
    """Replay a rule over the past before it is switched on."""
    from govdash.lake import Lake
    from govdash.store import Store
    from govdash.workflow import trial
    from govdash.workflow.evaluation import find_labels

    settings = Settings.from_environment()
    done = trial.run(
        Store.of(settings, origin=here()),
        Lake.open(settings),
        settings,
        _chosen(chosen, settings),
        find_labels(settings, labels).table,
        first=day_of(first),
        last=day_of(last),
        progress=(lambda _share: None) if as_json else _progress,
    )
    if as_json:
        typer.echo(json.dumps(done.to_dict(), ensure_ascii=False))
    else:
        _tell(done)


def _book(settings: Settings) -> "list[Rule]":
    from govdash.store import Store
    from govdash.workflow import rules as rule_book

    store = Store.of(settings, origin=here())
    store.require_schema()
    with store.read() as session:
        return rule_book.current(session)


def _chosen(text: str, settings: Settings) -> "Rule":
    from govdash.workflow import rules as rule_book

    if Path(text).suffix in {".yaml", ".yml"}:
        return rule_book.read(Path(text))
    book = _book(settings)
    for rule in book:
        if rule.code == text:
            return rule
    known = "、".join(rule.code for rule in book)
    raise InputError(f"没有规则“{text}”；现有：{known}。要试算文件，请给出 .yaml 的路径。")


def _tell(done: "Trial") -> None:
    typer.echo(f"规则 {done.rule.code}（{done.rule.name}），{done.first} 至 {done.last}：")
    _side("试算", done.after)
    if done.before is None:
        typer.echo("现行：没有启用的版本。")
    else:
        _side(f"现行第 {done.before.version} 版", done.before)
    if len(done.after.alerts):
        shown = done.to_dict()["after"]["examples"]
        typer.echo(f"\n会发出的提示（最严重的 {len(shown)} 条）")
        typer.echo("等级\t首日\t末日\t标题")
        for row in shown:
            typer.echo(f"{row['level']}\t{row['first_day']}\t{row['last_day']}\t{row['title']}")
    if done.after.missed:
        typer.echo("\n漏检的已知事件：" + "、".join(done.after.missed))


def _side(name: str, one: "Replayed") -> None:
    known = len(one.found) + len(one.missed)
    judged = (
        f"已知事件 {known} 起，发现 {len(one.found)} 起，漏 {len(one.missed)} 起"
        if known
        else "时段内没有标注的事件"
    )
    typer.echo(f"{name}：每周 {one.per_week:.1f} 条提示（共 {len(one.alerts)} 条）；{judged}。")


def _progress(share: float) -> None:
    end = "\n" if share >= 1 else ""
    typer.echo(f"\r回放 {share:4.0%}{end}", nl=False, err=True)
