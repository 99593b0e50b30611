"""The last weeks as people lived them: alerts raised and handled, cases walked to their ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel
from govdash.demo.agenda import Agenda
from govdash.demo.casework import Casework, people
from govdash.demo.record import Record
from govdash.demo.triage import Triage
from govdash.demo.turns import Turns
from govdash.demo.world import World
from govdash.lake import Lake
from govdash.store import Store
from govdash.workflow import tick

#: How far back cases go, and on which days before the end the detector ran.
_CASE_DAYS: Final = 24
_TICK_DAYS: Final = (16, 7, 1)
#: Cases from reports of citizens and inspectors, for a record of the usual size.
_CASES: Final = 260
ProgressCall = Callable[[str, float], None]


@dataclass(frozen=True)
class History:
    """How much came of it."""

    alerts: int
    cases: int


def live_through(
    store: Store,
    lake: Lake,
    settings: Settings,
    world: World,
    record: Record,
    *,
    at: datetime,
    say: ProgressCall,
) -> History:
    """Run the detector and the people of the last weeks on a clock of their own, up to `at`."""
    rng = np.random.default_rng([world.seed, 50])
    agenda = Agenda(at)
    phrases = world.phrases.pool["casework"]
    beside = np.random.default_rng([world.seed, 51])
    turns = Turns(agenda, phrases, beside, people(), settings.evidence)
    casework = Casework(agenda, phrases, rng, turns, zone=settings.zone)
    triage = Triage(agenda, casework, record.labels, phrases["dismiss"], rng)
    wanted = int(np.clip(_CASES * (len(record.events) / 300_000) ** 0.5, 60, 400))
    casework.plan(_reports(record.events, at, wanted, rng))
    moments = [at - timedelta(days=days) for days in _TICK_DAYS if len(record.events) > days]
    for n, moment in enumerate([*moments, at]):
        with store.write() as session:
            agenda.run(session, moment)
        tick.run_tick(store, lake, settings, at=moment)
        with store.write() as session:
            triage.look(session, moment)
        say("回放预警与处置", 0.76 + 0.22 * (n + 1) / (len(moments) + 1))
    with store.write() as session:
        agenda.run(session, at)
        tree = world.city.areas.groupby("level")["path"].min()
        turns.plan_activities(
            session, district=tree[AreaLevel.DISTRICT], street=tree[AreaLevel.STREET]
        )
    return History(alerts=triage.seen, cases=casework.opened + turns.opened)


def _reports(events: pd.DataFrame, at: datetime, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Choose reports that become cases: by people, more of the later ones."""
    since = pd.Timestamp(at) - pd.Timedelta(days=_CASE_DAYS)
    human = events["channel"].isin(["hotline", "app", "grid"])
    recent = events[human & (events["received_at"] > since)]
    age = (pd.Timestamp(at) - recent["received_at"]) / pd.Timedelta(days=1)
    weight = np.exp(-age.to_numpy(dtype=float) / 9.0)
    chosen = rng.choice(len(recent), min(n, len(recent)), replace=False, p=weight / weight.sum())
    return recent.iloc[np.sort(chosen)]
