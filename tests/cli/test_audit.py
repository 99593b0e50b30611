"""`govdash audit`: the journal is proved at the command line, and by what lies elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.report import checkpoints
from govdash.store import Store, accounts, chain, journal
from govdash.store.sealing import Seal
from tests.cli.command import run
from tests.conftest import NOW


@pytest.fixture
def city(settings: Settings) -> Iterator[Store]:
    """A database as `govdash init` makes it, with three more lines."""
    assert run("init", settings=settings).returncode == 0
    store = Store.of(settings)
    for n in range(3):
        with store.write() as session:
            journal.record(session, actor="a", did="case.close", subject=f"case:{n}", at=NOW)
    yield store
    store.close()


def wipe(city: Store) -> None:
    """Take everything of the journal out of the database, as its administrator could."""
    with city.engine.begin() as connection:
        for table in ("journal", "journal_head", "audit_checkpoints", "journal_anchors"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_delete"))
            connection.execute(text(f"DELETE FROM {table}"))


def test_an_untouched_journal_verifies_also_against_the_checkpoint_kept_elsewhere(
    city: Store, settings: Settings, tmp_path: Path
):
    kept = tmp_path / "elsewhere.jsonl"
    assert run("audit", "checkpoint", "--out", str(kept), settings=settings).returncode == 0
    done = run("audit", "verify", "--checkpoint", str(kept), "--json", settings=settings)
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"] is True
    assert json.loads(done.stdout)["outside"] == 1


def test_a_changed_line_is_named_and_no_checkpoint_vouches_for_it(city: Store, settings: Settings):
    with city.engine.begin() as connection:
        last = connection.execute(text("SELECT max(id) FROM journal")).scalar_one()
        connection.execute(text("DROP TRIGGER journal_no_update"))
        connection.execute(text("UPDATE journal SET actor = 'b' WHERE id = :n"), {"n": last})
    done = run("audit", "verify", settings=settings)
    assert done.returncode == 1
    assert f"第 {last} 行" in done.stderr
    done = run("audit", "checkpoint", settings=settings)
    assert done.returncode == 2
    assert "不能签检查点" in done.stderr


def test_a_journal_without_its_end_and_its_head_is_found_by_the_checkpoint_kept_elsewhere(
    city: Store, settings: Settings, tmp_path: Path
):
    kept = tmp_path / "elsewhere.jsonl"
    assert run("audit", "checkpoint", "--out", str(kept), settings=settings).returncode == 0
    wipe(city)
    done = run("audit", "verify", settings=settings)
    assert done.returncode == 1
    assert "全部被清空" in done.stderr
    # Now there is a line again, that of the check: the file still knows how many there were.
    done = run("audit", "verify", "--checkpoint", str(kept), settings=settings)
    assert done.returncode == 1
    assert "检查点" in done.stderr


def test_the_file_of_the_daily_job_is_compared_without_being_asked_for_also_by_doctor(
    city: Store, settings: Settings
):
    checkpoints.make(city, settings.checkpoints / checkpoints.FILE, actor="system", at=NOW)
    done = run("audit", "verify", "--json", settings=settings)
    assert (done.returncode, json.loads(done.stdout)["outside"]) == (0, 1)
    wipe(city)
    with city.write() as session:
        journal.record(session, actor="a", did="case.close", subject="case:1", at=NOW)
    done = run("audit", "verify", settings=settings)
    assert done.returncode == 1
    assert "检查点" in done.stderr
    done = run("doctor", settings=settings)
    assert done.returncode == 1
    assert "操作日志链" in done.stdout
    assert "检查点" in done.stdout


def test_that_the_journal_was_checked_and_what_was_found_is_a_line_of_it(
    city: Store, settings: Settings
):
    assert run("audit", "verify", settings=settings).returncode == 0
    with city.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.actor, line.detail["fault"]) == ("audit.verify", "operator", "")
    with city.write() as session:
        accounts.put_role(session, code="local_operator", name="无权", permissions=[])
    assert run("audit", "verify", settings=settings).returncode == 2
    with city.read() as session:
        assert journal.lines(session, limit=1)[0].result is Result.REFUSED


def test_an_empty_database_that_nobody_has_begun_is_whole(sqlite_store: Store):
    with sqlite_store.read() as session:
        assert chain.verify(session).first is None


def test_a_file_that_holds_no_checkpoint_is_refused(
    city: Store, settings: Settings, tmp_path: Path
):
    kept = tmp_path / "elsewhere.jsonl"
    kept.write_text("hello\n")
    done = run("audit", "verify", "--checkpoint", str(kept), settings=settings)
    assert done.returncode == 2
    assert "读不懂" in done.stderr


def test_a_key_that_cannot_be_read_is_told_with_its_place(city: Store, settings: Settings):
    key = settings.var / "keys" / "audit.key"
    key.unlink()
    key.mkdir()
    done = run("audit", "verify", settings=settings)
    assert done.returncode == 2
    assert str(key) in done.stderr


def test_the_key_is_told_and_a_new_one_changes_nothing(city: Store, settings: Settings):
    assert city.seal
    told = run("audit", "key", settings=settings)
    assert city.seal.public.key_id in told.stdout
    assert "与数据库相符" in told.stdout
    new = run("audit", "key", "--new", settings=settings)
    assert Seal.of(new.stdout).public != city.seal.public
    other = run("audit", "key", settings=settings, GOVDASH_AUDIT_KEY=new.stdout.strip())
    assert (other.returncode, "GOVDASH_AUDIT_KEY" in other.stderr) == (2, True)


def test_an_exported_file_is_checked_without_the_database(
    city: Store, settings: Settings, tmp_path: Path
):
    file = tmp_path / "journal.csv"
    assert run("audit", "export", "--out", str(file), settings=settings).returncode == 0
    public = settings.var / "keys" / "audit.pub"
    elsewhere = {"GOVDASH_VAR": str(tmp_path / "empty"), "GOVDASH_DATABASE_URL": ""}
    words = ("audit", "verify", "--file", str(file))
    done = run(*words, "--key", str(public), settings=settings, **elsewhere)
    assert (done.returncode, "文件完好" in done.stdout) == (0, True), done.stderr
    assert run(*words, settings=settings, **elsewhere).returncode == 2
    file.write_bytes(file.read_bytes().replace(b"case:1", b"case:9"))
    done = run(*words, settings=settings)
    assert (done.returncode, "内容与校验值不符" in done.stderr) == (1, True)


def test_neither_server_nor_worker_starts_under_another_key_than_the_journals(
    city: Store, settings: Settings
):
    other = run("audit", "key", "--new", settings=settings).stdout.strip()
    for command in (("serve", "--port", "8999"), ("worker",)):
        done = run(*command, settings=settings, GOVDASH_AUDIT_KEY=other)
        assert (done.returncode, "什么也没有写入" in done.stderr) == (2, True), command
