"""The city's tick: what holds whatever the counts are."""

from dataclasses import replace

import numpy as np
import pytest

from govdash.core.errors import InputError
from govdash.detect.city import (
    CellModel,
    CityDetector,
    Policy,
    load_memory,
    nearest_cells,
    save_memory,
    shares,
)
from govdash.detect.city.cells import advance, amend, expected, learn, shocks

DAYS, KINDS, CELLS = 130, 3, 12
LAST = 20_000


def city(seed=1, days=DAYS):
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(CELLS, 2.0), size=KINDS)
    parent = np.array([12.0, 5.0, 1.5]) * (1 + 0.3 * np.sin(np.arange(days) / 9.0))[:, None]
    counts = rng.poisson(parent[:, :, None] * share)
    lon, lat = rng.uniform(116, 116.4, CELLS), rng.uniform(39.7, 40.0, CELLS)
    return counts, parent, nearest_cells(lon, lat, k=5)


def burst(counts):
    made = counts.copy()
    made[-4:, 1, 2:4] += 4
    return made


def run(detector, counts, parent, *, start=100):
    last = LAST - (len(counts) - start)
    memory = detector.start(counts[:start], parent[:start], last_day=last)
    told = []
    for t in range(start, len(counts)):
        memory, said = detector.tick(memory, counts[t], parent[t], day=last + t - start + 1)
        told.append(said)
    return memory, told


def same(one, other):
    for a, b in zip(one.snapshots, other.snapshots, strict=True):
        assert a.cells.day == b.cells.day
        np.testing.assert_allclose(a.cells.sums, b.cells.sums, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(a.cells.counts, b.cells.counts)
        np.testing.assert_allclose(a.maxima, b.maxima, rtol=1e-9, atol=1e-12)
        assert [i.key for i in a.incidents] == [i.key for i in b.incidents]


def test_ticks_equal_a_batch_of_the_whole_history():
    counts, parent, near = city()
    detector = CityDetector(near)
    ticked, _ = run(detector, burst(counts), parent)
    batch = detector.start(burst(counts), parent, last_day=LAST)
    np.testing.assert_allclose(ticked.now.cells.sums, batch.now.cells.sums, rtol=1e-9)
    np.testing.assert_allclose(ticked.now.maxima, batch.now.maxima, rtol=1e-9)
    model = detector.model
    np.testing.assert_allclose(
        expected(model, ticked.now.cells), expected(model, batch.now.cells), rtol=1e-9
    )


def test_a_burst_is_told_where_and_when_it_is():
    counts, parent, near = city()
    _, told = run(CityDetector(near), burst(counts), parent)
    hit = told[-1].hits[0]
    assert hit.category == 1
    assert {2, 3} & set(hit.cells)
    assert LAST - 4 <= hit.first <= LAST
    assert told[-1].changes.opened or told[-1].changes.updated


def test_the_same_day_again_changes_nothing():
    counts, parent, near = city()
    detector = CityDetector(near)
    memory, told = run(detector, burst(counts), parent)
    again, said = detector.tick(memory, burst(counts)[-1], parent[-1], day=LAST)
    assert again is memory
    assert said == told[-1]


def test_a_past_day_with_other_counts_is_refused():
    counts, parent, near = city()
    detector = CityDetector(near)
    memory, _ = run(detector, counts, parent)
    with pytest.raises(InputError, match="late"):
        detector.tick(memory, counts[-1] + 1, parent[-1], day=LAST)


def test_a_missing_day_is_refused():
    counts, parent, near = city()
    detector = CityDetector(near)
    memory, _ = run(detector, counts, parent)
    with pytest.raises(InputError, match="缺少 2 天"):
        detector.tick(memory, counts[-1], parent[-1], day=LAST + 3)


@pytest.mark.parametrize("age", [0, 3, 13])
def test_late_events_end_up_as_if_they_had_come_in_time(age):
    counts, parent, near = city()
    detector = CityDetector(near)
    in_time, _ = run(detector, burst(counts), parent)
    held_back = np.zeros_like(counts[0])
    held_back[1, 4] = counts[-1 - age, 1, 4] + 0
    held_back[1, 2] = burst(counts)[-1 - age, 1, 2]
    short = burst(counts)
    short[-1 - age] -= held_back
    memory, _ = run(detector, short, parent)
    memory, told, audit = detector.late(memory, held_back, day=LAST - age)
    same(memory, in_time)
    assert audit.events == held_back.sum()
    assert audit.told_again == tuple(range(LAST - age, LAST + 1))
    assert len(told) == age + 1
    assert "补报" in audit.message


def test_the_order_in_which_late_batches_arrive_does_not_matter():
    counts, parent, near = city()
    detector = CityDetector(near)
    memory, _ = run(detector, counts, parent)
    one, other = np.zeros_like(counts[0]), np.zeros_like(counts[0])
    one[0, 1], other[2, 5] = 6, 4
    first = detector.late(detector.late(memory, one, day=LAST - 2)[0], other, day=LAST - 7)[0]
    second = detector.late(detector.late(memory, other, day=LAST - 7)[0], one, day=LAST - 2)[0]
    same(first, second)


def test_events_older_than_the_ring_still_teach_the_shares_exactly():
    counts, parent, _ = city()
    model = CellModel()
    change = np.zeros_like(counts[0])
    change[0, 3] = 5
    full = counts.copy()
    full[50] += change
    late = learn(model, counts, parent, last_day=LAST)
    late = amend(model, late, day=LAST - (DAYS - 51), change=change)
    np.testing.assert_allclose(
        late.sums, learn(model, full, parent, last_day=LAST).sums, rtol=1e-12
    )


def test_withdrawing_more_than_there_was_is_refused():
    counts, parent, _ = city()
    state = learn(CellModel(), counts, parent, last_day=LAST)
    with pytest.raises(InputError, match="撤销"):
        amend(CellModel(), state, day=LAST, change=-counts[-1] - 1)


def test_permuting_the_cells_permutes_the_results():
    counts, parent, near = city()
    order = np.random.default_rng(3).permutation(CELLS)
    place = np.argsort(order)
    moved = place[near[order]].astype(np.int32)
    _, told = run(CityDetector(near), burst(counts), parent)
    _, other = run(CityDetector(moved), burst(counts)[:, :, order], parent)
    for a, b in zip(told, other, strict=True):
        here = sorted((h.category, sorted(h.cells), round(h.statistic, 9)) for h in a.hits)
        there = sorted(
            (h.category, sorted(int(order[c]) for c in h.cells), round(h.statistic, 9))
            for h in b.hits
        )
        assert here == there


def test_an_empty_category_changes_nothing():
    counts, parent, near = city()
    wide = np.concatenate([burst(counts), np.zeros_like(counts[:, :1])], axis=1)
    also = np.concatenate([parent, np.zeros_like(parent[:, :1])], axis=1)
    _, told = run(CityDetector(near), burst(counts), parent)
    _, other = run(CityDetector(near), wide, also)
    for a, b in zip(told, other, strict=True):
        assert a.limit == b.limit
        assert [(h.category, h.cells, h.first) for h in a.hits] == [
            (h.category, h.cells, h.first) for h in b.hits
        ]
        np.testing.assert_allclose([h.p_value for h in a.hits], [h.p_value for h in b.hits])


def test_changing_the_future_changes_nothing():
    counts, parent, near = city()
    changed = burst(counts)
    changed[-1] += 50
    _, told = run(CityDetector(near), burst(counts), parent)
    _, other = run(CityDetector(near), changed, parent)
    assert told[:-1] == other[:-1]


def test_a_memory_reads_back_as_it_was_written(tmp_path):
    counts, parent, near = city()
    detector = CityDetector(near, policy=Policy(per_day=2.0))
    memory, _ = run(detector, burst(counts), parent)
    assert memory.now.incidents
    save_memory(memory, tmp_path / "memory.npz")
    read = load_memory(tmp_path / "memory.npz")
    same(read, memory)
    assert read.now.incidents == memory.now.incidents


def test_shares_add_up_to_one_and_a_cell_without_history_is_not_impossible():
    counts, parent, _ = city()
    counts[:, :, 7] = 0
    found = shares(CellModel(), learn(CellModel(), counts, parent, last_day=LAST))
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found[:, 7] > 0).all()


def test_a_city_of_zeros_tells_nothing():
    _, parent, near = city()
    counts = np.zeros((DAYS, KINDS, CELLS), dtype=int)
    _, told = run(CityDetector(near), counts, parent)
    assert all(not t.hits for t in told)


def test_a_storm_that_hits_every_cell_is_no_local_news():
    due = np.full((1, 1, 10), 2.0)
    everywhere = np.full((1, 1, 10), 6)
    only_one = np.full((1, 1, 10), 2)
    only_one[0, 0, 0] = 6
    model = CellModel()
    # r = 8: (8 + 9·6) / (8 + 9·2) = 62/26; for the one cell the rest is as due: 26/26
    assert shocks(model, everywhere, due)[0, 0, 0] == pytest.approx(62 / 26)
    assert shocks(model, only_one, due)[0, 0, 0] == pytest.approx(1.0)


def test_a_short_history_says_so():
    counts, parent, near = city()
    detector = CityDetector(near)
    memory = detector.start(counts[:20], parent[:20], last_day=LAST)
    _, told = detector.tick(memory, counts[20], parent[20], day=LAST + 1)
    assert "只有 21 天" in told.note


def test_before_the_tails_are_known_the_model_gives_the_p_values():
    counts, parent, near = city()
    made = counts[:30].copy()
    made[-1, 1, 2] += 25
    detector = CityDetector(near)
    memory = detector.start(made[:-1], parent[:29], last_day=LAST - 1)
    _, told = detector.tick(memory, made[-1], parent[29], day=LAST)
    assert told.hits[0].p_value <= 0.05
    assert not told.hits[0].empirical


@pytest.mark.parametrize(("wrong", "says"), [(-1.0, "负数"), (np.nan, "NaN"), (0.5, "小数")])
def test_counts_that_are_none_are_refused_by_name(wrong, says):
    counts, parent, near = city()
    bad = counts.astype(float)
    bad[5, 1, 1] = wrong
    with pytest.raises(InputError, match=says):
        CityDetector(near).start(bad, parent, last_day=LAST)


def test_a_confirmed_incident_leaves_the_baseline():
    counts, parent, near = city(days=150)
    made = counts.copy()
    made[-20:-14, 1, 2] += 15
    detector = CityDetector(near)
    until = DAYS + 5
    memory, told = run(detector, made[:until], parent[:until])
    incident = next(i for t in told for i in t.changes.opened if 2 in i.cells and i.category == 1)
    incident = replace(incident, cells=(2,), last=memory.day)
    plain, kept = memory.now.cells, detector.confirm(memory, incident).now.cells
    for t in range(until, 150):
        plain = advance(detector.model, plain, made[t], parent[t])
        kept = advance(detector.model, kept, made[t], parent[t])
    assert kept.sums[1, 2] < plain.sums[1, 2] - 40
