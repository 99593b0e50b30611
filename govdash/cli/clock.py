"""`govdash clock`: when a limit is due and how much of it is used, as the case clocks count it."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import LimitUnit
from govdash.taxonomy import parse_limit
from govdash.workflow import clocks
from govdash.workflow.calendar import WorkCalendar

clock = typer.Typer(add_completion=False)
_WORKING = frozenset({LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY})


@clock.command("clock", help="按案件时钟的规则计算：时限何时到期，已用多少。")
def print_clock(
    *,
    start: Annotated[
        str, typer.Option("--start", help="开始时刻（ISO；没有时区则按日历的时区）。")
    ],
    limit: Annotated[
        str, typer.Option("--limit", help="时限：2紧急工作时、4工作时、1工作日、7自然日。")
    ],
    at: Annotated[str, typer.Option("--at", help="查看时刻（ISO）；不给则为现在。")] = "",
    pause: Annotated[
        list[str] | None, typer.Option("--pause", help="暂停：开始/结束，可多次。")
    ] = None,
    calendar: Annotated[
        str, typer.Option("--calendar", help="工作日历（data/calendars 里的名称）。")
    ] = "cn",
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")] = False,
) -> None:
    """Print when a limit is due and how much of it is used."""
    days = WorkCalendar.load(Settings.from_environment().data, calendar)
    told = answer(
        days,
        start=start,
        limit=limit,
        at=_moment(at, days) if at else datetime.now(UTC),
        pauses=pause or (),
    )
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"到期：{told['due_at']}")
    typer.echo(f"已计：{_words(told['elapsed_seconds'])}")
    left = told["remaining_seconds"]
    typer.echo(f"剩余：{_words(left)}" if left >= 0 else f"超期：{_words(-left)}")
    if told["note"]:
        typer.echo(f"说明：{told['note']}")


def answer(
    days: WorkCalendar, *, start: str, limit: str, at: datetime, pauses: list[str] | tuple[()]
) -> dict[str, Any]:
    """Return what the command prints with ``--json``."""
    begin, asked = _moment(start, days), parse_limit(limit)
    stops = [_pause(text, days) for text in pauses]
    due = clocks.due_at(asked, begin, days, pauses=stops).astimezone(days.zone)
    used = clocks.elapsed(asked.unit, begin, at, days, stops)
    first = begin.astimezone(days.zone).date()
    last = max(due.date(), at.astimezone(days.zone).date())
    return {
        "start": begin.isoformat(),
        "limit": str(asked),
        "limit_unit": asked.unit.value,
        "limit_seconds": _plain(clocks.length(asked, days).total_seconds()),
        "calendar": days.name,
        "at": at.astimezone(days.zone).isoformat(),
        "due_at": due.isoformat(),
        "elapsed_seconds": _plain(used.total_seconds()),
        "remaining_seconds": _plain((clocks.length(asked, days) - used).total_seconds()),
        "overdue": used > clocks.length(asked, days),
        "note": days.notes(first, max(first, last)) if asked.unit in _WORKING else "",
    }


def _moment(text: str, days: WorkCalendar) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"时刻“{text}”无法识别；请写成 2026-06-10T09:00:00+08:00 这样的形式。"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=days.zone)


def _pause(text: str, days: WorkCalendar) -> clocks.Pause:
    begin, slash, end = text.partition("/")
    if not slash:
        raise InputError(f"暂停“{text}”应写成 开始/结束，例如 2026-06-10T10:00/2026-06-10T11:00。")
    return _moment(begin, days), _moment(end, days)


def _plain(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds


def _words(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours} 小时 {minutes} 分" + (f" {rest:g} 秒" if rest else "")
