"""Which former buckets a bucket is compared with: same time of former years, and ten seasons.

A year back is taken by date (the bucket nearest to the same date of that year: 52 or 53 weeks,
365 or 366 days), or by a fixed number of buckets where the buckets have no calendar.

Reference: Noufaily et al. (2013), Stat. Med. 32:1206: a season of seven weeks around the current
one and nine of five weeks between.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govdash.detect.classics.loglinear import Design


@dataclass(frozen=True)
class Window:
    """Buckets with the same comparison: `at` (positions), whose history lies at `at` + `offsets`.

    Attributes
    ----------
    at : array of int (buckets scored,)
    offsets : array of int (buckets of the history,), < 0
    design : Design
    """

    at: np.ndarray
    offsets: np.ndarray
    design: Design


def years_back(days: pd.DatetimeIndex, at: np.ndarray, years: int) -> np.ndarray:
    """Return the positions, shape (len(at), years + 1), of the same date 0..years years before.

    29 February counts as 1 March in the other years. Positions before the first day are negative.

    Parameters
    ----------
    days : DatetimeIndex
        Equal buckets; a year back is the bucket nearest to the date.
    at : array of int
        Positions in `days`.
    years : int
    """
    step = days[1] - days[0]
    when = days[at]
    leap = (when.month == 2) & (when.day == 29)
    columns = [np.asarray(at, dtype=np.int64)]
    for back in range(1, years + 1):
        moved = leap & ~_is_leap_year(when.year - back)
        parts = pd.DataFrame(
            {
                "year": when.year - back,
                "month": np.where(moved, 3, when.month),
                "day": np.where(moved, 1, when.day),
                "hour": when.hour,
            }
        )
        same = pd.DatetimeIndex(pd.to_datetime(parts))
        columns.append(np.rint((same - days[0]) / step).astype(np.int64))
    return np.stack(columns, axis=1)


def windows(centres: np.ndarray, *, half_width: int, seasons: int, excluded: int) -> list[Window]:
    """Group the buckets by the shape of their history.

    Parameters
    ----------
    centres : array of int (buckets scored, years + 1)
        Positions of the bucket itself and of the same time of former years.
    half_width : int
        Buckets on each side of a former year's that belong to season 0.
    seasons : int
        1: only season 0 is compared with. More: the time between is cut into `seasons` - 1 parts
        as equal as can be, the longer ones first.
    excluded : int
        Buckets directly before that are left out of the seasons (a running outbreak).
    """
    relative = centres - centres[:, :1]
    # how much of the first window lies before the first bucket
    missing = np.maximum(half_width - centres[:, -1], 0)
    shapes, which = np.unique(np.column_stack([relative, missing]), axis=0, return_inverse=True)
    found = []
    for n, shape in enumerate(shapes):
        at = centres[which.reshape(-1) == n, 0]
        offsets, season = _history(shape[:-1][::-1], half_width, seasons, excluded)
        inside = offsets >= shape[-2] - half_width + shape[-1]
        offsets, season = offsets[inside], season[inside]
        found.append(Window(at, offsets, Design(season, offsets.astype(float))))
    return found


def _history(
    centres: np.ndarray, half_width: int, seasons: int, excluded: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets and seasons for `centres` (oldest first, the last is 0)."""
    if seasons == 1:
        offsets = np.concatenate([c + np.arange(-half_width, half_width + 1) for c in centres[:-1]])
        return offsets, np.zeros(len(offsets), dtype=int)
    pieces, labels = [], []
    for start, end in itertools.pairwise(centres):
        between = np.arange(start + half_width + 1, end - half_width)
        parts = np.array_split(between, seasons - 1)
        pieces += [start + np.arange(-half_width, half_width + 1), *parts]
        labels += [np.zeros(2 * half_width + 1, dtype=int)]
        labels += [np.full(len(part), n + 1) for n, part in enumerate(parts)]
    pieces.append(np.arange(-half_width, 0))
    labels.append(np.zeros(half_width, dtype=int))
    offsets, season = np.concatenate(pieces), np.concatenate(labels)
    # the buckets just before, and the current one, are not looked at
    known = offsets < -excluded
    return offsets[known], season[known]


def _is_leap_year(year: pd.Index) -> np.ndarray:
    y = np.asarray(year)
    return (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
