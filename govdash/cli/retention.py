"""`govdash retention run`: delete what has been kept long enough, or say what would go."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from govdash.access import acts
from govdash.cli.acting import reader
from govdash.cli.origin import here
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store, journal
from govdash.sync import sync
from govdash.workflow import retention

app = typer.Typer(no_args_is_help=True, help="保存期限：到期的数据按 data/retention.yaml 删除。")

DID = "retention.run"


@app.callback()
def _group() -> None:
    """Keep Typer from taking the only command for the group."""


@app.command(help="删除到期的数据；--dry-run 只列出会删多少。可中断，再运行即继续。")
def run(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出，不删除。")] = False,
    batch: Annotated[
        int, typer.Option("--batch", min=1, max=10_000, help="每个事务的行数。")
    ] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")] = False,
) -> None:
    """Delete what is due, a batch in each transaction, and bring the lake after."""
    settings, at = Settings.from_environment(), datetime.now(UTC)
    store = Store.of(settings, origin=here())
    store.require_schema()
    policy = retention.Policy.load(settings.data)
    with store.read() as session:
        user = reader(session)
        due = retention.plan(session, settings, policy, at=at)
    if dry_run:
        user.require_held(Permission.RETENTION_RUN)
    else:
        with acts.act(store, user, did=DID, subject="retention", at=at) as session:
            user.require_held(Permission.RETENTION_RUN)
            detail = {one.data.value: {"days": one.days, "due": one.n} for one in due}
            journal.record(
                session, actor=user.login, did=DID, subject="retention", at=at, detail=detail
            )
    done = {
        one.data: 0 if dry_run else retention.carry_out(store, settings, one, batch=batch)
        for one in due
    }
    if done.get(retention.DataClass.EVENT_TEXTS):
        lake = Lake.open(settings)
        sync(store, lake)
        lake.close()
    if as_json:
        told = {
            one.data.value: {"days": one.days, "due": one.n, "deleted": done[one.data]}
            for one in due
        }
        typer.echo(json.dumps({"dry_run": dry_run, **told}))
        return
    for one in due:
        what = f"到期 {one.n:,}" if dry_run else f"到期 {one.n:,}，已删除 {done[one.data]:,}"
        typer.echo(f"{one.data.label}（保存 {one.days} 天，至 {one.before:%Y-%m-%d}）：{what}")
    typer.echo("试运行：没有删除任何数据。" if dry_run else "操作日志一直保存，不删除。")
