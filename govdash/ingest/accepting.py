"""One chunk of fields into the store: complete outside the transaction, write inside."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.vocab import Kind
from govdash.ingest.checks import check
from govdash.ingest.completing import Completing
from govdash.ingest.findings import Findings
from govdash.ingest.naming import Naming
from govdash.store import Session, events
from govdash.store.events import Accepted, Rehearsal
from govdash.store.imports import Rejected

_KIND_BY_PREFIX: Final = {kind.prefix: kind.value for kind in Kind}


@dataclass
class Tally:
    """Where the rows went so far."""

    accepted: Accepted = field(default_factory=Accepted)
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])

    @property
    def n_accepted(self) -> int:
        """Rows that became a version: first ones and corrections."""
        return self.accepted.n_new + self.accepted.n_corrected

    @property
    def read(self) -> int:
        """Rows read: accepted, rejected and duplicate."""
        return self.n_accepted + self.rejected + self.accepted.n_duplicate

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Count rejected rows; one row may have several reasons."""
        self.rejected += len(rejected)
        self.reasons.update(code for row in rejected for code in row.reasons)


@dataclass(frozen=True)
class Prepared:
    """Rows that only lack their category, and what was found in all rows of the chunk."""

    frame: pd.DataFrame  # good rows
    findings: Findings  # of those rows, warnings only
    bad: Mapping[int, tuple[str, ...]]  # position in the chunk → reasons


def prepare(
    frame: pd.DataFrame, findings: Findings, completing: Completing, *, at: datetime
) -> Prepared:
    """Check the rows, set the bad ones aside, and complete the good ones. No store is needed."""
    frame = check(frame, findings, at)
    bad = findings.bad
    good = frame.loc[~bad].reset_index(drop=True)
    kept = Findings(len(good), {}, {code: rows[~bad] for code, rows in findings.warnings.items()})
    completed = completing.complete(good, kept, at=at)
    return Prepared(
        completed, kept, {int(n): findings.reasons_of(int(n)) for n in np.flatnonzero(bad)}
    )


def write(
    session: Session,
    prepared: Prepared,
    naming: Naming,
    *,
    import_id: int | None,
    at: datetime,
    rehearsal: Rehearsal | None = None,
) -> Accepted:
    """Name the categories and add the events; with a `rehearsal` only count."""
    frame = prepared.frame
    keys, facets = naming.name(session, frame, prepared.findings, register=rehearsal is None)
    canonical = frame.assign(
        category=keys,
        kind=keys.str[0].map(_KIND_BY_PREFIX),
        facet=frame["facet"].where(frame["facet"].notna(), facets),
    )
    if rehearsal is not None:
        return rehearsal.accept(session, canonical)
    return events.accept(session, canonical, import_id=import_id, at=at)
