"""The arms of the panel benchmark: each turns counts into scored zones (`Alerts`)."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from _panel_data import SCORED_DAYS, Panel, nearest
from _panel_judge import Alerts
from sklearn.ensemble import IsolationForest
from statsmodels.tsa.seasonal import STL

from govdash.detect.city.cells import CellModel, advance, learn
from govdash.detect.city.tails import TRAILING, learn_tails
from govdash.detect.city.watch import Hit, Scan, due_by_day, hits, scan_clusters
from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.seasons import years_back
from govdash.detect.classics.settings import setting_named
from govdash.detect.native import Native
from govdash.detect.tails import tail_high

#: Scores of cell-days for columns (days, series): (scored days, series), higher = more unusual.
Scorer = Callable[[np.ndarray, pd.DatetimeIndex], np.ndarray]
#: Alerts kept per panel: beyond any budget that is asked for.
_KEPT = 6000


def parent_expected(
    totals: np.ndarray, days: pd.DatetimeIndex, *, start: int, holidays: dict
) -> np.ndarray:
    """City × category expectation, refitted weekly, from `start` on; 0 before. (days, kinds)."""
    frame = pd.DataFrame(totals, index=days, columns=[str(n) for n in range(totals.shape[1])])
    made = np.zeros(totals.shape)
    for at in range(start, len(days), 7):
        model = Native(freq="D", holidays=holidays).fit(frame.iloc[:at])
        until = min(at + 7, len(days))
        made[at:until] = [one.mean for one in model.score_buckets(frame.iloc[at:until])]
    return made


def watch(
    panel: Panel, counts: np.ndarray, parent: np.ndarray, *, scored: int = SCORED_DAYS
) -> tuple[list[Hit], np.ndarray]:
    """Tick day by day; return the hits of the scored days and the cell-days' p-values."""
    model, plan = CellModel(), Scan()
    near = nearest(panel.centres, plan.max_cells).astype(np.int32)
    by_kind = np.ascontiguousarray(counts.transpose(0, 2, 1))
    begin = len(counts) - scored - TRAILING
    state = learn(model, by_kind[:begin], parent[:begin], last_day=begin - 1)
    maxima: list[np.ndarray] = []
    found: list[Hit] = []
    cell_day = np.ones((scored, *counts.shape[1:]))
    for t in range(begin, len(counts)):
        state = advance(model, state, by_kind[t], parent[t])
        clusters, largest = scan_clusters(model, state, near, plan)
        if t >= len(counts) - scored:
            tails = learn_tails(np.array(maxima))
            found += hits(clusters, day=t, longest=model.ring, tails=tails)
            due = due_by_day(model, state)[-1]
            cell_day[t - len(counts) + scored] = tail_high(by_kind[t], due, 1.2 * due).T
        maxima.append(largest)
    return found, cell_day


def zone_alerts(found: list[Hit]) -> Alerts:
    """Hits as alerts, scored by how rare they are."""
    ordered = sorted(found, key=lambda h: h.day)
    return Alerts(
        kind=np.array([h.category for h in ordered]),
        day=np.array([h.day for h in ordered]),
        first=np.array([h.first for h in ordered]),
        zone=[sum(1 << cell for cell in h.cells) for h in ordered],
        score=np.array([-np.log10(h.p_value) for h in ordered]),
    ).strongest(_KEPT)


def cell_alerts(score: np.ndarray, n_days: int) -> Alerts:
    """Scores (scored days, areas, kinds) as alerts of one area and one day."""
    day, area, kind = np.nonzero(np.isfinite(score))
    at = day + n_days - len(score)
    zone = [1 << int(a) for a in area]
    return Alerts(kind, at, at, zone, score[day, area, kind]).strongest(_KEPT)


def rolling_z(counts: np.ndarray, _days: pd.DatetimeIndex) -> np.ndarray:
    """28 days before a guard of 7; the product's ``rolling-z``, refitted daily."""
    mean, spread = _trailing(counts, length=28, gap=7)
    return (counts[-SCORED_DAYS:] - mean) / np.sqrt(np.maximum(spread, np.maximum(mean, 0.25)))


def ears_c2(counts: np.ndarray, _days: pd.DatetimeIndex) -> np.ndarray:
    """Mean and spread of 7 days before a guard of 2; the spread at least half an event."""
    mean, spread = _trailing(counts, length=7, gap=2)
    return (counts[-SCORED_DAYS:] - mean) / np.sqrt(np.maximum(spread, 0.25))


def same_weekday_farrington(counts: np.ndarray, days: pd.DatetimeIndex) -> np.ndarray:
    """Each weekday as a weekly series; "noufaily" over three years, -log10 of its p-value.

    Without the rule of five cases in four weeks, which would silence most cells.
    """
    score = np.full((SCORED_DAYS, counts.shape[1]), np.nan)
    first = len(days) - SCORED_DAYS
    setting = setting_named("noufaily")
    for weekday in range(7):
        own = np.flatnonzero(days.day_of_week == weekday)
        at = np.flatnonzero(own >= first)
        centres = years_back(days[own], at, 3)
        with np.errstate(all="ignore"):  # series of zeros
            told = farrington(counts[own], centres, setting)
        score[own[at] - first] = -np.log10(np.maximum(told.p_high, 1e-300))
    return score


def stl_z(counts: np.ndarray, _days: pd.DatetimeIndex) -> np.ndarray:
    """STL (weekly season) of the year before, refitted each fortnight; z of the residual."""
    first = len(counts) - SCORED_DAYS
    score = np.empty((SCORED_DAYS, counts.shape[1]))
    for series in range(counts.shape[1]):
        for at in range(first, len(counts), 14):
            past = counts[at - 364 : at, series].astype(float)
            parts = STL(past, period=7).fit()
            now = counts[at : at + 14, series]
            due = parts.trend[-1] + np.tile(parts.seasonal[-7:], 2)[: len(now)]
            spread = max(parts.resid.std(), 0.5)
            score[at - first : at - first + len(now), series] = (now - due) / spread
    return score


def _features(counts: np.ndarray) -> np.ndarray:
    """Return count, departure from the weekday's last eight, sum of seven days.

    Shape (days, series, 3).
    """
    until = np.concatenate([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])
    week = until[7:] - until[:-7]
    week = np.concatenate([np.zeros((len(counts) - len(week), counts.shape[1])), week])
    usual = np.zeros(counts.shape)
    for lag in range(7, 57, 7):
        usual[lag:] += counts[:-lag] / 8.0
    return np.stack([counts, counts - usual, week], axis=2)


def ecod(counts: np.ndarray, _days: pd.DatetimeIndex) -> np.ndarray:
    """Sum of -log right empirical tails of the features (Li et al. 2022), two years before."""
    made = _features(counts)
    past, now = made[-SCORED_DAYS - 730 : -SCORED_DAYS], made[-SCORED_DAYS:]
    score = np.zeros(now.shape[:2])
    for series in range(counts.shape[1]):
        for n in range(made.shape[2]):
            ordered = np.sort(past[:, series, n])
            reached = len(ordered) - np.searchsorted(ordered, now[:, series, n], side="left")
            score[:, series] -= np.log((reached + 1) / (len(ordered) + 1))
    return score


def isolation_forest(counts: np.ndarray, _days: pd.DatetimeIndex) -> np.ndarray:
    """Isolation forest per series over the same features; only days above the usual."""
    made = _features(counts)
    score = np.full((SCORED_DAYS, counts.shape[1]), -1.0)
    for series in range(counts.shape[1]):
        past = made[-SCORED_DAYS - 730 : -SCORED_DAYS, series]
        now = made[-SCORED_DAYS:, series]
        forest = IsolationForest(n_estimators=50, random_state=0).fit(past)
        high = now[:, 1] > 0
        if high.any():
            score[high, series] = -forest.score_samples(now[high])
    return score


SCORERS: dict[str, Scorer] = {
    "rolling z 28 d": rolling_z,
    "ECOD": ecod,
    "exact Farrington, same weekday": same_weekday_farrington,
    "STL z": stl_z,
    "EARS C2": ears_c2,
    "IsolationForest": isolation_forest,
}


def panel_scorer(panel: Panel, scorer: Scorer) -> Callable[[np.ndarray], Alerts]:
    """Return what scores counts (days, areas, kinds); unchanged series are scored once."""
    flat = panel.counts.reshape(len(panel.days), -1)
    usual = scorer(flat, panel.days)
    return partial(_rescored, panel, scorer, flat, usual)


def _rescored(
    panel: Panel, scorer: Scorer, flat: np.ndarray, usual: np.ndarray, counts: np.ndarray
) -> Alerts:
    given = counts.reshape(len(panel.days), -1)
    changed = np.flatnonzero((given != flat).any(axis=0))
    score = usual.copy()
    if len(changed):
        score[:, changed] = scorer(given[:, changed], panel.days)
    return cell_alerts(score.reshape(SCORED_DAYS, *counts.shape[1:]), len(panel.days))


def _trailing(counts: np.ndarray, *, length: int, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the `length` days that end `gap` days before each scored day."""
    values = counts.astype(float)
    zero = np.zeros((1, values.shape[1]))
    sums = np.concatenate([zero, np.cumsum(values, axis=0)])
    squares = np.concatenate([zero, np.cumsum(values**2, axis=0)])
    at = np.arange(len(values) - SCORED_DAYS, len(values)) - gap
    mean = (sums[at] - sums[at - length]) / length
    spread = (squares[at] - squares[at - length]) / length - mean**2
    return mean, spread * length / (length - 1)
