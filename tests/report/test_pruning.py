"""Old journal lines go into a file that proves itself; the rest verifies; nothing else goes."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from govdash.access import SYSTEM, User
from govdash.core.errors import InputError, Refused, Tampered
from govdash.core.filters import Scope
from govdash.report import checkpoints, journal_file, pruning
from govdash.store import Store, chain, journal
from govdash.store.sealing import Seal
from tests.store.test_chain import OTHER, as_attacker

NOW = datetime.now(UTC)  # the database counts the days by its own clock
AUDITOR = SYSTEM
OLD, YOUNG = 20, 6
ANCHOR = (
    "INSERT INTO journal_anchors"
    " (id, version, archive, last_id, lines, last_hash, at, key_id, signature)"
)


@pytest.fixture
def written(store: Store) -> Store:
    """Twenty lines of last year, six of this month."""
    for n in range(OLD + YOUNG):
        age = timedelta(days=400 - n) if n < OLD else timedelta(days=20)
        with store.write() as session:
            journal.record(
                session, actor="sun", did="case.close", subject=f"case:{n}", at=NOW - age
            )
    return store


def prune(store: Store, path: Path, *, days: int = 365, actor: User = AUDITOR):
    before = NOW - timedelta(days=days)
    return pruning.prune(store, path, before=before, actor=actor, at=NOW)


def fault(store: Store, **named) -> str:
    with store.read() as session:
        return str(chain.verify(session, **named).first or "")


def ids(store: Store) -> list[int]:
    with store.read() as session:
        return sorted(line.id for line in journal.lines(session))


def test_old_lines_are_archived_and_gone_and_the_rest_verifies(written: Store, tmp_path: Path):
    kept = checkpoints.make(written, None, actor="system", at=NOW).mark
    told = prune(written, tmp_path / "a.jsonl", days=390)
    assert (told.first_id, told.last_id, told.lines) == (1, 10, 10)
    assert ids(written) == [*range(11, 29)]
    assert written.seal
    assert journal_file.verify(tmp_path / "a.jsonl", key=written.seal.public)[1] is None
    with written.read() as session:
        found = chain.verify(session, outside=[kept])
        assert (found.first, found.lines) == (None, 28)
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.detail["lines"]) == ("audit.prune", 10)
        assert line.detail["sha256"] == told.sha256
    checkpoints.make(written, None, actor="system", at=NOW)
    again = prune(written, tmp_path / "b.csv", days=385)
    assert (again.first_id, again.last_id) == (11, 15)
    assert again.prev_hash == told.last_hash
    assert fault(written, outside=[kept]) == ""
    assert checkpoints.make(written, None, actor="system", at=NOW, full=True).mark.lines == 30


def test_what_is_younger_than_half_a_year_stays_whoever_asks(written: Store, tmp_path: Path):
    with pytest.raises(InputError, match="至少保存 180 天"):
        prune(written, tmp_path / "a.jsonl", days=179)
    with pytest.raises(InputError, match="没有早于"):
        prune(written, tmp_path / "a.jsonl", days=500)
    nobody = User("li", "李", frozenset(), Scope(areas=()))
    with pytest.raises(Refused):
        prune(written, tmp_path / "a.jsonl", actor=nobody)
    assert not list(tmp_path.glob("*a.*"))
    assert ids(written) == [*range(1, OLD + YOUNG + 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal WHERE id = 1",
        f"DELETE FROM journal WHERE id = {OLD + 1}",
        "UPDATE journal SET note = 'x' WHERE id = 1",
        f"{ANCHOR} SELECT 9, 2, '', id, id, hash, at, '', '' FROM journal WHERE id = {OLD + 1}",
        f"{ANCHOR} SELECT 9, 2, '', 99, 99, hash, at, '', '' FROM journal WHERE id = 1",
    ],
)
def test_the_database_refuses_every_other_way(written: Store, statement: str):
    with pytest.raises(DBAPIError, match=r"append-only|younger than 180"), written.write() as s:
        s.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal WHERE id = 11",
        "UPDATE journal_anchors SET last_id = 12",
        "DELETE FROM journal_anchors",
    ],
)
def test_it_also_refuses_after_lines_were_taken_out(written: Store, tmp_path: Path, statement: str):
    prune(written, tmp_path / "a.jsonl", days=390)
    with pytest.raises(DBAPIError, match="append-only"), written.write() as session:
        session.execute(text(statement))


def test_a_journal_that_was_changed_is_not_pruned(written: Store, tmp_path: Path):
    as_attacker(written, lambda c: c.execute(text("UPDATE journal SET actor='x' WHERE id = 3")))
    with pytest.raises(Tampered, match="第 3 行"):
        prune(written, tmp_path / "a.jsonl")
    assert not list(tmp_path.glob("*a.*"))


def forge(connection: Connection, seal: Seal) -> None:
    """Take out one line more, under an anchor that another key signed."""
    row = connection.execute(text("SELECT hash, hash_version FROM journal WHERE id = 11")).one()
    mark = seal.sign(chain.Mark(11, 11, row[0], NOW), chain.anchor_kind(row[1]))
    connection.execute(
        text(
            "UPDATE journal_anchors SET last_id = 11, lines = 11, last_hash = :h, key_id = :k,"
            " signature = :s"
        ),
        {"h": mark.last_hash, "k": mark.key_id, "s": mark.signature},
    )
    connection.execute(text("DELETE FROM journal WHERE id = 11"))


def put_back(connection: Connection) -> None:
    """Let a line appear again where lines were taken out."""
    columns = "at, did, subject, result, detail, note, address, via, request_id, hash_version"
    connection.execute(
        text(
            f"INSERT INTO journal (id, actor, prev_hash, hash, seal, {columns}) SELECT 5,"
            f" 'mallory', 'p', 'h', seal, {columns} FROM journal WHERE id = 12"
        )
    )


TAMPERINGS: dict[str, Callable[[Connection], object]] = {
    "the anchor gone": lambda c: c.execute(text("DELETE FROM journal_anchors")),
    "the anchor moved": lambda c: c.execute(text("UPDATE journal_anchors SET last_id = 11")),
    "the anchor's hash": lambda c: c.execute(text("UPDATE journal_anchors SET last_hash = 'x'")),
    "the anchor's count": lambda c: c.execute(text("UPDATE journal_anchors SET lines = 9")),
    "the anchor's version": lambda c: c.execute(text("UPDATE journal_anchors SET version = 1")),
    "a forged anchor": lambda c: forge(c, OTHER),
    "the first line left": lambda c: c.execute(text("DELETE FROM journal WHERE id = 11")),
    "a line put back": put_back,
    "a line later": lambda c: c.execute(text("UPDATE journal SET note = 'x' WHERE id = 15")),
    "the end": lambda c: c.execute(text("DELETE FROM journal WHERE id > 24")),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_with_what_was_pruned_is_found(written: Store, tmp_path: Path, name: str):
    prune(written, tmp_path / "a.jsonl", days=390)
    assert fault(written) == ""
    as_attacker(written, TAMPERINGS[name])
    assert fault(written) != ""


def test_forty_random_tamperings_after_pruning_are_all_found(written: Store, tmp_path: Path):
    prune(written, tmp_path / "a.jsonl", days=390)
    missed = []
    for seed in range(40):
        dice = random.Random(seed)
        name = list(TAMPERINGS)[seed % len(TAMPERINGS)]

        class Undo(Exception):
            pass

        def act(connection: Connection, seed=seed, name=name, dice=dice) -> None:
            TAMPERINGS[name](connection)
            line = dice.randint(11, 27)
            connection.execute(text("UPDATE journal SET actor='m' WHERE id = :n"), {"n": line})
            session = Session(connection)
            session.info["seal"] = written.seal
            if chain.verify(session).first is None:
                missed.append((seed, name))
            raise Undo

        with pytest.raises(Undo):
            as_attacker(written, act)
    assert missed == []
    assert fault(written) == ""


def test_a_refused_pruning_is_journalled_by_the_command(
    sqlite_store: Store, settings, tmp_path: Path
):
    """The action ``audit.prune`` writes one line when it is done (above) and one when refused."""
    from govdash.access import seed_local_operator
    from govdash.store import accounts
    from tests.cli.command import run

    with sqlite_store.write() as session:
        seed_local_operator(session, at=NOW)
        accounts.put_role(session, code="local_operator", name="无权", permissions=[])
    words = ("audit", "prune", "--before", "2020-01-01", "--archive", str(tmp_path / "a.csv"))
    assert run(*words, settings=settings).returncode == 2
    with sqlite_store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.result.value) == ("audit.prune", "refused")
