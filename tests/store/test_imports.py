"""Import runs: numbers that add up, rejected rows, interrupted runs."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from govdash.access import SYSTEM
from govdash.core.errors import NotFound
from govdash.core.vocab import ImportState
from govdash.store import Store, imports
from govdash.store.imports import Progress, Rejected
from govdash.store.models import Import
from tests.conftest import NOW


def begin(store: Store, name: str = "a.csv") -> int:
    with store.write() as session:
        return imports.start(session, name, file_sha256="", profile="p", by="operator", at=NOW)


def test_a_run_tells_where_its_rows_went(store: Store):
    run = begin(store)
    told = Progress(3, 1, 2, {"missing_id": 1}, {"unplaced": 3})
    with store.write() as session:
        imports.progress(session, run, told, [Rejected(4, ("missing_id",), {"a": "1"})])
        imports.finish(session, run, ImportState.DONE, at=NOW, reject_file="r.csv")
    with store.read() as session:
        found = imports.get(session, run, SYSTEM.scope, by="")
        assert (found.n_read, found.n_accepted, found.n_rejected, found.n_duplicate) == (6, 3, 1, 2)
        assert (found.state, found.reject_file) == (ImportState.DONE, "r.csv")
        assert found.reasons == {"missing_id": 1}
        assert imports.rejected_rows(session, run, SYSTEM.scope, by="") == [
            Rejected(4, ("missing_id",), {"a": "1"})
        ]
        assert [r.id for r in imports.runs(session, SYSTEM.scope, by="")] == [run]
        with pytest.raises(NotFound):
            imports.get(session, run + 1, SYSTEM.scope, by="")


def test_the_database_refuses_numbers_that_do_not_add_up(store: Store):
    run = begin(store)
    wrong = update(Import).where(Import.id == run).values(n_read=5)
    with pytest.raises(IntegrityError), store.write() as session:
        session.execute(wrong)


def test_runs_left_open_are_marked_interrupted_but_not_those_still_going(store: Store):
    left, going = begin(store), begin(store, "b.csv")
    with store.write() as session:
        later = NOW + timedelta(hours=1)
        assert imports.mark_interrupted(session, at=later, running=[going]) == 1
    with store.read() as session:
        assert imports.get(session, left, SYSTEM.scope, by="").state is ImportState.INTERRUPTED
        assert "再导入一次" in imports.get(session, left, SYSTEM.scope, by="").message
        assert imports.get(session, going, SYSTEM.scope, by="").state is ImportState.RUNNING
