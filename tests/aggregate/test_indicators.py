"""Indicators worked by hand, and what must hold of them whatever is counted."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from govdash.aggregate import indicators
from govdash.aggregate.indicators import ALL, Table
from govdash.core.errors import InputError
from govdash.core.settings import ROOT

TABLE = Table.load(ROOT / "data")
NOON = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)
FLAGS = tuple(TABLE.flags)


def occasions(basis: str, *flags: tuple[str, ...], area: str = "/1/2/3/") -> pd.DataFrame:
    """Return one occasion of a basis for each tuple of flags that it has."""
    rows = [
        {
            "basis": basis, "at": pd.Timestamp(NOON), "case_id": n, "area_path": area,
            "unit_code": "U", "category": "A-06010", "person": "wang",
        } | {flag: flag in has for flag in FLAGS}
        for n, has in enumerate(flags)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def rate(code: str, told: pd.DataFrame) -> tuple[int, int, float]:
    row = indicators.measure(told, [TABLE.of(code)]).iloc[0]
    return int(row["numerator"]), int(row["denominator"]), float(row["value"])


def test_the_published_example_can_be_recomputed():
    """972 due, 911 closed: 93.72 %; 737 of them on time: 75.82 %."""
    told = occasions(
        "close_due", *[("done", "on_time")] * 737, *[("done",)] * (911 - 737), *[()] * (972 - 911)
    )
    assert rate("archive_rate", told)[:2] == (911, 972)
    assert f"{rate('archive_rate', told)[2]:.2%}" == "93.72%"
    assert rate("intime_archive_rate", told)[:2] == (737, 972)
    assert f"{rate('intime_archive_rate', told)[2]:.2%}" == "75.82%"


#: Indicator: basis, flags of four occasions, numerator, denominator; each worked by hand.
BY_HAND = {
    "register_rate": ("received", [("accepted",), (), ("undecided",), ("merged",)], 1, 2),
    "intime_register_rate": ("accepted", [("on_time",), ("on_time", "kept"), (), ()], 2, 4),
    "accur_register_rate": ("accepted", [("kept",), ("kept",), ("kept",), ("on_time",)], 3, 4),
    "intime_dispatch_rate": ("dispatch_due", [("on_time",), ("on_time", "accurate"), (), ()], 2, 4),
    "accur_dispatch_rate": ("dispatch_due", [("accurate",), (), (), ("on_time",)], 1, 4),
    "dispose_rate": ("handle_due", [("done",), ("done", "on_time"), ("exempt", "done"), ()], 3, 4),
    "intime_dispose_rate": (
        "handle_due", [("done", "on_time"), ("done",), ("exempt", "done"), ()], 1, 3,
    ),
    "overtime_todispose_rate": (
        "handle_due", [("late_waiting",), ("late_waiting", "exempt"), ("done",), ("done",)], 1, 3,
    ),
    "archive_rate": ("close_due", [("done",), ("done", "exempt"), ("done", "on_time"), ()], 3, 4),
    "intime_archive_rate": (
        "close_due", [("done", "on_time"), ("done", "exempt"), ("done",), ()], 1, 3,
    ),
    "rework_rate": ("close_due", [("reworked",), ("done", "reworked"), ("done",), ()], 2, 4),
    "delay_rate": ("handle_due", [("extended",), ("done",), ("exempt",), ()], 1, 4),
    "supervise_rate": ("handle_due", [("supervised",), ("supervised", "done"), (), ()], 2, 4),
    "return_rate": ("dispatched", [("returned",), ("answered",), (), ("no_reporter",)], 1, 4),
    "valid_report_rate": (
        "received", [("accepted",), (), ("accepted", "not_grid"), ("merged",)], 1, 2,
    ),
    "intime_check_rate": ("verify_due", [("on_time",), ("on_time",), (), ("on_time",)], 3, 4),
    "repeat_rate": ("received", [("merged",), ("accepted",), ("undecided",), ()], 1, 4),
    "resp_rate": (
        "dispatched", [("answered",), (), ("answer_open",), ("no_reporter", "answered")], 1, 2,
    ),
    "solve_rate": ("called", [("solved",), (), ("solved", "on_hold"), ("withdrawn",)], 1, 2),
    "satis_rate": (
        "called", [("content",), ("solved", "content"), ("solved",), ("on_hold",)], 2, 3,
    ),
}  # fmt: skip


def test_every_rate_that_can_be_counted_has_an_example():
    assert set(BY_HAND) == {row.code for row in TABLE.rates}


@pytest.mark.parametrize("code", BY_HAND)
def test_a_rate_counts_by_hand(code: str):
    basis, flags, hits, n = BY_HAND[code]
    assert rate(code, occasions(basis, *flags)) == (hits, n, hits / n)


def test_the_score_of_the_district_is_the_sum_of_its_parts():
    """0.96 × 30 + 0.9 × 20 + 0.95 × 20 + 0.98 × 20 + 0.9 × 10 = 94.4."""
    weights = {
        "dispose_rate": 30.0, "intime_dispose_rate": 20.0, "rework_rate": 20.0,
        "overtime_todispose_rate": 20.0, "delay_rate": 10.0,
    }  # fmt: skip
    values: dict[str, float | None] = {
        "dispose_rate": 0.96, "intime_dispose_rate": 0.9, "rework_rate": 0.05,
        "overtime_todispose_rate": 0.02, "delay_rate": 0.1,
    }  # fmt: skip
    assert indicators.score(values, weights, TABLE) == pytest.approx(94.4)
    assert indicators.score(values | {"delay_rate": None}, weights, TABLE) is None


def test_too_few_occasions_have_no_rank_and_ties_share_the_better_one():
    told = indicators.ranks(
        pd.Series([0.9, 0.8, 1.0, 0.9]), pd.Series([20, 20, 3, 20]), direction="up", least=10
    )
    assert told.tolist() == [1, 3, pd.NA, 1]
    fewer_is_better = indicators.ranks(
        pd.Series([0.1, 0.0]), pd.Series([20, 20]), direction="down", least=10
    )
    assert fewer_is_better.tolist() == [2, 1]


def test_lamps_go_by_target_and_warning_line_in_either_direction():
    up, down = TABLE.of("dispose_rate"), TABLE.of("rework_rate")  # 95/90 and 5/10 %
    lamps = ["green", "yellow", "red"]
    assert [indicators.lamp(value, up) for value in (0.95, 0.94, 0.89)] == lamps
    assert [indicators.lamp(value, down) for value in (0.05, 0.06, 0.11)] == lamps
    assert indicators.lamp(None, up) == indicators.lamp(float("nan"), up) == "off"


def test_nothing_to_count_is_unknown_not_zero():
    row = indicators.measure(occasions("close_due").reindex(columns=_columns()), TABLE.rates)
    assert row["denominator"].eq(0).all()
    assert row["value"].isna().all()


def test_of_several_calls_about_a_case_the_last_in_the_period_counts():
    told = occasions("called", (), ("solved",), ("solved",)).assign(case_id=[1, 1, 2])
    told["at"] = [NOON, NOON + timedelta(hours=1), NOON]
    until = NOON + timedelta(days=1)
    assert rate("solve_rate", indicators.within(told, NOON, until)) == (2, 2, 1.0)
    early = indicators.within(told, NOON, NOON + timedelta(minutes=1))
    assert rate("solve_rate", early) == (1, 2, 0.5)


def test_what_our_data_lack_is_said_and_never_counted():
    lacking = [row for row in TABLE.indicators if row.needs]
    assert {row.code for row in lacking} == {
        "accur_accept_rate", "intime_verify_rate", "coverage_rate", "miss_rate",
    }  # fmt: skip
    assert not any(row.is_rate for row in lacking)
    assert len(TABLE.indicators) == 25
    with pytest.raises(InputError, match="没有指标"):
        TABLE.of("nonsense")


def _columns() -> list[str]:
    return [*indicators.OCCASION_COLUMNS, *FLAGS]


ROW = st.tuples(
    st.sampled_from(sorted(TABLE.bases)), st.integers(1, 6), st.sampled_from("ABC"),
    st.sets(st.sampled_from(FLAGS)), st.integers(0, 48),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, max_size=40), st.randoms(use_true_random=False))
def test_parts_stay_within_the_whole_add_up_to_it_and_order_says_nothing(rows, random):  # type: ignore[no-untyped-def]
    told = pd.DataFrame(
        [
            {
                "basis": basis, "at": pd.Timestamp(NOON) + timedelta(hours=hours),
                "case_id": case_id, "area_path": "/1/", "unit_code": unit, "category": "A",
                "person": None,
            } | {flag: flag in flags for flag in FLAGS}
            for basis, case_id, unit, flags, hours in rows
        ],
        columns=_columns(),
    )  # fmt: skip
    whole = indicators.measure(told, TABLE.rates).set_index("code")
    groups = indicators.measure(told, TABLE.rates, by="unit_code")
    assert (groups["numerator"] <= groups["denominator"]).all()
    assert groups["value"].dropna().between(groups["low"], groups["high"]).all()
    sums = groups.groupby("code")[["numerator", "denominator"]].sum()
    for code, row in whole.iterrows():
        got = sums.loc[code].tolist() if code in sums.index else [0, 0]
        assert got == [row["numerator"], row["denominator"]]
    order = list(range(len(told)))
    random.shuffle(order)
    again = indicators.measure(told.iloc[order], TABLE.rates).set_index("code")
    pd.testing.assert_frame_equal(whole, again)
    assert whole["value"].isna().eq(whole["denominator"].eq(0)).all()
    assert set(indicators.measure(told, TABLE.rates)["group"]) == {ALL}
