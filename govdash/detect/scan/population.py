"""What a population lets expect: populations dated, interpolated, and standardised by stratum.

A census counts the people of a place at one day. Between two of them the population is taken to
change along a straight line, before the first and after the last to stay; a bucket holds the
integral of it (person-days). A census known by its year alone is dated in the middle of it, on
1 July; known by month, on the 15th.

Indirect standardisation (Kulldorff 1997, section 4; SaTScan documents the same): with the rate of
stratum s over all places and times, cases_s / person-days_s, a place and bucket expect the sum
over strata of that rate times its person-days.
"""

import numpy as np

from govdash.core.errors import InputError


def person_days(sizes: np.ndarray, dated: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the person-days of every bucket.

    Parameters
    ----------
    sizes : array (series, censuses), people
    dated : array (censuses,), increasing
        Days of the censuses, counted from anywhere.
    edges : array (buckets + 1,), increasing
        Days on which buckets begin, and the day after the last, counted alike.

    Returns
    -------
    array (series, buckets)
    """
    at = np.asarray(dated, dtype=float)
    bounds = np.asarray(edges, dtype=float)
    inside = at[(at > bounds[0]) & (at < bounds[-1])]
    knots = np.union1d(bounds, inside)  # straight between two neighbours: trapezes are exact
    level = np.stack([np.interp(knots, at, row) for row in sizes])
    pieces = (level[:, 1:] + level[:, :-1]) / 2.0 * np.diff(knots)
    return np.add.reduceat(pieces, np.searchsorted(knots, bounds[:-1]), axis=1)


def standardised(
    cases: np.ndarray, exposure: np.ndarray, *, until: int | None = None
) -> np.ndarray:
    """Return the cases expected if every stratum had one rate everywhere and always.

    Parameters
    ----------
    cases : array (strata, cells, T)
    exposure : array (strata, cells, T)
        Person-days.
    until : int, optional
        Rates are learned from the buckets before this one; from all unless given.

    Returns
    -------
    array (cells, T)
        Adds up to the number of cases (over the buckets that were learned from).

    Raises
    ------
    InputError
        When a stratum has cases but no population.
    """
    n = cases[:, :, :until].sum(axis=(1, 2)).astype(float)
    people = exposure[:, :, :until].sum(axis=(1, 2))
    bare = np.flatnonzero((people <= 0) & (n > 0))
    if len(bare):
        raise InputError(
            f"第 {bare[0] + 1} 个协变量层有 {n[bare[0]]:g} 件却没有人口；请补全人口表。"
        )
    rate = np.divide(n, people, out=np.zeros_like(n), where=people > 0)
    return np.einsum("s,sct->ct", rate, exposure)


def share_of_bucket(population: np.ndarray, *, total: float) -> np.ndarray:
    """Return `total` spread evenly over buckets, and in each by `population` (cells, T).

    A bucket's expectation then doesn't grow with the population of all, nor with their cases.
    """
    return population / population.sum(axis=0) * (total / population.shape[1])


def permuted(strata: np.ndarray) -> np.ndarray:
    """Return what is expected (cells, T) when time and place are independent in each stratum.

    Parameters
    ----------
    strata : array of int (strata, cells, T)
        Cases; the expectation of a stratum is (cases of the cell) x (of the bucket) / (of all)
        (Kulldorff et al. 2005).
    """
    by_cell = strata.sum(axis=2).astype(float)
    by_time = strata.sum(axis=1).astype(float)
    every = np.maximum(by_cell.sum(axis=1), 1.0)
    return np.einsum("sc,st->ct", by_cell / every[:, None], by_time)
