"""Ticks that remember: they say what ticks that forget say, and do only what is new."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest

from govdash import sync
from govdash.access import seed_local_operator
from govdash.core.settings import Settings
from govdash.detect import Native
from govdash.lake import Lake
from govdash.store import Store, events, journal
from govdash.workflow import counting, tick, watched, weekly
from govdash.workflow import rules as rule_book
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.counting import Counts
from govdash.workflow.memory import Memory
from govdash.workflow.watched import Look, Watch
from tests.workflow.conftest import CATEGORY, GRID, STREET, furnish
from tests.workflow.test_tick import BURST, DAY, FIRST, HOUR, TEN, canonical, listed, record

LAST = BURST  # a Tuesday; the week's history ends with Sunday 2026-06-07


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    var = tmp_path_factory.mktemp("remembered") / "var"
    var.mkdir()
    shutil.copy(migrated_sqlite, var / "govdash.db")
    with Town(var) as made:
        with made.store.write() as session:
            seed_local_operator(session, at=TEN)
        furnish(made.store, TEN)
        made.put(record())
    return var


class Town:
    """A store with its lake and memory."""

    def __init__(self, var: Path) -> None:
        self.settings = Settings.from_environment({"GOVDASH_VAR": str(var)})
        self.store = Store.open(self.settings.database_url)
        self.lake = Lake.open(self.settings)
        self.memory = Memory.of(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lake.close()
        self.store.close()

    def put(self, frame: pd.DataFrame) -> None:
        with self.store.write() as session:
            events.accept(session, frame, import_id=None, at=TEN)
        sync.sync(self.store, self.lake)

    def tick(self, at: datetime) -> tick.TickSummary:
        return tick.run_tick(self.store, self.lake, self.settings, at=at)

    def forget(self) -> None:
        shutil.rmtree(self.memory.root, ignore_errors=True)

    def files(self) -> dict[str, tuple[int, int]]:
        paths = [path for path in self.memory.root.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.memory.root)): (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in paths
        }

    def watch(self) -> Watch:
        with self.store.read() as session:
            every = watched.watches(rule_book.current(session))
        return next(watch for watch in every if watch.subject == "category")

    def counts(self, last: date, memory: Memory | None = None) -> Counts:
        days = weekly.history_days(self.watch().history_days, last)
        rules, zone = self.watch().rules, self.settings.timezone
        return counting.history(
            self.lake, rules, last=last, zone_name=zone, n_days=days, memory=memory
        )

    def week(self, last: date, learned: list[str], memory: Memory) -> weekly.Week:
        until, counts = weekly.fit_day(last), self.counts(last)
        first = counts.daily.index[0].date()
        calendar = WorkCalendar.load(self.settings.data)
        detector = self.watch().make(calendar, first, until + 6 * DAY)
        assert isinstance(detector, Native)
        return weekly.week_of(memory, detector, counts, learned, until=until, last=last)

    def look(self, last: date, learned: list[str], memory: Memory) -> Look:
        week = self.week(last, learned, memory)
        week.keep(memory)
        counts = self.counts(last)
        return self.watch().look(week.detector, counts, learned=learned, at_day=last)


@pytest.fixture
def one(town: Path, tmp_path: Path) -> Iterator[Town]:
    shutil.copytree(town, tmp_path / "one")
    with Town(tmp_path / "one") as made:
        yield made


@pytest.fixture
def other(town: Path, tmp_path: Path) -> Iterator[Town]:
    shutil.copytree(town, tmp_path / "other")
    with Town(tmp_path / "other") as made:
        yield made


def late(day: date, n: int, category: str = CATEGORY) -> pd.DataFrame:
    """Events that were not in the record; their own channel keeps their numbers apart."""
    frame = canonical([(day, 12, category, GRID, "grid")] * n)
    return frame.assign(source=f"late-{day}-{n}")


def same_looks(one: Look, other: Look) -> None:
    for name in ("observed", "expected", "sd", "p_high", "p_low", "p_value"):
        left, right = getattr(one.scores, name), getattr(other.scores, name)
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-300, err_msg=name)


def test_remembered_counts_are_the_counts_and_a_late_event_counts_its_month_again(one: Town):
    direct = one.counts(LAST)
    for _ in range(2):
        kept = one.counts(LAST, one.memory)
        pd.testing.assert_frame_equal(kept.daily, direct.daily, check_freq=False)
        pd.testing.assert_series_equal(kept.least, direct.least, check_names=False)
    before = one.files()
    one.put(late(date(2026, 3, 17), 3))
    again = one.counts(LAST, one.memory)
    assert again.daily.to_numpy().sum() > direct.daily.to_numpy().sum()
    pd.testing.assert_frame_equal(again.daily, one.counts(LAST).daily, check_freq=False)
    after = one.files()
    changed = {name[-11:-4] for name in after if after[name] != before[name]}
    assert (after.keys(), changed) == (before.keys(), {"2026-03"})


def test_counts_of_today_end_with_the_hour_also_when_months_are_remembered(one: Town):
    told = {"last": LAST, "zone_name": one.settings.timezone, "at": TEN}
    rules = one.watch().rules
    direct = counting.history(one.lake, rules, **told)
    for _ in range(2):
        kept = counting.history(one.lake, rules, **told, memory=one.memory)
        pd.testing.assert_frame_equal(kept.daily, direct.daily, check_freq=False)


def test_a_fortnight_of_ticks_raises_what_ticks_that_forget_everything_raise(one, other):
    for n in range(-8, 7):
        at = TEN + n * DAY
        if n == 2:  # what comes late comes to both
            one.put(late(BURST - 3 * DAY, 9))
            other.put(late(BURST - 3 * DAY, 9))
        other.forget()
        kept, fresh = one.tick(at), other.tick(at)
        assert (kept.raised, kept.updated, kept.folded, kept.faded) == (
            fresh.raised,
            fresh.updated,
            fresh.folded,
            fresh.faded,
        )
    pd.testing.assert_frame_equal(listed(one.store), listed(other.store), rtol=1e-9)
    assert not listed(one.store).empty


def test_a_tick_equals_the_full_refit_of_its_week_to_nine_digits(one: Town, tmp_path: Path):
    names = list(one.counts(LAST).daily.columns)
    for n in range(6):  # Sunday to Friday; each day some more series are asked for
        day = LAST + (n - 2) * DAY
        asked = [name for name in names[: 2 + 2 * n] if name in one.counts(day).daily]
        same_looks(
            one.look(day, asked, one.memory),
            one.look(day, asked, Memory(tmp_path / f"fresh-{n}")),
        )


def test_the_same_tick_again_changes_no_file_and_no_line(one: Town):
    one.tick(TEN)
    before = one.files()
    assert any(name.startswith("states/") for name in before)
    assert not one.tick(TEN).changed
    assert one.files() == before


def test_a_late_batch_is_scored_again_and_leaves_an_audit_line(one: Town, tmp_path: Path):
    street = f"{STREET}|{CATEGORY}"
    names = list(one.counts(LAST).daily.columns)
    assert street in names
    one.look(LAST, names, one.memory)
    one.put(late(LAST - DAY, 6))
    week = one.week(LAST, names, one.memory)
    told = {late.series: late.after - late.before for late in week.late}
    assert told[street] == 6
    assert any(line.startswith(f"{street} 2026-06-08: ") for line in week.audit())
    same_looks(one.look(LAST, names, one.memory), one.look(LAST, names, Memory(tmp_path / "none")))


def test_the_journal_of_a_tick_holds_what_came_late(one: Town):
    one.tick(TEN)
    one.put(late(LAST, 2))
    assert "迟到或更正的计数" in str(one.tick(TEN + HOUR))
    with one.store.read() as session:
        [line] = [line for line in journal.lines(session) if "late" in line.detail]
        assert (line.did, line.subject) == ("detect.tick", "tick:2026-06-09")
        assert any("2026-06-09: " in told for told in line.detail["late"])
    assert "迟到" not in str(one.tick(TEN + 2 * HOUR))


def test_a_change_in_the_learned_days_is_learned_again_for_its_series_alone(one, tmp_path):
    names = list(one.counts(LAST).daily.columns)
    one.look(LAST, names, one.memory)
    one.put(late(FIRST + 60 * DAY, 4))
    week = one.week(LAST, names, one.memory)
    assert 0 < len(week.relearned) < len(names)
    assert "已重新学习" in week.note
    same_looks(one.look(LAST, names, one.memory), one.look(LAST, names, Memory(tmp_path / "none")))


@pytest.mark.parametrize("how", ["missing", "empty", "cut", "flipped", "of another week"])
def test_files_that_cannot_be_used_mean_a_fresh_fit_and_never_an_error(one, other, how):
    before = TEN - (8 * DAY if how == "of another week" else DAY)
    for town in (one, other):
        town.tick(before)
    for path in [path for path in one.memory.root.rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
        left = {"empty": b"", "cut": whole[:middle], "flipped": flipped}.get(how)
        if left is not None:
            path.write_bytes(left)
    if how == "missing":
        one.forget()
    other.forget()
    assert one.tick(TEN).raised == other.tick(TEN).raised != ()
    pd.testing.assert_frame_equal(listed(one.store), listed(other.store), rtol=1e-9)


def test_a_tick_killed_before_it_kept_its_state_is_done_again_alike(one: Town, tmp_path: Path):
    one.tick(TEN - DAY)
    shutil.copytree(one.memory.root, tmp_path / "before")
    one.tick(TEN)
    told, kept = listed(one.store), one.files()
    one.forget()  # the transaction stood, the files are those of the tick before
    shutil.copytree(tmp_path / "before", one.memory.root)
    assert not one.tick(TEN).changed
    pd.testing.assert_frame_equal(listed(one.store), told)
    assert one.files().keys() == kept.keys()


def test_other_holidays_are_another_fit(one: Town):
    names = list(one.counts(LAST).daily.columns)
    plain, free = Native(holidays={}), Native(holidays={date(2026, 5, 1): "劳动节"})
    until, counts = weekly.fit_day(LAST), one.counts(LAST)
    first, second = (
        weekly.week_of(one.memory, detector, counts, names, until=until, last=LAST)
        for detector in (plain, free)
    )
    assert first.name == second.name
    assert first.key != second.key


def test_the_weeks_history_ends_with_sunday_once_it_is_long_enough():
    days = [date(2026, 6, 7) + n * timedelta(days=1) for n in range(8)]
    assert [weekly.fit_day(day) for day in days] == [days[0]] * 7 + [days[7]]
    early = weekly.fit_day(days[3], first=days[0] - 10 * DAY, needs=14)
    assert early == days[3]
