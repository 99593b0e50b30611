"""The journal proves itself: every tampering is found, on both databases, and named."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from govdash.core.origin import Origin
from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.store import Store, chain, journal
from govdash.store.chain import Verdict
from govdash.store.sealing import Mark, Seal
from tests.conftest import NOW

N = 40
OTHER = Seal(b"x" * 32)
TEXTS = ("actor", "did", "subject", "note", "address", "via", "request_id", "seal")


@pytest.fixture
def written(store: Store) -> Store:
    """A journal of `N` lines with a checkpoint in the middle."""
    for n in range(N):
        with store.write(origin=Origin(f"10.0.0.{n}", f"request-{n:04}", "page")) as session:
            if n == N // 2:
                assert store.seal
                chain.add_checkpoint(session, store.seal, actor="system", at=at(n))
                continue
            journal.record(
                session,
                actor=f"user{n % 3}",
                did="case.close",
                subject=f"case:{n}",
                at=at(n),
                detail={"number": n},
                before={"state": "verified"},
                after={"state": "closed"},
                note="已办结",
                result=Result.REFUSED if n % 7 == 0 else Result.DONE,
            )
    return store


def at(n: int):
    return NOW + timedelta(minutes=n)


def verdict(store: Store, **named) -> Verdict:
    with store.read() as session:
        return chain.verify(session, **named)


def as_attacker(store: Store, act: Callable[[Connection], None]) -> None:
    """Act with every right in the database: its triggers are gone, its key is not known."""
    engine = store.engine.execution_options(govdash_writes=True)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'"))
            for (name,) in names.all():
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        act(connection)


def rehash(connection: Connection, first: int) -> None:
    """Make the chain fit again from a line on, as far as that can be done without the key."""
    before = connection.scalar(text("SELECT hash FROM journal WHERE id = :id"), {"id": first - 1})
    ids = connection.scalars(
        text("SELECT id FROM journal WHERE id >= :id ORDER BY id"), {"id": first}
    ).all()
    old = {line["id"]: line for line in chain.raw_lines(_session(connection))}
    for number in ids:
        line = old[number] | {"prev_hash": before or journal.FIRST_HASH}
        before = journal.hash_of(line)
        connection.execute(
            text("UPDATE journal SET prev_hash = :prev, hash = :hash, seal = :seal WHERE id = :id"),
            {
                "prev": line["prev_hash"],
                "hash": before,
                "seal": OTHER.line(before),
                "id": number,
            },
        )


def _session(connection: Connection) -> Session:
    return Session(connection)


def tamper(connection: Connection, dice: random.Random, kind: str) -> None:
    """Do one random thing to the journal that its owner would not."""
    line = dice.randint(1, N)
    run = connection.execute
    if kind == "text":
        run(
            text(f"UPDATE journal SET {dice.choice(TEXTS)} = 'mallory' WHERE id = :id"),
            {"id": line},
        )
    elif kind == "json":
        column = dice.choice(["detail", "before", "after"])
        run(text(f"UPDATE journal SET {column} = '{{\"a\": 1}}' WHERE id = :id"), {"id": line})
    elif kind == "name twice":  # SQL shows the first, the program would read the last
        run(
            text(
                "UPDATE journal SET detail = '{\"number\": 0, ' || substr(detail, 2) WHERE id = :id"
            )
            if connection.dialect.name == "sqlite"
            else text(
                "UPDATE journal SET detail = ('{\"number\": 0, ' || substr(detail::text, 2))::json"
                " WHERE id = :id"
            ),
            {"id": line},
        )
    elif kind == "downgrade":
        run(text("UPDATE journal SET hash_version = 1, seal = ''"))
        run(text("DELETE FROM audit_checkpoints"))
        run(text("DELETE FROM journal_head"))
    elif kind == "checkpoint as head":
        run(text("DELETE FROM journal WHERE id > (SELECT max(last_id) FROM audit_checkpoints)"))
        for column in ("last_id", "lines", "last_hash", "at", "signature"):
            run(
                text(f"UPDATE journal_head SET {column} = (SELECT {column} FROM audit_checkpoints)")
            )
    elif kind == "time":
        run(
            text("UPDATE journal SET at = '2026-06-10 01:00:00.000000' WHERE id = :id"),
            {"id": line},
        )
    elif kind == "result":
        run(
            text(
                "UPDATE journal SET result = CASE result WHEN 'done' THEN 'refused' "
                "ELSE 'done' END WHERE id = :id"
            ),
            {"id": line},
        )
    elif kind == "hash":
        column = dice.choice(["hash", "prev_hash"])
        run(text(f"UPDATE journal SET {column} = :h WHERE id = :id"), {"h": "f" * 64, "id": line})
    elif kind == "version":
        run(text("UPDATE journal SET hash_version = 1 WHERE id = :id"), {"id": line})
    elif kind == "number":
        run(text("UPDATE journal SET id = 1000 WHERE id = :id"), {"id": line})
    elif kind == "delete":
        run(text("DELETE FROM journal WHERE id = :id"), {"id": line})
    elif kind == "swap":
        other = line % N + 1
        run(text("UPDATE journal SET id = 9000 WHERE id = :a"), {"a": line})
        run(text("UPDATE journal SET id = :a WHERE id = :b"), {"a": line, "b": other})
        run(text("UPDATE journal SET id = :b WHERE id = 9000"), {"b": other})
    elif kind == "insert":
        run(
            text(
                "INSERT INTO journal (id, at, actor, did, subject, result, detail, note, address,"
                " via, request_id, hash_version, prev_hash, hash, seal) SELECT :new, at, 'mallory',"
                " did, subject, result, detail, note, address, via, request_id, 2, hash, :h, seal"
                " FROM journal WHERE id = :id"
            ),
            {"new": N + 1, "h": "e" * 64, "id": N},
        )
    elif kind == "cut":
        run(text("DELETE FROM journal WHERE id > :id"), {"id": line - 1})
    elif kind == "cut with checkpoints":
        run(text("DELETE FROM journal WHERE id > :id"), {"id": line})
        run(text("DELETE FROM audit_checkpoints"))
    elif kind == "cut with the head":
        run(text("DELETE FROM journal WHERE id > :id"), {"id": line})
        run(text("DELETE FROM audit_checkpoints"))
        run(text("DELETE FROM journal_head"))
    elif kind == "rehash":
        run(text("UPDATE journal SET actor = 'mallory' WHERE id = :id"), {"id": line})
        rehash(connection, line)
    elif kind == "delete and rehash":
        run(text("DELETE FROM journal WHERE id = :id"), {"id": line})
        for number in range(line + 1, N + 1):
            run(text("UPDATE journal SET id = :n - 1 WHERE id = :n"), {"n": number})
        rehash(connection, line)
    elif kind == "head":
        run(text("UPDATE journal_head SET lines = lines - 1"))
    elif kind == "checkpoint":
        run(text("DELETE FROM audit_checkpoints"))


KINDS = (
    "text", "json", "name twice", "downgrade", "checkpoint as head", "time", "result", "hash",
    "version", "number", "delete", "swap", "insert", "cut", "cut with checkpoints",
    "cut with the head", "rehash", "delete and rehash", "head", "checkpoint",
)  # fmt: skip


def test_an_untouched_journal_is_whole(written: Store):
    found = verdict(written)
    assert (found.first, found.lines, found.checkpoints, found.keyed) == (None, N, 1, True)


def test_a_hundred_random_tamperings_are_all_found(written: Store):
    """Each in a transaction that is taken back afterwards, so that each meets a whole journal."""
    missed = []
    for seed in range(100):
        kind = KINDS[seed % len(KINDS)]

        class Undo(Exception):
            pass

        def act(connection: Connection, seed: int = seed, kind: str = kind) -> None:
            tamper(connection, random.Random(seed), kind)
            session = _session(connection)
            session.info["seal"] = written.seal
            if chain.verify(session).first is None:
                missed.append((seed, kind))
            raise Undo

        with pytest.raises(Undo):
            as_attacker(written, act)
        assert verdict(written).first is None
    assert missed == []


def test_the_first_changed_line_is_named_even_when_the_rest_was_rehashed(written: Store):
    def act(connection: Connection) -> None:
        connection.execute(text("UPDATE journal SET actor = 'mallory' WHERE id = 9"))
        rehash(connection, 9)

    as_attacker(written, act)
    found = verdict(written).first
    assert found is not None
    assert found.line_id == 9


def test_the_next_write_does_not_heal_what_was_cut_off(written: Store):
    as_attacker(written, lambda c: c.execute(text("DELETE FROM journal WHERE id > 30")))
    with written.write() as session:
        journal.record(session, actor="a", did="d", subject="s", at=at(N))
    found = verdict(written).first
    assert found is not None
    assert found.line_id in {31, 32}


def test_a_checkpoint_stored_elsewhere_finds_a_journal_that_was_made_anew(written: Store):
    assert written.seal
    with written.write() as session:
        kept = chain.add_checkpoint(session, written.seal, actor="auditor", at=at(N))
    as_attacker(
        written,
        lambda c: [
            c.execute(text(f"DELETE FROM {table}"))
            for table in ("journal", "journal_head", "audit_checkpoints")
        ],
    )
    with written.write() as session:
        journal.record(session, actor="a", did="d", subject="s", at=at(N))
    assert verdict(written).first is None  # nothing inside the database can know
    found = verdict(written, outside=[kept], key=written.seal.public).first
    assert found is not None
    assert "缺失" in found.why


def test_a_checkpoint_signed_by_another_key_is_found(written: Store):
    last = verdict(written)
    forged = OTHER.sign(Mark(last.last_id, last.lines, last.last_hash, at(N)), chain.CHECKPOINT)
    found = verdict(written, outside=[forged]).first
    assert found is not None
    assert "签名不对" in found.why


def test_the_public_half_alone_checks_head_and_checkpoints(written: Store):
    assert written.seal
    elsewhere = replace(written, seal=None)
    assert verdict(elsewhere, key=written.seal.public).first is None
    as_attacker(written, lambda c: c.execute(text("DELETE FROM journal WHERE id = 40")))
    found = verdict(elsewhere, key=written.seal.public).first
    assert found is not None
    assert "截去" in found.why


def test_a_line_says_from_where(written: Store):
    with written.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.address, line.via, line.request_id) == ("10.0.0.39", "page", "request-0039")
        assert (line.before, line.after) == ({"state": "verified"}, {"state": "closed"})


def test_lines_from_before_the_new_columns_still_verify(settings: Settings):
    """An installation of the first version is upgraded: its lines keep their hash."""
    store = Store.of(settings)
    engine = store.engine.execution_options(govdash_writes=True)
    with engine.begin() as connection:
        command.upgrade(store._alembic(connection), "0001")
        before = journal.FIRST_HASH
        for n in (1, 2):
            line = {
                "id": n, "at": at(n), "actor": "old", "did": "d", "subject": "s",
                "result": "done", "detail": {}, "note": "", "prev_hash": before,
            }  # fmt: skip
            digest = journal.hash_of(line | {"hash_version": 1})
            connection.execute(
                text(
                    "INSERT INTO journal (id, at, actor, did, subject, result, detail, note,"
                    " prev_hash, hash) VALUES (:id, :at, :actor, :did, :subject, :result, '{}',"
                    " :note, :prev_hash, :hash)"
                ),
                line | {"at": f"{at(n):%Y-%m-%d %H:%M:%S.%f}", "detail": "{}", "hash": digest},
            )
            before = digest
    store.migrate()
    assert verdict(store).first is None
    with store.write() as session:
        journal.record(session, actor="new", did="d", subject="s", at=at(3))
    found = verdict(store)
    assert (found.first, found.lines) == (None, 3)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text("UPDATE journal SET address = 'x' WHERE id = 1"))
    as_attacker(store, lambda c: c.execute(text("UPDATE journal SET address = 'x' WHERE id = 1")))
    assert verdict(store).first is not None
    store.close()
