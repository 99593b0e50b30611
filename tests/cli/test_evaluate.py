"""`detect evaluate` as a process: the figures of the page, kept for it, by command."""

import json

from govdash.access import SYSTEM
from govdash.lake import Lake
from govdash.report import evaluation as report
from govdash.workflow import evaluations
from tests.cli.command import run
from tests.cli.test_detect_jobs import filled  # noqa: F401  # a fixture

WORDS = ("detect", "evaluate", "--from", "2026-06-01", "--to", "2026-06-14")


def test_an_evaluation_by_command_is_what_the_page_shows(filled):  # noqa: F811
    run("lake", "sync", settings=filled)
    done = run(*WORDS, "--inject", "2", "--seed", "2", "--json", settings=filled)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    [made] = evaluations.listed(filled, SYSTEM.scope)
    assert told == report.told(evaluations.read(filled, made.number, SYSTEM.scope))
    assert told["data_version"] == Lake.open(filled).data_version
    assert (told["injection"]["seed"], told["injection"]["bursts"]) == (2, 2)
    assert [tile["code"] for tile in told["tiles"]] == ["found", "false", "delay", "calibration"]
    plain = run(*WORDS, "--inject", "0", settings=filled)
    assert plain.returncode == 0, plain.stderr
    assert "误报（上限）" in plain.stdout
    assert "没有注入突发" in plain.stdout
    assert len(evaluations.listed(filled, SYSTEM.scope)) == 2


def test_what_cannot_be_evaluated_is_wrong_use(filled):  # noqa: F811
    run("lake", "sync", settings=filled)
    early = run("detect", "evaluate", "--from", "2026-01-01", settings=filled)
    assert early.returncode == 2
    assert "最早可从" in early.stderr
    assert run("detect", "evaluate", "--inject", "-3", settings=filled).returncode == 2
    assert evaluations.listed(filled, SYSTEM.scope) == []
