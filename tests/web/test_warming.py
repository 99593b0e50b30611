"""The server reads ahead at its start, so that the first visitor doesn't wait for it."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store
from govdash.web import warming
from tests.web import town


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """What a test freezes is given back to the collector."""
    yield
    gc.unfreeze()


def test_after_the_warm_up_the_tallies_of_the_whole_city_ask_the_lake_nothing(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    town.build(sqlite_store, settings, datetime.now(UTC))
    warming.warm(settings)
    asked: list[object] = []
    answer = Lake.table

    def counted(lake: Lake, *words: object, **named: object) -> object:
        asked.append(words)
        return answer(lake, *words, **named)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(Lake, "table", counted)
    warming.warm(settings)
    assert asked == []


def test_without_a_database_there_is_nothing_to_read_ahead_and_no_fault(settings: Settings):
    warming.warm(settings)
    assert gc.get_freeze_count() > 0
