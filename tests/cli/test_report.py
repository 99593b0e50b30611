"""`govdash report kpi`: the table of a period as a file, and as it was known then."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.core.vocab import CaseAction
from govdash.report.kpi_export import read_moment, read_period
from govdash.store import journal
from govdash.taxonomy import parse_limit
from govdash.workflow import cases
from tests.cli.command import run
from tests.web import town
from tests.workflow.conftest import FORMS

START = datetime(2026, 6, 10, 1, 0, tzinfo=UTC)  # Wednesday, 9:00 in Shanghai


@pytest.fixture
def installation(sqlite_store, settings):
    town.build(sqlite_store, settings, datetime.now(UTC))
    new = cases.NewCase(
        title="垃圾", category=town.GARBAGE, area_path=town.QUAY, unit_code="U1",
        limit=parse_limit("2工作时"),
    )  # fmt: skip
    with sqlite_store.write() as session:
        case_id = cases.open_case(session, new, actor=SYSTEM, at=START).id
        accept = FORMS[CaseAction.ACCEPT]
        at = START + timedelta(minutes=5)
        cases.take_step(session, case_id, CaseAction.ACCEPT, actor=SYSTEM, at=at, form=accept)
    yield settings, sqlite_store
    sqlite_store.close()


def test_the_table_is_written_and_told_and_a_line_of_the_journal(installation, tmp_path):
    settings, store = installation
    out = tmp_path / "kpi.csv"
    words = ("report", "kpi", "--period", "2026-06", "--by", "district", "--out", str(out))
    done = run(*words, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    whole = {row["code"]: row for row in told["rows"] if row["group"] == ""}
    assert whole["register_rate"]["numerator"] == whole["register_rate"]["denominator"] == 1
    assert whole["archive_rate"]["value"] == 0
    assert whole["miss_rate"]["value"] is None
    assert "缺数据" in whole["miss_rate"]["note"]
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["指标代码"] for row in rows] == [row["code"] for row in told["rows"]]
    with store.read() as session:
        assert journal.lines(session, limit=1)[0].subject == "kpi"
    sheet = tmp_path / "kpi.xlsx"
    again = (*words[:-1], str(sheet))
    assert run(*again, settings=settings).returncode == 0
    assert sheet.read_bytes()[:2] == b"PK"


def test_as_of_a_moment_before_the_step_it_was_not_known(installation):
    settings, _ = installation
    words = ("report", "kpi", "--period", "2026-06-10", "--json", "--by", "city", "--as-of")
    then = json.loads(run(*words, "2026-06-10T09:02:00+08:00", settings=settings).stdout)
    codes = {row["code"]: row["denominator"] for row in then["rows"]}
    assert codes["register_rate"] == 0  # not decided yet
    assert codes["repeat_rate"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--period", "2026-06"), "--out"),
        (("--period", "some", "--json"), "时段“some”不认识"),
        (("--period", "2026-06", "--json", "--by", "nobody"), "不能按“nobody”分组"),
        (("--period", "2026-06", "--json", "--as-of", "2026-06-30"), "没有时区"),
        (("--period", "2026-06", "--json", "--scheme", "7"), "没有第 7 版"),
        (("--period", "2026-06", "--out", "a.parquet"), "可导出 .csv 或 .xlsx"),
    ],
)
def test_wrong_use_says_what_is_wrong(installation, words: tuple[str, ...], said: str):
    settings, _ = installation
    done = run("report", "kpi", *words, settings=settings)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-05", ("2026-05-01", "2026-05-31")),
        ("2026-12", ("2026-12-01", "2026-12-31")),
        ("2026-Q2", ("2026-04-01", "2026-06-30")),
        ("2026-W23", ("2026-06-01", "2026-06-07")),
        ("2026", ("2026-01-01", "2026-12-31")),
        ("2026-05-03", ("2026-05-03", "2026-05-03")),
        ("2026-05-03..2026-05-09", ("2026-05-03", "2026-05-09")),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, days: tuple[str, str]):
    period = read_period(text, "Asia/Shanghai")
    assert (str(period.first), str(period.last)) == days


@pytest.mark.parametrize("text", ["2026-13", "x", "2026-Q5", "2026-W99", "", "2026-05-09..2026"])
def test_what_is_no_period_is_refused(text: str):
    with pytest.raises(InputError):
        read_period(text, "Asia/Shanghai")
    with pytest.raises(InputError):
        read_moment(text)
