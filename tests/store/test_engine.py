"""Transactions, migrations and the journal on both databases."""

from contextlib import suppress
from datetime import UTC, datetime
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from govdash.core.errors import InputError, Unavailable
from govdash.store import Store, accounts, chain, counters, journal
from govdash.store.models import Base
from tests.conftest import NOW


def test_the_migrations_make_exactly_the_tables_of_the_models(store: Store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    present, newest = store.schema_version()
    assert present == newest is not None


def test_times_come_back_aware_and_in_utc(store: Store):
    with store.write() as session:
        journal.record(session, actor="a", did="d", subject="s", at=NOW)
    with store.read() as session:
        (line,) = journal.lines(session)
        assert line.at == NOW
        assert line.at.tzinfo is UTC


@pytest.mark.parametrize("verb", ["UPDATE journal SET actor='x'", "DELETE FROM journal"])
def test_the_database_itself_refuses_to_change_the_journal(store: Store, verb: str):
    with store.write() as session:
        journal.record(session, actor="a", did="d", subject="s", at=NOW)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text(verb))
    with store.read() as session:
        assert chain.first_broken(session) is None


def test_twelve_writers_at_once_lose_nothing_and_keep_the_chain(store: Store):
    def write(n: int) -> None:
        for k in range(5):
            with store.write() as session:
                counters.take(session, "things", 2)
                journal.record(
                    session, actor=f"w{n}", did="d", subject=f"s{k}", at=datetime.now(UTC)
                )

    threads = [Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as session:
        assert len(journal.lines(session)) == 60
        assert counters.last(session, "things") == 120
        assert chain.first_broken(session) is None


def test_what_the_database_cannot_hold_is_a_fault_of_what_was_typed(store: Store):
    """SQLite holds a NUL, PostgreSQL does not; neither ends in a fault of the program."""
    with suppress(InputError), store.read() as session:
        assert accounts.account(session, "a\0b") is None
    with suppress(InputError), store.write() as session:
        journal.record(session, actor="a", did="b", subject="c", at=NOW, note="x\0y")
    with store.write() as session:
        journal.record(session, actor="a", did="b", subject="c", at=NOW)


def test_a_database_that_does_not_answer_is_told_as_such():
    store = Store.open("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable, match="没有应答"):
        store.schema_version()
