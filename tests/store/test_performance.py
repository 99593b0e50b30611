"""The lives of cases as the figures need them."""

from datetime import UTC, datetime, timedelta

from govdash.core.filters import Scope
from govdash.core.vocab import CaseState
from govdash.store import Store, performance
from govdash.store.models import Case, Feedback

NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
WHOLE = Scope(areas=(), whole_city=True)
SINCE = NOW - timedelta(days=30)


def add(store: Store, number: str, path: str | None, state: CaseState, closed: int | None) -> int:
    """Add a case that was opened 90 days ago and closed `closed` days ago."""
    with store.write() as session:
        case = Case(
            number=number,
            title=number,
            category="A-06001",
            area_path=path,
            state=state,
            opened_at=NOW - timedelta(days=90),
            due_at=None if number == "held" else NOW,
            closed_at=None if closed is None else NOW - timedelta(days=closed),
        )
        session.add(case)
        session.flush()
        return case.id


def city(store: Store) -> dict[str, int]:
    return {
        "open": add(store, "open", "/1/2/", CaseState.IN_PROGRESS, None),
        "held": add(store, "held", "/1/20/", CaseState.ON_HOLD, None),
        "nowhere": add(store, "nowhere", None, CaseState.RECEIVED, None),
        "recent": add(store, "recent", "/1/2/3/", CaseState.CLOSED, 10),
        "old": add(store, "old", "/1/2/", CaseState.CLOSED, 31),
        "refused": add(store, "refused", "/1/2/", CaseState.REJECTED, None),
    }


def test_open_cases_and_those_closed_lately_are_told_withdrawn_ones_are_not(store: Store):
    city(store)
    with store.read() as session:
        told = performance.lifelines(session, WHOLE, since=SINCE)
    assert sorted(told["number"]) == ["held", "nowhere", "open", "recent"]
    assert str(told["opened_at"].dt.tz) == "UTC"
    assert told.set_index("number")["due_at"].isna().to_dict()["held"]
    assert set(told["state"]) == {"in_progress", "on_hold", "received", "closed"}


def test_of_a_time_that_is_over_only_what_was_closed_in_it_is_told(store: Store):
    city(store)
    with store.read() as session:
        told = performance.lifelines(session, WHOLE, since=SINCE, until=NOW)
        earlier = performance.lifelines(
            session, WHOLE, since=SINCE - timedelta(days=365), until=SINCE
        )
    assert told["number"].tolist() == ["recent"]
    assert "recent" not in earlier["number"].tolist()
    assert earlier["closed_at"].notna().all()


def test_scope_and_area_hold_whole_paths(store: Store):
    city(store)
    with store.read() as session:
        mine = performance.lifelines(session, Scope(areas=("/1/2/",)), since=SINCE)
        chosen = performance.lifelines(session, WHOLE, areas=["/1/20/"], since=SINCE)
        nobody = performance.lifelines(session, Scope(areas=()), since=SINCE)
    assert sorted(mine["number"]) == ["open", "recent"]
    assert chosen["number"].tolist() == ["held"]
    assert nobody.empty


def test_the_last_answer_of_a_citizen_counts(store: Store):
    recent = city(store)["recent"]
    with store.write() as session:
        session.add_all(
            Feedback(
                case_id=recent,
                solved=said > 3,
                satisfaction=said,
                called_by="x",
                called_at=NOW - timedelta(days=days),
            )
            for days, said in ((5, 2), (1, 5), (40, 1))
        )
    with store.read() as session:
        told = performance.said(session, WHOLE, since=SINCE)
        other = performance.said(session, WHOLE, areas=["/1/20/"], since=SINCE)
        then = performance.said(session, WHOLE, since=SINCE, until=NOW - timedelta(days=2))
    assert told["satisfaction"].tolist() == [5]
    assert then["satisfaction"].tolist() == [2]
    assert other.empty
