"""A town that has lived for ten weeks until a day before NOW, with its lake."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store
from tests.conftest import NOW
from tests.web import town


@pytest.fixture
def lived(store: Store, settings: Settings) -> Iterator[tuple[Store, Lake]]:
    """On SQLite and on PostgreSQL."""
    town.build(store, settings, NOW - timedelta(days=1))
    lake = Lake.open(settings)
    yield store, lake
    lake.close()
