"""Who looked, from where and when, lies over every page."""

import base64
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import roles
from govdash.access.profile import Profile
from govdash.core.settings import Settings
from govdash.store import Store, accounts
from govdash.web import watermark
from tests.signed import signed_app
from tests.web import town


@pytest.fixture
def city(sqlite_store: Store, settings: Settings) -> Store:
    at = datetime.now(UTC)
    town.build(sqlite_store, settings, at)
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
        accounts.add_account(
            session,
            login="li",
            name="李敏",
            roles=("duty",),
            areas=(town.QUAY,),
            units=("U2",),
            at=at,
        )
    return sqlite_store


def marks(app: AppTest) -> list[str]:
    """Return the words of the watermarks on a page."""
    sheets = " ".join(str(piece.proto.body) for piece in app.get("html"))
    pictures = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", sheets)
    drawings = [base64.b64decode(picture).decode() for picture in pictures]
    return [re.sub(r"<[^>]+>", "", drawing) for drawing in drawings if "rotate(-18" in drawing]


def without_mark(store: Store, code: str) -> None:
    with store.write() as session:
        role = next(role for role in accounts.roles(session) if role.code == code)
        role.watermark = False


def test_name_unit_and_time_lie_over_the_page(app: AppTest, city: Store, settings: Settings):
    signed_app(app, city, settings, "li").run()
    (said,) = marks(app)
    assert said.startswith("李敏（li） 码头街道城管中队 ")
    assert datetime.now(settings.zone).strftime("%Y-%m-%d") in said


def test_a_role_may_go_without(app: AppTest, city: Store, settings: Settings):
    without_mark(city, "duty")
    assert marks(signed_app(app, city, settings, "li").run()) == []


def test_who_holds_another_role_too_has_it_still(app: AppTest, city: Store, settings: Settings):
    without_mark(city, "duty")
    with city.write() as session:
        account = accounts.account(session, "li")
        assert account is not None
        accounts.set_roles(session, account.id, ["duty", "manager"])
    assert len(marks(signed_app(app, city, settings, "li").run())) == 1


def test_the_words_are_text_and_nothing_else():
    who = Profile("x", "<script>alert(1)</script>&")
    words = watermark.words_of(who, datetime(2026, 6, 10, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    drawing = base64.b64decode(watermark.tile(words).rpartition(",")[2]).decode()
    assert "<script" not in drawing
    assert "2026-06-10 08:00" in drawing


def test_who_has_areas_and_no_unit_is_told_by_the_areas(
    app: AppTest, city: Store, settings: Settings
):
    with city.write() as session:
        account = accounts.account(session, "li")
        assert account is not None
        accounts.set_scope(session, account, areas=[town.QUAY], units=[], whole_city=False)
    (said,) = marks(signed_app(app, city, settings, "li").run())
    assert said.startswith("李敏（li） 码头街道 ")
