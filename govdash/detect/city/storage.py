"""A memory as a file: plain arrays (npz), nothing that could run code when read."""

from pathlib import Path
from typing import Final

import numpy as np

from govdash.core.errors import InputError
from govdash.detect.city.cells import CellState
from govdash.detect.city.detector import Memory, Snapshot
from govdash.detect.city.incidents import Incident
from govdash.detect.city.watch import Hit

_FORMAT: Final = 1


def save_memory(memory: Memory, path: Path) -> None:
    """Write `memory` to `path` (npz), whole or not at all."""
    arrays: dict[str, np.ndarray] = {
        "format": np.array(_FORMAT),
        "snapshots": np.array(len(memory.snapshots)),
    }
    for n, snapshot in enumerate(memory.snapshots):
        cells = snapshot.cells
        arrays |= {
            f"{n}.days": np.array([cells.day, cells.days_seen]),
            f"{n}.sums": cells.sums,
            f"{n}.counts": cells.counts,
            f"{n}.parent": cells.parent,
            f"{n}.trust": cells.trust,
            f"{n}.maxima": snapshot.maxima,
            **_packed(n, snapshot.incidents),
        }
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    beside.replace(path)


def load_memory(path: Path) -> Memory:
    """Read what `save_memory` wrote.

    Raises
    ------
    InputError
        When the file is of another format.
    """
    with np.load(path, allow_pickle=False) as file:
        if int(file["format"]) != _FORMAT:
            raise InputError(f"记忆文件的格式 {int(file['format'])} 不认识；请重新学习。")
        snapshots = []
        for n in range(int(file["snapshots"])):
            day, seen = (int(v) for v in file[f"{n}.days"])
            cells = CellState(
                day=day,
                days_seen=seen,
                sums=file[f"{n}.sums"],
                counts=file[f"{n}.counts"],
                parent=file[f"{n}.parent"],
                trust=file[f"{n}.trust"],
            )
            snapshots.append(Snapshot(cells, file[f"{n}.maxima"], _unpacked(n, file)))
    return Memory(tuple(snapshots))


def _packed(n: int, incidents: tuple[Incident, ...]) -> dict[str, np.ndarray]:
    """Rows of whole numbers and of floats; the cells of all rows one after the other."""
    whole = []
    for i in incidents:
        own = (i.category, i.opened, i.first, i.last, i.days_hit, i.is_open, len(i.cells))
        peak = (i.peak.first, i.peak.day, i.peak.observed, i.peak.empirical, len(i.peak.cells))
        whole.append((*own, *peak))
    real = [(i.peak.expected, i.peak.statistic, i.peak.p_value) for i in incidents]
    cells = [cell for i in incidents for cell in (*i.cells, *i.peak.cells)]
    return {
        f"{n}.incident.whole": np.array(whole, dtype=np.int64).reshape(-1, 12),
        f"{n}.incident.real": np.array(real, dtype=float).reshape(-1, 3),
        f"{n}.incident.cells": np.array(cells, dtype=np.int64),
    }


def _unpacked(n: int, file: np.lib.npyio.NpzFile) -> tuple[Incident, ...]:
    cells = iter(file[f"{n}.incident.cells"].tolist())
    incidents = []
    rows = zip(
        file[f"{n}.incident.whole"].tolist(), file[f"{n}.incident.real"].tolist(), strict=True
    )
    for whole, (expected, statistic, p_value) in rows:
        category, opened, first, last, days_hit, is_open, n_cells = whole[:7]
        peak_first, peak_day, observed, empirical, n_peak = whole[7:]
        own = tuple(next(cells) for _ in range(n_cells))
        peak = Hit(
            category=category,
            cells=tuple(next(cells) for _ in range(n_peak)),
            first=peak_first,
            day=peak_day,
            observed=observed,
            expected=expected,
            statistic=statistic,
            p_value=p_value,
            empirical=bool(empirical),
        )
        incidents.append(
            Incident(category, own, opened, first, last, peak, days_hit, bool(is_open))
        )
    return tuple(incidents)
