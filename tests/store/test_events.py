"""Events: versions, duplicates, the change sequence, who may see them."""

import time
from datetime import timedelta
from threading import Thread

import pandas as pd
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from govdash.core.errors import InputError, NotFound
from govdash.core.filters import Scope
from govdash.store import Store, counters, events, persons
from govdash.store.event_rows import event_id
from govdash.store.events import Accepted, Rehearsal, accept
from govdash.store.models import Event, EventPerson
from govdash.store.vault import vault_of
from tests.conftest import NOW

CITY = Scope(areas=(), whole_city=True)


def rows(*changes: dict) -> pd.DataFrame:
    """Canonical rows: the same event unless `changes` says otherwise."""
    base = {
        "source": "hotline",
        "source_id": "1",
        "occurred_at": NOW,
        "reported_at": NOW,
        "received_at": NOW,
        "closed_at": pd.NaT,
        "kind": "affair",
        "category": "A-06010",
        "area_path": "/1/2/",
        "lon": 121.5,
        "lat": 31.2,
        "address": "某路1号",
        "title": "垃圾",
        "text": "有垃圾",
        "channel": "hotline",
        "facet": "affair",
        "asset_code": None,
        "unit_code": None,
        "urgency": "normal",
        "sentiment": None,
        "status_hint": "",
        "reporter_key": None,
    }
    frame = pd.DataFrame([base | change for change in changes])
    for name in ("occurred_at", "reported_at", "received_at", "closed_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def take(store: Store, *changes: dict, at=NOW) -> Accepted:
    with store.write() as session:
        return accept(session, rows(*changes), import_id=None, at=at)


def test_a_row_equal_to_any_stored_version_is_a_duplicate_else_a_new_version(store: Store):
    later = NOW + timedelta(hours=1)
    assert take(store, {}) == Accepted(1, 0, 0)
    assert take(store, {}) == Accepted(0, 0, 1)
    assert take(store, {"text": "很多垃圾"}, at=later) == Accepted(0, 1, 0)
    assert take(store, {}, at=later) == Accepted(0, 0, 1)  # equal to the first version
    with store.read() as session:
        first, second = events.versions(session, event_id("hotline", "1"), CITY)
        assert (first.text, first.recorded_at, first.superseded_at) == ("有垃圾", NOW, later)
        assert (second.text, second.version, second.superseded_at) == ("很多垃圾", 2, None)
        assert events.get_event(session, first.event_id, CITY).version == 2


def test_the_same_event_twice_in_one_call_is_taken_in_order(store: Store):
    told = take(store, {"text": "一"}, {"text": "二"}, {"text": "一"}, {"source_id": "2"})
    assert told == Accepted(2, 1, 1)
    with store.read() as session:
        first, second = events.versions(session, event_id("hotline", "1"), CITY)
        assert (first.text, first.superseded_at) == ("一", NOW)
        assert (second.text, second.superseded_at) == ("二", None)


def test_a_superseded_version_gets_a_new_change_number_so_a_reader_sees_it_end(store: Store):
    take(store, {}, {"source_id": "2"})
    with store.read() as session:
        seen = counters.last(session, counters.CHANGE_SEQ)
    take(store, {"text": "改"})
    with store.read() as session:
        changed = session.scalars(
            select(Event).where(Event.change_seq > seen).order_by(Event.change_seq)
        ).all()
        assert [(e.source_id, e.version, e.superseded_at is None) for e in changed] == [
            ("1", 1, False),
            ("1", 2, True),
        ]
        numbers = session.scalars(select(Event.change_seq)).all()
        assert max(numbers) == counters.last(session, counters.CHANGE_SEQ)


def test_when_and_by_whom_it_came_makes_no_new_version(store: Store):
    take(store, {})
    again = {"received_at": NOW + timedelta(days=1)}
    assert take(store, again) == Accepted(0, 0, 1)
    noise = {"lon": 121.5 + 1e-9, "reported_at": NOW + timedelta(milliseconds=3)}
    assert take(store, noise) == Accepted(0, 0, 1)


def test_a_row_without_reporter_equals_the_stored_one_but_another_reporter_does_not(store: Store):
    take(store, {"reporter_key": "a" * 32})
    assert take(store, {"reporter_key": None}) == Accepted(0, 0, 1)  # our own export, read back
    assert take(store, {"reporter_key": "b" * 32}) == Accepted(0, 1, 0)


def test_person_data_lies_in_its_own_table_with_its_version(store: Store):
    frame = rows({}, {"source_id": "2"}).assign(
        reporter_name=["张三", ""], reporter_contact=["13812345678", ""], raw_text=["原文", ""]
    )
    with store.write() as session:
        accept(session, frame, import_id=None, at=NOW)
    with store.read() as session:
        (person,) = session.scalars(select(EventPerson)).all()
        assert (person.event_id, person.version) == (event_id("hotline", "1"), 1)
        assert "张三".encode() not in (person.reporter_name or b"")
        told = persons.opened(vault_of(session), person)
        assert (told.reporter_name, told.raw_text, told.raw_title) == ("张三", "原文", "")


@pytest.mark.parametrize(
    "tampering",
    ["UPDATE events SET title = '改'", "UPDATE events SET lon = lon", "DELETE FROM events"],
)
def test_the_database_itself_keeps_events_as_they_came(store: Store, tampering: str):
    take(store, {})
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text(tampering))
    assert take(store, {"title": "更正"}) == Accepted(n_corrected=1)


def test_two_callers_at_once_lose_and_double_nothing(store: Store):
    n = 300
    told: list[Accepted] = []

    def work(turn: int) -> None:
        for first in range(0, n, 50):
            ids = [str(i) for i in range(first, first + 50)]
            told.append(
                take(
                    store,
                    *({"source_id": i, "text": "共同"} for i in ids),
                    {"source_id": f"x{turn}-{first}"},
                )
            )

    threads = [Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(told, Accepted())
    assert total == Accepted(n + 24, 0, 3 * n)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == n + 24
        assert counters.last(session, counters.CHANGE_SEQ) == n + 24


def test_an_event_outside_the_scope_does_not_exist_for_the_viewer(store: Store):
    take(store, {}, {"source_id": "2", "area_path": None}, {"source_id": "3", "unit_code": "U1"})
    one, unplaced, units = (event_id("hotline", n) for n in "123")
    with store.read() as session:
        assert events.get_event(session, one, Scope(areas=("/1/",))).source_id == "1"
        for id_, scope in [
            (one, Scope(areas=("/1/20/",))),
            (unplaced, Scope(areas=("/1/",))),
            ("nothing", CITY),
            (one, Scope(areas=())),
        ]:
            with pytest.raises(NotFound):
                events.get_event(session, id_, scope)
        assert events.get_event(session, units, Scope(areas=(), units=("U1",))).source_id == "3"


def test_a_rehearsal_counts_the_same_and_writes_nothing(store: Store):
    take(store, {})
    frame = rows({}, {"text": "二"}, {"text": "二"}, {"source_id": "9"}, {"source_id": "9"})
    rehearsal = Rehearsal()
    with store.read() as session:
        told = rehearsal.accept(session, frame) + rehearsal.accept(session, frame)
        assert session.scalar(select(func.count()).select_from(Event)) == 1
    with store.write() as session:
        real = accept(session, frame, import_id=None, at=NOW)
        real += accept(session, frame, import_id=None, at=NOW)
    assert told == real == Accepted(1, 1, 8)


def test_times_without_a_zone_and_missing_columns_are_refused(sqlite_store: Store):
    naive = rows({})
    naive["reported_at"] = naive["reported_at"].dt.tz_localize(None)
    with sqlite_store.write() as session:
        with pytest.raises(InputError, match="reported_at 没有时区"):
            accept(session, naive, import_id=None, at=NOW)
        with pytest.raises(InputError, match="缺少列：text"):
            accept(session, rows({}).drop(columns="text"), import_id=None, at=NOW)


def test_twenty_thousand_rows_take_a_few_seconds_of_work(sqlite_store: Store):
    n = 20_000
    frame = rows(*[{}] * n).assign(source_id=[str(i) for i in range(n)])
    begin = time.process_time()
    with sqlite_store.write() as session:
        assert accept(session, frame, import_id=None, at=NOW).n_new == n
    assert time.process_time() - begin < 6  # usual: 1.5 s; room for a slow machine
