"""The demo city comes in through ingest and workflow, once; then it lives on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from govdash.access import SYSTEM, query_for
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import AskState, CaseState, Disposition, Handling, ImportState, Mute, Shown
from govdash.demo import simulate
from govdash.demo.build import DemoSummary, build
from govdash.demo.plan import Plan
from govdash.demo.simulate import next_events, simulate_tick
from govdash.detect.backtest import read_incidents
from govdash.lake import Lake, queries
from govdash.store import Store, areas, casework, evidence, imports, suppressions
from govdash.sync import parity, sync
from govdash.workflow import board
from tests.demo.conftest import END, EVENTS, SEED, ZONE


class Made(NamedTuple):
    store: Store
    lake: Lake
    settings: Settings
    summary: DemoSummary


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    var = tmp_path_factory.mktemp("demo") / "var"
    settings = Settings.from_environment(
        {"GOVDASH_VAR": str(var), "GOVDASH_CONTACT_KEY": "test-key", "GOVDASH_DEMO_RATE": "2"}
    )
    store = Store.of(settings)
    store.migrate()
    lake = Lake.open(settings)
    summary = build(store, lake, settings, events=EVENTS, seed=SEED, at=END)
    yield Made(store, lake, settings, summary)
    store.close()


def again(made: Made) -> DemoSummary:
    return build(made.store, made.lake, made.settings, events=EVENTS, seed=SEED, at=END)


def everything(days: int = 760):
    period = Period.last_days(days, until=END.astimezone(ZONE).date())
    return query_for(SYSTEM, EventFilter(period=period))


def test_every_event_is_accepted_and_lies_in_a_grid(made, record):
    with made.store.read() as session:
        run = imports.runs(session, SYSTEM.scope, by="")[0]
        assert run.state is ImportState.DONE
        assert run.n_read == run.n_accepted == len(record.events)
        assert run.warnings == {}
    by_grid = queries.counts(made.lake, everything(), by=("grid",))
    assert by_grid["n"].sum() == len(record.events)
    assert by_grid["grid"].notna().all()


def test_store_and_lake_hold_the_same(made):
    assert parity(made.store, made.lake).ok


def test_people_are_masked_in_what_is_searched(made):
    rows = queries.rows(made.lake, everything(), limit=EVENTS, offset=0)
    assert not rows["text"].str.contains(r"1\d{10}").any()
    assert rows["text"].str.contains(r"164\*{4}\d{4}").any()


def test_cases_stand_in_every_open_state_and_some_are_overdue(made):
    with made.store.read() as session:
        cases = board.cases(session, SYSTEM.scope, at=END, limit=1000)
        overdue = board.cases(session, SYSTEM.scope, at=END, overdue=True, limit=1000)
    states = {CaseState(state) for state in cases["state"]}
    assert states >= {
        CaseState.RECEIVED, CaseState.ACCEPTED, CaseState.DISPATCHED, CaseState.IN_PROGRESS,
        CaseState.RESOLVED_CLAIMED, CaseState.VERIFIED, CaseState.CLOSED, CaseState.RETURNED,
        CaseState.REWORK,
    }  # fmt: skip
    assert len(cases) == made.summary.cases
    assert len(overdue) > 0


def test_alerts_are_raised_and_were_handled_by_people(made):
    with made.store.read() as session:
        alerts = board.alerts(session, SYSTEM.scope, limit=1000)
    assert len(alerts) == made.summary.alerts > 0
    assert {Handling(h) for h in alerts["handling"]} & {Handling.CLOSED, Handling.DISMISSED}
    ended = alerts["disposition"].dropna()
    assert {Disposition(d) for d in ended} <= set(Disposition)


def test_nobody_acts_after_the_end_of_the_record(made):
    with made.store.read() as session:
        cases = board.cases(session, SYSTEM.scope, at=END, limit=1000)
        life = board.case_life(session, int(cases["id"].iloc[0]), SYSTEM.scope, at=END)
    assert (cases["opened_at"] <= END).all()
    assert (life.steps["at"] <= END).all()


def test_labels_lie_beside_and_are_what_the_backtest_reads(made, record):
    table = pd.read_csv(made.settings.var / "demo" / "incidents.csv", keep_default_na=False)
    assert len(table) == made.summary.incidents == len(record.labels)
    incidents = read_incidents(table)
    assert {i.direction for i in incidents} == {"high", "low"}


def test_layers_and_areas_are_there_to_be_drawn(made):
    with made.store.read() as session:
        assert [layer.name for layer in areas.layers(session)] == [
            "places", "rail", "roads", "water",
        ]  # fmt: skip
        assert len(areas.frame(session)) == made.summary.areas


def test_a_demo_city_that_exists_is_not_made_twice(made):
    second = again(made)
    assert not second.made
    assert second.incidents == made.summary.incidents
    with made.store.read() as session:
        assert len(imports.runs(session, SYSTEM.scope, by="")) == 1


def test_an_interrupted_one_is_completed_with_what_it_was_begun_with(made):
    plan = Plan.read(made.settings)
    Plan(plan.seed, plan.events, plan.at, lived=True).write(made.settings)
    other = build(
        made.store,
        made.lake,
        made.settings,
        events=9_999,
        seed=SEED + 1,
        at=END + timedelta(days=9),
    )
    assert (other.seed, other.events) == (SEED, made.summary.events)
    with made.store.read() as session:
        newest = imports.runs(session, SYSTEM.scope, by="")[0]
        assert (newest.n_accepted, newest.n_duplicate) == (0, newest.n_read)
    plan.write(made.settings)


def test_another_city_is_left_alone(sqlite_store, settings, world):
    city = world.city.areas.iloc[:1].assign(code="110000", path="/110000/")
    with sqlite_store.write() as session:
        areas.put_areas(session, city)
    with pytest.raises(InputError, match="已有其他城市"):
        build(sqlite_store, Lake.open(settings), settings, events=1000, seed=SEED, at=END)


def test_the_simulator_brings_what_came_since_and_doubles_nothing(made):
    then = END + timedelta(hours=3)
    first = simulate_tick(made.store, made.settings, at=then)
    assert 100 < first < 900  # 2 a minute by day
    assert simulate_tick(made.store, made.settings, at=then) == 0
    plan = Plan.read(made.settings)
    Plan(plan.seed, plan.events, plan.at, lived=True, done=True).write(made.settings)  # crashed
    assert simulate_tick(made.store, made.settings, at=then) == 0
    sync(made.store, made.lake)
    assert parity(made.store, made.lake).ok


def test_two_spans_bring_what_the_whole_span_brings():
    plan = Plan(SEED, EVENTS, END, done=True)
    middle, end = END + timedelta(hours=2, minutes=7), END + timedelta(hours=5)
    told = {"rate": 1.0, "zone": ZONE}
    data: Path = ROOT / "data"
    parts = [
        next_events(data, plan, since=END, at=middle, **told),
        next_events(data, plan, since=middle, at=end, **told),
    ]
    whole = next_events(data, plan, since=END, at=end, **told)
    columns = ["source", "source_id", "status_hint"]
    order = {"ignore_index": True, "by": columns}
    pd.testing.assert_frame_equal(
        pd.concat(parts)[columns].sort_values(**order), whole[columns].sort_values(**order)
    )


def test_live_events_arrive_in_their_span_and_come_again_when_settled():
    plan = Plan(SEED, EVENTS, END, done=True)
    end = END + timedelta(hours=30)
    rows = next_events(ROOT / "data", plan, since=END, at=end, rate=1.0, zone=ZONE)
    new, settled = rows[rows["closed_at"].isna()], rows[rows["closed_at"].notna()]
    assert new["received_at"].between(END, end, inclusive="right").all()
    assert not new.duplicated(["source", "source_id"]).any()
    assert len(settled) > 50
    assert set(settled["source_id"]) <= set(new["source_id"])
    assert len(new) == pytest.approx(30 * 60, rel=0.35)


def test_without_a_rate_the_record_goes_on_at_its_own():
    plan = Plan(SEED, 300_000, END, done=True)
    rows = next_events(
        ROOT / "data", plan, since=END, at=END + timedelta(hours=24), rate=-1.0, zone=ZONE
    )
    assert 250 < rows["closed_at"].isna().sum() < 750  # 411 on an average day


def test_without_a_demo_city_nothing_is_simulated(sqlite_store, settings):
    assert simulate_tick(sqlite_store, settings, at=END, rate=5.0) == 0


def test_an_hour_is_made_once_however_often_the_simulator_ticks(made):
    plan = Plan(SEED, EVENTS, END, done=True)
    simulate._hour.cache_clear()
    made_anew = []
    for minutes in (5, 6, 7):
        at = END + timedelta(minutes=minutes)
        plan = replace(plan, live_until=at)
        next_events(ROOT / "data", plan, since=END, at=at, rate=1.0, zone=ZONE)
        made_anew.append(simulate._hour.cache_info().misses)
    assert made_anew[0] == made_anew[-1]


def test_the_loop_is_shown_beside_the_main_road(made):
    """Doubles, more time asked and decided, 督办, files before and after, what is planned."""
    with made.store.read() as session:
        table = board.cases(session, SYSTEM.scope, at=END, limit=10_000)
        assert (table["state"] == CaseState.MERGED).any()
        asked = casework.requests(session, SYSTEM.scope)
        assert {AskState.WAITING, AskState.GRANTED} <= set(asked["state"])
        assert len(casework.supervised(session, SYSTEM.scope)) > 0
        shown = [
            file.shown
            for id_ in table["id"]
            for file in evidence.files(session, int(id_), SYSTEM.scope)
        ]
        assert {Shown.BEFORE, Shown.AFTER} <= set(shown)
        kinds = {one.kind for one in suppressions.listed(session, SYSTEM.scope, at=END)}
        assert kinds == set(Mute)
