"""Shared fixtures: a fixed now, real SQLite and PostgreSQL stores, the real data."""

import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govdash.access import User, load_user, seed_local_operator
from govdash.core.settings import ROOT, Settings
from govdash.store import Store
from govdash.store.sealing import Seal
from govdash.store.vault import Vault

NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)  # a Wednesday, 10:30 in Shanghai
SHARED = Path(os.environ.get("GOVDASH_SHARED", ROOT.parent / "shared"))
POSTGRES_URL = os.environ.get("GOVDASH_TEST_POSTGRES_URL", "")
CHROMIUM = os.environ.get("GOVDASH_TEST_CHROMIUM") or shutil.which("chromium") or ""
IN_CI = bool(os.environ.get("CI"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect and name what this machine lacks; in CI let it fail instead."""
    lacking = {
        "shared": (SHARED / "data").is_dir() or IN_CI,
        "browser": bool(CHROMIUM) or IN_CI,
        "postgres": bool(POSTGRES_URL) or IN_CI,
    }
    if not os.environ.get("GOVDASH_TEST_LONG"):
        lacking["long"] = False
    dropped = [
        i for i in items if any(i.get_closest_marker(m) and not ok for m, ok in lacking.items())
    ]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [i for i in items if i not in set(dropped)]
        config.stash[DROPPED] = names = [i.nodeid for i in dropped]
        if hasattr(config, "workeroutput"):  # a worker of pytest-xdist tells its controller
            config.workeroutput["dropped"] = names


DROPPED = pytest.StashKey[list[str]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker of pytest-xdist dropped; each drops the same."""
    node.config.stash[DROPPED] = getattr(node, "workeroutput", {}).get("dropped", [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the tests that this machine could not run."""
    for nodeid in config.stash.get(DROPPED, []):
        terminalreporter.write_line(f"deselected, resource missing or long: {nodeid}")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    assert (SHARED / "data").is_dir(), f"real data not found at {SHARED}; set GOVDASH_SHARED"
    return SHARED


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty installation in its own folder."""
    return Settings.from_environment(
        {"GOVDASH_VAR": str(tmp_path / "var"), "GOVDASH_CONTACT_KEY": "test-key"}
    )


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture
def sqlite_store(settings: Settings, migrated_sqlite: Path) -> Iterator[Store]:
    settings.var.mkdir(parents=True)
    shutil.copy(migrated_sqlite, settings.var / "govdash.db")
    store = Store.of(settings)
    yield store
    store.close()


def _postgres(sql: str) -> None:
    import psycopg

    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(sql)


@pytest.fixture
def postgres_store() -> Iterator[Store]:
    assert POSTGRES_URL, "set GOVDASH_TEST_POSTGRES_URL, or run `make test`, which starts a server"
    name = f"govdash_test_{uuid.uuid4().hex[:12]}"
    _postgres(f'CREATE DATABASE "{name}"')
    base, _, _query = POSTGRES_URL.partition("?")
    url = base.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://", 1) + f"/{name}"
    store = replace(Store.open(url), seal=Seal(b"k" * 32), vault=Vault.of(["test-person-key"]))
    store.migrate()
    yield store
    store.close()
    _postgres(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """Each test that takes `store` runs on SQLite and on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_store")


@pytest.fixture
def operator(store: Store) -> User:
    """The local operator, seeded in `store`, with whole-city scope."""
    with store.write() as session:
        seed_local_operator(session, at=NOW)
        return load_user(session)
