"""`govdash dispatch check|explain|dry-run`: where cases go, why, and what other rules would do."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govdash.cli import csv_file
from govdash.cli.acting import reader
from govdash.cli.detect_jobs import day_of
from govdash.cli.origin import here
from govdash.core.errors import InputError, NotFound
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import day_start
from govdash.store import Store

if TYPE_CHECKING:
    from govdash.workflow.dispatching import Trial
    from govdash.workflow.routing import Book

app = typer.Typer(
    no_args_is_help=True, help="派遣的路由规则：检查写法、说明去向、用过去的案件试算。"
)

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]
Rules = Annotated[
    Path | None, typer.Option("--rules", help="规则文件或文件夹；不给则用现行规则 data/dispatch。")
]


@app.command(help="检查规则文件的写法，不写入。")
def check(rules: Annotated[Path, typer.Argument(help="规则文件（YAML）或文件夹。")]) -> None:
    """Read rules and say how many there are."""
    from govdash.workflow.routing import Book

    typer.echo(f"写法正确：{len(Book.load(rules).rules)} 条路由规则。")


@app.command(help="说明一件案件，或一类事件，按规则派给谁、为什么。")
def explain(
    number: Annotated[str, typer.Argument(help="案件编号；不给则用 --category 等。")] = "",
    *,
    category: Annotated[str, typer.Option("--category", help="类别，如 A-09001。")] = "",
    area: Annotated[str, typer.Option("--area", help="区域路径，如 /990100/990101/。")] = "",
    source: Annotated[str, typer.Option("--source", help="来源：渠道代码，或 alert。")] = "",
    rules: Rules = None,
) -> None:
    """Say where the rules send one case, and why."""
    from govdash.store import cases
    from govdash.workflow import dispatching
    from govdash.workflow.routing import Facts

    if bool(number) == bool(category):
        raise InputError("请给出案件编号，或用 --category 写明类别（二者取一）。")
    store = _store()
    book = _book(rules)
    with store.read() as session:
        user = reader(session)
        user.require_held(Permission.CASE_READ)
        if category:
            facts = Facts(category, area or None, source or None)
            typer.echo(dispatching.explain_facts(session, facts, book=book))
            return
        case_id = cases.id_of(session, number, user.scope)
        if case_id is None:
            raise NotFound(f"没有案件 {number}，或不在您的管辖范围内。")
        typer.echo(dispatching.explain(session, case_id, user.scope, book=book))


@app.command("dry-run", help="用过去的案件试算规则：与实际单位一致多少，哪些会改派。什么也不写入。")
def dry_run(
    *,
    first: Annotated[str, typer.Option("--from", help="第一天；不给则为三十天前。")] = "",
    last: Annotated[str, typer.Option("--to", help="最后一天；不给则到今天。")] = "",
    rules: Rules = None,
    out: Annotated[Path | None, typer.Option("--out", help="逐件结果写入 CSV。")] = None,
    as_json: AsJson = False,
) -> None:
    """Apply rules to the cases of a stretch, and count."""
    from datetime import UTC, datetime

    from govdash.workflow import dispatching

    settings, store = Settings.from_environment(), _store()
    today = datetime.now(UTC).astimezone(settings.zone).date()
    end = day_of(last) or today
    begin = day_of(first) or end - timedelta(days=30)
    with store.read() as session:
        done = dispatching.dry_run(
            session,
            actor=reader(session),
            since=day_start(begin, settings.zone),
            until=day_start(end + timedelta(days=1), settings.zone),
            book=_book(rules),
        )
    if out is not None:
        csv_file.write(done.table, out)
    if as_json:
        typer.echo(json.dumps(_told(done), ensure_ascii=False))
        return
    typer.echo(
        f"{begin} 至 {end} 登记的案件 {done.n} 件：与实际单位一致 {done.n_same} 件，"
        f"没有规则、按属地兜底 {done.n_fallback} 件，没有单位 {done.n_without} 件。"
    )
    typer.echo("规则\t件数\t一致")
    for row in done.by_rule().to_dict("records"):
        typer.echo(f"{row['rule']}\t{row['n']}\t{row['same']:.0%}")


def _told(done: "Trial") -> dict[str, object]:
    changed = done.table[~done.table["same"]]
    return {
        "cases": done.n,
        "same": done.n_same,
        "fallback": done.n_fallback,
        "without_unit": done.n_without,
        "rules": done.by_rule().to_dict("records"),
        "changed": changed.head(200).to_dict("records"),
    }


def _store() -> Store:
    store = Store.of(Settings.from_environment(), origin=here())
    store.require_schema()
    return store


def _book(rules: Path | None) -> "Book | None":
    from govdash.workflow.routing import Book

    return None if rules is None else Book.load(rules)
