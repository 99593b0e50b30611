"""The shipped categories, limits and crosswalks, and what happens when a file is damaged."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from govdash.core.errors import InputError, NotFound
from govdash.core.settings import ROOT
from govdash.core.vocab import Facet, Kind, LimitUnit
from govdash.taxonomy import Crosswalk, Limit, Taxonomy, parse_limit

DATA = ROOT / "data"
CROSSWALKS = ("baltimore", "boston", "nyc", "hotline12345")


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.load(DATA)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("taxonomy", "limits", "crosswalks"):
        shutil.copytree(DATA / name, tmp_path / name)
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_table_holds_all_national_categories_and_the_emergency_extension(taxonomy):
    kinds = pd.Series([c.kind for c in taxonomy]).value_counts()
    assert kinds[Kind.PART] == 153
    assert kinds[Kind.AFFAIR] == 250
    assert kinds[Kind.EMERGENCY] == 6
    assert kinds[Kind.LOCAL] == 4


def test_parts_and_affairs_with_one_code_number_are_two_categories(taxonomy):
    assert taxonomy.get("P-01001").name == "供水井盖"
    assert taxonomy.get("A-01001").name == "供水井盖异常"


def test_every_facet_of_the_six_has_categories(taxonomy):
    assert {c.facet for c in taxonomy} == set(Facet)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A-06010", "A-06010"),
        ("A-0110", "A-06010"),  # 2013: 市容环境 01, minor 10
        ("A-0501", "E-0501"),
        ("A-0131", "L-20130131"),
        (" 暴露垃圾 ", "A-06010"),
        ("P-0101", "P-01001"),
    ],
)
def test_a_category_is_found_by_key_by_its_key_of_2013_and_by_name(taxonomy, text, key):
    assert taxonomy.find(text).key == key


def test_what_is_unknown_is_not_found_and_get_says_how_keys_look(taxonomy):
    assert taxonomy.find("没有这种类别") is None
    with pytest.raises(NotFound, match="A-06010"):
        taxonomy.get("06010")


def test_majors_and_categories_have_chinese_names(taxonomy):
    assert taxonomy.name("A-06") == "市容环境类"
    assert taxonomy.name("A-06010") == "暴露垃圾"
    assert taxonomy.name("L-99") == "地方扩展"
    assert taxonomy.name("L-99999") == "L-99999"


def test_every_category_has_a_limit_of_its_own(taxonomy):
    assert all(c.key in taxonomy.limits for c in taxonomy)
    assert taxonomy.limit("A-06010") == Limit(4, LimitUnit.WORK_HOUR)
    assert taxonomy.limit("E-0501") == Limit(1, LimitUnit.URGENT_HOUR)


def test_a_category_without_limit_falls_back_to_its_major_and_then_to_the_city(taxonomy):
    assert taxonomy.limit("L-99998") == Limit(5, LimitUnit.WORK_DAY)
    assert taxonomy.limit("A-06999") == taxonomy.limits["A-06"]
    assert taxonomy.limit("X-1") == taxonomy.limits["*"]


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2紧急工作时", 2, LimitUnit.URGENT_HOUR),
        ("4工作时", 4, LimitUnit.WORK_HOUR),
        ("1工作日", 1, LimitUnit.WORK_DAY),
        (" 1.5 个工作日", 1.5, LimitUnit.WORK_DAY),
        ("7自然日", 7, LimitUnit.CALENDAR_DAY),
        ("2紧急工作日", 2, LimitUnit.CALENDAR_DAY),
        ("24小时", 24, LimitUnit.URGENT_HOUR),
        ("4work_hour", 4, LimitUnit.WORK_HOUR),
    ],
)
def test_limits_are_read_as_people_write_them(text, amount, unit):
    assert parse_limit(text) == Limit(amount, unit)


def test_a_limit_is_written_as_it_is_read():
    assert str(parse_limit("2紧急工作时")) == "2紧急工作时"


@pytest.mark.parametrize("text", ["", "工作日", "两天", "0工作日", "-1工作日", "3周", "1工作日2"])
def test_what_is_no_limit_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="4工作时"):
        parse_limit(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("P-01001,01001,part", "P-01001,91001,part", "第 2 行：编码“91001”不是部件编码"),
        ("P-01002,", "P-01001,", "第 3 行：键“P-01001”与编码不符"),
        (",part,", ",thing,", "第 2 行：“thing”不在可用值"),
        ("key,code,kind", "key,kode,kind", "第 1 行：缺少列 code"),
        (",供水井盖,thing", ",供水井盖", "列数与表头不一致"),
    ],
)
def test_a_damaged_category_file_is_named_with_its_line(copy, old, new, says):
    edit(copy / "taxonomy" / "categories.csv", old, new)
    with pytest.raises(InputError, match=r"categories\.csv") as caught:
        Taxonomy.load(copy)
    assert says in str(caught.value)


def test_a_lost_national_category_is_noticed(copy):
    file = copy / "taxonomy" / "categories.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:5] + lines[6:]), encoding="utf-8")
    with pytest.raises(InputError, match="部件应有 153 类，读到 152 类"):
        Taxonomy.load(copy)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("P-01001,2,", "P-01001,zwei,", "应为大于 0 的数"),
        ("P-01001,2,", "P-99001,2,", "类别“P-99001”不存在"),
        ("P-01002,2,", "P-01001,2,", "类别“P-01001”重复"),
    ],
)
def test_a_damaged_limit_file_is_named_with_its_line(copy, old, new, says):
    edit(copy / "limits" / "default.csv", old, new)
    with pytest.raises(InputError, match=r"default\.csv 第 \d+ 行") as caught:
        Taxonomy.load(copy)
    assert says in str(caught.value)


def test_a_missing_data_folder_says_which_file(tmp_path):
    with pytest.raises(InputError, match=r"找不到文件 .*categories\.csv"):
        Taxonomy.load(tmp_path)


@pytest.mark.parametrize("source", CROSSWALKS)
def test_every_shipped_crosswalk_leads_to_known_categories(source, taxonomy):
    crosswalk = Crosswalk.load(DATA, source)
    assert len(crosswalk.keys) > 20
    assert all(taxonomy.get(key) for key in crosswalk.keys.values())


def test_a_label_is_found_whatever_its_case_and_spacing_and_else_left_open():
    crosswalk = Crosswalk.load(DATA, "nyc")
    assert crosswalk.key_for("  illegal  PARKING ") == "A-09009"
    assert crosswalk.key_for("HEAT/HOT WATER") is None


def test_a_crosswalk_to_an_unknown_category_is_refused(copy):
    edit(copy / "crosswalks" / "nyc.csv", "A-09009", "A-99009")
    with pytest.raises(InputError, match=r"nyc\.csv 第 \d+ 行：类别“A-99009”不存在"):
        Crosswalk.load(copy, "nyc")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("source", "file", "column", "share"),
    [
        ("baltimore", "baltimore311/311_sample.csv", "SRType", 0.6),
        ("boston", "boston311/filtered_2016.csv", "type", 0.4),
        ("nyc", "nyc311/nyc_311.csv", 3, 0.7),
    ],
)
def test_the_crosswalks_know_most_labels_of_the_real_files(shared_dir, source, file, column, share):
    header = None if isinstance(column, int) else 0
    table = pd.read_csv(shared_dir / "data" / file, header=header, low_memory=False)
    labels = table[column].dropna().astype(str)
    known = labels.map(Crosswalk.load(DATA, source).key_for).notna()
    assert known.mean() > share
