"""Reading the store by change number."""

from datetime import timedelta

import pandas as pd
from sqlalchemy import text

from govdash.store import Store, changes
from tests.lake.events import RECORDED, canonical, many, put


def read(store: Store, seq: int, limit: int = 100) -> pd.DataFrame:
    with store.read() as session:
        return changes.changes_since(session, seq, limit=limit)


def test_changes_come_in_their_order_once_and_in_portions(store: Store):
    put(store, many(25))
    found = [read(store, seq, 10)["change_seq"].tolist() for seq in (0, 10, 20, 25)]
    assert found == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26)), []]


def test_a_superseded_version_shows_up_again_under_a_new_number_before_its_successor(
    store: Store,
):
    row = {"source_id": "1", "reported_at": "2026-05-01"}
    put(store, canonical(row))
    later = RECORDED + timedelta(hours=1)
    put(store, canonical(row | {"title": "更正"}), at=later)
    found = read(store, 1)
    assert found[["change_seq", "version"]].to_numpy().tolist() == [[2, 1], [3, 2]]
    assert found["superseded_at"].tolist() == [pd.Timestamp(later), pd.NaT]


def test_columns_have_the_same_types_whether_there_are_changes_or_not(store: Store):
    empty = read(store, 0)
    put(store, many(30).assign(unit_code=pd.Series([None] * 30, dtype="str")))
    assert list(empty.columns) == list(changes.COLUMNS)
    pd.testing.assert_series_equal(read(store, 0).dtypes, empty.dtypes)
    assert str(empty["reported_at"].dtype) == "datetime64[us, UTC]"


def test_reading_on_from_a_number_uses_the_index(store: Store):
    put(store, many(300))
    asked = "SELECT * FROM events WHERE change_seq > 290 ORDER BY change_seq LIMIT 10"
    with store.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            for way in ("seqscan", "bitmapscan"):  # cheaper only while the table is small
                session.execute(text(f"SET LOCAL enable_{way} = off"))
            plan = str(session.execute(text(f"EXPLAIN {asked}")).all())
            assert "Index Scan" in plan
        else:
            plan = str(session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all())
            assert "USING INDEX" in plan
        assert "sort" not in plan.lower()
        assert "temp b-tree" not in plan.lower()
