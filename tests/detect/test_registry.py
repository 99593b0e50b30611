"""One contract for every registered detector."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.detect import DETECTORS, SCORE_COLUMNS, make_detector, walk_forward

EVERY = pytest.mark.parametrize("name", sorted(DETECTORS))
NUMBERS = ["expected", "lower", "upper", "p_high", "p_low", "p_value", "score"]


def scored(name, counts, n_last=7, **parameters):
    history, days = counts.iloc[:-n_last], counts.iloc[-n_last:]
    return make_detector(name, **parameters).fit(history).score(days)


def same(one, other):
    pd.testing.assert_frame_equal(
        one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-9, atol=1e-12
    )


@EVERY
def test_the_score_frame_has_its_columns_order_and_ranges(name, null_counts):
    counts = null_counts([2, 8], 120)
    frame = scored(name, counts)
    assert list(frame.columns) == list(SCORE_COLUMNS)
    assert list(frame["series"]) == [key for key in counts.columns for _ in range(7)]
    assert list(frame["date"]) == list(counts.index[-7:]) * 2
    assert list(frame["observed"]) == list(counts.iloc[-7:].to_numpy().T.ravel())
    assert np.isfinite(frame[NUMBERS].to_numpy()).all()
    assert frame[["p_high", "p_low", "p_value"]].stack().between(0, 1).all()
    assert (frame["expected"] > 0).all()
    assert (frame["lower"] <= frame["upper"]).all()
    assert (frame["lower"] >= 0).all()


@EVERY
def test_parameters_are_kept_as_given(name, null_counts):
    detector = make_detector(name, coverage=0.9, guard=5)
    detector.fit(null_counts([3], 100))
    assert (detector.coverage, detector.guard) == (0.9, 5)


@EVERY
def test_changing_the_future_changes_nothing(name, null_counts):
    counts = null_counts([0.3, 5, 20], 90)
    changed = counts.copy()
    changed.iloc[75:] = changed.iloc[75:] * 7 + 50

    def walk(frame):
        return walk_forward(frame, make=lambda: make_detector(name), refit_days=3)

    seen = [
        part[part["date"] < counts.index[75]].reset_index(drop=True)
        for part in (walk(counts), walk(changed), walk(counts.iloc[:75]))
    ]
    pd.testing.assert_frame_equal(seen[0], seen[1], check_exact=True)
    pd.testing.assert_frame_equal(seen[0], seen[2], check_exact=True)


@EVERY
def test_the_guarded_days_teach_nothing(name, null_counts):
    counts = null_counts([5], 120)
    burst = counts.copy()
    burst.iloc[-14:-7] += 100  # the last 7 days of the history that `scored` fits on
    same(scored(name, counts), scored(name, burst))


@EVERY
def test_permuting_series_permutes_results(name, null_counts):
    counts = null_counts([0.1, 1, 5, 20, 60], 400)
    order = counts.columns[[3, 0, 4, 2, 1]]
    shuffled = scored(name, counts[order]).set_index(["series", "date"])
    plain = scored(name, counts).set_index(["series", "date"])
    same(plain, shuffled.loc[plain.index])


@EVERY
def test_an_all_zero_series_changes_nothing_of_the_others_and_raises_no_alarm(name, null_counts):
    counts = null_counts([0.1, 1, 5, 20], 400)
    wider = counts.assign(**{"/1/99/|A-01001": 0})
    frame = scored(name, wider)
    empty = frame["series"] == "/1/99/|A-01001"
    same(scored(name, counts), frame[~empty])
    assert (frame[empty]["p_value"] >= 0.5).all()
    assert (frame[empty]["score"].abs() < 0.1).all()


@EVERY
def test_fitting_and_scoring_twice_gives_the_same_and_leaves_the_counts_alone(name, null_counts):
    counts = null_counts([1, 5], 120)
    kept = counts.copy(deep=True)
    detector = make_detector(name).fit(counts.iloc[:-7])
    first = detector.score(counts.iloc[-7:])
    again = detector.fit(counts.iloc[:-7]).score(counts.iloc[-7:])
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    pd.testing.assert_frame_equal(counts, kept, check_exact=True)


@EVERY
def test_scoring_one_day_equals_scoring_it_among_others(name, null_counts):
    counts = null_counts([1, 5], 120)
    detector = make_detector(name).fit(counts.iloc[:-7])
    week = detector.score(counts.iloc[-7:])
    day = detector.score(counts.iloc[-4:-3])
    same(day, week[week["date"] == counts.index[-4]])


@EVERY
def test_more_events_are_never_less_surprising(name, null_counts):
    counts = null_counts([6], 120)
    detector = make_detector(name).fit(counts.iloc[:-1])
    frames = [detector.score(counts.iloc[-1:] * 0 + n) for n in range(30)]
    steps = pd.concat(frames)
    assert steps["p_high"].is_monotonic_decreasing
    assert steps["p_low"].is_monotonic_increasing
    assert steps["score"].is_monotonic_increasing


@EVERY
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_counts_give_finite_scores(name, data):
    n = data.draw(st.integers(1, 3))
    rows = st.lists(st.integers(0, 5000), min_size=n, max_size=n)
    values = np.array(data.draw(st.lists(rows, min_size=45, max_size=60)))
    days = pd.date_range("2024-02-01", periods=len(values), name="day")
    counts = pd.DataFrame(values, index=days, columns=[f"s{i}" for i in range(n)])
    assert np.isfinite(scored(name, counts)[NUMBERS].to_numpy()).all()


def with_value(value):
    def change(counts):
        counts.iloc[20, 1] = value
        return counts

    return change


REFUSED = {
    "an empty value": (with_value(np.nan), "“/1/01/|A-01001”在 2023-01-22 的计数是空值"),
    "a negative count": (with_value(-2), "“/1/01/|A-01001”在 2023-01-22 的计数 -2是负数"),
    "a fraction": (with_value(2.5), "2.5不是整数"),
    "infinity": (with_value(np.inf), "是无穷大"),
    "a gap": (lambda c: c.drop(c.index[[10, 11]]), "缺少 2 天（第一天是 2023-01-12）"),
    "a day twice": (lambda c: pd.concat([c, c.iloc[-1:]]), "日期 2023-03-02 重复"),
    "days out of order": (lambda c: c.iloc[::-1], "没有从早到晚"),
    "a time zone": (lambda c: c.tz_localize("UTC"), "带有时区 UTC"),
    "hours": (lambda c: c.set_axis(c.index + pd.Timedelta(hours=3)), "带有时刻"),
    "no dates": (lambda c: c.reset_index(drop=True), "应为日期"),
    "a series twice": (lambda c: c.set_axis(["a", "a"], axis=1), "序列“a”重复"),
    "text": (lambda c: c.astype(str), "不是数字"),
    "a nameless series": (lambda c: c.set_axis([1, 2], axis=1), "名称 1 应为文字"),
    "too few days": (lambda c: c.iloc[:20], "只有 20 天，至少需要"),
    "no days": (lambda c: c.iloc[:0], "只有 0 天，至少需要"),
}


@EVERY
@pytest.mark.parametrize("what", sorted(REFUSED))
def test_bad_counts_are_refused_by_name(name, what, null_counts):
    change, message = REFUSED[what]
    with pytest.raises(InputError) as refused:
        make_detector(name).fit(change(null_counts([3, 4], 60).astype(float)))
    assert message in str(refused.value)


@EVERY
def test_learned_days_and_unknown_series_are_not_scored(name, null_counts):
    counts = null_counts([3], 100)
    detector = make_detector(name).fit(counts)
    with pytest.raises(InputError, match="在学习期内（截至 2023-04-04）"):
        detector.score(counts.iloc[-8:])
    with pytest.raises(InputError, match="序列“other”没有学习过"):
        detector.score(counts.iloc[-1:].set_axis(["other"], axis=1))


@EVERY
def test_a_history_with_no_series_gives_no_scores(name, null_counts):
    counts = null_counts([3], 100).iloc[:, :0]
    frame = scored(name, counts)
    assert len(frame) == 0
    assert list(frame.columns) == list(SCORE_COLUMNS)


def test_an_unknown_detector_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="没有名为“magic”的检测方法；可用：native、rolling-z"):
        make_detector("magic")
    with pytest.raises(InputError, match="没有这样的参数：speed"):
        make_detector("native", speed=3)
