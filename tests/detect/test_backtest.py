"""A replay judged against labels: worked by hand, then end to end."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from govdash.core.errors import InputError
from govdash.detect import (
    Finding,
    Native,
    SeriesKey,
    explain,
    judge,
    make_key,
    merge_findings,
    replay,
    walk_forward,
)

START = date(2024, 3, 1)


def finding(area, category, day, *, days=1, direction="high", severity=50.0):
    key, at = SeriesKey(area, category), START + timedelta(days=day)
    evidence = explain(
        series=str(key),
        window=(at - timedelta(days=days - 1), at),
        observed=20,
        expected=5.0,
        sd=2.0,
        interval=(1.0, 9.0),
        p_value=1e-6,
        q_value=1e-3,
        direction=direction,
        history=pd.Series(dtype="int64"),
    )
    return Finding(str(key), area, category, at, direction, severity, evidence)


def labels(*rows):
    days = [
        (i, c, a, START + timedelta(days=s), START + timedelta(days=e)) for i, c, a, s, e in rows
    ]
    return pd.DataFrame(
        days, columns=["incident_id", "category", "area_path", "start_day", "end_day"]
    )


def judged(findings, incidents):
    return judge(findings, incidents, first_day=START, last_day=START + timedelta(days=27))


INCIDENTS = labels(
    ("burst", "A-06001", "/1/01/001/", 2, 5),
    ("noise", "A-03002", "/1/02/", 10, 14),
    ("missed", "P-01001", "/1/02/", 20, 21),
)


def test_share_delay_and_false_alarms_by_hand():
    """Two of three found, after 1 and 3 days; two false incidents in four weeks."""
    result = judged(
        [
            finding("/1/01/001/", "A-06001", 3),
            finding("/1/01/001/", "A-06001", 4),
            finding("/1/02/007/", "A-03", 13),
            finding("/1/05/", "A-06001", 8),
            finding("/1/05/", "A-06001", 10),
            finding("/1/05/", "A-06001", 16),
        ],
        INCIDENTS,
    )
    assert result.detected_share == pytest.approx(2 / 3)
    assert result.located_share == pytest.approx(2 / 3)
    assert result.median_delay_days == 2
    assert result.false_per_week == pytest.approx(2 / 4)
    assert result.incidents["detected"].tolist() == [True, True, False]
    assert result.incidents["delay_days"].tolist()[:2] == [1, 3]
    assert result.incidents["found_category"].tolist()[:2] == ["A-06001", "A-03"]


def test_a_finding_after_the_incident_neither_detects_it_nor_is_false():
    result = judged([finding("/1/01/001/", "A-06001", 8, days=7)], INCIDENTS)
    assert result.detected_share == 0
    assert result.median_delay_days is None
    assert result.false_per_week == 0


def test_the_sum_over_all_categories_does_not_detect_one_category():
    result = judged([finding("/1/", "*", 3)], INCIDENTS)
    assert result.detected_share == 0
    assert result.false_per_week == 0


def test_a_finding_two_levels_up_detects_but_does_not_locate():
    result = judged([finding("/1/", "A-06001", 3)], INCIDENTS)
    assert result.incidents["detected"].tolist() == [True, False, False]
    assert result.located_share == 0


def test_another_category_or_place_is_false():
    result = judged(
        [finding("/1/01/002/", "A-06001", 3), finding("/1/01/001/", "A-03001", 3)], INCIDENTS
    )
    assert result.detected_share == 0
    assert len(result.false_incidents) == 2


def test_incidents_that_begin_outside_the_period_are_not_counted():
    early = labels(("early", "A-06001", "/1/", -3, 2))
    result = judged([finding("/1/", "A-06001", 1)], early)
    assert result.detected_share is None
    assert result.false_per_week == 0


def test_the_result_is_json_safe():
    result = judged([finding("/1/01/001/", "A-06001", 3), finding("/1/05/", "*", 9)], INCIDENTS)
    told = json.loads(json.dumps(result.to_dict()))
    assert told["n_detected"] == 1
    assert told["incidents"][0]["found_day"] == "2024-03-04"
    assert told["incidents"][2]["found_day"] is None
    assert told["false_incidents"][0]["area_path"] == "/1/05/"


def test_a_label_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match="标注“x”的结束日早于开始日"):
        judged([], labels(("x", "*", "/1/", 5, 3)))
    with pytest.raises(InputError, match="标注表缺少列：end_day"):
        judged([], INCIDENTS.drop(columns="end_day"))


@pytest.mark.parametrize(
    ("other", "merged"),
    [
        (finding("/1/01/", "A-06001", 3), True),
        (finding("/1/01/", "A-06001", 4), False),
        (finding("/1/", "A-06", 2), True),
        (finding("/1/02/", "A-06001", 1), False),
        (finding("/1/01/", "A-03001", 1), False),
        (finding("/1/01/", "A-06001", 1, direction="low"), False),
        (finding("/1/01/", "*", 1), False),
    ],
)
def test_nested_findings_within_three_days_are_one_incident(other, merged):
    table = merge_findings([finding("/1/01/", "A-06001", 0), other])
    assert len(table) == (1 if merged else 2)


def test_a_merged_incident_spans_its_findings_and_is_named_after_the_worst():
    (row,) = merge_findings(
        [finding("/1/01/", "A-06001", n, severity=s) for n, s in ((0, 40), (2, 80), (5, 60))]
    ).to_dict("records")
    assert (row["first_day"], row["last_day"]) == (START, START + timedelta(days=5))
    assert (row["findings"], row["max_severity"]) == (3, 80)


def test_a_replay_finds_injected_incidents_and_little_else(null_counts):
    keys = [make_key(f"/1/{n:02d}/", "A-06001") for n in range(40)]
    counts = null_counts(np.full(40, 4.0), 500, seed=31).set_axis(keys, axis=1)
    at = [(3, 420), (11, 437), (25, 455), (33, 470)]
    for column, row in at:
        counts.iloc[row : row + 4, column] += 12
    truth = labels()
    truth = pd.DataFrame(
        [
            (f"i{c}", "A-06001", f"/1/{c:02d}/", counts.index[r].date(), counts.index[r + 3].date())
            for c, r in at
        ],
        columns=truth.columns,
    )
    first, last = counts.index[410].date(), counts.index[-1].date()
    findings = replay(counts, first_day=first, last_day=last, make=Native)
    result = judge(findings, truth, first_day=first, last_day=last)
    assert result.detected_share == 1
    assert result.median_delay_days <= 1
    assert result.false_per_week <= 0.5


def test_a_replay_of_part_of_the_period_finds_the_same(null_counts):
    """Nothing later is used: the replay of the first weeks is the start of the whole replay."""
    counts = null_counts(np.full(10, 4.0), 130, seed=32)
    counts.iloc[105, 3] += 30
    days = counts.index
    whole = replay(counts, first_day=days[100].date(), last_day=days[129].date(), make=Native)
    part = replay(
        counts.iloc[:115], first_day=days[100].date(), last_day=days[114].date(), make=Native
    )
    assert [f for f in whole if f.at_day <= days[114].date()] == part
    assert any(f.at_day == days[105].date() for f in part)


def test_a_replay_outside_the_counts_is_refused(null_counts):
    counts = null_counts([4], 100)
    with pytest.raises(InputError, match="超出计数表的日期范围"):
        replay(counts, first_day=date(2022, 1, 1), last_day=date(2023, 2, 1), make=Native)
    with pytest.raises(InputError, match="历史太短：只有 5 天"):
        replay(counts, first_day=date(2023, 1, 6), last_day=date(2023, 2, 1), make=Native)


def test_walking_forward_needs_history_before_its_start(null_counts):
    counts = null_counts([4], 100)
    with pytest.raises(InputError, match="之前只有 9 天历史，至少需要 14 天；请从 2023-01-16"):
        walk_forward(counts, make=Native, start=pd.Timestamp("2023-01-11"))
    frame = walk_forward(counts, make=Native)
    assert frame["date"].iloc[0] == pd.Timestamp("2023-01-16")
    assert len(frame) == 86
