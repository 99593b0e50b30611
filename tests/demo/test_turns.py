"""Turns beside the road of a case: pictures come with the first try that is claimed done."""

from datetime import UTC, datetime

import numpy as np

from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.core.vocab import CaseAction, Shown
from govdash.demo.agenda import Agenda
from govdash.demo.casework import people
from govdash.demo.turns import Turns
from govdash.store import Store, evidence
from govdash.workflow import cases
from tests.web import town

AT = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)


def test_a_case_that_is_claimed_done_again_keeps_its_two_pictures(
    sqlite_store: Store, settings: Settings
):
    town.build(sqlite_store, settings, AT)
    turns = Turns(Agenda(AT), {}, np.random.default_rng(1), people(), settings.evidence)
    with sqlite_store.write() as session:
        new = cases.NewCase(title="路边垃圾堆放", category=town.GARBAGE, area_path=town.QUAY)
        case = cases.open_case(session, new, actor=SYSTEM, at=AT)
        for _ in range(20):
            turns.after(session, case, CaseAction.RESOLVE, lingers=False, at=AT)
        shown = [file.shown for file in evidence.files(session, case.id, SYSTEM.scope)]
    assert sorted(shown) == sorted([Shown.BEFORE, Shown.AFTER])
