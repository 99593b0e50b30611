"""Turns beside the road of a case: pictures come with the first try that is claimed done."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import yaml
from sqlalchemy import select

from govdash.access import SYSTEM
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import CaseAction, CaseState, Shown
from govdash.demo.agenda import Agenda
from govdash.demo.casework import Casework, people
from govdash.demo.turns import Turns
from govdash.store import Store, evidence
from govdash.store.models import Case, Event
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


def test_a_whole_history_is_lived_through_when_every_matter_is_reported_twice(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("govdash.demo.turns._DOUBLED", 1.0)
    town.build(sqlite_store, settings, AT)
    agenda, rng = Agenda(AT), np.random.default_rng(3)
    phrases = yaml.safe_load((ROOT / "data/demo/phrases.yaml").read_text("utf-8"))["casework"]
    turns = Turns(agenda, phrases, rng, people(), settings.evidence)
    casework = Casework(agenda, phrases, rng, turns, zone=ZoneInfo("Asia/Shanghai"))
    with sqlite_store.write() as session:
        few = select(Event.source, Event.source_id, Event.received_at, Event.reported_at)
        rows = session.execute(few.order_by(Event.reported_at.desc()).limit(250)).mappings().all()
        casework.plan(pd.DataFrame(rows).assign(received_at=lambda table: table["reported_at"]))
        agenda.run(session, AT)
        ended = Counter(session.scalars(select(Case.state)).all())
    assert ended[CaseState.MERGED] > 50
    assert ended[CaseState.REJECTED] > 0
    assert ended[CaseState.CLOSED] > 50
