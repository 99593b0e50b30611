"""What people wrote goes when its time is over; steps, clocks and results stay, and are guarded."""

from datetime import timedelta
from typing import Any, cast

import pandas as pd
import pytest
from sqlalchemy import JSON, Text, select, text
from sqlalchemy.exc import DBAPIError

from govdash.access import SYSTEM, User
from govdash.core.settings import Settings
from govdash.core.vocab import (
    Asked,
    Attempted,
    CaseAction,
    Disposition,
    NoticeState,
    ReportKind,
    Shown,
)
from govdash.report.emergency import document
from govdash.store import Store, performance
from govdash.store import alerts as alert_rows
from govdash.store.emptying import EMPTIED
from govdash.store.models import (
    Alert,
    Base,
    Case,
    CaseReport,
    Notification,
    NotificationAttempt,
    QualityTask,
)
from govdash.workflow import (
    alertlog,
    alerts,
    asking,
    attachments,
    cases,
    emergency,
    feedback,
    quality,
    supervision,
)
from govdash.workflow.alerts import raise_alert
from govdash.workflow.forms import NewCase, StepForm
from govdash.workflow.retention import DataClass, Policy, carry_out, plan
from tests.workflow.conftest import (
    CATEGORY,
    FORMS,
    HOUR,
    MAIN_ROAD,
    MINUTE,
    NINE,
    ON_BOTH,
    STREET,
)
from tests.workflow.test_attachments import PDF

SAID, KEPT = "张三家住解放路", "李四家住人民路"
DAY = timedelta(days=1)
LONG_AFTER = NINE + 2000 * DAY
WORDS = (DataClass.CASE_TEXTS, DataClass.ALERT_NOTES, DataClass.NOTICES)
#: Texts that nobody's words about a case, an alert or a notice come into, and why they stay.
STAY = {
    "areas": "places", "categories": "the standard", "device_tokens": "names of screens",
    "kpi_schemes": "about how the city assesses; masked when written",
    "imports": "file names and reasons of the platform", "job_runs": "the platform's words",
    "journal": "masked when written; has its own time", "map_layers": "places",
    "briefs": "reports of the office, kept as issued; no words about a single case but its title",
    "releases": "reasons of the office for giving data out: accounted for",
    "roles": "names of roles", "rules": "names of rules", "rule_advice": "about rules",
    "suppressions": "plans of the office", "users": "the staff", "units": "names of units",
    "user_emails": "the staff", "api_keys": "names of systems", "password_history": "hashes",
    "events": "a class of its own", "rejected_rows": "a class of its own",
    "inbox_messages": "a class of its own",
    "saved_views": "what one looks at oneself; words searched for are masked",
    "escalations": "the platform's words",
}  # fmt: skip


@pytest.fixture
def spoken(city: Store, settings: Settings, operator: User, rule, finding) -> tuple[int, int]:
    """A closed case and a dismissed alert with `SAID` in every place; an open case with `KEPT`."""
    closed = a_case(city, settings, operator, SAID, MAIN_ROAD)
    still_open = a_case(city, settings, operator, KEPT, MAIN_ROAD[:4])
    with city.write() as session:
        feedback.record(
            session, closed, solved=True, satisfaction=5, note=SAID, actor=operator, at=NINE + DAY
        )
        alert = raise_alert(session, finding(), rule, at=NINE)
        alerts.acknowledge(session, alert.id, actor=operator, at=NINE, note=SAID)
        wrong = Disposition.DATA_ERROR
        alerts.dismiss(session, alert.id, wrong, note=SAID, actor=operator, at=NINE + HOUR)
        for task in session.scalars(select(QualityTask.id)).all():
            quality.finish(session, task, result=SAID, actor=operator, at=NINE + DAY)
    with city.write() as session:
        for number, said in ((closed, SAID), (still_open, KEPT)):
            notice = a_notice(number, said, waits=said is KEPT)
            session.add(notice)
            session.flush()
            session.add(
                NotificationAttempt(
                    notification_id=notice.id, at=NINE, result=Attempted.RETRY, worker="w",
                    detail=said,
                )
            )  # fmt: skip
    return closed, still_open


def a_case(city: Store, settings: Settings, operator: User, said: str, road: list) -> int:
    """Open a case, say `said` wherever one can, and take it along the road."""
    new = NewCase(title=said, description=said, address=said, category=CATEGORY, area_path=STREET)
    forms = FORMS | {
        CaseAction.DISPATCH: StepForm(unit_code="U-STREET", note=said),
        CaseAction.RESOLVE: StepForm(result=said, note=said),
    }
    with city.write() as session:
        number = cases.open_case(session, new, actor=operator, at=NINE).id
        attachments.attach(
            session, settings.evidence, number, shown=Shown.BEFORE, name=f"{said}.pdf",
            content=PDF, actor=operator, at=NINE,
        )  # fmt: skip
        supervision.urge(session, number, reason=said, actor=operator, at=NINE)
        for n, action in enumerate(road, start=1):
            at = NINE + n * 10 * MINUTE
            cases.take_step(session, number, action, actor=operator, at=at, form=forms[action])
            if action is CaseAction.START:
                asking.ask(session, number, Asked.EXTENSION, reason=said, actor=operator, at=at)
                emergency.make(session, number, ReportKind.FIRST, actor=operator, at=at)
    return number


def a_notice(case_id: int, said: str, *, waits: bool) -> Notification:
    return Notification(
        key=str(case_id), topic="case.entered", why=said, title=said, body=said, link="/cases",
        case_id=case_id, recipient="", target="处置单位", channel="hook:x", created_at=NINE,
        due_at=NINE, next_at=NINE,
        state=NoticeState.PENDING if waits else NoticeState.EXPIRED,
    )  # fmt: skip


def run(store: Store, settings: Settings) -> dict[DataClass, int]:
    policy = Policy.load(settings.data)
    with store.read() as session:
        due = [one for one in plan(session, settings, policy, at=LONG_AFTER) if one.data in WORDS]
    for one in due:
        assert carry_out(store, settings, one, batch=1) == one.n
    return {one.data: one.n for one in due}


def places_of(store: Store, said: str) -> set[str]:
    """Return the columns of the whole database that hold a text; the journal's is masked."""
    found: set[str] = set()
    with store.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                found |= {f"{table}.{name}" for name, value in row.items() if said in str(value)}
    return {place for place in found if not place.startswith("journal.")}


def standing(store: Store) -> list[pd.DataFrame]:
    """Return what the figures are counted from."""
    with store.read() as session:
        return [
            performance.lifelines(session, SYSTEM.scope, since=NINE).drop(columns="title"),
            performance.said(session, SYSTEM.scope, since=NINE),
        ]


@ON_BOTH
def test_of_what_is_long_over_no_word_is_left_and_of_what_is_open_every_word(
    city, spoken, settings
):
    of_cases = {
        "cases.title", "cases.description", "cases.address", "cases.result", "case_steps.note",
        "case_steps.detail", "case_files.name", "case_marks.reason", "case_requests.reason",
        "case_reports.told", "notifications.title", "notifications.body", "notifications.why",
        "notification_attempts.detail",
    }  # fmt: skip
    of_the_rest = {
        "feedback.note", "alerts.note", "alert_steps.note", "alert_steps.detail",
        "quality_tasks.said", "quality_tasks.result",
    }  # fmt: skip
    assert places_of(city, SAID) >= of_cases | of_the_rest
    kept, figures = places_of(city, KEPT), standing(city)
    assert kept >= of_cases
    done = run(city, settings)
    assert (done[DataClass.CASE_TEXTS], done[DataClass.ALERT_NOTES]) == (1, 1)
    assert places_of(city, SAID) == set()
    assert places_of(city, KEPT) == kept
    for now, then in zip(standing(city), figures, strict=True):
        pd.testing.assert_frame_equal(now, then)
    assert set(run(city, settings).values()) == {0}


@ON_BOTH
def test_what_was_emptied_says_so_and_an_alert_is_still_what_its_log_adds_up_to(
    city, spoken, settings
):
    run(city, settings)
    with city.read() as session:
        assert session.get_one(Case, spoken[0]).title == EMPTIED
        report = session.scalars(select(CaseReport).order_by(CaseReport.id)).first()
        assert report is not None
        assert EMPTIED in document(report)
        (alert,) = session.scalars(select(Alert)).all()
        steps = alert_rows.steps(session, alert.id, SYSTEM.scope).to_dict("records")
        told = alertlog.rebuild(cast("list[dict[str, Any]]", steps))
        assert told == {name: getattr(alert, name) for name in alertlog.PROJECTED}


@ON_BOTH
@pytest.mark.parametrize(
    "change",
    [
        "case_steps SET note = '改写'",
        "case_steps SET note = '', actor = 'x'",
        """case_steps SET detail = '{"result": "改写"}'""",
        "case_marks SET reason = '改写'",
        "case_files SET name = '', size = size + 1",
        """case_reports SET told = '{"facts": []}'""",
        "alert_steps SET note = '改写'",
        """alert_steps SET detail = '{}'""",
        "notification_attempts SET detail = '改写'",
    ],
)
def test_the_database_lets_words_be_emptied_and_nothing_else_be_changed(city, spoken, change: str):
    table = change.split(maxsplit=1)[0]
    for statement in (f"UPDATE {change}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), city.write() as session:
            session.execute(text(statement))


def test_every_column_of_text_has_a_time_of_its_own_or_a_reason_to_stay():
    emptied = {
        "cases", "case_steps", "case_files", "case_marks", "case_reports", "case_requests",
        "feedback", "alerts", "alert_steps", "quality_tasks", "notifications",
        "notification_attempts",
    }  # fmt: skip
    with_text = {
        str(table)
        for table in Base.metadata.sorted_tables
        if any(isinstance(column.type, Text | JSON) for column in table.columns)
    }
    assert with_text == emptied | STAY.keys()
