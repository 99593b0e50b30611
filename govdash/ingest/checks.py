"""What every row must hold, wherever it comes from."""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from govdash.ingest.findings import Findings

LONGEST_ID: Final = 120  # the column's width
LONGEST_TEXT: Final = 100_000  # bytes; a longer one is a file that went wrong
AHEAD: Final = timedelta(days=1)  # clocks and zones go wrong by hours, not days
BEGIN: Final = pd.Timestamp("1970-01-01", tz="UTC")  # before it: what systems write for "none"
END: Final = pd.Timestamp("2099-01-01", tz="UTC")  # from it on, likewise
_ROUNDED: Final = r"\d(?:\.\d+)?[eE]\+?\d+"


def check(frame: pd.DataFrame, findings: Findings, at: datetime) -> pd.DataFrame:
    """Return the rows with ids and times settled; reasons go to `findings`, all of each row.

    A missing reporting time is taken from the occurrence and the other way round. A closing time
    that only means "never" (1900-01-01, 9999-12-31) is dropped.
    """
    ids = frame["source_id"].str.replace(r"^(\d+)\.0$", r"\1", regex=True)
    findings.reject("missing_id", ids == "")
    findings.reject("rounded_id", ids.str.fullmatch(_ROUNDED))
    findings.reject("long_id", ids.str.len() > LONGEST_ID)
    occurred = frame["occurred_at"].fillna(frame["reported_at"])
    reported = frame["reported_at"].fillna(frame["occurred_at"])
    closed = frame["closed_at"].where(frame["closed_at"].between(BEGIN, END))
    unreadable = findings.reasons.get("unreadable_time")
    missing = reported.isna()
    findings.reject("missing_time", missing if unreadable is None else missing & ~unreadable)
    latest = pd.Timestamp(at + AHEAD)
    for times in (occurred, reported, closed):
        findings.reject("future_time", times > latest)
        findings.reject("ancient_time", times < BEGIN)
    findings.reject("closed_before_reported", closed < reported)
    for name in ("title", "text", "address"):
        long = frame[name].str.len() > LONGEST_TEXT // 4  # four bytes at most
        if long.any():
            size = frame[name][long].map(lambda text: len(str(text).encode()))
            findings.reject("text_too_long", (size > LONGEST_TEXT).reindex(frame.index))
    return frame.assign(source_id=ids, occurred_at=occurred, reported_at=reported, closed_at=closed)
