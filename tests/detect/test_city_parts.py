"""Parts of the city's tick: incidents, tails, the low side, explanation, feedback."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from govdash.core.errors import InputError
from govdash.detect.city import (
    CellModel,
    Hit,
    Policy,
    Scan,
    explain,
    low_days,
    low_tails,
    nearest_cells,
    silent_channels,
    track,
)
from govdash.detect.city.cells import learn
from govdash.detect.city.feedback import Label, explored, precision_bins, revise
from govdash.detect.city.tails import learn_tails
from govdash.detect.city.watch import hits, scan_clusters

DAY = 20_000


def hit(cells=(1,), *, day=DAY, category=0, p=0.001, observed=9, expected=2.0, first=None):
    return Hit(category, tuple(cells), first or day, day, observed, expected, 5.0, p, True)


# incidents


def test_hits_that_share_a_cell_within_three_days_are_one_incident():
    now, changes = track((), [hit((1, 2))], day=DAY)
    assert len(changes.opened) == 1
    now, changes = track(now, [hit((2, 3), day=DAY + 3, p=1e-5)], day=DAY + 3)
    assert not changes.opened
    assert now[0].cells == (1, 2, 3)
    assert now[0].peak.day == DAY + 3
    assert changes.updated == now


def test_an_incident_closes_after_three_quiet_days():
    now, _ = track((), [hit()], day=DAY)
    now, changes = track(now, [], day=DAY + 3)
    assert now
    assert not changes.closed
    now, changes = track(now, [], day=DAY + 4)
    assert not now
    assert not changes.closed[0].is_open


def test_another_category_is_another_incident():
    now, _ = track((), [hit(), hit(category=1)], day=DAY)
    assert len(now) == 2


def test_incidents_that_grow_together_become_the_oldest():
    now, _ = track((), [hit((1,))], day=DAY)
    now, _ = track(now, [hit((1,), day=DAY + 1), hit((5,), day=DAY + 1)], day=DAY + 1)
    now, changes = track(now, [hit((1, 5), day=DAY + 2)], day=DAY + 2)
    assert [i.opened for i in now] == [DAY]
    assert [i.opened for i in changes.closed] == [DAY + 1]


def test_the_order_of_hits_does_not_matter():
    found = [hit((1, 2)), hit((3,), p=0.01), hit((2, 3), p=0.1), hit((9,), category=2)]
    outcomes = {track((), order, day=DAY)[0] for order in itertools.permutations(found)}
    assert len(outcomes) == 1


# which hits are told


def test_a_budget_is_shared_by_the_categories():
    assert Policy(per_day=1.0).limit([], categories=20) == pytest.approx(0.05)


def test_the_false_discovery_rate_takes_each_category_once():
    found = [hit(p=0.001), hit(p=0.002), hit(category=1, p=0.04), hit(category=2, p=0.9)]
    # best per category .001, .04, .9 and a fourth without a hit: q = .004, .08, ...
    assert Policy(fdr=0.05).limit(found, categories=4) == 0.001
    assert Policy(fdr=0.1).limit(found, categories=4) == 0.04


# tails


def test_the_tail_is_the_share_of_days_at_the_level_and_falls_beyond_it():
    rng = np.random.default_rng(4)
    maxima = rng.gumbel(4.0, 1.0, size=(180, 12))
    tails = learn_tails(maxima)
    assert tails is not None
    assert tails.p_value(0, tails.level[0]) == pytest.approx(0.2, abs=0.01)
    later = rng.gumbel(4.0, 1.0, size=20_000)
    p = np.array([tails.p_value(3, x) for x in later])
    for nominal in (0.1, 0.05, 0.01):
        assert nominal / 2 < (p <= nominal).mean() < nominal * 2


def test_too_few_days_give_no_tail():
    assert learn_tails(np.ones((59, 3))) is None


# the scan


def test_fewer_than_three_too_many_are_never_told():
    due = np.full((40, 1, 4), 0.01)
    counts = np.zeros((40, 1, 4), dtype=int)
    counts[-1, 0, 0] = 3
    state = learn(CellModel(), counts, due.sum(axis=2), last_day=DAY)
    near = np.arange(4)[:, None].astype(np.int32)
    clusters, largest = scan_clusters(CellModel(), state, near, Scan())
    assert not clusters[0]
    assert largest[0] == 0.0


def test_neighbours_go_by_the_great_circle():
    # at 60° north a degree of longitude is half a degree of latitude
    lon, lat = np.array([0.0, 1.0, 0.0]), np.array([60.0, 60.0, 60.7])
    assert nearest_cells(lon, lat, k=3)[0].tolist() == [0, 1, 2]


# explanation


def explained(shock=1):
    rng = np.random.default_rng(2)
    parent = np.full((200, 2), 20.0)
    parent[:, 0] *= 1 + 0.2 * np.sin(np.arange(200))
    counts = rng.poisson(parent[:, :, None] / 10 * np.ones(10))
    counts[-2:, 0] = counts[-2:, 0] * shock
    counts[-2:, 0, 3] += 12
    model = CellModel()
    state = learn(model, counts, parent, last_day=DAY)
    near = np.array([np.roll(np.arange(10), -i)[:3] for i in range(10)], dtype=np.int32)
    clusters, _ = scan_clusters(model, state, near, Scan())
    return model, state, hits(clusters, day=DAY, longest=14, tails=None)


def test_the_factors_multiply_to_the_expectation_and_the_parts_add_up():
    model, state, found = explained()
    told = explain(model, state, found[0])
    assert np.prod(list(told.factors.values())) == pytest.approx(found[0].expected, rel=1e-12)
    assert sum(p.observed for p in told.parts) == found[0].observed
    assert sum(p.part for p in told.parts) == pytest.approx(1.0)
    assert told.parts[0].cell == 3
    assert told.lower <= found[0].expected <= told.upper < found[0].observed
    assert told.local
    assert "其余区域平常" in told.sentence


def test_the_parent_s_own_factors_are_told_in_their_order():
    model, state, found = explained()
    level = np.full(14, 20.0)
    told = explain(
        model, state, found[0], parent_factors={"level": level, "season": state.parent[:, 0] / 20}
    )
    assert list(told.factors) == ["share", "days", "level", "season", "city shock"]
    assert told.factors["level"] == pytest.approx(20.0)
    assert np.prod(list(told.factors.values())) == pytest.approx(found[0].expected, rel=1e-12)
    with pytest.raises(InputError, match="因素之积"):
        explain(model, state, found[0], parent_factors={"level": level})


def test_a_rise_of_the_whole_city_is_said_to_be_one():
    model, state, found = explained(shock=3)
    assert not explain(model, state, found[0]).local


# the low side


def series(mean=10.0, days=240):
    rng = np.random.default_rng(6)
    return rng.poisson(mean, size=(days, 1)), np.full((days, 1), mean)


def test_a_day_without_events_is_low_where_ten_are_expected():
    counts, due = series()
    counts[-1] = 0
    found = low_days(counts, due, last_day=DAY, limit=0.01)
    assert [(low.series, low.day, low.observed) for low in found] == [(0, DAY, 0)]


def test_the_tail_of_a_single_day_by_hand():
    """Expected 10, usual dispersion: NB of mean 10 and variance 12; three windows looked at."""
    counts, due = np.full((3, 1), 10), np.full((3, 1), 10.0)
    counts[-1] = 0
    p_values, widths = low_tails(counts, due)
    one_day = 3 * stats.nbinom.cdf(0, 50, 10 / 12)
    assert p_values[-1, 0] == pytest.approx(one_day, rel=1e-12)
    assert widths[-1, 0] == 1


def test_nothing_is_low_where_fewer_than_five_are_expected():
    counts, due = series(mean=1.5)
    counts[-3:] = 0
    assert low_tails(counts, due)[0][-1, 0] == 1.0


def test_days_after_the_watermark_are_no_data():
    counts, due = series()
    counts[-2:] = 0
    mark = np.array([DAY - 2])
    assert not low_days(counts, due, last_day=DAY, limit=0.01, watermark=mark)
    assert low_days(counts, due, last_day=DAY, limit=0.01)


def test_a_channel_whose_watermark_stands_still_is_silent():
    told = silent_channels({"app": DAY - 1, "phone": DAY - 4}, today=DAY)
    assert [(s.channel, s.days) for s in told] == [("phone", 3)]
    assert "phone" in told[0].message
    assert not silent_channels({"phone": DAY - 4}, today=DAY, patience={"phone": 7})


# feedback


def labels(true, false):
    return [Label(0.001, True)] * true + [Label(0.001, False)] * false


def test_under_twenty_labels_nothing_changes():
    step = revise(1.0, labels(0, 19), target=0.5, weeks=1)
    assert step.after == 1.0
    assert "不足 20 条" in step.reason


def test_a_step_is_at_most_ten_percent_a_week():
    assert revise(1.0, labels(2, 40), target=0.5, weeks=1).after == pytest.approx(1 / 1.1)
    assert revise(1.0, labels(40, 2), target=0.5, weeks=2).after == pytest.approx(1.21)


def test_the_floor_holds_however_many_false_alarms_there_are():
    multiplier = 1.0
    for _ in range(60):
        multiplier = revise(multiplier, labels(0, 40), target=0.9, weeks=1).after
    assert multiplier == 0.25


def test_a_bin_of_few_labels_says_what_all_say():
    bins = precision_bins(labels(30, 10))
    assert bins[0].labels == 0
    assert bins[0].mean == pytest.approx(31 / 42)
    assert bins[0].upper - bins[0].lower > bins[3].upper - bins[3].lower


def test_one_in_twenty_just_beyond_the_limit_is_told_to_learn_from():
    found = [hit((n,), p=0.02) for n in range(2000)]
    chosen = explored(found, limit=0.01, seed=3)
    assert 60 <= len(chosen) <= 145
    assert chosen == explored(found[::-1], limit=0.01, seed=3)[::-1]
    assert not explored([replace(found[0], p_value=0.5)], limit=0.01, seed=3)
