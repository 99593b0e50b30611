"""What holds for every scan: order, emptiness, scale; p-values; both engines; many windows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.detect.scan import MonteCarlo, kernel
from govdash.detect.scan.baseline import history_dispersion, history_expected
from govdash.detect.scan.likelihood import log_likelihood_ratio
from govdash.detect.scan.models import ScanPlan, scan_study
from govdash.detect.scan.population import permuted, person_days, standardised
from govdash.detect.scan.zones import capped_sizes, distances, neighbours_by_distance

NONE = MonteCarlo(replicates=0)


def region(seed, *, n=9, n_times=6, strata=1):
    """Cases (strata, n, n_times), expectations and neighbours of random places."""
    rng = np.random.default_rng(seed)
    expected = rng.lognormal(0.0, 0.6, (n, n_times))
    cases = rng.poisson(expected / strata, (strata, n, n_times))
    cases[0, 0, 0] += 1
    apart = distances(rng.random((n, 2)), geometry="plane")
    return cases, expected, neighbours_by_distance(apart)


def brute(cases, expected, neighbours, *, total, max_fraction, prospective, low):
    """Return the largest statistic of all windows, one by one."""
    best = 0.0
    n, n_times = expected.shape
    for i in range(n):
        for size in range(1, n + 1):
            zone = neighbours[i, :size]
            if expected[zone].sum() > max_fraction * expected.sum() * (1 + 1e-9):
                break
            for start in range(n_times):
                for end in range(start + 1, n_times + 1):
                    if end - start > n_times // 2 or (prospective and end < n_times):
                        continue
                    c, b = cases[zone, start:end].sum(), expected[zone, start:end].sum()
                    if c > b or (low and c < b):
                        best = max(best, float(log_likelihood_ratio(c, b, total=total)))
    return best


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    model=st.sampled_from(["eb-poisson", "poisson", "permutation"]),
    windows=st.sampled_from(["prospective", "retrospective"]),
    rates=st.sampled_from(["high", "both"]),
    engine=st.sampled_from(["numba", "numpy"]),
)
def test_the_first_cluster_is_the_best_of_all_windows(seed, model, windows, rates, engine):
    cases, expected, neighbours = region(seed, strata=2)
    found = scan_study(
        cases,
        None if model == "permutation" else expected,
        neighbours,
        plan=ScanPlan(model=model, windows=windows, rates=rates, min_cases=1),
        monte_carlo=MonteCarlo(0, engine=engine),
    )
    total = None if model == "eb-poisson" else int(cases.sum())
    if model == "poisson":
        expected = expected * cases.sum() / expected.sum()
    elif model == "permutation":
        expected = permuted(cases)
    best = brute(
        cases.sum(axis=0),
        expected,
        neighbours,
        total=total,
        max_fraction=0.5,
        prospective=windows == "prospective",
        low=rates == "both",
    )
    top = found.clusters[0].statistic if found.clusters else 0.0
    assert top == pytest.approx(best, rel=1e-9, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), model=st.sampled_from(["eb-poisson", "poisson", "permutation"]))
def test_permuting_the_places_permutes_the_clusters(seed, model):
    cases, expected, neighbours = region(seed)
    order = np.random.default_rng(seed).permutation(9)
    back = np.argsort(order)
    plan = ScanPlan(model=model, windows="retrospective")
    due = None if model == "permutation" else expected
    one = scan_study(cases, due, neighbours, plan=plan, monte_carlo=NONE)
    other = scan_study(
        cases[:, order],
        None if due is None else due[order],
        back[neighbours[order]].astype(np.int32),
        plan=plan,
        monte_carlo=NONE,
    )
    assert [c.statistic for c in one.clusters] == pytest.approx(
        [c.statistic for c in other.clusters], rel=1e-9
    )
    top, same = one.clusters[0], other.clusters[0]
    if len(one.clusters) < 2 or top.statistic > one.clusters[1].statistic + 1e-9:
        assert set(top.members) == {int(order[m]) for m in same.members}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_an_empty_place_beside_the_others_changes_no_figure(seed):
    cases, expected, _ = region(seed)
    rng = np.random.default_rng(seed)
    points = rng.random((10, 2))
    apart = distances(points, geometry="plane")
    plan = ScanPlan(windows="retrospective")
    without = scan_study(
        cases, expected, neighbours_by_distance(apart[:9, :9]), plan=plan, monte_carlo=NONE
    )
    wide, due = np.zeros((1, 10, 6), dtype=int), np.zeros((10, 6))
    wide[:, :9], due[:9] = cases, expected
    beside = scan_study(wide, due, neighbours_by_distance(apart), plan=plan, monte_carlo=NONE)
    for one, other in zip(without.clusters[:1], beside.clusters[:1], strict=True):
        assert one.statistic == pytest.approx(other.statistic, rel=1e-12)
        assert set(one.members) == set(other.members) - {9}


@pytest.mark.parametrize("model", ["eb-poisson", "poisson", "permutation"])
@pytest.mark.parametrize("rates", ["high", "both"])
def test_both_engines_draw_and_find_the_same(model, rates):
    cases, expected, neighbours = region(3, strata=2)
    one, other = (
        scan_study(
            cases,
            None if model == "permutation" else expected,
            neighbours,
            plan=ScanPlan(model=model, windows="retrospective", rates=rates),
            monte_carlo=MonteCarlo(50, seed=4, engine=engine),
        )
        for engine in ("numba", "numpy")
    )
    np.testing.assert_allclose(one.maxima, other.maxima, rtol=1e-12, atol=1e-12)
    assert [c.members for c in one.clusters] == [c.members for c in other.clusters]


@pytest.mark.parametrize("stopping", ["full", "sequential"])
def test_a_space_in_parts_gives_what_it_gives_whole(stopping, monkeypatch):
    cases, expected, neighbours = region(5)
    plan, runs = ScanPlan(windows="retrospective"), MonteCarlo(300, stopping, seed=1, threads=2)
    whole = scan_study(cases, expected, neighbours, plan=plan, monte_carlo=runs)
    monkeypatch.setattr(kernel, "_PART", 200)
    parts = scan_study(cases, expected, neighbours, plan=plan, monte_carlo=runs)
    np.testing.assert_allclose(parts.maxima, whole.maxima, rtol=1e-12)
    assert [(c.members, c.start, c.p_value) for c in parts.clusters] == [
        (c.members, c.start, c.p_value) for c in whole.clusters
    ]


@pytest.mark.parametrize(
    ("model", "dispersion"), [("eb-poisson", 1), ("eb-poisson", 2), ("poisson", 1)]
)
def test_without_a_cluster_p_values_are_uniform(model, dispersion):
    rng = np.random.default_rng(8)
    _, expected, neighbours = region(8)
    p = []
    for _ in range(200):
        if dispersion > 1:
            cases = rng.negative_binomial(3 * expected / (dispersion - 1), 1 / dispersion)
        else:
            cases = rng.poisson(3 * expected)
        found = scan_study(
            cases[None],
            3 * expected,
            neighbours,
            plan=ScanPlan(model=model, dispersion=dispersion, min_cases=1),
            monte_carlo=MonteCarlo(99, seed=int(rng.integers(10**9))),
        )
        p.append(found.clusters[0].p_value if found.clusters else 1.0)
    for level in (0.05, 0.2, 0.5):
        sd = np.sqrt(level * (1 - level) / 200)
        assert np.mean(np.asarray(p) <= level) == pytest.approx(level, abs=3 * sd)


def test_a_permutation_keeps_the_margins_of_each_stratum():
    """2 places, 2 buckets: 3 of 4 cases here, 2 of 4 then; 3 x 2 / 4 = 1.5 expected."""
    strata = np.array([[[2, 1], [0, 1]]])
    np.testing.assert_allclose(permuted(strata), [[1.5, 1.5], [0.5, 0.5]])


def test_person_days_are_the_integral_of_a_line_between_two_censuses():
    """100 people on day 0, 200 on day 10: 10 days hold 1500; before and after they stay."""
    days = person_days(np.array([[100.0, 200.0]]), np.array([0.0, 10.0]), np.array([-5, 0, 10, 12]))
    np.testing.assert_allclose(days, [[500, 1500, 400]])


def test_the_young_and_the_old_are_expected_by_their_own_rates():
    """Rates 1/100 and 10/100: a place of 50 young and 50 old expects 0.5 + 5."""
    people = np.array([[[50.0], [50.0]], [[50.0], [50.0]]])
    cases = np.array([[[1], [0]], [[4], [6]]])
    np.testing.assert_allclose(standardised(cases, people), [[5.5], [5.5]])
    with pytest.raises(InputError, match="却没有人口"):
        standardised(cases, people * np.array([0, 1])[:, None, None])


def test_a_place_without_history_expects_a_little_and_the_sum_stands():
    starts = pd.date_range("2026-01-01", periods=10)
    counts = np.array([[4] * 10, [0] * 10])
    expected = history_expected(counts, starts, unit="day", until=8)
    assert expected[:, :8].sum() == pytest.approx(32)
    assert 0 < expected[1, 0] < 0.2


def test_weekends_are_expected_as_weekends():
    starts = pd.date_range("2026-01-05", periods=70)  # a Monday
    day = np.where(starts.day_of_week >= 5, 2, 10)
    expected = history_expected(np.stack([day, day]), starts, unit="day", until=56)
    weekend = np.asarray(starts.day_of_week >= 5)
    assert expected[0, weekend].max() < 3.5
    assert expected[0, ~weekend].min() > 9


def test_a_zone_stops_where_it_would_hold_more_than_its_share():
    neighbours = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0]])
    sizes = capped_sizes(neighbours, np.array([1.0, 2.0, 3.0]), max_fraction=0.5)
    assert sizes.tolist() == [2, 2, 1]
    with pytest.raises(InputError, match="没有可扫描的区域"):
        capped_sizes(neighbours, np.ones(3), max_fraction=0.2)


def test_degrees_lie_on_the_globe():
    """A quarter of the equator: 6371.0088 km x pi / 2."""
    apart = distances(np.array([[0.0, 0.0], [90.0, 0.0]]), geometry="sphere")
    assert apart[0, 1] == pytest.approx(6371.0088 * np.pi / 2)


def test_counts_that_vary_more_than_poisson_raise_no_more_alarms():
    """Variance 2 x mean: replicates drawn as Poisson would call every third day a cluster."""
    rng = np.random.default_rng(6)
    neighbours = neighbours_by_distance(distances(rng.random((20, 2)), geometry="plane"))
    starts = pd.date_range("2026-01-01", periods=120)
    p = []
    for _ in range(100):
        counts = rng.negative_binomial(0.5, 0.5, (20, 120))
        expected = history_expected(counts, starts, unit="day", until=106)
        spread = history_dispersion(counts, expected, unit="day", until=106, longest=14)
        found = scan_study(
            counts[None],
            expected,
            neighbours,
            plan=ScanPlan(longest=14, dispersion=spread),
            monte_carlo=MonteCarlo(99, seed=int(rng.integers(10**9))),
        )
        p.append(found.clusters[0].p_value)
    assert np.mean(np.asarray(p) <= 0.05) <= 0.12
    assert np.mean(np.asarray(p) <= 0.5) == pytest.approx(0.5, abs=0.17)
