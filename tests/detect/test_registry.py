"""One contract for every registered detector."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.detect import DETECTORS, SCORE_COLUMNS, make_detector, walk_forward
from govdash.detect.buckets import DAY, WEEK
from govdash.detect.contract import Moving, Sequential
from govdash.detect.registry import default_alpha, takes

NAMES = sorted(DETECTORS)
#: What lets each be tried on a short table: three years of weeks, or charts that learn in 60 days.
PARAMETERS = {
    "farrington": {"years": 3, "freq": "W"},
    "cusum": {"learn": 60},
    "glr-nb": {"learn": 60},
}
SEQUENTIAL = ["cusum", "ears-c1", "ears-c2", "ears-c3", "farrington", "glr-nb"]
MOVING = ["native"]
NO_P_VALUE = ["cusum", "ears-c3", "glr-nb"]
BEFORE = {"farrington": 3 * 52}  # buckets put before those a test asks for

EVERY = pytest.mark.parametrize("name", NAMES)
FIXED = pytest.mark.parametrize("name", [n for n in NAMES if n not in [*SEQUENTIAL, *MOVING]])
FITTED = pytest.mark.parametrize("name", [n for n in NAMES if n not in SEQUENTIAL])
EACH_MOVING = pytest.mark.parametrize("name", MOVING)
EACH_SEQUENTIAL = pytest.mark.parametrize("name", SEQUENTIAL)
ALWAYS = ["score"]
TWO_SIDED = ["expected", "lower", "upper", "p_high", "p_low", "p_value"]


def make(name, **parameters):
    return make_detector(name, **PARAMETERS.get(name, {}), **parameters)


def bucket(name):
    return WEEK if name == "farrington" else DAY


def as_buckets(name, counts):
    """The same rows in the buckets the detector is tried on."""
    start, unit = counts.index[0], bucket(name)
    moments = pd.date_range(start, periods=len(counts), freq=unit.step, name=unit.name)
    return counts.set_axis(moments)


@pytest.fixture
def table(null_counts):
    def build(name, means, n):
        return as_buckets(name, null_counts(means, n + BEFORE.get(name, 0)))

    return build


def scored(name, counts, n_last=7, **parameters):
    history, days = counts.iloc[:-n_last], counts.iloc[-n_last:]
    return make(name, **parameters).fit(history).score(days)


def numbers(name):
    """Columns that the detector gives for every bucket."""
    if name not in SEQUENTIAL:
        return ALWAYS + TWO_SIDED
    return ALWAYS + ([] if name in NO_P_VALUE else ["p_high", "p_value"])


def same(one, other):
    pd.testing.assert_frame_equal(
        one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-9, atol=1e-12
    )


@EVERY
def test_the_score_frame_has_its_columns_order_and_ranges(name, table):
    counts = table(name, [2, 8], 120)
    frame = scored(name, counts)
    assert list(frame.columns) == list(SCORE_COLUMNS)
    assert list(frame["series"]) == [key for key in counts.columns for _ in range(7)]
    assert list(frame["date"]) == list(counts.index[-7:]) * 2
    assert list(frame["observed"]) == list(counts.iloc[-7:].to_numpy().T.ravel())
    assert frame["alarm"].dtype == bool
    assert np.isfinite(frame[numbers(name)].to_numpy()).all()
    assert frame[["p_high", "p_low", "p_value"]].stack().dropna().between(0, 1).all()
    assert not (frame["expected"] < 0).any()
    assert not (frame["lower"] > frame["upper"]).any()
    assert not (frame["lower"] < 0).any()


@EVERY
def test_what_a_method_does_not_define_is_empty(name, table):
    frame = scored(name, table(name, [20, 8], 120))
    empty = set(frame.columns[frame.isna().all()])
    expected = {"lower", "p_low"} if name in SEQUENTIAL else set()
    expected |= {"p_high", "p_value"} if name in NO_P_VALUE else set()
    expected |= {"upper"} if name == "glr-nb" else set()
    assert empty == expected
    assert not frame.drop(columns=list(empty)).isna().any(axis=None)


@FITTED
def test_parameters_are_kept_as_given(name, table):
    detector = make(name, coverage=0.9, guard=5)
    detector.fit(table(name, [3], 100))
    assert (detector.coverage, detector.guard) == (0.9, 5)


@EVERY
def test_the_default_rate_of_false_alarms_is_the_methods_own(name, table):
    rate = default_alpha(name)
    if takes(name, "alpha"):
        assert make(name).coverage == pytest.approx(1 - 2 * rate, rel=1e-12)
        same(scored(name, table(name, [9], 90)), scored(name, table(name, [9], 90), alpha=rate))
    assert (rate is None) == (name in {"cusum", "glr-nb"})


@EVERY
def test_changing_the_future_changes_nothing(name, table):
    counts = table(name, [0.3, 5, 20], 90)
    at = len(counts) - 15
    changed = counts.copy()
    changed.iloc[at:] = changed.iloc[at:] * 7 + 50

    def walk(frame):
        return walk_forward(frame, make=lambda: make(name), refit_days=3)

    seen = [
        part[part["date"] < counts.index[at]].reset_index(drop=True)
        for part in (walk(counts), walk(changed), walk(counts.iloc[:at]))
    ]
    assert len(seen[0])
    pd.testing.assert_frame_equal(seen[0], seen[1], check_exact=True)
    pd.testing.assert_frame_equal(seen[0], seen[2], rtol=1e-12)


@FIXED
def test_the_guarded_days_teach_nothing(name, table):
    counts = table(name, [5], 120)
    burst = counts.copy()
    burst.iloc[-14:-7] += 100  # the last 7 days of the history that `scored` fits on
    same(scored(name, counts), scored(name, burst))


@EACH_MOVING
def test_an_outbreak_in_the_guarded_days_fills_windows_and_never_raises_what_is_expected(
    name, table
):
    counts = table(name, [5], 120)
    burst = counts.copy()
    burst.iloc[-14:-7] += 100
    plain, after = scored(name, counts), scored(name, burst)
    assert after["p_high"].iloc[0] < 1e-6 < plain["p_high"].iloc[0]
    # two days before the outbreak are doubted with it, and what they told is missing
    assert (after["expected"] / plain["expected"]).between(0.8, 1.0).all()


@EVERY
def test_permuting_series_permutes_results(name, table):
    counts = table(name, [0.1, 1, 5, 20, 60], 400)
    order = counts.columns[[3, 0, 4, 2, 1]]
    shuffled = scored(name, counts[order]).set_index(["series", "date"])
    plain = scored(name, counts).set_index(["series", "date"])
    same(plain, shuffled.loc[plain.index])


@EVERY
def test_series_can_be_scored_in_another_order_or_in_part(name, table):
    counts = table(name, [1, 5, 20], 120)
    detector = make(name).fit(counts.iloc[:-7])
    chosen = counts.columns[[2, 0]]
    whole = detector.score(counts.iloc[-7:]).set_index("series")
    part = detector.score(counts.iloc[-7:][chosen]).set_index("series")
    same(part, whole.loc[chosen])


@EVERY
@pytest.mark.parametrize("events", [0, 1])
def test_a_series_of_zeros_or_one_event_changes_nothing_of_the_others(name, events, table):
    counts = table(name, [0.1, 1, 5, 20], 400)
    wider = counts.assign(**{"/1/99/|A-01001": 0})
    wider.iloc[-60, -1] = events
    frame = scored(name, wider)
    sparse = frame["series"] == "/1/99/|A-01001"
    same(scored(name, counts), frame[~sparse])
    assert not frame[sparse]["alarm"].any()
    assert not (frame[sparse]["p_value"] < 0.5).any()
    assert (frame[sparse]["score"].abs() < 0.1).all()


@EVERY
def test_a_leap_day_is_a_day_like_others(name, null_counts):
    unit = bucket(name)
    n = 200 + BEFORE.get(name, 0)
    last = pd.Timestamp("2024-02-29") + 3 * unit.step
    days = pd.date_range(end=last, periods=n, freq=unit.step, name=unit.name)
    counts = null_counts([6, 6], n).set_axis(days)
    counts.iloc[-4, 0] += 60
    frame = scored(name, counts).set_index(["series", "date"])
    there = frame.xs(pd.Timestamp("2024-02-29"), level="date")
    assert np.isfinite(frame[numbers(name)].to_numpy()).all()
    if name != "ears-c3":  # which alarms for the two days before
        assert list(there["alarm"]) == [True, False]


@EVERY
def test_fitting_and_scoring_twice_gives_the_same_and_leaves_the_counts_alone(name, table):
    counts = table(name, [1, 5], 120)
    kept = counts.copy(deep=True)
    detector = make(name).fit(counts.iloc[:-7])
    first = detector.score(counts.iloc[-7:])
    scored_again = detector.score(counts.iloc[-7:])
    fitted_again = detector.fit(counts.iloc[:-7]).score(counts.iloc[-7:])
    pd.testing.assert_frame_equal(first, scored_again, check_exact=True)
    pd.testing.assert_frame_equal(first, fitted_again, check_exact=True)
    pd.testing.assert_frame_equal(counts, kept, check_exact=True)


@FIXED
def test_scoring_one_day_equals_scoring_it_among_others(name, table):
    counts = table(name, [1, 5], 120)
    detector = make(name).fit(counts.iloc[:-7])
    week = detector.score(counts.iloc[-7:])
    day = detector.score(counts.iloc[-4:-3])
    same(day, week[week["date"] == counts.index[-4]])


@EVERY
def test_the_kind_of_a_detector_can_be_told(name, table):
    fitted = make(name).fit(table(name, [3], 100))
    assert isinstance(fitted, Sequential) == (name in SEQUENTIAL)
    assert isinstance(fitted, Moving) == (name in MOVING)


@EACH_MOVING
def test_a_moving_detector_scores_a_week_as_its_days_one_by_one_each_with_those_before(name, table):
    counts = table(name, [1, 5], 120)
    detector = make(name).fit(counts.iloc[:-7])
    week = detector.score(counts.iloc[-7:])
    for n in range(1, 8):
        days = detector.score(counts.iloc[-7 : len(counts) - 7 + n])
        same(days, week[week["date"] <= counts.index[-8 + n]])


@EACH_MOVING
def test_a_day_left_out_is_unknown_to_a_moving_detector_and_not_a_zero(name, table):
    """Without the six days before, only the window of one day speaks: that of its own interval."""
    counts = table(name, [20], 120)
    counts.iloc[-7:-1] *= 3
    detector = make(name).fit(counts.iloc[:-7])
    whole = detector.score(counts.iloc[-7:]).iloc[-1]
    alone = detector.score(counts.iloc[-1:]).iloc[-1]
    assert whole["p_high"] < 1e-6
    assert alone["p_high"] > 1e-3
    assert alone["lower"] <= alone["observed"] <= alone["upper"]


@EACH_SEQUENTIAL
def test_a_sequential_detector_scores_the_first_days_as_without_the_later(name, table):
    counts = table(name, [1, 5], 120)
    detector = make(name).fit(counts.iloc[:-7])
    week = detector.score(counts.iloc[-7:])
    days = detector.score(counts.iloc[-7:-3])
    same(days, week[week["date"] < counts.index[-3]])


@pytest.mark.parametrize("name", ["ears-c1", "ears-c2", "ears-c3", "farrington"])
def test_a_method_without_a_chart_scores_a_day_alike_wherever_scoring_starts(name, table):
    counts = table(name, [1, 5], 120)
    week = scored(name, counts)
    day = scored(name, counts, n_last=1)
    same(day, week[week["date"] == counts.index[-1]])


@EACH_SEQUENTIAL
def test_a_sequential_detector_refuses_to_leave_days_out(name, table):
    counts = table(name, [3], 100)
    detector = make(name).fit(counts.iloc[:-7])
    due, given_ = counts.index[-7].date(), counts.index[-6].date()
    with pytest.raises(InputError, match=f"评分应从 {due} 起，不能从 {given_} 起"):
        detector.score(counts.iloc[-6:])


@EVERY
def test_more_events_are_never_less_surprising(name, table):
    counts = table(name, [6], 120)
    detector = make(name).fit(counts.iloc[:-1])
    frames = [detector.score(counts.iloc[-1:] * 0 + n) for n in range(30)]
    steps = pd.concat(frames)
    assert steps["score"].is_monotonic_increasing
    assert steps["alarm"].is_monotonic_increasing
    if name not in NO_P_VALUE:
        assert steps["p_high"].is_monotonic_decreasing
    if name not in SEQUENTIAL:
        assert steps["p_low"].is_monotonic_increasing


@EVERY
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_counts_give_finite_scores(name, data):
    n = data.draw(st.integers(1, 3))
    rows = st.lists(st.integers(0, 5000), min_size=n, max_size=n)
    drawn = np.array(data.draw(st.lists(rows, min_size=45, max_size=60)))
    more = BEFORE.get(name, 0) + (30 if name in {"cusum", "glr-nb"} else 0)
    values = np.resize(drawn, (len(drawn) + more, n))
    days = pd.date_range("2024-02-01", periods=len(values), name="day")
    counts = pd.DataFrame(values, index=days, columns=[f"s{i}" for i in range(n)])
    frame = scored(name, as_buckets(name, counts))
    assert np.isfinite(frame[numbers(name)].to_numpy()).all()


def with_value(value):
    def change(counts):
        counts.iloc[20, 1] = value
        return counts

    return change


REFUSED = {
    "an empty value": (with_value(np.nan), "“/1/01/|A-01001”在 {twentieth} 的计数是空值"),
    "a negative count": (with_value(-2), "“/1/01/|A-01001”在 {twentieth} 的计数 -2是负数"),
    "a fraction": (with_value(2.5), "2.5不是整数"),
    "infinity": (with_value(np.inf), "是无穷大"),
    "a gap": (lambda c: c.drop(c.index[[10, 11]]), "缺少 2 {unit}（第一{unit}是 {tenth}）"),
    "a day twice": (lambda c: pd.concat([c, c.iloc[-1:]]), "日期 {last} 重复"),
    "days out of order": (lambda c: c.iloc[::-1], "没有从早到晚"),
    "a time zone": (lambda c: c.tz_localize("UTC"), "带有时区 UTC"),
    "hours": (lambda c: c.set_axis(c.index + pd.Timedelta(hours=3)), "带有时刻"),
    "no dates": (lambda c: c.reset_index(drop=True), "应为日期"),
    "a series twice": (lambda c: c.set_axis(["a", "a"], axis=1), "序列“a”重复"),
    "text": (lambda c: c.astype(str), "不是数字"),
    "a nameless series": (lambda c: c.set_axis([1, 2], axis=1), "名称 1 应为文字"),
    "too few days": (lambda c: c.iloc[:6], "只有 6 {unit}，至少需要"),
    "no days": (lambda c: c.iloc[:0], "只有 0 {unit}，至少需要"),
}


@EVERY
@pytest.mark.parametrize("what", sorted(REFUSED))
def test_bad_counts_are_refused_by_name(name, what, table):
    change, message = REFUSED[what]
    counts = table(name, [3, 4], 70).astype(float)
    says = {
        "unit": bucket(name).unit,
        "tenth": counts.index[10].date(),
        "twentieth": counts.index[20].date(),
        "last": counts.index[-1].date(),
    }
    with pytest.raises(InputError) as refused:
        make(name).fit(change(counts))
    assert message.format(**says) in str(refused.value)


@EVERY
def test_learned_days_and_unknown_series_are_not_scored(name, table):
    counts = table(name, [3], 100)
    detector = make(name).fit(counts)
    until = detector.learned_until_.date()
    with pytest.raises(InputError, match=f"在学习期内（截至 {until}）"):
        detector.score(counts.iloc[-8:])
    with pytest.raises(InputError, match="序列“other”没有学习过"):
        detector.score(counts.iloc[-1:].set_axis(["other"], axis=1))


@EVERY
def test_a_history_with_no_series_gives_no_scores(name, table):
    counts = table(name, [3], 100).iloc[:, :0]
    frame = scored(name, counts)
    assert len(frame) == 0
    assert list(frame.columns) == list(SCORE_COLUMNS)


@pytest.mark.parametrize("name", ["ears-c1", "ears-c2", "ears-c3", "rolling-z"])
@pytest.mark.parametrize("code", ["W", "H"])
def test_methods_without_a_calendar_score_other_buckets_as_they_score_days(name, code, null_counts):
    counts = null_counts([5], 60)
    step, index = {"W": ("7D", "week"), "H": ("1h", "hour")}[code]
    moved = pd.date_range("2023-01-02", periods=60, freq=step, name=index)
    days = scored(name, counts)
    other = scored(name, counts.set_axis(moved))
    same(days.drop(columns="date"), other.drop(columns="date"))
    assert list(other["date"]) == list(moved[-7:])


def test_an_unknown_detector_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="没有名为“magic”的检测方法；可用：native、farrington"):
        make_detector("magic")
    with pytest.raises(InputError, match="没有这样的参数：speed"):
        make_detector("native", speed=3)
