"""Walk-forward: score a whole history as if each day had been the last one known."""

from collections.abc import Callable, Iterator
from typing import Final

import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.contract import Detector, check_counts

#: A baseline of months changes little within a week; refitting daily costs seven times as much.
REFIT_DAYS: Final = 7


def walk_forward(
    counts: pd.DataFrame,
    *,
    make: Callable[[], Detector],
    start: pd.Timestamp | None = None,
    refit_days: int = REFIT_DAYS,
) -> pd.DataFrame:
    """Return the score frame of every day from `start` on, each scored from its past alone.

    A column ``note`` is added: what the detector simplified because history was short then.

    Parameters
    ----------
    counts : DataFrame
        See `contract`.
    make : callable
        Makes a fresh detector.
    start : Timestamp, optional
        First day to score; by default the first with enough history before it.
    refit_days : int
        Days scored with one fit.

    Raises
    ------
    InputError
        When there is too little history before `start`; the message says how much there is.
    """
    needs = make().min_days
    check_counts(counts, needs=needs + 1)
    first = counts.index[needs] if start is None else start
    before = int((counts.index < first).sum())
    if before < needs:
        raise InputError(
            f"{first.date()} 之前只有 {before} 天历史，至少需要 {needs} 天；"
            f"请从 {counts.index[needs].date()} 或更晚开始评分。"
        )
    if first > counts.index[-1]:
        raise InputError(f"开始评分的日期 {first.date()} 晚于最后一天 {counts.index[-1].date()}。")
    scored = []
    for at in range(before, len(counts), refit_days):
        detector = make().fit(counts.iloc[:at])
        block = detector.score(counts.iloc[at : at + refit_days])
        scored.append(block.assign(note=detector.note_))
    place = {key: n for n, key in enumerate(counts.columns)}
    whole = pd.concat(scored, ignore_index=True)
    order = whole["series"].map(place).to_frame("place").assign(date=whole["date"])
    return whole.loc[order.sort_values(["place", "date"], kind="stable").index].reset_index(
        drop=True
    )


def refits(
    counts: pd.DataFrame,
    *,
    first: pd.Timestamp,
    last: pd.Timestamp,
    make: Callable[[], Detector],
    refit_days: int = REFIT_DAYS,
) -> Iterator[tuple[pd.Timestamp, Detector]]:
    """Yield each day from `first` to `last` with a detector that knows the counts up to its refit.

    The refit's own day is in the guard, so windows of `guard` days can end at every yielded day.
    """
    detector = make()
    for n, day in enumerate(pd.date_range(first, last)):
        if n % refit_days == 0:
            detector = make().fit(counts.loc[:day])
        yield day, detector
