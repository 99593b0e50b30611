import json

import pytest

from govdash.core.settings import Settings
from tests.cli.command import run


def asked(settings: Settings, *words: str) -> dict:
    done = run("clock", *words, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_clock_tells_deadline_used_and_left_time_with_the_offset(settings):
    told = asked(
        settings, "--start", "2026-06-10T11:00:00+08:00", "--limit", "2工作时",
        "--at", "2026-06-10T14:30:00+08:00",
    )  # fmt: skip
    assert told["due_at"] == "2026-06-10T15:00:00+08:00"
    assert told["elapsed_seconds"] == 5400
    assert told["remaining_seconds"] == 1800
    assert told["overdue"] is False
    assert told["note"] == ""


def test_pauses_do_not_count_and_a_time_without_zone_is_the_calendars(settings):
    told = asked(
        settings, "--start", "2026-06-10T09:00", "--limit", "4工作时", "--at", "2026-06-10T18:00",
        "--pause", "2026-06-10T10:00/2026-06-10T11:00",
        "--pause", "2026-06-10T10:30/2026-06-10T11:30", "--calendar", "cn",
    )  # fmt: skip
    assert told["due_at"] == "2026-06-10T16:30:00+08:00"
    assert told["elapsed_seconds"] == 5.5 * 3600
    assert told["overdue"] is True


def test_beyond_the_published_holidays_the_clock_says_so(settings):
    told = asked(settings, "--start", "2027-02-04T17:00+08:00", "--limit", "1工作日")
    assert told["due_at"] == "2027-02-09T17:00:00+08:00"  # over the festival, then 7 hours
    assert "2027 年的调休尚未公布" in told["note"]
    assert (
        asked(settings, "--start", "2027-02-04T17:00+08:00", "--limit", "2紧急工作时")["note"] == ""
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--start", "2026-06-10T09:00", "--limit", "两天"), "时限“两天”无法识别"),
        (("--start", "2026-06-10T09:00", "--limit", "1工作日", "--calendar", "x"), "可用：cn"),
        (("--start", "2026-06-10T09:00", "--limit", "1工作日", "--pause", "x"), "开始/结束"),
    ],
)
def test_wrong_use_is_refused_with_what_to_write_instead(settings, words, told):
    done = run("clock", *words, settings=settings)
    assert done.returncode == 2
    assert told in done.stderr
