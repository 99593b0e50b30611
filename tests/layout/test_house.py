"""The house stands as its plan says: rooms, edges, pages, sizes."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from govdash.core.settings import ROOT
from govdash.web import registry
from tests.layout.source import Source, dotted, shipped

EDGES = {"app.py", "pages", "web", "cli", "api", "worker", "__main__"}
PAGES = [source for source in shipped() if source.room == "pages"]


def names(sources: list[Source]) -> list[str]:
    return [source.name for source in sources]


def test_the_import_contracts_hold():
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("packages", "rooms"),
    [
        ({"streamlit"}, {"app.py", "pages", "web"}),
        ({"sqlalchemy", "alembic", "psycopg", "sqlite3"}, {"store"}),
        ({"ibis", "duckdb"}, {"lake"}),
    ],
)
def test_a_library_stays_in_its_room(packages: set[str], rooms: set[str]):
    strays = [s for s in shipped() if s.room not in rooms and packages & set(s.imported())]
    assert names(strays) == []


def test_no_module_is_longer_than_400_lines():
    """A migration is a list of what happened, however long."""
    modules = [s for s in shipped() if "migrations/versions" not in s.name]
    assert [f"{s.name}: {s.n_lines}" for s in modules if s.n_lines > 400] == []


def test_no_page_lies_directly_in_pages():
    """On a cold deep link Streamlit runs ``pages/*.py`` without the router, past its checks."""
    assert names([p for p in PAGES if p.path.parent == ROOT / "pages"]) == []
    assert PAGES


def test_every_page_is_short_and_opens_with_what_it_needs():
    assert [f"{p.name}: {p.n_lines}" for p in PAGES if p.n_lines > 60] == []
    assert names([p for p in PAGES if not opens_with_needs(p)]) == []


def opens_with_needs(page: Source) -> bool:
    return any(
        isinstance(node, ast.Call)
        and dotted(node.func) == "open_page"
        and any(keyword.arg == "needs" for keyword in node.keywords)
        for node in ast.walk(page.tree)
    )


def test_every_page_is_in_the_navigation_and_the_other_way_round():
    assert {entry.path for entry in registry.PAGES} == {page.path for page in PAGES}


def test_scopes_and_queries_are_made_by_access_alone():
    made = {
        source.name
        for source in shipped()
        if source.room not in {"access", "core"}
        and {"EventQuery", "Scope", "filters.EventQuery", "filters.Scope"} & set(source.calls())
    }
    assert made == set()


CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "pd.Timestamp.now",
    "pd.Timestamp.today",
    "Timestamp.now",
}


def test_nothing_below_the_edges_reads_the_clock():
    readers = [s for s in shipped() if s.room not in EDGES and CLOCKS & set(s.calls())]
    assert names(readers) == []


def test_the_environment_is_read_by_the_settings_and_the_edges_alone():
    readers = [
        s
        for s in shipped()
        if s.room not in EDGES
        and s.name != "govdash/core/settings.py"
        and {"os.environ", "os.getenv", "environ"} & set(s.mentions())
    ]
    assert names(readers) == []


#: Functions that read events for the platform itself, never for a person.
FOR_THE_PLATFORM = {
    "store/events.py:accept": "writes; compares with what is stored",
    "store/changes.py:changes_since": "feeds the lake",
    "store/changes.py:ended_after": "proves parity",
    "store/changes.py:knows": "finds out a lake of another database",
    "store/changes.py:month_checksums": "proves parity",
    "store/underlying.py:usual_category": "suggests, under an alert that the actor may handle",
    "store/underlying.py:usual_unit": "suggests, under an alert that the actor may handle",
    "store/underlying.py:latest_place": "suggests, under an alert that the actor may handle",
}


def test_whoever_reads_events_says_for_whom():
    """Style rule 11: a public reader of events takes an `EventQuery` or a `Scope`."""
    open_doors = [
        f"{source.path.relative_to(ROOT / 'govdash').as_posix()}:{function.name}"
        for source in shipped()
        if source.room in {"store", "lake"} and "migrations" not in source.name
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and reads_events(source, function)
        and not scoped(function)
    ]
    assert sorted(set(open_doors) - set(FOR_THE_PLATFORM)) == []


def reads_events(source: Source, function: ast.FunctionDef) -> bool:
    if source.name == "govdash/lake/queries.py":
        return True
    mentioned = {dotted(n) for n in ast.walk(function) if isinstance(n, ast.Attribute | ast.Name)}
    return any(name in {"Event", "EventPerson"} or name.startswith("Event.") for name in mentioned)


def scoped(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    told = {ast.unparse(a.annotation) for a in arguments if a.annotation}
    return bool({"EventQuery", "Scope"} & told)


def test_no_broad_except_and_no_skipped_test():
    """A test that can skip itself is no test; a broad except swallows what it cannot repair."""
    broad = [
        source.name
        for source in shipped()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
    ]
    skips = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("tests/**/test_*.py")
        if {"pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
        & set(Source(path).mentions())
    ]
    assert (broad, skips) == ([], [])
