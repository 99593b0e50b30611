"""Many tests at once: the false discovery rate over all series of a tick."""

import numpy as np


def benjamini_hochberg(p_values: np.ndarray, *, tests: int | None = None) -> np.ndarray:
    """Return the q-value of each p-value: the smallest false discovery rate that accepts it.

    q(i) = min over j >= i of p(j) n / j, with p(1) <= … <= p(n) (Benjamini & Hochberg 1995, JRSS B
    57:289). Accepting all with q <= a keeps the expected share of false ones among the accepted
    below a, when the tests are independent or positively dependent. Ties share their q-value. The
    p-values of counts are conservative, so the true share is lower still.

    Parameters
    ----------
    tests : int, optional
        How many tests there were, when only those with the smallest p-values are given.
    """
    p = np.asarray(p_values, dtype=float)
    n = p.size
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (n if tests is None else tests) / np.arange(1, n + 1)
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
