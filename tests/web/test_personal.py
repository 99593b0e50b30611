"""No page and no export shows who somebody is, and one record may be looked at with a reason."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import load_user, query_for
from govdash.core.filters import EventFilter, Period
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import CaseAction, CaseState, Disposition
from govdash.ingest import accept_frame
from govdash.lake import Lake
from govdash.report import export, export_sources
from govdash.report.export import Format
from govdash.store import Store, accounts, areas, journal
from govdash.store.event_rows import event_id
from govdash.store.models import JournalLine
from govdash.sync import sync
from govdash.web import registry
from govdash.workflow import alerts, cases, feedback, reporter
from govdash.workflow.flow import CASE_FLOW
from govdash.workflow.forms import NewCase, StepForm
from tests.signed import signed_app
from tests.web import town

PERSON = {
    "reporter_name": "欧阳震天",
    "reporter_contact": "16412345678",
    "reporter_identity": "990101195603041234",
    "reporter_address": "临江街道望湖苑7号楼2单元1103室",
}
TYPED = "请打16412345678找欧阳震天先生，身份证990101195603041234，家住望湖苑7号楼2单元1103室"
#: What may be read nowhere: the middles that every mask hides.
SECRET = ("16412345678", "震天", "19560304", "望湖苑", "1103室")
REASON = "电话回访核实位置"
ROAD = (
    CaseAction.ACCEPT, CaseAction.DISPATCH, CaseAction.START, CaseAction.RESOLVE,
    CaseAction.VERIFY, CaseAction.CLOSE,
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """The folder of an installation, to copy from."""
    var = tmp_path_factory.mktemp("personal") / "var"
    var.mkdir()
    settings = Settings.from_environment({"GOVDASH_VAR": str(var)})
    shutil.copy(migrated_sqlite, var / "govdash.db")
    store = Store.of(settings)
    fill(store, settings)
    store.close()
    return var


@pytest.fixture
def city(built: Path, app: AppTest, settings: Settings) -> Iterator[Store]:
    """The small town with one reporter, and the same texts in every field that people type in."""
    shutil.copytree(built, settings.var)
    store = Store.of(settings)
    signed_app(app, store, settings)
    yield store
    store.close()


def fill(store: Store, settings: Settings) -> None:
    at = datetime.now(UTC) - timedelta(hours=2)
    town.build(store, settings, at)
    with store.write() as session:
        row = {
            "source_id": "P1", "reported_at": at, "category": town.LAMP, "lon": 0.5, "lat": 0.5,
            "title": TYPED, "text": TYPED, "address": TYPED, "status_hint": TYPED[:40],
            "channel": "hotline", **PERSON,
        }  # fmt: skip
        accept_frame(
            session, pd.DataFrame([row]), source="town", settings=settings, at=at,
            areas=areas.frame(session),
        )  # fmt: skip
        user = load_user(session)
        new = NewCase(
            title=TYPED, description=TYPED, address=TYPED, category=town.LAMP,
            area_path=town.QUAY, event_id=event_id("town", "P1"),
        )  # fmt: skip
        form = StepForm(
            note=TYPED, unit_code="U2", register_condition=TYPED, close_condition=TYPED,
            result=TYPED, disposition=next(iter(Disposition)), handler=f"甲{TYPED}", verifier=TYPED,
        )  # fmt: skip
        cases.open_case(session, new, actor=user, at=at)  # waits, and one that went all the way
        closed = cases.open_case(session, new, actor=user, at=at)
        for n, action in enumerate(ROAD, start=1):
            when = at + timedelta(minutes=n)
            cases.take_step(session, closed.id, action, actor=user, at=when, form=form)
        feedback.record(
            session, closed.id, solved=True, satisfaction=5, note=TYPED, actor=user,
            at=at + timedelta(minutes=30),
        )  # fmt: skip
        alerts.dismiss(session, 1, next(iter(Disposition)), note=TYPED, actor=user, at=at)
    lake = Lake.open(settings)
    sync(store, lake)
    lake.close()


def on_screen(app: AppTest) -> str:
    """Everything that the browser is sent: every element, whatever its kind."""
    blocks, told = [app.main, app.sidebar], []
    while blocks:
        block = blocks.pop()
        for node in block.children.values():
            if hasattr(node, "children"):
                blocks.append(node)
            proto = getattr(node, "proto", None)
            if proto is not None:
                told.append(proto.SerializeToString().decode("utf-8", "ignore"))
    return "\n".join(told)


def leaked(text: str) -> list[str]:
    return [part for part in SECRET if part in text]


def open_(app: AppTest, url: str, **params: str) -> AppTest:
    entry = registry.entry_of(url)
    app.run()
    app.query_params.update({"period": "7d", **params})
    app.switch_page(f"../../pages/{entry.file}")
    app.run()
    assert not app.exception
    return app


#: Records that hold the texts, by the page that shows one at a time.
RECORDS = {"cases": ({"case": "1"}, {"case": "2"}), "alerts": ({"alert": "1"},)}
LOOKS = [(entry.url, one) for entry in registry.PAGES for one in RECORDS.get(entry.url, ({},))]


@pytest.mark.parametrize(("url", "record"), LOOKS, ids=str)
def test_no_page_shows_who_somebody_is(app: AppTest, city: Store, url: str, record: dict[str, str]):
    shown = on_screen(open_(app, url, **record))
    assert len(shown) > 500
    assert leaked(shown) == []


def test_the_pages_of_records_do_show_them(app: AppTest, city: Store):
    """Else the test above would find nothing because there is nothing."""
    for one in ("1", "2"):
        assert "164****5678" in on_screen(open_(app, "cases", case=one))
    assert "164****5678" in on_screen(open_(app, "alerts", alert="1"))


@pytest.mark.parametrize("what", export_sources.SOURCES)
@pytest.mark.parametrize("chosen", Format)
def test_no_export_holds_who_somebody_is(
    city: Store, settings: Settings, what: str, chosen: Format
):
    at = datetime.now(UTC)
    period = Period.last_days(7, until=local_day(at, settings.zone))
    with city.read() as session:
        query = query_for(load_user(session), EventFilter(period))
        lake = Lake.open(settings)
        told = export_sources.of(what, session, lake, query, zone=settings.zone, as_of=at)
    content = b"".join(export.chunks(told, chosen))
    assert told.rows > 0
    assert leaked(_unpacked(content, chosen)) == []


def _unpacked(content: bytes, chosen: Format) -> str:
    if chosen is Format.XLSX:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist())
    if chosen is Format.PARQUET:
        return pq.read_table(io.BytesIO(content)).to_pandas().to_csv()
    return content.decode().encode().decode("unicode_escape", "ignore") + content.decode()


def lines(store: Store) -> list[JournalLine]:
    with store.read() as session:
        found = [line for line in journal.lines(session, limit=999) if line.did == reporter.DID]
        session.expunge_all()
        return found


def ask(app: AppTest, reason: str) -> AppTest:
    app.text_input("gw_unmask_reason_1").input(reason)
    next(button for button in app.button if button.label == "查看").click()
    return app.run()


def test_the_reporter_is_shown_masked(app: AppTest, city: Store):
    shown = on_screen(open_(app, "cases", case="1"))
    for part in ("诉求人", "欧阳**", "164****5678", "990101********1234", "临江街道***"):
        assert part in shown


def test_with_a_reason_one_record_is_shown_once_and_journalled(app: AppTest, city: Store):
    open_(app, "cases", case="1")
    shown = on_screen(ask(app, REASON))
    assert not app.exception
    for text in PERSON.values():
        assert text in shown
    (line,) = lines(city)
    assert (line.subject.startswith("case:"), line.note) == (True, REASON)
    assert not leaked(f"{line.note} {line.detail} {line.subject}")
    assert not leaked(str(app.session_state._state.filtered_state))
    assert leaked(on_screen(app.run())) == []
    assert len(lines(city)) == 1


def test_without_a_reason_nothing_is_shown_and_nothing_is_journalled(app: AppTest, city: Store):
    open_(app, "cases", case="1")
    for reason in ("", "回访", "。。。。。。"):
        assert leaked(on_screen(ask(app, reason))) == []
        assert "理由" in app.error[0].value
    assert lines(city) == []


def test_without_the_permission_there_is_no_way_to_ask(app: AppTest, city: Store):
    held = [p.value for p in Permission if p is not Permission.PERSON_UNMASK]
    with city.write() as session:
        accounts.put_role(session, code="local_operator", name="无权", permissions=held)
    shown = on_screen(open_(app, "cases", case="1"))
    assert "欧阳**" in shown
    assert [b for b in app.button if b.label == "查看"] == []
    assert [box for box in app.text_input if "理由" in box.label] == []


def test_the_road_of_the_test_is_a_road_of_the_flow():
    states = {state for state, _ in CASE_FLOW}
    assert CaseState.RECEIVED in states
    assert {action for _, action in CASE_FLOW} >= set(ROAD)
