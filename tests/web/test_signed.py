"""Pages show something only to whoever is signed in at that moment."""

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest

from govdash.access import people, roles
from govdash.access.users import SYSTEM
from govdash.core.settings import Settings
from govdash.store import Store, accounts, journal, signing
from govdash.web.activity import asks_for_run
from govdash.web.signed import TOKEN
from tests.signed import signed_app
from tests.web import town


def words(app: AppTest) -> str:
    return "\n".join(str(piece.proto.body) for piece in app.get("html"))


@pytest.fixture
def city(sqlite_store: Store, settings: Settings) -> Store:
    """The town, with `li` on duty for the quay."""
    at = datetime.now(UTC)
    town.build(sqlite_store, settings, at)
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
        accounts.add_account(
            session, login="li", name="李敏", roles=("duty",), areas=(town.QUAY,), at=at
        )
    return sqlite_store


def nothing(app: AppTest) -> None:
    """Nothing is shown but the way to sign in."""
    assert not app.exception
    assert "请登录" in words(app)
    assert "/login?next=" in words(app)
    assert not [*app.button, *app.segmented_control, *app.selectbox, *app.error]
    assert len(app.get("html")) == 4  # the style sheet, and three words


def test_without_a_session_there_is_the_way_to_sign_in_and_nothing_else(app: AppTest, city: Store):
    nothing(app.run())
    app.session_state[TOKEN] = "x" * 43
    nothing(app.run())


def test_a_session_counts_as_long_as_it_is_not_ended(app: AppTest, city: Store, settings: Settings):
    signed_app(app, city, settings, "li").run()
    assert not app.exception
    assert "李敏" in words(app)
    assert "值班员" in words(app)
    assert app.segmented_control(key="gd_period")
    with city.write() as session:
        people.end_sessions(session, "li", actor=SYSTEM, at=datetime.now(UTC))
    nothing(app.run())


def test_fifteen_minutes_without_activity_end_it(app: AppTest, city: Store, settings: Settings):
    signed_app(app, city, settings, "li").run()
    with city.write() as session:
        account = people.found(session, "li")
        [row] = signing.open_of_user(session, account.id, at=datetime.now(UTC))
        row.active_at -= timedelta(minutes=settings.idle_minutes)
    nothing(app.run())
    assert "没有操作" in words(app)


def test_signing_out_at_the_page_ends_the_session_everywhere(
    app: AppTest, city: Store, settings: Settings
):
    signed_app(app, city, settings, "li").run()
    tab = AppTest.from_file(app._script_path, default_timeout=60)
    tab.session_state[TOKEN] = app.session_state[TOKEN]
    app.button(key="gd_sign_out").click().run()
    nothing(app)
    nothing(tab.run())
    with city.read() as session:
        assert journal.lines(session, limit=1)[0].did == "session.end"


def test_a_right_that_is_taken_away_counts_from_the_next_run(
    app: AppTest, city: Store, settings: Settings
):
    signed_app(app, city, settings, "li").run()
    assert not app.error
    with city.write() as session:
        people.give_roles(session, "li", ["auditor"], actor=SYSTEM, at=datetime.now(UTC))
    nothing(app.run())  # an auditor needs a second factor first


def test_a_tab_does_not_pass_from_one_account_to_the_next(
    app: AppTest, city: Store, settings: Settings
):
    """A browser takes its tab up again with all its state, whoever has signed in meanwhile."""
    with city.write() as session:
        accounts.add_account(
            session,
            login="wu",
            name="吴越",
            roles=("duty",),
            areas=(town.HILL,),
            at=datetime.now(UTC),
        )
    signed_app(app, city, settings, "li").run()
    app.session_state["half_typed"] = "李敏的草稿"
    own = app.session_state[TOKEN]
    signed_app(app, city, settings, "wu").run()
    nothing(app)
    assert "另一个账号" in words(app)
    assert "half_typed" not in app.session_state
    nothing(app.run())  # and stays so until it is opened anew
    app.session_state[TOKEN] = own
    assert "李敏" in words(app.run())


def test_only_runs_that_a_person_asks_for_are_activity():
    auto, click, other = BackMsg(), BackMsg(), BackMsg()
    auto.rerun_script.fragment_id = "f"
    auto.rerun_script.is_auto_rerun = True
    click.rerun_script.fragment_id = "f"
    other.clear_cache = True
    assert asks_for_run(auto.SerializeToString()) is False
    assert asks_for_run(click.SerializeToString()) is True
    for message in (other.SerializeToString(), b"", None, b"\xff\x00"):
        assert asks_for_run(message) is None
