"""Which hits of a day are told: a false discovery rate over the categories, or a daily budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.city.watch import Hit
from govdash.detect.multiple import benjamini_hochberg


@dataclass(frozen=True)
class Policy:
    """How much is told.

    Parameters
    ----------
    per_day : float
        False hits a day, over all categories, that are put up with: p-values up to
        per_day / categories are told. Used unless `fdr` is given.
    fdr : float, optional
        Share of false ones among the categories that are told on a day (Benjamini & Hochberg
        1995), from each category's rarest zone.
    multiplier : float
        Of the p-value limit; what feedback has learned (`feedback`).
    """

    per_day: float = 0.5
    fdr: float | None = None
    multiplier: float = 1.0

    def __post_init__(self) -> None:
        """Refuse limits that are none."""
        if not self.per_day > 0:
            raise InputError(f"每天可容忍的误报 {self.per_day} 应大于 0。")
        if self.fdr is not None and not 0 < self.fdr < 1:
            raise InputError(f"误报比例 {self.fdr} 应在 0 和 1 之间。")
        if not self.multiplier > 0:
            raise InputError(f"阈值倍数 {self.multiplier} 应大于 0。")

    def limit(self, found: Sequence[Hit], *, categories: int) -> float:
        """Return the largest p-value that is told today.

        Parameters
        ----------
        categories : int
            Those with any event in their history; empty ones are not looked at.
        """
        if self.fdr is None:
            limit = self.per_day / max(categories, 1)
        else:
            best: dict[int, float] = {}
            for hit in found:
                best[hit.category] = min(best.get(hit.category, 1.0), hit.p_value)
            p_values = np.ones(max(categories, len(best)))
            p_values[: len(best)] = list(best.values())
            passed = p_values[benjamini_hochberg(p_values) <= self.fdr]
            limit = float(passed.max()) if len(passed) else 0.0
        return min(limit * self.multiplier, 1.0)
