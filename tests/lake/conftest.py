"""A lake of its own for each test, and one that many tests only read."""

from collections.abc import Iterator

import pytest

from govdash.core.settings import Settings
from govdash.lake import Lake


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    lake = Lake.open(settings)
    yield lake
    lake.close()
