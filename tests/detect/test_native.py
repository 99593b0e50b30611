"""The native detector: what it expects, what it refuses, and that ticks and batches agree."""

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect.contract import SCORE_COLUMNS
from govdash.detect.native import Native, combine
from govdash.detect.native.outliers import USUAL_PHI, sampling_variance, shrunk_dispersion

NAMES = {"D": "day", "W": "week", "H": "hour"}
STEPS = {"D": "1D", "W": "7D", "H": "1h"}
NUMBERS = ["expected", "lower", "upper", "p_high", "p_low", "p_value", "score"]


def simulate(means, n, *, freq="D", phi=1.5, seed=1, first="2022-01-03"):
    """Negative binomial counts without any pattern."""
    rng = np.random.default_rng(seed)
    mean = np.broadcast_to(np.asarray(means, dtype=float), (n, len(means)))
    values = rng.negative_binomial(mean / (phi - 1), 1 / phi)
    index = pd.date_range(first, periods=n, freq=STEPS[freq], name=NAMES[freq])
    return pd.DataFrame(values, index=index, columns=[f"s{i}" for i in range(len(means))])


def scored(counts, n_last=5, **parameters):
    detector = Native(**parameters).fit(counts.iloc[:-n_last])
    return detector.score(counts.iloc[-n_last:])


def same(one, other):
    pd.testing.assert_frame_equal(
        one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-9, atol=1e-12
    )


LENGTHS = {"D": 400, "W": 220, "H": 24 * 40}
EVERY = pytest.mark.parametrize("freq", list(LENGTHS))


@EVERY
def test_the_score_frame_is_whole_and_in_range(freq):
    frame = scored(simulate([0.1, 3, 40], LENGTHS[freq], freq=freq), freq=freq)
    assert list(frame.columns) == list(SCORE_COLUMNS)
    assert np.isfinite(frame[NUMBERS].to_numpy()).all()
    assert frame[["p_high", "p_low", "p_value"]].stack().between(0, 1).all()
    assert (frame["expected"] > 0).all()
    assert (frame["lower"] <= frame["upper"]).all()


@EVERY
def test_ordinary_counts_are_expected_as_they_are(freq):
    means = np.repeat([0.5, 5.0, 50.0], 12)
    frame = scored(simulate(means, LENGTHS[freq], freq=freq), freq=freq)
    found = frame["expected"].to_numpy().reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(found, [0.5, 5, 50], rtol=0.2)


@EVERY
def test_changing_the_future_changes_nothing(freq):
    counts = simulate([0.3, 6, 30], LENGTHS[freq], freq=freq)
    changed = counts.copy()
    changed.iloc[-2:] = changed.iloc[-2:] * 9 + 70
    detector = Native(freq=freq).fit(counts.iloc[:-5])
    before = detector.score(counts.iloc[-5:])
    after = detector.score(changed.iloc[-5:])
    early = before["date"] < counts.index[-2]
    pd.testing.assert_frame_equal(before[early], after[early], check_exact=True)


@EVERY
def test_ticks_give_what_the_batch_gives(freq):
    counts = simulate([0.2, 4, 25], LENGTHS[freq], freq=freq)
    detector = Native(freq=freq).fit(counts.iloc[:-40])
    batch = detector.score_buckets(counts.iloc[-40:])
    state, told = detector.state_, []
    for first in range(-40, 0, 5):
        rows = counts.iloc[first : first + 5 or None]
        state, ticked = state.tick(rows.index[0], rows.to_numpy())
        told += ticked.scored
    assert [one.bucket for one in told] == list(counts.index[-40:])
    for one, other in zip(told, batch, strict=True):
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12)
        np.testing.assert_allclose(one.tails.p_high, other.tails.p_high, rtol=1e-9)


def test_the_same_tick_twice_changes_nothing():
    counts = simulate([0.2, 4, 25], 400)
    state = Native().fit(counts.iloc[:-6]).state_
    once, _ = state.tick(counts.index[-6], counts.iloc[-6:].to_numpy())
    twice, ticked = once.tick(counts.index[-6], counts.iloc[-6:].to_numpy())
    assert twice is once
    assert ticked.scored == ()
    assert ticked.late == ()


def test_a_late_batch_scores_again_and_leaves_a_line_per_changed_count():
    counts = simulate([0.2, 4, 25], 400)
    early = counts.copy()
    early.iloc[-4, 1] = 0
    counts.iloc[-4, 1] = 30
    state = Native().fit(counts.iloc[:-12]).state_
    straight, _ = state.tick(counts.index[-12], counts.iloc[-12:].to_numpy())
    first, _ = state.tick(early.index[-12], early.iloc[-12:].to_numpy())
    again, ticked = first.tick(counts.index[-5], counts.iloc[-5:].to_numpy())
    line = ticked.late[0]
    assert len(ticked.late) == 1
    assert (line.series, line.bucket, line.before, line.after) == ("s1", counts.index[-4], 0, 30)
    assert line.p_after < 1e-6 < line.p_before
    assert [one.bucket for one in ticked.scored] == list(counts.index[-4:])
    np.testing.assert_allclose(again.level.mean, straight.level.mean, rtol=1e-12)
    np.testing.assert_allclose(again.p_since, straight.p_since, rtol=1e-9)


def test_a_batch_older_than_what_is_kept_waits_for_the_refit_and_is_named():
    counts = simulate([3.0], 400)
    state = Native().fit(counts.iloc[:-40]).state_
    state, _ = state.tick(counts.index[-40], counts.iloc[-40:].to_numpy())
    old = counts.iloc[-40:-38].to_numpy() + 50
    again, ticked = state.tick(counts.index[-40], old)
    assert again is state
    assert ticked.too_old == tuple(counts.index[-40:-38])


def test_a_gap_before_a_tick_is_refused_with_the_bucket_that_is_due():
    counts = simulate([3.0], 400)
    state = Native().fit(counts.iloc[:-6]).state_
    with pytest.raises(InputError, match="请从 2023-02-01 00:00:00 起补齐"):
        state.tick(counts.index[-5], counts.iloc[-5:].to_numpy())


@EVERY
def test_permuting_series_permutes_results_and_an_empty_one_changes_nothing(freq):
    counts = simulate([0.1, 1, 5, 20], LENGTHS[freq], freq=freq)
    plain = scored(counts, freq=freq).set_index(["series", "date"])
    order = ["s2", "empty", "s0", "s3", "s1"]
    wider = scored(counts.assign(empty=0)[order], freq=freq).set_index(["series", "date"])
    same(plain, wider.loc[plain.index])
    assert (wider.loc["empty", "p_value"] >= 0.5).all()
    assert (wider.loc["empty", "score"] == 0).all()


def test_one_event_in_an_empty_series_is_a_finite_surprise():
    counts = simulate([3.0], 400).assign(single=0)
    counts.iloc[-2, 1] = 1
    frame = scored(counts)
    single = frame[frame["series"] == "single"]
    assert np.isfinite(single[NUMBERS].to_numpy()).all()
    assert single["p_value"].min() < 0.05


@EVERY
def test_a_burst_is_found_in_its_first_bucket(freq):
    counts = simulate([4.0, 30.0], LENGTHS[freq], freq=freq)
    counts.iloc[-1] = [25, 80]
    frame = scored(counts, freq=freq)
    last = frame[frame["date"] == counts.index[-1]]
    assert (last["p_value"] < 1e-3).all()
    assert (last["score"] > 3).all()


def test_an_outage_is_found_only_where_enough_is_expected():
    counts = simulate([0.1, 40.0], 400)
    counts.iloc[-1] = 0
    last = scored(counts).groupby("series").last()
    assert last.loc["s1", "score"] < -4
    assert last.loc["s1", "p_value"] < 1e-4
    assert last.loc["s0", "score"] >= 0


def test_the_bucket_is_that_of_the_counts_and_the_alarm_that_of_the_combined_tail():
    counts = simulate([6.0, 6.0], 220, freq="W")
    counts.iloc[-1, 0] = 40
    detector = Native(coverage=0.98).fit(counts.iloc[:-5])
    frame = detector.score(counts.iloc[-5:])
    assert detector.bucket_.code == "W"
    assert (frame["alarm"] == (frame["p_high"] <= 0.01)).all()
    assert frame["alarm"].sum() == 1


def test_without_the_low_side_the_p_value_is_the_high_tail():
    frame = scored(simulate([40.0], 400), low_side=False)
    pd.testing.assert_series_equal(frame["p_value"], frame["p_high"], check_names=False)


def test_past_outbreaks_teach_neither_level_nor_spread():
    counts = simulate([8.0], 500)
    spoiled = counts.copy()
    for start in (120, 260, 380, 440):
        spoiled.iloc[start : start + 3] += 40
    plain = Native().fit(counts).state_
    robust = Native().fit(spoiled).state_
    np.testing.assert_allclose(robust.parent.phi, plain.parent.phi, rtol=0.15)
    np.testing.assert_allclose(robust.level.mean[-1], plain.level.mean[-1], rtol=0.08)


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_doubled_or_halved_level_is_learned_to_three_quarters_in_five_weeks(factor):
    counts = simulate([20.0] * 20, 535)
    counts.iloc[500:] = simulate([20.0 * factor] * 20, 35, seed=7).to_numpy()
    level = Native().fit(counts).state_.level.mean[-1].mean()
    learned = (level - 20) / (20 * factor - 20)
    assert 0.72 < learned < 1.05


def test_a_burst_of_a_week_is_not_learned():
    counts = simulate([20.0], 507)
    counts.iloc[-14:-7] *= 3
    expected = Native().fit(counts).state_.level.mean[-1, 0]
    assert expected == pytest.approx(20, rel=0.12)


def test_holidays_are_days_of_their_own_kind_also_at_the_edge_of_the_window():
    counts = simulate([30.0], 740)
    off = [day for year in (2022, 2023, 2024) for day in pd.date_range(f"{year}-01-10", periods=3)]
    holidays = {day.date(): "节" for day in off}
    counts.loc[counts.index.isin(off)] = 6
    after = {day + pd.Timedelta(days=1) for day in off[2::3]}
    counts.loc[counts.index.isin(after)] = 60
    frame = scored(counts, n_last=3, holidays=holidays)  # 10-12 January 2024: the last three days
    assert list(frame["date"]) == off[-3:]
    assert (frame["expected"] < 15).all()
    assert (frame["p_value"] > 0.01).all()


def test_a_leap_day_is_an_ordinary_day():
    counts = simulate([30.0], 790)
    assert counts.index[-3] == pd.Timestamp("2024-02-29")
    frame = scored(counts)
    np.testing.assert_allclose(frame["expected"], 30, rtol=0.2)


def test_hours_of_the_week_are_told_apart():
    index = pd.date_range("2024-01-01", periods=24 * 70, freq="h", name="hour")
    rush = np.where((index.hour == 8) & (index.day_of_week < 5), 30.0, 3.0)
    values = np.random.default_rng(3).poisson(rush)
    counts = pd.DataFrame({"s0": values}, index=index)
    frame = scored(counts, n_last=168, freq="H").set_index("date")
    peak = frame.index.hour == 8
    weekday = frame.index.day_of_week < 5
    assert frame["expected"][peak & weekday].between(24, 36).all()
    assert (frame["expected"][peak & ~weekday] < 8).all()
    assert frame["expected"][~peak].between(2, 4.5).mean() > 0.95


def test_a_short_history_is_a_flat_line_and_says_so():
    detector = Native().fit(simulate([5.0], 25))
    assert "历史不足 28 天：收缩到平均水平" in detector.note_
    assert "历史不足 90 天" in Native().fit(simulate([5.0], 80)).note_
    assert Native().fit(simulate([5.0], 500)).note_ == ""


@EVERY
@pytest.mark.parametrize("value", [np.nan, -1.0, 0.5])
def test_values_that_are_no_counts_are_refused_by_name(freq, value):
    counts = simulate([3.0, 4.0], LENGTHS[freq], freq=freq).astype(float)
    counts.iloc[20, 1] = value
    when = counts.index[20].strftime("%Y-%m-%d %H:%M" if freq == "H" else "%Y-%m-%d")
    with pytest.raises(InputError, match=f"序列“s1”在 {when}"):
        Native(freq=freq).fit(counts)


def test_unknown_buckets_are_left_out_of_the_windows():
    counts = simulate([5.0, 30.0], 400)
    detector = Native().fit(counts.iloc[:-10])
    late = detector.score_buckets(counts.iloc[-3:])
    high = late[-1].tails.high
    assert np.isnan(high[2:]).all()  # 7, 14 and 28 days reach into the seven unknown ones
    assert not np.isnan(high[:2]).any()


def test_the_combination_of_one_tail_is_that_tail_and_of_equal_tails_the_same():
    one = combine(np.array([[0.003]]), np.array([[2.0]]))
    assert one[0] == pytest.approx(0.003, rel=1e-12)
    three = combine(np.full((3, 1), 0.02), np.array([[1.0], [2.0], [1.0]]))
    assert three[0] == pytest.approx(0.02, rel=1e-12)
    assert combine(np.full((2, 1), np.nan), np.ones((2, 1)))[0] == 1.0
    tiny = combine(np.array([[1e-200], [0.4]]), np.ones((2, 1)))
    assert tiny[0] == pytest.approx(2e-200, rel=1e-9)


def test_a_dispersion_is_raised_as_far_as_the_series_cannot_show_its_own():
    phi, mean = np.array([1.0, 1.0, 3.0]), np.array([1e-4, 100.0, 0.01])
    raised = shrunk_dispersion(phi, mean, 730)
    assert USUAL_PHI - 0.01 < raised[0] < USUAL_PHI  # knows nothing
    assert 1.0 < raised[1] < 1.03  # knows its own
    assert raised[2] == 3.0  # never lowered


def test_the_weight_of_a_dispersion_by_hand():
    # m = 1, n = 1000, φ₀ = 1.3: v = 1.69 (2 + 1.8 + 1/1.3) / 1000 = 0.007722, w = 0.90064
    raised = shrunk_dispersion(np.array([1.0]), np.array([1.0]), 1000)
    assert raised[0] == pytest.approx(0.90064 + 0.09936 * 1.3, abs=1e-5)


@pytest.mark.parametrize("phi", [1.5, 3.0])
def test_the_sampling_variance_is_that_of_drawn_counts(phi):
    rng = np.random.default_rng(4)
    drawn = rng.negative_binomial(2.0 / (phi - 1.0), 1.0 / phi, (200, 20_000))
    seen = ((drawn - 2.0) ** 2 / 2.0).mean(axis=0)
    assert seen.var() == pytest.approx(sampling_variance(phi, np.array(2.0), 200), rel=0.05)
