"""`govdash detect score`: a file of counts in, a file of scores out, no database."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from govdash.cli import main
from govdash.detect import RollingZ, walk_forward

COLUMNS = ["series", "date", "observed", "expected", "upper", "p_value", "score", "alarm"]


@pytest.fixture
def run(monkeypatch, capsys):
    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["govdash", "detect", "score", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out, told.err

    return command


@pytest.fixture
def rows(null_counts):
    """Two series as rows, 100 days from 2 January 2023."""
    wide = null_counts([4, 12], 100).set_axis(["甲|A-01001", "乙|A-01001"], axis=1)
    long = wide.reset_index().melt("day", var_name="series", value_name="count")
    return long.rename(columns={"day": "date"})[["series", "date", "count"]]


def test_every_day_is_scored_from_its_past_and_alarms_exit_with_one(run, rows, tmp_path):
    rows.loc[rows.index[95], "count"] = 60
    rows.to_csv(tmp_path / "in.csv", index=False)
    code, out, _ = run(
        "--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--alpha", "0.001", "--json"
    )
    told = json.loads(out)
    scores = pd.read_csv(tmp_path / "out.csv")
    assert code == 1
    assert list(scores.columns) == COLUMNS
    assert len(scores) == 2 * (100 - 14) == told["days"]
    assert told["alarms"] == scores["alarm"].sum() >= 1
    burst = scores[(scores["series"] == "甲|A-01001") & (scores["date"] == "2023-04-07")].iloc[0]
    assert (burst["observed"], burst["alarm"]) == (60, 1)
    assert ((scores["p_value"] <= 0.001) == (scores["alarm"] == 1)).all()
    assert ((scores["p_value"] <= 0.001) == (scores["alarm"] == 1)).all()


def test_without_alarms_the_command_exits_with_zero_and_says_what_it_did(run, tmp_path):
    days = pd.date_range("2024-01-01", periods=60)
    pd.DataFrame({"series": "s", "date": days, "count": 5}).to_csv(tmp_path / "in.csv", index=False)
    code, out, err = run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert code == 0
    assert "已评分 1 个序列、46 个序列日，报警 0 个" in out
    assert "历史不足 90 天" in err


def test_missing_days_inside_a_series_are_zeros_and_said(run, rows, tmp_path):
    whole, holes = rows.copy(), rows.copy()
    whole.loc[whole.index[40:50], "count"] = 0
    holes = holes.drop(holes.index[40:50])
    for name, table in (("whole", whole), ("holes", holes)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        _, _, err = run("--counts", tmp_path / f"{name}.csv", "--out", tmp_path / f"{name}.out")
    assert "有 10 天没有行，按 0 件补齐。" in err
    assert (tmp_path / "whole.out").read_text() == (tmp_path / "holes.out").read_text()


def test_series_of_different_spans_score_as_they_would_alone(run, rows, tmp_path):
    late = rows[(rows["series"] == "甲|A-01001") & (rows["date"] >= "2023-02-01")]
    early = rows[(rows["series"] == "乙|A-01001") & (rows["date"] < "2023-03-25")]
    both = pd.concat([late, early])
    outs = {}
    for name, table in (("late", late), ("early", early), ("both", both)):
        table.to_csv(tmp_path / "in.csv", index=False)
        run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
        outs[name] = pd.read_csv(tmp_path / "out.csv")
    apart = pd.concat([outs["early"], outs["late"]]).sort_values(["series", "date"])
    pd.testing.assert_frame_equal(outs["both"], apart.reset_index(drop=True), rtol=1e-9)


def test_scoring_starts_where_it_is_told(run, rows, tmp_path):
    rows.to_csv(tmp_path / "in.csv", index=False)
    run(
        "--counts",
        tmp_path / "in.csv",
        "--out",
        tmp_path / "out.csv",
        "--start-scoring",
        "2023-03-15",
        "--method",
        "rolling-z",
    )
    scores = pd.read_csv(tmp_path / "out.csv")
    assert scores["date"].min() == "2023-03-15"
    assert len(scores) == 2 * 28


@pytest.mark.parametrize("method", ["native", "ears-c1", "rolling-z"])
def test_constant_counts_of_any_size_raise_no_alarm(run, tmp_path, method):
    days = pd.date_range("2024-01-01", periods=60)
    sizes = (1, 500, 10**6, 999_999_999)
    tables = [pd.DataFrame({"series": f"s{n}", "date": days, "count": n}) for n in sizes]
    pd.concat(tables).to_csv(tmp_path / "in.csv", index=False)
    code, _, _ = run(
        "--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--method", method
    )
    scores = pd.read_csv(tmp_path / "out.csv")
    assert code == 0
    assert (abs(scores["expected"] - scores["observed"]) <= 0.01 * scores["observed"] + 1).all()


def test_hours_are_learned_anew_as_often_as_days():
    hours = pd.date_range("2024-01-01", periods=24 * 30, freq="h", name="hour")
    counts = pd.DataFrame({"s": np.arange(len(hours)) % 24}, index=hours)
    fits = []

    class Counted(RollingZ):
        def fit(self, counts):
            fits.append(len(counts))
            return super().fit(counts)

    walk_forward(counts, make=Counted, start=hours[24 * 16], refit_days=7)
    assert fits == [24 * 16, 24 * 23]


def test_a_series_too_short_is_left_out_by_name(run, rows, tmp_path):
    short = pd.DataFrame({"series": ["短"], "date": ["2023-03-01"], "count": [3]})
    pd.concat([rows, short]).to_csv(tmp_path / "in.csv", index=False)
    code, out, err = run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert code == 1
    assert list(json.loads(out)["skipped"]) == ["短"]
    assert "短" not in set(pd.read_csv(tmp_path / "out.csv")["series"])
    assert err == ""


def test_a_file_saved_by_excel_with_a_mark_at_its_head_is_read(run, rows, tmp_path):
    rows.to_csv(tmp_path / "in.csv", index=False, encoding="utf-8-sig")
    code, _, _ = run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert code in {0, 1}


BAD_LINES = {
    "s,2024-13-01,3": "第 2 行：日期“2024-13-01”认不出",
    "s,2024-01-01 08:00,3": "第 2 行：日期“2024-01-01 08:00”带有时刻",
    "s,2024-01-01T00:00+08:00,3": "第 2 行：日期“2024-01-01T00:00+08:00”带有时区",
    "s,2024-01-01,3\ns,2024-01-02T00:00Z,3": "第 3 行：日期“2024-01-02T00:00Z”带有时区",
    "s,2024-01-01,": "第 2 行：计数“”不是数字",
    "s,2024-01-01,nan": "第 2 行：计数“nan”不是数字",
    "s,2024-01-01,-1": "第 2 行：计数 -1 是负数",
    "s,2024-01-01,1.5": "第 2 行：计数 1.5 不是整数",
    "s,2024-01-01,inf": "第 2 行：计数 inf",
    "s,2024-01-01,1e300": "第 2 行：计数 1e300 大得不合理",
    ",2024-01-01,1": "第 2 行：序列名称“”为空",
    "s,2024-01-01,1\ns,2024-01-01,2": "第 3 行：同一序列的日期“2024-01-01”重复",
    "s,2024-01-01,1": "没有一个序列可以评分。例如“s”：只有 1 天",
    "s,1900-01-01,1\ns,2024-01-01,2": "第 3 行：1900-01-01 与 2024-01-01 之间没有数据，相隔",
    "": "没有数据行",
}


@pytest.mark.parametrize("lines", BAD_LINES)
def test_lines_that_cannot_be_used_are_refused_by_number(run, tmp_path, lines):
    (tmp_path / "in.csv").write_text(f"series,date,count\n{lines}\n", encoding="utf-8")
    code, _, err = run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert code == 2
    assert BAD_LINES[lines] in err
    assert not (tmp_path / "out.csv").exists()


WRONG_USE = {
    (): "请给出 --counts",
    ("--alpha", "0.7"): "--alpha 0.7 应为",
    ("--alpha", "x"): "--alpha x 应为",
    ("--freq", "Y"): "--freq Y 不受支持",
    ("--method", "magic"): "没有名为“magic”的检测方法",
    ("--start-scoring", "soon"): "--start-scoring soon 不是日期",
    ("--start-scoring", "2023-03-01T08:00"): "--start-scoring 2023-03-01T08:00 不是日期",
    ("--start-scoring", "2030-01-01"): "没有一个序列可以评分",
    ("--refit-days", "0"): "--refit-days 0 应为",
    ("--setting", "orig"): "--setting orig 只用于 --method farrington；当前方法是 native",
    (
        "--method",
        "farrington",
        "--setting",
        "best",
    ): "--setting best 不存在；可用：orig、flexdefault",
    ("--method", "cusum", "--alpha", "0.01"): "--alpha 0.01 不适用：cusum 有自己的阈值",
    ("--method", "farrington", "--freq", "D"): "至少需要 1098 天历史",
    ("--method", "farrington", "--setting", "orig", "--freq", "W"): "不在同一星期几",
    ("--method", "farrington", "--freq", "H"): "没有一个序列可以评分",
}


@pytest.mark.parametrize("options", WRONG_USE)
def test_wrong_use_is_explained_and_exits_with_two(run, rows, tmp_path, options):
    rows.to_csv(tmp_path / "in.csv", index=False)
    files = ("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv") if options else ()
    code, _, err = run(*files, *options)
    assert code == 2
    assert WRONG_USE[options] in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "是空文件"),
        ("序列".encode("gbk"), "不是 UTF-8"),
        (b"a,b\n1,2\n", "缺少列：series、date、count"),
    ],
)
def test_a_file_that_is_no_table_of_counts_is_refused(run, tmp_path, content, message):
    (tmp_path / "in.csv").write_bytes(content)
    code, _, err = run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert code == 2
    assert message in err


def test_a_file_that_is_not_there_is_refused(run, tmp_path):
    code, _, err = run("--counts", tmp_path / "none.csv", "--out", tmp_path / "out.csv")
    assert code == 2
    assert "找不到文件" in err
    assert np.all([not p.exists() for p in (tmp_path / "none.csv", tmp_path / "out.csv")])


SERIES = ["salmonella_agona", "hepatitisA", "salmHospitalized", "salmNewport_total"]


@pytest.mark.shared
@pytest.mark.parametrize("setting", ["orig", "flexdefault", "noufaily", "muan"])
@pytest.mark.parametrize("series", SERIES)
def test_farrington_gives_the_rows_of_the_reference(run, shared_dir, tmp_path, series, setting):
    folder = shared_dir / "reference/farrington"
    counts = pd.read_csv(folder / f"ref_series_{series}.csv")
    rows = pd.read_csv(folder / f"ref_farrington_{series}__{setting}.csv")
    dates = counts["t"]  # series without a calendar are numbered
    if counts["epoch"].max() > len(counts):
        dates = pd.to_datetime(counts["epoch"], unit="D")
    table = pd.DataFrame({"series": series, "date": dates, "count": counts["observed"]})
    table.to_csv(tmp_path / "in.csv", index=False)
    options = ("--method", "farrington", "--setting", setting, "--freq", "W", "--compat-score")
    run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", *options)
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found["date"].astype(str)) == list(dates.astype(str)[-len(rows) :])
    names = {"expected": "expected", "upper": "upperbound", "score": "score", "p_value": "pvalue"}
    for ours, theirs in names.items():
        np.testing.assert_allclose(found[ours], rows[theirs], rtol=1e-9, err_msg=ours)
    assert list(found["alarm"]) == list(rows["alarm"])


@pytest.mark.shared
@pytest.mark.parametrize("method", ["ears-c1", "ears-c2", "ears-c3"])
def test_ears_gives_the_rows_of_the_reference(run, shared_dir, tmp_path, method):
    folder = shared_dir / "reference/ears"
    counts = pd.read_csv(folder / "ref_series_hagelloch_ERU_daily.csv")
    variant = method[-2:].upper()
    rows = pd.read_csv(folder / f"ref_ears_hagelloch_ERU_daily__{variant}_default.csv")
    table = counts.rename(columns={"observed": "count"}).assign(series="s")
    table.to_csv(tmp_path / "in.csv", index=False)
    run("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--method", method)
    found = pd.read_csv(tmp_path / "out.csv")
    np.testing.assert_allclose(found["upper"], rows["upperbound"], rtol=1e-9)
    assert list(found["alarm"]) == list(rows["alarm"].fillna(0))


@pytest.mark.shared
def test_the_charts_give_the_alarms_of_the_reference(run, shared_dir, tmp_path):
    counts = pd.read_csv(shared_dir / "reference/farrington/ref_series_salmonella_agona.csv")
    table = pd.DataFrame({"series": "s", "date": counts["t"], "count": counts["observed"]})
    table.to_csv(tmp_path / "in.csv", index=False)
    files = ("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--freq", "W")
    for method, name, column in (("cusum", "cusum_rossi", "cusum"), ("glr-nb", "glrnb", "glr")):
        rows = pd.read_csv(shared_dir / f"reference/ears/ref_{name}_salmonella_agona.csv")
        run(*files, "--method", method, "--start-scoring", "209", "--compat-score")
        found = pd.read_csv(tmp_path / "out.csv")
        assert list(found["date"]) == list(rows["t"])
        np.testing.assert_allclose(found["score"], rows[column], atol=2e-8)
        assert list(found["alarm"]) == list(rows["alarm"])
        assert found["p_value"].isna().all()


@pytest.fixture
def weekly(null_counts):
    """One series of eight years of weeks as rows."""
    wide = null_counts([8], 416).set_axis(["s"], axis=1)
    wide.index = pd.date_range("2016-01-04", periods=416, freq="7D", name="date")
    return wide.reset_index().melt("date", var_name="series", value_name="count")


def test_rows_that_lie_weeks_apart_are_taken_for_weeks_and_said(run, weekly, tmp_path):
    weekly.to_csv(tmp_path / "in.csv", index=False)
    _, out, err = run(
        "--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--method", "farrington"
    )
    assert "已评分 1 个序列、153 个序列周" in out
    assert "按每周计数评分" in err
    assert len(pd.read_csv(tmp_path / "out.csv")) == 416 - 263


def test_without_compatibility_the_score_subtracts_the_expectation(run, weekly, tmp_path):
    weekly.to_csv(tmp_path / "in.csv", index=False)
    files = ("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--freq", "W")
    run(*files, "--method", "farrington", "--setting", "muan")
    found = pd.read_csv(tmp_path / "out.csv")
    reach = found["upper"] - found["expected"]
    right = (found["observed"] - found["expected"]) / reach
    np.testing.assert_allclose(found["score"], right)
    assert ((found["score"] > 1) == (found["alarm"] == 1)).all()


def test_a_shorter_series_is_held_against_three_years(run, weekly, tmp_path):
    weekly.iloc[:300].to_csv(tmp_path / "in.csv", index=False)
    files = ("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--freq", "W")
    run(*files, "--method", "farrington")
    assert len(pd.read_csv(tmp_path / "out.csv")) == 300 - 159


def test_hours_are_scored_and_written_with_their_hour(run, null_counts, tmp_path):
    hours = null_counts([5], 60).set_axis(["s"], axis=1)
    hours.index = pd.date_range("2024-02-28 20:00", periods=60, freq="h", name="date")
    rows = hours.reset_index().melt("date", var_name="series", value_name="count")
    rows.drop(index=30).to_csv(tmp_path / "in.csv", index=False)
    files = ("--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    options = ("--method", "ears-c2", "--freq", "H", "--start-scoring", "2024-02-29 12:00")
    _, out, err = run(*files, *options)
    found = pd.read_csv(tmp_path / "out.csv")
    assert found["date"].iloc[0] == "2024-02-29 12:00"
    assert "序列小时" in out
    assert "有 1 小时没有行" in err
    code, _, err = run(*files, "--method", "ears-c2", "--freq", "D")
    assert code == 2
    assert "带有时刻，应为整日；每小时的计数请加 --freq H" in err


def test_weeks_given_as_days_since_1970_are_dates(run, tmp_path):
    """12422 is Monday 2004-01-05, as R writes a Date."""
    weeks = [12422 + 7 * n for n in range(200)]
    table = pd.DataFrame({"series": "s", "date": weeks, "count": [5, 4, 6, 5] * 50})
    table.to_csv(tmp_path / "in.csv", index=False)
    code, _, err = run(
        "--counts", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--method", "ears-c1"
    )
    assert code in (0, 1), err
    told = pd.read_csv(tmp_path / "out.csv")
    assert told["date"].iloc[-1] == "2007-10-29"
    assert pd.to_datetime(told["date"]).diff().dropna().eq(pd.Timedelta(days=7)).all()
