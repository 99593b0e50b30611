"""What rules and detectors were worth: how often right, how soon looked at, how many unseen."""

from collections.abc import Hashable
from typing import Final, Literal

import pandas as pd

from govdash.aggregate.interval import wilson
from govdash.core.vocab import Disposition, Handling, Signal

COLUMNS: Final = (
    "raised", "per_week", "judged", "true", "precision", "low", "high", "hours_to_look",
    "hours_to_end", "unseen",
)  # fmt: skip


def summary(alerts: pd.DataFrame, *, by: Literal["rule", "detector"], days: int) -> pd.DataFrame:
    """Summarise alerts by the rule or the detector that raised them.

    Parameters
    ----------
    alerts : DataFrame
        What `store.outcomes.outcomes` returns.
    days : int
        How long a time they are from, for the rate.

    Returns
    -------
    DataFrame, indexed by rule or detector
        ``raised``, ``per_week``; ``judged`` (verdicts that say whether it was real), ``true``,
        ``precision`` with its 95 % Wilson interval ``low``, ``high``; ``hours_to_look`` (median
        from being raised until a person did something) and ``hours_to_end`` (until a person ended
        it), NaN without any; ``unseen``, the share of those over that nobody ever touched. None
        where there is nothing to say it of.
    """
    lines = {key: _line(mine, days=days) for key, mine in alerts.groupby(by, sort=True)}
    table = pd.DataFrame.from_dict(lines, orient="index", columns=list(COLUMNS))
    return table.rename_axis(index=by)


def _line(mine: pd.DataFrame, *, days: int) -> list[Hashable]:
    said = [Disposition(code).counts_as_true for code in mine["disposition"] if code is not None]
    true, judged = said.count(True), len(said) - said.count(None)
    ended = mine["handling"].isin([Handling.DISMISSED, Handling.CLOSED])
    by_hand = ended & mine["seen_at"].notna()
    over = ended | (mine["signal"] == Signal.CLEARED)
    return [
        len(mine),
        len(mine) / (days / 7),
        judged,
        true,
        *wilson(true, judged),
        _median_hours(mine["seen_at"] - mine["first_seen_at"]),
        _median_hours((mine["handled_at"] - mine["first_seen_at"])[by_hand]),
        float(mine["seen_at"].isna()[over].mean()) if over.any() else None,
    ]


def _median_hours(stretches: "pd.Series[pd.Timedelta]") -> float | None:
    known = stretches.dropna()
    return float(known.dt.total_seconds().median()) / 3600 if len(known) else None
