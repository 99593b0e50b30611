"""Which groups changed more than chance explains: chosen by improbability, not by size."""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from govdash.aggregate.band import pooled_dispersion
from govdash.core.errors import InputError

#: Expected share of false ones among those that are called notable (Benjamini–Hochberg 1995).
Q: Final = 0.05
FEWEST: Final = 4  # earlier periods; with fewer the spread says nothing


def notable(now: pd.Series, before: pd.DataFrame, *, q: float = Q) -> pd.DataFrame:
    """Compare each group's count with those of earlier periods of the same length.

    The mean m of the k earlier counts is expected; the spread is that of a negative binomial with
    variance (m + a m²)(1 + 1/k), the dispersion a >= 0 pooled over all groups by moments, as in
    `aggregate.band.expected_band`. The two-sided p-value is min(1, 2 min(P(X <= n), P(X >= n)));
    a group that was never seen before is compared with a mean of 1/(k + 1), one event in as many
    periods as are known by now. Of all groups together those are notable that
    Benjamini and Hochberg's step-up procedure finds at `q`.

    Parameters
    ----------
    now : Series
        Count of each group in the period, indexed by group.
    before : DataFrame
        One row per group, one column per earlier period (zeros where nothing was, NaN where
        there was no counting). Groups of `now` that are missing here were never seen.

    Returns
    -------
    DataFrame, indexed by group
        ``n``, ``expected``, ``p``, ``high``, ``notable``; NaN, False with fewer than `FEWEST`
        earlier periods.

    Raises
    ------
    InputError
        When `q` isn't a share.
    """
    if not 0 < q < 1:
        raise InputError(f"错误发现率 {q} 应在 0 与 1 之间，例如 0.05。")
    groups = now.index.union(before.index)
    n = now.reindex(groups, fill_value=0).astype(float)
    past = before.reindex(groups).astype(float)
    counted = past.notna().any()
    past = past.loc[:, counted].fillna(0.0)
    k = past.shape[1]
    table = pd.DataFrame(
        {"n": n, "expected": np.nan, "p": np.nan, "high": False, "notable": False}, index=groups
    )
    if k < FEWEST or table.empty:
        return table
    mean = past.mean(axis=1).to_numpy()
    spread = past.var(axis=1, ddof=1).to_numpy()
    dispersion = pooled_dispersion(mean, spread, np.full(len(mean), k))
    mu = np.where(mean > 0, mean, 1 / (k + 1))
    variance = (mu + dispersion * mu**2) * (1 + 1 / k)
    size, share = mu**2 / (variance - mu), mu / variance
    observed = n.to_numpy()
    below = stats.nbinom.cdf(observed, size, share)
    above = stats.nbinom.sf(observed - 1, size, share)
    table["expected"] = mean
    table["p"] = np.minimum(1.0, 2 * np.minimum(below, above))
    table["high"] = observed > mean
    seen = (observed > 0) | (mean > 0)
    table.loc[seen, "notable"] = stats.false_discovery_control(table.loc[seen, "p"]) <= q
    return table
