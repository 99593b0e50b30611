"""Journal lines over HTTP: what was searched for, as a table, for the auditor alone."""

import csv
import io
from datetime import timedelta

import pandas as pd
import pytest
from starlette.testclient import TestClient

from govdash.access import User
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.report import journal_table
from govdash.store import Store, accounts, journal
from tests.api.test_routes import client_of
from tests.conftest import NOW

FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture
def client(store: Store, operator: User, settings: Settings, monkeypatch) -> TestClient:
    monkeypatch.setattr(journal_table, "PIECE", 3)  # several pieces of few lines
    for n in range(10):
        with store.write() as session:
            journal.record(
                session,
                actor="operator" if n % 2 else FORMULA,
                did="case.close",
                subject=f"case:{n}",
                at=NOW + timedelta(days=n),
                note=FORMULA,
                before={"state": "verified"},
                after={"state": FORMULA},
            )
    return client_of(store, Lake.open(settings), settings)


def table(client: TestClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/journal.csv{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_every_line_comes_newest_first_with_before_and_after(client: TestClient):
    told = table(client)
    assert [row["行号"] for row in told] == [str(n) for n in range(10, 0, -1)]
    assert told[0]["操作"] == "结案"
    assert told[0]["姓名"] == "本机值班员"
    assert told[0]["之前"] == '{"state": "verified"}'
    assert told[0]["时间"] == "2026-06-19 10:30:00+08:00"


def test_no_cell_runs_in_a_spreadsheet(client: TestClient):
    assert table(client)[1]["账号"] == table(client)[1]["说明"] == f"'{FORMULA}"
    book = client.get("/api/v1/journal.xlsx").content
    sheet = pd.read_excel(io.BytesIO(book), sheet_name="操作日志", engine="calamine")
    assert sheet["说明"].tolist()[-1] == FORMULA  # a text, not a formula
    assert b"<f>" not in book


def test_only_what_was_searched_for_is_in_it(client: TestClient):
    assert len(table(client, "?actor=operator")) == 5
    assert len(table(client, "?since=2026-06-11&until=2026-06-12")) == 2
    assert [row["对象"] for row in table(client, "?subject=case:7")] == ["case:7"]
    assert table(client, "?result=refused") == []
    answer = client.get("/api/v1/journal.csv?since=gestern")
    assert (answer.status_code, "日期" in answer.json()["message"]) == (400, True)
    assert client.get("/api/v1/journal.parquet").status_code == 404


def test_taking_lines_out_is_journalled_and_so_is_its_refusal(client: TestClient, store: Store):
    table(client, "?actor=operator")
    with store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.actor, line.via) == ("audit.export", "operator", "api")
        assert line.detail == {"format": "csv", "rows": 5, "query": {"actor": "operator"}}
    with store.write() as session:
        accounts.put_role(session, code="local_operator", name="无权", permissions=[])
    answer = client.get("/api/v1/journal.csv")
    assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    with store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.result.value) == ("audit.export", "refused")
