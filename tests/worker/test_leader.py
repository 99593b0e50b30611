"""Of several processes one runs the jobs; when it dies another takes over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from govdash.store import Store
from govdash.worker.leader import Leadership
from tests.conftest import NOW

LEASE = 2.0


def test_one_holds_the_lease_and_the_other_waits(store: Store):
    first, second = Leadership(store), Leadership(store)
    assert first.renew(NOW)
    assert not second.renew(NOW + timedelta(seconds=29))
    assert (first.held, second.held) == (True, False)
    assert first.renew(NOW + timedelta(seconds=29))
    assert not second.renew(NOW + timedelta(seconds=58))


def test_after_it_expired_the_lease_is_free(store: Store):
    first, second = Leadership(store), Leadership(store)
    assert first.renew(NOW)
    assert second.renew(NOW + timedelta(seconds=30))
    assert not first.renew(NOW + timedelta(seconds=31))
    assert (first.held, second.held) == (False, True)


def test_a_lease_given_back_need_not_expire(store: Store):
    first, second = Leadership(store), Leadership(store)
    assert first.renew(NOW)
    first.release()
    assert second.renew(NOW + timedelta(seconds=1))
    first.release()  # not ours any more: nothing happens
    assert not first.renew(NOW + timedelta(seconds=2))


def test_who_cannot_renew_in_time_stops_by_itself(store: Store):
    leadership = Leadership(store, seconds=0.05)
    assert leadership.renew(NOW)
    time.sleep(0.06)
    assert not leadership.held


@contextmanager
def writer(store: Store, diary: Path) -> Iterator[subprocess.Popen[str]]:
    url = store.engine.url.render_as_string(hide_password=False)
    script = Path(__file__).with_name("diary.py")
    process = subprocess.Popen(
        [sys.executable, str(script), url, str(diary), str(LEASE)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        yield process
    finally:
        process.kill()
        process.wait()


def entries(diary: Path) -> list[tuple[int, float]]:
    if not diary.exists():
        return []
    lines = (line.split() for line in diary.read_text().splitlines())
    return [(int(pid), float(at)) for pid, at in lines]


def wait_for(happened: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_when_the_working_process_is_killed_the_waiting_one_goes_on(store: Store, tmp_path: Path):
    diary = tmp_path / "diary"
    with writer(store, diary) as first:
        wait_for(lambda: len(entries(diary)) >= 3, 20)
        with writer(store, diary) as second:
            time.sleep(2 * LEASE)
            assert {pid for pid, _ in entries(diary)} == {first.pid}
            os.kill(first.pid, signal.SIGKILL)
            wait_for(lambda: entries(diary)[-1][0] == second.pid, 3 * LEASE)
            time.sleep(0.5)
    written = entries(diary)
    assert [pid for pid, _ in written] == sorted(
        (pid for pid, _ in written), key=lambda pid: pid == second.pid
    ), "the two took turns"
    last_of_first = max(at for pid, at in written if pid == first.pid)
    first_of_second = min(at for pid, at in written if pid == second.pid)
    assert first_of_second - last_of_first == pytest.approx(LEASE, abs=LEASE)
