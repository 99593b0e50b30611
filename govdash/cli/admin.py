"""`init`, `doctor`, `serve`, `worker`: set an installation up, look at it, run it."""

import json
import os
import signal
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from govdash.cli.origin import here
from govdash.core.errors import Busy, GovDashError
from govdash.core.settings import ROOT, Settings

if TYPE_CHECKING:
    from govdash.report.status import Check
    from govdash.store import Session

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]

CLOCK_SLACK = timedelta(minutes=2)  # two machines set by NTP never differ by more
HOST = "127.0.0.1"


def init(*, as_json: AsJson = False) -> None:
    """Make or upgrade the database, with the local operator, the taxonomy and the rules."""
    from govdash.access import mode, roles, seed_local_operator
    from govdash.store import Store
    from govdash.store.categories import put_categories
    from govdash.taxonomy import Taxonomy
    from govdash.workflow import rules

    settings = Settings.from_environment()
    at = datetime.now(UTC)
    store = Store.of(settings, origin=here())
    before, newest = store.schema_version()
    if before != newest:
        store.migrate()
    with store.write() as session:
        mode.mark(session, settings, at=at)
        seed_local_operator(session, at=at)
        roles.seed(session, settings.data)
        put_categories(session, Taxonomy.load(settings.data))
        rules.load_defaults(session, settings.data, at=at)
    if as_json:
        told = {"schema_before": before, "schema": newest, "var": str(settings.var)}
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif before == newest:
        typer.echo(f"数据库已是最新（结构版本 {newest}）。")
    else:
        typer.echo(f"数据库已就绪（结构版本 {before or '空'} → {newest}）：{settings.var}")


def doctor(*, as_json: AsJson = False) -> None:
    """Check settings, database, lake parity, jobs, disk, clock and journal; exit 1 when ill."""
    from govdash.report.status import Check, State

    at = datetime.now(UTC)
    try:
        checks = list(_checks(Settings.from_environment(), at))
    except GovDashError as error:
        checks = [Check("启动条件", State.BAD, str(error))]
    ill = [check for check in checks if check.state is State.BAD]
    if as_json:
        told = [
            {"name": c.name, "state": c.state.name.lower(), "said": c.said, "advice": c.advice}
            for c in checks
        ]
        typer.echo(json.dumps({"ok": not ill, "checks": told}, ensure_ascii=False))
    else:
        for check in checks:
            advice = f"\n    → {check.advice}" if check.advice else ""
            shape, label = check.state.shape, check.state.label
            typer.echo(f"{shape} {label}  {check.name}：{check.said}{advice}")
        typer.echo("检查通过。" if not ill else f"发现 {len(ill)} 项异常。")
    raise typer.Exit(1 if ill else 0)


def serve(
    *,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口。")] = 8501,
    address: Annotated[
        str, typer.Option("--address", help="监听的地址；演示模式只能是本机。")
    ] = HOST,
) -> None:
    """Serve the pages and HTTP routes until stopped."""
    from govdash.access import mode
    from govdash.api.client import FORWARDED_ALLOW_IPS
    from govdash.api.door import require_loopback
    from govdash.store import Store

    # What is wrong is told here, before anything is bound.
    settings = Settings.from_environment()
    require_loopback(address, settings)
    store = Store.of(settings, origin=here())
    store.require_schema()
    store.require_key()
    with store.read() as session:
        mode.require_same(session, settings)
    store.close()
    _require_free(address, port)
    typer.echo(f"govdash 正在启动 → http://{address}:{port}/  （按 Ctrl+C 停止）")
    sys.stdout.flush()
    options = {"server.address": address, "server.port": str(port)}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    os.chdir(ROOT)  # Streamlit reads .streamlit/config.toml from here
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *arguments]
    os.environ[FORWARDED_ALLOW_IPS] = ""  # whose word counts is decided in api/client.py alone
    # The server takes this process over, so a signal reaches it directly.
    os.execv(sys.executable, command)  # noqa: S606  # nosec B606 # our own words, no shell


def worker() -> None:
    """Run the timed jobs in a process of their own, until stopped."""
    from govdash.lake import Lake
    from govdash.store import Store
    from govdash.worker import Worker, logs

    settings = Settings.from_environment()
    store = Store.of(settings, origin=here())
    store.require_schema()
    store.require_key()
    logs.begin(settings, "worker")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    running = Worker(store, Lake.open(settings), settings)
    running.start()
    typer.echo("定时任务进程已启动（按 Ctrl+C 停止）。")
    stopped.wait()
    running.stop()
    store.close()


def _checks(settings: Settings, at: datetime) -> "list[Check]":
    from govdash.access import SYSTEM
    from govdash.lake import Lake
    from govdash.report import status
    from govdash.report.status import Check, State
    from govdash.store import Store

    store = Store.of(settings, origin=here())
    found = [Check("设置", State.GOOD, f"运行目录 {settings.var}，时区 {settings.timezone}")]
    present, newest = store.schema_version()
    if present != newest:
        said = f"结构版本 {present or '（空）'}，程序需要 {newest}"
        return [*found, Check("数据库", State.BAD, said, "先备份，再运行 govdash init。")]
    lake = Lake.open(settings)
    with store.read() as session:
        found += status.quick_checks(store, session, lake, settings, at=at)
        found += status.deep_checks(store, lake, settings)
        found.append(status.next_steps(session, SYSTEM.scope, at=at))
        found.append(_clock(session, at))
    store.close()
    return found


def _clock(session: "Session", at: datetime) -> "Check":
    """Compare this machine's clock with the newest journal line: time must not run backwards."""
    from govdash.report.status import Check, State
    from govdash.store import journal

    newest = journal.lines(session, limit=1)
    if newest and newest[0].at > at + CLOCK_SLACK:
        said = (
            f"本机时间 {at:%Y-%m-%d %H:%M} UTC 早于最后一条操作日志 {newest[0].at:%Y-%m-%d %H:%M}"
        )
        return Check("系统时钟", State.BAD, said, "请校准系统时间（NTP）后再使用。")
    return Check("系统时钟", State.GOOD, f"{at:%Y-%m-%d %H:%M:%S} UTC")


def _require_free(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise Busy(
                f"端口 {port} 不能使用（{error.strerror}）；"
                f"换一个端口，例如 make run PORT={port + 1}。"
            ) from None
