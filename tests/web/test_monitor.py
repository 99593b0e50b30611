"""态势总览, 一张图 and 时间线 through the router: drawn on real data, and one filter for all."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from govdash.access import SYSTEM
from govdash.core.filters import EventFilter, EventQuery, Period
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.report import overview
from govdash.store import Store, accounts, journal
from govdash.store.models import Alert
from govdash.workflow import cases
from govdash.workflow.forms import NewCase
from tests.signed import signed_app
from tests.web import town

PAGES = ["monitor/overview.py", "monitor/map.py", "monitor/timeline.py"]


@pytest.fixture
def city(app: AppTest, sqlite_store: Store, settings: Settings) -> AppTest:
    """The router on the small town, whose newest events are half an hour old."""
    town.build(sqlite_store, settings, datetime.now(UTC))
    return signed_app(app, sqlite_store, settings)


def open_on(app: AppTest, page: str, **params: str) -> AppTest:
    """Open a page as a link with parameters does."""
    app.run()
    app.query_params.update(params)
    app.switch_page(f"../../pages/{page}")
    return app.run()


def words(app: AppTest) -> str:
    """Everything that the page says in HTML."""
    return "\n".join(str(piece.proto.body) for piece in app.get("html"))


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_from_a_link_without_an_error(city: AppTest, page: str):
    open_on(city, page, period="30d")
    assert not city.exception
    assert not city.error
    assert "没有事件" not in words(city)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_says_what_is_missing_in_an_empty_installation(seeded: AppTest, page: str):
    open_on(seeded, page)
    assert not seeded.exception
    assert not seeded.error
    assert "没有事件" in words(seeded) or "还没有区域" in words(seeded)


@pytest.mark.parametrize("page", PAGES)
def test_a_user_without_permission_sees_a_refusal_and_nothing_else(
    city: AppTest, sqlite_store: Store, page: str
):
    with sqlite_store.write() as session:
        accounts.put_role(session, code="local_operator", name="本机值班员", permissions=[])
    open_on(city, page)
    assert "没有打开" in city.error[0].value
    assert not city.segmented_control


def test_the_overview_counts_the_alerts_of_the_chosen_area_only(city: AppTest, sqlite_store: Store):
    open_on(city, "monitor/overview.py", period="7d")
    assert '<b class="gd-num">3</b> 条' in words(city)
    city.query_params["area"] = town.QUAY
    city.run()
    assert '<b class="gd-num">1</b> 条' in words(city)
    assert "区域：码头街道" in [button.label for button in city.button]


def test_a_number_typed_into_a_title_is_masked_on_the_monitor_pages(sqlite_store: Store, settings):
    town.build(sqlite_store, settings, datetime.now(UTC))
    with sqlite_store.write() as session:
        new = NewCase(title="电话13800001111", category=town.LAMP, area_path=town.QUAY)
        cases.open_case(session, new, actor=SYSTEM, at=datetime.now(UTC))
    with sqlite_store.read() as session:
        today = datetime.now(UTC).date()
        chosen = EventFilter(Period.last_days(30, until=today))
        query = EventQuery(chosen, SYSTEM.scope)
        shown = overview.cases(session, query, since=datetime.now(UTC) - timedelta(days=30))
    assert len(shown)
    assert not shown["title"].str.contains("13800001111").any()


def test_who_reads_no_alerts_meets_none_on_the_monitor_pages(city: AppTest, sqlite_store: Store):
    with sqlite_store.write() as session:
        accounts.put_role(
            session, code="local_operator", name="本机值班员",
            permissions=[Permission.EVENT_READ],
        )  # fmt: skip
        titles = session.scalars(select(Alert.title)).all()
    assert titles
    for page in ("monitor/overview.py", "monitor/map.py"):
        open_on(city, page, period="7d")
        assert not city.exception
        assert not city.error
        assert not [title for title in titles if title in words(city)]
    open_on(city, "monitor/overview.py", period="7d")
    assert "没有可看的" in words(city)
    assert '<b class="gd-num">3</b> 条' not in words(city)


def test_taking_a_chip_away_lets_go_of_that_part_alone(city: AppTest):
    open_on(city, "monitor/overview.py", period="7d", area=town.QUAY, facet="affair")
    chip = next(b for b in city.button if b.label == "区域：码头街道")
    chip.click().run()
    assert "area" not in city.query_params
    assert city.query_params["facet"] == "affair"
    next(b for b in city.button if b.label == "清空全部").click().run()
    assert "facet" not in city.query_params


def test_the_choice_survives_a_change_of_page(city: AppTest):
    open_on(city, "monitor/overview.py", period="7d", area=town.QUAY)
    city.query_params.clear()  # the navigation's own links carry nothing
    city.switch_page("../../pages/monitor/timeline.py").run()
    assert city.query_params["area"] == town.QUAY
    assert city.query_params["period"] == "7d"
    assert city.selectbox(key="gd_area").value == town.QUAY


def test_a_link_that_cannot_be_read_says_which_part_and_offers_a_way_out(city: AppTest):
    open_on(city, "monitor/map.py", channel="fax")
    assert "渠道“fax”不认识" in city.error[0].value
    city.button[0].click().run()
    assert not city.error


def test_own_dates_are_picked_in_two_fields(city: AppTest):
    open_on(city, "monitor/timeline.py")
    city.segmented_control(key="gd_period").set_value("自定义").run()
    assert "from" in city.query_params
    first = city.date_input(key="gd_first")
    wanted = first.value - timedelta(days=1)  # four days, which no preset means
    first.set_value(wanted).run()
    assert city.query_params["from"] == wanted.isoformat()


def test_the_timeline_counts_in_the_grain_that_is_asked(city: AppTest):
    open_on(city, "monitor/timeline.py", period="30d")
    city.segmented_control(key="grain").set_value("week").run()
    assert not city.exception
    assert city.segmented_control(key="grain").value == "week"


def test_an_alert_of_a_link_opens_in_a_drawer_and_is_signed_off_there(
    city: AppTest, sqlite_store: Store
):
    open_on(city, "monitor/overview.py", alert="1")
    assert not city.error
    button = next(b for b in city.button if str(b.key).startswith("gw_ack_1"))
    button.click().run()
    assert not city.exception
    with sqlite_store.read() as session:
        assert "alert.acknowledge" in [line.did for line in journal.lines(session)]


def test_the_map_shows_points_or_how_punctual_the_streets_are(city: AppTest):
    open_on(city, "monitor/overview.py", period="7d")
    for mode, word in (("points", "点 = 近7天事件"), ("streets", "未按时办结的比例")):
        city.segmented_control(key="map").set_value(mode).run()
        assert not city.exception
        assert word in words(city)


def test_the_freshness_of_each_source_is_said(city: AppTest):
    open_on(city, "monitor/overview.py")
    assert "澄州市 · 全域" in words(city)
    assert "接入 1/1 源" in words(city)


def test_the_timeline_compares_shows_days_and_the_life_of_an_alert(city: AppTest):
    open_on(city, "monitor/timeline.py", period="30d")
    city.selectbox(key="compare").set_value("另一区域").run()
    city.selectbox(key="compare_area").set_value(town.HILL).run()
    assert not city.exception
    assert "虚线 = 岭上街道" in words(city)
    assert "图中 3 条预警标在横轴上" in words(city)
    city.segmented_control(key="heat").set_value("days").run()
    city.segmented_control(key="lane").set_value("life").run()
    assert not city.exception
    assert "事件 → 预警 → 案件 → 回访" in words(city)
    city.selectbox(key="life").set_value("3").run()
    assert not city.exception
