"""Why a zone is told, in numbers that add up: factors, interval, each cell's part, local or not.

The expectation of a zone is a product, and the factors given here multiply to it exactly: what a
usual day brings, the number of days, each of the parent's factors (season, weekday, holiday; as
far as the parent names them), and the city's shock. A window of several days has no single
weekday; a factor is then the ratio of the sums with it and without it, one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.city.cells import CellModel, CellState, shares, shocks
from govdash.detect.city.watch import Hit, dispersion
from govdash.detect.tails import interval, tail_high

#: The rest of the city is said to share in a rise when its own count would be this rare.
_RARE_REST = 0.05


@dataclass(frozen=True)
class CellPart:
    """What one cell had in the window.

    Attributes
    ----------
    cell : int
    observed : int
    expected : float
        Shock included.
    part : float
        Share of the zone's excess; negative for a cell below its expectation.
    """

    cell: int
    observed: int
    expected: float
    part: float

    @property
    def excess(self) -> float:
        """Events above expectation."""
        return self.observed - self.expected


@dataclass(frozen=True)
class CityEvidence:
    """What speaks for a hit.

    Attributes
    ----------
    lower, upper : 95 % prediction interval of the window's count in the zone
    one_in_days : days between such days, in the category
    factors : mapping of name to factor; their product is ``expected``
    parts : cells of the zone, most excess first
    local : whether the rest of the city was ordinary in the window
    rest_observed, rest_expected : the rest of the city
    """

    hit: Hit
    lower: float
    upper: float
    one_in_days: float
    factors: Mapping[str, float]
    parts: tuple[CellPart, ...]
    local: bool
    rest_observed: int
    rest_expected: float

    @property
    def sentence(self) -> str:
        """Return the numbers in one Chinese sentence."""
        h = self.hit
        where = "其余区域平常" if self.local else "全市同时偏高"
        days = h.day - h.first + 1
        return (
            f"{days} 天 {h.observed} 件，预期 {h.expected:.1f} 件"
            f"（{self.lower:.0f}–{self.upper:.0f}），{len(h.cells)} 个格子，{where}；"
            f"这类事件约 {self.one_in_days:.0f} 天一遇。"
        )


def explain(
    model: CellModel,
    state: CellState,
    hit: Hit,
    *,
    parent_factors: Mapping[str, np.ndarray] | None = None,
) -> CityEvidence:
    """Return the evidence of a hit of the state's last day.

    Parameters
    ----------
    parent_factors : mapping of name to array (ring,), optional
        The parent's factors of the hit's category on the days of the ring, in the order in which
        they are told; the first is its level in events a day, their product its expectation.

    Raises
    ------
    InputError
        When the hit is of another day, or the factors do not multiply to the expectation.
    """
    if hit.day != state.day:
        raise InputError("只能解释状态最后一天的发现。")
    ring = len(state.counts)
    rows = slice(ring - 1 - (hit.day - hit.first), ring)
    cells = list(hit.cells)
    share = shares(model, state)
    due = state.parent[:, :, None] * share
    shocked = due * shocks(model, state.counts, due)
    parent = state.parent[rows, hit.category]
    named = {name: np.asarray(values)[rows] for name, values in (parent_factors or {}).items()}
    if not named:
        named = {"usual": np.full(len(parent), parent.mean()), "calendar": parent / parent.mean()}
    if not np.allclose(np.prod(list(named.values()), axis=0), parent, rtol=1e-9, atol=1e-12):
        raise InputError("各因素之积与全市预期不符；请核对上级模型的因素。")
    zone_share = float(share[hit.category, cells].sum())
    factors: dict[str, float] = {}
    running = np.ones(len(parent))
    for n, (name, values) in enumerate(named.items()):
        before, running = running.sum(), running * values
        if n == 0:
            factors["share"], factors["days"] = zone_share, float(len(parent))
        factors[name] = float(running.sum() / before)
    expected = float(shocked[rows, hit.category][:, cells].sum())
    factors["city shock"] = expected / float(zone_share * parent.sum())

    observed = state.counts[rows, hit.category]
    zone_seen, zone_due = observed[:, cells].sum(axis=0), shocked[rows, hit.category][:, cells]
    excess = float(zone_seen.sum() - expected)
    parts = [
        CellPart(cell, int(seen), float(of), float((seen - of) / excess) if excess else 0.0)
        for cell, seen, of in zip(cells, zone_seen, zone_due.sum(axis=0), strict=True)
    ]
    phi = float(dispersion(state.counts, due)[hit.category])
    lower, upper = interval(np.array(expected), np.array(max(phi, 1.0) * expected), coverage=0.95)
    rest = np.setdiff1d(np.arange(share.shape[1]), cells)
    rest_seen = int(observed[:, rest].sum())
    rest_due = float(due[rows, hit.category][:, rest].sum())
    rarity = tail_high(np.array(rest_seen), np.array(max(rest_due, 1e-9)), np.array(phi * rest_due))
    return CityEvidence(
        hit=hit,
        lower=float(lower),
        upper=float(upper),
        one_in_days=hit.one_in_days,
        factors=factors,
        parts=tuple(sorted(parts, key=lambda p: (-p.excess, p.cell))),
        local=bool(rarity > _RARE_REST),
        rest_observed=rest_seen,
        rest_expected=rest_due,
    )
