"""Detection: pure frames of counts in; scores, findings and evidence out."""

from govdash.detect.backtest import Backtest, judge, merge_findings, replay
from govdash.detect.contract import (
    SCORE_COLUMNS,
    Detector,
    Forecast,
    Forecaster,
    check_counts,
)
from govdash.detect.evidence import Evidence, Finding, explain, severity, with_shares
from govdash.detect.findings import FindPolicy, find, find_fitted, find_scored
from govdash.detect.keys import ALL, CHANNEL, SeriesKey, make_key, split_key
from govdash.detect.multiple import benjamini_hochberg
from govdash.detect.native import Native
from govdash.detect.nested import reduce_nested
from govdash.detect.registry import DETECTORS, make_detector
from govdash.detect.rolling import RollingZ
from govdash.detect.shares import Share, shares_of
from govdash.detect.walk import walk_forward
from govdash.detect.windows import WindowScores, score_windows

__all__ = [
    "ALL",
    "CHANNEL",
    "DETECTORS",
    "SCORE_COLUMNS",
    "Backtest",
    "Detector",
    "Evidence",
    "FindPolicy",
    "Finding",
    "Forecast",
    "Forecaster",
    "Native",
    "RollingZ",
    "SeriesKey",
    "Share",
    "WindowScores",
    "benjamini_hochberg",
    "check_counts",
    "explain",
    "find",
    "find_fitted",
    "find_scored",
    "judge",
    "make_detector",
    "make_key",
    "merge_findings",
    "reduce_nested",
    "replay",
    "score_windows",
    "severity",
    "shares_of",
    "split_key",
    "walk_forward",
    "with_shares",
]
