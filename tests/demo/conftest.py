"""One demo city for all tests here; it is the same for the same seed, and nothing changes it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from govdash.core.settings import ROOT
from govdash.demo.record import Record, make_record
from govdash.demo.world import World, make_world

SEED = 11
ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)  # a Wednesday, 10:30 in Shanghai
EVENTS = 5_000


@pytest.fixture(scope="session")
def world() -> World:
    return make_world(ROOT / "data", SEED)


@pytest.fixture(scope="session")
def record(world: World) -> Record:
    return make_record(world, events=EVENTS, at=END, zone=ZONE)
