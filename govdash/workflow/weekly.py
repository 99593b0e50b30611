"""The week's fit: series are learned once a week, kept, and moved on by the days since.

The history that is learned ends with the last Sunday, so every tick of a week means the same fit
whenever it comes. A series is learned when it first can be found; that is what a fit of all
series would have told of it, since each is modelled from itself alone. So a tick says what a full
refit says.
"""

import io
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from govdash import __version__
from govdash.detect.native import LateCount, Native, State, from_bytes, joined, taken, to_bytes
from govdash.detect.native.storage import VERSION
from govdash.workflow.counting import Counts
from govdash.workflow.memory import Memory, key_of

_FOLDER: Final = "states"
#: Late counts told one by one in a journal line; the rest is a number.
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Week:
    """A native detector that has learned and seen what a tick needs.

    Attributes
    ----------
    detector : Native
        Stands at the last whole day; knows `learned` series.
    late : tuple of LateCount
        Counts that changed after they had been scored; they were scored again.
    relearned : tuple of str
        Series whose learned days changed, so that they were learned again.
    name, key, content
        What is to be kept once the tick is done; no content where nothing is new.
    """

    detector: Native
    late: tuple[LateCount, ...]
    relearned: tuple[str, ...]
    name: str
    key: bytes
    content: bytes | None

    def keep(self, memory: Memory) -> None:
        """Keep what was learned and seen for the next tick."""
        if self.content is not None:
            memory.keep(self.name, self.key, self.content)

    def audit(self) -> list[str]:
        """Return a line per late count, for the journal."""
        lines = [
            f"{one.series} {one.bucket.date()}: {one.before:g} → {one.after:g} "
            f"(p {one.p_before:.2g} → {one.p_after:.2g})"
            for one in self.late[:_TOLD]
        ]
        return [*lines, *([f"… {len(self.late)}"] if len(self.late) > _TOLD else [])]

    @property
    def note(self) -> str:
        """What came late, in Chinese; empty when nothing did."""
        told: list[str] = []
        if self.late:
            told.append(f"迟到或更正的计数 {len(self.late):,} 处，已重新评分")
        if self.relearned:
            told.append(f"{len(self.relearned):,} 个序列的旧数据有变，已重新学习")
        return "；".join(told)


def fit_day(last: date, *, first: date = date.min, needs: int = 0) -> date:
    """Return the day the week's history ends with: the last Sunday, `last` included.

    It is `last` where the history from `first` on has fewer than the `needs` days by then.
    """
    sunday = last - timedelta(days=last.isoweekday() % 7)
    return sunday if (sunday - first).days + 1 >= needs else last


def history_days(asked: int, last: date) -> int:
    """Return the days to count so that the week's fit has `asked` of them on each of its days."""
    return asked + (last - fit_day(last)).days


def week_of(
    memory: Memory, detector: Native, counts: Counts, learned: list[str], *, until: date, last: date
) -> Week:
    """Return `detector` as the week's fit of `learned` series, moved on to `last`.

    Parameters
    ----------
    detector : Native
        Fresh; its parameters, the first day counted and `until` decide what is the same fit.
    until : date
        The history learned from ends here.
    """
    key = key_of([__version__, VERSION, detector_told(detector), counts.daily.index[0], until])
    name = f"{_FOLDER}/{key_of(detector_told(detector, calendar=False)).hex()}.npz"
    daily = counts.until(last)
    known, late, relearned, moved = _known(memory.recall(name, key), daily)
    fresh = [series for series in learned if known is None or series not in set(known.series)]
    if fresh:
        detector.fit(daily.loc[: pd.Timestamp(until), fresh])
        state = detector.state_
        ahead = daily.loc[state.bucket(state.level.at + 1) :, fresh]
        state, _ = state.advance(ahead.to_numpy(dtype=float))
        known = state if known is None else joined(known, state)
    if known is None:
        raise AssertionError("there is nothing to learn; a caller that has no series asks nobody")
    content = _packed(known, daily) if fresh or moved else None
    detector.resume(taken(known, learned))
    return Week(detector, late, relearned, name, key, content)


def detector_told(detector: Native, *, calendar: bool = True) -> list[list[str]]:
    """Return the parameters of a detector as text, its days off among them or not."""
    left: set[str] = set() if calendar else {"holidays", "workdays"}
    ordered = replace(detector, workdays=sorted(detector.workdays))
    told = [f.name for f in fields(detector) if f.init and f.name not in left]
    return [[name, repr(getattr(ordered, name))] for name in told]


def _known(
    stored: bytes | None, daily: pd.DataFrame
) -> tuple[State | None, tuple[LateCount, ...], tuple[str, ...], bool]:
    """Return the stored state moved on to the last of `daily`, and what changed on the way."""
    if stored is None:
        return None, (), (), False
    state, learned = _unpacked(stored)
    there = [series for series in state.series if series in daily.columns]
    past = daily.loc[: state.learned_until, there].to_numpy()
    place = {series: n for n, series in enumerate(state.series)}
    same = (past == learned[:, [place[series] for series in there]]).all(axis=0)
    kept = [series for series, alike in zip(there, same, strict=True) if alike]
    relearned = tuple(series for series, alike in zip(there, same, strict=True) if not alike)
    if not kept:
        return None, (), relearned, True
    before = taken(state, kept)
    ahead = round((before.at - daily.index[-1]) / pd.Timedelta(days=1))
    if ahead > 0:  # an earlier moment is asked for
        before = before.rewound(ahead)
    values = daily.loc[before.bucket(1) :, kept].to_numpy(dtype=float)
    after, ticked = before.tick(before.bucket(1), values)
    return after, ticked.late, relearned, after is not before or bool(relearned)


def _packed(state: State, daily: pd.DataFrame) -> bytes:
    past = daily.loc[: state.learned_until, list(state.series)].to_numpy(dtype=np.int32)
    file = io.BytesIO()
    stored = np.frombuffer(to_bytes(state), dtype=np.uint8)
    np.savez_compressed(file, allow_pickle=False, learned=past, state=stored)
    return file.getvalue()


def _unpacked(stored: bytes) -> tuple[State, np.ndarray]:
    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        return from_bytes(file["state"].tobytes()), file["learned"]
