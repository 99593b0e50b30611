"""Personal data leaves by two persons: asked for, decided, counted, marked in every line."""

import csv
import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from govdash.access import User
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.filters import EventFilter, Period, Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import ReleaseState
from govdash.ingest import accept_frame
from govdash.lake import Lake
from govdash.report import export, releases
from govdash.report.export import Format
from govdash.report.releases import Taken
from govdash.store import Session, Store, areas, journal
from govdash.store.models import Release
from govdash.sync import sync
from tests.conftest import NOW
from tests.web import town

TAKES = frozenset({Permission.EVENT_READ, Permission.EVENT_EXPORT, Permission.EXPORT_PERSONAL})
ANALYST = User("fen", "分析员甲", TAKES, Scope((town.EAST,)))
MANAGER = User("guan", "管理者乙", frozenset({Permission.EXPORT_APPROVE}), Scope((town.CITY,)))
REASON = "市信访办复查案件，用后删除"


@pytest.fixture
def lake(sqlite_store: Store, settings: Settings) -> Lake:
    """A town whose newest events of both districts have somebody who reported them."""
    town.build(sqlite_store, settings, NOW)
    told = town.events(NOW).head(1)
    told = told.loc[told.index.repeat(2)].assign(
        source_id=["R1", "R2"],
        lon=[0.5, 1.5],
        reporter_name=["王小明", "赵六"],
        reporter_contact=["13800138000", "13900139000"],
        text=["请联系王小明 13800138000", "请联系赵六 13900139000"],
    )
    with sqlite_store.write() as session:
        accept_frame(
            session, told, source="named", settings=settings, at=NOW, areas=areas.frame(session)
        )
    lake = Lake.open(settings)
    sync(sqlite_store, lake)
    return lake


@pytest.fixture
def act(sqlite_store: Store) -> Callable[[Callable[[Session], Release]], str]:
    """Do one thing in a transaction; return the number of the request."""

    def do(what: Callable[[Session], Release]) -> str:
        with sqlite_store.write() as session:
            return what(session).number

    return do


def recent(settings: Settings) -> EventFilter:
    return EventFilter(Period.last_days(2, until=local_day(NOW, settings.zone)))


@pytest.fixture
def asked(act, lake: Lake, settings: Settings) -> str:
    """A request of the analyst for two days of his district."""
    return act(
        lambda s: releases.ask(
            s, lake, recent(settings), Format.CSV,
            reason=REASON, actor=ANALYST, at=NOW, zone=settings.zone,
        )
    )  # fmt: skip


@pytest.fixture
def take(sqlite_store: Store, lake: Lake, settings: Settings) -> Callable[..., Taken]:
    def do(number: str, *, actor: User = ANALYST, at=NOW) -> Taken:
        with sqlite_store.write() as session:
            return releases.take(
                session, sqlite_store, lake, number, actor=actor, at=at, zone=settings.zone
            )

    return do


def rows_of(taken: Taken) -> list[dict[str, str]]:
    text = b"".join(export.chunks(taken.export, Format.CSV)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def approve(act, number: str, **limits: int) -> None:
    act(lambda s: releases.approve(s, number, actor=MANAGER, at=NOW, **limits))


def test_what_another_person_approved_is_taken_with_the_number_in_every_line(act, asked, take):
    approve(act, asked)
    rows = rows_of(take(asked))
    named = [row for row in rows if row["诉求人"]]
    assert [(row["诉求人"], row["联系方式"]) for row in named] == [("王小明", "13800138000")]
    assert named[0]["原内容"] == "请联系王小明 13800138000"
    assert {row["水印"] for row in rows} == {f"{asked}-1"}
    assert {row["区域代码"] for row in rows} == {town.QUAY}


def test_without_a_decision_nothing_is_taken(asked, take):
    with pytest.raises(Refused, match="待审批"):
        take(asked)


def test_nobody_decides_on_his_own_request(act, asked):
    both = User(ANALYST.login, ANALYST.name, TAKES | {Permission.EXPORT_APPROVE}, ANALYST.scope)
    with pytest.raises(Refused, match="另一个人"):
        act(lambda s: releases.approve(s, asked, actor=both, at=NOW))


def test_the_database_too_refuses_one_person_twice(sqlite_store: Store, asked):
    alone = update(Release).values(
        state=ReleaseState.APPROVED, decided_by=ANALYST.login, expires_at=NOW, allowed=1
    )
    with pytest.raises(IntegrityError, match="another_decides"), sqlite_store.write() as session:
        session.execute(alone)


def test_who_does_not_see_all_that_a_request_holds_does_not_decide_on_it(act, asked, sqlite_store):
    west = User("xi", "西区管理者", MANAGER.permissions, Scope((town.WEST,)))
    with pytest.raises(NotFound):
        act(lambda s: releases.approve(s, asked, actor=west, at=NOW))
    with sqlite_store.read() as session:
        assert releases.to_decide(session, west) == []
        assert [r.number for r in releases.to_decide(session, MANAGER)] == [asked]


def test_a_permission_ends_by_the_clock_and_by_the_count(act, asked, take):
    approve(act, asked, hours=2, downloads=2)
    assert take(asked).left == 1
    with pytest.raises(Refused, match="已过期"):
        take(asked, at=NOW + timedelta(hours=2))
    assert take(asked, at=NOW + timedelta(hours=1)).export.watermark == f"{asked}-2"
    with pytest.raises(Refused, match="已用完"):
        take(asked)


def test_nobody_else_takes_it(act, asked, take):
    approve(act, asked)
    with pytest.raises(NotFound):
        take(asked, actor=User("other", "别人", TAKES, ANALYST.scope))


def test_another_scope_or_a_lost_permission_needs_another_request(act, asked, take):
    approve(act, asked)
    with pytest.raises(Refused, match="范围"):
        take(asked, actor=User(ANALYST.login, ANALYST.name, TAKES, Scope((town.CITY,))))
    with pytest.raises(Refused, match="权限"):
        take(
            asked,
            actor=User(ANALYST.login, "", TAKES - {Permission.EXPORT_PERSONAL}, ANALYST.scope),
        )


def test_the_file_holds_what_was_known_when_it_was_asked_for(
    act, asked, take, sqlite_store: Store, lake: Lake, settings: Settings
):
    approve(act, asked)
    later = town.events(NOW).head(1).assign(source_id="L1", lon=0.5)
    with sqlite_store.write() as session:
        accept_frame(
            session, later, source="late", settings=settings, at=NOW + timedelta(minutes=5),
            areas=areas.frame(session),
        )  # fmt: skip
        wanted = session.query(Release).one().rows
    sync(sqlite_store, lake)
    rows = rows_of(take(asked, at=NOW + timedelta(minutes=10)))
    assert "L1" not in {row["来源编号"] for row in rows}
    assert len(rows) == wanted


@pytest.mark.parametrize(
    ("reason", "wanted", "said"),
    [("", Format.CSV, "用途"), (REASON, Format.PARQUET, "水印")],
)
def test_a_request_needs_a_reason_and_a_format_that_shows_the_mark(
    act, lake, settings, reason: str, wanted: Format, said: str
):
    with pytest.raises(InputError, match=said):
        act(
            lambda s: releases.ask(
                s, lake, recent(settings), wanted,
                reason=reason, actor=ANALYST, at=NOW, zone=settings.zone,
            )
        )  # fmt: skip


def test_a_request_for_nothing_is_told_so(act, lake, settings):
    long_ago = EventFilter(Period.last_days(1, until=local_day(NOW, settings.zone).replace(2001)))
    with pytest.raises(InputError, match="没有事件"):
        act(
            lambda s: releases.ask(
                s, lake, long_ago, Format.CSV,
                reason=REASON, actor=ANALYST, at=NOW, zone=settings.zone,
            )
        )  # fmt: skip


def test_the_journal_masks_what_was_typed_as_the_reason_of_a_refusal(act, asked, sqlite_store):
    note = "请联系张三 13800138000 再申请"
    act(lambda s: releases.refuse(s, asked, note=note, actor=MANAGER, at=NOW))
    with sqlite_store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert line.did == "release.refuse"
        assert "再申请" in str(line.detail)
        assert "13800138000" not in str(line.detail)


def test_a_refusal_has_a_reason_and_ends_it(act, asked, take):
    with pytest.raises(InputError, match="理由"):
        act(lambda s: releases.refuse(s, asked, note=" ", actor=MANAGER, at=NOW))
    act(lambda s: releases.refuse(s, asked, note="范围太大", actor=MANAGER, at=NOW))
    with pytest.raises(InputError, match="不能再审批"):
        approve(act, asked)
    with pytest.raises(Refused, match="未批准"):
        take(asked)


def test_a_request_is_taken_back_while_nobody_has_decided(act, asked):
    act(lambda s: releases.withdraw(s, asked, actor=ANALYST, at=NOW))
    with pytest.raises(InputError, match="已撤回"):
        act(lambda s: releases.withdraw(s, asked, actor=ANALYST, at=NOW))
    with pytest.raises(InputError, match="已撤回"):
        approve(act, asked)


def test_a_workbook_shows_the_mark_on_every_sheet_on_screen_and_on_paper(
    act, asked, take, tmp_path: Path
):
    approve(act, asked)
    taken = take(asked)
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"".join(export.chunks(taken.export, Format.XLSX)))
    with zipfile.ZipFile(file) as parts:
        pictures = [name for name in parts.namelist() if name.startswith("xl/media/")]
        sheets = [
            parts.read(name).decode()
            for name in parts.namelist()
            if name.startswith("xl/worksheets/sheet")
        ]
    assert pictures
    assert len(sheets) == 2
    for sheet in sheets:
        header = sheet.partition("<oddHeader>")[2].partition("</oddHeader>")[0]
        assert f"{asked}-1" in header
        assert ANALYST.name in header
        assert "<picture " in sheet


def test_the_journal_tells_who_asked_who_decided_and_who_took_a_mark(
    act, asked, take, sqlite_store: Store
):
    approve(act, asked)
    take(asked)
    with sqlite_store.read() as session:
        lines = journal.lines(session, subject=f"release:{asked}")
        told = {line.did: (line.actor, line.detail) for line in lines}
    assert told["release.ask"][0] == "fen"
    assert told["release.approve"][0] == "guan"
    assert told["release.take"][1]["watermark"] == f"{asked}-1"


def test_two_downloads_at_once_of_the_last_one_are_one(act, asked, take, sqlite_store: Store):
    approve(act, asked)

    def once(_n: int) -> bool:
        try:
            take(asked)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as four:
        assert sorted(four.map(once, range(4))) == [False, False, False, True]
