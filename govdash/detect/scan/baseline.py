"""What a place's own past lets expect, for a scan that is given nothing better.

A place's level is its cases per bucket in the history, drawn to the mean of all places by half a
case (Gamma prior of shape 1/2): a place without any case yet expects a little, not nothing. Days
follow the weekday of the whole study, months the month of the year, when the history is long
enough to know them. There is no trend: a rise of the whole city shows, as it should here.
"""

from typing import Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError

_PRIOR_SHAPE: Final = 0.5

#: History, in buckets, from which the rhythm of a unit is learned: four of each kind of day,
#: two of each month.
_RHYTHM_FROM: Final = {"day": 28, "month": 24}

#: Longest history, in buckets: older levels say little about today's.
_LONGEST: Final = {"day": 365, "week": 104, "month": 60}


def history_expected(
    counts: np.ndarray, starts: pd.DatetimeIndex, *, unit: str, until: int
) -> np.ndarray:
    """Return what every bucket (cells, T) expects by the history before bucket `until`.

    Parameters
    ----------
    counts : array of int (cells, T)
    starts : DatetimeIndex (T,)
        First day of each bucket.
    unit : {"day", "week", "month", "year"}
        Days have a rhythm of weekdays, months of the year, once there is enough history.
    until : int
        First bucket that is not learned from: the first of the longest window.

    Raises
    ------
    InputError
        When there is no history, or nothing happened in it.
    """
    first = max(until - _LONGEST.get(unit, until), 0)
    history = counts[:, first:until].astype(float)
    n_cells, length = history.shape
    if length == 0 or history.sum() == 0:
        raise InputError(
            "扫描窗口之前没有历史（或历史里没有事件），无法推出预期；"
            "请加长历史、调小 --max-duration，或给出 expected 列。"
        )
    mean = history.sum() / (n_cells * length)
    level = (history.sum(axis=1) + _PRIOR_SHAPE) / (length + _PRIOR_SHAPE / mean)
    return level[:, None] * _rhythm(history.sum(axis=0), starts, unit=unit, span=(first, until))


def history_dispersion(
    counts: np.ndarray, expected: np.ndarray, *, unit: str, until: int, longest: int
) -> float:
    """Return variance over mean to be drawn in replicates, >= 1.

    Pearson's statistic of the history over its degrees of freedom; and, since a level learned
    from H buckets errs by 1 / H of its variance in every bucket of a window alike, half of
    `longest` / H on top: right for windows of half that length.
    """
    first = max(until - _LONGEST.get(unit, until), 0)
    seen, due = counts[:, first:until], expected[:, first:until]
    freedom = seen.size - len(seen)
    pearson = float(np.sum(np.square(seen - due) / due))
    spread = pearson / freedom if freedom > 0 else 1.0
    return max(spread, 1.0) * (1.0 + longest / (2.0 * (until - first)))


def _rhythm(
    total: np.ndarray, starts: pd.DatetimeIndex, *, unit: str, span: tuple[int, int]
) -> np.ndarray:
    """Return the factor (T,) of each bucket's weekday or month; its mean in the history is 1."""
    if len(total) < _RHYTHM_FROM.get(unit, len(total) + 1):
        return np.ones(len(starts))
    kind = np.asarray(starts.day_of_week if unit == "day" else starts.month - 1)
    n_kinds = 7 if unit == "day" else 12
    seen = kind[span[0] : span[1]]
    often = np.bincount(seen, minlength=n_kinds).astype(float)
    events = np.bincount(seen, weights=total, minlength=n_kinds)
    # drawn to the mean by a tenth of a kind's share, lest a quiet kind expect nothing
    mean = total.mean()
    prior = 0.1 * len(total) / n_kinds
    factor = (events + prior * mean) / ((often + prior) * mean)
    factor = factor / (factor[seen].mean())
    return factor[kind]
