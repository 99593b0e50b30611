"""How the platform itself is: database, lake, sources, jobs, disk, journal; one line for each."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import pandas as pd

from govdash.core.errors import InputError
from govdash.core.filters import Scope
from govdash.core.settings import Settings
from govdash.core.vocab import Job
from govdash.ingest import profiles
from govdash.lake import Lake, queries
from govdash.report import auditing, checkpoints
from govdash.store import Session, Store, chain, counters, jobs
from govdash.sync import parity
from govdash.workflow.notify import auditor

LOW_DISK = 2 << 30  # a year of a big city's events takes less; below this an import may fail
CHECKPOINT_LATE = timedelta(days=2)  # one is signed each day: a whole run was missed
LATE = timedelta(minutes=15)  # the slowest job runs every five minutes: three missed runs


#: Systems that a city's events come from, by the code that their events carry.
SYSTEMS: Final = {
    "hotline12345": "12345 热线平台",
    "gridpatrol": "网格巡查系统",
    "iotplatform": "物联感知平台",
    "videoplatform": "视频智能平台",
    "citizenapp": "市民随手拍",
    "departments": "部门业务系统",
}


class State(Enum):
    """Whether a check is well; the shape goes with the colour."""

    GOOD = "正常", "●"
    WARN = "注意", "■"
    BAD = "异常", "◆"

    @property
    def label(self) -> str:
        """Word on the screen."""
        return self.value[0]

    @property
    def shape(self) -> str:
        """Shape on the screen."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: how it is, in words, and what to do when it is not well."""

    name: str
    state: State
    said: str
    advice: str = ""


def quick_checks(
    store: Store,
    session: Session,
    lake: Lake,
    settings: Settings,
    *,
    at: datetime,
    figures: bool = True,
) -> list[Check]:
    """Look at everything that takes milliseconds; fit for a page that refreshes itself.

    Without `figures` nothing is said that counts the city's events, alerts or cases: for viewers
    who may see a part of the city only.
    """
    return [
        _schema(store),
        _lag(session, lake, figures=figures),
        *_jobs(session, at=at, figures=figures),
        *_disk(settings),
        _checkpoint(session, settings, at=at),
    ]


def next_steps(session: Session, scope: Scope, *, at: datetime) -> Check:
    """Look whether every living alert and case inside a scope has a valid next step; seconds."""
    gaps = auditor.audit(session, scope, at=at)
    if not gaps:
        return Check("通知下一步", State.GOOD, "在办的提示和案件都有下一步、有人可通知")
    first = gaps[0]
    return Check(
        "通知下一步",
        State.WARN,
        f"{len(gaps)} 处缺口，如 {first.number}：{first.why}",
        "在“通知”页核对，或运行 govdash notify audit；多为角色、范围或单位没有人。",
    )


def deep_checks(store: Store, lake: Lake, settings: Settings) -> list[Check]:
    """Compare every event of store and lake, and every line of the journal's chain; seconds."""
    return [_parity(store, lake), _chain(store, settings)]


def freshness(lake: Lake, scope: Scope, settings: Settings, *, at: datetime) -> pd.DataFrame:
    """Return each source and channel with its newest event and how old that is.

    Returns
    -------
    DataFrame
        ``source``, ``source_name``, ``channel``, ``last_reported_at``, ``last_received_at``
        (aware UTC), ``n``, ``age`` (Timedelta since the last one was received), the longest
        silent first.
    """
    table = queries.freshness(lake, scope)
    age = pd.Timestamp(at) - table["last_received_at"]
    known = source_names(settings)
    named = [known.get(source) or source for source in table["source"]]
    table = table.assign(age=age, source_name=named)
    return table.sort_values("age", ascending=False).reset_index(drop=True)


def source_names(settings: Settings) -> dict[str, str]:
    """Return what each known source is called."""
    return {p.source: p.label for p in profiles(settings.data, var=settings.var)} | SYSTEMS


def job_table(session: Session, *, figures: bool = True) -> pd.DataFrame:
    """Return the last run of every timed job; without `figures` not what it counted."""
    told = jobs.job_runs(session)
    return told if figures else told.assign(message="")


def _schema(store: Store) -> Check:
    present, newest = store.schema_version()
    backend = "SQLite" if store.engine.dialect.name == "sqlite" else "PostgreSQL"
    if present == newest:
        return Check("数据库", State.GOOD, f"{backend}，结构版本 {present}")
    return Check(
        "数据库",
        State.BAD,
        f"{backend}，结构版本 {present or '（空）'}，程序需要 {newest}",
        "先备份，再运行 govdash init 升级。",
    )


def _lag(session: Session, lake: Lake, *, figures: bool) -> Check:
    newest, published = counters.last(session, counters.CHANGE_SEQ), lake.data_version
    if newest == published:
        said = f"已与数据库一致（变更序号 {published:,}）" if figures else "已与数据库一致"
        return Check("数据湖同步", State.GOOD, said)
    if newest > published and not figures:
        return Check("数据湖同步", State.WARN, "有变更待同步", "可点“立即同步”。")
    if published > newest:
        return Check(
            "数据湖同步",
            State.BAD,
            "数据湖比数据库还新，可能换过数据库",
            "运行 govdash lake rebuild 重建。",
        )
    return Check(
        "数据湖同步", State.WARN, f"还有 {newest - published:,} 条变更待同步", "可点“立即同步”。"
    )


def _jobs(session: Session, *, at: datetime, figures: bool) -> Iterator[Check]:
    runs = job_table(session, figures=figures)
    if runs.empty:
        yield Check(
            "定时任务", State.WARN, "还没有运行过", "检查服务是否启动，或运行 govdash worker。"
        )
        return
    for run in runs.to_dict("records"):
        name, said = f"定时任务 · {job_label(str(run['name']))}", str(run["message"])
        started, ended, good = (
            _moment(run[f"{when}_at"]) for when in ("started", "finished", "succeeded")
        )
        if ended is not None and (good is None or good < ended):
            yield Check(
                name, State.BAD, said or "最近一次没有成功", "详见日志；修复后会自动再次运行。"
            )
        elif ended is None and started is not None and at - started > LATE:
            yield Check(name, State.WARN, "开始后没有结束，可能已被中断", "下一次运行会接着做。")
        else:
            yield Check(name, State.GOOD, said or "运行正常")


def job_label(name: str) -> str:
    """Return what a timed job is called; a name from another version stands for itself."""
    return Job(name).label if name in set(Job) else name


def _moment(value: Any) -> datetime | None:  # noqa: ANN401  # a cell: Timestamp or NaT
    return None if pd.isna(value) else value


def _disk(settings: Settings) -> Iterator[Check]:
    settings.var.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(settings.var)
    said = f"剩余 {usage.free / 2**30:,.1f} GB / 共 {usage.total / 2**30:,.1f} GB"
    if usage.free < LOW_DISK:
        yield Check("磁盘", State.BAD, said, "清理磁盘或扩容；空间不足时导入会失败。")
    else:
        yield Check("磁盘", State.GOOD, said)


def _checkpoint(session: Session, settings: Settings, *, at: datetime) -> Check:
    """Tell whether the journal was proved and signed lately, and what was found last."""
    name, proof = "操作日志检查点", auditing.last_proof(session)
    if proof is not None and not proof.whole:
        return Check(name, State.BAD, proof.fault, "日志可能被改动；请保全数据库并联系审计员。")
    newest = chain.newest_checkpoint(session)
    if newest is None:
        return Check(name, State.WARN, "还没有签过", "服务启动后每天自动核对并签一个。")
    said = (
        f"最近 {newest.at.astimezone(settings.zone):%Y-%m-%d %H:%M}，签到第 {newest.last_id:,} 行"
    )
    if at - newest.at > CHECKPOINT_LATE:
        return Check(name, State.BAD, said, "超过 2 天没有新的检查点；请看定时任务和日志。")
    return Check(name, State.GOOD, said)


def _parity(store: Store, lake: Lake) -> Check:
    found = parity(store, lake)
    if found.ok:
        return Check("数据湖一致性", State.GOOD, "每月条数与校验和均一致")
    return Check(
        "数据湖一致性",
        State.BAD,
        f"不一致：{found.differences}",
        "先点“立即同步”；仍不一致时运行 govdash lake rebuild。",
    )


def _chain(store: Store, settings: Settings) -> Check:
    try:
        kept = checkpoints.kept(settings)  # before the database is looked at: it goes on
    except InputError as error:
        return Check(
            "操作日志链", State.BAD, str(error), "检查点文件可能被动过；请联系安全管理员。"
        )
    with store.read() as session:
        found = chain.verify(session, outside=kept)
    if found.first is None and found.checkpoints and not kept:
        where = settings.checkpoints / checkpoints.FILE
        return Check(
            "操作日志链",
            State.WARN,
            f"{found.lines:,} 行完整，但检查点文件 {where} 不在，只核对了库内的检查点",
            "找回该文件；每日检查点会写新的一份。",
        )
    if found.first is None:
        said = "哈希链、封签、末行签名、检查点完整" if found.keyed else "哈希链完整"
        return Check("操作日志链", State.GOOD, f"{found.lines:,} 行，{said}")
    return Check(
        "操作日志链",
        State.BAD,
        str(found.first),
        "日志可能被改动；请保全数据库并联系安全管理员。",
    )
