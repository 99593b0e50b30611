"""Saved views: one's own, with everything that was chosen, and a line for each change."""

from datetime import UTC, datetime

from streamlit.testing.v1 import AppTest

from govdash.access.users import LOCAL_OPERATOR
from govdash.core.settings import Settings
from govdash.store import Store, journal, views
from tests.signed import signed_app
from tests.web import town
from tests.web.test_monitor import open_on


def test_a_view_is_kept_with_filter_and_looks_and_forgotten_again(
    app: AppTest, sqlite_store: Store, settings: Settings
):
    town.build(sqlite_store, settings, datetime.now(UTC))
    signed_app(app, sqlite_store, settings)
    open_on(app, "monitor/timeline.py", period="7d", area=town.QUAY, alert="1", q="电13800001111")
    app.segmented_control(key="grain").set_value("day").run()
    app.button(key="gd_view_save").click().run()
    assert "请给视图起一个名称" in app.toast[0].value
    app.text_input(key="gd_view_name").set_value("码头 13800001111")
    app.button(key="gd_view_save").click().run()
    assert not app.exception
    with sqlite_store.read() as session:
        [view] = views.mine(session, LOCAL_OPERATOR)
        assert views.mine(session, "somebody") == []
        assert "13800001111" not in view.name
        assert view.page == "timeline"
        assert {"period": "7d", "area": town.QUAY}.items() <= view.params.items()
        assert "alert" not in view.params
        assert "13800001111" not in view.params["q"]
        number = view.id
    app.button(key=f"gd_view_drop_{number}").click().run()
    with sqlite_store.read() as session:
        assert views.mine(session, LOCAL_OPERATOR) == []
        did = [line.did for line in journal.lines(session)]
    assert (did.count("view.save"), did.count("view.drop")) == (1, 1)
