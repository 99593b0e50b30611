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


#: Tables whose rows belong to an area, a unit, or somebody's import, and what hangs on them.
SCOPED = {
    "QualityTask",
    "Event",
    "EventPerson",
    "Alert",
    "AlertStep",
    "Case",
    "CaseStep",
    "ClockInterval",
    "Feedback",
    "CaseRequest",
    "CaseMark",
    "CallTask",
    "CaseFile",
    "CaseReport",
    "Import",
    "RejectedRow",
    "Escalation",
    "Suppression",
    "Notification",
    "NotificationAttempt",
    "InboxMessage",
    "Brief",
}
#: Every other table, and why a scope does not concern it. A new table is put in one of the two.
CITY_WIDE = {
    "Area": "the map of the city",
    "MapLayer": "the map of the city",
    "Unit": "who is who",
    "Category": "what things are called",
    "CategoryAlias": "what things are called",
    "KpiScheme": "how the whole city assesses; no rows of cases",
    "Rule": "rules hold for the whole city",
    "RuleAdvice": "rules are the city's, and so is what was decided on them",
    "UserAccount": "administrators have no areas; by permission",
    "Role": "by permission",
    "UserRole": "by permission",
    "UserArea": "by permission",
    "UserUnit": "by permission",
    "SavedView": "one's own, and only what was chosen",
    "UserEmail": "about accounts; by permission",
    "PasswordHistory": "hashes; read by signing in alone",
    "UserSession": "one's own, or by permission",
    "DeviceToken": "by permission",
    "FailedTries": "read by signing in alone",
    "ApiKey": "by permission",
    "Release": "one's own, or by permission inside one's scope",
    "JournalLine": "the auditor's; by permission",
    "JournalAnchor": "the auditor's; by permission",
    "JournalHead": "the auditor's; by permission",
    "AuditCheckpoint": "the auditor's; by permission",
    "Installation": "about the platform",
    "Lease": "about the platform",
    "JobRun": "about the platform",
    "Counter": "about the platform",
}
#: Functions that read scoped rows for the platform itself, never to show them to a person.
FOR_THE_PLATFORM = {
    "store/events.py:accept": "writes; compares with what is stored",
    "store/imports.py:rejected_by_key": "counts rows by the id of their key",
    "store/imports.py:reseal_rejected": "seals with a new key; nothing is shown",
    "store/quality.py:for_update": "a change; the scope is checked on the locked row",
    "store/quality.py:open_one": "a change; what is said of it is the alert's own",
    "store/emptying.py:case_ended": "an expression; shows nothing",
    "store/emptying.py:cases": "empties or counts what is old; nothing is shown",
    "store/emptying.py:empty_cases": "empties or counts what is old; nothing is shown",
    "store/emptying.py:alerts": "empties or counts what is old; nothing is shown",
    "store/emptying.py:empty_alerts": "empties or counts what is old; nothing is shown",
    "store/emptying.py:notices": "empties or counts what is old; nothing is shown",
    "store/emptying.py:empty_notices": "empties or counts what is old; nothing is shown",
    "store/retention.py:persons": "deletes or counts what is old; nothing is shown",
    "store/retention.py:delete_persons": "deletes or counts what is old; nothing is shown",
    "store/retention.py:texts": "deletes or counts what is old; nothing is shown",
    "store/retention.py:empty_texts": "deletes or counts what is old; nothing is shown",
    "store/retention.py:rejected": "deletes or counts what is old; nothing is shown",
    "store/retention.py:delete_rejected": "deletes or counts what is old; nothing is shown",
    "store/retention.py:case_files": "deletes or counts what is old; nothing is shown",
    "store/retention.py:messages": "deletes or counts what is old; nothing is shown",
    "store/retention.py:delete_messages": "deletes or counts what is old; nothing is shown",
    "store/retention.py:reject_files": "deletes or counts what is old; nothing is shown",
    "store/persons.py:add": "writes, with the events of the same call",
    "store/persons.py:counts": "counts rows by the id of their key",
    "store/persons.py:opened": "opens a row that the caller has",
    "store/persons.py:reseal": "seals with a new key; nothing is shown",
    "store/changes.py:changes_since": "feeds the lake",
    "store/changes.py:ended_after": "proves parity",
    "store/changes.py:knows": "finds out a lake of another database",
    "store/changes.py:month_checksums": "proves parity",
    "store/tally.py:tally": "numbers of rows for whoever runs the platform",
    "store/alerts.py:for_update": "a change; the scope is checked on the locked row",
    "store/alerts.py:newest_of": "the detector raises alerts of every area",
    "store/alerts.py:opened": "the detector folds alerts of every area",
    "store/alerts.py:members": "a change to its leader; the scope is checked on each locked row",
    "store/alerts.py:firing": "the detector ends alerts of every area",
    "store/alerts.py:write_signal": "writes",
    "store/alerts.py:add_step": "writes",
    "store/cases.py:for_update": "a change; the scope is checked on the locked row",
    "store/cases.py:last_step": "part of a change that was checked",
    "store/cases.py:times_taken": "part of a change that was checked",
    "store/cases.py:ledger": "part of a change that was checked",
    "store/escalations.py:of_alert": "part of a change that was checked",
    "store/escalations.py:of_case": "part of a change that was checked",
    "store/escalations.py:add": "writes",
    "store/escalations.py:due": "the escalation; nothing is shown",
    "store/escalations.py:without": "the escalation; nothing is shown",
    "store/escalations.py:told_of": "part of a change that was checked",
    "store/escalations.py:alert_of": "the escalation; nothing is shown",
    "store/escalations.py:leader_of": "the escalation; nothing is shown",
    "store/escalations.py:case_of": "the escalation; nothing is shown",
    "store/escalations.py:of_alert_now": "the delivery; nothing is shown",
    "store/escalations.py:of_case_now": "the delivery; nothing is shown",
    "store/suppressions.py:add": "writes",
    "store/suppressions.py:for_update": "a change; the scope is checked on the locked row",
    "store/suppressions.py:on": "the delivery; of an alert that the caller has",
    "store/suppressions.py:wider": "the delivery; of an alert that the caller has",
    "store/suppressions.py:signal_changes": "times only, of an alert that the caller has",
    "store/suppressions.py:held_back": "the escalation; nothing is shown",
    "store/suppressions.py:said_since": "the escalation; nothing is shown",
    "store/notifications.py:add": "writes",
    "store/notifications.py:due_channels": "the delivery; nothing is shown",
    "store/notifications.py:claim": "the delivery; who gets it is asked again for each",
    "store/notifications.py:settle": "writes",
    "store/notifications.py:release": "writes",
    "store/notifications.py:for_update": "a change; the scope is checked on the locked row",
    "store/notifications.py:again": "writes",
    "store/inbox.py:put": "writes",
    "store/inbox.py:mark_read": "writes, on one's own messages",
    "store/cases.py:take_back": "part of a change that was checked",
    "store/cases.py:members": "part of a change that was checked",
    "store/cases.py:n_members": "part of a change that was checked",
    "store/cases.py:newest_call": "part of a change that was checked",
    "store/cases.py:holds_ended": "the worker resumes cases of every area",
    "store/casework.py:request_for_update": "a change; the scope is checked on the locked row",
    "store/casework.py:requests_of": "part of a change that was checked",
    "store/casework.py:newest_mark": "part of a change that was checked",
    "store/evidence.py:n_files": "part of a change that was checked",
    "store/evidence.py:has_file": "part of a change that was checked",
    "store/evidence.py:last_report": "part of a change that was checked",
    "store/calls.py:open_of": "part of a change that was checked",
    "store/calls.py:drop": "part of a change that was checked",
    "store/briefs.py:add": "writes",
    "store/briefs.py:for_update": "a change; the scope is checked on the locked row",
    "store/briefs.py:of_occasion": "the schedule; nothing is shown",
    "store/briefs.py:newest_occasion": "the schedule; nothing is shown",
    "store/briefs.py:take_copy": "counts, for a report that the caller has",
    "store/imports.py:start": "writes",
    "store/imports.py:progress": "writes",
    "store/imports.py:finish": "writes",
    "store/imports.py:mark_interrupted": "writes, for runs that nobody ends",
    "store/imports.py:going": "numbers of runs, to find those that nobody ends",
    "store/imports.py:written": "the run that the process itself writes",
}


def test_every_table_is_scoped_or_says_why_it_is_not():
    tables = {
        node.name
        for source in shipped()
        if source.name.startswith("govdash/store/models/")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and is_table(node)
    }
    assert tables == SCOPED | set(CITY_WIDE)


def is_table(model: ast.ClassDef) -> bool:
    return any(
        isinstance(node, ast.Assign) and dotted(node.targets[0]) == "__tablename__"
        for node in model.body
    )


def test_whoever_reads_scoped_rows_says_for_whom():
    """Style rule 11: a public reader takes an `EventQuery` or a `Scope`, and has no default."""
    open_doors = {
        f"{source.path.relative_to(ROOT / 'govdash').as_posix()}:{function.name}"
        for source in shipped()
        if source.room in {"store", "lake"} and "/models/" not in source.name
        if "migrations" not in source.name
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and reads_scoped_rows(source, function)
        and not scoped(function)
    }
    assert open_doors == set(FOR_THE_PLATFORM)


def reads_scoped_rows(source: Source, function: ast.FunctionDef) -> bool:
    """Mentions a scoped table itself, or through a private helper of its module."""
    if source.name == "govdash/lake/queries.py":
        return True
    helpers = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    seen: set[str] = set()
    left = [function.name]
    while left:
        name = left.pop()
        seen.add(name)
        parts = {dotted(n).split(".")[0] for n in ast.walk(helpers[name]) if is_name(n)}
        if parts & SCOPED:
            return True
        left += [p for p in parts if p.startswith("_") and p in helpers and p not in seen]
    return False


def is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name)


def scoped(function: ast.FunctionDef) -> bool:
    arguments = function.args
    optional = {a.arg for a in arguments.args[len(arguments.args) - len(arguments.defaults) :]}
    optional |= {
        a.arg
        for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    return any(
        a.annotation is not None
        and ast.unparse(a.annotation) in {"EventQuery", "Scope"}
        and a.arg not in optional
        for a in [*arguments.args, *arguments.kwonlyargs]
    )


def test_tables_are_read_in_the_store_alone():
    """What the rooms above hold is what a scoped reader gave them."""
    strays = {
        source.name
        for source in shipped()
        if source.room != "store"
        and {f"session.{name}" for name in ("get", "scalar", "scalars", "execute", "query")}
        & {call.removeprefix("fresh.").removeprefix("page.") for call in source.calls()}
    }
    assert strays == set()


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


def test_nobody_in_the_web_acts_without_a_session():
    """`load_user` gives whoever is named, by default the local operator of the command line."""
    users = {s.name for s in shipped() if s.room in {"web", "api", "pages"} and is_loading(s)}
    assert users == set()


def is_loading(source: Source) -> bool:
    return "load_user" in {name.rpartition(".")[2] for name in source.mentions()}


#: What is kept for all sessions. A read of events or cases is keyed by its query, which holds the
#: scope; the others are names, shapes and things of the process, which are the same for everybody.
KEPT_FOR_ALL = {
    "govdash/web/background.py": {"tasks"},
    "govdash/web/cache.py": {
        "_kept", "_area_names", "_category_table", "_area_places", "_parts_map", "_layer_labels",
        "_calendar", "_past_rates", "_source_names", "_occasions", "_kpi_book",
    },
    "govdash/web/evaluating.py": {"desk"},
    "govdash/web/imports.py": {"_preview"},  # of a file that the session has uploaded
    "govdash/web/ruletrial.py": {"desk"},  # shown to who sees the whole city
    "govdash/web/resources.py": {"_store", "_lake"},
}  # fmt: skip


def test_whatever_is_kept_for_all_sessions_is_known_to_hold_no_rows_of_somebody():
    kept: dict[str, set[str]] = {}
    for source in shipped():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and any(map(keeps, node.decorator_list)):
                kept.setdefault(source.name, set()).add(node.name)
    assert kept == KEPT_FOR_ALL


def keeps(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return dotted(called) in {"st.cache_data", "st.cache_resource"}
