"""What the ingest tests share: small files, a store ready for imports, one way to import."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.ingest import ImportReport, Profile, import_file
from govdash.ingest.rejects import read_rejects
from govdash.store import Store
from govdash.store.categories import put_categories
from govdash.taxonomy import Taxonomy
from tests.conftest import NOW

HEADER = ["编号", "上报时间", "办结时间", "标题", "内容", "经度", "纬度", "类别", "电话", "联系人"]
PROFILE = Profile(
    name="test",
    source="test",
    columns={
        "source_id": "编号",
        "reported_at": "上报时间",
        "closed_at": "办结时间",
        "title": "标题",
        "text": "内容",
        "lon": "经度",
        "lat": "纬度",
        "category": "类别",
        "reporter_contact": "电话",
        "reporter_name": "联系人",
    },
    bounds=(73.0, 3.0, 136.0, 54.0),
)
Row = dict[str, str]
Take = Callable[..., ImportReport]


def row(n: object = 1, **changes: str) -> Row:
    """A good row, changed as said."""
    good = {
        "编号": str(n),
        "上报时间": "2026-06-01 08:00:00",
        "办结时间": "2026-06-02 08:00:00",
        "标题": "垃圾",
        "内容": "路边有垃圾",
        "经度": "121.47",
        "纬度": "31.23",
        "类别": "暴露垃圾",
        "电话": "",
        "联系人": "",
    }
    return good | changes


def csv_text(*rows: Row, header: list[str] | None = None) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header or HEADER, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def taken_out(told: ImportReport, store: Store) -> str:
    """The rejected rows of an import as who may have them gets them: CSV with BOM."""
    return read_rejects(Path(told.reject_file), store.vault).decode()


@pytest.fixture
def ready(store: Store, settings: Settings) -> Store:
    """A store (SQLite and PostgreSQL) with the national categories."""
    settings.var.mkdir(parents=True, exist_ok=True)
    with store.write() as session:
        put_categories(session, Taxonomy.load(settings.data))
    return store


@pytest.fixture
def lite(sqlite_store: Store, settings: Settings) -> Store:
    """The same on SQLite alone, for what no database sees."""
    with sqlite_store.write() as session:
        put_categories(session, Taxonomy.load(settings.data))
    return sqlite_store


def taker(store: Store, settings: Settings, tmp_path: Path) -> Take:
    def take(content: str | bytes | Path, profile: Profile = PROFILE, **more) -> ImportReport:
        if isinstance(content, Path):
            path = content
        else:
            path = tmp_path / more.pop("file", "file.csv")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        told = import_file(
            store, settings, path, profile=profile, actor=SYSTEM, at=more.pop("at", NOW), **more
        )
        assert told.read == told.accepted + told.rejected + told.duplicate
        assert told.accepted == told.new + told.corrected
        return told

    return take


@pytest.fixture
def take(lite: Store, settings: Settings, tmp_path: Path) -> Take:
    """Import a text, some bytes or a path into SQLite."""
    return taker(lite, settings, tmp_path)


@pytest.fixture
def take_both(ready: Store, settings: Settings, tmp_path: Path) -> Take:
    """The same, on SQLite and on PostgreSQL."""
    return taker(ready, settings, tmp_path)
