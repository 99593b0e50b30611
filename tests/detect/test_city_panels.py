"""Bursts in real complaint panels: the figures that the documents promise."""

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.mark.shared
@pytest.mark.long
def test_bursts_in_real_panels_are_found_at_a_quarter_of_a_false_incident_per_city_day(
    bench, shared_dir
):
    panels, data = bench("panels"), bench("_panel_data")
    judge = bench("_panel_judge")
    runs = []
    for panel in (data.chicago(shared_dir / "data"), data.boston(shared_dir / "data")):
        arm = panels.native_arms(panel)
        counts, bursts = data.inject(panel, seed=21)
        runs.append((arm(counts)[panels.NATIVE], bursts))
    _, verdicts = judge.at_budget(runs, false_allowed=0.25 * 2 * data.SCORED_DAYS)
    delays = np.concatenate([v.delays for v in verdicts])
    large = np.array([b.k >= 7 for _, each in runs for b in each])
    assert (delays >= 0).mean() >= 0.55
    assert (delays[large] >= 0).mean() >= 0.85
    assert np.median(delays[delays >= 0]) <= 1


@pytest.mark.shared
def test_p_values_on_untouched_days_come_out_as_often_as_they_say(bench, shared_dir):
    panels, data, arms = bench("panels"), bench("_panel_data"), bench("_panel_arms")
    panel = data.boston(shared_dir / "data")
    scored = 365
    parent = arms.parent_expected(
        panel.counts.sum(axis=1),
        panel.days,
        start=len(panel.days) - scored - 194,
        holidays=panels.holidays_of(panel.days),
    )
    found, _ = arms.watch(panel, panel.counts, parent, scored=scored)
    best = np.ones((len(panel.days), len(panel.kinds)))
    for hit in found:
        best[hit.day, hit.category] = min(best[hit.day, hit.category], hit.p_value)
    for nominal in (0.1, 0.05, 0.01):
        realised = (best[-scored:] <= nominal).mean()
        assert nominal / 2 <= realised <= 2 * nominal


def test_an_alert_counts_for_a_burst_only_in_its_days_areas_and_kind(bench):
    data, judge = bench("_panel_data"), bench("_panel_judge")
    burst = data.Burst(kind=0, first=10, last=12, areas=(1, 2), k=5.0, size=9)

    def told(kind, day, zone, first=None):
        return judge.Alerts(
            np.array([kind]), np.array([day]), np.array([first or day]), [zone], np.array([1.0])
        )

    def verdict(alerts):
        found = judge.judge(alerts, [burst], 0.5)
        return int(found.delays[0]), found.false_incidents

    assert verdict(told(0, 11, 0b0100)) == (1, 0)
    assert verdict(told(1, 11, 0b0100)) == (-1, 1)
    assert verdict(told(0, 11, 0b1000)) == (-1, 1)
    assert verdict(told(0, 9, 0b0100)) == (-1, 1)
    assert verdict(told(0, 14, 0b0100, first=12)) == (-1, 0)  # late: neither found nor false
