"""One tick of detection: counts → findings per rule → alerts; what is no longer seen fades."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import Signal
from govdash.detect import Finding, Native
from govdash.detect.keys import SeriesKey, contains, related
from govdash.lake import Lake
from govdash.store import Session, Store, journal
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow import counting, grouping, signals, watched, weekly
from govdash.workflow import rules as rule_book
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.memory import Memory
from govdash.workflow.naming import Names
from govdash.workflow.rules import Rule
from govdash.workflow.signals import Outcome
from govdash.workflow.watched import Look, Watch
from govdash.workflow.weekly import Week


@dataclass(frozen=True, slots=True)
class TickSummary:
    """What a tick did. `folded`: findings that belong to a wider open alert."""

    at: datetime
    day: date  # the last complete local day
    series: int = 0
    findings: int = 0
    raised: tuple[str, ...] = ()  # numbers of new alerts
    updated: int = 0
    folded: int = 0
    faded: int = 0
    regressed: int = 0  # ended alerts that are there again
    lapsed: int = 0  # 签收 that ran out, alerts closed because nobody had to do anything
    grouped: int = 0  # alerts that joined a leader, or left one
    notes: tuple[str, ...] = field(default=())

    @property
    def changed(self) -> bool:
        """Whether the tick changed what people see."""
        return any(
            (self.raised, self.updated, self.faded, self.regressed, self.lapsed, self.grouped)
        )

    def __str__(self) -> str:
        """Say it in Chinese, for logs and the status page."""
        told = (
            f"评分 {self.series:,} 个序列（截至 {self.day}），发现 {self.findings} 项："
            f"新提示 {len(self.raised)} 条，更新 {self.updated} 条，并入 {self.folded} 条，"
            f"消退 {self.faded} 条"
        )
        if self.regressed:
            told += f"，结束后再现 {self.regressed} 条"
        if self.lapsed:
            told += f"，到期处理 {self.lapsed} 条"
        if self.grouped:
            told += f"，归并 {self.grouped} 条"
        return "；".join([told, *self.notes])


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a watch saw of yesterday and today, and how many series it has."""

    watch: Watch
    looks: tuple[Look, ...]
    series: int
    note: str = ""
    complete: bool = False  # whether silence means that nothing is abnormal
    week: Week | None = None  # what a native detector has learned and seen, to be kept


@dataclass(frozen=True, slots=True)
class _Scored:
    """Findings of one watch, and those that a silent channel held back."""

    seen: _Seen
    findings: list[Finding]
    held: list[Finding]


def run_tick(store: Store, lake: Lake, settings: Settings, *, at: datetime) -> TickSummary:
    """Score the lake as of a moment and let the rules raise, update and fade alerts.

    Completed local days are scored; today only for being above what a whole day may bring. The
    same moment over the same lake again changes nothing. All writes are one transaction with one
    journal line, so a tick that is killed leaves nothing behind. What was counted and learned is
    kept after that (`memory`), so that the next tick does only what is new; a tick without it, or
    killed before it, says the same.
    """
    with store.read() as session:
        book = rule_book.current(session)
        names = Names.load(session)
    calendar, memory = WorkCalendar.load(settings.data), Memory.of(settings)
    seen = [
        _look(lake, watch, settings, memory, at=at, calendar=calendar)
        for watch in watched.watches(book)
    ]
    scored = _judge(lake, seen, names, zone_name=settings.timezone)
    with store.write() as session:
        summary = _decide(session, scored, book, names, settings, at=at)
    for one in seen:
        if one.week is not None:
            one.week.keep(memory)
    return summary


def _look(
    lake: Lake,
    watch: Watch,
    settings: Settings,
    memory: Memory,
    *,
    at: datetime,
    calendar: WorkCalendar,
) -> _Seen:
    last = local_day(at, settings.zone) - timedelta(days=1)
    today = last + timedelta(days=1)
    counts = counting.history(
        lake,
        watch.rules,
        last=last,
        zone_name=settings.timezone,
        at=at if watch.partial_day else None,
        n_days=weekly.history_days(watch.history_days, last),
        memory=memory,
    )
    size = counts.daily.shape[1]
    if size == 0:
        return _Seen(watch, (), 0, "数据湖中没有可评分的序列")
    known = counts.until(last)
    first = known.index[0].date()
    # told the days off that any tick of this week may meet, so that all of them mean the same fit
    detector = watch.make(calendar, first, weekly.fit_day(last) + timedelta(days=6))
    if len(known) < detector.min_days:
        short = f"历史只有 {len(known)} 天，至少需要 {detector.min_days} 天"
        return _Seen(watch, (), size, short)
    learned = counts.candidates(last, today)
    if not learned:
        return _Seen(watch, (), size, complete=True)
    week = None
    if isinstance(detector, Native):
        until = weekly.fit_day(last, first=first, needs=detector.min_days)
        week = weekly.week_of(memory, detector, counts, learned, until=until, last=last)
    else:
        detector.fit(known[learned])
    looks = [watch.look(detector, counts, learned=learned, at_day=last)]
    if watch.partial_day:
        looks.append(watch.look(detector, counts, learned=learned, at_day=today, today=True))
    return _Seen(watch, tuple(looks), size, detector.note_, complete=True, week=week)


def _judge(lake: Lake, seen: Sequence[_Seen], names: Names, *, zone_name: str) -> list[_Scored]:
    """Tell the findings of all watches together, each with the cells its excess comes from."""
    told = iter(watched.findings_of([look for one in seen for look in one.looks], names))
    scored: list[_Scored] = []
    for one in seen:
        found: list[Finding] = []
        held: list[Finding] = []
        for of_look in (next(told) for _ in one.looks):
            found = _newest(found, of_look.findings)
            held += of_look.held
        cells = [watched.with_cells(lake, f, names=names, zone_name=zone_name) for f in found]
        scored.append(_Scored(one, cells, held))
    return scored


def _newest(yesterday: Sequence[Finding], today: Sequence[Finding]) -> list[Finding]:
    """Join the findings of two days; of what is nested across them the more severe one speaks."""
    kept: list[Finding] = []
    for finding in sorted([*yesterday, *today], key=lambda f: (-f.severity, f.series)):
        told = any(
            other.at_day != finding.at_day
            and other.direction == finding.direction
            and related(other.key, finding.key)
            for other in kept
        )
        if not told:
            kept.append(finding)
    return kept


def _decide(
    session: Session,
    scored: Sequence[_Scored],
    book: Sequence[Rule],
    names: Names,
    settings: Settings,
    *,
    at: datetime,
) -> TickSummary:
    rows.lock_raising(session)
    seen_by = [result.seen for result in scored]
    standing = _standing(rows.opened(session))
    seen: dict[int, Alert] = {}
    # what a silent channel hides is not known to be over either
    hidden = [(finding.key, finding.direction) for result in scored for finding in result.held]
    heard: list[tuple[SeriesKey, str]] = []
    told: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    folded = 0
    for finding, watch in ((f, result.seen.watch) for result in scored for f in result.findings):
        own = standing.get((finding.key, finding.direction))
        rule = watch.taker(finding, open_rule=own.rule_code if own else None)
        if rule is None:
            continue
        heard.append((finding.key, finding.direction))
        known = [*standing.values(), *seen.values()]
        home = None if own else _home(finding, rule, known, at=at)
        if home is not None:
            signals.hold(session, home, at=at)
            seen[home.id] = home
            folded += 1
            continue
        alert, outcome = signals.report(
            session, finding, rule, at=at, zone=settings.zone, names=names
        )
        seen[alert.id] = alert
        told[outcome].append(alert.number)
    silent = {r.code for one in seen_by if not one.complete for r in one.watch.rules}
    ruled = {rule.code: rule for rule in book}
    faded = 0
    for alert in rows.firing(session):
        if alert.id in seen or alert.rule_code not in ruled or _spreads(alert, heard):
            continue
        if alert.rule_code in silent or _spreads(alert, hidden):
            signals.stall(session, alert, at=at)
        else:
            days = ruled[alert.rule_code].parameters.clear_after_days
            faded += signals.advance_signal(session, alert, at=at, clear_after_days=days)
    lapsed = sum(
        signals.lapse(session, alert, ruled[alert.rule_code], at=at)
        for alert in rows.opened(session)
        if alert.rule_code in ruled
    )
    grouped = grouping.regroup(session, at=at)
    weeks = [one.week for one in seen_by if one.week is not None]
    told_notes = [one.note for one in (*seen_by, *weeks) if one.note]
    if held := sum(len(result.held) for result in scored):
        told_notes.append(f"{held} 项偏低因渠道没有数据而暂不提示")
    late = [line for week in weeks for line in week.audit()]
    summary = TickSummary(
        at=at,
        day=local_day(at, settings.zone) - timedelta(days=1),
        series=sum(one.series for one in seen_by),
        findings=sum(len(result.findings) for result in scored),
        raised=tuple(told[Outcome.RAISED]),
        updated=len(told[Outcome.UPDATED]) + len(told[Outcome.NOTED]),
        folded=folded,
        faded=faded,
        regressed=len(told[Outcome.REGRESSED]),
        lapsed=lapsed,
        grouped=grouped,
        notes=tuple(dict.fromkeys(told_notes)),
    )
    if summary.changed or late:
        journal.record(
            session,
            actor=SYSTEM.login,
            did="detect.tick",
            subject=f"tick:{summary.day}",
            at=at,
            detail={
                "raised": list(summary.raised),
                "updated": summary.updated,
                "faded": summary.faded,
                "regressed": list(told[Outcome.REGRESSED]),
                "lapsed": summary.lapsed,
                "grouped": summary.grouped,
                "series": summary.series,
                **({"late": late} if late else {}),
            },
        )
    return summary


def _standing(opened: Sequence[Alert]) -> dict[tuple[SeriesKey, str], Alert]:
    """Return the open alerts by series and direction; the newest where two rules have one."""
    return {(_key(alert), alert.direction): alert for alert in opened}


def _home(finding: Finding, rule: Rule, known: Sequence[Alert], *, at: datetime) -> Alert | None:
    """Return a living alert that a finding belongs to: wider, or of the same area, and no milder.

    Of the same area counts in both directions (a major and its category); a wider area only
    when its alert stood before: what a tick finds beside a wider finding has its own reason.
    """
    level = rule.level_of(finding)
    homes = (
        alert
        for alert in known
        if alert.direction == finding.direction
        and alert.signal in {Signal.FIRING, Signal.CLEARING}
        and level is not None
        and level.rank >= alert.level.rank
        and (
            (contains(_key(alert), finding.key) and alert.first_seen_at < at)
            or (alert.area_path == finding.area_path and related(_key(alert), finding.key))
        )
    )
    return next(homes, None)


def _spreads(alert: Alert, heard: Sequence[tuple[SeriesKey, str]]) -> bool:
    """Whether this tick found something around or inside an alert: then it has not faded."""
    return any(
        direction == alert.direction and related(key, _key(alert)) for key, direction in heard
    )


def _key(alert: Alert) -> SeriesKey:
    return SeriesKey(alert.area_path or "", alert.category)
