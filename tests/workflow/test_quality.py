"""数据错误 opens a task at the source, once, until somebody says what was done."""

from datetime import timedelta

import pandas as pd
import pytest

from govdash.access import User
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Disposition
from govdash.ingest import accept_frame
from govdash.store import Store, areas, journal, quality
from govdash.workflow import alerts, signals
from govdash.workflow import quality as tasks
from tests.workflow.conftest import CATEGORY, ON_BOTH, OTHER, STREET

HOUR = timedelta(hours=1)


@pytest.fixture
def dismissed(city: Store, rule, finding, settings, operator: User, now):
    """Events of one source under an alert, which somebody calls a data error."""
    with city.write() as session:
        sent = pd.DataFrame(
            {
                "source_id": ["E1", "E2"],
                "reported_at": now - timedelta(hours=20),
                "category": CATEGORY,
                "lon": 0.5,
                "lat": 0.5,
                "channel": "sensor",
            }
        )
        accept_frame(
            session, sent, source="iotplatform", settings=settings, at=now,
            areas=areas.frame(session),
        )  # fmt: skip

    def make(at=now, disposition=Disposition.DATA_ERROR) -> int:
        with city.write() as session:
            alert = signals.raise_alert(session, finding(), rule, at=at)
            alerts.dismiss(session, alert.id, disposition, note="重复推送", actor=operator, at=at)
            return alert.id

    return make


@ON_BOTH
def test_a_data_error_opens_a_task_at_the_source_of_most_events(city, dismissed, operator, now):
    dismissed()
    with city.read() as session:
        (told,) = quality.listed(session, operator.scope)
        task, number = told
        assert (task.source, task.category, task.area_path) == ("iotplatform", CATEGORY, STREET)
        assert (task.said, task.seen, task.done_at) == ("重复推送", 1, None)
        assert number.startswith("JC-")
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.detail["quality_task"]) == ("alert.dismiss", task.number)


def test_no_other_verdict_opens_one(city, dismissed, operator):
    dismissed(disposition=Disposition.FALSE_ALARM)
    with city.read() as session:
        assert quality.n_open(session, operator.scope) == 0


@ON_BOTH
def test_the_same_again_counts_on_the_open_task_and_after_its_end_opens_another(
    city, dismissed, operator, now
):
    dismissed()
    dismissed(at=now + timedelta(days=9))
    with city.read() as session:
        ((task, _),) = quality.listed(session, operator.scope)
        assert task.seen == 2
        task_id = task.id
    with city.write() as session:
        tasks.finish(session, task_id, result="已修复", actor=operator, at=now)
    dismissed(at=now + timedelta(days=19))
    with city.read() as session:
        assert quality.n_open(session, operator.scope) == 1
        assert len(quality.listed(session, operator.scope, done=True)) == 1


def test_a_task_ends_once_with_words_by_who_may_and_in_the_own_area(city, dismissed, operator, now):
    dismissed()
    with city.read() as session:
        task_id = quality.listed(session, operator.scope)[0][0].id
    everything = frozenset(Permission)
    elsewhere = User("wang", "王明", everything, Scope(areas=(OTHER,)))
    reader = User("du", "杜", everything - {Permission.EVENT_IMPORT}, operator.scope)
    with city.write() as session:
        with pytest.raises(NotFound):
            tasks.finish(session, task_id, result="已修复", actor=elsewhere, at=now)
        with pytest.raises(Refused):
            tasks.finish(session, task_id, result="已修复", actor=reader, at=now)
        with pytest.raises(InputError, match="查到什么"):
            tasks.finish(session, task_id, result=" ", actor=operator, at=now)
        tasks.finish(session, task_id, result="接口重复推送，已修复", actor=operator, at=now)
        with pytest.raises(Conflict, match="刚被他人办结"):
            tasks.finish(session, task_id, result="再说", actor=operator, at=now + HOUR)
    with city.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.note) == ("quality.finish", "接口重复推送，已修复")
        assert quality.listed(session, Scope(areas=(OTHER,)), done=True) == []
