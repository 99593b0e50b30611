"""The frame of every page: navigation, permission, the filter bar in the URL."""

from streamlit.testing.v1 import AppTest


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
