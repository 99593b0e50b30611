"""The native detector: parent model, recent level, windows; hours, days or weeks.

See `docs/detection-native.md` for the model, its assumptions and its measured limits.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

import numpy as np
import pandas as pd
from scipy import special
from threadpoolctl import ThreadpoolController

from govdash.core.errors import InputError
from govdash.detect.buckets import BUCKETS, Bucket, bucket_named, bucket_of
from govdash.detect.contract import Forecast, check_counts, check_later, score_frame
from govdash.detect.native.calendar import Calendar, Frequency
from govdash.detect.native.level import MEMORY, REACH, Level, LevelRule
from govdash.detect.native.parent import fit_parent
from govdash.detect.native.state import Scored, State
from govdash.detect.tails import interval


@dataclass(frozen=True)
class Usual:
    """What a frequency begins with; each figure is a parameter of `Native` too.

    Attributes
    ----------
    windows : window length in buckets to its weight in the combination
    guard, half_life, span, least, late_within : buckets
    prior : events
    """

    windows: Mapping[int, float]
    guard: int
    half_life: float
    prior: float
    span: int
    least: int
    late_within: int


#: Weeks: an incident of up to a week begins anywhere in one, so two neighbouring weeks share its
#: reports and their sum weighs double. Days: a burst, a few days, a week, a fortnight, and four
#: weeks for slow rises. Hours: a burst, half a shift's hours, a shift, a day.
#: The level is learned over a month (days), two months (weeks: far fewer buckets to learn from),
#: three days (hours). A month, a quarter, three days of lasting doubt are the new usual.
USUAL: Final[Mapping[Frequency, Usual]] = {
    "D": Usual({1: 1.0, 3: 1.0, 7: 1.0, 14: 1.0, 28: 1.0}, 7, 14.0, 5.0, 21, 14, 14),
    "W": Usual({1: 1.0, 2: 2.0, 3: 1.0}, 4, 8.0, 5.0, 10, 12, 4),
    "H": Usual({1: 1.0, 3: 1.0, 6: 1.0, 24: 1.0}, 24, 48.0, 5.0, 48, 48, 48),
}

#: Codes of `buckets.BUCKETS`, typed.
FREQUENCIES: Final[Mapping[str, Frequency]] = {"D": "D", "W": "W", "H": "H"}

_THREADS: Final = ThreadpoolController()


@dataclass
class Native:
    """Score buckets against what the series itself did at such times before.

    Parameters
    ----------
    freq : {"D", "W", "H"}, optional
        Length of a bucket; by default that of the counts given to `fit`.
    coverage : float
        Of the central prediction interval (``lower``, ``upper``) of the single bucket;
        ``alarm`` is ``p_high`` <= (1 - coverage) / 2, over all windows.
    low_side : bool
        Whether too few count as well: ``p_value`` is then twice the smaller tail where at least 5
        are expected. Without it ``p_value`` is ``p_high``: for outbreaks half of the false alarms
        at the same power.
    guard : int, optional
        Last buckets that are seen but not learned from, so that an outbreak just starting cannot
        hide itself. As `windows`, `half_life` and `min_buckets`: by default as `USUAL` has it.
    windows : mapping of int to float, optional
        Window lengths in buckets and their weights in the combined probability.
    half_life : float, optional
        Buckets after which one counts half for the recent level.
    min_buckets : int, optional
        Shortest history.
    holidays : mapping of date to name, optional
        Days off, past and coming. None: no holiday effect.
    workdays : collection of date
        Weekend days that are worked (调休); expected as the mean of Monday to Friday.

    Attributes
    ----------
    bucket_ : Bucket
        Length of a bucket learned.
    state_ : State
        Fitted model, level and last buckets; `state_.tick` moves it.
    learned_until_ : Timestamp
        Last bucket learned from.
    note_ : str
        What was simplified because the history is short; empty when nothing was.

    Notes
    -----
    ``p_high`` and ``p_low`` combine all windows that end with the bucket; ``expected``, ``lower``
    and ``upper`` are of the bucket alone. ``score`` is the normal quantile of the combined tail:
    positive when high, negative when low (>= 5 expected), 0 when neither tail is below 1/2.
    """

    freq: Frequency | None = None
    coverage: float = 0.95
    low_side: bool = True
    guard: int | None = None
    windows: Mapping[int, float] | None = None
    half_life: float | None = None
    min_buckets: int | None = None
    holidays: Mapping[date, str] | None = None
    workdays: Collection[date] = frozenset()

    bucket_: Bucket = field(init=False, repr=False, compare=False)
    state_: State = field(init=False, repr=False, compare=False)
    learned_until_: pd.Timestamp = field(init=False, repr=False, compare=False)
    note_: str = field(init=False, repr=False, compare=False)

    @property
    def min_days(self) -> int:
        """Shortest history, in buckets (of days where `freq` is not told)."""
        return self.min_buckets or USUAL[self.freq or "D"].least

    def _rule(self, freq: Frequency) -> LevelRule:
        usual = USUAL[freq]
        guard = usual.guard if self.guard is None else self.guard
        if guard < REACH:
            raise InputError(f"保护期 {guard} 太短；至少 {REACH} 个时段。")
        return LevelRule(
            half_life=self.half_life or usual.half_life,
            prior=usual.prior,
            guard=guard,
            span=usual.span,
            keep=max(*self._windows(freq), guard + 1 + REACH),
        )

    def fit(self, counts: pd.DataFrame) -> Self:
        """Learn from gap-free `counts` up to `guard` buckets before their end.

        The guarded buckets are taken into the windows (they were seen), not into the model.

        Raises
        ------
        InputError
            When the counts break the contract or hold too few buckets.
        """
        bucket = bucket_named(self.freq) if self.freq else bucket_of(counts)
        freq: Frequency = FREQUENCIES[bucket.code]
        rule, windows = self._rule(freq), self._windows(freq)
        least = self.min_buckets or USUAL[freq].least
        check_counts(counts, needs=max(least, rule.guard + 2), bucket=bucket)
        values = counts.to_numpy(dtype=float)
        buckets = pd.DatetimeIndex(counts.index[: len(counts) - rule.guard])
        learned, guarded = values[: len(buckets)], values[len(buckets) :]
        calendar = Calendar.for_history(
            buckets, freq, holidays=self.holidays, workdays=self.workdays
        )
        # one thread: beside a busy web server two wait for each other
        with _THREADS.limit(limits=1, user_api="blas"):
            parent = fit_parent(learned, buckets, calendar, windows=tuple(windows), span=rule.span)
            recent = slice(max(len(buckets) - int(MEMORY * rule.half_life) - rule.keep, 0), None)
            base = parent.mean(buckets[recent])
        level = Level.from_history(learned[recent], base, parent.phi, rule)
        none = np.empty((0, values.shape[1]))
        state = State(
            series=tuple(counts.columns),
            parent=parent,
            rule=rule,
            windows=windows,
            learned_until=buckets[-1],
            anchor=level,
            level=level,
            since=none,
            base_since=none,
            p_since=none,
            late_within=USUAL[freq].late_within + rule.guard,
        )
        return self.resume(state.advance(guarded)[0])

    def resume(self, state: State) -> Self:
        """Go on from the `state` of a detector with the same parameters, instead of `fit`."""
        self.state_ = state
        self.bucket_ = BUCKETS[state.parent.calendar.freq]
        self.learned_until_ = state.learned_until
        self.note_ = state.parent.calendar.note
        return self

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and bucket (`contract.SCORE_COLUMNS`) for later buckets.

        The detector itself does not move. Buckets between the last one fitted on and the first of
        `counts` are unknown: windows that need them are left out.
        """
        scored = self.score_buckets(counts)
        single = list(self.state_.windows).index(1)
        mean = _stack([one.mean for one in scored], counts.shape[1])
        variance = _stack([one.tails.variance[single] for one in scored], counts.shape[1])
        high = _stack([one.tails.p_high for one in scored], counts.shape[1])
        low = _stack([one.tails.p_low for one in scored], counts.shape[1])
        lower, upper = interval(mean, variance, coverage=self.coverage)
        frame = score_frame(
            counts,
            expected=mean,
            lower=lower,
            upper=upper,
            p_high=high,
            p_low=low,
            score=signed_score(high, low),
            alarm=high <= (1.0 - self.coverage) / 2.0,
        )
        return frame if self.low_side else frame.assign(p_value=frame["p_high"])

    def score_buckets(self, counts: pd.DataFrame) -> list[Scored]:
        """As `score`, with the tails of every window, for the series in the order of `counts`."""
        return self.moved(counts)[1]

    def moved(self, counts: pd.DataFrame) -> tuple[State, list[Scored]]:
        """As `score_buckets`, with the state after the last of `counts`."""
        state, skip = self._state_before(counts)
        chosen = pd.Index(state.series).get_indexer(counts.columns)
        unknown = np.full((skip, len(state.series)), np.nan)
        values = np.full((len(counts), len(state.series)), np.nan)
        values[:, chosen] = counts.to_numpy(dtype=float)
        state, scored = state.advance(np.vstack([unknown, values]))
        every = np.array_equal(chosen, np.arange(len(state.series)))
        return state, [one if every else one.take(chosen) for one in scored[skip:]]

    def forecast(self, days: pd.DatetimeIndex, series: tuple[str, ...]) -> Forecast:
        """Return the predictive distribution for buckets after `learned_until_`.

        Parameters
        ----------
        days : DatetimeIndex
            Buckets; the level is that of the last bucket taken in, however far they lie ahead.
        series : tuple of str
            Any of the learned ones, in any order.
        """
        state = self.state_
        chosen = pd.Index(state.series).get_indexer(pd.Index(series))
        level = state.level
        mean = state.parent.mean(days) * level.factor(state.rule)
        error = state.parent.log_variance(days) + level.log_variance(state.rule)
        return Forecast(
            days=days,
            series=series,
            mean=mean[:, chosen],
            log_se=np.sqrt(error)[:, chosen],
            dispersion={
                w: (state.parent.phi * gain)[chosen] for w, gain in state.parent.inflation.items()
            },
        )

    def _windows(self, freq: Frequency) -> dict[int, float]:
        chosen = dict(self.windows or USUAL[freq].windows)
        if 1 not in chosen or min(chosen) < 1 or min(chosen.values()) < 0:
            raise InputError(f"窗口 {chosen} 应包含 1，长度为正整数，权重不为负。")
        return chosen

    def _state_before(self, counts: pd.DataFrame) -> tuple[State, int]:
        state = self.state_
        check_later(counts, pd.Index(state.series), self.learned_until_, bucket=self.bucket_)
        first = pd.DatetimeIndex(counts.index)[0]
        ahead = round((first - state.at) / self.bucket_.step) - 1
        return (state, ahead) if ahead >= 0 else (state.rewound(-ahead), 0)


def signed_score(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return the normal quantile of the smaller tail below 1/2, positive when high, else 0."""
    rise = np.maximum(-special.ndtri(np.clip(high, 1e-300, 0.5)), 0.0)
    fall = np.maximum(-special.ndtri(np.clip(low, 1e-300, 0.5)), 0.0)
    return np.where(high <= low, rise, -fall)


def _stack(rows: list[np.ndarray], n_series: int) -> np.ndarray:
    return np.stack(rows) if rows else np.empty((0, n_series))
