"""The state between ticks: stored without pickle, explained exactly."""

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect.native import Native, factors, from_bytes, joined, taken, to_bytes


def weekly_pattern(n, *, seed=1):
    days = pd.date_range("2022-01-03", periods=n, name="day")
    mean = 12 * np.where(days.day_of_week < 5, 1.2, 0.5) * (1 + 0.3 * np.sin(np.arange(n) / 58))
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"a": rng.poisson(mean), "b": rng.poisson(0.1 * mean)}, index=days)


HOLIDAYS = {pd.Timestamp(f"{year}-05-01").date(): "劳动节" for year in (2022, 2023, 2024)}


def test_a_stored_state_goes_on_as_if_it_had_never_been_stored():
    counts = weekly_pattern(800)
    state = Native(holidays=HOLIDAYS).fit(counts.iloc[:-10]).state_
    state, _ = state.tick(counts.index[-10], counts.iloc[-10:-4].to_numpy())
    stored = to_bytes(state)
    again = from_bytes(stored)
    one, told = state.tick(counts.index[-4], counts.iloc[-4:].to_numpy())
    other, told_again = again.tick(counts.index[-4], counts.iloc[-4:].to_numpy())
    for x, y in zip(told.scored, told_again.scored, strict=True):
        np.testing.assert_array_equal(x.tails.p_high, y.tails.p_high)
        np.testing.assert_array_equal(x.tails.p_low, y.tails.p_low)
    assert to_bytes(one) == to_bytes(other)
    assert b"pickle" not in stored


def test_a_state_of_another_version_is_refused():
    stored = to_bytes(Native().fit(weekly_pattern(60)).state_)
    import io
    import json

    with np.load(io.BytesIO(stored)) as file:
        arrays = dict(file)
    about = json.loads(str(arrays["about"])) | {"version": 99}
    file = io.BytesIO()
    np.savez(file, **arrays | {"about": np.array(json.dumps(about))})
    with pytest.raises(InputError, match="版本 99 不是 1；请重新学习"):
        from_bytes(file.getvalue())


@pytest.mark.parametrize("shock", [1.0, 1.7])
def test_the_factors_multiply_to_what_was_expected(shock):
    counts = weekly_pattern(860)  # ends in May 2024
    start = counts.index.get_loc(pd.Timestamp("2024-04-28"))
    state = Native(holidays=HOLIDAYS).fit(counts.iloc[:start]).state_
    state, scored = state.advance(counts.iloc[start : start + 6].to_numpy(), shock=shock)
    for bucket in scored:
        for column, series in enumerate(state.series):
            f = factors(state, series, bucket.bucket)
            product = (
                f.level * f.recent * f.trend * f.season * f.weekday * f.holiday * f.hour * f.shock
            )
            assert product == pytest.approx(f.expected, rel=1e-12)
            assert f.expected == bucket.mean[column]
            assert f.shock == pytest.approx(shock, rel=1e-12)
    off = factors(state, "a", pd.Timestamp("2024-05-01"))
    assert off.weekday == 1.0
    assert off.holiday != 1.0


def test_hours_are_a_factor_of_their_own():
    index = pd.date_range("2024-01-01", periods=24 * 40, freq="h", name="hour")
    mean = np.where(index.hour < 6, 1.0, 8.0)
    counts = pd.DataFrame({"a": np.random.default_rng(2).poisson(mean)}, index=index)
    state = Native(freq="H").fit(counts).state_
    night = factors(state, "a", index[-24])
    noon = factors(state, "a", index[-12])
    assert night.hour < 0.4 < 1.0 < noon.hour
    parts = noon.level * noon.recent * noon.trend * noon.season * noon.weekday * noon.hour
    assert parts == pytest.approx(noon.expected, rel=1e-12)


def test_only_kept_buckets_and_known_series_are_explained():
    counts = weekly_pattern(200)
    state = Native().fit(counts).state_
    with pytest.raises(InputError, match="“c”没有学习过"):
        factors(state, "c", counts.index[-1])
    with pytest.raises(InputError, match="不在已评分的最近 7 个时段内"):
        factors(state, "a", counts.index[-8])


def test_series_learned_apart_and_joined_go_on_as_if_learned_together():
    counts = weekly_pattern(400).join(weekly_pattern(400, seed=2).add_prefix("c"))
    whole = Native().fit(counts.iloc[:-9]).state_
    apart = [Native().fit(counts.iloc[:-9, part]).state_ for part in ([2, 0], [3, 1])]
    both = taken(joined(*apart), list(counts.columns))
    rest = counts.iloc[-9:].to_numpy(dtype=float)
    for one, other in zip(whole.advance(rest)[1], both.advance(rest)[1], strict=True):
        np.testing.assert_allclose(one.tails.p_high, other.tails.p_high, rtol=1e-9)
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9)


def test_states_of_other_buckets_or_places_in_time_are_not_joined():
    counts = weekly_pattern(400)
    early, late = (Native().fit(counts.iloc[:n, [0]]).state_ for n in (390, 391))
    with pytest.raises(InputError, match="不能合并；请重新学习"):
        joined(early, late)
    with pytest.raises(InputError, match="停在不同的时段"):
        joined(early, early.advance(np.array([[1.0]]))[0])
    with pytest.raises(InputError, match="没有学习过基线"):
        taken(early, ["unknown"])
