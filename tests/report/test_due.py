"""Until when something must be done with an alert: what the list of the overview counts down."""

from datetime import UTC, datetime, timedelta

from govdash.access import SYSTEM, load_user, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.vocab import Handling
from govdash.report import overview
from govdash.store import Store
from govdash.workflow import alerts, cases
from govdash.workflow.notify.escalation import escalate
from tests.web import town

AT = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)  # a Wednesday, ten in the morning


def test_each_alert_counts_down_to_what_comes_next(sqlite_store: Store, settings: Settings):
    town.build(sqlite_store, settings, AT)
    with sqlite_store.write() as session:
        alerts.acknowledge(session, 2, actor=SYSTEM, at=AT)
        new = cases.NewCase(title="路灯不亮", category=town.LAMP, area_path=town.HILL)
        case = cases.open_from_alert(session, 3, new, actor=SYSTEM, at=AT)
        deadline = case.due_at
    escalate(sqlite_store, at=AT)
    with sqlite_store.read() as session:
        query = query_for(load_user(session), EventFilter(Period(AT.date(), AT.date())))
        told = overview.due(session, overview.open_alerts(session, query), query.scope)
    due = {Handling(row["handling"]): row["due_at"] for row in told.to_dict("records")}
    assert due[Handling.NEW] > AT  # when more people are told
    assert due[Handling.ACKNOWLEDGED] > AT + timedelta(hours=1)  # when the sign-off runs out
    assert due[Handling.LINKED] == deadline
