"""Replicates of a scan under the null hypothesis: drawn, searched, stopped when it is clear.

References
----------
Dwass (1957), Modified randomization tests for nonparametric hypotheses, Ann. Math. Stat. 28.
Besag & Clifford (1991), Sequential Monte Carlo p-values, Biometrika 78.
"""

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Final, Literal, Protocol

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.scan import plain
from govdash.detect.scan.likelihood import Tables
from govdash.detect.scan.results import TIE
from govdash.detect.scan.space import SearchSpace
from govdash.detect.scan.streams import LANES, Draws

Engine = Literal["auto", "numba", "numpy"]
Stopping = Literal["full", "sequential"]


class Parts(Protocol):
    """A search space in parts, with the tables of each: not all held in memory at once."""

    def __len__(self) -> int:
        """Return how many."""
        ...

    def __iter__(self) -> Iterator[tuple[SearchSpace, Tables]]:
        """Give them one by one."""
        ...


#: Replicates between two reports of progress, and in the first block of a sequential run.
_BLOCK: Final = 8 * LANES


@dataclass(frozen=True)
class MonteCarlo:
    """How p-values are made.

    Parameters
    ----------
    replicates : int
        Most data sets drawn under the null hypothesis; 0 for none.
    stopping : {"full", "sequential"}
        Sequential stops a category as soon as `exceedances` replicates reach its statistic: an
        ordinary category is done after a few dozen, only a remarkable one takes all.
    exceedances : int
        10 gives a p-value of 0.1 a relative standard error of about 30 %.
    seed : int
    threads : int
        Categories (or, of one category, blocks of replicates) searched at the same time.
    engine : {"auto", "numba", "numpy"}
        Auto takes numba where it can be imported.
    """

    replicates: int = 999
    stopping: Stopping = "full"
    exceedances: int = 10
    seed: int = 0
    threads: int = 1
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        if self.replicates < 0:
            raise InputError(f"模拟次数 {self.replicates} 不能是负数；不要模拟请用 0。")
        if self.stopping not in ("full", "sequential"):
            raise InputError(f"没有名为“{self.stopping}”的停止方式；可用：full、sequential。")
        if self.exceedances < 1 or self.threads < 1:
            raise InputError("超过次数与线程数应为不小于 1 的整数。")
        if self.seed < 0:
            raise InputError(f"随机种子 {self.seed} 不能是负数。")

    @property
    def stop_at(self) -> int:
        """Exceedances at which to stop; 0 for never."""
        return self.exceedances if self.stopping == "sequential" else 0


def loops_of(engine: Engine) -> ModuleType:
    """Return the module with the loops of an engine."""
    if engine not in ("auto", "numba", "numpy"):
        raise InputError(f"没有名为“{engine}”的计算引擎；可用：auto、numba、numpy。")
    if engine == "numpy" or (engine == "auto" and importlib.util.find_spec("numba") is None):
        return plain
    from govdash.detect.scan import compiled  # numba takes a second to import

    return compiled


def replicate_maxima(
    draws: Draws,
    parts: Parts,
    top: float,
    plan: MonteCarlo,
    *,
    told: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Return the largest statistic of each replicate that was run.

    Parameters
    ----------
    parts : sequence-like
        The parts of the search space; gone through once per block of replicates.
    top : float
        Statistic that exceedances are counted against.
    told : callable, optional
        Is told now and then how many replicates are done.
    """
    whole = len(parts) == 1  # then the loops stop by themselves
    threshold = top - TIE * (1.0 + top)
    loops, n = loops_of(plan.engine), len(draws.seeds)
    out = np.zeros(n)
    stop_inside = plan.stop_at if whole and told is None else 0
    done = 0

    def run(block: slice) -> int:
        mine = draws._replace(seeds=draws.seeds[block], cases=draws.cases[block])
        ran = 0
        for space, tables in parts:
            ran = loops.maxima(mine, space, tables, threshold, stop_inside, out[block])
        return ran

    if stop_inside:
        return out[: run(slice(0, n))]
    if plan.stop_at:
        for block in _growing(n):
            run(block)
            done = block.stop
            if told is not None:
                told(done)
            at = np.flatnonzero(out[:done] >= threshold)
            if len(at) >= plan.stop_at:
                return out[: at[plan.stop_at - 1] + 1]
        return out
    size = _BLOCK if told is not None and whole else max(-(-n // plan.threads), 1)
    blocks = [slice(k, min(k + size, n)) for k in range(0, n, size)]
    with ThreadPoolExecutor(plan.threads) as pool:
        for ran in pool.map(run, blocks):
            done += ran
            if told is not None:
                told(done)
    return out


def _growing(n: int) -> Iterator[slice]:
    """Yield blocks that double: tables are rebuilt rarely, ordinary data stop early."""
    start, size = 0, _BLOCK
    while start < n:
        yield slice(start, min(start + size, n))
        start, size = start + size, size * 2
