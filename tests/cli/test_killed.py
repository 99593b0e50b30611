"""kill -9 in the middle of an import, a sync and a tick; started again, the counts add up."""

import csv
import json
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest

from govdash.access import SYSTEM, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.vocab import Handling
from govdash.lake import Lake, queries
from govdash.store import Store, counters
from govdash.store.tally import tally
from tests.cli.command import run, start
from tests.conftest import NOW

ROWS = 30_000
DAYS = 200
COLUMNS = ["source", "source_id", "reported_at", "category", "text", "channel", "lon", "lat"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of events over `DAYS` days; on the last one, water pipes burst everywhere."""
    path = tmp_path / "events.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(ROWS):
            at = NOW - timedelta(days=1 + n % DAYS, hours=n % 7)
            burst = n % DAYS == 0 and n % 3 != 0
            key = "A-06001" if burst else ("A-06002", "A-06003", "A-07001")[n % 3]
            writer.writerow(
                ["test", f"K{n}", at.isoformat(), key, f"第 {n} 件", "hotline", 10.5, 10.5]
            )
    return path


@pytest.fixture
def outline(tmp_path: Path) -> Path:
    """One district, a square around all events."""
    ring = [[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    district = {"type": "Feature", "properties": {"name": "试验区"}, "geometry": shape}
    path = tmp_path / "district.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [district]}))
    return path


def kill_after(seconds: float, *words: str, settings: Settings) -> int:
    """Start a command and kill it after a while; return its exit code."""
    process = start(*words, settings=settings)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait()


def in_store(settings: Settings) -> int:
    store = Store.open(settings.database_url)
    with store.read() as session:
        n = counters.last(session, counters.CHANGE_SEQ)
    store.close()
    return n


def in_lake(settings: Settings) -> int:
    lake = Lake.open(settings)
    whole = Period((NOW - timedelta(days=DAYS + 9)).date(), NOW.date())
    n = queries.total(lake, query_for(SYSTEM, EventFilter(whole)))
    lake.close()
    return n


def test_killed_anywhere_and_started_again_everything_is_there_once(
    settings: Settings, table: Path, outline: Path
):
    assert run("init", settings=settings).returncode == 0
    words = ("--datum", "wgs84", "--level", "district", "--city-name", "试验市")
    placed = run("import-areas", str(outline), *words, settings=settings)
    assert placed.returncode == 0, placed.stderr

    importing = start("import", str(table), "--profile", "canonical", settings=settings)
    end = time.monotonic() + 120
    while in_store(settings) < ROWS // 10:
        assert importing.poll() is None, "the import was too quick to be killed"
        assert time.monotonic() < end
        time.sleep(0.05)
    importing.send_signal(signal.SIGKILL)
    importing.wait()
    taken = in_store(settings)
    assert 0 < taken < ROWS
    told = json.loads(
        run("import", str(table), "--profile", "canonical", "--json", settings=settings).stdout
    )
    assert told["read"] == ROWS == told["accepted"] + told["rejected"] + told["duplicate"]
    assert (told["rejected"], told["duplicate"]) == (0, taken)
    assert in_store(settings) == ROWS

    for seconds in (0.5, 1.0, 1.5, 2.0, 3.0):
        kill_after(seconds, "lake", "sync", settings=settings)
        assert in_lake(settings) in {0, ROWS}, "a reader saw half a sync"
    assert run("lake", "sync", settings=settings).returncode == 0
    assert in_lake(settings) == ROWS

    for seconds in (1.0, 2.0, 3.0, 4.0):
        kill_after(seconds, "detect", "run", "--at", NOW.isoformat(), settings=settings)
    run("detect", "run", "--at", NOW.isoformat(), settings=settings)
    raised = open_alerts(settings)
    assert raised > 0
    assert run("detect", "run", "--at", NOW.isoformat(), settings=settings).returncode == 0
    assert open_alerts(settings) == raised

    doctor = run("doctor", settings=settings)
    assert doctor.returncode == 0, doctor.stdout


def open_alerts(settings: Settings) -> int:
    store = Store.open(settings.database_url)
    with store.read() as session:
        counted = tally(session, at=NOW).alerts
    store.close()
    return sum(n for (handling, _), n in counted.items() if handling is Handling.NEW)
