"""Reports by plan: once for each occasion, late ones say so, told to whose scope covers them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import BriefKind, BriefState
from govdash.lake import Lake
from govdash.report.brief import desk, schedule, wording
from govdash.report.brief.document import Document
from govdash.report.brief.schedule import Plan
from govdash.store import Store, accounts
from govdash.store.models import Brief, Notification
from tests.conftest import NOW
from tests.web import town

ZONE = ZoneInfo("Asia/Shanghai")
DAILY = Plan(code="city-day", kind=BriefKind.DAY, at=time(7, 30), issue="auto")


def local(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZONE)


@pytest.fixture
def lived(
    sqlite_store: Store, settings: Settings, tmp_path: Path
) -> Iterator[tuple[Store, Lake, Settings]]:
    """The town with readers in both districts, and a plan of one report a day."""
    town.build(sqlite_store, settings, NOW - timedelta(days=1))
    with sqlite_store.write() as session:
        for code, name, given in (
            ("reader", "读者", ["scope:event:read", "scope:brief:read"]),
            ("nobody", "旁人", ["scope:event:read"]),
        ):
            accounts.put_role(session, code=code, name=name, permissions=given)
        for login, role, areas in (
            ("all", "reader", ()), ("east", "reader", (town.EAST,)), ("other", "nobody", ()),
        ):  # fmt: skip
            accounts.add_account(
                session, login=login, name=login, roles=(role,), areas=areas,
                whole_city=not areas, at=NOW,
            )  # fmt: skip
    lake = Lake.open(settings)
    yield sqlite_store, lake, settings
    lake.close()


def test_the_newest_occasion_is_the_one_whose_hour_has_come():
    period, due = schedule.newest(DAILY, at=local(date(2026, 6, 10), "07:29"), zone=ZONE)
    assert (period.first, due) == (date(2026, 6, 8), local(date(2026, 6, 9), "07:30"))
    period, due = schedule.newest(DAILY, at=local(date(2026, 6, 10), "07:30"), zone=ZONE)
    assert (period.first, due) == (date(2026, 6, 9), local(date(2026, 6, 10), "07:30"))


def test_a_report_is_made_once_numbered_and_told_to_whose_scope_covers_it(
    lived: tuple[Store, Lake, Settings],
):
    store, lake, settings = lived
    assert schedule.run(store, lake, settings, at=NOW) == 3  # a day, a week, a month
    assert schedule.run(store, lake, settings, at=NOW + timedelta(minutes=1)) == 0
    with store.read() as session:
        briefs = {row.kind: row for row in session.scalars(select(Brief))}
        day = briefs[BriefKind.DAY]
        assert (day.state, day.signed_by, day.note) == (BriefState.ISSUED, None, "")
        assert briefs[BriefKind.WEEK].state is BriefState.DRAFT
        told = session.scalars(select(Notification).where(Notification.topic == "brief")).all()
        assert {row.recipient for row in told if f"brief={day.id}" in row.link} == {"all"}
        assert "自动发布，未经人工签发" in wording.issued(Document.load(day.document))
        week = briefs[BriefKind.WEEK].id
        assert [row for row in told if f"brief={week}" in row.link] == []  # nobody here may sign
    with store.write() as session:
        signer = replace(SYSTEM, login="chief", name="周维")
        desk.issue(session, week, actor=signer, at=NOW)
        sent = session.scalars(select(Notification).where(Notification.topic == "brief")).all()
        assert {row.recipient for row in sent if f"brief={week}" in row.link} == {"all"}


def test_after_a_stop_the_newest_is_made_late_and_says_how_many_are_missing(
    lived: tuple[Store, Lake, Settings],
):
    store, lake, settings = lived
    schedule.run(store, lake, settings, at=NOW)
    late = NOW + timedelta(days=4)
    schedule.run(store, lake, settings, at=late)
    with store.read() as session:
        days = session.scalars(
            select(Brief).where(Brief.kind == BriefKind.DAY).order_by(Brief.id)
        ).all()
        assert [(days[1].first_day - days[0].first_day).days, len(days)] == [4, 2]
        assert "补做；其间另有 3 期未生成" in days[1].note
        assert Document.load(days[1].document).basis[0] == days[1].note


def test_reports_of_districts_reach_their_own_readers(lived: tuple[Store, Lake, Settings]):
    store, _, _ = lived
    plan = DAILY.model_copy(update={"areas": "district", "code": "district-day"})
    with store.read() as session:
        wanted = list(schedule.due(session, [plan], at=NOW, zone=ZONE))
    assert [one.area for one in wanted] == [town.EAST, town.WEST]
    assert len({one.key for one in wanted}) == 2


def test_the_plan_that_ships_is_read_and_a_bad_one_is_refused(tmp_path: Path):
    assert {plan.code for plan in schedule.load(ROOT / "data")} == {
        "city-day", "city-week", "city-month",
    }  # fmt: skip
    assert schedule.load(tmp_path) == ()
    (tmp_path / schedule.FILE).write_text("- code: x\n  kind: year\n", encoding="utf-8")
    with pytest.raises(InputError, match="报告计划"):
        schedule.load(tmp_path)
