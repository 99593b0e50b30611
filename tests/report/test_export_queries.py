"""Exports of a real store and lake: the rows of the query, by command and over HTTP, and back."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from govdash.access import load_user, query_for
from govdash.access.keys import make_key, revoke
from govdash.api.exports import export_routes
from govdash.cli.export import app
from govdash.core.filters import EventFilter, Period
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.ingest import import_file, load_profile
from govdash.lake import Lake, queries
from govdash.report import export, export_sources
from govdash.report.export import Format
from govdash.report.export_table import Export
from govdash.store import Store, accounts, journal
from tests.signed import cookie, sign_in
from tests.web import town


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def built(sqlite_store: Store, settings: Settings, at: datetime) -> Store:
    town.build(sqlite_store, settings, at)
    return sqlite_store


@pytest.fixture
def asked(built: Store, settings: Settings, at: datetime) -> Callable[..., Export]:
    """Make the export of a choice over the last weeks, as the local operator sees it."""

    def make(what: str = "events", **chosen: object) -> Export:
        period = Period.last_days(30, until=local_day(at, settings.zone))
        with built.read() as session:
            query = query_for(load_user(session), EventFilter(period, **chosen))
            lake = Lake.open(settings)
            return export_sources.of(what, session, lake, query, zone=settings.zone, as_of=at)

    return make


@pytest.fixture
def client(built: Store, settings: Settings) -> TestClient:
    routes = export_routes(lambda: built, lambda: Lake.open(settings), settings)
    return TestClient(Starlette(routes=routes), cookies=cookie(sign_in(built, settings)))


@pytest.fixture
def run(built: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    return lambda *words: CliRunner().invoke(app, list(words))


def read_csv(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def test_the_export_holds_exactly_the_rows_of_the_query_in_their_order(asked, settings, at):
    table = asked(areas=(town.QUAY,), categories=(town.GARBAGE,))
    exported = read_csv(b"".join(export.chunks(table, Format.CSV)))
    period = Period.last_days(30, until=local_day(at, settings.zone))
    with Store.open(settings.database_url).read() as session:
        query = query_for(
            load_user(session),
            EventFilter(period, areas=(town.QUAY,), categories=(town.GARBAGE,)),
        )
    shown = queries.rows(Lake.open(settings), query, limit=10_000)
    assert [row["事件编号"] for row in exported] == shown["event_id"].tolist()
    assert len(exported) == table.rows > 100
    assert {row["区域"] for row in exported} == {"临江区 / 码头街道"}
    assert {row["类别"] for row in exported} == {"暴露垃圾"}
    assert {row["内容"] for row in exported} == {"'=垃圾没有清运，影响通行"}


def test_an_event_in_no_area_is_exported_as_such(asked):
    exported = read_csv(b"".join(export.chunks(asked(unplaced=True), Format.CSV)))
    assert {row["来源编号"] for row in exported} == {"N1", "N2", "N3"}
    assert {row["区域"] for row in exported} == {"未落格"}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx", "geojson"])
def test_what_was_exported_comes_back_as_duplicates(
    asked, built: Store, settings: Settings, at: datetime, tmp_path: Path, suffix: str
):
    written = export.write(asked(), tmp_path / f"事件.{suffix}")
    with built.read() as session:
        actor = load_user(session)
    report = import_file(
        built,
        settings,
        written.path,
        profile=load_profile(settings.data, "canonical"),
        actor=actor,
        at=at + timedelta(minutes=1),
    )
    assert (report.read, report.rejected) == (written.rows, 0)
    assert report.duplicate == written.rows, report


def test_alerts_and_cases_are_exported_with_their_labels(asked):
    alerts = read_csv(b"".join(export.chunks(asked("alerts"), Format.CSV)))
    assert len(alerts) == 3
    assert alerts[0]["处置状态"] == "待签收"
    assert alerts[0]["窗口首日"]
    assert read_csv(b"".join(export.chunks(asked("cases"), Format.CSV))) == []


def test_the_command_writes_file_and_sidecar_and_one_journal_line(run, built, tmp_path):
    out = tmp_path / "事件.parquet"
    told = run("events", "--out", str(out), "--area", town.HILL, "--json")
    assert told.exit_code == 0, told.output
    said = json.loads(told.stdout)
    assert said["rows"] == pq.read_table(out).num_rows > 0
    sidecar = json.loads((tmp_path / "事件.parquet.meta.json").read_text())
    assert sidecar["query"]["area"] == town.HILL
    assert sidecar["sha256"] == said["sha256"]
    with built.read() as session:
        told = [
            (line.subject, line.detail["rows"])
            for line in journal.lines(session)
            if line.did == "export"
        ]
    assert told == [("events", said["rows"])]


def test_a_folder_gets_a_file_named_by_period_and_as_of(run, tmp_path):
    told = run("alerts", "--out", str(tmp_path), "--from", "2026-01-01", "--to", "2026-12-31")
    assert told.exit_code == 0, told.output
    names = [file.name for file in tmp_path.glob("*.csv")]
    assert len(names) == 1
    assert names[0].startswith("监测提示_20260101-20261231_截至")


def test_the_route_streams_a_download_with_a_chinese_name(client, built):
    day = datetime.now(UTC).date()
    params = {"from": str(day - timedelta(days=30)), "to": str(day + timedelta(days=1))}
    answer = client.get("/api/v1/exports/events.csv", params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "filename*=UTF-8''%E4%BA%8B%E4%BB%B6_" in answer.headers["content-disposition"]
    assert len(read_csv(answer.content)) > 300
    with built.read() as session:
        assert journal.lines(session)[0].did == "export"


def test_the_route_opens_as_a_book_with_the_query_first(client):
    answer = client.get("/api/v1/exports/events.xlsx", params={"period": "ignored"})
    book = pd.read_excel(io.BytesIO(answer.content), sheet_name=None, engine="calamine")
    assert list(book) == ["说明", "事件"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("events.exe", 404),
        ("secrets.csv", 404),
        ("events.csv?from=yesterday", 400),
    ],
)
def test_the_route_says_what_is_wrong(client, path, status):
    answer = client.get(f"/api/v1/exports/{path}")
    assert answer.status_code == status
    assert answer.json()["message"]


def test_without_the_right_nothing_goes_out(client, run, built, tmp_path):
    with built.write() as session:
        reads = [Permission.EVENT_READ.value]
        accounts.put_role(session, code="local_operator", name="只读", permissions=reads)
    assert client.get("/api/v1/exports/events.csv").status_code == 403
    told = run("events", "--out", str(tmp_path / "a.csv"))
    assert told.exit_code != 0
    assert not (tmp_path / "a.csv").exists()


def test_a_key_takes_out_what_it_covers_and_is_named_in_the_journal(client, built, at):
    with built.write() as session:
        key = make_key(
            session,
            actor=load_user(session),
            name="数据共享平台",
            owner="operator",
            permissions=[Permission.EVENT_READ, Permission.EVENT_EXPORT],
            expires_at=at + timedelta(days=1),
            at=at,
            areas=[town.EAST],
        )
    sent = {"Authorization": f"Bearer {key}"}
    day = at.date()
    params = {"from": str(day - timedelta(days=30)), "to": str(day + timedelta(days=1))}
    answer = client.get("/api/v1/exports/events.csv", params=params, headers=sent)
    rows = read_csv(answer.content)
    assert {row["区域代码"][: len(town.EAST)] for row in rows} == {town.EAST}
    assert client.get("/api/v1/exports/cases.csv", headers=sent).status_code == 403
    with built.read() as session:
        line = journal.lines(session)[0]
        assert (line.did, line.via) == ("export", f"api:{key[:12]}")


@pytest.mark.parametrize("sent", ["Bearer gdk_00000000_x", "Bearer", "Basic b3BlcmF0b3I6", "x"])
def test_a_bad_key_is_refused_and_no_session_makes_up_for_it(client, sent):
    answer = client.get("/api/v1/exports/events.csv", headers={"Authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_and_the_refusal_is_journalled(client, built, at):
    with built.write() as session:
        operator = load_user(session)
        key = make_key(
            session,
            actor=operator,
            name="旧系统",
            owner="operator",
            permissions=[Permission.EVENT_READ],
            expires_at=at + timedelta(days=1),
            at=at,
            whole_scope=True,
        )
        revoke(session, key[:12], actor=operator, at=at)
    sent = {"Authorization": f"Bearer {key}"}
    answer = client.get("/api/v1/exports/events.csv", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_key")
    with built.read() as session:
        line = journal.lines(session)[0]
        assert (line.did, line.result, line.detail) == ("key.use", "refused", {"key": key[:12]})


def test_a_viewer_of_one_district_exports_that_district(client, built):
    with built.write() as session:
        account = accounts.account(session, "operator")
        assert account is not None
        account.whole_city = False
        session.add(accounts.UserArea(user_id=account.id, area_path=town.EAST))
    day = datetime.now(UTC).date()
    params = {"from": str(day - timedelta(days=30)), "to": str(day + timedelta(days=1))}
    rows = read_csv(client.get("/api/v1/exports/events.csv", params=params).content)
    assert {row["区域"] for row in rows} == {"临江区 / 码头街道"}
