"""The scan's kernel: best windows, disjoint clusters, replicates; both engines alike."""

from itertools import product

import numpy as np
import pytest

from govdash.core.errors import InputError
from govdash.detect.scan import MonteCarlo, scan_poisson
from govdash.detect.scan.likelihood import log_likelihood_ratio

NONE = MonteCarlo(replicates=0)


def city(n_cells=20, n_times=8, *, categories=1, seed=1, mean=0.7, k=6):
    """Counts, expectations and neighbours at random."""
    rng = np.random.default_rng(seed)
    expected = rng.lognormal(np.log(mean), 0.7, (categories, n_times, n_cells))
    xy = rng.random((n_cells, 2))
    far = ((xy[:, None] - xy) ** 2).sum(axis=-1)
    return rng.poisson(expected), expected, np.argsort(far, axis=1, kind="stable")[:, :k]


def test_the_statistic_of_four_cases_where_one_is_expected():
    """4 log 4 - 3 = 2.545177; of 10 in all: 4 log 4 + 6 log(6/9) = 3.112387."""
    assert log_likelihood_ratio(4, 1) == pytest.approx(4 * np.log(4) - 3, rel=1e-15)
    given = 4 * np.log(4) + 6 * np.log(6 / 9)
    assert log_likelihood_ratio(4, 1, total=10) == pytest.approx(given, rel=1e-15)


@pytest.mark.parametrize("engine", ["numba", "numpy"])
def test_the_best_window_is_the_best_of_all_windows_tried_one_by_one(engine):
    counts, expected, neighbours = city()
    tried = {}
    for i, size, days in product(range(20), range(1, 7), range(1, 9)):
        zone = neighbours[i, :size]
        c, b = counts[0, -days:, zone].sum(), expected[0, -days:, zone].sum()
        tried[i, size, days] = c * np.log(c / b) + b - c if c > b else 0.0
    (found,) = scan_poisson(counts, expected, neighbours, monte_carlo=MonteCarlo(0, engine=engine))
    best = found.clusters[0]
    assert best.statistic == pytest.approx(max(tried.values()), rel=1e-12)
    assert tried[best.centre, best.size, best.duration] == pytest.approx(best.statistic, rel=1e-12)
    by_centre = [max(v for key, v in tried.items() if key[0] == i) for i in range(20)]
    np.testing.assert_allclose(found.centre_statistic, by_centre, rtol=1e-10)


@pytest.mark.parametrize("dispersion", [1.0, 1.7])
@pytest.mark.parametrize("stopping", ["full", "sequential"])
def test_compiled_and_plain_loops_give_equal_results(dispersion, stopping):
    counts, expected, neighbours = city(categories=3)
    compiled, plain = (
        scan_poisson(
            counts,
            expected,
            neighbours,
            dispersion=dispersion,
            monte_carlo=MonteCarlo(60, stopping, seed=5, engine=engine),
        )
        for engine in ("numba", "numpy")
    )
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(one.maxima, other.maxima, rtol=1e-12)
        np.testing.assert_array_equal(one.centre_size, other.centre_size)
        np.testing.assert_array_equal(one.centre_window, other.centre_window)
        assert [(c.members, c.start, c.p_value) for c in one.clusters] == [
            (c.members, c.start, c.p_value) for c in other.clusters
        ]


def test_clusters_share_no_cell_and_the_next_is_the_best_of_what_is_left():
    counts, expected, neighbours = city(seed=4)
    (found,) = scan_poisson(counts, expected, neighbours, monte_carlo=NONE)
    seen = [m for cluster in found.clusters for m in cluster.members]
    assert len(seen) == len(set(seen))
    first, second = found.clusters[:2]
    rest = max(
        float(log_likelihood_ratio(c, b))
        for i, size, days in product(range(20), range(1, 7), range(1, 9))
        if not set(neighbours[i, :size]) & set(first.members)
        for c, b in [
            (
                counts[0, -days:, neighbours[i, :size]].sum(),
                expected[0, -days:, neighbours[i, :size]].sum(),
            )
        ]
        if c > b
    )
    assert second.statistic == pytest.approx(rest, rel=1e-12)


def test_an_injected_burst_is_found_and_an_empty_category_beside_it_changes_nothing():
    counts, expected, neighbours = city(categories=2)
    counts[0, -3:, neighbours[7, :3]] += 5
    counts[1] = 0
    plan = MonteCarlo(99, seed=2)
    burst, quiet = scan_poisson(counts, expected, neighbours, monte_carlo=plan)
    (alone,) = scan_poisson(counts[:1], expected[:1], neighbours, monte_carlo=plan)
    top = burst.clusters[0]
    assert set(top.members) == set(neighbours[7, :3].tolist())
    assert (top.duration, top.end, top.p_value) == (3, 8, 0.01)
    assert top.relative_risk == pytest.approx(top.observed / top.expected)
    assert quiet.clusters == ()
    np.testing.assert_array_equal(alone.maxima, burst.maxima)


def test_sequential_stopping_gives_the_rank_of_the_replicates_it_ran():
    counts, expected, neighbours = city(seed=9)
    full, short = (
        scan_poisson(counts, expected, neighbours, monte_carlo=MonteCarlo(499, stopping, seed=1))[0]
        for stopping in ("full", "sequential")
    )
    n = len(short.maxima)
    assert n < 499
    np.testing.assert_array_equal(short.maxima, full.maxima[:n])
    assert np.sum(short.maxima >= short.clusters[0].statistic) == 10
    assert short.maxima[-1] >= short.clusters[0].statistic
    assert short.clusters[0].p_value == 10 / n


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": -np.ones((8, 20), dtype=int)}, "负数 -1"),
        ({"counts": np.ones((8, 20))}, "应为整数"),
        ({"expected": np.full((8, 20), np.nan)}, "空值"),
        ({"counts": np.ones((7, 20), dtype=int)}, "形状不一致"),
        ({"longest": 9}, "最长窗口 9"),
        ({"dispersion": 0.5}, "离散度 0.5"),
        ({"neighbours": np.zeros((20, 2), dtype=int)}, "重复的格子"),
    ],
)
def test_what_cannot_be_scanned_is_refused_by_name(change, message):
    counts, expected, neighbours = city()
    given = {"counts": counts[0], "expected": expected[0], "neighbours": neighbours} | change
    with pytest.raises(InputError, match=message):
        scan_poisson(**given)
