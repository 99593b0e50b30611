"""A city with people, on SQLite or on both databases, and a clock that the test moves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from govdash.store import Store
from tests.notify.people import people
from tests.workflow.conftest import finding

__all__ = ["finding"]  # pytest finds the fixture here


@dataclass
class VirtualClock:
    """Tells the time that the test says."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock(now: datetime) -> VirtualClock:
    return VirtualClock(now)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store:
    """SQLite; a test marked `ON_BOTH` runs on PostgreSQL too."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_store")


@pytest.fixture
def peopled(store: Store, now: datetime) -> Store:
    return people(store, now)
