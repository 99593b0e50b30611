"""`govdash notify audit|list|deliver`: who is told, whether everything has a next step."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from govdash.cli.acting import reader
from govdash.cli.origin import here
from govdash.core.settings import Settings
from govdash.core.vocab import NoticeState
from govdash.store import Store

app = typer.Typer(no_args_is_help=True, help="通知：台账、核对下一步、立即发送。")

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(help="核对每条在办的提示和案件都有下一步、有人可通知；有缺口时退出码为 1。")
def audit(*, as_json: AsJson = False) -> None:
    """Report what lives without a valid next step."""
    from govdash.workflow.notify import auditor

    store = _store()
    with store.read() as session:
        gaps = auditor.audit(session, reader(session).scope, at=datetime.now(UTC))
    if as_json:
        told = [{"kind": g.kind, "number": g.number, "title": g.title, "why": g.why} for g in gaps]
        typer.echo(json.dumps({"gaps": told}, ensure_ascii=False))
    else:
        for gap in gaps:
            typer.echo(f"{gap.number}\t{gap.title}\t{gap.why}")
        typer.echo(f"发现 {len(gaps)} 处缺口。" if gaps else "全部有下一步。")
    raise typer.Exit(1 if gaps else 0)


@app.command("list", help="列出通知台账，最近的在前。")
def list_(
    *,
    state: Annotated[NoticeState | None, typer.Option("--state", help="只列这种状态的。")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=5000, help="最多多少条。")] = 50,
    as_json: AsJson = False,
) -> None:
    """Print the ledger."""
    from govdash.store import notifications

    store = _store()
    with store.read() as session:
        scope = reader(session).scope
        table = notifications.listed(session, scope, states=[state] if state else (), limit=limit)
    if as_json:
        told = json.loads(table.to_json(orient="records", date_format="iso", force_ascii=False))
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for row in table.to_dict("records"):
        who = row["recipient"] or row["channel"]
        said = f"{row['state'].label}\t{who}\t{row['channel']}\t{row['title']}\t{row['why']}"
        typer.echo(f"{row['due_at']:%Y-%m-%d %H:%M} UTC\t{said}")


@app.command(help="立即走到时的升级步骤，发出到时的通知（定时任务每几秒做一次）。")
def deliver() -> None:
    """Take the steps that are due and send what is due, once."""
    from govdash.workflow.notify import channels, escalation
    from govdash.workflow.notify.delivery import Courier

    settings = Settings.from_environment()
    store = _store()
    typer.echo(f"{escalation.escalate(store, at=datetime.now(UTC))}。")
    known = channels.of(store, settings)
    courier = Courier(store, known, f"cli:{here().address}"[:80], lambda: datetime.now(UTC))
    done = courier.run()
    typer.echo("，".join(f"{result.label} {n} 条" for result, n in done.items()) or "没有到时的。")


def _store() -> Store:
    store = Store.of(Settings.from_environment(), origin=here())
    store.require_schema()
    return store
