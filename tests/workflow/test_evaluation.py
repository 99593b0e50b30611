# ruff: noqa: F811  # fixtures of another test module are taken by their names
"""An evaluation of a small city: replayed, injected, compared; nothing written but its own file."""

import json
from datetime import date
from pathlib import Path

import pytest

from govdash.access import SYSTEM
from govdash.core.errors import InputError, NotFound
from govdash.core.settings import Settings
from govdash.core.vocab import Disposition
from govdash.lake import Lake
from govdash.report import evaluation as report
from govdash.store import Store
from govdash.store.models import Alert
from govdash.workflow import alerts, backtest, evaluation, evaluations, precision
from govdash.workflow.evaluation import Labels, Wish
from tests.workflow.conftest import CATEGORY, CITY, GRID
from tests.workflow.test_tick import (  # noqa: F401  # fixtures
    BURST,
    HOUR,
    OUTAGE,
    SHANGHAI,
    TEN,
    city,
    filled,
    lake,
    listed,
    operator,
)
from tests.workflow.test_tick import run as tick

PERIOD = Wish(date(2026, 5, 20), date(2026, 6, 15), bursts=6, seed=3)


def labelled(folder: Path) -> Path:
    path = folder / "labels.csv"
    path.write_text(
        "incident_id,name,category,area_path,direction,start,end\n"
        f"I1,垃圾堆积,{CATEGORY},{GRID},high,{BURST},{BURST}\n"
        f"I2,感知中断,@sensor,{CITY},low,{OUTAGE},{OUTAGE}\n"
        f"I3,没有发生,A-09001,{CITY},high,2026-05-21,2026-05-22\n"
    )
    return path


def evaluate(city: Store, settings: Settings, labels: Labels, wish: Wish = PERIOD) -> dict:
    return evaluation.run(
        city,
        Lake.open(settings),
        settings,
        labels,
        wish,
        at=TEN,
        actor="王明",
        progress=lambda stage, share: None,
    )


def test_an_evaluation_tells_what_the_rules_find_and_writes_nothing(city, settings, tmp_path):
    stages: list[tuple[str, float]] = []
    result = evaluation.run(
        city,
        Lake.open(settings),
        settings,
        evaluation.find_labels(settings, labelled(tmp_path)),
        PERIOD,
        at=TEN,
        actor="王明",
        progress=lambda stage, share: stages.append((stage, share)),
    )
    replay = result["replay"]
    assert (replay["n_incidents"], replay["n_detected"]) == (3, 2)
    assert {row["name"]: row["detected"] for row in replay["incidents"]} == {
        "垃圾堆积": True,
        "感知中断": True,
        "没有发生": False,
    }
    assert len(replay["alerts_per_day"]) == result["days"] == 27
    begun = sum(day["true"] + day["other"] for day in replay["alerts_per_day"])
    assert begun >= 2
    assert sum(day["other"] for day in replay["alerts_per_day"]) == replay["n_false_incidents"]
    shares = [share for _, share in stages]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {stage for stage, _ in stages} >= {"读取数据", "回放", "注入后回放", "方法对比"}
    with city.read() as session:
        assert session.query(Alert).count() == 0


def test_the_replay_is_that_of_the_backtest(city, settings, lake, tmp_path):
    labels = backtest.read_labels(labelled(tmp_path), SHANGHAI)
    known = backtest.run(city, lake, settings, labels, first=PERIOD.first, last=PERIOD.last)
    mine = evaluate(city, settings, Labels(labels, "file"))["replay"]
    told = known.to_dict()
    assert {name: mine[name] for name in told if name not in {"incidents", "false_incidents"}} == {
        name: told[name] for name in told if name not in {"incidents", "false_incidents"}
    }


@pytest.fixture(scope="module")
def unlabelled(filled: Path) -> dict:
    """An evaluation without labels."""
    settings = Settings.from_environment({"GOVDASH_VAR": str(filled)})
    store = Store.open(settings.database_url)
    result = evaluate(store, settings, evaluation.find_labels(settings))
    store.close()
    del result["seconds"]
    return result


def test_bursts_tell_the_detection_of_a_city_without_labels(unlabelled):
    result = unlabelled
    assert result["labels"]["source"] == "none"
    assert result["replay"]["detected_share"] is None
    injection = result["injection"]
    assert injection["bursts"] == sum(row["n"] for row in injection["rules"]["by_size"]) > 0
    assert injection["rules"]["pod"] >= injection["rules"]["by_chance"]
    assert {arm["code"] for arm in injection["arms"]} == {"scan", "native", "rolling-z"}
    assert "Farrington" in injection["left_out"]["farrington"]  # half a year of history
    told = report.told(result)
    assert told["tiles"][1]["label"] == "误报（上限）"
    assert "没有标注" in told["tiles"][1]["note"]


def test_the_same_seed_gives_the_same_evaluation_and_another_another(city, settings, unlabelled):
    none = evaluation.find_labels(settings)
    again = evaluate(city, settings, none)
    del again["seconds"]
    assert again == unlabelled
    wish = Wish(PERIOD.first, PERIOD.last, PERIOD.bursts, seed=4)
    other = evaluate(city, settings, none, wish)
    assert other["injection"]["rules"] != unlabelled["injection"]["rules"]
    assert other["replay"] == unlabelled["replay"]


def test_without_bursts_there_is_no_comparison_but_the_rest(city, settings):
    wish = Wish(date(2026, 6, 1), date(2026, 6, 15), bursts=0)
    result = evaluate(city, settings, evaluation.find_labels(settings), wish)
    assert result["injection"]["arms"] == []
    assert result["injection"]["rules"] is None
    assert result["calibration"][0]["series_days"] > 0
    assert "无法比较" in report.told(result)["sentences"]["curve"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(date(2026, 1, 1), date(2026, 6, 1)), "最早可从 2026-03-31 回放"),
        (Wish(date(2026, 6, 1), date(2026, 7, 1)), "数据完整的最后一天是 2026-06-15"),
    ],
)
def test_a_period_that_cannot_be_replayed_is_refused(city, settings, wish, said):
    with pytest.raises(InputError, match=said):
        evaluate(city, settings, evaluation.find_labels(settings), wish)


def test_impossible_numbers_are_refused():
    with pytest.raises(InputError, match="注入次数 -1"):
        Wish(bursts=-1)
    with pytest.raises(InputError, match="随机种子 -5"):
        Wish(seed=-5)


def test_progress_can_stop_it(city, settings):
    def stop(stage: str, share: float) -> None:
        if stage == "回放" and share > 0.1:
            raise InputError("停止。")

    with pytest.raises(InputError, match="停止"):
        evaluation.run(
            city,
            Lake.open(settings),
            settings,
            evaluation.find_labels(settings),
            PERIOD,
            at=TEN,
            actor="王明",
            progress=stop,
        )


def made(number: str) -> dict:
    return {
        "format": evaluation.FORMAT,
        "number": number,
        "made_at": TEN.isoformat(),
        "made_by": "王明",
        "first_day": "2026-05-01",
        "last_day": "2026-06-15",
        "data_version": 7,
        "rules": [{"code": "slow-rise", "version": 2}],
    }


def test_evaluations_are_kept_newest_first_and_read_by_number(settings):
    assert evaluations.listed(settings, SYSTEM.scope) == []
    for number in ("20260610-100000", "20260612-100000", "20260611-100000"):
        evaluations.save(settings, made(number))
    listed = evaluations.listed(settings, SYSTEM.scope)
    assert [one.number for one in listed] == [
        "20260612-100000",
        "20260611-100000",
        "20260610-100000",
    ]
    assert (listed[0].rules, listed[0].data_version) == ("slow-rise@2", 7)
    assert evaluations.read(settings, "20260611-100000", SYSTEM.scope)["made_by"] == "王明"
    with pytest.raises(NotFound, match=r"没有编号为“\.\./x”的评测"):
        evaluations.read(settings, "../x", SYSTEM.scope)


def test_files_cut_off_or_of_another_format_are_passed_over(settings):
    path = evaluations.save(settings, made("20260610-100000"))
    path.with_name("20260611-100000.json").write_text('{"format": 1, "num')
    path.with_name("20260612-100000.json").write_text(json.dumps({"format": 99}))
    path.with_name("20260613-100000.json").write_text("[]")
    assert [one.number for one in evaluations.listed(settings, SYSTEM.scope)] == ["20260610-100000"]
    assert list(path.parent.glob("*.part")) == []


def test_only_so_many_evaluations_are_kept(settings, monkeypatch):
    monkeypatch.setattr(evaluations, "KEPT", 2)
    for day in (10, 11, 12):
        evaluations.save(settings, made(f"202606{day}-100000"))
    assert [one.number[:8] for one in evaluations.listed(settings, SYSTEM.scope)] == [
        "20260612",
        "20260611",
    ]


def test_precision_at_k_takes_the_most_serious_that_people_have_judged(
    city, lake, settings, operator
):
    tick(city, lake, settings, TEN)
    with city.write() as session:
        assert precision.at_k(session, SYSTEM.scope) == []
        for row in listed(city).to_dict("records"):
            alerts.dismiss(
                session,
                int(row["id"]),
                Disposition.REAL_NO_ACTION,
                note="已看",
                actor=operator,
                at=TEN + HOUR,
            )
    with city.read() as session:
        n = len(listed(city))
        assert precision.at_k(session, SYSTEM.scope, sizes=(1, n, n + 1)) == [
            {"k": 1, "true": 1},
            {"k": n, "true": n},
        ]


def test_the_words_follow_the_figures():
    points = [
        {"nominal": 0.1, "realised": 0.1, "ratio": 1.0, "as_promised": True, "series_days": 9},
        {"nominal": 0.01, "realised": 0.025, "ratio": 2.5, "as_promised": False, "series_days": 9},
    ]
    result = {
        "days": 70,
        "labels": {"source": "file"},
        "replay": {
            "n_incidents": 10,
            "n_detected": 6,
            "detected_share": 0.6,
            "n_false_incidents": 80,
            "false_per_week": 8.0,
            "median_delay_days": 2.0,
            "delays": [0, 1, 2, 3, 9],
            "alerts_per_day": [{"day": "2026-06-01", "true": 1, "other": 4}] * 2,
        },
        "injection": {"rules": None, "arms": []},
        "calibration": points,
        "precision": [],
    }
    lamps = [tile.lamp for tile in report.tiles(result)]
    assert lamps == ["yellow", "red", "yellow", "yellow"]
    told = report.told(result)["sentences"]
    assert "1% 的实为 2.5%" in told["reliability"]
    assert "40% 在当天或次日提示：偏慢" in told["delay"]
    assert "平均每天新增 5.0 起" in told["days"]
    assert "偏多" in told["days"]
    assert "只有 0 条" in told["precision"]
