"""What the events under an alert have in common."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from govdash.access import SYSTEM
from govdash.store import Store, underlying
from govdash.store.events import accept
from govdash.store.underlying import Stretch
from tests.conftest import NOW
from tests.lake.events import canonical, unguarded

DAY = timedelta(days=1)


def put(store: Store, *categories: str) -> None:
    rows = [
        {"source_id": str(n), "reported_at": NOW, "category": key, "channel": "hotline"}
        for n, key in enumerate(categories)
    ]
    with store.write() as session:
        accept(session, canonical(*rows), import_id=None, at=NOW)


def usual(store: Store, category: str) -> str | None:
    with store.read() as session:
        under = Stretch(None, category, since=NOW - DAY, until=NOW + DAY)
        return underlying.usual_category(session, under, SYSTEM.scope)


def test_the_usual_category_is_the_most_frequent_one_of_a_major_of_all_or_of_a_channel(
    store: Store,
):
    put(store, "A-06001", "A-06010", "A-06010", "A-07001", "A-07001", "A-07001")
    assert usual(store, "A-06") == "A-06010"
    assert usual(store, "A-06001") == "A-06001"
    assert usual(store, "*") == usual(store, "@hotline") == "A-07001"
    assert usual(store, "A-08") is None


@pytest.mark.postgres
def test_a_major_holds_its_categories_whatever_language_the_database_sorts_by(
    postgres_store: Store,
):
    """By English rules punctuation hardly counts: "A-06001" is not between "A-06" and "A-06~"."""
    with postgres_store.write() as session:
        unguarded(session)
        session.execute(
            text('ALTER TABLE events ALTER category TYPE varchar(16) COLLATE "en-US-x-icu"')
        )
    put(postgres_store, "A-06010", "A-06010", "A-06001")
    assert usual(postgres_store, "A-06") == "A-06010"
