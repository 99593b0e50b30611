from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pandas as pd

from govdash.store import jobs

SECOND = timedelta(seconds=1)


def take(store, holder, at, seconds=30) -> bool:
    with store.write() as session:
        return jobs.take_lease(session, "worker", holder, at, seconds)


def test_a_lease_belongs_to_one_until_it_expires_or_is_given_back(store, now):
    assert take(store, "a", now)
    assert not take(store, "b", now + 29 * SECOND)
    assert take(store, "a", now + 29 * SECOND)  # the holder keeps it
    assert not take(store, "b", now + 58 * SECOND)
    assert take(store, "b", now + 59 * SECOND)
    with store.write() as session:
        jobs.release_lease(session, "worker", "a")  # not a's any more
        assert jobs.lease_holder(session, "worker", now + 60 * SECOND) == "b"
        jobs.release_lease(session, "worker", "b")
        assert jobs.lease_holder(session, "worker", now + 60 * SECOND) is None
    assert take(store, "a", now + 60 * SECOND)


def test_renewing_tells_who_has_lost_the_lease(store, now):
    take(store, "a", now, seconds=10)
    with store.write() as session:
        assert jobs.renew_lease(session, "worker", "a", now + 5 * SECOND, 10)
        assert jobs.lease_holder(session, "worker", now + 14 * SECOND) == "a"
        assert not jobs.renew_lease(session, "worker", "b", now + 5 * SECOND, 10)
    assert take(store, "b", now + 15 * SECOND)
    with store.write() as session:
        assert not jobs.renew_lease(session, "worker", "a", now + 16 * SECOND, 10)


def test_of_many_at_once_exactly_one_gets_the_lease(store, now):
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda n: take(store, f"p{n}", now), range(16)))
    assert sum(taken) == 1


def test_the_last_run_of_a_job_keeps_its_last_success(store, now):
    with store.write() as session:
        jobs.job_started(session, "tick", now)
        jobs.job_finished(session, "tick", now + SECOND, message="3 条提示")
        jobs.job_started(session, "tick", now + 60 * SECOND)
        jobs.job_finished(
            session, "tick", now + 61 * SECOND, succeeded=False, message="数据湖不可读"
        )
        jobs.job_started(session, "sync", now)
    with store.read() as session:
        table = jobs.job_runs(session).set_index("name")
    assert list(table.index) == ["sync", "tick"]
    assert table.loc["tick", "succeeded_at"] == pd.Timestamp(now + SECOND)
    assert table.loc["tick", "finished_at"] == pd.Timestamp(now + 61 * SECOND)
    assert table.loc["tick", "message"] == "数据湖不可读"
    assert pd.isna(table.loc["sync", "finished_at"])
