"""One filled lake that many tests only read, beside the frame that it was made from."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pytest

from govdash import sync
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store
from tests.lake.events import many, put


@dataclass(frozen=True)
class City:
    """A lake and, for reference, its current events as one plain frame."""

    lake: Lake
    events: pd.DataFrame


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """3 000 events over 160 days, written in many segments."""
    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path_factory.mktemp("city"))})
    store, lake = Store.open(settings.database_url), Lake.open(settings)
    store.migrate()
    events = many(3_000)
    for first in (0, 1_000, 2_000):
        put(store, events.iloc[first : first + 1_000])
        sync.sync(store, lake)
    yield City(lake, events)
    lake.close()
    store.close()


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    """Return an empty lake."""
    lake = Lake.open(settings)
    yield lake
    lake.close()
