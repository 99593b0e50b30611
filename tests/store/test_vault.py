"""Person data is sealed: bound to its place, opened by old keys too, never in clear."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from typer.testing import CliRunner

from govdash.cli import app
from govdash.core.errors import InputError, SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Store, events, imports, journal, persons, reporters
from govdash.store.event_rows import event_id
from govdash.store.imports import Progress, Rejected
from govdash.store.vault import KEY_FILE, Vault, load_vault, renew_file
from tests.conftest import NOW
from tests.store.test_events import CITY, rows

VAULT = Vault.of(["first"])


def test_what_is_sealed_opens_in_its_place_and_nowhere_else():
    sealed = VAULT.seal("张三", "person:1:1:reporter_name")
    assert VAULT.open(sealed, "person:1:1:reporter_name", VAULT.current) == "张三"
    for moved in ("person:2:1:reporter_name", "person:1:2:reporter_name", "person:1:1:raw_text"):
        with pytest.raises(SettingsError, match="解不开"):
            VAULT.open(sealed, moved, VAULT.current)


def test_every_changed_byte_is_noticed():
    sealed = VAULT.seal("张三", "x")
    for n in range(len(sealed)):
        changed = bytes([*sealed[:n], sealed[n] ^ 1, *sealed[n + 1 :]])
        with pytest.raises(SettingsError, match="解不开"):
            VAULT.open(changed, "x", VAULT.current)


def test_the_same_text_looks_different_each_time():
    assert len({VAULT.seal("张三", "x") for _ in range(50)}) == 50


def test_an_old_key_opens_and_the_new_one_seals():
    sealed = VAULT.seal("张三", "x")
    later = Vault.of(["second", "first"])
    assert later.current != VAULT.current
    assert later.open(sealed, "x", VAULT.current) == "张三"
    with pytest.raises(SettingsError, match="GOVDASH_PERSON_KEYS_OLD"):
        Vault.of(["second"]).open(sealed, "x", VAULT.current)


def test_no_key_is_shown_when_a_vault_is_printed():
    assert "first" not in repr(VAULT)
    assert "AESGCM" not in repr(VAULT)


def test_a_demo_keeps_its_key_in_a_file_for_its_owner_only(settings: Settings):
    made = load_vault(settings)
    file = settings.var / KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_vault(settings).current == made.current
    renewed = renew_file(settings)
    assert renewed.current != made.current
    assert renewed.ids == {made.current, renewed.current}
    assert file.stat().st_mode & 0o777 == 0o600


def test_production_has_its_key_from_the_settings_or_none(settings: Settings):
    production = replace(settings, mode=Mode.PRODUCTION)
    with pytest.raises(SettingsError, match="GOVDASH_PERSON_KEY"):
        load_vault(production)
    keyed = replace(production, person_key="a" * 40, person_keys_old=("b" * 40,))
    assert load_vault(keyed).ids == Vault.of(["a" * 40, "b" * 40]).ids
    with pytest.raises(InputError, match="GOVDASH_PERSON_KEYS_OLD"):
        renew_file(keyed)
    assert not (settings.var / KEY_FILE).exists()


def test_without_a_key_no_person_is_taken_in(store: Store):
    keyless = replace(store, vault=None)
    frame = rows({}).assign(reporter_name=["张三"])
    with pytest.raises(SettingsError, match="没有个人信息密钥"), keyless.write() as session:
        events.accept(session, frame, import_id=None, at=NOW)
    with store.read() as session:
        assert persons.counts(session) == {}


def fill(store: Store, n: int) -> None:
    frame = rows(*({"source_id": str(k)} for k in range(n))).assign(
        reporter_name=[f"张{k}" for k in range(n)]
    )
    with store.write() as session:
        events.accept(session, frame, import_id=None, at=NOW)
        run = imports.start(session, "a.csv", file_sha256="", profile="p", by="x", at=NOW)
        imports.progress(
            session, run, Progress(0, 1, 0, {}, {}), [Rejected(1, ("x",), {"联系人": "张三"})]
        )


def test_resealing_stopped_in_the_middle_goes_on_where_it_stopped(store: Store):
    fill(store, 10)
    assert store.vault is not None
    old = store.vault
    both = Vault(VAULT.current, {**old._keys, **VAULT._keys})
    renewed = replace(store, vault=both)
    with renewed.write() as session:
        assert persons.reseal(session, limit=4) == 4
    with renewed.read() as session:
        assert persons.counts(session) == {VAULT.current: 4, old.current: 6}
        person = reporters.of_event(session, event_id("hotline", "7"), CITY)
        assert person is not None
        assert person.reporter_name == "张7"
    with renewed.write() as session:
        assert persons.reseal(session, limit=100) == 6
        assert persons.reseal(session, limit=100) == 0
        assert imports.reseal_rejected(session, limit=100) == 1
    only = replace(store, vault=VAULT)  # the old key is needed no more
    with only.read() as session:
        for k in range(10):
            person = reporters.of_event(session, event_id("hotline", str(k)), CITY)
            assert person is not None
            assert person.reporter_name == f"张{k}"
        assert imports.rejected_by_key(session) == {VAULT.current: 1}


def test_the_command_seals_anew_and_writes_one_line(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    from govdash.access import seed_local_operator

    with sqlite_store.write() as session:
        seed_local_operator(session, at=datetime.now(UTC))
    fill(sqlite_store, 5)
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    monkeypatch.delenv("GOVDASH_DATABASE_URL", raising=False)
    done = CliRunner().invoke(app, ["people", "rotate", "--new-key", "--batch", "2", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["persons"], told["rejected_rows"]) == (5, 1)
    with sqlite_store.read() as session:
        assert persons.counts(session) == {told["key"]: 5}
        (line,) = [x for x in journal.lines(session, limit=99) if x.did == "people.rotate"]
        assert line.detail == {"key": told["key"], "rows": 6}
    assert CliRunner().invoke(app, ["people", "keys"]).exit_code == 0
    (settings.var / KEY_FILE).write_text("another\n")
    lost = CliRunner().invoke(app, ["people", "keys"])
    assert lost.exit_code == 1
    assert "缺少密钥" in lost.output


def at_0007(settings: Settings) -> Store:
    """A database from before person data was sealed, with some in clear."""
    settings.var.mkdir(parents=True, exist_ok=True)
    store = Store.of(settings)
    engine = store.engine.execution_options(govdash_writes=True)
    with engine.begin() as connection:
        command.upgrade(store._alembic(connection), "0007")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO events (event_id, version, source, source_id, content_hash, "
                "occurred_at, reported_at, received_at, kind, category, address, title, text, "
                "channel, facet, urgency, status_hint, recorded_at, change_seq) VALUES ('E', 1, "
                "'s', '1', 'h', '2026-01-01', '2026-01-01', '2026-01-01', 'affair', 'A-01001', "
                "'', '', '', 'app', 'thing', 'normal', '', '2026-01-01', 1)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO event_persons VALUES ('E', 1, '震天雷', '164000', '', '原文某某', '')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO imports (id, file_name, file_sha256, profile, state, n_read, "
                "n_accepted, n_rejected, n_duplicate, reasons, warnings, reject_file, message, "
                "started_by, started_at) VALUES (1, 'a', '', 'p', 'done', 1, 0, 1, 0, '{}', '{}', "
                "'', '', 'x', '2026-01-01')"
            )
        )
        connection.execute(
            text('INSERT INTO rejected_rows VALUES (1, 1, \'["x"]\', \'{"联系人": "霹雳火"}\')')
        )
    return store


def test_an_upgrade_seals_what_lay_in_clear(settings: Settings):
    store = at_0007(settings)
    store.migrate()
    with store.read() as session:
        person = reporters.of_event(session, "E", CITY)
        assert person is not None
        assert (person.reporter_name, person.reporter_contact) == ("震天雷", "164000")
        assert (person.raw_text, person.raw_address) == ("原文某某", "")
        (row,) = imports.rejected_rows(session, 1, CITY, by="", limit=9)
        assert row == Rejected(1, ("x",), {"联系人": "霹雳火"})
    store.close()
    file = settings.var / "govdash.db"
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = b"".join(path.read_bytes() for path in Path(settings.var).glob("govdash.db*"))
    assert not [name for name in ("震天雷", "原文某某", "霹雳火") if name.encode() in content]


def test_an_upgrade_without_a_key_stops_and_changes_nothing(settings: Settings):
    store = at_0007(settings)
    with pytest.raises(SettingsError, match="GOVDASH_PERSON_KEY"):
        replace(store, vault=None).migrate()
    with store.engine.connect() as connection:
        assert (
            connection.execute(text("SELECT reporter_name FROM event_persons")).scalar() == "震天雷"
        )
