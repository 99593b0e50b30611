"""`govdash lake`, as a person or a script calls it."""

import json

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from govdash.access import seed_local_operator
from govdash.cli.lake import app
from govdash.core.settings import Settings
from govdash.store import Store
from tests.conftest import NOW
from tests.lake.events import many, put, unguarded


@pytest.fixture
def run(sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    monkeypatch.delenv("GOVDASH_DATABASE_URL", raising=False)
    monkeypatch.delenv("GOVDASH_LAKE", raising=False)
    with sqlite_store.write() as session:
        seed_local_operator(session, at=NOW)
    put(sqlite_store, many(120, days=40))
    return lambda *words: CliRunner().invoke(app, words)


def test_sync_status_and_rebuild_say_what_they_did(run):
    synced = run("sync", "--json")
    assert synced.exit_code == 0
    assert json.loads(synced.stdout) == {"rows": 120, "data_version": 120, "rebuilt": False}
    assert "已同步 0 条" in run("sync").stdout
    assert "已重建 120 条" in run("rebuild").stdout
    told = run("status", "--check")
    assert told.exit_code == 0
    assert "待同步 0；120 条，2 个月" in told.stdout
    assert "与数据库一致" in told.stdout


def test_status_says_what_waits_and_ends_with_1_when_store_and_lake_differ(
    run, sqlite_store: Store
):
    run("sync")
    put(sqlite_store, many(5, seed=2))
    told = json.loads(run("status", "--json", "--check").stdout)
    assert (told["behind"], told["ok"], told["differences"]) == (5, True, "")
    with sqlite_store.write() as session:
        unguarded(session)
        session.execute(text("UPDATE events SET title = '?' WHERE change_seq = 1"))
    differing = run("status", "--check")
    assert differing.exit_code == 1
    assert "与数据库不一致：2026-01" in differing.stdout
