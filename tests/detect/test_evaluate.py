"""Bursts, the tracker, budgets, curves and reliability, worked by hand and from seeds."""

import itertools
from datetime import date

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect import arms, make_key
from govdash.detect.bursts import (
    Burst,
    Extent,
    Panel,
    draw_bursts,
    extents_of,
    labels_of,
    make_panel,
    poured,
    with_bursts,
)
from govdash.detect.evaluate import (
    Alerts,
    ArmScores,
    alerts_of,
    curve,
    judge_bursts,
    reliability,
    threshold_at,
)

AREAS = [f"/1/{d}/{d}{s}/" for d in (1, 2) for s in range(3)]
KINDS = ("A-06001", "A-06002", "P-02001")
NEAR = np.array([[(n + k) % 6 for k in range(5)] for n in range(6)])


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Four hundred days, three kinds in six streets, two events a day in each."""
    counts = np.random.default_rng(3).poisson(2.0, (400, 3, 6))
    return Panel(pd.date_range("2025-01-01", periods=400), tuple(AREAS), KINDS, counts, NEAR)


def alerts(*rows: tuple[int, int, int, int, float]) -> Alerts:
    """Alerts from (kind, first, day, zone, score)."""
    columns = list(zip(*rows, strict=True))
    kind, first, day, zone, score = columns
    return Alerts(np.array(kind), np.array(day), np.array(first), list(zone), np.array(score))


def burst(kind: int, first: int, last: int, *areas: int) -> Burst:
    return Burst(kind, first, last, areas, 5.0, np.ones((last - first + 1, len(areas)), int))


def test_bursts_come_from_the_seed_and_keep_to_period_length_and_neighbours(panel: Panel):
    drawn = draw_bursts(panel, start=280, n=12, seed=5)
    again = draw_bursts(panel, start=280, n=12, seed=5)
    other = draw_bursts(panel, start=280, n=12, seed=6)
    shape = [(b.kind, b.first, b.last, b.areas, b.size) for b in drawn]
    assert shape == [(b.kind, b.first, b.last, b.areas, b.size) for b in again]
    assert shape != [(b.kind, b.first, b.last, b.areas, b.size) for b in other]
    assert len(drawn) == 12
    assert all(280 <= b.first <= b.last < 400 and b.last - b.first < 7 for b in drawn)
    assert all(1 <= len(b.areas) <= 5 for b in drawn)
    assert all(set(b.areas) == set(NEAR[b.areas[0], : len(b.areas)]) for b in drawn)


def test_bursts_of_one_kind_keep_their_distance(panel: Panel):
    drawn = draw_bursts(panel, start=280, n=30, seed=5)
    for kind in range(3):
        mine = [b for b in drawn if b.kind == kind]
        gaps = [b.first - a.last for a, b in itertools.pairwise(mine)]
        assert min(gaps) > 3


def test_a_burst_is_as_large_as_its_standard_deviations_say(panel: Panel):
    for one in draw_bursts(panel, start=280, n=20, seed=1):
        past = panel.counts[0:280, one.kind][:, list(one.areas)].sum(axis=1)
        n_days = one.last - one.first + 1
        spread = np.convolve(past, np.ones(n_days), mode="valid").std()
        assert one.size == max(round(one.k * spread), 1)
        assert 1.0 <= one.k <= 10.0


def test_a_short_period_takes_fewer_bursts_than_asked_for(panel: Panel):
    assert len(draw_bursts(panel, start=390, n=60, seed=1)) == 3
    with pytest.raises(InputError, match="两周历史"):
        draw_bursts(panel, start=5, n=1, seed=1)


def test_no_burst_lies_where_something_is_known_to_have_happened(panel: Panel):
    known = [Extent(0, 280, 399, 0b000111), Extent(1, 300, 320, 0b111111)]
    for one in draw_bursts(panel, start=280, n=30, seed=2, known=known):
        assert not any(
            e.kind == one.kind and e.zone & one.zone and one.first <= e.last and one.last >= e.first
            for e in known
        )


def test_bursts_change_a_copy_and_reach_every_series_that_holds_them(panel: Panel):
    one = burst(0, 300, 301, 0, 1)
    before = panel.counts.copy()
    assert with_bursts(panel, [one]).sum() - before.sum() == 4
    assert (panel.counts == before).all()
    keys = [
        make_key(AREAS[0], "A-06001"),
        make_key(AREAS[1], "A-06"),
        make_key("/1/1/", "A-06"),
        make_key("/1/", "A-06001"),
        make_key("/1/", "*"),
        make_key("/1/", "@app"),
        make_key("/1/2/", "A-06"),
        make_key(AREAS[0], "A-06002"),
    ]
    # the record begins ten days before the panel
    days = pd.date_range("2024-12-22", periods=410)
    counts = pd.DataFrame(0, index=days, columns=keys)
    filled = poured(counts, panel, [one])
    assert counts.to_numpy().sum() == 0
    assert filled.iloc[310:312].to_numpy().tolist() == [[1, 1, 2, 2, 2, 0, 0, 0]] * 2
    assert filled.to_numpy().sum() == 2 * 8


def test_the_panel_takes_the_commonest_categories_and_no_sums():
    days = pd.date_range("2025-01-01", periods=3)
    counts = pd.DataFrame(
        {
            make_key(AREAS[0], "A-06001"): [5, 5, 5],
            make_key(AREAS[0], "A-06"): [9, 9, 9],
            make_key("/1/", "A-06002"): [9, 9, 9],
            make_key(AREAS[1], "P-02001"): [1, 0, 0],
            make_key(AREAS[1], "E-0501"): [2, 2, 2],
        },
        index=days,
    )
    made = make_panel(counts, NEAR[:2, :2], AREAS[:2], 2)
    assert made.kinds == ("A-06001", "E-0501")
    assert made.counts.tolist() == [[[5, 0], [0, 2]]] * 3
    assert list(made.flat().columns) == made.series
    with pytest.raises(InputError, match="没有可注入的序列"):
        make_panel(counts[[make_key("/1/", "A-06002")]], NEAR[:2, :2], AREAS[:2], 2)


def test_an_alert_finds_a_burst_of_its_kind_in_its_area_while_it_lasts():
    bursts = [burst(0, 10, 12, 0, 1), burst(0, 20, 21, 0), burst(1, 10, 12, 0)]
    seen = judge_bursts(
        alerts(
            (0, 11, 11, 0b10, 9.0),  # the second area of the first burst, on its second day
            (0, 20, 22, 0b01, 9.0),  # about the second, but a day late: neither found nor false
            (1, 12, 12, 0b10, 9.0),  # the right kind and day, another area
        ),
        bursts,
        5.0,
    )
    assert seen.delays.tolist() == [1, -1, -1]
    assert seen.false_incidents == 1
    assert seen.pod == pytest.approx(1 / 3)


def test_overlapping_alerts_within_three_days_are_one_incident():
    rows = [(0, 1, 1, 0b01, 9.0), (0, 4, 4, 0b11, 9.0), (0, 7, 7, 0b10, 9.0), (0, 7, 7, 0b100, 9.0)]
    assert judge_bursts(alerts(*rows), [], 5.0).false_incidents == 2
    later = [*rows, (0, 11, 11, 0b10, 9.0)]  # four days after the last
    assert judge_bursts(alerts(*later), [], 5.0).false_incidents == 3


def test_what_is_known_to_have_happened_is_neither_false_nor_a_burst_found():
    seen = judge_bursts(
        alerts((0, 5, 5, 0b1, 9.0)), [burst(0, 20, 21, 0)], 1.0, known=[Extent(0, 4, 6, 0b1)]
    )
    assert (seen.false_incidents, seen.pod) == (0, 0.0)


def test_the_threshold_is_the_lowest_within_the_budget():
    rows = [(0, day, day, 0b1, 20.0 - day) for day in range(0, 20, 5)]  # 20, 15, 10, 5
    given = alerts(*rows)
    assert threshold_at(given, [], false_allowed=2) == 15.0
    assert threshold_at(given, [], false_allowed=4) == 5.0
    assert threshold_at(given, [], false_allowed=0.9) == float("inf")


def test_more_budget_never_finds_fewer_bursts(panel: Panel):
    bursts = draw_bursts(panel, start=280, n=20, seed=1)
    plain = panel.flat()
    altered = plain.copy()
    altered[:] = with_bursts(panel, bursts).reshape(plain.shape)
    before, after = (
        alerts_of(arms.rolling_z(each, 280), start=280, n_areas=6) for each in (plain, altered)
    )
    points = curve(after, before, bursts, n_days=120)
    pods = [point.pod for point in points]
    assert pods == sorted(pods)
    assert pods[-1] > 0.5
    assert all(point.by_chance <= point.pod for point in points)


def test_scores_become_alerts_of_one_area_with_the_days_of_their_window():
    score = np.array([[np.nan, 3.0], [1.0, 2.0]])
    width = np.array([[1, 7], [1, 3]])
    made = alerts_of(ArmScores(score, width), start=100, n_areas=2)
    assert made.day.tolist() == [100, 101, 101]
    assert made.first.tolist() == [94, 101, 99]
    assert made.zone == [0b10, 0b01, 0b10]
    assert made.kind.tolist() == [0, 0, 0]


def test_rolling_z_is_that_of_the_registry_refitted_every_day(panel: Panel):
    from govdash.detect import RollingZ

    counts = panel.flat()
    made = arms.rolling_z(counts, 395)
    for n, day in enumerate(range(395, 400)):
        one = RollingZ().fit(counts.iloc[:day]).score(counts.iloc[day : day + 1])
        assert made.score[n] == pytest.approx(one["score"].to_numpy(), rel=1e-9)


def test_farrington_looks_back_on_the_years_there_are(panel: Panel):
    assert [arms.farrington_years(days) for days in (100, 389, 800, 2000)] == [0, 0, 2, 3]
    made = arms.same_weekday_farrington(panel.flat(), 393)
    assert made.score.shape == (7, 18)


def test_every_arm_scores_a_day_from_its_past_alone(panel: Panel):
    counts = panel.flat()
    future = counts.copy()
    future.iloc[397:] += 50
    for scorer in (arms.rolling_z, arms.same_weekday_farrington):
        same = scorer(counts, 393).score[:4], scorer(future, 393).score[:4]
        np.testing.assert_array_equal(*same)


def test_the_scan_finds_a_burst_spread_over_neighbours_and_not_the_future(panel: Panel):
    parent = np.full((400, 3), 12.0)
    ready = arms.SpaceTime.warm(panel, parent, start=380, told=lambda: None)
    one = Burst(1, 385, 388, (2, 3, 4), 9.0, np.full((4, 3), 5))
    counts = with_bursts(panel, [one])
    found = ready.alerts(counts, parent, told=lambda: None)
    best = int(np.argmax(found.score))
    assert found.kind[best] == 1
    assert found.zone[best] & one.zone
    assert judge_bursts(found, [one], 2.5).delays[0] >= 0
    cut = ready.alerts(counts[:387], parent[:387], told=lambda: None)
    early = found.day < 387
    np.testing.assert_array_equal(found.score[early], cut.score)


def test_labels_lie_in_the_panel_where_their_area_and_category_do(panel: Panel):
    labels = pd.DataFrame(
        [
            ("a", "A-06", f"{AREAS[1]}9/", date(2025, 1, 11), date(2025, 1, 12)),
            ("b", "P-02001", "/1/2/", date(2024, 12, 30), date(2025, 1, 1)),
            ("c", "E-0501", AREAS[0], date(2025, 1, 11), date(2025, 1, 12)),
            ("d", "P-02001", "/1/2/", date(2024, 11, 30), date(2024, 12, 1)),
        ],
        columns=["incident_id", "category", "area_path", "start_day", "end_day"],
    )
    assert extents_of(panel, labels) == [
        Extent(0, 10, 14, 0b10),
        Extent(1, 10, 14, 0b10),
        Extent(2, -2, 3, 0b111000),
    ]
    rows = labels_of(panel, [burst(0, 10, 11, 0, 1)])
    assert rows["incident_id"].tolist() == ["0", "0"]
    assert rows["start_day"].tolist() == [date(2025, 1, 11)] * 2


def test_a_perfect_model_of_coin_tosses_is_as_promised_at_every_rate():
    """X is 0 or 1 with probability 1/2: P(X >= 0) = 1, P(X >= 1) = 1/2, nothing above."""
    at_least = np.array([1.0, 0.5])
    more = np.array([0.5, 0.0])
    made = reliability(at_least, more, nominal=(0.1, 0.5, 0.75))
    assert [point.realised for point in made] == pytest.approx([0.1, 0.5, 0.75])
    assert [point.raw for point in made] == [0.0, 0.5, 0.5]
    assert all(point.as_promised for point in made)


def test_rates_beyond_half_and_double_are_not_as_promised():
    made = reliability(np.full(1000, 0.01), np.full(1000, 0.001), nominal=(0.01, 0.5))
    assert [(p.realised, p.as_promised) for p in made] == [(1.0, False), (1.0, True)]
    blank = reliability(np.array([np.nan]), np.array([np.nan]), nominal=(0.1,))
    assert (blank[0].n, blank[0].realised) == (0, 0.0)
