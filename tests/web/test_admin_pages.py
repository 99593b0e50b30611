"""数据汇聚 and 系统状态 through the router: files in, what became of them, jobs by hand."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import SYSTEM, load_user, seed_local_operator
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Disposition
from govdash.lake import Lake
from govdash.store import Store, accounts, areas, imports, jobs, journal
from govdash.store.models import Event
from govdash.web import background
from govdash.workflow import alerts
from tests.signed import signed_app
from tests.web import town
from tests.web.driving import drawn, press, well

DATA = str(ROOT / "pages" / "admin" / "data.py")
STATUS = str(ROOT / "pages" / "admin" / "status.py")
GOOD = "来源编号,上报时间,类别代码,标题,内容,经度,纬度\n"
ROWS = (
    "A1,2026-06-01 08:00:00+08:00,A-06010,垃圾,堆放,0.5,0.5\n"
    "A2,2026-06-01 09:00:00+08:00,A-06010,垃圾,满溢,0.5,0.5\n"
    "A2,2026-06-01 09:00:00+08:00,A-06010,垃圾,满溢,0.5,0.5\n"
    "A3,不是时间,A-06010,垃圾,堆放,0.5,0.5\n"
)
FILE = ("事件.csv", (GOOD + ROWS).encode(), "text/csv")
OTHER = (
    "别处.csv",
    "单号,何时,什么事\n1,2026-06-01 08:00,路灯不亮\n2,2026-06-02 08:00,井盖破损\n".encode(),
    "text/csv",
)


@pytest.fixture
def built(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    return sqlite_store


@pytest.fixture
def at_page(app: AppTest, sqlite_store: Store, settings: Settings) -> Callable[..., AppTest]:
    def opened(page: str, **params: str) -> AppTest:
        with sqlite_store.write() as session:
            seed_local_operator(session, at=datetime.now(UTC))
        signed_app(app, sqlite_store, settings).run()
        app.switch_page(page)
        for name, value in params.items():
            app.query_params[name] = value
        return well(app.run())

    return opened


def finished(app: AppTest, parameter: str) -> AppTest:
    """Wait for the task of the URL to end, as the page does by looking again."""
    number = app.query_params[parameter]
    number = number[0] if isinstance(number, list) else number
    until = time.monotonic() + 60
    while time.monotonic() < until:
        task = background.tasks().get(number)
        assert task is not None
        if task.done:
            return well(app.run())
        time.sleep(0.05)
    raise AssertionError("the task did not end")


def runs(store: Store) -> list[tuple[int, int, int, int]]:
    with store.read() as session:
        return [
            (r.n_read, r.n_accepted, r.n_rejected, r.n_duplicate)
            for r in imports.runs(session, SYSTEM.scope, by="")
        ]


def test_a_file_is_rehearsed_imported_and_imported_again_and_the_numbers_add_up(at_page, built):
    app = at_page(DATA)
    app.file_uploader(key="gi_file").set_value(FILE)
    app = well(app.run())
    assert app.selectbox[0].value == "canonical"
    app = finished(press(app, "试运行"), "task")
    assert "没有写入任何数据" in app.warning[0].value
    assert runs(built) == []
    app = finished(press(app, "导入"), "task")
    assert runs(built) == [(4, 2, 1, 1)]
    assert "时间无法识别" in drawn(app)
    assert 'href="api/v1/rejects/' in drawn(app)
    app = finished(press(app, "导入"), "task")
    assert runs(built)[0] == (4, 0, 1, 3)


def test_what_was_imported_is_in_the_lake_without_waiting_for_a_job(at_page, built, settings):
    before = Lake.open(settings).data_version
    app = at_page(DATA)
    app.file_uploader(key="gi_file").set_value(FILE)
    finished(press(well(app.run()), "导入"), "task")
    assert Lake.open(settings).data_version == before + 2


def test_columns_are_matched_by_hand_and_kept_as_a_profile(at_page, built, settings):
    app = at_page(DATA)
    app.file_uploader(key="gi_file").set_value(OTHER)
    app = well(app.run())
    assert any("还需要对应" in box.value or "上报时间" in box.value for box in app.warning)
    fields = {box.label: box for box in app.selectbox}
    fields["编号"].set_value("单号")
    fields["上报时间"].set_value("何时")
    fields["标题"].set_value("什么事")
    app = press(well(app.run()), "保存为导入方案")
    assert "已保存导入方案" in app.success[0].value
    assert (settings.var / "profiles" / "别处.yaml").is_file()
    finished(press(app, "导入"), "task")
    assert runs(built) == [(2, 2, 0, 0)]
    with built.read() as session:
        titles = {e.title for e in session.query(Event).filter(Event.source == "别处")}
        assert titles == {"路灯不亮", "井盖破损"}
        assert "profile.save" in [line.did for line in journal.lines(session)]


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "空文件"), (b"%PDF-1.7 x", "不受支持"), (b"<html></html>", "网页")]
)
def test_a_file_that_cannot_be_read_is_said_to_be_so(at_page, built, content, said):
    app = at_page(DATA)
    app.file_uploader(key="gi_file").set_value(("坏.csv", content, "text/csv"))
    app = well(app.run())
    assert said in app.error[0].value
    assert "坏.csv" in app.error[0].value


def test_past_imports_are_listed_with_their_rejects(at_page, built):
    app = at_page(DATA)
    app.file_uploader(key="gi_file").set_value(FILE)
    finished(press(well(app.run()), "导入"), "task")
    app.segmented_control(key="tab").set_value("history")
    app = well(app.run())
    assert "事件.csv" in drawn(app)
    assert app.dataframe[0].value["原因"].tolist() == ["时间无法识别"]


def test_no_imports_yet_says_where_to_begin(at_page, built):
    assert "还没有导入过" in drawn(at_page(DATA, tab="导入记录"))


def test_areas_come_from_geojson_with_datum_and_level(at_page, sqlite_store):
    square = [[[3, 3], [4, 3], [4, 4], [3, 4], [3, 3]]]
    shapes = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "新区"},
                "geometry": {"type": "Polygon", "coordinates": square},
            }
        ],
    }
    app = at_page(DATA, tab="区域")
    app.file_uploader(key="gi_areas_file").set_value(
        ("区.geojson", json.dumps(shapes).encode(), "application/json")
    )
    app = press(app, "导入区域")
    assert "请选择文件、坐标基准和级别" in app.error[0].value
    app.selectbox(key="gi_areas_datum").set_value(app.selectbox(key="gi_areas_datum").options[0])
    app.selectbox(key="gi_areas_level").set_value(app.selectbox(key="gi_areas_level").options[1])
    app.text_input(key="gi_areas_city").set_value("新城")
    app = press(app, "导入区域")
    assert "已导入区级区域 1 个" in app.success[0].value
    with sqlite_store.read() as session:
        assert set(areas.names(session).values()) == {"新城", "新区"}


def test_the_export_says_query_and_rows_and_links_four_formats(at_page, built):
    app = at_page(DATA, tab="导出", area=town.QUAY)
    shown = drawn(app)
    assert "临江区 / 码头街道" in shown
    links = [part.split('"')[0] for part in shown.split('href="')[1:]]
    events = [urlsplit(link.replace("&amp;", "&")) for link in links if "/events." in link]
    assert [link.path.rsplit(".")[-1] for link in events] == ["csv", "xlsx", "parquet", "geojson"]
    assert parse_qs(events[0].query)["area"] == [town.QUAY]


def test_without_the_right_nothing_can_be_imported_or_exported(at_page, built):
    app = at_page(DATA)
    with built.write() as session:
        reads = [Permission.EVENT_READ.value]
        accounts.put_role(session, code="local_operator", name="只读", permissions=reads)
    app = well(app.run())
    assert not app.file_uploader
    assert "没有导入权限" in drawn(app)
    app.query_params["tab"] = "导出"
    assert "api/v1/exports" not in drawn(well(app.run()))
    app.switch_page(STATUS)
    assert "没有打开" in app.run().error[0].value


def test_the_state_of_the_platform_is_shown_and_checked_in_depth_on_demand(at_page, built):
    app = at_page(STATUS)
    shown = drawn(app)
    assert "结构版本" in shown
    assert "已与数据库一致" in shown
    assert "没有进程在运行定时任务" in shown
    assert "town" in shown
    shown = drawn(press(app, "开始核验"))
    assert "每月条数与校验和均一致" in shown
    assert "哈希链、封签、末行签名、检查点完整" in shown


def test_a_sync_by_hand_brings_the_lake_up_to_date_and_is_journalled(at_page, built, settings):
    at = datetime.now(UTC)
    with built.write() as session:
        taken = town.events(at).head(1).assign(source_id="Z1")
        town.accept_frame(
            session, taken, source="town", settings=settings, at=at, areas=areas.frame(session)
        )
    app = at_page(STATUS)
    assert "还有 1 条变更待同步" in drawn(app)
    app = finished(press(app, "立即同步"), "run")
    assert "同步 1 条变更" in app.success[0].value
    with built.read() as session:
        assert journal.lines(session)[0].did == "lake.sync"


def test_a_detection_by_hand_says_what_it_found(at_page, built):
    app = finished(press(at_page(STATUS), "立即检测"), "run")
    assert "立即检测完成" in app.success[0].value
    with built.read() as session:
        assert "detect.run" in [line.did for line in journal.lines(session)]


def test_a_reject_file_outside_its_folder_is_never_handed_out(at_page, built, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("x")
    with built.write() as session:
        number = imports.start(
            session, "a.csv", file_sha256="", profile="canonical", by="x", at=datetime.now(UTC)
        )
        told = imports.Progress(0, 1, 0, {"missing_id": 1}, {})
        imports.progress(session, number, told, [imports.Rejected(1, ("missing_id",), {})])
        imports.finish(
            session,
            number,
            imports.ImportState.DONE,
            at=datetime.now(UTC),
            reject_file=str(secret),
        )
    app = at_page(DATA, tab="导入记录")
    assert "a.csv" in drawn(app)
    assert "api/v1/rejects" not in drawn(app)
    assert any("已不在服务器上" in caption.value for caption in app.caption)


def test_who_sees_a_part_of_the_city_reads_no_figure_of_the_whole_in_the_platforms_state(
    built: Store, at_page: Callable[..., AppTest]
):
    at = datetime.now(UTC)
    with built.write() as session:
        jobs.job_finished(session, "tick", at, message="新增 731 条提示")
    app = at_page(STATUS)
    assert "731" in drawn(app)
    with built.write() as session:
        account = accounts.account(session, "operator")
        assert account is not None
        accounts.set_scope(session, account, areas=[town.EAST], units=[], whole_city=False)
    shown = drawn(well(app.run()))
    assert "运行检查" in shown
    assert "731" not in shown
    assert "变更序号" not in shown
    assert "仅限管辖全市的账号" in shown


def test_counts_are_exported_by_what_was_chosen_and_said_to_go_outside(at_page, built):
    app = at_page(DATA, tab="导出")
    app.selectbox(key="count_level").set_value("区")
    app.toggle(key="count_outside").set_value(True)
    shown = drawn(well(app.run()))
    link = next(part.split('"')[0] for part in shown.split('href="')[1:] if "/counts." in part)
    asked = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
    assert (asked["level"], asked["outside"], asked["grain"]) == (["district"], ["1"], ["month"])
    assert "小于 5 的计数已隐去" in shown


def test_a_task_at_a_source_is_told_with_its_alert_and_ended_with_words(at_page, built):
    with built.write() as session:
        user = load_user(session)
        alerts.dismiss(
            session, 1, Disposition.DATA_ERROR, note="重复推送", actor=user, at=datetime.now(UTC)
        )
    app = at_page(DATA, tab="数据质量")
    assert "重复推送" in drawn(app)
    assert "town" in drawn(app)
    app = press(app, "办结")
    assert "查到什么" in app.error[0].value
    next(one for one in app.text_input if one.key.startswith("gq_result")).set_value("已修复")
    app = press(app, "办结")
    assert "已办结" in app.success[0].value
    assert "没有待办的数据质量任务" in drawn(app)
