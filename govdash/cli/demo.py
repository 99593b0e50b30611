"""`demo` makes the demo city; `simulate` lets it live on."""

import gc
import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from govdash.cli.origin import here
from govdash.core.errors import NotFound
from govdash.core.settings import Settings

if TYPE_CHECKING:
    from govdash.store import Store

#: Seconds between two ticks of `simulate`.
_BEAT = 5.0

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


def demo(
    *,
    events: Annotated[int, typer.Option(min=1000, help="两年内的事件数。")] = 300_000,
    seed: Annotated[int, typer.Option(min=0, help="随机种子：相同则城市和事件相同。")] = 7,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="数据库里已有别的数据时，什么也不做。")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the demo city with two years of labelled history; an existing one stays as it is."""
    from govdash.demo.plan import Plan
    from govdash.store import Store

    settings = Settings.from_environment()
    store = Store.of(settings, origin=here())
    store.migrate()
    plan = Plan.read(settings)
    if if_empty and (plan.done if plan else _has_data(store)):
        typer.echo("数据库里已有数据，不另建演示城市。", err=as_json)
        if plan:
            _accounts(store, settings, quiet=as_json)
        return
    from govdash.demo.build import build
    from govdash.lake import Lake

    # Millions of short-lived rows without cycles: looking for cycles took a tenth of the time.
    gc.set_threshold(200_000, 50, 1_000)
    begun = time.monotonic()

    def say(what: str, share: float) -> None:
        if not as_json:
            typer.echo(f"{share:>4.0%}  {what}（{time.monotonic() - begun:.0f} 秒）", err=True)

    made = build(
        store, Lake.open(settings), settings,
        events=events, seed=seed, at=datetime.now(UTC), progress=say,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(asdict(made), ensure_ascii=False))
    elif made.made:
        typer.echo(
            f"演示城市已建立：区域 {made.areas} 个，事件 {made.events:,} 条，"
            f"带标签的异常 {made.incidents} 起（{made.labels}），"
            f"监测提示 {made.alerts} 条，案件 {made.cases} 件。"
        )
    else:
        typer.echo(f"演示城市已存在（种子 {made.seed}，事件 {made.events:,} 条），没有重复建立。")
    _accounts(store, settings, quiet=as_json)


def simulate(
    *,
    rate: Annotated[float, typer.Option(help="平均每分钟事件数；负数表示与历史一样多。")] = -1.0,
    minutes: Annotated[
        float, typer.Option(min=0, help="运行多少分钟后停止；0 表示一直运行。")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Stream live events into the demo city until stopped (Ctrl+C)."""
    from govdash.demo.plan import Plan
    from govdash.demo.simulate import simulate_tick
    from govdash.store import Store

    settings = Settings.from_environment()
    plan = Plan.read(settings)
    if plan is None or not plan.done:
        raise NotFound("还没有演示城市；请先运行 govdash demo。")
    store = Store.of(settings, origin=here())
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    total = 0
    try:
        while True:
            n = simulate_tick(store, settings, at=datetime.now(UTC), rate=rate)
            total += n
            if n and not as_json:
                typer.echo(f"{datetime.now(settings.zone):%H:%M:%S}  新到 {n} 条，累计 {total} 条")
            if time.monotonic() >= end:
                break
            time.sleep(min(_BEAT, max(end - time.monotonic(), 0)))
    except KeyboardInterrupt:
        pass
    if as_json:
        typer.echo(json.dumps({"accepted": total}))
    else:
        typer.echo(f"已停止，共送入 {total} 条。")


def _accounts(store: "Store", settings: Settings, *, quiet: bool) -> None:
    """Open the demo accounts, show their passwords once, and say where they are kept."""
    from govdash.demo import people

    opened = people.open_accounts(store, settings, at=datetime.now(UTC))
    if quiet:
        return
    if opened:
        typer.echo("演示账号（密码只在这里显示一次）：")
        for account in opened:
            typer.echo(f"  {account.line}")
    typer.echo(
        f"演示账号和密码保存在 {people.file_of(settings)}；验证码：govdash users code 登录名"
    )


def _has_data(store: "Store") -> bool:
    from govdash.store import areas, counters

    with store.read() as session:
        return counters.last(session, counters.CHANGE_SEQ) > 0 or bool(areas.names(session))
