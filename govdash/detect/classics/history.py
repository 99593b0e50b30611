"""What the classics share: they keep their history, and score each bucket from all before it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.buckets import BUCKETS, Bucket, bucket_of
from govdash.detect.contract import check_counts, check_later, score_frame

#: |score| of a bucket that differs from a history without spread, as far as a p-value can tell
#: (normal tail 1e-307); see `tails`.
SURE: float = 37.5


@dataclass(frozen=True)
class Course:
    """History and later counts in one, as arrays.

    Attributes
    ----------
    counts : array of int (buckets, series)
    moments : DatetimeIndex
    first : int
        Position of the first bucket to score.
    bucket : Bucket
    """

    counts: np.ndarray
    moments: pd.DatetimeIndex
    first: int
    bucket: Bucket


@dataclass
class Remembered:
    """The history of a sequential detector; see `contract.Sequential`.

    Parameters
    ----------
    freq : str, optional
        ``D``, ``W`` or ``H``; by default as the counts show. Given, other counts are refused.
    """

    freq: str | None = field(default=None, kw_only=True)

    guard: int = field(init=False, default=0, repr=False, compare=False)
    learned_until_: pd.Timestamp = field(init=False, repr=False, compare=False)
    note_: str = field(init=False, default="", repr=False, compare=False)
    history_: pd.DataFrame = field(init=False, repr=False, compare=False)

    def _bucket(self, counts: pd.DataFrame | None = None) -> Bucket:
        if self.freq is not None:
            if self.freq not in BUCKETS:
                raise InputError(f"间隔 {self.freq} 不受支持；可用：{'、'.join(BUCKETS)}。")
            return BUCKETS[self.freq]
        return BUCKETS["D"] if counts is None else bucket_of(counts)

    def _remember(self, counts: pd.DataFrame, *, needs: int) -> Bucket:
        """Check `counts` and keep a copy."""
        bucket = self._bucket(counts)
        check_counts(counts, needs=needs, bucket=bucket)
        self.history_ = counts.copy()
        self.learned_until_ = pd.DatetimeIndex(counts.index)[-1]
        self.note_ = ""
        return bucket

    def _continued(self, counts: pd.DataFrame) -> Course:
        """Return the history of the series of `counts` with `counts` after it.

        Raises
        ------
        InputError
            When `counts` does not begin with the first bucket after the history.
        """
        bucket = self._bucket(self.history_)
        check_later(counts, self.history_.columns, self.learned_until_, bucket=bucket)
        due = self.learned_until_ + bucket.step
        if counts.index[0] != due:
            raise InputError(
                f"评分应从 {bucket.says(due)} 起，不能从 {bucket.says(counts.index[0])} 起："
                "这个方法要用到之前的每一期计数；请补上中间的计数。"
            )
        past = self.history_[list(counts.columns)]
        return Course(
            counts=np.concatenate([past.to_numpy(np.int64), counts.to_numpy(np.int64)]),
            moments=pd.DatetimeIndex([*past.index, *counts.index]),
            first=len(past),
            bucket=bucket,
        )


def high_side_frame(
    counts: pd.DataFrame,
    *,
    expected: np.ndarray,
    upper: np.ndarray,
    score: np.ndarray,
    alarm: np.ndarray,
    p_high: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the score frame of a method that looks at the high side only.

    Parameters
    ----------
    counts : DataFrame (buckets, series)
        What was scored.
    expected, upper, score : array (buckets, series)
    alarm : array of bool (buckets, series)
    p_high : array (buckets, series), optional
        NaN in the frame unless given.
    """
    nothing = np.full(counts.shape, np.nan)
    return score_frame(
        counts,
        expected=expected,
        lower=nothing,
        upper=upper,
        p_high=nothing if p_high is None else p_high,
        p_low=nothing,
        score=score,
        alarm=alarm,
    )
