"""`govdash detect scan`: files of cases and places in, a file of clusters out, no database."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from govdash.cli import main

COLUMNS = [
    "rank", "start", "end", "members", "observed", "expected", "relative_risk", "statistic",
    "p_value",
]  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys):
    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["govdash", "detect", "scan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out, told.err

    return command


@pytest.fixture
def city(tmp_path):
    """100 days of 16 places on a grid; three places by each other have 4 more in the last week."""
    rng = np.random.default_rng(5)
    names = [f"网格{n:02d}" for n in range(16)]
    days = pd.date_range("2026-01-01", periods=100)
    counts = rng.poisson(0.8, (16, 100))
    counts[[5, 6, 9], -6:] += 4
    rows = [
        (name, f"{day:%Y-%m-%d}", counts[i, t])
        for i, name in enumerate(names)
        for t, day in enumerate(days)
    ]
    cases = pd.DataFrame(rows, columns=["location", "date", "count"])
    geo = pd.DataFrame(
        {
            "location": names,
            "lon": 121.4 + 0.01 * (np.arange(16) % 4),
            "lat": 31.2 + 0.01 * (np.arange(16) // 4),
        }
    )
    return cases, geo


@pytest.fixture
def scanned(run, tmp_path):
    """Write the tables, scan them, and return the exit code, the clusters and what was told."""

    def scan(cases, geo, *arguments, population=None):
        files = {"cases": cases, "geo": geo} | (
            {} if population is None else {"population": population}
        )
        given = []
        for name, table in files.items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
            given += [f"--{name}", tmp_path / f"{name}.csv"]
        out = tmp_path / "out.csv"
        code, told, err = run(*given, "--out", out, *arguments)
        return code, (pd.read_csv(out) if code == 0 else None), told + err

    return scan


@pytest.mark.parametrize("model", ["eb-poisson", "permutation"])
def test_a_burst_is_found_where_and_when_it_is(model, scanned, city):
    code, table, told = scanned(
        *city, "--prospective", "--replicates", 199, "--model", model, "--max-duration", 14
    )
    assert code == 0, told
    assert list(table.columns) == COLUMNS
    first = table.iloc[0]
    assert len({"网格05", "网格06", "网格09"} & set(first["members"].split(";"))) >= 2
    assert (first["rank"], first["end"]) == (1, "2026-04-10")
    assert "2026-04-03" <= first["start"] <= "2026-04-06"
    assert first["p_value"] == 1 / 200
    assert first["observed"] > 2 * first["expected"]
    members = [m for row in table["members"] for m in row.split(";")]
    assert len(members) == len(set(members))
    assert "16 个地点、100 个时段" in told


def test_the_same_seed_gives_the_same_file_whatever_the_threads_and_the_order(scanned, city):
    cases, geo = city
    one = scanned(cases, geo, "--replicates", 99, "--seed", 7, "--threads", 1, "--prospective")[1]
    two = scanned(
        cases.sample(frac=1, random_state=1),
        geo.sample(frac=1, random_state=2),
        "--replicates", 99, "--seed", 7, "--threads", 2, "--prospective",
    )[1]  # fmt: skip
    pd.testing.assert_frame_equal(one, two)


def test_an_empty_place_changes_nothing(scanned, city):
    cases, geo = city
    more = pd.concat([geo, pd.DataFrame([{"location": "空", "lon": 121.415, "lat": 31.205}])])
    given = ("--prospective", "--replicates", 99)
    pd.testing.assert_frame_equal(scanned(cases, geo, *given)[1], scanned(cases, more, *given)[1])


def test_a_list_of_events_without_counts_is_counted(scanned, city):
    cases, geo = city
    events = cases.loc[cases.index.repeat(cases["count"]), ["location", "date"]]
    ends = ("--start", "2026-01-01", "--end", "2026-04-10", "--prospective", "--replicates", 19)
    pd.testing.assert_frame_equal(
        scanned(cases, geo, *ends)[1], scanned(events, geo, *ends)[1], check_dtype=False
    )


@pytest.mark.parametrize(
    ("freq", "unit", "end"),
    [("7D", "week", "2025-11-30"), ("MS", "month", "2032-04-30"), ("YS", "year", "2123-12-31")],
)
def test_dates_a_week_or_a_month_apart_are_weeks_or_months(freq, unit, end, scanned, city):
    cases, geo = city
    days = pd.date_range("2024-01-01", periods=100, freq=freq).strftime("%Y-%m-%d")
    cases = cases.assign(date=np.tile(days, 16))
    given = ("--prospective", "--max-duration", 8, "--replicates", 9)
    code, table, told = scanned(cases, geo, *given)
    assert code == 0, told
    assert "100 个时段" in told
    assert table.loc[0, "end"] == end
    same = scanned(cases, geo, *given, "--time-unit", unit)[1]
    pd.testing.assert_frame_equal(table, same)


def test_given_expectations_are_used_as_they_are(scanned, city):
    cases, geo = city
    code, table, _ = scanned(
        cases.assign(expected=0.8), geo, "--prospective", "--max-duration", 10, "--replicates", 9
    )
    first = table.iloc[0]
    days = (pd.Timestamp(first["end"]) - pd.Timestamp(first["start"])).days + 1
    assert code == 0
    assert first["expected"] == pytest.approx(0.8 * days * len(first["members"].split(";")))


def test_json_tells_what_was_done_and_gumbel_adds_a_column(scanned, city):
    code, table, told = scanned(
        *city, "--replicates", 50, "--max-duration", 7, "--gumbel", "--json", "--sequential"
    )
    assert code == 0
    assert list(table.columns) == [*COLUMNS, "gumbel_p_value"]
    said = json.loads(told)
    assert (said["windows"], said["time_unit"], said["locations"]) == ("retrospective", "day", 16)
    assert said["replicates"] <= 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, g: (c.replace("网格03", "甲"), g), "cases.csv 第 302 行 location 列：地点“甲”"),
        (lambda c, g: (c.replace({"count": {1: -2}}), g), "行 count 列：-2 是负数"),
        (lambda c, g: (c.assign(count=0), g), "没有事件"),
        (lambda c, g: (c.head(0), g), "cases.csv 没有数据行"),
        (lambda c, g: (c.assign(date="昨天"), g), "第 2 行 date 列：日期“昨天”认不出"),
        (lambda c, g: (c.drop(columns="date"), g), "cases.csv 缺少 date 列"),
        (lambda c, g: (c, g.drop(columns="lat")), "geo.csv 没有坐标列"),
        (lambda c, g: (c, g.assign(lon="东")), "geo.csv 第 2 行 lon 列：“东”不是数字"),
        (lambda c, g: (c[c["location"] == "网格00"], g.head(1)), "只有一个地点“网格00”"),
        (lambda c, g: (c, pd.concat([g, g.head(1)])), "地点“网格00”重复"),
        (lambda c, g: (c.assign(who=range(len(c))), g), "不像协变量"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_file_row_and_column(change, message, scanned, city):
    code, _, told = scanned(*change(*city), "--replicates", 9)
    assert code == 2
    assert re.search(message, told), told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "bayes"], "--model bayes 不受支持"),
        (["--model", "poisson"], "请给出 --population 人口文件"),
        (["--max-fraction", "0"], "最大份额 0"),
        (["--max-duration", "500"], "--max-duration 500 应在 1 与 100"),
        (["--replicates", "-1"], "模拟次数 -1"),
        (["--seed", "-1"], "随机种子 -1"),
        (["--prospective", "--spatial"], "只能给一个"),
        (["--start", "2026-13-01"], "--start 2026-13-01 不是日期"),
        (["--covariates", "age"], "没有协变量列“age”"),
        (["--dispersion", "2", "--model", "permutation"], "离散度只用于 eb-poisson"),
    ],
)
def test_wrong_options_are_refused_by_name(arguments, message, scanned, city):
    code, _, told = scanned(*city, *arguments)
    assert code == 2
    assert message in told


def test_a_place_with_cases_and_no_people_is_named(scanned, city):
    cases, geo = city
    people = pd.DataFrame({"location": geo["location"], "population": 1000}).iloc[1:]
    code, _, told = scanned(cases, geo, "--model", "poisson", population=people)
    assert code == 2
    assert "地点“网格00”有事件却没有人口" in told


@pytest.mark.shared
@pytest.mark.parametrize(
    ("arguments", "statistic", "members", "start"),
    [
        (["--model", "poisson"], 10.979758, 9, "1985-01-01"),
        (["--model", "poisson", "--prospective"], 8.654067, 9, "1985-01-01"),
        (["--model", "poisson", "--spatial"], 6.890841, 6, "1973-01-01"),
        (["--model", "permutation", "--prospective"], 2.406814, 1, "1990-01-01"),
    ],
)
def test_the_command_gives_satscans_ratios(
    arguments, statistic, members, start, run, shared_dir, tmp_path
):
    folder = shared_dir / "reference" / "scan"
    places = {}
    for path in folder.glob("*.gis.txt"):
        for line in path.read_text().splitlines():
            words = line.split()
            places[words[0]] = (words[-2], words[-3])
    data = shared_dir / "data" / "scan"
    centres = pd.read_csv(data / "scanstatistics__NM_geo.csv").set_index("county")
    for name in pd.read_csv(data / "rsatscan__NMgeo.csv")["county"]:
        centre = centres.loc[name.lower().replace("guadelupe", "guadalupe")]
        places.setdefault(name, (centre["center_long"], centre["center_lat"]))
    geo = pd.DataFrame([(k, *v) for k, v in places.items()], columns=["county", "long", "lat"])
    geo.to_csv(tmp_path / "geo.csv", index=False)
    people = [] if "permutation" in arguments else ["--population", data / "rsatscan__NMpop.csv"]
    code, _, err = run(
        "--cases", data / "rsatscan__NMcas.csv", *people, "--geo", tmp_path / "geo.csv",
        "--out", tmp_path / "out.csv", "--replicates", 99, *arguments,
    )  # fmt: skip
    assert code == 0, err
    first = pd.read_csv(tmp_path / "out.csv").iloc[0]
    assert first["statistic"] == pytest.approx(statistic, rel=1e-6)
    assert (len(first["members"].split(";")), first["start"]) == (members, start)


@pytest.mark.shared
def test_coordinates_that_are_no_degrees_are_taken_as_a_plane_and_said(run, shared_dir, tmp_path):
    data = shared_dir / "data" / "scan"
    code, _, err = run(
        "--cases", data / "rsatscan__NMcas.csv", "--geo", data / "rsatscan__NMgeo.csv",
        "--out", tmp_path / "out.csv", "--replicates", 19, "--model", "permutation",
        "--prospective",
    )  # fmt: skip
    assert code == 0
    assert "按平面坐标处理" in err


@pytest.mark.shared
def test_people_in_the_file_of_cases_are_the_population(run, shared_dir, tmp_path):
    data = shared_dir / "data" / "scan"
    code, out, err = run(
        "--cases", data / "scanstatistics__NM_popcas.csv",
        "--geo", data / "scanstatistics__NM_geo.csv",
        "--out", tmp_path / "out.csv", "--replicates", 19, "--model", "poisson", "--json",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(out)["covariates"] == []
