"""Hostile text comes in through every field, is kept as text, and goes out as text."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from govdash.access import load_user, query_for
from govdash.core.cells import unguard
from govdash.core.errors import InputError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.core.vocab import Asked, CaseAction, Disposition, Mute, ReportKind, Shown
from govdash.ingest import ImportReport, import_file, load_profile
from govdash.lake import Lake
from govdash.report import export, export_sources
from govdash.report.export import Format
from govdash.store import Store, areas, inbox, notifications, units
from govdash.store.models import Alert
from govdash.sync import sync
from govdash.web import registry
from govdash.workflow import (
    alerts,
    asking,
    attachments,
    cases,
    emergency,
    rules,
    signals,
    supervision,
)
from govdash.workflow.notify import muting
from tests.signed import signed_app
from tests.web import hostile, town

NAME = "hstlN<script>alert(9)</script>|=1+1"
PHONE = "13800138000"
FORMULA_NAME = "=cmd|' /C calc'!A0 hstlF"
RUNNING = re.compile(r"[=+@\t\r\n＝＋＠]|-(?!\d+(\.\d+)?\Z)")


@pytest.fixture
def city(app: AppTest, sqlite_store: Store, settings: Settings, tmp_path: Path) -> Store:
    """The small town with every hostile text imported, and hostile names of areas and units."""
    at = datetime.now(UTC)
    town.build(sqlite_store, settings, at)
    signed_app(app, sqlite_store, settings)
    with sqlite_store.write() as session:
        frame = areas.frame(session)
        frame.loc[frame["path"] == town.QUAY, "name"] = NAME
        frame.loc[frame["path"] == town.HILL, "name"] = FORMULA_NAME
        areas.put_areas(session, frame)
        told = pd.DataFrame([("U1", NAME, town.CITY, None), ("U2", FORMULA_NAME, town.QUAY, "U1")])
        units.put_units(
            session, told.set_axis(["code", "name", "area_path", "parent_code"], axis=1)
        )
    with sqlite_store.read() as session:
        operator = load_user(session)
    profile = load_profile(settings.data, "canonical")
    made = hostile.rows(at)
    for name, write in (("h.csv", hostile.write_csv), ("h.json", hostile.write_json)):
        file = tmp_path / name
        write(file, [row | {"source_id": f"{name[2]}{row['source_id']}"} for row in made])
        report = import_file(sqlite_store, settings, file, profile=profile, actor=operator, at=at)
        assert report.read == len(made)
        assert report.accepted > len(made) * 0.6, report.reasons
    sync(sqlite_store, Lake.open(settings))
    with sqlite_store.write() as session:
        rule = next(r for r in rules.current(session) if r.code == "street-category")
        day = local_day(at, settings.zone)
        found = town.finding(town.QUAY, town.LAMP, 40, 3.0, day)
        signals.raise_alert(session, found, rule, at=at)
    return sqlite_store


class Tags(HTMLParser):
    """Everything in a piece of HTML that could run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "form", "base", "meta", "link", "title"}:
            self.bad.append(tag)
        for name, value in attrs:
            ours = value is None or not value.strip().lower().startswith(("javascript:", "http"))
            if name.startswith("on") or (name in {"href", "src"} and not ours):
                self.bad.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("entry", registry.PAGES, ids=lambda entry: entry.url)
def test_every_page_shows_hostile_text_as_text(app: AppTest, city: Store, entry):
    app.run()
    app.query_params.update({"period": "7d"})
    app.switch_page(f"../../pages/{entry.file}")
    app.run()
    assert not app.exception
    assert not app.error
    parser = Tags()
    for piece in app.get("html"):
        parser.feed(str(piece.proto.body))
    assert parser.bad == []
    # Markdown is Streamlit's: HTML in it is off, but links and pictures in a text would be drawn.
    for piece in (*app.markdown, *app.caption, *app.info, *app.warning, *app.success):
        assert not getattr(piece.proto, "allow_html", False) or hostile.MARK not in piece.value
        assert "javascript:" not in piece.value
        assert "tracker.example" not in piece.value


def made(city: Store, settings: Settings, what: str = "events"):
    at = datetime.now(UTC)
    period = Period.last_days(7, until=local_day(at, settings.zone))
    with city.read() as session:
        query = query_for(load_user(session), EventFilter(period))
        lake = Lake.open(settings)
        return export_sources.of(what, session, lake, query, zone=settings.zone, as_of=at)


@pytest.mark.parametrize("what", export_sources.SOURCES)
def test_no_cell_of_a_csv_runs_and_a_book_holds_no_formula_and_no_link(
    city: Store, settings: Settings, what: str
):
    told = made(city, settings, what)
    text = b"".join(export.chunks(told, Format.CSV)).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell[:40] for cell in cells if RUNNING.match(cell)] == []
    book = b"".join(export.chunks(told, Format.XLSX))
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheets = [parts.read(n) for n in parts.namelist() if n.startswith("xl/worksheets/")]
        assert not any("externalLink" in name for name in parts.namelist())
    assert b"<f>" not in b"".join(sheets)
    assert b"<hyperlink" not in b"".join(sheets)


def test_the_same_texts_stand_in_every_format(city: Store, settings: Settings):
    """What was sent can be read in each format, less control characters and what is masked."""
    told = made(city, settings)
    rows = csv.DictReader(
        io.StringIO(b"".join(export.chunks(told, Format.CSV)).decode("utf-8-sig"))
    )
    titles = {"csv": {unguard(row["标题"]).replace("\r\n", "\n") for row in rows}}
    book = io.BytesIO(b"".join(export.chunks(told, Format.XLSX)))
    sheet = pd.read_excel(book, sheet_name="事件", engine="calamine", dtype=str)
    titles["xlsx"] = {unguard(str(v)).replace("_x000D_", "") for v in sheet["标题"]}
    table = pq.read_table(io.BytesIO(b"".join(export.chunks(told, Format.PARQUET))))
    titles["parquet"] = set(table["title"].to_pylist())
    features = json.loads(b"".join(export.chunks(told, Format.GEOJSON)))["features"]
    titles["geojson"] = {feature["properties"]["title"] for feature in features}
    assert titles.keys() == set(Format)
    for n, text in enumerate(hostile.TEXTS, start=1):
        if len(text) > 1000:
            continue
        found = {
            name: sorted(t for t in texts if f"{hostile.MARK}{n:02d}" in t)
            for name, texts in titles.items()
        }
        assert found["parquet"], text
        assert found["csv"] == found["parquet"] == found["geojson"], text
        assert len(found["xlsx"]) == len(found["parquet"]), text
    assert hostile.TEXTS[0] in titles["parquet"]
    assert hostile.TEXTS[9] in titles["csv"]
    assert hostile.TEXTS[5] in titles["csv"]


def test_negative_numbers_stay_numbers(city: Store, settings: Settings, tmp_path: Path):
    at = datetime.now(UTC)
    file = tmp_path / "west.csv"
    row = hostile.rows(at)[0] | dict.fromkeys(hostile.FIELDS, "") | {"lon": "-0.25", "title": "-5"}
    hostile.write_csv(file, [row | {"source_id": "west", "category": town.GARBAGE}])
    with city.read() as session:
        operator = load_user(session)
    import_file(
        city,
        settings,
        file,
        profile=load_profile(settings.data, "canonical"),
        actor=operator,
        at=at + timedelta(seconds=1),
    )
    sync(city, Lake.open(settings))
    text = b"".join(export.chunks(made(city, settings), Format.CSV)).decode("utf-8-sig")
    found = [r for r in csv.DictReader(io.StringIO(text)) if r["来源编号"] == "west"]
    assert (found[0]["经度"], found[0]["标题"]) == ("-0.25", "-5")


def big(city: Store, settings: Settings, file: Path, write: Callable[..., None]) -> ImportReport:
    at = datetime.now(UTC)
    plain = hostile.rows(at)[0] | dict.fromkeys(hostile.FIELDS, "") | {"category": town.GARBAGE}
    huge = "长" * (10 << 20 >> 1)  # 15 MB
    told = [plain | {"source_id": f"big-{field}", field: huge} for field in ("title", "text")]
    write(file, [*told, plain | {"source_id": "big-none", "title": "短"}])
    with city.read() as session:
        actor = load_user(session)
    profile = load_profile(settings.data, "canonical")
    return import_file(city, settings, file, profile=profile, actor=actor, at=at)


def test_ten_megabytes_in_a_field_reject_the_row_and_nothing_else(city, settings, tmp_path):
    report = big(city, settings, tmp_path / "big.csv", hostile.write_csv)
    assert (report.read, report.accepted, report.rejected) == (3, 1, 2), report
    assert report.reasons == {"text_too_long": 2}


def test_ten_megabytes_in_a_json_text_refuse_the_file_at_once(city, settings, tmp_path):
    """The reader of JSON looks at a text again with each piece of it: minutes for one field."""
    with pytest.raises(InputError, match="超过"):
        big(city, settings, tmp_path / "big.json", hostile.write_json)


def test_what_a_link_says_is_repeated_as_text_not_as_a_link(app: AppTest, city: Store):
    """`st.error` draws Markdown: words over an address of somebody's choice must not be a link."""
    trap = "[请重新登录](https://evil.example)"
    for url, key in (("alerts", "area"), ("cases", "category"), ("alerts", "alert")):
        app.run().switch_page(str(registry.entry_of(url).path))
        app.query_params[key] = trap
        app.run()
        said = [*app.error, *app.toast]
        assert any("evil.example" in box.value for box in said), url
        assert not any(trap in box.value for box in said), url
        app.query_params.clear()


def test_what_people_type_in_every_field_of_the_work_is_shown_as_text(
    app: AppTest, city: Store, settings: Settings
):
    """Cases, requests, marks, files, mutes, tasks at the sources, notices, messages; masked too."""
    plain = " ".join(hostile.TEXTS[n] for n in (0, 1, 2, 3, 4, 9, 10, 11, 12))
    said = f"{PHONE} {plain} 电话{PHONE}"
    at = datetime.now(UTC)
    with city.write() as session:
        user = load_user(session)
        one = cases.NewCase(
            title=said, description=said, address=said, category=town.GARBAGE, area_path=town.QUAY
        )
        case, other = (cases.open_case(session, one, actor=user, at=at) for _ in range(2))
        steps = (
            (CaseAction.ACCEPT, cases.StepForm(register_condition=said, note=said)),
            (CaseAction.DISPATCH, cases.StepForm(unit_code="U1", note=said)),
            (CaseAction.START, cases.StepForm(handler=said, note=said)),
        )
        for action, form in steps:
            cases.take_step(session, case.id, action, actor=user, at=at, form=form)
        cases.take_step(
            session, other.id, CaseAction.MERGE, actor=user, at=at,
            form=cases.StepForm(leading=case.id, note=said),
        )  # fmt: skip
        later = at + timedelta(days=1)
        supervision.supervise(session, case.id, reason=said, due_at=later, actor=user, at=at)
        asking.ask(session, case.id, Asked.EXTENSION, reason=said, actor=user, at=at)
        pdf = b"%PDF-1.7\n%%EOF\n"
        attachments.attach(
            session, settings.evidence, case.id, shown=Shown.BEFORE, name=said[:200], content=pdf,
            actor=user, at=at,
        )  # fmt: skip
        emergency.make(session, case.id, ReportKind.FIRST, actor=user, at=at)
        alert = session.scalars(select(Alert).order_by(Alert.id.desc())).first()
        assert alert is not None
        alerts.dismiss(session, alert.id, Disposition.DATA_ERROR, note=said, actor=user, at=at)
        mute = muting.NewMute(
            kind=Mute.PLANNED, starts_at=at, ends_at=later, reason=said, name=said[:60],
            area_path=town.QUAY,
        )  # fmt: skip
        muting.add(session, mute, actor=user, at=at)
        told = {
            "key": "n", "topic": "t", "why": plain, "title": plain, "body": plain,
            "link": "/cases?case=1", "target": plain, "area_path": town.QUAY,
        }  # fmt: skip
        notifications.add(
            session,
            [told | {"recipient": user.login, "channel": "email", "created_at": at, "due_at": at}],
        )
        del told["why"], told["target"], told["key"], told["topic"]
        message = told | {"key": "m", "login": user.login, "level": None, "unit_code": None}
        inbox.put(session, message | {"at": at, "read_at": None})
        case_id, alert_id = case.id, alert.id
    looked_at = (
        ("cases", {"case": str(case_id)}),
        ("cases", {"case_view": "看板"}),
        ("alerts", {"alert": str(alert_id)}),
        ("supervision", {}),
        ("inbox", {}),
        ("notices", {}),
        ("mutes", {}),
        ("data", {"tab": "数据质量"}),
    )
    for url, params in looked_at:
        app.run().query_params.clear()
        app.switch_page(str(registry.entry_of(url).path))
        app.query_params.update(params)
        app.run()
        assert not app.exception, url
        assert not app.error, url
        parser = Tags()
        drawn = "".join(str(piece.proto.body) for piece in app.get("html"))
        parser.feed(drawn)
        assert parser.bad == [], url
        drawn += " ".join(table.value.to_string() for table in app.dataframe)
        assert hostile.MARK in drawn, url
        assert PHONE not in drawn, url
        for piece in (*app.markdown, *app.caption, *app.info, *app.warning, *app.success):
            assert not re.search(r"(?<!\\)\]\((javascript|http)", piece.value), url
        for piece in (*app.button, *app.radio):
            assert hostile.MARK not in piece.label, url
