"""The watch of the demo city does with an alert what its state allows, once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.core.vocab import Disposition
from govdash.demo.agenda import Agenda
from govdash.demo.casework import Casework, people
from govdash.demo.triage import Triage
from govdash.demo.turns import Turns
from govdash.store import Store, alerts
from tests.web import town

AT = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)


def test_an_alert_that_changed_before_its_turn_is_signed_off_once(
    sqlite_store: Store, settings: Settings
):
    town.build(sqlite_store, settings, AT)
    rng = np.random.default_rng(1)
    agenda = Agenda(AT + timedelta(days=3))
    long_ago = pd.Timestamp(AT) - pd.Timedelta(days=400)
    labels = pd.DataFrame(
        {"start": [long_ago], "end": [long_ago], "category": [town.LAMP], "area_path": [town.HILL]}
    )
    turns = Turns(agenda, {}, rng, people(), settings.evidence)
    casework = Casework(agenda, {}, rng, turns, zone=ZoneInfo("Asia/Shanghai"))
    notes = {disposition.value: ["已核实"] for disposition in Disposition}
    triage = Triage(agenda, casework, labels, notes, rng)
    with sqlite_store.write() as session:
        triage.look(session, AT)
        for alert_id in (1, 2, 3):
            alert = alerts.for_update(session, alert_id)
            assert alert is not None
            alert.note = "更新"  # its version grows, so the watch decides about it again
    with sqlite_store.write() as session:
        triage.look(session, AT)
        agenda.run(session, AT + timedelta(minutes=74))
    with sqlite_store.read() as session:
        steps = pd.concat([alerts.steps(session, n, SYSTEM.scope) for n in (1, 2, 3)])
    assert (steps["did"] == "acknowledge").sum() == 3
