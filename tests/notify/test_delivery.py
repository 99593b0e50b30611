"""Delivery at least once, by as many workers as there are, whatever dies in between."""

import base64
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from govdash.access import SYSTEM
from govdash.core.errors import InputError, Undelivered
from govdash.core.settings import ROOT
from govdash.core.vocab import Attempted, NoticeState
from govdash.store import Store, accounts, notifications
from govdash.store.models import InboxMessage, Notification
from govdash.workflow.notify.channel import Channel, Message
from govdash.workflow.notify.delivery import (
    FIRST_WAIT,
    JITTER,
    LEASE_SECONDS,
    LONGEST_WAIT,
    MOST_TRIES,
    Courier,
    wait_seconds,
)
from govdash.workflow.notify.inbox import Inbox
from tests.notify.people import intend, intent
from tests.workflow.conftest import ON_BOTH

LEASE = timedelta(seconds=LEASE_SECONDS)


class Post:
    """A channel in memory: what arrived, and whether it works."""

    def __init__(self, *, works: bool = True) -> None:
        self.works = works
        self.got: list[str] = []
        self.lock = threading.Lock()

    def send(self, message: Message, *, at: datetime) -> str:
        if not self.works:
            raise Undelivered("对方没有应答", retry=True)
        with self.lock:
            self.got.append(message.key)
        return "好"


def courier(store: Store, clock, *, worker: str = "w", **channels: Channel) -> Courier:
    return Courier(store, channels or {"inbox": Inbox(store)}, worker, clock)


def stand(store: Store) -> dict[str, NoticeState]:
    with store.read() as session:
        return {row.key: row.state for row in session.scalars(select(Notification))}


def inbox_keys(store: Store) -> list[str]:
    with store.read() as session:
        return sorted(session.scalars(select(InboxMessage.key)))


def results(store: Store, key: str) -> list[Attempted]:
    with store.read() as session:
        number = session.scalar(select(Notification.id).where(Notification.key == key))
        return list(notifications.attempts(session, number, SYSTEM.scope)["result"])


@ON_BOTH
def test_an_intent_is_written_once_and_reaches_the_inbox_once(peopled, clock):
    assert intend(peopled, intent("a", clock()), intent("b", clock())) == 2
    assert intend(peopled, intent("a", clock())) == 0
    assert courier(peopled, clock).run() == {Attempted.SENT: 2}
    assert courier(peopled, clock).run() == {}
    assert inbox_keys(peopled) == ["a", "b"]
    assert results(peopled, "a") == [Attempted.SENT]


def test_an_intent_goes_when_its_cause_is_rolled_back(peopled, clock):
    def cause() -> None:
        with peopled.write() as session:
            notifications.add(session, [intent("a", clock())])
            raise InputError("后面一步不成立")

    with pytest.raises(InputError):
        cause()
    assert stand(peopled) == {}


def test_nothing_is_sent_before_it_is_due(peopled, clock):
    intend(peopled, intent("a", clock() + timedelta(minutes=5)))
    assert courier(peopled, clock).run() == {}
    clock.go(minutes=5)
    assert courier(peopled, clock).run() == {Attempted.SENT: 1}


@ON_BOTH
def test_two_workers_send_the_same_set_as_one(peopled, clock):
    keys = [f"k{n:03d}" for n in range(60)]
    intend(peopled, *(intent(key, clock(), channel="post") for key in keys))
    post = Post()
    workers = [courier(peopled, clock, worker=f"w{n}", post=post) for n in range(2)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(post.got) == keys  # each once
    assert set(stand(peopled).values()) == {NoticeState.SENT}


def killed(store: Store, settings, at: datetime) -> int:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GOVDASH_")}
    environment |= {
        "GOVDASH_VAR": str(settings.var),
        "GOVDASH_DATABASE_URL": store.engine.url.render_as_string(hide_password=False),
        "GOVDASH_AUDIT_KEY": base64.b64encode(store.seal.seed).decode(),
        "GOVDASH_MODE": "demo",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.notify.killed_worker", at.isoformat()],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode


@ON_BOTH
def test_a_worker_killed_between_sending_and_noting_leads_to_one_message_in_the_inbox(
    peopled, settings, clock
):
    intend(peopled, intent("a", clock()))
    assert killed(peopled, settings, clock()) == -9
    assert inbox_keys(peopled) == ["a"]  # it was sent
    assert stand(peopled) == {"a": NoticeState.PENDING}  # and not noted
    clock.go(minutes=1)
    assert courier(peopled, clock).run() == {}  # the dead worker's claim still holds
    clock.now += LEASE
    assert courier(peopled, clock).run() == {Attempted.SENT: 1}
    assert inbox_keys(peopled) == ["a"]  # the same key: not a second one
    assert results(peopled, "a") == [Attempted.SENT]


def test_a_dead_channel_delays_no_other_and_is_let_alone_after_one_try(peopled, clock):
    for n in range(30):
        intend(
            peopled,
            intent(f"d{n}", clock(), channel="dead"),
            intent(f"l{n}", clock(), channel="post"),
        )
    dead, post = Post(works=False), Post()
    done = courier(peopled, clock, dead=dead, post=post).run()
    assert done == Counter({Attempted.SENT: 30, Attempted.RETRY: 1})
    assert sum(bool(results(peopled, f"d{n}")) for n in range(30)) == 1
    dead.works = True
    clock.go(seconds=FIRST_WAIT * (1 + JITTER))
    assert courier(peopled, clock, dead=dead).run() == {Attempted.SENT: 30}


def test_what_never_arrives_is_tried_with_growing_waits_and_then_given_up(peopled, clock):
    intend(peopled, intent("a", clock(), channel="dead"))
    tries: list[datetime] = []
    while stand(peopled)["a"] is NoticeState.PENDING:
        if courier(peopled, clock, dead=Post(works=False)).run():
            tries.append(clock())
        clock.go(seconds=10)
    assert len(tries) == MOST_TRIES
    waits = [(b - a).total_seconds() for a, b in pairwise(tries)]
    assert waits == sorted(waits)
    assert results(peopled, "a") == [Attempted.RETRY] * (MOST_TRIES - 1) + [Attempted.FAILED]


@pytest.mark.parametrize("tries", range(1, 12))
def test_a_wait_lies_within_its_jitter_and_is_the_same_each_time(tries: int):
    plain = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    for n in range(200):
        wait = wait_seconds(f"k{n}", tries)
        assert plain * (1 - JITTER) <= wait <= plain * (1 + JITTER)
        assert wait == wait_seconds(f"k{n}", tries)


def test_a_failed_one_is_sent_again_with_the_same_key_when_somebody_asks(peopled, clock):
    intend(peopled, intent("a", clock(), channel="gone"))
    assert courier(peopled, clock, post=Post()).run() == {Attempted.FAILED: 1}
    with peopled.write() as session:
        row = session.scalars(select(Notification)).one()
        notifications.again(session, row, "operator", at=clock())
    post = Post()
    assert courier(peopled, clock, gone=post).run() == {Attempted.SENT: 1}
    assert post.got == ["a"]
    assert results(peopled, "a") == [Attempted.FAILED, Attempted.RESEND, Attempted.SENT]


def test_who_has_left_or_lost_the_area_gets_nothing_and_the_ledger_says_why(peopled, clock):
    intend(peopled, intent("a", clock(), recipient="duty"))
    with peopled.write() as session:
        account = accounts.account(session, "duty")
        assert account is not None
        account.active = False
    assert courier(peopled, clock).run() == {Attempted.EXPIRED: 1}
    assert inbox_keys(peopled) == []
    assert stand(peopled) == {"a": NoticeState.EXPIRED}


@ON_BOTH
@pytest.mark.parametrize(
    "verb", ["UPDATE notification_attempts SET detail='x'", "DELETE FROM notification_attempts"]
)
def test_the_database_itself_refuses_to_change_an_attempt(peopled, clock, verb: str):
    intend(peopled, intent("a", clock()))
    courier(peopled, clock).run()
    with pytest.raises(DBAPIError, match="append-only"), peopled.write() as session:
        session.execute(text(verb))
