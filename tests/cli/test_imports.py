"""`govdash import` and `import-areas`: what they print and how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from govdash.cli import app
from govdash.core.errors import GovDashError, InputError
from govdash.store import Store
from tests.ingest.conftest import csv_text, row

SQUARE = [[[121.0, 31.0], [122.0, 31.0], [122.0, 32.0], [121.0, 32.0], [121.0, 31.0]]]
HEADER = ["工单编号", "来电时间", "诉求标题", "经度", "纬度"]


def run(*words: object) -> Result:
    told = CliRunner().invoke(app, [str(word) for word in words])
    if told.exception is not None and not isinstance(told.exception, SystemExit | GovDashError):
        raise told.exception
    return told


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation after `govdash init`."""
    monkeypatch.setenv("GOVDASH_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GOVDASH_CONTACT_KEY", "k")
    monkeypatch.delenv("GOVDASH_DATABASE_URL", raising=False)
    assert run("init").exit_code == 0
    return tmp_path


def orders(home: Path, *rows: dict[str, str]) -> Path:
    names = dict(zip(["编号", "上报时间", "标题", "经度", "纬度"], HEADER, strict=True))
    told = [{new: one[old] for old, new in names.items()} for one in rows]
    path = home / "orders.csv"
    path.write_text(csv_text(*told, header=HEADER), encoding="gb18030")
    return path


def test_an_import_prints_where_the_rows_went_and_why(home: Path):
    path = orders(home, row(1), row(2), row(2), row(3, 上报时间="坏"))
    told = run("import", path, "--profile", "workorder_cn")
    assert told.exit_code == 1
    for said in ("读取", "新事件 2", "时间无法识别（unreadable_time）", "被拒的行：", "未落格"):
        assert said in told.output
    sealed = home / "var" / "rejects" / "1-orders.csv.sealed"
    assert "坏".encode() not in sealed.read_bytes()
    out = home / "out.csv"
    assert run("rejects", "1", "--out", out).exit_code == 0
    assert "坏" in out.read_text("utf-8")
    assert out.stat().st_mode & 0o777 == 0o600
    refused = run("rejects", home / "orders.csv", "--out", out)
    assert isinstance(refused.exception, InputError)


def test_the_profile_is_found_by_the_columns_and_json_holds_the_numbers(home: Path):
    path = orders(home, row(1), row(2))
    first = json.loads(run("import", path, "--dry-run", "--json").stdout)
    assert (first["profile"], first["new"], first["dry_run"]) == ("workorder_cn", 2, True)
    told = run("import", path, "--json")
    assert told.exit_code == 0
    second = json.loads(told.stdout)
    assert (second["read"], second["accepted"], second["duplicate"]) == (2, 2, 0)


def test_columns_can_be_guessed_on_demand(home: Path):
    path = home / "unknown-city.csv"
    path.write_text("单号,时间,内容\nA1,2026-06-01 08:00,垃圾\n", encoding="utf-8")
    told = run("import", path)
    assert isinstance(told.exception, GovDashError)
    assert "没有适合" in str(told.exception)
    told = run("import", path, "-p", "guess", "--json")
    assert json.loads(told.stdout.splitlines()[-1])["accepted"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "nothing.csv", "-p", "boston"], "找不到文件"),
        (["import", "nothing.csv", "-p", "nix"], "没有名为“nix”的导入方案"),
        (["import-areas", "x.geojson", "--datum", "wgs84", "--level", "district"], "找不到文件"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(home: Path, words: list[str], said: str):
    told = run(*words)
    assert isinstance(told.exception, GovDashError)
    assert said in str(told.exception)


def test_without_a_database_the_next_step_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOVDASH_VAR", str(tmp_path / "var"))
    told = run("import", "x.csv", "-p", "boston")
    assert "govdash init" in str(told.exception)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet", "geojson"])
def test_an_export_read_back_is_all_duplicates(home: Path, suffix: str):
    path = home / "cases.csv"
    path.write_text(
        "工单编号,来电时间,办结时间,诉求标题,诉求内容,联系电话,经度,纬度,诉求类别\n"
        "0012,2026-06-01 08:00:30,2026-06-02 09:00,-标题,=1+1 电话13812345678,13812345678,"
        "121.4737,31.2304,怪事\n"
        '2,2026-06-01 08:00,,2,"两行\n文字",,,,暴露垃圾\n',
        encoding="utf-8",
    )
    assert run("import", path, "-p", "workorder_cn").exit_code == 0
    assert run("lake", "sync").exit_code == 0
    out = home / f"out.{suffix}"
    assert run("export", "events", "--out", out).exit_code == 0
    told = json.loads(run("import", out, "-p", "canonical", "--json").stdout)
    assert (told["read"], told["duplicate"], told["rejected"]) == (2, 2, 0)


def outline(home: Path, name: str = "某区") -> Path:
    path = home / "areas.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": name, "adcode": 310101},
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    return path


def test_areas_make_their_city_and_take_the_events_that_come_again(home: Path):
    path = orders(home, row(1))
    run("import", path)
    told = run(
        "import-areas", outline(home), "--datum", "gcj02", "--level", "district",
        "--parent-path", "/310000/", "--city-name", "某市",
    )  # fmt: skip
    assert told.exit_code == 0
    assert "坐标基准：GCJ02" in told.output
    assert "已用这些区域的并集建立“某市”" in told.output
    assert "1 件事件有坐标但未落格" in told.output
    again = json.loads(run("import", path, "--json").stdout)
    assert (again["corrected"], again["duplicate"]) == (1, 0)
    store = Store.open(f"sqlite:///{home / 'var' / 'govdash.db'}")
    from govdash.store import areas

    with store.read() as session:
        assert areas.names(session) == {"/310000/": "某市", "/310000/310101/": "某区"}
    store.close()


def test_importing_areas_again_replaces_them_and_a_missing_parent_is_named(home: Path):
    words = ["--datum", "wgs84", "--level", "district"]
    told = run("import-areas", outline(home), *words)
    assert "--parent-path" in str(told.exception)
    told = run("import-areas", outline(home), *words, "--parent-path", "/9/")
    assert "没有路径为 /9/ 的市" in str(told.exception)
    run("import-areas", outline(home), *words, "--city-name", "某市")
    told = run("import-areas", outline(home, "新名"), *words, "--json")
    assert told.exit_code == 0
    assert any("已存在" in note for note in json.loads(told.stdout)["notes"])
