"""Lanes of the delivery in the worker: one channel that hangs holds up no other."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from govdash.store import Store
from govdash.worker import lanes
from govdash.worker.lanes import Lanes
from govdash.workflow.notify.channel import Message
from govdash.workflow.notify.inbox import Inbox
from tests.notify.people import intend, intent, people
from tests.notify.test_delivery import inbox_keys


class Hanging:
    """A channel that does not answer until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.calls = 0

    def send(self, message: Message, *, at: datetime) -> str:
        self.calls += 1
        self.let_go.wait(30)
        return "好"


def test_a_channel_that_hangs_holds_up_no_other(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lanes, "PATIENCE", 0.5)
    before = datetime.now(UTC) - timedelta(minutes=1)
    people(sqlite_store, before)
    hanging, running = Hanging(), Lanes("w")
    channels = {"inbox": Inbox(sqlite_store), "slow": hanging}
    intend(sqlite_store, intent("s", before, channel="slow"), intent("a", before))
    began = time.monotonic()
    assert "1 个渠道仍在发送" in running.over(sqlite_store, channels)
    assert inbox_keys(sqlite_store) == ["a"]
    intend(sqlite_store, intent("b", before), intent("t", before, channel="slow"))
    running.over(sqlite_store, channels)
    assert inbox_keys(sqlite_store) == ["a", "b"]
    assert hanging.calls == 1  # the lane that hangs is not begun a second time
    assert time.monotonic() - began < 10
    hanging.let_go.set()
    for _ in range(100):
        if hanging.calls == 2:
            break
        time.sleep(0.05)
    assert "送达" in running.over(sqlite_store, channels)
    assert running.over(sqlite_store, channels) == "没有到时的通知"


class Broken:
    """A channel with a mistake in it."""

    def send(self, message: Message, *, at: datetime) -> str:
        raise ZeroDivisionError


def test_a_mistake_in_one_channel_fails_the_job_where_people_look_and_delays_no_other(
    sqlite_store: Store,
):
    before = datetime.now(UTC) - timedelta(minutes=1)
    people(sqlite_store, before)
    intend(sqlite_store, intent("x", before, channel="broken"), intent("a", before))
    running = Lanes("w")
    channels = {"inbox": Inbox(sqlite_store), "broken": Broken()}
    with pytest.raises(ZeroDivisionError):
        running.over(sqlite_store, channels)
    assert inbox_keys(sqlite_store) == ["a"]
    intend(sqlite_store, intent("b", before))
    assert "送达 1 条" in running.over(sqlite_store, channels)
