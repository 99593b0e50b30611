"""Every kind of dirt ends in the right place: rejected with its reason, repaired, or kept."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from govdash.access import SYSTEM
from govdash.core.errors import InputError
from govdash.ingest import REASONS
from govdash.store import Store, imports, reporters
from govdash.store.models import Event
from tests.ingest.conftest import HEADER, PROFILE, Take, csv_text, row, taken_out


def stored(store: Store) -> dict[str, Event]:
    with store.read() as session:
        found = session.scalars(select(Event).where(Event.superseded_at.is_(None))).all()
        session.expunge_all()
        return {event.source_id: event for event in found}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"编号": ""}, "missing_id"),
        ({"编号": "1.01E+11"}, "rounded_id"),
        ({"编号": "x" * 121}, "long_id"),
        ({"上报时间": ""}, "missing_time"),
        ({"上报时间": "昨天"}, "unreadable_time"),
        ({"上报时间": "2026-02-30 08:00:00"}, "unreadable_time"),
        ({"办结时间": "BROOKLYN"}, "unreadable_time"),
        ({"上报时间": "2026-06-12 08:00:00", "办结时间": ""}, "future_time"),
        ({"上报时间": "1899-12-30 00:00:00"}, "ancient_time"),
        ({"办结时间": "2026-05-31 08:00:00"}, "closed_before_reported"),
        ({"经度": "abc"}, "bad_coordinates"),
        ({"经度": "503421.5", "纬度": "3421200.1"}, "bad_coordinates"),
        ({"经度": "inf"}, "bad_coordinates"),
        ({"内容": "长" * 40_000}, "text_too_long"),
    ],
)
def test_a_row_that_cannot_be_an_event_is_rejected_with_its_reason(
    take: Take, changes: dict, reason: str
):
    told = take(csv_text(row(1, **changes), row(2)))
    assert (told.accepted, told.rejected) == (1, 1)
    assert told.reasons == {reason: 1}
    assert reason in REASONS


def test_a_row_lists_every_reason_and_counts_once(take: Take):
    told = take(csv_text(row("", 上报时间="?", 经度="x"), row(2)))
    assert told.rejected == 1
    assert told.reasons == {"missing_id": 1, "unreadable_time": 1, "bad_coordinates": 1}


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"经度": "121", "纬度": "31"}, "placeholder_point"),
        ({"经度": "0", "纬度": "0"}, "placeholder_point"),
        ({"经度": ""}, "half_point"),
        ({"经度": "", "纬度": ""}, "missing_point"),
        ({"经度": "NaN", "纬度": "null"}, "missing_point"),
    ],
)
def test_a_point_that_means_nothing_is_dropped_and_the_event_kept(
    take: Take, lite: Store, changes: dict, warning: str
):
    told = take(csv_text(row(1, **changes)))
    assert told.accepted == 1
    assert told.warnings[warning] == 1
    event = stored(lite)["1"]
    assert (event.lon, event.lat, event.area_path) == (None, None, None)


def test_a_fallback_point_of_the_source_is_no_place(take: Take, lite: Store):
    known = PROFILE.model_copy(update={"fallback_points": ((121.47, 31.23),)})
    told = take(csv_text(row(1), row(2, 经度="121.48")), known)
    assert told.warnings["placeholder_point"] == 1
    assert [event.lon for _, event in sorted(stored(lite).items())] == [None, 121.48]


def test_swapped_coordinates_are_turned_when_only_that_makes_sense(take: Take, lite: Store):
    told = take(csv_text(row(1, 经度="31.23", 纬度="121.47"), row(2)))
    assert told.warnings["swapped_point"] == 1
    assert {(e.lon, e.lat) for e in stored(lite).values()} == {(121.47, 31.23)}


def test_several_ways_to_write_a_time_in_one_column_are_read(take: Take, lite: Store):
    ways = [
        "2026-06-01 08:00:00", "2026/6/1 8:00", "2026年6月1日 8时00分", "20260601080000",
        "2026-06-01T00:00:00Z", "2026-06-01 08:00:00+08:00", "06/01/2026 08:00:00 AM",
        "2026.6.1 8:00",
    ]  # fmt: skip
    told = take(csv_text(*(row(n, 上报时间=way) for n, way in enumerate(ways))))
    assert told.accepted == len(ways)
    assert {e.reported_at.isoformat() for e in stored(lite).values()} == {
        "2026-06-01T00:00:00+00:00"
    }


def test_closing_times_that_mean_never_are_no_times(take: Take, lite: Store):
    ways = ["1900-01-01 00:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "", "-", "NULL"]
    told = take(csv_text(*(row(n, 办结时间=way) for n, way in enumerate(ways))))
    assert told.accepted == len(ways)
    assert all(event.closed_at is None for event in stored(lite).values())


def test_rows_with_cells_too_many_or_too_few_are_rejected_and_kept_whole(take: Take, lite: Store):
    good = csv_text(row(1), row(2)).splitlines()
    text = "\n".join([*good, "3,2026-06-01,短", "4," + good[1] + ",多的", good[1] + ",,,"]) + "\n"
    told = take(text)
    assert told.reasons == {"field_count": 2}
    assert told.duplicate == 1  # only empty cells too many: row 1 again
    with lite.read() as session:
        short, long = imports.rejected_rows(session, told.import_id or 0, SYSTEM.scope, by="")
    assert short.row_number == 3
    assert short.raw["标题"] == "短" if "标题" in short.raw else short.raw["办结时间"] == "短"
    assert "多的" in long.raw["多余列"]


def test_a_shifted_row_shows_where_a_column_may_hold_only_some_values(take: Take):
    strict = PROFILE.model_copy(update={"expect": {"类别": ("暴露垃圾", "噪声扰民")}})
    told = take(
        csv_text(row(1), row(2, 类别="08/03/2020 06:35:51 PM"), row(3, 类别="05 MANHATTAN")), strict
    )
    assert told.reasons == {"shifted_columns": 2}
    assert told.accepted == 1


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_file_cut_in_the_middle_of_a_row_loses_only_that_row(take: Take, cut: int):
    text = csv_text(row(1), row(2), row(3, 内容='有"引号"，\n和换行'))
    told = take(text.encode()[:-cut])
    assert told.read == 3
    assert told.accepted >= 2
    if told.rejected:
        assert told.reasons == {"truncated_row": 1}
    else:  # cut where a row can end: nothing but a warning is possible
        assert told.warnings["no_final_newline"] == 1


def test_a_file_cut_inside_a_character_loses_only_that_row(take: Take):
    header = ["编号", "上报时间", "标题"]
    text = csv_text(row(1), row(2, 标题="垃圾"), header=header).rstrip("\n").encode()
    told = take(text[:-1])
    assert (told.read, told.accepted) == (2, 1)
    assert told.reasons == {"truncated_row": 1}


def test_a_quote_that_never_closes_costs_its_own_row_only(take: Take):
    lines = csv_text(*(row(n) for n in range(1, 500))).splitlines()
    lines[10] = lines[10].replace("路边有垃圾", '"路边有垃圾')
    told = take("\n".join(lines) + "\n")
    assert (told.read, told.accepted) == (499, 498)
    assert told.reasons == {"field_count": 1}


def test_a_few_unreadable_bytes_cost_their_rows_only(take: Take):
    text = csv_text(*(row(n) for n in range(1, 100)), row(100, 标题="坏@@字")).encode()
    told = take(text.replace(b"@@", b"\xff\xfe"))
    assert told.accepted == 99
    assert told.reasons == {"bad_encoding": 1}


def test_empty_lines_are_no_rows(take: Take):
    text = csv_text(row(1), row(2)).replace("\n", "\n\n,,,,,,,,,\n")
    told = take(text)
    assert (told.read, told.accepted) == (2, 2)
    assert told.warnings["blank_row"] >= 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "是空文件"),
        (b"  \n \n", "是空文件"),
        (csv_text().encode(), "只有表头"),
        ("甲,乙\n1,2\n".encode(), "缺少导入方案“test”需要的列：编号（编号）；上报时间（上报时间）"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "类型不受支持"),
        (b"%PDF-1.7 ...", "类型不受支持"),
        (bytes(range(256)) * 50, "不是文本文件"),
        (b"<html><table></table></html>", "其实是网页"),
        (b"PK\x03\x04broken", "无法作为 Excel 工作簿打开"),
        (b"PAR1broken", "无法作为 Parquet 打开"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_clearly_and_nothing_is_written(
    take: Take, lite: Store, content: bytes, said: str
):
    with pytest.raises(InputError, match=said):
        take(content)
    with lite.read() as session:
        assert imports.runs(session, SYSTEM.scope, by="") == []


def test_a_missing_file_is_named(take: Take, tmp_path: Path):
    with pytest.raises(InputError, match="找不到文件"):
        take(tmp_path / "nothing.csv")


def test_phones_and_names_are_masked_and_lie_raw_in_the_person_table_only(take: Take, lite: Store):
    told = take(
        csv_text(
            row(1, 内容="请联系张三丰先生13812345678", 电话="13812345678", 联系人="张三丰"),
            row(2, 电话="138-1234-5678"),
        )
    )
    assert told.accepted == 2
    one, two = (stored(lite)[n] for n in "12")
    assert one.text == "请联系张**先生138****5678"
    assert one.reporter_key == two.reporter_key is not None
    with lite.read() as session:
        person = reporters.of_event(session, one.event_id, SYSTEM.scope)
        assert person is not None
        assert person.raw_text == "请联系张三丰先生13812345678"
        assert (person.reporter_name, person.reporter_contact) == ("张三丰", "13812345678")


def test_unknown_labels_become_local_extensions_and_keep_their_key(take: Take, lite: Store):
    told = take(csv_text(row(1, 类别="本地怪事"), row(2, 类别="本地怪事"), row(3, 类别="")))
    assert told.warnings["new_category"] == 2
    assert told.warnings["unclassified"] == 1
    one, two, bare = (stored(lite)[n] for n in "123")
    assert one.category == two.category
    assert {one.category, bare.category} == {"L-99999", "L-99998"}
    assert one.kind == "local"
    again = take(csv_text(row(4, 类别="本地怪事")))
    assert "new_category" not in again.warnings
    assert stored(lite)["4"].category == one.category


def test_control_characters_never_reach_the_database(take_both: Take):
    assert take_both(csv_text(row(1, 内容="一\x00二\x07三", 编号="1\x00"))).accepted == 1


def test_the_reject_file_is_corrected_and_imported_again(take_both: Take, ready: Store):
    bad = row(2, 上报时间="坏", 内容="=SUM(A1)", 编号="0012", 经度="-0.5")
    told = take_both(csv_text(row(1), bad, row(3)))
    out = taken_out(told, ready)
    assert out.startswith("\ufeff")
    (given,) = list(csv.DictReader(io.StringIO(out.removeprefix("\ufeff"), newline="")))
    assert given["拒绝原因"] == "时间无法识别"
    assert given["行号"] == "2"
    assert given["内容"] == "'=SUM(A1)"
    assert list(given)[: len(HEADER)] == HEADER
    text = out.replace("坏", "2026-06-01 08:00:00")
    again = take_both(text, file="corrected.csv")
    assert (again.read, again.accepted, again.rejected) == (1, 1, 0)
    assert take_both(csv_text(bad | {"上报时间": "2026-06-01 08:00:00"})).duplicate == 1


def test_the_reject_file_of_a_headerless_source_comes_back_with_its_header(take: Take, lite: Store):
    headerless = PROFILE.model_copy(update={"header": tuple(HEADER)})
    lines = csv_text(row(1), row(2, 上报时间="坏"), row(3)).splitlines()[1:]
    told = take("\n".join(lines) + "\n", headerless)
    assert (told.accepted, told.rejected) == (2, 1)
    text = taken_out(told, lite).replace("坏", "2026-06-01 08:00:00")
    again = take(text, headerless, file="corrected.csv")
    assert (again.read, again.accepted) == (1, 1)


def test_a_file_of_nothing_but_broken_rows_is_told_row_by_row(take: Take, lite: Store):
    told = take(",".join(HEADER) + "\n1,2\n3,4\n")
    assert (told.read, told.rejected, told.reasons) == (2, 2, {"field_count": 2})
    assert taken_out(told, lite).count("列数与表头不一致") == 2


def test_every_rejected_row_is_in_the_file_with_its_reasons(take: Take, lite: Store):
    rows = [row(n, **({"上报时间": "坏", "经度": "x"} if n % 7 == 0 else {})) for n in range(300)]
    told = take(csv_text(*rows))
    out = taken_out(told, lite).removeprefix("\ufeff")
    given = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [int(one["行号"]) for one in given] == [n + 1 for n in range(300) if n % 7 == 0]
    assert {one["拒绝原因"] for one in given} == {"时间无法识别；坐标不是数字或超出经纬度范围"}
