"""Walk-forward: score a whole history as if each day had been the last one known."""

from collections.abc import Callable, Iterator
from typing import Final

import pandas as pd

from govdash.core.errors import InputError
from govdash.detect.buckets import HOUR, bucket_of
from govdash.detect.contract import Detector, Sequential, check_counts

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
        Days scored with one fit, of weekly counts weeks. A sequential detector (see `contract`) is
        fitted once: it learns from each day it has scored.

    Raises
    ------
    InputError
        When there is too little history before `start`; the message says how much there is.
    """
    needs = make().min_days
    bucket = bucket_of(counts)
    check_counts(counts, needs=needs + 1, bucket=bucket)
    first = counts.index[needs] if start is None else start
    before = int((counts.index < first).sum())
    if before < needs:
        raise InputError(
            f"{bucket.says(first)} 之前只有 {before} {bucket.unit}历史，"
            f"至少需要 {needs} {bucket.unit}；"
            f"请从 {bucket.says(counts.index[needs])} 或更晚开始评分。"
        )
    if first > counts.index[-1]:
        raise InputError(
            f"开始评分的日期 {bucket.says(first)} 晚于最后一{bucket.unit} "
            f"{bucket.says(counts.index[-1])}。"
        )
    every = refit_days * (24 if bucket is HOUR else 1)
    scored = []
    at = before
    while at < len(counts):
        detector = make().fit(counts.iloc[:at])
        until = len(counts) if isinstance(detector, Sequential) else at + every
        block = detector.score(counts.iloc[at:until])
        scored.append(block.assign(note=detector.note_))
        at = until
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
