"""The notebook runs, prints what it shows, and what it says about its numbers is true."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "notebooks" / "detection.ipynb"


def script() -> Any:
    spec = importlib.util.spec_from_file_location("notebook", ROOT / "scripts" / "notebook.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ran() -> tuple[dict[str, Any], list[str], list[str]]:
    """What the cells leave, what they print, and what the file says they print."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    tool = script()
    namespace, told = tool.run(notebook)
    return namespace, told, tool.stored(notebook)


def test_every_cell_prints_what_the_file_shows(ran):
    _, told, stored = ran
    assert told == stored, "run `make docs`"


def test_the_planted_burst_alarms_from_its_first_day(ran):
    names, *_ = ran
    scored = names["scored"].set_index("date")
    burst = scored.loc["2025-12-29":"2025-12-31"]
    assert burst["alarm"].all()
    assert not scored.loc[:"2025-12-28", "alarm"].any()
    assert burst["p_high"].is_monotonic_decreasing


def test_the_factors_multiply_to_the_expectation(ran):
    names, *_ = ran
    parts = names["parts"]
    product = parts.level * parts.recent * parts.trend * parts.season * parts.weekday
    assert product == pytest.approx(parts.expected, rel=1e-12)
    assert np.prod(list(names["evidence"].factors.values())) == pytest.approx(
        names["evidence"].hit.expected, rel=1e-9
    )


def test_a_tick_again_changes_nothing_and_a_late_count_leaves_a_line(ran):
    names, *_ = ran
    assert names["same"].scored == ()
    assert (names["line"].before, names["line"].after) == (10, 19)


def test_native_finds_no_fewer_outbreaks_than_farrington(ran):
    found = ran[0]["compared"].set_index("方法")["检出（共 40）"]
    assert found["native"] >= found["farrington"] >= 35


def test_the_scan_finds_the_planted_places_and_days(ran):
    names, *_ = ran
    first, second = names["result"].clusters[:2]
    assert set(first.members) == set(names["planted"])
    assert (first.start, first.end) == (11, 14)
    assert first.p_value == pytest.approx(0.001)
    assert second.p_value > 0.1


def test_the_city_has_one_incident_from_the_planted_burst(ran):
    names, told, _ = ran
    city = "".join(told).split("opened")
    assert len(city) == 2
    hit = names["evidence"].hit
    assert (hit.category, hit.first, hit.day) == (2, 390, 393)
    assert set(hit.cells) == set(names["places"][names["centre"], :4])
    assert names["evidence"].local


def test_one_finding_speaks_for_all_its_areas(ran):
    findings = ran[0]["findings"]
    assert [finding.area_path for finding in findings] == ["/1/11/112/"]
