"""Findings of one tick: which series are abnormal at a day, with evidence.

Detectors score; the numbers here (false discovery rate, floors) come from the alert rules.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.core.vocab import AreaLevel
from govdash.detect.contract import Detector
from govdash.detect.evidence import Direction, Finding, Scope, explain, severity, with_shares
from govdash.detect.keys import make_key, parent_area, split_key
from govdash.detect.multiple import benjamini_hochberg
from govdash.detect.native import factors
from govdash.detect.nested import reduce_nested
from govdash.detect.shares import Share
from govdash.detect.tails import tail_high, tail_low
from govdash.detect.windows import WINDOWS, WindowScores, score_windows

#: The rest of the city shares in a rise (or fall) when its own count would be this rare.
RARE_REST: Final = 0.05


@dataclass(frozen=True)
class FindPolicy:
    """What makes a finding.

    Parameters
    ----------
    fdr : float
        Share of false ones that is tolerated among the findings of a tick.
    min_excess : float
        Events above (or below) expectation that are worth anybody's while.
    widths : tuple of int
        Window lengths in days.
    explains : float
        Share of a larger series' excess that a smaller one must hold to speak for it; see
        `reduce_nested`.
    low_side : bool
        Whether too few is a finding as well (outages).
    """

    fdr: float = 0.05
    min_excess: float = 3.0
    widths: tuple[int, ...] = WINDOWS
    explains: float = 0.6
    low_side: bool = True

    def __post_init__(self) -> None:
        """Refuse rates outside (0, 1)."""
        if not 0 < self.fdr < 1:
            raise InputError(f"误报比例 {self.fdr} 应在 0 和 1 之间，例如 0.05。")
        if not 0 < self.explains <= 1:
            raise InputError(f"解释份额 {self.explains} 应大于 0、不超过 1，例如 0.6。")


def find(
    counts: pd.DataFrame,
    *,
    at_day: date,
    detector: Detector,
    policy: FindPolicy | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Fit `detector` on `counts` up to `at_day` and return what is abnormal at its end.

    Parameters
    ----------
    counts : DataFrame
        See `contract`; columns are series keys (`keys`). Days after `at_day` are not looked at.
    names : mapping of area path or category to its name on the screen, optional

    Returns
    -------
    list of Finding
        Nested ones reduced to the most telling, most severe first.
    """
    known = counts.loc[: pd.Timestamp(at_day)]
    fitted = detector.fit(known)
    return find_fitted(fitted, known, at_day=at_day, policy=policy, names=names)


def find_fitted(
    detector: Detector,
    counts: pd.DataFrame,
    *,
    at_day: date,
    policy: FindPolicy | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Finding]:
    """As `find`, with a detector that is fitted already (a replay refits weekly)."""
    policy = policy or FindPolicy()
    scores = score_windows(
        detector,
        counts,
        at_day=pd.Timestamp(at_day),
        widths=policy.widths,
        low_side=policy.low_side,
    )
    q_values = benjamini_hochberg(scores.p_value)
    return find_scored(scores, q_values, counts, policy=policy, names=names)


def find_scored(
    scores: WindowScores,
    q_values: np.ndarray,
    counts: pd.DataFrame,
    *,
    policy: FindPolicy,
    names: Mapping[str, str] | None = None,
) -> list[Finding]:
    """As `find`, with scores whose q-values (series,) may have been taken over more than these.

    `counts` are those that were scored, with the history that the evidence compares with.
    """
    at_day = scores.at_day.date()
    excess = scores.excess()
    here = excess[scores.best, np.arange(len(scores.series))]
    chosen = (
        (q_values <= policy.fdr)
        & (np.abs(here) >= policy.min_excess)
        & (scores.is_high | policy.low_side)
    )
    picked = [int(n) for n in np.flatnonzero(chosen)]
    found = [_finding(scores, n, q_values[n], counts.iloc[:, n], at_day) for n in picked]
    over = {
        (scores.series[n], width): (float(scores.observed[w, n]), float(scores.expected[w, n]))
        for n in picked
        for w, width in enumerate(scores.widths)
    }
    kept = reduce_nested(found, explains=policy.explains, counts=over)
    parts = _children(scores.series) if kept else {}
    explained = [_with_children(f, scores, parts, names or {}) for f in kept]
    explained = [_with_scope(f, scores) for f in explained]
    return sorted(explained, key=lambda f: (-f.severity, f.series))


def _finding(
    scores: WindowScores, n: int, q_value: float, history: pd.Series, at_day: date
) -> Finding:
    w = scores.best[n]
    start = (scores.at_day - pd.Timedelta(days=scores.widths[w] - 1)).date()
    direction: Direction = "high" if scores.is_high[n] else "low"
    lower, upper = scores.interval(w, n)
    evidence = explain(
        series=scores.series[n],
        window=(start, at_day),
        observed=int(scores.observed[w, n]),
        expected=scores.expected[w, n],
        sd=scores.sd[w, n],
        interval=(lower, upper),
        p_value=scores.p_value[n],
        q_value=q_value,
        direction=direction,
        history=history,
        factors=_factors(scores, n, scores.widths[w]),
    )
    key = split_key(scores.series[n])
    return Finding(
        series=scores.series[n],
        area_path=key.area_path,
        category=key.category,
        at_day=at_day,
        direction=direction,
        severity=severity(evidence.p_value, evidence.excess),
        evidence=evidence,
    )


def _children(series: tuple[str, ...]) -> dict[str, list[int]]:
    """Return, by series, the columns of its child areas with the same category."""
    children: dict[str, list[int]] = {}
    for n, text in enumerate(series):
        key = split_key(text)
        above = key._replace(area_path=parent_area(key.area_path))
        children.setdefault(str(above), []).append(n)
    return children


def _with_children(
    finding: Finding,
    scores: WindowScores,
    children: Mapping[str, list[int]],
    names: Mapping[str, str],
) -> Finding:
    """Add what each child area had in the finding's window."""
    w = scores.widths.index(finding.evidence.window_days)
    shares = []
    for n in children.get(finding.series, []):
        path = split_key(scores.series[n]).area_path
        name = names.get(path, path)
        seen, due = int(scores.observed[w, n]), float(scores.expected[w, n])
        shares.append(Share(scores.series[n], name, seen, due))
    evidence = with_shares(
        finding.evidence, tuple(shares), part_word=_word_below(finding.area_path)
    )
    return replace(finding, evidence=evidence)


def _factors(scores: WindowScores, n: int, width: int) -> dict[str, float]:
    """Return what the window's expectation is made of, where the detector can say."""
    if scores.state is None:
        return {}
    told = asdict(factors(scores.state, scores.series[n], scores.at_day, buckets=width))
    del told["expected"]
    return told


def _with_scope(finding: Finding, scores: WindowScores) -> Finding:
    """Add whether the rest of the city departs the same way in the finding's window."""
    root = f"/{finding.area_path.split('/')[1]}/"
    scope: Scope = "citywide"
    if finding.area_path != root:
        try:
            n = scores.series.index(make_key(root, finding.category))
        except ValueError:  # too quiet in the whole city to have been scored
            return finding
        w = scores.widths.index(finding.evidence.window_days)
        whole = float(scores.expected[w, n])
        due = max(whole - finding.evidence.expected, 0.0)
        seen = float(scores.observed[w, n]) - finding.evidence.observed
        spread = float(scores.sd[w, n]) ** 2 * due / whole
        tail = tail_high if finding.direction == "high" else tail_low
        if not due or tail(np.array(seen), np.array(due), np.array(spread)) > RARE_REST:
            scope = "local"
    return replace(finding, evidence=replace(finding.evidence, scope=scope))


def _word_below(area_path: str) -> str:
    """Return what the parts of an area are called: one segment is the city, its parts are 区."""
    depth = area_path.count("/") - 1
    levels = list(AreaLevel)
    return levels[min(max(depth, 1), len(levels) - 1)].label
