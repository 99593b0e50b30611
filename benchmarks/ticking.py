"""How much a tick costs that remembers, against one that counts and learns everything anew.

Run ``python benchmarks/ticking.py [--events 300000]`` (about 4 minutes with building the demo
city, ``--var FOLDER`` measures one that exists and leaves it as it was but for its ticks). Read the
ratio: both are measured in the same process, over the same store and lake.
"""

import argparse
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from govdash import sync
from govdash.core.settings import Settings
from govdash.demo.build import build
from govdash.lake import Lake
from govdash.store import Store
from govdash.workflow.memory import Memory
from govdash.workflow.tick import run_tick

REPEATS = 3


def measured(store: Store, lake: Lake, settings: Settings, at: datetime) -> tuple[float, float]:
    """Return wall and CPU seconds of one tick."""
    wall, cpu = time.perf_counter(), time.process_time()
    run_tick(store, lake, settings, at=at)
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(settings: Settings) -> None:
    """Print each kind of tick, the fastest of `REPEATS`, and what it is of a full one."""
    store, lake = Store.of(settings), Lake.open(settings)
    sync.sync(store, lake)
    memory, at = Memory.of(settings), datetime.now(UTC)
    found: dict[str, list[tuple[float, float]]] = {"full": [], "same day": [], "next day": []}
    measured(store, lake, settings, at - timedelta(days=1))  # loads libraries, compiled code
    for _ in range(REPEATS):
        shutil.rmtree(memory.root, ignore_errors=True)
        measured(store, lake, settings, at - timedelta(days=1))
        found["next day"].append(measured(store, lake, settings, at))
        found["same day"].append(measured(store, lake, settings, at))
        shutil.rmtree(memory.root)
        found["full"].append(measured(store, lake, settings, at))
    size = sum(path.stat().st_size for path in memory.root.rglob("*") if path.is_file())
    full = min(cpu for _, cpu in found["full"])
    print("| tick | wall s | CPU s | full : this, CPU |")
    print("|---|---|---|---|")
    for name, each in found.items():
        wall, cpu = min(w for w, _ in each), min(c for _, c in each)
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {full / cpu:.1f} |")
    print(f"\n{size / 1e6:.1f} MB remembered")
    lake.close()
    store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--var", type=Path, help="folder of a demo city that exists")
    given = parser.parse_args()
    if given.var:
        compare(Settings.from_environment({"GOVDASH_VAR": str(given.var)}))
    else:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings.from_environment({"GOVDASH_VAR": folder})
            store, lake = Store.of(settings), Lake.open(settings)
            store.migrate()
            build(store, lake, settings, events=given.events, seed=7, at=datetime.now(UTC))
            compare(settings)
