"""The life of one incident: its events, what was done with the alert, its case, the call."""

from datetime import UTC, datetime

import pytest

from govdash.access import SYSTEM, load_user, query_for
from govdash.core.errors import NotFound
from govdash.core.filters import EventFilter, Period, Scope
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.report import incident
from govdash.report.incident import Kind
from govdash.store import Store
from govdash.workflow import alerts, cases
from tests.web import town

AT = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)


def test_everything_that_happened_stands_in_order(sqlite_store: Store, settings: Settings):
    town.build(sqlite_store, settings, AT)
    with sqlite_store.write() as session:
        alerts.acknowledge(session, 1, actor=SYSTEM, at=AT)
        new = cases.NewCase(title="垃圾成堆", category=town.GARBAGE, area_path=town.QUAY)
        cases.open_from_alert(session, 1, new, actor=SYSTEM, at=AT)
    lake = Lake.open(settings)
    with sqlite_store.read() as session:
        query = query_for(load_user(session), EventFilter(Period(AT.date(), AT.date())))
        told = incident.life(session, lake, query, 1, at=AT)
        stranger = type(query)(query.filter, Scope(areas=(town.WEST,)))
        with pytest.raises(NotFound):
            incident.life(session, lake, stranger, 1, at=AT)
    lake.close()
    assert [moment.at for moment in told.moments] == sorted(m.at for m in told.moments)
    assert [m.label for m in told.moments if m.kind is Kind.ALERT] == [
        "发出提示", "签收", "转案件",
    ]  # fmt: skip
    assert [m.label for m in told.moments if m.kind is Kind.CASE] == ["登记"]
    assert told.events["n"].max() >= 25  # the heap of this morning
