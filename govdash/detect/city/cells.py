"""Cells (area × category): each has a share of what the whole city expects of its category.

A cell sees a few hundredths of an event a day and can carry no season of its own. So it borrows
everything that moves (trend, season, weekday, holiday) from the parent, the city's series of the
same category, and keeps one number: its share. All of it is arithmetic on discounted sums, so a
tick costs the same on the first and on the thousandth day, and equals a recount of all history.

Model
-----
For cell c, category k and day u, with P the parent's expectation,

    expected(u, k, c) = s(k, c) · P(u, k) · shock(u, k, c)

    s = (a m + S) / (a + Σc S),   S(k, c) = Σ_v w^(t - L - v) y(v, k, c), v <= t - L

with w = 1/2 per `half_life`, and L the ring: the last L days never teach the share they are held
against. The prior share m(c) is the cell's part of all categories; its weight a, in events, is the
moment estimate of how far shares really differ from m (empirical Bayes, Robbins 1956; the
Gamma–Poisson of Clayton & Kaldor 1987, Biometrics 43:671).

The shock is what the rest of the city had on the day, against what was expected of it, drawn to 1
by a Gamma prior: (r + Y - y) / (r + E - e). A storm that hits everybody is no local news.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from govdash.core.errors import InputError

#: Part of the prior share that is spread evenly: a cell without history is not impossible.
_EVEN: Final = 0.02
#: The prior weighs at least one event and at most so many that the cell has no say.
_WEIGHT_LIMITS: Final = (1.0, 1e4)
#: Days below which a share is nearly all prior, and the note says so.
SHORT_HISTORY: Final = 28


@dataclass(frozen=True)
class CellModel:
    """How shares and shocks are learned.

    Parameters
    ----------
    half_life : float, days
        Age at which a day counts half in a share. The predictive likelihood of Chicago 311 is best
        at 120, that of Boston hardly better at 480; the shorter learns a lasting shift of one
        cell sooner (half of it after 120 days and the ring).
    ring : int, days
        Days held in full: the longest window that is scanned, and the guard of the shares.
    shock_size : float, events
        Size r of the Gamma prior of the city shock. With 8, an ordinary day is within ±35 %, the
        spread that Chicago's and Boston's categories show beyond their seasons. 0: no prior,
        infinity: no shock.
    """

    half_life: float = 120.0
    ring: int = 14
    shock_size: float = 8.0

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        if not self.half_life > 0:
            raise InputError(f"半衰期 {self.half_life} 应大于 0 天。")
        if self.ring < 1:
            raise InputError(f"保留的天数 {self.ring} 应不小于 1。")
        if not self.shock_size >= 0:
            raise InputError(f"全市波动的先验 {self.shock_size} 不能是负数。")

    @property
    def keep(self) -> float:
        """What is left of a day's weight one day later."""
        return 0.5 ** (1.0 / self.half_life)


@dataclass(frozen=True)
class CellState:
    """Everything a tick needs of the past; its size does not grow.

    Attributes
    ----------
    day : int
        Last day seen, as days since 1970-01-01.
    days_seen : int
    sums : array (categories, cells)
        Discounted counts of the days before the ring.
    counts : array of int32 (ring, categories, cells)
        The last days, oldest first; days before the first seen are zeros with parent 0.
    parent : array (ring, categories)
        What the parent expected on them.
    trust : array (ring, categories, cells), in 0–1
        How far a day teaches the share: 0 on the days of a confirmed incident.
    """

    day: int
    days_seen: int
    sums: np.ndarray
    counts: np.ndarray
    parent: np.ndarray
    trust: np.ndarray


def learn(model: CellModel, counts: np.ndarray, parent: np.ndarray, *, last_day: int) -> CellState:
    """Return the state after gap-free history.

    Parameters
    ----------
    counts : array of int (days, categories, cells)
    parent : array (days, categories)
        The parent's expectation; only that of the last `ring` days is read.
    last_day : int
        Day number of the last row.
    """
    check_values(counts, parent)
    n_days, n_categories, n_cells = counts.shape
    before = max(n_days - model.ring, 0)
    age = np.arange(before - 1, -1, -1.0)
    weights = model.keep**age
    flat = counts[:before].reshape(before, n_categories * n_cells)
    sums = np.zeros(flat.shape[1])
    for first in range(0, before, 64):  # in blocks: a float copy of all counts would be large
        sums += weights[first : first + 64] @ flat[first : first + 64].astype(np.float64)
    missing = model.ring - (n_days - before)
    return CellState(
        day=last_day,
        days_seen=n_days,
        sums=sums.reshape(n_categories, n_cells),
        counts=_padded(counts[before:].astype(np.int32), missing),
        parent=_padded(np.asarray(parent[before:], dtype=float), missing),
        trust=np.ones((model.ring, n_categories, n_cells), dtype=np.float32),
    )


def advance(
    model: CellModel, state: CellState, counts: np.ndarray, parent: np.ndarray
) -> CellState:
    """Return the state one day later: the oldest day of the ring joins the sums.

    Parameters
    ----------
    counts : array of int (categories, cells)
    parent : array (categories,)
    """
    check_values(counts[None], parent[None])
    if counts.shape != state.sums.shape:
        raise InputError(f"计数的形状 {counts.shape} 与状态 {state.sums.shape} 不一致。")
    return replace(
        state,
        day=state.day + 1,
        days_seen=state.days_seen + 1,
        sums=model.keep * state.sums + _taught(model, state),
        counts=np.concatenate([state.counts[1:], counts[None].astype(np.int32)]),
        parent=np.concatenate([state.parent[1:], parent[None]]),
        trust=np.concatenate([state.trust[1:], np.ones_like(state.trust[:1])]),
    )


def amend(model: CellModel, state: CellState, *, day: int, change: np.ndarray) -> CellState:
    """Return the state as if the events of a late batch had come in time.

    Parameters
    ----------
    day : int
        Day number the events belong to.
    change : array of int (categories, cells)
        Events to add (negative: withdrawn).
    """
    age = state.day - day
    if age < 0:
        raise InputError(f"补报的日期比已处理的最后一天晚 {-age} 天；请按新的一天送入。")
    if age >= model.ring:
        amended = state.sums + model.keep ** (age - model.ring) * change
        if amended.min() < -1e-6:
            raise InputError("补报撤销的件数多于已有的件数；请核对。")
        return replace(state, sums=np.maximum(amended, 0.0))
    counts = state.counts.copy()
    counts[model.ring - 1 - age] += change.astype(np.int32)
    if counts.min() < 0:
        raise InputError("补报撤销的件数多于已有的件数；请核对。")
    return replace(state, counts=counts)


def shares(model: CellModel, state: CellState) -> np.ndarray:
    """Return each cell's share of its category; see the module for the formula.

    Returns
    -------
    array (categories, cells), > 0
        Rows add up to 1. A category without any event has the shares of all categories together.
    """
    sums = state.sums
    total = sums.sum(axis=1, keepdims=True)
    prior = _prior_shares(sums)
    due = total * prior
    # a discounted count has variance (Σ w²/Σ w) times its mean; Σ w²/Σ w = 1 / (1 + w)
    noise = due / (1.0 + model.keep)
    between = np.sum((sums - due) ** 2 - noise, axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(between > 0, total**2 / between, np.inf)
    weight = np.clip(np.where(total > 0, weight, np.inf), *_WEIGHT_LIMITS)
    return (weight * prior + sums) / (weight + total)


def expected(model: CellModel, state: CellState) -> np.ndarray:
    """Return what the cells were due on the days of the ring, without any shock.

    Shape (ring, categories, cells).
    """
    return state.parent[:, :, None] * shares(model, state)


def shocks(model: CellModel, counts: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Return the factor by which the rest of the city departs from what is due, per cell.

    Parameters
    ----------
    counts, due : array (days, categories, cells)
        Events, and what was expected without any shock.

    Returns
    -------
    array (days, categories, cells)
        (r + rest) / (r + rest due), the cell itself left out, r = `CellModel.shock_size`.
    """
    if np.isinf(model.shock_size):
        return np.ones_like(due)
    rest = counts.sum(axis=2, keepdims=True) - counts
    rest_due = due.sum(axis=2, keepdims=True) - due
    size = max(model.shock_size, 1e-9)
    return (size + rest) / (size + np.maximum(rest_due, 0.0))


def check_values(counts: np.ndarray, parent: np.ndarray) -> None:
    """Refuse what is no count, by name."""
    if counts.ndim != 3 or parent.shape != counts.shape[:2]:
        raise InputError(f"计数 {counts.shape} 与全市预期 {parent.shape} 的形状不一致。")
    if not np.issubdtype(counts.dtype, np.integer):
        if np.isnan(counts).any():
            raise InputError("计数里有空值（NaN）；没有事件请填 0。")
        if (counts != np.floor(counts)).any():
            raise InputError("计数里有小数；请传入件数。")
    if counts.size and counts.min() < 0:
        raise InputError(f"计数里有负数 {counts.min()}；计数不能小于 0。")
    if not np.isfinite(parent).all() or (parent < 0).any():
        raise InputError("全市预期里有空值、无穷大或负数。")


def _taught(model: CellModel, state: CellState) -> np.ndarray:
    """Return what the oldest day adds to the sums; an untrusted cell adds what it was due."""
    seen, trust = state.counts[0], state.trust[0]
    if trust.min(initial=1.0) == 1.0:
        return seen.astype(float)
    due = state.parent[0][:, None] * shares(model, state)
    return trust * seen + (1.0 - trust) * due


def _prior_shares(sums: np.ndarray) -> np.ndarray:
    """Return each cell's part of all categories, a little of it spread evenly."""
    by_cell = sums.sum(axis=0)
    every = by_cell.sum()
    n_cells = len(by_cell)
    if every <= 0:
        return np.full(n_cells, 1.0 / n_cells)
    return (1.0 - _EVEN) * by_cell / every + _EVEN / n_cells


def _padded(rows: np.ndarray, missing: int) -> np.ndarray:
    if not missing:
        return rows
    return np.concatenate([np.zeros((missing, *rows.shape[1:]), dtype=rows.dtype), rows])
