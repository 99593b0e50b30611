"""Since when a channel is silent, and which low counts that explains; by hand."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from govdash.workflow.silence import Silence, held_back, silences, with_silence
from tests.workflow.conftest import CITY, DISTRICT, OTHER, STREET

DAY = date(2026, 6, 10)


@pytest.fixture
def low(finding):
    """A finding of too few: 0 of 24 in three days."""

    def make(area_path: str, category: str, *, expected: float = 24.0):
        made = finding(area_path=area_path, category=category, direction="low")
        seen = replace(
            made.evidence,
            window_start=date(2026, 6, 8),
            window_end=DAY,
            observed=0,
            expected=expected,
            excess=-expected,
        )
        return replace(made, at_day=DAY, direction="low", evidence=seen)

    return make


def counts(*values: int) -> pd.Series:
    return pd.Series(values, index=pd.date_range(end=DAY, periods=len(values)))


def test_a_channel_is_silent_since_the_day_after_its_last_report(low):
    told = with_silence(low(CITY, "@sensor"), counts(9, 7, 8, 0, 0))
    assert told.evidence.silent_since == date(2026, 6, 9)
    assert silences([told]) == [Silence(CITY, "@sensor", date(2026, 6, 9), DAY)]


def test_a_channel_that_reports_a_little_or_was_hardly_expected_to_is_not_silent(low):
    assert with_silence(low(CITY, "@sensor"), counts(9, 7, 0, 0, 1)).evidence.silent_since is None
    rare = low(CITY, "@sensor", expected=7.5)  # 2.5 a day: one empty day says nothing, two do
    assert with_silence(rare, counts(3, 2, 2, 2, 0)).evidence.silent_since is None
    assert with_silence(rare, counts(3, 2, 2, 0, 0)).evidence.silent_since == date(2026, 6, 9)


def test_a_channel_that_never_reported_is_silent_since_the_first_day(low):
    told = with_silence(low(CITY, "@sensor"), counts(0, 0, 0))
    assert told.evidence.silent_since == date(2026, 6, 8)


def test_a_silence_explains_low_categories_in_its_area_and_time_and_nothing_else(low):
    silent = [Silence(DISTRICT, "@sensor", date(2026, 6, 9), DAY)]
    inside, beside = low(STREET, "A-06001"), low(OTHER, "A-06001")
    high = replace(inside, direction="high")
    channel = low(DISTRICT, "@app")
    before = replace(inside, evidence=replace(inside.evidence, window_end=date(2026, 6, 8)))
    told, held = held_back([inside, beside, high, channel, before], silent)
    assert held == [inside]
    assert told == [beside, high, channel, before]
