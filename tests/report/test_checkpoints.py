"""The daily checkpoint: what is new is proved and signed, a fault is told, another key refused."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from govdash.core.errors import SettingsError, Tampered
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.report import auditing, checkpoints, status
from govdash.report.status import State
from govdash.store import Session, Store, chain, journal
from govdash.store.sealing import KEY_FILE, PublicKey, Seal
from tests.conftest import NOW
from tests.store.test_chain import as_attacker


def day(n: int) -> datetime:
    return NOW + timedelta(days=n)


def write(store: Store, n: int, at: datetime = NOW) -> None:
    for number in range(n):
        with store.write() as session:
            journal.record(session, actor="sun", did="case.close", subject=f"case:{number}", at=at)


def make(store: Store, folder: Path, n: int) -> checkpoints.Made:
    return checkpoints.make(store, folder / "c" / checkpoints.FILE, actor="system", at=day(n))


def said(session: Session, settings: Settings, at: datetime) -> State:
    return status._checkpoint(session, settings, at=at).state


def test_each_checkpoint_reads_what_is_new_and_each_seventh_reads_all(store, tmp_path: Path):
    write(store, 20)
    told = [make(store, tmp_path, n) for n in range(8)]
    assert [made.full for made in told] == [True, *[False] * 6, True]
    assert [made.read for made in told] == [20, *[1] * 6, 27]
    kept = checkpoints.read(tmp_path / "c" / checkpoints.FILE)
    assert kept == [made.mark for made in told]
    public = PublicKey.of((tmp_path / "c" / checkpoints.PUBLIC).read_text())
    with store.read() as session:
        found = chain.verify(replaced(session), key=public, outside=kept)
        assert (found.first, found.lines) == (None, 28)


def replaced(session: Session) -> Session:
    """Take the secret key away: the public half must do."""
    session.info["seal"] = None
    return session


def test_a_fault_is_told_and_journalled_once_and_nothing_is_signed(store, settings, tmp_path):
    write(store, 5)
    make(store, tmp_path, 0)
    write(store, 5)
    as_attacker(store, lambda c: c.execute(text("UPDATE journal SET actor='x' WHERE id = 9")))
    for n in (1, 2):
        with pytest.raises(Tampered, match="第 9 行"):
            make(store, tmp_path, n)
    with store.read() as session:
        assert len(chain.checkpoints(session)) == 1
        noted = [line for line in journal.lines(session) if line.did == auditing.VERIFY]
        assert [line.detail["fault"][:5] for line in noted] == ["第 9 行"]
        assert said(session, settings, day(1)) is State.BAD


def test_the_line_from_which_a_check_goes_on_must_be_what_it_was(store: Store, tmp_path: Path):
    write(store, 5)
    make(store, tmp_path, 0)
    as_attacker(store, lambda c: c.execute(text("UPDATE journal SET note='x' WHERE id = 5")))
    with pytest.raises(Tampered, match="第 5 行：与此前核对时不同"):
        make(store, tmp_path, 1)


def test_a_database_that_was_exchanged_for_an_older_one_is_found_by_the_file(store, tmp_path):
    write(store, 5)
    make(store, tmp_path, 0)
    write(store, 5)
    make(store, tmp_path, 1)

    def go_back(connection) -> None:
        connection.execute(text("DELETE FROM journal"))
        connection.execute(text("DELETE FROM audit_checkpoints"))
        connection.execute(text("DELETE FROM journal_head"))

    as_attacker(store, go_back)
    write(store, 3)
    with pytest.raises(Tampered):
        make(store, tmp_path, 2)


def test_the_state_of_the_platform_is_bad_when_none_was_signed_for_two_days(
    store: Store, settings: Settings, tmp_path: Path
):
    with store.read() as session:
        assert said(session, settings, NOW) is State.WARN
    write(store, 1)
    make(store, tmp_path, 0)
    with store.read() as session:
        assert said(session, settings, day(1)) is State.GOOD
        assert said(session, settings, day(3)) is State.BAD


def test_a_line_under_another_key_is_refused_and_nothing_is_written(store: Store):
    write(store, 2)
    stranger = replace(store, seal=Seal(b"x" * 32))
    with pytest.raises(SettingsError, match="GOVDASH_VAR"):
        write(stranger, 1)
    with pytest.raises(SettingsError, match="什么也没有写入"):
        stranger.require_key()
    with store.read() as session:
        assert chain.verify(session).lines == 2


def test_a_wrong_folder_makes_no_second_key(sqlite_store: Store, settings: Settings, tmp_path):
    write(sqlite_store, 1)
    wrong = replace(settings, var=tmp_path / "elsewhere")
    with pytest.raises(SettingsError, match="GOVDASH_VAR 可能设错了"):
        Store.of(wrong)
    assert not (wrong.var / KEY_FILE).exists()


def test_production_never_makes_a_key_by_itself(settings: Settings, tmp_path: Path):
    production = replace(
        settings, mode=Mode.PRODUCTION, var=tmp_path / "new", person_key="of another kind"
    )
    with pytest.raises(SettingsError, match="govdash audit key --new"):
        Store.of(production)
    assert not (production.var / KEY_FILE).exists()
