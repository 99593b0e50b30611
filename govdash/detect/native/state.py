"""The state between ticks: new buckets move it in O(new), late ones are taken in and told.

A tick does exactly what scoring a whole history does, bucket by bucket, so both agree to the last
digit. Late counts are replayed from an anchor some buckets back; older ones wait for the refit.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.buckets import BUCKETS
from govdash.detect.native.level import Level, LevelRule
from govdash.detect.native.parent import Parent
from govdash.detect.native.tails import BucketTails, bucket_tails


@dataclass(frozen=True)
class Scored:
    """One bucket of every series.

    Attributes
    ----------
    bucket : Timestamp
    counts : array (series,)
        NaN: unknown.
    mean : array (series,)
        Expected events, recent level and shock included.
    log_variance : array (series,)
        Of the log of `mean`: how well it is known.
    tails : BucketTails
        By window.
    """

    bucket: pd.Timestamp
    counts: np.ndarray
    mean: np.ndarray
    log_variance: np.ndarray
    tails: BucketTails

    def take(self, chosen: np.ndarray) -> "Scored":
        """Return the `chosen` series (positions) alone."""
        t = self.tails
        tails = BucketTails(
            observed=t.observed[:, chosen],
            expected=t.expected[:, chosen],
            variance=t.variance[:, chosen],
            high=t.high[:, chosen],
            low=t.low[:, chosen],
            p_high=t.p_high[chosen],
            p_low=t.p_low[chosen],
        )
        return Scored(
            self.bucket, self.counts[chosen], self.mean[chosen], self.log_variance[chosen], tails
        )


@dataclass(frozen=True)
class LateCount:
    """A count that changed after it was scored: the audit line of a late batch.

    Attributes
    ----------
    series : str
    bucket : Timestamp
    before, after : float
        Events as scored, and as known now.
    p_before, p_after : float
        High tails, all windows combined, of that bucket.
    """

    series: str
    bucket: pd.Timestamp
    before: float
    after: float
    p_before: float
    p_after: float


@dataclass(frozen=True)
class Ticked:
    """What a tick did: the buckets scored (new ones, and again from the first late one on).

    ``too_old`` names buckets before the anchor: what came for them waits for the next refit.
    """

    scored: tuple[Scored, ...]
    late: tuple[LateCount, ...]
    too_old: tuple[pd.Timestamp, ...] = ()


@dataclass(frozen=True)
class State:
    """A fitted model and its place in time.

    Attributes
    ----------
    series : tuple of str
    parent : Parent
    rule : LevelRule
    windows : dict of window to weight
    learned_until : Timestamp
        Bucket 0 of `Level.at`.
    anchor, level : Level
        The level some buckets back, and now.
    since : array (buckets, series)
        Counts taken in after the anchor; NaN: unknown.
    base_since : array (buckets, series)
        The parent's means for them, shocks included.
    p_since : array (buckets, series)
        Their high tails as they were told.
    late_within : int
        Buckets for which late counts are taken in.
    """

    series: tuple[str, ...]
    parent: Parent
    rule: LevelRule
    windows: dict[int, float]
    learned_until: pd.Timestamp
    anchor: Level
    level: Level
    since: np.ndarray
    base_since: np.ndarray
    p_since: np.ndarray
    late_within: int

    @property
    def at(self) -> pd.Timestamp:
        """The last bucket taken in."""
        return self.bucket(self.level.at)

    def bucket(self, number: int) -> pd.Timestamp:
        """Return the bucket of that number; 0 is the last learned one."""
        return self.learned_until + number * BUCKETS[self.parent.calendar.freq].step

    def advance(
        self, counts: np.ndarray, *, shock: np.ndarray | float = 1.0
    ) -> tuple["State", list[Scored]]:
        """Take in the next buckets, (buckets, series); NaN is unknown.

        Parameters
        ----------
        shock : array broadcastable to `counts`
            Factor on the expected counts, such as a city-wide event.
        """
        base = self.parent.mean(self.buckets(self.level.at + 1, len(counts))) * shock
        return _moved(self, np.asarray(counts, dtype=float), base)

    def tick(self, first: pd.Timestamp, counts: np.ndarray) -> tuple["State", Ticked]:
        """Take in buckets from `first` on, new ones and known ones again.

        A bucket that is known with the same counts changes nothing. One that differs is late: it
        is replayed with everything after it when at most `late_within` buckets old, else it waits
        for the refit; both are told. New buckets must follow the last one without a gap.
        """
        values = np.asarray(counts, dtype=float)
        start = round((first - self.learned_until) / BUCKETS[self.parent.calendar.freq].step)
        known = self.level.at - start + 1  # rows that were seen before
        if known < 0:
            raise InputError(
                f"从 {first} 开始的计数接不上已评分的 {self.at}；"
                f"请从 {self.bucket(self.level.at + 1)} 起补齐。"
            )
        state, late, again = self, [], []
        if known > 0:
            state, late, again = self._late(start, values[:known])
        state, scored = state.advance(values[known:])
        too_old = tuple(
            self.bucket(n) for n in range(start, min(self.anchor.at + 1, start + len(values)))
        )
        return state, Ticked((*again, *scored), tuple(late), too_old)

    def rewound(self, buckets: int) -> "State":
        """Return the state as it was so many buckets ago (at most to the anchor)."""
        kept = len(self.since) - buckets
        if kept < 0:
            raise InputError(f"只保留最近 {len(self.since)} 个时段，退不回 {buckets} 个。")
        at_anchor = self._at_anchor()
        return _moved(at_anchor, self.since[:kept], self.base_since[:kept])[0]

    def _at_anchor(self) -> "State":
        return replace(
            self,
            level=self.anchor,
            since=self.since[:0],
            base_since=self.base_since[:0],
            p_since=self.p_since[:0],
        )

    def _late(
        self, start: int, values: np.ndarray
    ) -> tuple["State", list[LateCount], list[Scored]]:
        """Take in `values` of known buckets, the first being number `start`."""
        oldest = self.anchor.at + 1
        inside = slice(max(start - oldest, 0), start + len(values) - oldest)
        changed = self.since.copy()
        late: list[LateCount] = []
        if inside.stop > 0:
            changed[inside] = values[max(oldest - start, 0) :]
        known = np.array_equal(changed, self.since, equal_nan=True)
        if known:
            return self, late, []
        state, scored = _moved(self._at_anchor(), changed, self.base_since)
        differ = ~((changed == self.since) | (np.isnan(changed) & np.isnan(self.since)))
        for row, column in np.argwhere(differ):
            late.append(
                LateCount(
                    series=self.series[column],
                    bucket=self.bucket(oldest + int(row)),
                    before=float(self.since[row, column]),
                    after=float(changed[row, column]),
                    p_before=float(self.p_since[row, column]),
                    p_after=float(state.p_since[row, column]),
                )
            )
        return state, late, scored[int(np.argwhere(differ)[0][0]) :]

    def row_of(self, bucket: pd.Timestamp) -> int:
        """Return the row of the level's arrays that holds `bucket`, or refuse."""
        back = round((self.at - bucket) / BUCKETS[self.parent.calendar.freq].step)
        kept = len(self.level.counts)
        if not 0 <= back < min(kept, self.level.at):
            raise InputError(f"{bucket} 不在已评分的最近 {min(kept, self.level.at)} 个时段内。")
        return kept - 1 - back

    def buckets(self, number: int, length: int) -> pd.DatetimeIndex:
        """Return the `length` buckets from that number on."""
        step = BUCKETS[self.parent.calendar.freq].step
        return pd.date_range(self.bucket(number), periods=length, freq=step)


def _moved(state: State, counts: np.ndarray, base: np.ndarray) -> tuple[State, list[Scored]]:
    if not len(counts):
        return state, []
    parent, rule, phi = state.parent, state.rule, state.parent.phi
    buckets = state.buckets(state.level.at + 1, len(counts))
    log_variance = parent.log_variance(buckets)
    level, scored = state.level, []
    for n, bucket in enumerate(buckets):
        error = log_variance[n] + level.log_variance(rule)
        level = level.advance(counts[n], base[n], phi, rule)
        tails = bucket_tails(level.counts, level.mean, error, phi, parent.inflation, state.windows)
        scored.append(Scored(bucket, counts[n], level.mean[-1], error, tails))
    since = np.vstack([state.since, counts])
    bases = np.vstack([state.base_since, base])
    told = np.vstack([state.p_since, *(one.tails.p_high for one in scored)])
    excess, anchor = max(len(since) - state.late_within, 0), state.anchor
    for row, mean in zip(since[:excess], bases[:excess], strict=True):
        anchor = anchor.advance(row, mean, phi, rule)
    moved = replace(
        state,
        anchor=anchor,
        level=level,
        since=since[excess:],
        base_since=bases[excess:],
        p_since=told[excess:],
    )
    return moved, scored
