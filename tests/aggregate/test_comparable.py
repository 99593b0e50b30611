"""With which earlier period a period is compared."""

from datetime import date

import chinese_calendar  # pyright: ignore[reportMissingTypeStubs]
import pytest

from govdash.aggregate import comparable
from govdash.core.filters import Period


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),  # whole months
        (("2026-04-01", "2026-06-30"), ("2026-01-01", "2026-03-31")),  # a quarter
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        (("2026-03-01", "2026-03-10"), ("2026-02-01", "2026-02-10")),  # the month so far
        (("2026-03-01", "2026-03-30"), ("2026-02-01", "2026-02-28")),
        (("2026-06-08", "2026-06-14"), ("2026-06-01", "2026-06-07")),  # a week
        (("2026-01-01", "2026-02-15"), ("2025-11-16", "2025-12-31")),
    ],
)
def test_the_period_before_is_as_long_as_the_calendar_makes_it(
    now: tuple[str, str], before: tuple[str, str]
):
    assert comparable.previous(period(*now)) == period(*before)


def test_a_year_before_keeps_whole_months_whole():
    assert comparable.year_before(period("2025-02-01", "2025-02-28")) == period(
        "2024-02-01", "2024-02-29"
    )
    assert comparable.year_before(period("2024-02-01", "2024-02-29")) == period(
        "2023-02-01", "2023-02-28"
    )
    assert comparable.year_before(period("2026-06-10", "2026-06-12")) == period(
        "2025-06-10", "2025-06-12"
    )


def test_the_weeks_around_spring_festival_can_be_compared_with_each_other():
    """17 February 2026 against 29 January 2025: 384 days."""
    now = period("2026-02-10", "2026-02-24")
    assert comparable.year_before(now, lunar=True) == period("2025-01-22", "2025-02-05")
    assert "按春节对齐" in comparable.words(now, lunar=True)
    assert "按公历" in comparable.words(now, lunar=False)


def test_spring_festival_is_where_the_official_holidays_are():
    named = {day for day, name in chinese_calendar.holidays.items() if name == "Spring Festival"}
    years = {day.year for day in named}
    wrong = [day for day in comparable.SPRING.values() if day.year in years and day not in named]
    assert wrong == []
    gaps = {
        (comparable.SPRING[y] - comparable.SPRING[y - 1]).days
        for y in comparable.SPRING if y - 1 in comparable.SPRING
    }  # fmt: skip
    assert gaps <= {353, 354, 355, 383, 384, 385}  # lunar years have these lengths
