"""The frame of every page: navigation, permission, the filter bar in the URL."""

from streamlit.testing.v1 import AppTest

from govdash.core.vocab import Result
from govdash.store import Store, accounts, journal
from govdash.web import registry


def test_without_a_database_the_page_says_what_to_run(app: AppTest):
    app.run()
    assert not app.exception
    assert "make run" in app.error[0].value


def test_the_start_page_draws_the_filter_bar(seeded: AppTest):
    seeded.run()
    assert not seeded.exception
    assert not seeded.error
    assert seeded.segmented_control(key="gd_period").value == "今日"


def test_choosing_a_period_writes_it_to_the_url(seeded: AppTest):
    seeded.run()
    seeded.segmented_control(key="gd_period").set_value("近30天").run()
    assert seeded.query_params["period"] == "30d"
    assert seeded.segmented_control(key="gd_period").value == "近30天"


def test_a_refused_page_is_journalled_once_however_often_it_is_run(
    seeded: AppTest, sqlite_store: Store
):
    with sqlite_store.write() as session:
        accounts.put_role(session, code="local_operator", name="无权", permissions=[])
    seeded.run()
    assert "没有可以打开的页面" in seeded.info[0].value
    seeded.switch_page(str(registry.PAGES[0].path)).run()
    assert "没有打开" in seeded.error[0].value
    seeded.run()
    with sqlite_store.read() as session:
        found = [line for line in journal.lines(session) if line.did == "page.open"]
        assert [(line.result, line.via) for line in found] == [(Result.REFUSED, "page")]
