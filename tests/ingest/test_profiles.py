"""Profiles: those that ship, those made by matching columns, those that cannot be used."""

from pathlib import Path

import pytest

from govdash.core.errors import InputError, NotFound
from govdash.core.settings import ROOT
from govdash.geo import Datum
from govdash.ingest import (
    Profile,
    load_profile,
    match_profile,
    profile_from_mapping,
    profiles,
    save_profile,
)
from govdash.store import Store
from govdash.taxonomy import Crosswalk
from tests.ingest.conftest import HEADER, Take, csv_text, row
from tests.ingest.test_dirt import stored

DATA: Path = ROOT / "data"


def test_every_shipped_profile_can_be_used():
    shipped = profiles(DATA)
    assert {p.name for p in shipped} >= {
        "canonical", "baltimore", "boston", "nyc", "workorder_cn", "gridcase_cn",
    }  # fmt: skip
    for profile in shipped:
        assert profile.label
        if profile.crosswalk:
            Crosswalk.load(DATA, profile.crosswalk)


def test_the_columns_of_a_file_find_their_profile():
    shipped = profiles(DATA)
    chosen = match_profile(["工单编号", "来电时间", "诉求标题", "诉求内容"], shipped)
    assert chosen is not None
    assert chosen.name == "workorder_cn"
    assert match_profile(["甲", "乙"], shipped) is None


def test_a_profile_made_by_matching_columns_is_saved_found_and_works(
    take: Take, lite: Store, tmp_path: Path
):
    guessed = Profile.guess(
        ["工单号", "受理时间", "诉求内容", "联系电话", "x", "y", "问题类别", "备注"]
    )
    assert guessed == {
        "source_id": "工单号", "reported_at": "受理时间", "text": "诉求内容",
        "reporter_contact": "联系电话", "lon": "x", "lat": "y", "category": "问题类别",
    }  # fmt: skip
    made = profile_from_mapping(
        "my-city", guessed, {"受理时间": ["25/12/2025 08:00"]}, zone="Asia/Shanghai", datum="gcj02"
    )
    assert made.day_first
    assert made.datum is Datum.GCJ02
    save_profile(tmp_path, made)
    assert load_profile(DATA, "my-city", var=tmp_path) == made
    names = {
        "工单号": "编号",
        "受理时间": "上报时间",
        "诉求内容": "内容",
        "联系电话": "电话",
        "x": "经度",
        "y": "纬度",
        "问题类别": "类别",
    }
    told = row(1, 上报时间="03/04/2026 08:00")
    text = csv_text({new: told[old] for new, old in names.items()}, header=list(names))
    assert take(text, made).accepted == 1
    event = stored(lite)["1"]
    assert event.source == "my-city"
    assert event.reported_at.isoformat() == "2026-04-03T00:00:00+00:00"
    assert event.lon != 121.47


def test_no_column_is_guessed_for_two_fields():
    guessed = Profile.guess(HEADER)
    assert len(set(guessed.values())) == len(guessed) >= 8


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"reported_at": "b"}, "没有对应“编号”"),
        ({"source_id": "a"}, "没有对应“上报时间”"),
        ({"source_id": "a", "reported_at": "b", "nonsense": "c"}, "nonsense"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(told: dict, said: str):
    with pytest.raises(InputError, match=said):
        profile_from_mapping("x", told, {})


def test_a_wrong_zone_or_an_unknown_name_is_said(tmp_path: Path):
    with pytest.raises(InputError, match="时区“Mars/Base”不存在"):
        profile_from_mapping("x", {"source_id": "a", "reported_at": "b"}, {}, zone="Mars/Base")
    with pytest.raises(NotFound, match=r"没有名为“nix”的导入方案；可用：.*canonical"):
        load_profile(DATA, "nix", var=tmp_path)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "bad.yaml").write_text(":\n- [", encoding="utf-8")
    with pytest.raises(InputError, match="不是有效的 YAML"):
        load_profile(DATA, "bad", var=tmp_path)


def test_a_name_cannot_lead_out_of_the_folders(tmp_path: Path):
    (tmp_path / "secret.yaml").write_text(
        "columns: {source_id: a, reported_at: b}", encoding="utf-8"
    )
    with pytest.raises(NotFound):
        load_profile(DATA, "../secret", var=tmp_path / "var")


def test_a_hotline_export_is_imported_as_it_comes(take: Take, lite: Store):
    header = (
        "工单编号,来电时间,诉求标题,诉求内容,诉求地址,来源渠道,紧急程度,联系人,联系电话,"
        "诉求类别,经度,纬度,工单状态"
    )
    line = (
        "20260601001,2026/6/1 8:05,井盖缺失,张三丰先生反映井盖缺失，电话13812345678,某路1号,微信,"
        "特急,张三丰,13812345678,井盖缺失,121.4737,31.2304,办理中"
    )
    told = take(f"{header}\n{line}\n".encode("gb18030"), load_profile(DATA, "workorder_cn"))
    assert (told.accepted, told.rejected) == (1, 0)
    event = stored(lite)["20260601001"]
    assert (event.source, event.channel, event.urgency) == ("hotline12345", "app", "critical")
    assert event.category == "A-01023"
    assert event.text == "张**先生反映井盖缺失，电话138****5678"
    assert event.status_hint == "办理中"
    assert abs((event.lon or 0) - 121.4692) < 0.001  # GCJ-02 came, WGS-84 is kept


def test_a_grid_export_finds_categories_by_kind_and_code_and_places_by_grid_code(
    take: Take, lite: Store
):
    from govdash.store import areas
    from tests.store.test_places import tree

    with lite.write() as session:
        areas.put_areas(
            session,
            tree(
                ("/310100/", "city", "市"),
                ("/310100/310109/", "district", "某区"),
                ("/310100/310109/310109001/", "street", "某街道"),
            ),
        )
    header = (
        "任务号,上报时间,问题类型,小类代码,小类名称,街道,网格编码,坐标,问题描述,问题来源,结案时间"
    )
    lines = [
        '1,2026-06-01 08:00,部件,01001,供水井盖,别处,310109001002003,"121.47,31.23",破,监督员上报,',
        "2,2026-06-01 08:00,事项,31010906010,,某街道,,,垃圾,视频巡查,2026-06-01 09:00",
        "3,2026-06-01 08:00,事件,0110,,某街道,999,,垃圾,12345,",
        "4,2026-06-01 08:00,事项,,本地小类,没有的街道,,,垃圾,物联网,",
    ]
    told = take("\n".join([header, *lines]) + "\n", load_profile(DATA, "gridcase_cn"))
    assert (told.accepted, told.reasons) == (4, {})
    one, two, three, four = (stored(lite)[n] for n in "1234")
    assert (one.category, two.category, three.category) == ("P-01001", "A-06010", "A-06010")
    assert (four.kind, four.area_path) == ("local", None)
    street = "/310100/310109/310109001/"
    assert [e.area_path for e in (one, two, three)] == [street] * 3
    assert [e.channel for e in (one, two, three, four)] == ["grid", "camera", "hotline", "sensor"]
    assert told.warnings["unplaced"] == 1
