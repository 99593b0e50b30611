"""No scope means no rows: every scoped reader of store and lake, found in the code, on a town."""

import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pytest
from sqlalchemy import select

import govdash.lake
import govdash.store
from govdash.access import SYSTEM
from govdash.core.errors import NotFound
from govdash.core.filters import EventFilter, EventQuery, Period, Scope
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import (
    Asked,
    Attempted,
    BriefKind,
    BriefState,
    Disposition,
    Handling,
    Mark,
    Mute,
    ReportKind,
    Shown,
)
from govdash.ingest import accept_frame
from govdash.lake import Lake
from govdash.store import Session, Store, areas, imports, inbox, notifications, persons
from govdash.store.caselogs import CaseLogs
from govdash.store.imports import Progress, Rejected
from govdash.store.models import (
    Alert,
    Brief,
    CallTask,
    Case,
    CaseFile,
    CaseMark,
    CaseReport,
    CaseRequest,
    Event,
    Feedback,
    Notification,
    QualityTask,
)
from govdash.store.underlying import Stretch
from govdash.sync import sync
from govdash.workflow import cases, rules, signals
from govdash.workflow.notify import muting
from tests.conftest import NOW
from tests.web import town

NOBODY = Scope(areas=())
WHOLE = Scope(areas=(), whole_city=True)
EAST, WEST = Scope(areas=(town.EAST,)), Scope(areas=(town.WEST,))
#: They return a condition or a lazy table, and are tested through the readers that use them.
PARTS = {"store.visible:visible", "lake.conditions:visible", "lake.conditions:matching"}


def modules() -> Iterator[ModuleType]:
    for package in (govdash.store, govdash.lake):
        for found in pkgutil.iter_modules(package.__path__):
            if not found.ispkg:
                yield importlib.import_module(f"{package.__name__}.{found.name}")


def scoped_readers() -> dict[str, Callable[..., Any]]:
    """Return the public functions of store and lake that take a `Scope` or an `EventQuery`."""
    return {
        f"{module.__name__.removeprefix('govdash.')}:{name}": function
        for module in modules()
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and {Scope, EventQuery} & set(inspect.get_annotations(function).values())
    }


READERS = {name: f for name, f in scoped_readers().items() if name not in PARTS}
each_reader = pytest.mark.parametrize("name", READERS)


@pytest.fixture(scope="module")
def lived(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[tuple[Store, Lake]]:
    """A town with a case in each district, a call back for each, reporters, somebody's import."""
    var = tmp_path_factory.mktemp("town")
    settings = Settings.from_environment(
        {"GOVDASH_VAR": str(var), "GOVDASH_CONTACT_KEY": "test-key"}
    )
    shutil.copy(migrated_sqlite, settings.var / "govdash.db")
    store, lake = Store.of(settings), Lake.open(settings)
    town.build(store, settings, NOW)
    with store.write() as session:
        few = pd.DataFrame(
            {
                "source_id": ["E1", "W1", "X1"],
                "reported_at": NOW - timedelta(hours=1),
                "category": town.GARBAGE,
                "lon": [0.5, 1.5, 9.0],  # the last in no area
                "lat": 0.5,
                "unit_code": "U1",
                "channel": "grid",
            }
        )
        accept_frame(
            session, few, source="town", settings=settings, at=NOW, areas=areas.frame(session)
        )
        everyone = session.execute(select(Event.event_id, Event.version)).all()
        persons.add(
            session,
            [{"event_id": id_, "version": n, "reporter_name": "张三丰"} for id_, n in everyone],
        )
    sync(store, lake)
    with store.write() as session:
        for alert in session.scalars(select(Alert).order_by(Alert.id).limit(2)).all():
            new = cases.suggest(session, alert, WHOLE)
            case = cases.open_from_alert(session, alert.id, new, actor=SYSTEM, at=NOW)
            case.event_id = session.scalar(
                select(Event.event_id)
                .where(Event.area_path == alert.area_path, Event.unit_code.is_not(None))
                .limit(1)
            )
            alert.disposition, alert.handling = Disposition.REAL_ACTED, Handling.CLOSED
            session.add(
                CaseMark(
                    case_id=case.id, kind=Mark.SUPERVISE, by="x", at=NOW, reason="", due_at=NOW
                )
            )
            session.add(
                CaseRequest(
                    case_id=case.id, kind=Asked.EXTENSION, reason="", asked_by="x", asked_at=NOW
                )
            )
            twin = cases.NewCase(title="又一次", category=case.category, area_path=case.area_path)
            cases.open_case(session, twin, actor=SYSTEM, at=NOW, leading=case.id)
            session.add(
                CaseFile(
                    case_id=case.id, shown=Shown.BEFORE, name="a.png", mime="image/png", size=1,
                    sha256="0" * 64, added_by="x", added_at=NOW,
                )
            )  # fmt: skip
            session.add(
                CaseReport(
                    case_id=case.id, seq=1, kind=ReportKind.FIRST, number=f"XB-{case.id}",
                    made_by="x", made_at=NOW, told={},
                )
            )  # fmt: skip
            session.add(
                QualityTask(
                    number=f"ZL-{alert.id}", alert_id=alert.id, source="town", said="",
                    category=alert.category, area_path=alert.area_path, opened_by="x",
                    opened_at=NOW, window_first=NOW.date(), window_last=NOW.date(),
                )
            )  # fmt: skip
            session.add(
                Brief(
                    number=f"BG-{case.id}", kind=BriefKind.DAY, area_path=case.area_path,
                    categories=[], first_day=NOW.date(), last_day=NOW.date(), as_of=NOW,
                    state=BriefState.DRAFT, document={}, written_by="x", written_at=NOW,
                )
            )  # fmt: skip
            session.add(CallTask(case_id=case.id, about_id=case.id, made_at=NOW, due_at=NOW))
            session.add(
                Feedback(
                    case_id=case.id,
                    solved=True,
                    satisfaction=5,
                    note="好",
                    called_by="system",
                    called_at=NOW,
                )
            )
        rule = next(r for r in rules.current(session) if r.code == "street-category")
        more = town.finding(town.QUAY, town.LAMP, 12, 4.0, NOW.date())
        signals.raise_alert(session, more, rule, at=NOW)  # one that is open
        for case in session.scalars(select(Case).where(Case.leading_id.is_(None))).all():
            also = town.finding(str(case.area_path), "A-09001", 12, 4.0, NOW.date())
            waits = signals.raise_alert(session, also, rule, at=NOW)  # put to that case
            new = cases.NewCase(title="再一次", category=also.category, area_path=case.area_path)
            cases.open_from_alert(session, waits.id, new, actor=SYSTEM, at=NOW, leading=case.id)
        for area in (town.QUAY, town.HILL):
            mute = muting.NewMute(
                kind=Mute.SILENCE, area_path=area, reason="施工",
                starts_at=NOW, ends_at=NOW + timedelta(days=1),
            )  # fmt: skip
            muting.add(session, mute, actor=SYSTEM, at=NOW)
        for case in session.scalars(select(Case)).all():
            told = {
                "key": f"case:{case.id}", "topic": "case.entered", "why": "请办理", "title": "案件",
                "body": "", "link": "/cases", "case_id": case.id, "area_path": case.area_path,
                "recipient": "duty", "target": "值班员", "channel": "inbox",
                "created_at": NOW, "due_at": NOW,
            }  # fmt: skip
            notifications.add(session, [told])
        for row in notifications.claim(session, "inbox", "w", at=NOW, seconds=60, limit=9):
            notifications.settle(session, row.id, "w", Attempted.SENT, at=NOW, detail="")
            inbox.put(
                session,
                {
                    "key": row.key, "login": "duty", "title": "案件", "body": "", "link": "/cases",
                    "level": None, "area_path": row.area_path, "unit_code": None, "at": NOW,
                },
            )  # fmt: skip
        run = imports.start(session, "a.csv", file_sha256="", profile="p", by="somebody", at=NOW)
        imports.progress(
            session,
            run,
            Progress(0, 1, 0, {"missing_id": 1}, {}),
            [Rejected(2, ("missing_id",), {"a": "1"})],
        )
    yield store, lake
    lake.close()
    store.close()


def call(name: str, session: Session, lake: Lake, scope: Scope, district: str) -> Any:
    """Call a reader about things of `district`, for somebody with `scope`."""
    function = READERS[name]
    alert = session.scalars(select(Alert).where(Alert.area_path.startswith(district))).first()
    case = session.scalars(select(Case).where(Case.area_path.startswith(district))).first()
    here = select(Event).where(Event.area_path.startswith(district), Event.unit_code.is_not(None))
    event = session.scalars(here.order_by(Event.event_id != (case and case.event_id))).first()
    notice = session.scalar(
        select(Notification.id).where(Notification.area_path.startswith(district))
    )
    assert alert is not None
    assert case is not None
    assert event is not None
    today = local_day(NOW, Period(NOW.date(), NOW.date()).zone)
    week = Period.last_days(30, until=today)
    known = {
        "session": session,
        "lake": lake,
        "scope": scope,
        "query": EventQuery(EventFilter(week), scope),
        "alert_id": alert.id,
        "ids": [alert.id],
        "brief_id": session.scalar(select(Brief.id).where(Brief.area_path.startswith(district))),
        "case_id": case.id,
        "case_ids": [case.id],
        "event_id": event.event_id,
        "keys": [(event.event_id, event.version)],
        "import_id": 1,
        "notification_id": notice,
        "login": "duty",
        "by": () if name.startswith("lake") else "nobody in particular",
        "under": Stretch(district, "*", since=NOW - timedelta(days=30), until=NOW),
        "at": NOW,
        "category": case.category,
        "number": case.number,
        "file_id": session.scalar(select(CaseFile.id).where(CaseFile.case_id == case.id)),
        "report_id": session.scalar(select(CaseReport.id).where(CaseReport.case_id == case.id)),
        "box": (-180.0, -90.0, 180.0, 90.0),
        "until": NOW + timedelta(days=1),
        "since": NOW - timedelta(days=30),
        "known_at": NOW,
        "limit": 10_000,
        "cell_px": 32.0,
        "zoom": 8.0,
    }
    wanted = required(function)
    assert wanted <= set(known), f"{name}: say in this test what to call it with"
    try:
        found = function(**{n: known[n] for n in wanted})
        return list(found) if isinstance(found, Iterator) else found
    except NotFound:
        return None


def required(function: Callable[..., Any]) -> set[str]:
    parameters = inspect.signature(function).parameters.items()
    return {n for n, p in parameters if p.default is inspect.Parameter.empty}


def n_rows(found: Any) -> int:
    """How many rows somebody was shown; a number of events counts as so many."""
    if found is None:
        return 0
    if isinstance(found, pd.DataFrame) and "n" in found:
        return int(found["n"].sum())
    if isinstance(found, pd.DataFrame):
        return len(found)
    if isinstance(found, int):
        return found
    if isinstance(found, CaseLogs):
        return len(found.inside)
    if isinstance(found, list) and all(isinstance(part, pa.RecordBatch) for part in found):
        return sum(part.num_rows for part in cast("list[pa.RecordBatch]", found))
    return len(found) if isinstance(found, list | tuple | dict) else 1


def test_there_are_readers_to_test():
    assert {"store.alerts:listed", "store.cases:steps", "lake.queries:rows"} <= set(READERS)


@each_reader
def test_a_reader_cannot_be_called_without_saying_for_whom(name: str):
    parameters = inspect.signature(READERS[name]).parameters
    said = [parameters[n] for n in ("scope", "query") if n in parameters]
    assert [p.default for p in said] == [inspect.Parameter.empty]


@each_reader
def test_an_empty_scope_shows_nothing_and_the_whole_city_something(
    name: str, lived: tuple[Store, Lake]
):
    store, lake = lived
    with store.read() as session:
        assert n_rows(call(name, session, lake, NOBODY, town.EAST)) == 0
        assert n_rows(call(name, session, lake, WHOLE, town.EAST)) > 0


#: Parameters that name one thing.
NUMBERED = {
    "file_id",
    "report_id",
    "number",
    "alert_id",
    "notification_id",
    "case_id",
    "case_ids",
    "event_id",
    "keys",
    "under",
}


@each_reader
def test_a_district_sees_its_own_and_nothing_of_its_neighbour(name: str, lived: tuple[Store, Lake]):
    """Asked for by number, what lies in the other district is not there."""
    store, lake = lived
    with store.read() as session:
        mine = call(name, session, lake, EAST, town.EAST)
        theirs = call(name, session, lake, EAST, town.WEST)
        if name in NEEDS_WHOLE_CITY:
            assert n_rows(mine) == 0
        else:
            assert n_rows(mine) > 0
        if NUMBERED & required(READERS[name]):
            assert n_rows(theirs) == 0
        if isinstance(theirs, pd.DataFrame) and "area_path" in theirs:
            assert {str(path).startswith(town.EAST) for path in theirs["area_path"]} <= {True}


#: What lies in no area, and what somebody else brought in, is for who sees the whole city.
NEEDS_WHOLE_CITY = {
    "store.events:unplaced",
    "store.imports:get",
    "store.imports:runs",
    "store.imports:rejected_rows",
}


@each_reader
def test_two_districts_together_see_no_more_than_the_city(name: str, lived: tuple[Store, Lake]):
    store, lake = lived
    with store.read() as session:
        east, west, whole = (
            n_rows(call(name, session, lake, scope, town.EAST)) for scope in (EAST, WEST, WHOLE)
        )
        assert east + west <= whole


def test_who_began_an_import_sees_it_and_nobody_else_of_a_district_does(
    lived: tuple[Store, Lake],
):
    store, _ = lived
    with store.read() as session:
        assert [run.file_name for run in imports.runs(session, EAST, by="somebody")] == ["a.csv"]
        assert len(imports.rejected_rows(session, 1, EAST, by="somebody")) == 1
        assert imports.runs(session, NOBODY, by="somebody") == []
