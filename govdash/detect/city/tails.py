"""Empirical tails: how rare a category's best window is, by what its own last half year had.

A Monte Carlo p-value says how rare a window is if the model is true. On real complaints, which
come in clumps that no model foresees, a nominal 1e-4 came out at 6e-4. What a category's best
window was on each of the last 180 days needs no model.

The upper fifth is smoothed by a generalised Pareto tail (Pickands 1975, Ann. Stat. 3:119)

    p = 0.2 (1 + ξ (x - u) / b)^(-1/ξ)

with u the 80 % quantile, ξ fixed (below) and b the scale, from the median excess, so that a real
outbreak in the half year does not hide the next. As 36 excesses of one category say little, b is
drawn halfway to the mean over all categories.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

#: Days that are looked back on, and fewest that a rank can be read from.
TRAILING: Final = 180
ENOUGH: Final = 60
#: Share of days above the level from which the smooth tail holds.
_UPPER: Final = 0.2
#: Shape. Chosen on one year of un-injected Chicago and Boston 311 and checked on the next: 0 gives
#: 2.3 % for 1 % and 0.8 % for 0.1 %, 0.3 gives nothing beyond 0.1 %.
_SHAPE: Final = 0.2
#: Excesses that the mean over all categories counts for: as many as a category has.
_PRIOR_EXCESSES: Final = 36.0
#: Smallest scale: the statistic is a log-likelihood ratio, whose null tail falls like exp(-x).
_LEAST_SCALE: Final = 0.3


@dataclass(frozen=True)
class Tails:
    """Tails of several categories.

    Attributes
    ----------
    ordered : array (days, categories)
        Largest statistics of the trailing days, each column from low to high.
    level, scale : array (categories,)
    """

    ordered: np.ndarray
    level: np.ndarray
    scale: np.ndarray

    def p_value(self, category: int, statistic: float) -> float:
        """Return the share of days on which the category's best window is as high or higher.

        Parameters
        ----------
        category : int
        statistic : float
            Log-likelihood ratio. Below the upper fifth its rank counts, above it the smooth tail.
        """
        above = statistic - self.level[category]
        if above > 0:
            reach = 1.0 + _SHAPE * above / self.scale[category]
            return float(_UPPER * reach ** (-1.0 / _SHAPE))
        column = self.ordered[:, category]
        reached = len(column) - np.searchsorted(column, statistic, side="left")
        return float(max((reached + 1) / (len(column) + 1), _UPPER))


def learn_tails(maxima: np.ndarray) -> Tails | None:
    """Return the tails of `maxima` (days, categories); None with fewer than `ENOUGH` days.

    A category whose windows never exceed anything takes no part in the others' scale.
    """
    if len(maxima) < ENOUGH:
        return None
    ordered = np.sort(maxima[-TRAILING:], axis=0)
    level = np.quantile(ordered, 1.0 - _UPPER, axis=0)
    excess = ordered[-int(_UPPER * len(ordered)) :] - level
    own = np.maximum(np.median(excess, axis=0), 0.0) * _SHAPE / (2.0**_SHAPE - 1.0)
    active = ordered[-1] > 0
    common = own[active].mean() if active.any() else 1.0
    n = len(excess)
    scale = (n * own + _PRIOR_EXCESSES * common) / (n + _PRIOR_EXCESSES)
    return Tails(ordered, level, np.maximum(scale, _LEAST_SCALE))
