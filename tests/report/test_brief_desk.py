"""Reports are edited as drafts, signed by another person, numbered, kept, and taken out marked."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError

from govdash.access import SYSTEM, User, load_user
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import BriefState
from govdash.lake import Lake
from govdash.report import releases
from govdash.report.brief import desk
from govdash.report.brief.desk import BriefFormat
from govdash.report.brief.document import Document
from govdash.store import Store, journal
from govdash.store.models import Brief
from tests.conftest import NOW
from tests.report.briefing import made, making
from tests.report.test_brief_making import WEEK
from tests.web import town


@pytest.fixture
def signer(lived: tuple[Store, Lake]) -> User:
    with lived[0].read() as session:
        return replace(load_user(session), login="chief", name="周维")


def drafted(lived: tuple[Store, Lake], *, area: str | None = None) -> tuple[int, int]:
    """Make a draft by the local operator; return its id and version."""
    store, lake = lived
    with store.read() as session:
        of = making(session, lake, *WEEK, as_of=NOW, area=area)
        document = made(of)
    with store.write() as session:
        brief = desk.draft(session, document, of, actor=load_user(session))
        return brief.id, brief.version


def test_a_draft_is_signed_by_another_numbered_and_changed_no_more(
    lived: tuple[Store, Lake], signer: User
):
    store, _ = lived
    number, version = drafted(lived)
    with store.write() as session, pytest.raises(Refused, match="另一个人签发"):
        desk.issue(session, number, actor=load_user(session), at=NOW)
    with store.write() as session:
        issued = desk.issue(session, number, actor=signer, at=NOW)
        assert issued.official == f"城运专题报告〔{WEEK[1].year}〕第1期"
        document = Document.load(issued.document)
        assert (document.number, document.signed_by) == (issued.official, "周维")
    with store.write() as session, pytest.raises(Refused, match="不能再改"):
        desk.edit(
            session, number, "overall", "改了", version=version, actor=load_user(session), at=NOW
        )


def test_the_database_itself_lets_nobody_sign_his_own(lived: tuple[Store, Lake]):
    store, _ = lived
    number, _ = drafted(lived)
    with store.read() as session:
        brief = session.get(Brief, number)
        assert brief is not None
        brief.state, brief.official, brief.settled_at = BriefState.ISSUED, "x", NOW
        brief.signed_by = brief.written_by
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_a_number_without_ground_stops_the_signature_until_it_was_checked(
    lived: tuple[Store, Lake], signer: User
):
    store, _ = lived
    number, version = drafted(lived)
    text = "本周接报 999 件，联系人张三丰 13912345678。\n\n另起一段。"
    with store.write() as session:
        strange = desk.edit(
            session, number, "overall", text, version=version, actor=load_user(session), at=NOW
        )
        assert [one.number for one in strange] == ["999"]
        brief = session.get(Brief, number)
        assert brief is not None
        kept = Document.load(brief.document)
        assert len(kept.sections[0].paragraphs) == 2
        assert "13912345678" not in kept.sections[0].paragraphs[0]
        assert kept.edited
    with store.write() as session, pytest.raises(InputError, match="999"):
        desk.issue(session, number, actor=signer, at=NOW)
    with store.write() as session:
        assert desk.issue(session, number, actor=signer, at=NOW, anyway=True).official


def test_two_who_edit_do_not_overwrite_one_another(lived: tuple[Store, Lake]):
    store, _ = lived
    number, version = drafted(lived)
    with store.write() as session:
        desk.edit(session, number, "kinds", "甲", version=version, actor=SYSTEM, at=NOW)
    with store.write() as session, pytest.raises(Conflict, match="别人修改过"):
        desk.edit(session, number, "kinds", "乙", version=version, actor=SYSTEM, at=NOW)


@pytest.mark.parametrize("wanted", list(BriefFormat))
def test_each_copy_has_a_watermark_that_the_journal_traces(
    lived: tuple[Store, Lake], signer: User, wanted: BriefFormat
):
    store, _ = lived
    number, _ = drafted(lived)
    with store.write() as session:
        first = desk.take(session, number, wanted, actor=signer, at=NOW)
        copy = desk.take(session, number, wanted, actor=signer, at=NOW)
    assert (first.mark.number[-2:], copy.mark.number[-2:]) == ("-1", "-2")
    assert copy.name.endswith(f"（草稿）.{wanted}")
    if wanted is BriefFormat.PDF:
        page = PdfReader(BytesIO(copy.content)).pages[0].extract_text()
        assert "周维" in page.replace(" ", "").replace("\n", "")
    with store.write() as session:
        told = releases.trace(session, copy.mark.number, actor=SYSTEM, at=NOW)
        assert [line[1:] for line in told.lines][-1] == ("chief", "brief.take", copy.mark.number)
        assert len(journal.lines(session, subject=f"brief:{told.number}", limit=10)) == 4


def test_a_report_is_seen_by_whose_scope_covers_it_alone(lived: tuple[Store, Lake], signer: User):
    store, _ = lived
    whole, _ = drafted(lived)
    east, _ = drafted(lived, area=town.EAST)
    west = replace(signer, scope=Scope(areas=(town.WEST,)))
    mine = replace(signer, scope=Scope(areas=(town.EAST,)))
    with store.read() as session:
        assert desk.opened(session, east, mine).id == east
        for number, viewer in ((whole, mine), (whole, west), (east, west)):
            with pytest.raises(NotFound):
                desk.opened(session, number, viewer)
    for number in (whole, east):
        with store.write() as session, pytest.raises(NotFound):
            desk.take(session, number, BriefFormat.PDF, actor=west, at=NOW)
        with store.write() as session, pytest.raises(NotFound):
            desk.issue(session, number, actor=west, at=NOW)


def test_who_sees_a_district_writes_no_report_of_the_city(signer: User):
    mine = replace(signer, scope=Scope(areas=(town.EAST,)))
    desk.may_write(mine, town.QUAY)
    for area in (None, town.WEST, town.CITY):
        with pytest.raises(Refused, match="管辖范围"):
            desk.may_write(mine, area)
    reader = replace(signer, permissions=frozenset({Permission.BRIEF_READ}))
    with pytest.raises(Refused):
        desk.may_write(reader, None)


def test_a_draft_is_dropped_with_a_reason_and_stays_in_the_list(lived: tuple[Store, Lake]):
    store, _ = lived
    number, _ = drafted(lived)
    with store.write() as session, pytest.raises(InputError, match="原因"):
        desk.drop(session, number, reason=" ", actor=SYSTEM, at=NOW)
    with store.write() as session:
        assert (
            desk.drop(session, number, reason="重做", actor=SYSTEM, at=NOW).state.label == "已作废"
        )
