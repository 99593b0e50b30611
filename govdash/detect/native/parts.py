"""Some of a state's series, and two states in one: every series is modelled from itself alone."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.glm import Fit
from govdash.detect.native.level import Level
from govdash.detect.native.parent import Parent
from govdash.detect.native.state import State


def taken(state: State, series: Sequence[str]) -> State:
    """Return the state of `series` alone, in that order.

    Raises
    ------
    InputError
        When one of them is not in the state.
    """
    place = {name: n for n, name in enumerate(state.series)}
    missing = [name for name in series if name not in place]
    if missing:
        raise InputError(f"序列“{missing[0]}”没有学习过基线；请检查名称。")
    chosen = np.array([place[name] for name in series], dtype=int)
    parent = state.parent
    return replace(
        state,
        series=tuple(series),
        parent=replace(
            parent,
            fit=Fit(parent.fit.coefficients[chosen], parent.fit.covariance[chosen]),
            phi=parent.phi[chosen],
            inflation={w: gain[chosen] for w, gain in parent.inflation.items()},
            hours=parent.hours[:, chosen],
            hours_variance=parent.hours_variance[:, chosen],
        ),
        anchor=_level([state.anchor], chosen),
        level=_level([state.level], chosen),
        since=state.since[:, chosen],
        base_since=state.base_since[:, chosen],
        p_since=state.p_since[:, chosen],
    )


def joined(one: State, other: State) -> State:
    """Return the state of the series of both.

    Raises
    ------
    InputError
        When they learned from other buckets or otherwise, or stand at different buckets.
    """
    parents = one.parent, other.parent
    alike = (
        one.rule == other.rule
        and one.windows == other.windows
        and parents[0].calendar == parents[1].calendar
        and one.learned_until == other.learned_until
    )
    if not alike:
        raise InputError("两个检测状态的学习期、日历或参数不同，不能合并；请重新学习基线。")
    if (one.anchor.at, one.level.at) != (other.anchor.at, other.level.at):
        raise InputError(f"两个检测状态停在不同的时段（{one.at}、{other.at}），不能合并。")
    fits = [parent.fit for parent in parents]
    return replace(
        one,
        series=(*one.series, *other.series),
        parent=Parent(
            calendar=one.parent.calendar,
            fit=Fit(
                np.concatenate([fit.coefficients for fit in fits]),
                np.concatenate([fit.covariance for fit in fits]),
            ),
            phi=np.concatenate([parent.phi for parent in parents]),
            inflation={
                w: np.concatenate([parent.inflation[w] for parent in parents]) for w in one.windows
            },
            hours=np.hstack([parent.hours for parent in parents]),
            hours_variance=np.hstack([parent.hours_variance for parent in parents]),
        ),
        anchor=_level([one.anchor, other.anchor]),
        level=_level([one.level, other.level]),
        since=np.hstack([one.since, other.since]),
        base_since=np.hstack([one.base_since, other.base_since]),
        p_since=np.hstack([one.p_since, other.p_since]),
    )


def _level(levels: Sequence[Level], chosen: np.ndarray | slice = slice(None)) -> Level:
    parts = {
        part.name: np.concatenate([getattr(level, part.name) for level in levels], axis=-1)[
            ..., chosen
        ]
        for part in fields(Level)
        if part.name != "at"
    }
    return Level(at=levels[0].at, **parts)
