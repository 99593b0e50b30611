"""A writer killed with SIGKILL loses and doubles nothing, whatever it was doing.

A server process imports everything once and forks a writer for each line that it reads. The writer
counts its calls to the operating system (fsync, rename, unlink, and the writing of a Parquet file,
which is then cut in half) and kills itself at the one it is told, or is killed after a while.
"""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from govdash import sync
from govdash.core.settings import ROOT, Settings
from govdash.lake import Lake, queries
from govdash.store import Store
from tests.lake.events import RECORDED, asking, many, put

WIDE = asking("2020-01-01", "2030-12-31")
SERVER = """
import os, pathlib, signal, sys, time
import pyarrow.parquet as pq
from govdash import sync
from govdash.core.settings import Settings
from govdash.lake import Lake, writer
from govdash.store import Store

writer.GRACE_SECONDS = -1.0  # so that files are deleted, too
count = 0

def dying(fatal, call, spoil=lambda *a: None):
    def counted(*arguments, **named):
        global count
        count += 1
        if count == fatal:
            spoil(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return counted

def half(table, path, **_named):
    path.write_bytes(b"PAR1" + b"half a segment" * 10)

def write(what, fatal):
    settings = Settings.from_environment()
    store, lake = Store.open(settings.database_url), Lake.open(settings)
    os.fsync = dying(fatal, os.fsync)
    os.utime = dying(fatal, os.utime)
    pathlib.Path.replace = dying(fatal, pathlib.Path.replace)
    pathlib.Path.unlink = dying(fatal, pathlib.Path.unlink)
    pq.write_table = dying(fatal, pq.write_table, half)
    {"sync": sync.sync, "rebuild": sync.rebuild}[what](store, lake, limit=80)

for line in sys.stdin:
    what, fatal, milliseconds = line.split()
    child = os.fork()
    if child == 0:
        write(what, int(fatal))
        os._exit(0)
    if int(milliseconds):
        time.sleep(int(milliseconds) / 1000)
        os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Write = Callable[..., bool]


@pytest.fixture
def write(settings: Settings) -> Iterator[Write]:
    """Return a function that runs a writer and says whether it lived to the end."""
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVER],
        env={"GOVDASH_VAR": str(settings.var), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None

        def run(what: str, *, fatal: int = 0, milliseconds: int = 0) -> bool:
            server.stdin.write(f"{what} {fatal} {milliseconds}\n")
            server.stdin.flush()
            status = int(server.stdout.readline())
            assert status in {0, -9}
            return status == 0

        yield run
        server.stdin.close()


def versions(lake: Lake) -> int:
    """Count the rows in the files of the manifest, each event version once."""
    files = [pq.ParquetFile(lake.root / s.file) for s in lake.manifest.segments]
    keys = [
        (key["event_id"], key["version"])
        for file in files
        for key in file.read(columns=["event_id", "version"]).to_pylist()
    ]
    assert len(set(keys)) == len(keys)
    return len(keys)


def files(lake: Lake) -> set[str]:
    return {p.relative_to(lake.root).as_posix() for p in lake.root.glob("events/*/*")}


@pytest.mark.parametrize("what", ["sync", "rebuild"])
def test_killed_at_any_step_the_lake_is_as_before_or_as_after_and_a_sync_completes_it(
    sqlite_store: Store, settings: Settings, write: Write, what: str, tmp_path: Path
):
    lake = Lake.open(settings)
    events = many(60, days=25)
    put(sqlite_store, events)
    sync.sync(sqlite_store, lake)
    put(sqlite_store, events.iloc[:9].assign(title="更正"), at=RECORDED + timedelta(hours=1))
    put(sqlite_store, many(40, seed=2, days=40), at=RECORDED + timedelta(hours=2))
    before, after = (60, 60, 60), (60 + 9 * 2 + 40, 60 + 9 + 40, 60 + 40)
    shutil.copytree(lake.root, tmp_path / "before")

    seen = set()
    fatal = 1
    while not write(what, fatal=fatal):
        state = (lake.data_version, versions(lake), queries.total(lake, WIDE))
        seen.add(state)
        assert state in {before, after}, f"killed at step {fatal}"
        sync.sync(sqlite_store, lake)
        assert (lake.data_version, versions(lake), queries.total(lake, WIDE)) == after
        assert sync.parity(sqlite_store, lake).ok
        shutil.rmtree(lake.root)
        shutil.copytree(tmp_path / "before", lake.root)
        fatal += 1
    assert fatal > 10
    assert seen == {before, after}
    assert (lake.data_version, versions(lake), queries.total(lake, WIDE)) == after
    assert files(lake) == {s.file for s in lake.manifest.segments}
    lake.close()


def test_killed_again_and_again_at_any_moment_the_lake_still_becomes_whole(
    sqlite_store: Store, settings: Settings, write: Write
):
    lake = Lake.open(settings)
    moments = random.Random(7)
    lived = 0
    for n in range(15):
        put(sqlite_store, many(30, seed=n, days=90), at=RECORDED + timedelta(minutes=n))
        again = many(30, seed=max(n - 1, 0), days=90).iloc[:5].assign(title=f"更正 {n}")
        put(sqlite_store, again, at=RECORDED + timedelta(minutes=n, seconds=30))
        what = moments.choice(["sync", "sync", "rebuild"])
        lived += write(what, milliseconds=moments.randint(10, 150))
        assert sync.parity(sqlite_store, lake).ok
    assert lived < 15
    sync.sync(sqlite_store, lake)
    found = sync.parity(sqlite_store, lake)
    assert (found.ok, found.behind) == (True, 0)
    assert queries.total(lake, WIDE) == 15 * 30
    lake.close()
