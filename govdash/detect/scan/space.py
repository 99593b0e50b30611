"""Where a scan looks: nested zones around each centre, and windows of time."""

from typing import NamedTuple

import numpy as np

from govdash.core.errors import InputError


class SearchSpace(NamedTuple):
    """Every zone x window that is tried.

    Attributes
    ----------
    neighbours : array of int32 (centres, k)
        Cells by distance from each centre, nearest first (the centre's own cell, as a rule).
    sizes : array of int32 (centres,)
        Zones of centre i are its first 1, 2, ... ``sizes[i]`` neighbours.
    starts, ends : array of int32 (windows,)
        First bucket of each window and the one after its last; the shorter windows come first, so
        that of equal statistics the shorter window is kept.
    """

    neighbours: np.ndarray
    sizes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def without(self, cells: np.ndarray) -> "SearchSpace":
        """Return the space whose zones have none of `cells` (bool, one per cell)."""
        taken = cells[self.neighbours]
        free = np.where(taken.any(axis=1), taken.argmax(axis=1), taken.shape[1])
        return self._replace(sizes=np.minimum(self.sizes, free).astype(np.int32))


def nested_zones(neighbours: np.ndarray, *, n_cells: int) -> np.ndarray:
    """Check `neighbours` (centres, k), cells numbered below `n_cells`, and return it as int32.

    Raises
    ------
    InputError
        When it is no table of whole numbers, or a row names a cell twice or one there is not.
    """
    checked = np.asarray(neighbours)
    if checked.ndim != 2 or checked.shape[1] == 0 or not np.issubdtype(checked.dtype, np.integer):
        raise InputError("邻居表应为整数数组（中心 × 邻居），每行从中心自己开始。")
    if len(checked) and (checked.min() < 0 or checked.max() >= n_cells):
        raise InputError(f"邻居表里的格子编号应在 0 与 {n_cells - 1} 之间。")
    ordered = np.sort(checked, axis=1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise InputError("邻居表的一行里有重复的格子；每个格子只能出现一次。")
    return np.ascontiguousarray(checked, dtype=np.int32)


def prospective_windows(n_times: int, *, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows that end with the last bucket, 1 to `longest` buckets long."""
    starts = np.arange(n_times - 1, n_times - 1 - longest, -1, dtype=np.int32)
    return starts, np.full(len(starts), n_times, dtype=np.int32)


def retrospective_windows(n_times: int, *, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all windows of 1 to `longest` buckets."""
    starts = [np.arange(n_times - d + 1, dtype=np.int32) for d in range(1, longest + 1)]
    ends = [first + np.int32(d) for d, first in enumerate(starts, start=1)]
    return np.concatenate(starts), np.concatenate(ends)


def window_sums(counts: np.ndarray, space: SearchSpace) -> np.ndarray:
    """Return the sums of `counts` (cells, T) over the windows, shaped (cells, windows)."""
    until = np.zeros((len(counts), counts.shape[1] + 1), dtype=counts.dtype)
    np.cumsum(counts, axis=1, out=until[:, 1:])
    return until[:, space.ends] - until[:, space.starts]
