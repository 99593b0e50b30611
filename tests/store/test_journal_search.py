"""Journal lines are found newest first, page by page, and no search reads the whole table."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from govdash.core.origin import Origin
from govdash.core.vocab import Result
from govdash.store import Store, journal, journal_search
from govdash.store.journal_search import Search
from tests.conftest import NOW

MANY = 60_000
SEARCHES = {
    "all": Search(),
    "time": Search(since=NOW, until=NOW + timedelta(hours=1)),
    "person": Search(actor="user7"),
    "action": Search(did="did3"),
    "result": Search(result=Result.REFUSED),
    "object": Search(subject="case:123"),
    "request": Search(request_id="request-77"),
    "person in a week": Search(actor="user7", since=NOW, until=NOW + timedelta(days=7)),
}


def fill(store: Store) -> None:
    """Write `MANY` lines as a bulk load would; their hashes are not those of a chain."""
    sqlite = store.engine.dialect.name == "sqlite"
    numbers = (
        f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {MANY})"
        if sqlite
        else f"WITH s AS (SELECT n FROM generate_series(1, {MANY}) AS g(n))"
    )
    moment = (
        "strftime('%Y-%m-%d %H:%M:%S', '2026-06-10 02:30:00', '+' || n || ' minutes') || '.000000'"
        if sqlite
        else "timestamptz '2026-06-10 02:30:00Z' + n * interval '1 minute'"
    )
    columns = (
        "id, at, actor, did, subject, result, detail, note, address, via, request_id,"
        " hash_version, prev_hash, hash, seal"
    )
    values = (
        f"n, {moment}, 'user' || n % 50, 'did' || n % 40, 'case:' || n, CASE n % 100 WHEN 0 THEN"
        " 'refused' ELSE 'done' END, '{}', '', '', '', 'request-' || n, 2, 'p' || n, 'h' || n, ''"
    )
    with store.write() as session:
        chosen = f"{numbers} SELECT {values} FROM s"
        if sqlite:
            session.execute(text(f"INSERT INTO journal ({columns}) {chosen}"))
        else:
            session.execute(
                text(f"{numbers} INSERT INTO journal ({columns}) SELECT {values} FROM s")
            )
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def plans(store: Store, wanted: Search) -> str:
    """Return what the database does for the first, an older, and a newer page."""
    asked: list[tuple[str, object]] = []
    with store.read() as session:
        event.listen(session.get_bind(), "before_cursor_execute", keep := _keeper(asked))
        for place in ({}, {"before": MANY // 2}, {"after": MANY // 2}):
            journal_search.find(session, wanted, **place)
        event.remove(session.get_bind(), "before_cursor_execute", keep)
        explain = "EXPLAIN QUERY PLAN " if store.engine.dialect.name == "sqlite" else "EXPLAIN "
        connection = session.connection()
        rows = [
            row
            for statement, values in asked
            for row in connection.exec_driver_sql(explain + statement, values).all()
        ]
    return "\n".join(str(row[-1]) for row in rows)


def _keeper(asked: list):
    def keep(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    return keep


def test_no_search_reads_the_whole_table_or_sorts_it(store: Store):
    fill(store)
    for name, wanted in SEARCHES.items():
        told = plans(store, wanted)
        assert "ix_journal_" in told, (name, told)
        assert not re.search(r"Seq Scan|SCAN journal(?! USING INDEX)|TEMP B-TREE", told), told
        assert not re.search(r"\bSort\b", told), (name, told)
    beginning = plans(store, Search(subject="case:5999*"))
    assert "ix_journal_subject_at_id" in beginning, beginning


@pytest.fixture
def written(store: Store) -> Store:
    """Ten lines of two people, two of them at the same moment."""
    for n in range(10):
        with store.write(origin=Origin("10.0.0.1", f"request-{n:04}", "page")) as session:
            journal.record(
                session,
                actor=f"user{n % 2}",
                did="case.close" if n % 3 else "export",
                subject=f"case:{n}",
                at=NOW + timedelta(minutes=min(n, 8)),
                result=Result.REFUSED if n == 4 else Result.DONE,
            )
    return store


def ids(store: Store, wanted: Search, **named) -> tuple[list[int], bool, bool]:
    with store.read() as session:
        found = journal_search.find(session, wanted, **named)
        return [line.id for line in found.lines], found.newer, found.older


def test_pages_follow_one_another_down_and_up_again(written: Store):
    everything = Search()
    assert ids(written, everything, limit=4) == ([10, 9, 8, 7], False, True)
    assert ids(written, everything, limit=4, before=7) == ([6, 5, 4, 3], True, True)
    assert ids(written, everything, limit=4, before=3) == ([2, 1], True, False)
    assert ids(written, everything, limit=4, after=2) == ([6, 5, 4, 3], True, True)
    assert ids(written, everything, limit=4, after=6) == ([10, 9, 8, 7], False, True)
    assert ids(written, everything, limit=4, before=9999) == ([10, 9, 8, 7], False, True)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Search(actor="user1"), [10, 8, 6, 4, 2]),
        (Search(did="export"), [10, 7, 4, 1]),
        (Search(result=Result.REFUSED), [5]),
        (Search(subject="case:1"), [2]),
        (Search(subject="case:*"), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Search(subject="case:%*"), []),
        (Search(request_id="request-0003"), [4]),
        (Search(since=NOW + timedelta(minutes=2), until=NOW + timedelta(minutes=4)), [4, 3]),
        (Search(actor="user0", did="export"), [7, 1]),
    ],
)
def test_a_search_finds_what_was_asked_for(written: Store, wanted: Search, expected: list[int]):
    assert ids(written, wanted)[0] == expected
    with written.read() as session:
        assert journal_search.count(session, wanted) == len(expected)
