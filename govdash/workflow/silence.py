"""A channel that has fallen silent: since when, and what cannot be said of the areas below it.

No data is neither zero nor an anomaly. While a channel sends nothing, "abnormally low" counts of
the categories and areas that it reports on tell of the channel, not of the city.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from govdash.detect import Finding
from govdash.detect.keys import area_contains
from govdash.detect.tails import LOW_SIDE_FROM
from govdash.store.underlying import CHANNEL


@dataclass(frozen=True, slots=True)
class Silence:
    """A channel without any data in an area, from `since` to `until`, both included."""

    area_path: str
    channel: str  # as in a series: ``@sensor``
    since: date
    until: date

    def explains(self, finding: Finding) -> bool:
        """Whether a low count may be this silence and nothing else: inside its area and time."""
        return (
            finding.direction == "low"
            and not finding.category.startswith(CHANNEL)
            and area_contains(self.area_path, finding.area_path)
            and finding.window_end >= self.since
            and finding.window_start <= self.until
        )


def with_silence(finding: Finding, counts: "pd.Series[int]") -> Finding:
    """Return a channel's finding with the first day of its silence, where it is silent.

    A channel is silent when its last days are all zero and at least 5 events were expected of
    them (below that, none is no surprise).

    Parameters
    ----------
    counts : Series of int, by day
        The finding's series up to its last day at least.
    """
    if finding.direction != "low" or not finding.category.startswith(CHANNEL):
        return finding
    known = counts.loc[: pd.Timestamp(finding.at_day)].to_numpy()
    reported = np.flatnonzero(known)
    days = len(known) - 1 - int(reported[-1]) if len(reported) else len(known)
    daily = finding.evidence.expected / finding.evidence.window_days
    if daily * days < LOW_SIDE_FROM:
        return finding
    since = finding.at_day - timedelta(days=days - 1)
    return replace(finding, evidence=replace(finding.evidence, silent_since=since))


def silences(findings: Sequence[Finding]) -> list[Silence]:
    """Return the silences that findings tell of."""
    return [
        Silence(f.area_path, f.category, f.evidence.silent_since, f.at_day)
        for f in findings
        if f.evidence.silent_since is not None
    ]


def held_back(
    findings: Sequence[Finding], silent: Sequence[Silence]
) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that may be told, and those that a silence explains."""
    told = [f for f in findings if not any(s.explains(f) for s in silent)]
    return told, [f for f in findings if f not in told]
