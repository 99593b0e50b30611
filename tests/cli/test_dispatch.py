"""`govdash dispatch`: where a case goes and why; other rules tried, and nothing written."""

import json
from datetime import UTC, datetime

import pytest

from govdash.access import SYSTEM
from govdash.workflow import cases
from tests.cli.command import run
from tests.web import town


@pytest.fixture
def installation(sqlite_store, settings):
    town.build(sqlite_store, settings, datetime.now(UTC))
    new = cases.NewCase(title="垃圾", category=town.GARBAGE, area_path=town.QUAY, unit_code="U1")
    with sqlite_store.write() as session:
        number = cases.open_case(session, new, actor=SYSTEM, at=datetime.now(UTC)).number
    sqlite_store.close()
    return settings, number


def test_a_case_and_a_kind_of_case_are_explained(installation):
    settings, number = installation
    done = run("dispatch", "explain", number, settings=settings)
    assert (done.returncode, done.stdout) == (
        0,
        "没有路由规则适用，按属地兜底 → 码头街道城管中队\n",
    )
    told = run(
        "dispatch", "explain", "--category", town.GARBAGE, "--area", town.HILL, settings=settings
    )
    assert "→ 市城管局" in told.stdout
    assert run("dispatch", "explain", settings=settings).returncode == 2
    unknown = run("dispatch", "explain", "AJ-0", settings=settings)
    assert (unknown.returncode, "没有案件 AJ-0" in unknown.stderr) == (2, True)


def test_rules_of_a_file_are_checked_and_tried(installation, tmp_path):
    settings, _ = installation
    file = tmp_path / "r.yaml"
    file.write_text("rules: [{code: R1, name: 全市, to: {unit: U1}}]", "utf-8")
    assert "1 条路由规则" in run("dispatch", "check", str(file), settings=settings).stdout
    out = tmp_path / "out.csv"
    words = ("dispatch", "dry-run", "--rules", str(file), "--out", str(out), "--json")
    told = json.loads(run(*words, settings=settings).stdout)
    assert (told["cases"], told["same"], told["without_unit"]) == (1, 1, 0)
    assert "路由规则 R1：全部案件 → 市城管局" in out.read_text("utf-8")
    now = run("dispatch", "dry-run", settings=settings)
    assert "与实际单位一致 0 件" in now.stdout
