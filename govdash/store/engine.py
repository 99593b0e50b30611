"""The door to the database: one `Store`, read and write transactions, migrations."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from govdash.core.errors import Conflict, InputError, NotReady, SettingsError, Unavailable
from govdash.core.origin import NOWHERE, Origin
from govdash.core.settings import Settings
from govdash.store.models.audit import JournalHead
from govdash.store.sealing import KEY_FILE, Seal, find_seal, first_seal
from govdash.store.vault import Vault, load_vault

MIGRATIONS = Path(__file__).parent / "migrations"
CACHE_KIB = 65_536  # event ids are random keys: with SQLite's own 2 MB every insert reads the disk
BUSY_MS = 30_000  # a long import commits every few hundred milliseconds; 30 s is ample


@dataclass(frozen=True, slots=True)
class Store:
    """The system of record. Edges open transactions here; everything below gets the `Session`."""

    engine: Engine
    origin: Origin = NOWHERE  # from where its actions come, for the journal
    seal: Seal | None = None  # the audit key; without one journal lines are not sealed
    vault: Vault | None = (
        None  # the keys of person data; without one it is neither read nor written
    )

    @classmethod
    def of(cls, settings: Settings, *, origin: Origin = NOWHERE) -> Self:
        """Open the database of an installation, with its keys; edges open it this way."""
        opened = replace(cls.open(settings.database_url), origin=origin, vault=load_vault(settings))
        return replace(opened, seal=find_seal(settings) or _new_seal(opened, settings))

    @classmethod
    def open(cls, database_url: str) -> Self:
        """Connect to SQLite (WAL, foreign keys on) or PostgreSQL. Nothing is migrated here."""
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            if url.database and url.database != ":memory:":
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        elif url.get_backend_name() == "postgresql":
            engine = create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
        else:
            raise SettingsError(
                f"GOVDASH_DATABASE_URL 的数据库 {url.get_backend_name()} 不受支持；"
                "可用 sqlite:///… 或 postgresql://…。"
            )
        return cls(engine)

    def acting(self, origin: Origin) -> Self:
        """Return the same store for actions that come from `origin`."""
        return replace(self, origin=origin)

    @contextmanager
    def write(self, *, origin: Origin | None = None) -> Generator[Session]:
        """One transaction that may write: committed at the end, rolled back on any error.

        What is journalled in it comes from `origin`, else from where the store acts.

        Raises
        ------
        Conflict
            When a row was changed by somebody else since it was read.
        InputError
            When a text or a number is none that the database can hold.
        Unavailable
            When the database does not answer.
        """
        engine = self.engine.execution_options(govdash_writes=True)
        with _told(), Session(engine, info=self._info(origin)) as session, session.begin():
            yield session

    @contextmanager
    def read(self, *, origin: Origin | None = None) -> Generator[Session]:
        """One consistent view for reading; nothing can be committed from it."""
        engine = self.engine.execution_options(govdash_writes=False)
        if engine.dialect.name == "postgresql":  # by default each statement sees its own moment
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _told(), Session(engine, autoflush=False, info=self._info(origin)) as session:
            try:
                yield session
            finally:
                session.rollback()

    def migrate(self) -> None:
        """Bring the schema to the newest version."""
        engine = self.engine.execution_options(govdash_writes=True)
        with engine.begin() as connection:
            command.upgrade(self._alembic(connection), "head")

    def schema_version(self) -> tuple[str | None, str | None]:
        """Return (the version of the database, the newest known); equal when up to date.

        Raises
        ------
        Unavailable
            When the database does not answer, or is none.
        """
        try:
            with self.engine.connect() as connection:
                present = MigrationContext.configure(connection).get_current_revision()
        except DBAPIError as error:
            raise Unavailable(f"数据库没有应答：{error.orig}") from error
        return present, ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def require_schema(self) -> None:
        """Raise `NotReady` unless the database has the schema of this program."""
        present, newest = self.schema_version()
        if present is None:
            raise NotReady("还没有数据库。请在安装目录运行 make run，或先运行 govdash init。")
        if present != newest:
            raise NotReady(
                f"数据库版本是 {present}，本程序需要 {newest}。请先备份，再运行 govdash init 升级。"
            )

    def require_key(self) -> Seal:
        """Return the audit key, or raise `SettingsError` when the journal has another one."""
        if self.seal is None:
            raise SettingsError("没有审计密钥；请从备份取回，或设 GOVDASH_AUDIT_KEY。")
        self.seal.require_same(self.sealed_by())
        return self.seal

    def sealed_by(self) -> str:
        """Return the id of the key that signed the journal; empty before its first line."""
        with _told(), self.engine.connect() as connection:
            if not inspect(connection).has_table(JournalHead.__tablename__):
                return ""
            return connection.scalar(select(JournalHead.key_id)) or ""

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def _info(self, origin: Origin | None) -> dict[str, Any]:
        return {"origin": origin or self.origin, "seal": self.seal, "vault": self.vault}

    def _alembic(self, connection: Connection) -> Config:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        config.attributes["vault"] = self.vault
        return config


def _new_seal(store: Store, settings: Settings) -> Seal:
    """Make the first audit key; a journal that is sealed already needs its own."""
    if (key := store.sealed_by()) != "":
        raise SettingsError(
            f"操作日志是用审计密钥 {key} 签的，而 {settings.var / KEY_FILE} 不存在："
            "GOVDASH_VAR 可能设错了。请改正，或从备份取回密钥；不会另造一个。"
        )
    return first_seal(settings)


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except OperationalError as error:
        if error.statement is None or error.connection_invalidated:  # no connection, or lost
            raise Unavailable(f"数据库没有应答：{error.orig}") from error
        raise
    except DataError as error:  # PostgreSQL takes no NUL in a text and no number above its type
        raise InputError(
            "内容里有数据库不接受的字符或数值（如空字符、过大的编号）；请改正后再试。"
        ) from error
    except StaleDataError as error:
        raise Conflict("这条记录刚被别人修改过；请刷新后再操作，您填写的内容没有丢失。") from error


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # we write BEGIN ourselves (below)
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute(f"PRAGMA cache_size={-CACHE_KIB}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another one writes;
    # IMMEDIATE waits its turn.
    writes = connection.get_execution_options().get("govdash_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
