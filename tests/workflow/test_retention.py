"""Retention: a policy as data, a dry run, deletion in batches that leaves every count as it was."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from govdash import sync
from govdash.access import SYSTEM, seed_local_operator
from govdash.cli import app
from govdash.core.errors import SettingsError
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import CaseAction, Shown
from govdash.lake import Lake
from govdash.store import Store, changes, events, imports, inbox, journal, persons
from govdash.store.imports import Progress, Rejected
from govdash.store.models import CaseFile, Event, EventPerson, RejectedRow
from govdash.workflow import cases
from govdash.workflow.retention import DataClass, Policy, carry_out, plan
from tests.lake.events import canonical
from tests.workflow.conftest import furnish

AT = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
#: Four events, two of them older than two years, one older than six.
DAYS = ("2019-05-01", "2023-05-01", "2026-05-01", "2026-06-01")


def filled(store: Store) -> None:
    rows = [
        {"source_id": str(n), "reported_at": day, "title": f"标题{n}", "text": f"内容{n}"}
        for n, day in enumerate(DAYS)
    ]
    frame = canonical(*rows).assign(reporter_name=[f"张{n}" for n in range(4)], address="人民路1号")
    with store.write() as session:
        events.accept(session, frame, import_id=None, at=AT)
        for n, began in enumerate((AT - timedelta(days=100), AT)):
            run = imports.start(session, "a.csv", file_sha256="", profile="p", by="x", at=began)
            rejected = [Rejected(k, ("x",), {"联系人": "张三"}) for k in range(1, 4 + n)]
            imports.progress(session, run, Progress(0, len(rejected), 0, {}, {}), rejected)


def counts(session) -> pd.DataFrame:
    """Day × area × category, as every statistic begins."""
    day = func.date(Event.reported_at)
    found = session.execute(
        select(day, Event.area_path, Event.category, func.count())
        .where(Event.superseded_at.is_(None))
        .group_by(day, Event.area_path, Event.category)
    )
    return pd.DataFrame([tuple(row) for row in found]).sort_values(0, ignore_index=True)


def policy() -> Policy:
    return Policy.load(ROOT / "data")


def test_the_shipped_policy_names_every_class_and_keeps_the_journal():
    days = policy().days
    assert set(days) == set(DataClass)
    assert days[DataClass.JOURNAL] is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"journal": 179}, "至少保存 180 天"),
        ({"person_fields": 0}, "person_fields"),
        ({"person_fields": "永久"}, "person_fields"),
        ({"sessions": True}, "sessions"),
        ({"logs": 3}, "logs"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_in_words(tmp_path: Path, change: dict, said: str):
    told = yaml.safe_load((ROOT / "data/retention.yaml").read_text("utf-8"))
    (tmp_path / "retention.yaml").write_text(yaml.safe_dump(told | change), "utf-8")
    with pytest.raises(SettingsError, match=said):
        Policy.load(tmp_path)


def test_what_is_due_is_counted_and_nothing_is_touched(store: Store, settings: Settings):
    filled(store)
    with store.read() as session:
        due = {one.data: one.n for one in plan(session, settings, policy(), at=AT)}
        assert due == {
            DataClass.PERSON_FIELDS: 2,
            DataClass.EVENT_TEXTS: 1,
            DataClass.REJECTED_ROWS: 3,
            DataClass.UPLOADS: 0,
            DataClass.CASE_TEXTS: 0,
            DataClass.CASE_FILES: 0,
            DataClass.ALERT_NOTES: 0,
            DataClass.NOTICES: 0,
            DataClass.MESSAGES: 0,
            DataClass.SESSIONS: 0,
        }
        assert persons.counts(session) != {}
        assert session.scalar(select(func.count()).select_from(RejectedRow)) == 7


def test_deletion_keeps_every_count_and_ends_where_nothing_is_due(store: Store, settings: Settings):
    filled(store)
    lake = Lake.open(settings)
    sync.sync(store, lake)
    with store.read() as session:
        before = counts(session)
        due = plan(session, settings, policy(), at=AT)
    for one in due:
        assert carry_out(store, settings, one, batch=1) == one.n
    with store.read() as session:
        pd.testing.assert_frame_equal(counts(session), before)
        assert {one.n for one in plan(session, settings, policy(), at=AT)} == {0}
        old, *others = session.scalars(select(Event).order_by(Event.reported_at)).all()
        assert (old.title, old.text, old.address) == ("", "", "")
        assert all(event.title and event.address for event in others)
        assert session.scalar(select(func.count()).select_from(EventPerson)) == 2
        assert session.scalar(select(func.count()).select_from(RejectedRow)) == 4
    sync.sync(store, lake)
    assert sync.parity(store, lake).ok
    with store.read() as session:
        total = session.scalar(select(func.count()).select_from(Event))
    assert lake.manifest.rows == total
    lake.close()


def test_the_lake_loses_the_texts_too(sqlite_store: Store, settings: Settings):
    filled(sqlite_store)
    lake = Lake.open(settings)
    sync.sync(sqlite_store, lake)
    with sqlite_store.read() as session:
        due = plan(session, settings, policy(), at=AT)
        seq = changes.newest(session)
    for one in due:
        carry_out(sqlite_store, settings, one, batch=10)
    assert sync.parity(sqlite_store, lake).ok  # what waits for the sync is no difference
    sync.sync(sqlite_store, lake)
    assert sync.parity(sqlite_store, lake).ok
    with sqlite_store.read() as session:
        assert changes.newest(session) > seq
    named = {segment.file for segment in lake.manifest.segments}
    told = [(lake.root / file).read_bytes() for file in named]
    assert not any("标题0".encode() in content for content in told)
    lake.close()


def test_the_database_lets_texts_be_emptied_and_nothing_else_be_changed(store: Store):
    filled(store)
    for values in ({"title": "改"}, {"title": "", "text": "改", "address": ""}, {"category": "X"}):
        with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
            session.execute(update(Event).where(Event.source_id == "0").values(values))
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text("DELETE FROM events"))


def test_the_command_says_what_would_go_then_deletes_it_with_one_line(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    filled(sqlite_store)
    with sqlite_store.write() as session:
        seed_local_operator(session, at=AT)
    uploads = settings.var / "uploads" / "abc"
    uploads.mkdir(parents=True)
    (uploads / "旧.csv").write_text("张三", "utf-8")
    old = (datetime.now(UTC) - timedelta(days=30)).timestamp()
    os.utime(uploads, (old, old))
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    monkeypatch.delenv("GOVDASH_DATABASE_URL", raising=False)
    dry = CliRunner().invoke(app, ["retention", "run", "--dry-run", "--json"])
    assert dry.exit_code == 0, dry.output
    told = json.loads(dry.stdout)
    assert (told["uploads"]["due"], told["uploads"]["deleted"]) == (1, 0)
    assert uploads.is_dir()
    assert lines(sqlite_store) == []
    real = CliRunner().invoke(app, ["retention", "run", "--batch", "1"])
    assert real.exit_code == 0, real.output
    assert "人员字段" in real.output
    assert not uploads.exists()
    (detail,) = lines(sqlite_store)
    assert detail["uploads"] == {"days": 7, "due": 1}
    with sqlite_store.read() as session:
        assert set(persons.counts(session).values()) == {2}


def lines(store: Store) -> list[dict]:
    with store.read() as session:
        return [x.detail for x in journal.lines(session, limit=99) if x.did == "retention.run"]


def test_files_go_when_the_last_of_their_cases_is_old_enough_and_messages_by_their_day(
    sqlite_store: Store, settings: Settings
):
    furnish(sqlite_store, AT)
    old, digest = AT - timedelta(days=2000), "a" * 64
    folder = settings.evidence / digest[:2]
    folder.mkdir(parents=True)
    for name in (digest, f"{digest}.thumb"):
        (folder / name).write_bytes(b"x")
    with sqlite_store.write() as session:
        for ended in (old, AT):
            case = cases.open_case(
                session, cases.NewCase(title="垃圾", category="A-06010", area_path="/990100/"),
                actor=SYSTEM, at=old,
            )  # fmt: skip
            cases.take_step(
                session, case.id, CaseAction.REJECT, actor=SYSTEM, at=ended,
                form=cases.StepForm(note="不属立案范围"),
            )  # fmt: skip
            session.add(
                CaseFile(
                    case_id=case.id, shown=Shown.BEFORE, name="a.png", mime="image/png", size=1,
                    sha256=digest, added_by="x", added_at=old,
                )
            )  # fmt: skip
        for n, at in enumerate((old, AT)):
            inbox.put(
                session,
                {
                    "key": str(n), "login": "duty", "title": "", "body": "", "link": "/cases",
                    "level": None, "area_path": None, "unit_code": None, "at": at,
                },
            )  # fmt: skip
    kinds = {DataClass.CASE_FILES: 0, DataClass.MESSAGES: 1}
    with sqlite_store.read() as session:
        told = {due.data: due for due in plan(session, settings, policy(), at=AT)}
    assert {data: told[data].n for data in kinds} == kinds  # one of the two cases is young
    assert carry_out(sqlite_store, settings, told[DataClass.MESSAGES], batch=10) == 1
    later = AT + timedelta(days=2000)
    with sqlite_store.read() as session:
        due = {one.data: one for one in plan(session, settings, policy(), at=later)}
    assert due[DataClass.CASE_FILES].n == 1
    assert carry_out(sqlite_store, settings, due[DataClass.CASE_FILES], batch=10) == 1
    assert list(folder.iterdir()) == []
    with sqlite_store.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseFile)) == 2  # the list stays
