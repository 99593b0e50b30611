"""A report says what the facts were as they were known; every number stands in its tables."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pandas as pd
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from govdash.access import SYSTEM, load_user
from govdash.core.errors import InputError
from govdash.core.filters import Period
from govdash.core.settings import Settings
from govdash.core.vocab import BriefKind, CaseAction, Disposition, Level
from govdash.ingest import accept_frame
from govdash.lake import Lake
from govdash.report.brief import pdf, periods
from govdash.report.brief.checking import unfounded
from govdash.report.brief.document import Document, Table
from govdash.store import Store, areas
from govdash.store.models import Alert
from govdash.sync import sync
from govdash.taxonomy import parse_limit
from govdash.workflow import alertlog, alerts, cases
from tests.conftest import NOW
from tests.report.briefing import made, making
from tests.web import town
from tests.workflow.conftest import FORMS

TODAY = NOW.astimezone(Period(date(2026, 1, 1), date(2026, 1, 1)).zone).date()
WEEK = (TODAY - timedelta(days=7), TODAY - timedelta(days=1))


def table(document: Document, code: str) -> Table:
    return next(one for one in document.tables() if one.code == code)


def test_a_report_counts_what_the_screens_count_and_names_no_number_of_its_own(
    lived: tuple[Store, Lake],
):
    store, lake = lived
    with store.read() as session:
        report = made(making(session, lake, *WEEK, as_of=NOW))
    # twelve a day of six days before, and on the last day the heap of 25 and 3 without a place
    assert table(report, "total").rows[0][1] == 7 * 12 + 25 + 3
    assert unfounded(report) == []
    assert report.title == "澄州市城市运行专题报告"
    assert "112件" in report.sections[0].paragraphs[0]
    assert table(report, "area").rows[-1][0] == "未落格"
    kinds = {row[0]: row[1] for row in table(report, "category").rows}
    assert sum(int(n) for n in kinds.values() if isinstance(n, int)) == 112


def test_the_heap_at_the_quay_is_found_by_improbability(lived: tuple[Store, Lake]):
    store, lake = lived
    with store.read() as session:
        report = made(making(session, lake, WEEK[1], WEEK[1], as_of=NOW, kind=BriefKind.DAY))
    changed = table(report, "kinds_changed")
    assert [row[3] for row in changed.rows] == ["上升"]
    assert "变化超出偶然的类别有" in report.sections[1].paragraphs[1]


def test_a_severe_alert_leads_to_itself(lived: tuple[Store, Lake]):
    store, lake = lived
    with store.write() as session:
        alert = session.get(Alert, 2)
        assert alert is not None
        then = NOW - timedelta(hours=1)
        alertlog.machine(session, alert, "worsen", {"level": Level.RED}, at=then)
    with store.read() as session:
        report = made(making(session, lake, *WEEK, as_of=NOW))
        severe = table(report, "severe")
        numbers = {one.id: one.number for one in session.scalars(select(Alert))}
    assert severe.rows
    assert [numbers[int(link.rpartition("=")[2])] for link in severe.links] == [
        row[0] for row in severe.rows
    ]


def test_alerts_stand_as_they_stood_then(lived: tuple[Store, Lake]):
    store, lake = lived
    with store.write() as session:
        actor = load_user(session)
        alerts.dismiss(
            session,
            1,
            Disposition.FALSE_ALARM,
            note="误报",
            actor=actor,
            at=NOW - timedelta(hours=1),
        )
    with store.read() as session:
        before = made(making(session, lake, *WEEK, as_of=NOW - timedelta(hours=2)))
        after = made(making(session, lake, *WEEK, as_of=NOW))
    assert [row[3] for row in table(before, "levels").rows if row[0] == "合计"] == [0]
    assert [row[3] for row in table(after, "levels").rows if row[0] == "合计"] == [1]


def test_a_report_made_again_as_of_then_is_the_same_but_for_its_footer(
    lived: tuple[Store, Lake], settings: Settings
):
    store, lake = lived
    with store.read() as session:
        first = made(making(session, lake, *WEEK, as_of=NOW))
    late = town.events(NOW - timedelta(days=2)).head(40)
    late = late.assign(source_id=[f"L{n}" for n in range(40)])
    changed = town.events(NOW - timedelta(days=1)).head(5).assign(category=town.LAMP)
    with store.write() as session:
        accept_frame(
            session, pd.concat([late, changed], ignore_index=True), source="town",
            settings=settings, at=NOW + timedelta(hours=3), areas=areas.frame(session),
        )  # fmt: skip
        alerts.dismiss(
            session, 1, Disposition.FALSE_ALARM, note="误报", actor=load_user(session),
            at=NOW + timedelta(hours=3),
        )  # fmt: skip
    sync(store, lake)
    later = NOW + timedelta(days=30)
    with store.read() as session:
        again = made(making(session, lake, *WEEK, as_of=NOW, made_at=later))
        now = made(making(session, lake, *WEEK, as_of=later))
    assert replace(again, made_at=first.made_at) == first
    assert words(pdf.pdf(replace(again, made_at=first.made_at))) == words(pdf.pdf(first))
    assert table(now, "total").rows[0][1] == 112 + 40


def words(made_pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(made_pdf)).pages)


def test_a_case_that_nobody_handled_in_time_is_in_the_rates_and_in_the_list(
    lived: tuple[Store, Lake],
):
    """One case, dispatched three days before and due within two working hours: 0 of 1 handled."""
    store, lake = lived
    new = cases.NewCase(
        title="垃圾，电13912345678", category=town.GARBAGE, area_path=town.QUAY, unit_code="U2",
        limit=parse_limit("2工作时"),
    )  # fmt: skip
    begun = NOW - timedelta(days=3)
    with store.write() as session:
        number = cases.open_case(session, new, actor=SYSTEM, at=begun).id
        for step, action in enumerate((CaseAction.ACCEPT, CaseAction.DISPATCH), 1):
            at = begun + timedelta(minutes=step)
            form = replace(FORMS[action], unit_code="U2")
            cases.take_step(session, number, action, actor=SYSTEM, at=at, form=form)
    with store.read() as session:
        earlier = (WEEK[0] - timedelta(days=7), WEEK[0] - timedelta(days=1))
        before = made(making(session, lake, *earlier, as_of=begun))
        report = made(making(session, lake, *WEEK, as_of=NOW))
    rates = {row[0]: row[1:4] for row in table(report, "rates").rows}
    assert rates["处置率"] == (0, 1, 0.0)
    [late] = table(report, "late").rows
    assert (late[2], late[3]) == ("临江区 / 码头街道", "码头街道城管中队")
    assert "13912345678" not in str(late[1])
    assert table(before, "late").rows == ()
    assert unfounded(report) == []


def test_days_that_are_not_over_are_refused(lived: tuple[Store, Lake]):
    store, lake = lived
    with store.read() as session, pytest.raises(InputError, match="还没有过完"):
        made(making(session, lake, TODAY, TODAY, as_of=NOW))


def test_a_report_of_a_district_holds_that_district_alone(lived: tuple[Store, Lake]):
    store, lake = lived
    with store.read() as session:
        report = made(making(session, lake, *WEEK, as_of=NOW, area=town.EAST))
    assert {row[0] for row in table(report, "area").rows} == {"临江区 / 码头街道"}
    assert report.title == "临江区城市运行专题报告"


def test_a_period_without_events_is_said_so(lived: tuple[Store, Lake]):
    store, lake = lived
    with store.read() as session:
        report = made(making(session, lake, date(2020, 1, 1), date(2020, 1, 7), as_of=NOW))
    assert "本期没有接报事件。" in report.sections[1].paragraphs
    assert pdf.pdf(report)


def test_a_month_is_compared_with_months_scaled_to_as_many_days():
    may = Period(date(2026, 5, 1), date(2026, 5, 31))
    found = periods.earlier(may, BriefKind.MONTH)
    assert (found[0][0].first, found[0][0].last) == (date(2026, 4, 1), date(2026, 4, 30))
    assert found[0][1] == pytest.approx(31 / 30)
    assert len(found) == periods.BACK


def test_a_day_is_compared_with_the_same_weekday():
    day = Period(date(2026, 6, 10), date(2026, 6, 10))
    assert {one.first.weekday() for one, _ in periods.earlier(day, BriefKind.DAY)} == {2}


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (BriefKind.DAY, date(2026, 2, 28), date(2026, 2, 28)),
        (BriefKind.WEEK, date(2026, 2, 16), date(2026, 2, 22)),
        (BriefKind.MONTH, date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_the_newest_whole_stretch_of_a_kind(kind: BriefKind, first: date, last: date):
    """1 March 2026 is a Sunday: its week isn't over."""
    found = periods.last_whole(kind, today=date(2026, 3, 1), zone_name="Asia/Shanghai")
    assert (found.first, found.last) == (first, last)
