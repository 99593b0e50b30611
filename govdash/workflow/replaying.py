"""Replaying: the rules over past days, each seen up to itself, on counts that may be altered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final, Self

import pandas as pd

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.detect import Detector, Finding
from govdash.detect.walk import REFIT_DAYS, refits
from govdash.lake import Lake
from govdash.store import Store
from govdash.workflow import counting, watched
from govdash.workflow import rules as rule_book
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.counting import Counts
from govdash.workflow.naming import Names
from govdash.workflow.rules import Rule
from govdash.workflow.watched import Look, Watch

#: Days replayed with one choice of series worth learning: few enough that the choice is small.
_STRETCH: Final = 28
#: History before the first replayed day: a trend is told from a quarter on (`native.calendar`).
HISTORY_DAYS: Final = 120
#: More than any record has; counts begin with the first event.
_RECORD_DAYS: Final = 3660

#: Told the share done, from 0 to 1; raises to stop.
Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Record:
    """What the rules watch, whole: one frame of counts per watch, and what a replay needs."""

    watches: tuple[Watch, ...]
    counts: tuple[Counts, ...]
    rules: tuple[Rule, ...]
    names: Names
    calendar: WorkCalendar
    begun: date

    @classmethod
    def read(
        cls,
        store: Store,
        lake: Lake,
        settings: Settings,
        *,
        last: date,
        book: Sequence[Rule] | None = None,
    ) -> Self:
        """Read counts up to `last`, of what the current rules watch, or those of `book`.

        Raises
        ------
        InputError
            When no rule is on, or there is nothing to count.
        """
        with store.read() as session:
            rules = rule_book.current(session) if book is None else list(book)
            names = Names.load(session)
        watches = tuple(watched.watches(rules))
        if not watches:
            raise InputError("没有启用的规则；请先运行 govdash init，或启用一条规则。")
        counts = tuple(
            counting.history(
                lake, watch.rules, last=last, zone_name=settings.timezone, n_days=_RECORD_DAYS
            )
            for watch in watches
        )
        begun = [each.daily.index[0].date() for each in counts if each.daily.shape[1]]
        if not begun:
            raise InputError("数据湖中没有可评分的序列；请先导入事件并运行 govdash lake sync。")
        calendar = WorkCalendar.load(settings.data)
        return cls(watches, counts, tuple(rules), names, calendar, min(begun))

    @property
    def earliest(self) -> date:
        """The first day that has enough history before it."""
        return self.begun + timedelta(days=HISTORY_DAYS)

    def period(self, first: date | None, last: date, *, usual_days: int) -> tuple[date, date]:
        """Return the days to replay: those asked for, else the last `usual_days` that can be.

        Raises
        ------
        InputError
            When there is too little history before the first day.
        """
        start = first or max(last - timedelta(days=usual_days - 1), self.earliest)
        if start < self.earliest or last < start:
            raise InputError(
                f"回放时段 {start} 至 {last} 不成立：记录从 {self.begun} 开始，学习需要 "
                f"{HISTORY_DAYS} 天，最早可从 {self.earliest} 回放。"
            )
        return start, last

    def main(self) -> tuple[Watch, Counts]:
        """Return the watch over areas and categories with the most series."""
        mine = [
            (watch, counts)
            for watch, counts in zip(self.watches, self.counts, strict=True)
            if watch.subject == "category" and counts.daily.shape[1]
        ]
        if not mine:
            raise InputError("没有按区域和类别监测的规则，无法注入；请启用一条这样的规则。")
        return max(mine, key=lambda pair: pair[1].daily.shape[1])

    def fitted(
        self, watch: Watch, counts: pd.DataFrame, first: date, last: date
    ) -> Iterator[tuple[pd.Timestamp, Detector]]:
        """Yield each day with a detector that has learned `counts` up to its last weekly refit."""
        since = first - timedelta(days=watch.history_days)
        yield from refits(
            counts.loc[pd.Timestamp(since) : pd.Timestamp(last)],
            first=pd.Timestamp(first),
            last=pd.Timestamp(last),
            make=partial(watch.make, self.calendar, since, last),
            refit_days=REFIT_DAYS,
        )

    def replay(
        self, counts: Sequence[Counts], first: date, last: date, *, told: Told
    ) -> list[Finding]:
        """Return what the rules take on each day, one entry per matter and day.

        `counts` are `self.counts` or altered copies.
        """
        return [finding for finding, _ in self.taken(counts, first, last, told=told)]

    def taken(
        self, counts: Sequence[Counts], first: date, last: date, *, told: Told
    ) -> list[tuple[Finding, Rule]]:
        """As `replay`, each finding with the rule that takes it."""
        findings: list[tuple[Finding, Rule]] = []
        total = (last - first).days + 1
        for n in range(0, total, _STRETCH):
            begin = first + timedelta(days=n)
            until = min(begin + timedelta(days=_STRETCH - 1), last)
            seen: list[dict[pd.Timestamp, Look]] = []
            for watch, mine in zip(self.watches, counts, strict=True):
                seen.append(self._looks(watch, mine, begin, until))
                done = n + (until - begin).days * len(seen) / len(self.watches)
                told(done / total)
            for day in pd.date_range(begin, until):
                looks = [of_day[day] for of_day in seen if day in of_day]
                for look, of_look in zip(
                    looks, watched.findings_of(looks, self.names), strict=True
                ):
                    findings += [
                        (finding, rule)
                        for finding in of_look.findings
                        if (rule := look.watch.taker(finding))
                    ]
            told(min(n + _STRETCH, total) / total)
        return findings

    def _looks(
        self, watch: Watch, counts: Counts, first: date, last: date
    ) -> dict[pd.Timestamp, Look]:
        learned = counts.candidates(first, last) if counts.daily.shape[1] else []
        if not learned:
            return {}
        return {
            day: watch.look(detector, counts, learned=learned, at_day=day.date())
            for day, detector in self.fitted(watch, counts.daily[learned], first, last)
        }
