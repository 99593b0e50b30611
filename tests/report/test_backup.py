"""A backup is one moment of everything; restored into nothing it is the same city, and verifies."""

import gzip
import json
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from govdash.access import SYSTEM, User
from govdash.core.errors import InputError, Refused, SettingsError, Tampered
from govdash.core.filters import Scope
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.report import backup, checkpoints, pruning
from govdash.store import Store, chain, dump, journal, signing
from govdash.store.models import Base
from tests.conftest import NOW, POSTGRES_URL, _postgres
from tests.report.test_pruning import NOW as TODAY
from tests.web import town


@pytest.fixture
def city(store: Store, settings: Settings) -> Store:
    """The small town with a journal of which the old lines were taken out, and a checkpoint."""
    town.build(store, settings, NOW)
    with store.write() as session:
        signing.mark_mode(session, Mode.DEMO, at=NOW)
    checkpoints.make(store, settings.var / "checkpoints" / checkpoints.FILE, actor="s", at=NOW)
    (settings.var / "profiles").mkdir(exist_ok=True)
    (settings.var / "profiles" / "别处.yaml").write_text("label: 别处\n", "utf-8")
    return store


def made(city: Store, settings: Settings, folder: Path) -> backup.Manifest:
    return backup.make(city, settings, folder, actor=SYSTEM, at=NOW)


@pytest.fixture
def target(city: Store, settings: Settings, tmp_path: Path) -> Iterator[tuple[Settings, Store]]:
    """An empty installation of the other database: SQLite's backup goes to PostgreSQL and back."""
    assert city.seal
    if city.engine.dialect.name == "sqlite" and POSTGRES_URL:
        name = f"govdash_test_{uuid.uuid4().hex[:12]}"
        _postgres(f'CREATE DATABASE "{name}"')
        url = POSTGRES_URL.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://", 1)
        url = f"{url}/{name}"
    else:
        name, url = "", f"sqlite:///{tmp_path / 'new' / 'govdash.db'}"
    key = tmp_path / "new" / "keys" / "audit.key"
    key.parent.mkdir(parents=True)
    import base64

    key.write_text(base64.b64encode(city.seal.seed).decode())
    opened = Store.open(url)
    yield replace(settings, var=tmp_path / "new", database_url=url), opened
    opened.close()
    if name:
        _postgres(f'DROP DATABASE "{name}" WITH (FORCE)')


def everything(store: Store) -> dict[str, list[dump.Row]]:
    with store.read() as session:
        return {name: list(dump.rows(session, name)) for name in dump.names()}


def test_a_restored_backup_is_the_same_city_and_its_journal_verifies(
    city: Store, settings: Settings, target, tmp_path: Path
):
    before = everything(city)
    told = made(city, settings, tmp_path / "b")
    assert sum(told.tables.values()) > 900
    assert set(told.tables) == set(Base.metadata.tables) - set(dump.PASSING)
    there, opened = target
    backup.restore(there, tmp_path / "b", at=NOW + timedelta(hours=1), store=opened)
    after = everything(opened)
    for name, rows in before.items():
        if name in {"journal", "journal_head"}:
            continue
        assert after[name] == rows, name
    assert after["journal"][: len(before["journal"])] == before["journal"]
    kept = checkpoints.read(there.var / "checkpoints" / checkpoints.FILE)
    assert city.seal
    with replace(opened, seal=city.seal).read() as session:
        found = chain.verify(session, outside=kept)
        assert (found.first, found.keyed) == (None, True)
        assert journal.lines(session, limit=1)[0].did == "backup.restore"
    assert (there.var / "profiles" / "别处.yaml").is_file()
    with replace(opened, seal=city.seal).write() as session:  # new rows get free numbers
        journal.record(session, actor="a", did="d", subject="s", at=NOW)
        town.rules.load_defaults(session, there.data, at=NOW)
    with pytest.raises(InputError, match="已有数据"):
        backup.restore(there, tmp_path / "b", at=NOW, store=opened)


def test_a_journal_with_an_anchor_comes_back_and_verifies(
    store: Store, settings: Settings, target_of_pruned, tmp_path: Path
):
    there, opened = target_of_pruned
    backup.restore(there, tmp_path / "b", at=TODAY, store=opened)
    with replace(opened, seal=store.seal).read() as session:
        assert chain.verify(session).first is None
        anchor = chain.anchor(session)
        assert anchor is not None
        assert anchor.last_id == 10


@pytest.fixture
def target_of_pruned(store: Store, settings: Settings, tmp_path: Path):
    for n in range(20):
        with store.write() as session:
            journal.record(
                session, actor="sun", did="d", subject="s", at=TODAY - timedelta(days=400 - n)
            )
    before = TODAY - timedelta(days=390)
    pruning.prune(store, tmp_path / "a.jsonl", before=before, actor=SYSTEM, at=TODAY)
    backup.make(store, settings, tmp_path / "b", actor=SYSTEM, at=TODAY)
    import base64

    assert store.seal
    url = f"sqlite:///{tmp_path / 'new' / 'govdash.db'}"
    there = replace(settings, var=tmp_path / "new", database_url=url)
    there = replace(there, audit_key=base64.b64encode(store.seal.seed).decode())
    opened = Store.open(url)
    yield there, opened
    opened.close()


def test_a_backup_is_one_moment_while_others_write(city: Store, settings, tmp_path: Path):
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            with city.write() as session:
                line = journal.record(session, actor="a", did="d", subject="s", at=NOW)
                written.append(line.id)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        told = [made(city, settings, tmp_path / f"b{n}") for n in range(3)]
    finally:
        stop.set()
        writer.join()
    assert written
    for n, manifest in enumerate(told):
        with gzip.open(tmp_path / f"b{n}" / "tables" / "journal.jsonl.gz", "rt") as file:
            lines = [json.loads(line) for line in file]
        assert manifest.journal["last_id"] == lines[-1]["id"] == len(lines)
        with gzip.open(tmp_path / f"b{n}" / "tables" / "journal_head.jsonl.gz", "rt") as file:
            assert json.loads(file.read())["last_hash"] == lines[-1]["hash"]


def test_every_change_to_a_backup_is_found_before_anything_is_written(
    city: Store, settings: Settings, target, tmp_path: Path
):
    made(city, settings, tmp_path / "b")
    there, opened = target
    files = sorted(p for p in (tmp_path / "b").rglob("*") if p.is_file())
    dice = random.Random(7)
    for n in range(30):
        path = files[n % len(files)]
        whole = path.read_bytes()
        if n % 3 == 0:
            path.unlink()
        else:
            changed = bytearray(whole or b"x")
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(7)
            path.write_bytes(bytes(changed))
        with pytest.raises((Tampered, InputError)):
            backup.restore(there, tmp_path / "b", at=NOW, store=opened)
        path.write_bytes(whole)
    (tmp_path / "b" / "profiles" / "more.yaml").write_text("label: 多出\n", "utf-8")
    with pytest.raises(Tampered, match="多出文件 profiles/more"):
        backup.restore(there, tmp_path / "b", at=NOW, store=opened)
    assert dump.is_empty(opened)


def test_what_is_missing_is_said(city: Store, settings: Settings, target, tmp_path: Path):
    told = made(city, settings, tmp_path / "b")
    there, opened = target
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    assert not any("key" in name or name == "database_url" for name in told.settings)
    with pytest.raises(InputError, match="已有文件"):
        made(city, settings, tmp_path / "b")
    nobody = User("li", "李", frozenset(), Scope(areas=()))
    with pytest.raises(Refused):
        backup.make(city, settings, tmp_path / "c", actor=nobody, at=NOW)
    with pytest.raises(SettingsError, match="缺少审计密钥"):
        backup.restore(replace(there, var=tmp_path / "x"), tmp_path / "b", at=NOW, store=opened)
    with pytest.raises(InputError, match="不是备份"):
        backup.restore(there, tmp_path, at=NOW, store=opened)
    with pytest.raises(SettingsError, match="演示数据库"):
        backup.restore(replace(there, mode=Mode.PRODUCTION), tmp_path / "b", at=NOW, store=opened)
    assert dump.is_empty(opened)
