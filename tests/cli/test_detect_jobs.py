"""`detect run` and `detect backtest` as processes, on a small city with a burst."""

import json

import pytest

from govdash.access import seed_local_operator
from govdash.core.settings import ROOT
from govdash.store import events
from tests.cli.command import run
from tests.workflow.conftest import CATEGORY, GRID, furnish
from tests.workflow.test_tick import TEN, record


@pytest.fixture
def filled(sqlite_store, settings):
    with sqlite_store.write() as session:
        seed_local_operator(session, at=TEN)
    furnish(sqlite_store, TEN)
    with sqlite_store.write() as session:
        events.accept(session, record(), import_id=None, at=TEN)
    return settings


def test_a_tick_by_hand_syncs_scores_and_tells_new_alerts_by_its_exit_code(filled):
    first = run("detect", "run", "--at", TEN.isoformat(), "--json", settings=filled)
    assert first.returncode == 1, first.stderr
    assert json.loads(first.stdout)["raised"] == ["JC-20260610-0001"]
    again = run("detect", "run", "--at", TEN.isoformat(), settings=filled)
    assert again.returncode == 0, again.stderr
    assert "新提示 0 条" in again.stdout


def test_a_backtest_prints_what_was_found_when_and_the_false_alarms(filled, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "incident_id,name,category,area_path,start,end\n"
        f"I1,垃圾堆积,{CATEGORY},{GRID},2026-06-09T08:00,2026-06-09T20:00\n"
    )
    run("lake", "sync", settings=filled)
    words = ("detect", "backtest", "--labels", str(labels), "--from", "2026-06-05")
    told = run(*words, settings=filled)
    assert told.returncode == 0, told.stderr
    assert "检出率：1/1 = 100%" in told.stdout
    assert "每周" in told.stdout
    assert "垃圾堆积" in told.stdout
    later = run(*words[:-1], "2026-06-12", "--json", settings=filled)
    assert later.returncode == 1  # nothing to judge in these days
    assert json.loads(later.stdout)["n_incidents"] == 0


def test_a_backtest_without_labels_says_where_to_get_them(filled):
    done = run("detect", "backtest", settings=filled)
    assert done.returncode == 2
    assert "govdash demo" in done.stderr


def test_a_rule_can_be_listed_checked_and_tried_before_it_is_switched_on(filled, tmp_path):
    run("lake", "sync", settings=filled)
    listed = run("rules", "list", settings=filled)
    assert "street-category\t1\t是\t街道突增" in listed.stdout
    file = tmp_path / "street.yaml"
    text = (ROOT / "data" / "rules" / "street-category.yaml").read_text("utf-8")
    file.write_text(text.replace("min_excess: 4", "min_excess: 1000"), "utf-8")
    assert "写法正确：street-category" in run("rules", "check", str(file), settings=filled).stdout
    tried = run("rules", "backtest", str(file), "--from", "2026-06-05", settings=filled)
    assert tried.returncode == 0, tried.stderr
    assert "试算：每周 0.0 条提示" in tried.stdout
    assert "现行第 1 版：每周 0.6 条提示（共 1 条）" in tried.stdout


def test_a_rule_file_that_is_wrong_or_missing_is_told_by_field(filled, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("code: wrong\nname: 错\nparameters: {areas: [city], fdr: 7}\n", "utf-8")
    wrong = run("rules", "check", str(file), settings=filled)
    assert wrong.returncode == 2
    assert "fdr" in wrong.stderr
    missing = run("rules", "backtest", "nowhere.yaml", settings=filled)
    assert missing.returncode == 2
    assert "找不到规则文件" in missing.stderr
    unknown = run("rules", "backtest", "nothing", settings=filled)
    assert "现有：channel-drop" in unknown.stderr
