"""Ticks over a real lake: a quiet year and a half, then a burst, an outage, and days after."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from govdash import sync
from govdash.access import SYSTEM, User, load_user, seed_local_operator
from govdash.core.errors import InputError
from govdash.core.filters import Period
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel, Disposition, Handling, Level, Signal
from govdash.detect import FindPolicy, find_fitted
from govdash.lake import Lake
from govdash.store import Store, events, journal
from govdash.store.models import Alert
from govdash.workflow import alerts, backtest, board, cases, counting, tick, watched
from govdash.workflow import rules as rule_book
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.naming import Names
from tests.workflow.conftest import CATEGORY, CITY, DISTRICT, GRID, OTHER, STREET, furnish

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = date(2025, 12, 1)
BURST = date(2026, 6, 9)  # 20 reports of overflowing rubbish in one street instead of two
OUTAGE = date(2026, 6, 10)  # the sensors send nothing
TEN = datetime(2026, 6, 10, 10, 0, tzinfo=SHANGHAI)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def canonical(rows: list[tuple[date, int, str, str, str]]) -> pd.DataFrame:
    """Events from (local day, hour, category, area, channel)."""
    table = pd.DataFrame(rows, columns=["day", "hour", "category", "area_path", "channel"])
    at = pd.to_datetime(table["day"]) + pd.to_timedelta(table["hour"], unit="h")
    at = at.dt.tz_localize(SHANGHAI).dt.tz_convert("UTC")
    return pd.DataFrame(
        {
            "source": "test",
            "source_id": [f"{day:%Y%m%d}-{i}" for i, day in enumerate(table["day"])],
            "occurred_at": at,
            "reported_at": at,
            "received_at": at,
            "closed_at": pd.Series(pd.NaT, index=table.index, dtype="datetime64[us, UTC]"),
            "kind": "affair",
            "category": table["category"],
            "area_path": table["area_path"],
            "lon": 0.5,
            "lat": 0.5,
            "address": "东关街道河埠路 8 号",
            "title": "暴露垃圾",
            "text": "",
            "channel": table["channel"],
            "facet": "affair",
            "asset_code": None,
            "unit_code": "U-STREET",
            "urgency": "normal",
            "sentiment": None,
            "status_hint": "",
            "reporter_key": None,
        }
    )


def record(until: date = date(2026, 6, 16)) -> pd.DataFrame:
    """A seeded record: 2 a day in the street, 6 in the other district, 15 sensor reports."""
    rng = np.random.default_rng(7)
    rows: list[tuple[date, int, str, str, str]] = []
    for n in range((until - FIRST).days + 1):
        day = FIRST + n * DAY
        burst = 20 if day == BURST else 0
        kinds = [
            (2 if day > BURST else rng.poisson(2) + burst, CATEGORY, GRID, "hotline"),
            (rng.poisson(6), "A-09001", OTHER, "app"),
            (0 if day == OUTAGE else rng.poisson(15), "A-06001", OTHER, "sensor"),
            (rng.poisson(0.1), "A-06002", GRID, "hotline"),
        ]
        rows += [
            (day, int(rng.integers(6, 22)), category, path, channel)
            for count, category, path, channel in kinds
            for _ in range(count)
        ]
    return canonical(rows)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A run-time folder with the city and the record in store and lake, to copy from."""
    var = tmp_path_factory.mktemp("ticks") / "var"
    settings = Settings.from_environment({"GOVDASH_VAR": str(var)})
    var.mkdir()
    shutil.copy(migrated_sqlite, var / "govdash.db")
    store = Store.open(settings.database_url)
    with store.write() as session:
        seed_local_operator(session, at=TEN)
    furnish(store, TEN)
    put(store, settings, record())
    store.close()
    return var


@pytest.fixture
def city(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Store]:
    """A city with the record; tests that ask for `empty` get one without events."""
    if "empty" in request.fixturenames:
        store = request.getfixturevalue("sqlite_store")
        with store.write() as session:
            seed_local_operator(session, at=TEN)
        furnish(store, TEN)
        yield store
        return
    shutil.copytree(request.getfixturevalue("filled"), settings.var)
    store = Store.open(settings.database_url)
    yield store
    store.close()


@pytest.fixture
def empty() -> None:
    """Ask for a city without events."""


@pytest.fixture
def operator(city: Store) -> User:
    with city.read() as session:
        return load_user(session)


@pytest.fixture
def lake(city: Store, settings: Settings) -> Lake:
    return Lake.open(settings)


def put(store: Store, settings: Settings, frame: pd.DataFrame) -> Lake:
    with store.write() as session:
        events.accept(session, frame, import_id=None, at=TEN)
    lake = Lake.open(settings)
    sync.sync(store, lake)
    return lake


def run(city, lake, settings, at) -> tick.TickSummary:
    return tick.run_tick(city, lake, settings, at=at)


def listed(city) -> pd.DataFrame:
    with city.read() as session:
        return board.alerts(session, SYSTEM.scope)


@pytest.mark.postgres
def test_a_tick_on_postgresql_is_the_same_and_its_repetition_changes_nothing(
    postgres_store, settings
):
    with postgres_store.write() as session:
        seed_local_operator(session, at=TEN)
    furnish(postgres_store, TEN)
    lake = put(postgres_store, settings, record())
    assert run(postgres_store, lake, settings, TEN).raised == ("JC-20260610-0001",)
    assert not run(postgres_store, lake, settings, TEN).changed
    assert run(postgres_store, lake, settings, TEN + DAY).changed


def test_a_burst_of_yesterday_becomes_one_alert_with_evidence_and_its_cells(city, lake, settings):
    summary = run(city, lake, settings, TEN)
    assert len(summary.raised) == 1
    row = listed(city).iloc[0]
    assert (row["area_path"], row["category"], row["rule_code"]) == (
        STREET,
        CATEGORY,
        "street-category",
    )
    assert (row["window_first"], row["window_last"]) == (BURST, BURST)
    assert row["observed"] >= 20
    assert row["level"] in {"orange", "yellow"}
    assert "集中在 1 个网格（第一网格" in row["sentence"]
    assert "新提示 1 条" in str(summary)


def test_the_same_moment_again_changes_nothing(city, lake, settings):
    run(city, lake, settings, TEN)
    before = listed(city)
    with city.read() as session:
        lines = len(journal.lines(session))
    again = run(city, lake, settings, TEN)
    assert not again.changed
    pd.testing.assert_frame_equal(listed(city), before)
    with city.read() as session:
        assert len(journal.lines(session)) == lines


def test_each_tick_that_changes_something_writes_one_journal_line(city, lake, settings):
    for at in (TEN - 2 * DAY, TEN, TEN + HOUR):
        run(city, lake, settings, at)
    with city.read() as session:
        ticks = [line.subject for line in journal.lines(session) if line.did == "detect.tick"]
    assert ticks == ["tick:2026-06-09"]


def test_an_outage_is_told_about_the_channel_and_not_as_nothing_happening(city, lake, settings):
    run(city, lake, settings, TEN + DAY)
    table = listed(city).set_index("rule_code")
    row = table.loc["channel-drop"]
    assert (row["category"], row["direction"], row["observed"]) == ("@sensor", "low", 0)
    assert row["title"].endswith("“物联感知”渠道异常偏低")


def low_rule() -> rule_book.Rule:
    """A rule of its own city: districts with far too few events of a category."""
    return rule_book.Rule(
        code="district-low",
        name="区级骤降",
        parameters=rule_book.Parameters(
            areas=(AreaLevel.DISTRICT,),
            categories=("category",),
            direction="low",
            windows=(1, 3),
            fdr=0.02,
            min_excess=5,
            min_total=60,
            clear_after_days=1,
            levels=(rule_book.LevelCut(level=Level.BLUE, p_value=1e-3, excess=5, ratio=2),),
        ),
    )


def test_a_silent_channel_says_since_when_and_holds_back_what_is_low_below_it(city, lake, settings):
    with city.write() as session:
        rule_book.change(session, low_rule(), actor=SYSTEM, at=TEN)
    summary = run(city, lake, settings, TEN + DAY)
    table = listed(city).set_index("rule_code")
    assert "district-low" not in table.index
    with city.read() as session:
        evidence = session.get(Alert, int(table.loc["channel-drop"]["id"])).evidence
    assert evidence["silent_since"] == OUTAGE.isoformat()
    assert "1 项偏低因渠道没有数据而暂不提示" in summary.notes


def test_what_is_low_while_every_channel_reports_is_told(city, empty, settings):
    rows = record(until=OUTAGE)
    gone = (rows["category"] == "A-06001") & (
        rows["reported_at"] >= pd.Timestamp(BURST, tz=SHANGHAI)
    )
    still = [(BURST, 9, "A-06002", OTHER, "sensor")] * 15 + [
        (OUTAGE, 9, "A-06002", OTHER, "sensor")
    ] * 15
    lake = put(city, settings, pd.concat([rows[~gone], canonical(still).assign(source="again")]))
    with city.write() as session:
        rule_book.change(session, low_rule(), actor=SYSTEM, at=TEN)
    run(city, lake, settings, TEN + DAY)
    low = listed(city).set_index("rule_code").loc["district-low"]
    assert (low["category"], low["direction"]) == ("A-06001", "low")


def test_an_alert_that_is_low_is_stale_not_over_while_its_channel_is_silent(city, empty, settings):
    rows = record(until=date(2026, 6, 11))
    at = rows["reported_at"]
    sensors = rows["category"] == "A-06001"
    # first the category is missing though the sensors report, then the sensors are silent
    gone = sensors & (at >= pd.Timestamp(BURST, tz=SHANGHAI))
    still = [(BURST, 9, "A-06002", OTHER, "sensor")] * 15
    lake = put(city, settings, pd.concat([rows[~gone], canonical(still).assign(source="again")]))
    with city.write() as session:
        rule_book.change(session, low_rule(), actor=SYSTEM, at=TEN)
    run(city, lake, settings, TEN)
    signals = []
    for n in (1, 2):
        run(city, lake, settings, TEN + n * DAY)
        table = listed(city).set_index("rule_code")
        signals.append(table.loc["district-low"]["signal"])
        assert "channel-drop" in table.index
    assert signals == ["stale", "stale"]


def test_what_is_no_longer_seen_fades_and_stays_on_the_board_until_people_end_it(
    city, lake, settings
):
    run(city, lake, settings, TEN)
    burst = int(listed(city)["id"].iloc[0])
    signals = {}
    for n in range(1, 5):
        run(city, lake, settings, TEN + n * DAY)
        with city.read() as session:
            signals[n] = session.get(Alert, burst).signal
    assert signals[1] is not Signal.CLEARED
    assert signals[4] is Signal.CLEARED
    order = [Signal.FIRING, Signal.CLEARING, Signal.CLEARED]
    assert [order.index(s) for s in signals.values()] == sorted(
        order.index(s) for s in signals.values()
    )
    row = listed(city).set_index("id").loc[burst]
    assert row["handling"] == "new"


def test_today_speaks_only_once_it_is_above_what_a_whole_day_may_bring(city, empty, settings):
    quiet = record(until=date(2026, 6, 8))
    morning = [(BURST, 9, CATEGORY, GRID, "hotline")] * 4  # a busy morning, an ordinary day
    noon = [(BURST, 12, CATEGORY, GRID, "hotline")] * 14
    lake = put(city, settings, pd.concat([quiet, canonical(morning + noon)], ignore_index=True))
    at = datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
    assert run(city, lake, settings, at).raised == ()  # what comes at noon is not known yet
    summary = run(city, lake, settings, at + 3 * HOUR)
    assert len(summary.raised) == 1
    assert listed(city)["window_last"].iloc[0] == BURST


def test_an_outage_of_today_waits_for_the_day_to_end(city, lake, settings):
    run(city, lake, settings, datetime(2026, 6, 10, 20, 0, tzinfo=SHANGHAI))
    assert "channel-drop" not in set(listed(city)["rule_code"])


def test_an_empty_lake_says_so_and_changes_nothing(city, empty, settings):
    summary = run(city, Lake.open(settings), settings, TEN)
    assert not summary.changed
    assert "没有可评分的序列" in str(summary)


def test_a_short_history_says_so(city, empty, settings):
    lake = put(city, settings, record(until=FIRST + 10 * DAY))
    at = datetime(2025, 12, 12, 10, 0, tzinfo=SHANGHAI)
    summary = run(city, lake, settings, at)
    assert summary.raised == ()
    assert any("历史只有 11 天" in note for note in summary.notes)


def test_a_rule_that_is_off_raises_nothing(city, lake, settings, operator):
    with city.write() as session:
        for rule in rule_book.current(session):
            off = rule.model_copy(update={"enabled": False})
            rule_book.change(session, off, actor=operator, at=TEN)
    assert run(city, lake, settings, TEN).series == 0
    assert listed(city).empty


def test_a_finding_inside_a_wider_open_alert_is_folded_into_it(city, lake, settings, rule, finding):
    wide = finding(area_path=DISTRICT, observed=60, p_value=1e-12, day=BURST - DAY)
    with city.write() as session:
        district = next(r for r in rule_book.current(session) if r.code == "district-major")
        outer = alerts.raise_alert(session, wide, district, at=TEN - DAY).id
    summary = run(city, lake, settings, TEN)
    assert (summary.raised, summary.folded) == ((), 1)
    with city.read() as session:
        alert = session.get(Alert, outer)
        assert (alert.signal, alert.last_seen_at) == (Signal.FIRING, TEN)


def test_a_category_and_its_major_in_one_area_are_one_alert(city, lake, settings, finding):
    """The street's alert stands; the next tick finds the major there too, no worse."""
    with city.write() as session:
        book = {rule.code: rule for rule in rule_book.current(session)}
        major = finding(category="A-06", observed=90, p_value=1e-20, day=BURST - DAY)
        alerts.raise_alert(session, major, book["street-category"], at=TEN - DAY)
    summary = run(city, lake, settings, TEN)
    assert summary.raised == ()
    assert len(listed(city)) == 1


def test_the_alert_makes_a_case_with_category_unit_limit_and_place(city, lake, settings, operator):
    run(city, lake, settings, TEN)
    alert_id = int(listed(city)["id"].iloc[0])
    with city.write() as session:
        new = cases.suggest(session, session.get(Alert, alert_id), SYSTEM.scope)
        assert (new.category, new.area_path, new.unit_code) == (CATEGORY, GRID, "U-STREET")
        assert (new.address, new.lon, new.lat) == ("东关街道河埠路 8 号", 0.5, 0.5)
        assert new.limit is not None
        assert new.description.startswith("6月9日")
        case = cases.open_from_alert(session, alert_id, new, actor=operator, at=TEN)
        assert case.title == "临江区·东关街道 暴露垃圾异常偏高"


def test_series_that_were_not_worth_learning_still_count_for_the_false_discovery_rate(
    city, lake, settings
):
    with city.read() as session:
        watch = next(
            w for w in watched.watches(rule_book.current(session)) if w.subject == "category"
        )
        names = Names.load(session)
    counts = counting.history(lake, watch.rules, last=BURST, zone_name=settings.timezone)
    learned = counts.candidates(BURST, BURST)
    assert 0 < len(learned) < counts.daily.shape[1]
    calendar = WorkCalendar.load(settings.data)
    detector = watch.make(calendar, FIRST, BURST).fit(counts.daily[learned])
    look = watch.look(detector, counts, learned=learned, at_day=BURST)
    [one] = watched.findings_of([look], names)
    twice, _ = (told.findings for told in watched.findings_of([look, look], names))
    some = one.findings
    whole = watch.make(calendar, FIRST, BURST).fit(counts.daily)
    policy = FindPolicy(**{**vars(watch.policy()), "low_side": False})
    every = find_fitted(whole, counts.daily, at_day=BURST, policy=policy)
    q_all = {f.series: f.evidence.q_value for f in every}
    assert some
    for found in some:
        assert found.evidence.q_value == pytest.approx(q_all[found.series], rel=1e-6)
    # beside another look the same p-values are one among twice as many
    assert [f.evidence.q_value for f in twice] == pytest.approx([f.evidence.q_value for f in some])


def test_counts_are_gap_free_and_add_up(city, lake, settings):
    with city.read() as session:
        watch = next(
            w for w in watched.watches(rule_book.current(session)) if w.subject == "category"
        )
    counts = counting.history(lake, watch.rules, last=BURST, zone_name=settings.timezone)
    assert list(counts.daily.index) == list(pd.date_range(FIRST, BURST))
    known = record()
    before = known[known["reported_at"] < Period(FIRST, BURST).end]
    city_major = counts.daily[[f"{CITY}|A-06", f"{CITY}|A-09"]].to_numpy().sum()
    assert city_major == len(before)
    street = before[(before["area_path"] == GRID) & (before["category"] == CATEGORY)]
    assert counts.daily[f"{STREET}|{CATEGORY}"].sum() == len(street)


def test_a_replay_finds_the_labelled_incidents_and_counts_false_alarms(
    city, lake, settings, tmp_path
):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "incident_id,name,category,area_path,direction,start,end\n"
        f"I1,垃圾堆积,{CATEGORY},{GRID},high,2026-06-08T16:30:00+00:00,2026-06-09T10:00:00+00:00\n"
        f"I2,感知中断,@sensor,{CITY},low,2026-06-09T16:00:00+00:00,2026-06-10T15:00:00+00:00\n"
        f"I3,没有发生,A-09001,{OTHER},high,2026-05-01T00:00:00+08:00,2026-05-02T00:00:00+08:00\n"
    )
    told = backtest.read_labels(labels, SHANGHAI)
    assert told["start_day"].tolist() == [BURST, OUTAGE, date(2026, 5, 1)]
    shares = []
    done = backtest.run(city, lake, settings, told, first=date(2026, 4, 20), progress=shares.append)
    found = done.incidents.set_index("incident_id")
    assert found["detected"].tolist() == [True, True, False]
    assert found["delay_days"].tolist()[:2] == [0, 0]
    assert done.detected_share == pytest.approx(2 / 3)
    assert done.last_day == date(2026, 6, 15)
    assert done.false_per_week < 0.5
    assert shares == sorted(shares)
    assert shares[-1] == 1
    with city.read() as session:
        assert session.query(Alert).count() == 0  # a replay writes nothing


def test_a_replay_says_how_far_back_it_can_go(city, lake, settings):
    labels = pd.DataFrame(
        columns=["incident_id", "category", "area_path", "start_day", "end_day", "direction"]
    )
    with pytest.raises(InputError, match="最早可从 2026-03-31 回放"):
        backtest.run(city, lake, settings, labels, first=date(2026, 1, 1))


def test_dismissed_matters_do_not_come_back_within_the_cool_down(city, lake, settings, operator):
    run(city, lake, settings, TEN)
    row = listed(city).iloc[0]
    with city.write() as session:
        alerts.dismiss(
            session, int(row["id"]), Disposition.EXPECTED_EVENT, note="集市", actor=operator, at=TEN
        )
    run(city, lake, settings, TEN + HOUR)
    run(city, lake, settings, TEN + DAY)
    table = listed(city)
    assert (table["category"] == CATEGORY).sum() == 1
    assert table.set_index("id").loc[row["id"], "handling"] == Handling.DISMISSED
    assert Level(row["level"]).rank <= 3
