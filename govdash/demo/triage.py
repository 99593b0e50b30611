"""How the watch of the demo city handles alerts: real ones become cases, others are dismissed."""

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from govdash.access import SYSTEM
from govdash.core.vocab import Disposition, Handling
from govdash.demo.agenda import Agenda
from govdash.demo.casework import Casework
from govdash.store import Session
from govdash.store import alerts as rows
from govdash.store.models import Alert
from govdash.workflow import alerts, board
from govdash.workflow.flow import AlertAction, alert_actions

#: Alerts of the last hours are left to whoever opens the page.
_LEFT: Final = timedelta(hours=20)
_REAL: Final = {Disposition.REAL_NO_ACTION: 0.7, Disposition.DUPLICATE: 0.3}
_NOT_REAL: Final = {
    Disposition.FALSE_ALARM: 0.5, Disposition.EXPECTED_EVENT: 0.22,
    Disposition.REAL_NO_ACTION: 0.14, Disposition.DATA_ERROR: 0.09, Disposition.DUPLICATE: 0.05,
}  # fmt: skip


class Triage:
    """Looks at new alerts and puts what is done with them on the agenda."""

    def __init__(
        self,
        agenda: Agenda,
        casework: Casework,
        labels: pd.DataFrame,
        phrases: dict[str, list[str]],
        rng: np.random.Generator,
    ) -> None:
        self._agenda, self._casework, self._rng = agenda, casework, rng
        self._labels, self._phrases = labels, phrases
        self._known: set[tuple[int, int]] = set()  # one that came back is another version

    @property
    def seen(self) -> int:
        """How many alerts there were, each counted once however often it came back."""
        return len({alert_id for alert_id, _ in self._known})

    def look(self, session: Session, at: datetime) -> None:
        """Decide about every alert that is new since the last look."""
        table = board.alerts(session, SYSTEM.scope, handling=[Handling.NEW], limit=1000)
        for row in table.to_dict("records"):
            alert = {str(name): value for name, value in row.items()}
            now = int(alert["id"]), int(alert["version"])
            if now in self._known:
                continue
            self._known.add(now)
            if at > self._agenda.end - _LEFT and self._rng.random() < 0.85:
                continue
            self._decide(int(alert["id"]), real=self._is_real(alert), at=at)

    def _decide(self, alert_id: int, *, real: bool, at: datetime) -> None:
        luck = self._rng.random()
        soon = at + timedelta(minutes=float(self._rng.uniform(4, 70)))
        later = soon + timedelta(minutes=float(self._rng.uniform(5, 120)))
        watch = self._casework.staff["watch"]

        def acknowledge(session: Session, when: datetime) -> None:
            if _still(session, alert_id, AlertAction.ACKNOWLEDGE):
                alerts.acknowledge(session, alert_id, actor=watch, at=when)

        def open_case(session: Session, when: datetime) -> None:
            if alert := _still(session, alert_id, AlertAction.OPEN_CASE):
                done = Disposition.REAL_ACTED
                self._casework.open_from_alert(session, alert, done, when)

        def dismiss(session: Session, when: datetime) -> None:
            if _still(session, alert_id, AlertAction.DISMISS):
                self._dismiss(session, alert_id, when, real=real)

        self._agenda.add(soon, acknowledge)
        if real and luck < 0.75:
            self._agenda.add(later, open_case)
        elif luck < 0.9:
            self._agenda.add(later, dismiss)

    def _dismiss(self, session: Session, alert_id: int, when: datetime, *, real: bool) -> None:
        weights = _REAL if real else _NOT_REAL
        kinds = list(weights)
        disposition = kinds[int(self._rng.choice(len(kinds), p=list(weights.values())))]
        notes = self._phrases[disposition.value]
        alerts.dismiss(
            session, alert_id, disposition, note=notes[int(self._rng.integers(len(notes)))],
            actor=self._casework.staff["watch"], at=when,
        )  # fmt: skip

    def _is_real(self, alert: dict[str, Any]) -> bool:
        """Whether a labelled incident lies behind the alert."""
        seen, day = pd.Timestamp(alert["first_seen_at"]), pd.Timedelta(days=1)
        near = self._labels[
            (self._labels["start"] <= seen) & (self._labels["end"] + 2 * day >= seen)
        ]
        category, path = str(alert["category"]), str(alert["area_path"] or "/")
        return any(
            category[:4] == key[:4] and (area.startswith(path) or path.startswith(area))
            for key, area in zip(
                near["category"].astype(str), near["area_path"].astype(str), strict=True
            )
        )


def _still(session: Session, alert_id: int, action: AlertAction) -> Alert | None:
    """Return an alert if that can still be done: it may have gone along with its group."""
    alert = rows.get(session, alert_id, SYSTEM.scope)
    return alert if alert is not None and action in alert_actions(alert.handling) else None
