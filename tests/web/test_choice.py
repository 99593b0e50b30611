"""The filter as it stands in the URL."""

from datetime import date

import pytest

from govdash.core.errors import InputError
from govdash.core.filters import Box, EventFilter, Hours, Period
from govdash.core.shapes import Circle
from govdash.core.vocab import Channel, Facet
from govdash.web import choice

TODAY = date(2026, 6, 10)
ZONE = "Asia/Shanghai"


def read(**params: str) -> EventFilter:
    return choice.read(params, today=TODAY, zone_name=ZONE, default=choice.PRESETS[0])


def test_without_parameters_the_period_is_the_default_of_the_page():
    assert read().period == Period(TODAY, TODAY, ZONE)


def test_a_preset_moves_with_the_day_and_survives_the_url():
    chosen = read(period="7d")
    assert chosen.period == Period(date(2026, 6, 4), TODAY, ZONE)
    assert choice.write(chosen, today=TODAY) == {"period": "7d"}


def test_other_days_are_written_as_dates():
    params = {"from": "2026-05-01", "to": "2026-05-03"}
    assert choice.write(read(**params), today=TODAY) == params


def test_every_part_comes_back_from_the_url():
    params = {
        "period": "30d",
        "area": "/1/2/",
        "category": "A-06,P-01001",
        "channel": "hotline",
        "facet": "thing",
        "q": "井盖",
        "unplaced": "1",
    }
    assert choice.write(read(**params), today=TODAY) == params


def test_a_wrong_part_is_refused_by_name():
    with pytest.raises(InputError, match="渠道“fax”不认识"):
        read(channel="fax")


def test_periods_are_said_in_words():
    def say(first: date, last: date) -> str:
        return choice.label(Period(first, last, ZONE), today=TODAY)

    assert say(TODAY, TODAY) == "今日"
    assert say(date(2026, 6, 9), date(2026, 6, 9)) == "昨日"
    assert say(date(2026, 6, 4), TODAY) == "近7天"
    assert say(date(2026, 5, 1), date(2026, 5, 3)) == "5月1日至5月3日"
    assert say(date(2026, 5, 1), date(2026, 5, 31)) == "2026年5月"
    assert say(date(2025, 1, 1), date(2025, 12, 31)) == "2025年"
    assert say(date(2025, 5, 1), date(2025, 5, 3)) == "2025年5月1日至5月3日"
    assert say(date(2025, 12, 31), date(2026, 1, 1)) == "2025年12月31日至2026年1月1日"


def test_each_chip_can_be_taken_away_alone():
    chosen = EventFilter(
        period=Period(TODAY, TODAY, ZONE),
        areas=("/1/2/",),
        categories=("A-06", "A-06001"),
        channels=(Channel.HOTLINE,),
        facets=(Facet.THING,),
        text="井盖",
        box=Box(1, 2, 3, 4),
        shape=Circle(121.4, 31.2, 500),
        hours=Hours(22, 6),
        unplaced=True,
    )
    chips = choice.chips(chosen, {"/1/2/": "城关区"}, {"A-06": "市容环境"})
    assert [chip.text for chip in chips] == [
        "区域：城关区",
        "类别：市容环境",
        "类别：A-06001",
        "渠道：政务热线",
        "要素：物",
        "含“井盖”",
        "地图范围内",
        "附近 500 米内",
        "每天 22–6 时",
        "未落格",
    ]
    left = chosen
    for chip in chips:
        left = choice.without(left, chip)
    assert left == EventFilter(period=chosen.period)
    assert choice.without(chosen, chips[1]).categories == ("A-06001",)


def test_a_link_to_an_area_that_is_not_there_is_refused_by_its_path():
    chosen = EventFilter(period=Period(TODAY, TODAY, ZONE), areas=("/1/2/", "/x/"))
    choice.check_areas(chosen, {"/1/2/": "城关区", "/x/": "新区"})
    with pytest.raises(InputError, match="/x/"):
        choice.check_areas(chosen, {"/1/2/": "城关区"})


def test_a_link_to_a_category_that_is_not_there_is_refused_and_one_to_a_major_is_not():
    chosen = EventFilter(period=Period(TODAY, TODAY, ZONE), categories=("A-06", "A-06001"))
    choice.check_categories(chosen, {"A-06001": "暴露垃圾"})
    with pytest.raises(InputError, match="A-07"):
        choice.check_categories(
            EventFilter(period=Period(TODAY, TODAY, ZONE), categories=("A-07",)),
            {"A-06001": "暴露垃圾"},
        )
