"""A wall display: its token becomes a session that shows, changes nothing, and can be ended."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from govdash.access import devices, roles, sessions
from govdash.access.users import SYSTEM, User
from govdash.api import routes
from govdash.api.cookies import SESSION
from govdash.api.gate import SignedInOnly
from govdash.core.errors import InputError, Refused, SignedOut
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Shown
from govdash.lake import Lake
from govdash.store import Store, journal, persons
from govdash.store.models import Event
from govdash.web.signed import TOKEN
from govdash.workflow import attachments, cases
from tests.web import town

HTML = {"accept": "text/html"}
MONTH = timedelta(days=30)


@pytest.fixture
def city(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
    return sqlite_store


@pytest.fixture
def token(city: Store) -> str:
    """The token of a display at the quay."""
    at = datetime.now(UTC)
    with city.write() as session:
        return devices.make_device(
            session, actor=SYSTEM, name="码头大厅", expires_at=at + MONTH, at=at, areas=[town.QUAY]
        )


@pytest.fixture
def screen(city: Store, settings: Settings) -> Iterator[TestClient]:
    lake = Lake.open(settings)
    app = Starlette(
        routes=routes.all_routes(lambda: city, lambda: lake, settings),
        middleware=[Middleware(SignedInOnly, lambda: city, settings)],
    )
    yield TestClient(app, client=("10.0.0.9", 5), follow_redirects=False)
    lake.close()


def give(screen: TestClient, token: str):
    found = re.search('name="form" value="([^"]*)"', screen.get("/device").text)
    assert found
    return screen.post("/device", data={"form": found[1], "token": token})


def user_of(store: Store, settings: Settings, session_token: str, at: datetime) -> User:
    with store.read() as session:
        return sessions.user_of(session, session_token, settings=settings, at=at)


def test_a_display_shows_its_areas_for_months_and_may_do_nothing(
    screen: TestClient, city: Store, settings: Settings, token: str
):
    done = give(screen, f" {token} ")
    assert (done.status_code, done.headers["location"]) == (303, "/?wall=1")
    told = done.headers["set-cookie"]
    assert "HttpOnly" in told
    assert f"Max-Age={30 * 86_400 - 1}" in told or f"Max-Age={30 * 86_400}" in told
    user = user_of(city, settings, screen.cookies[SESSION], datetime.now(UTC) + MONTH / 2)
    assert user.scope == Scope(areas=(town.QUAY,))
    assert user.permissions == {
        Permission.EVENT_READ,
        Permission.ALERT_READ,
        Permission.CASE_READ,
    }
    assert screen.get("/geo/areas/street.geojson").status_code == 200
    assert screen.get("/api/v1/exports/events.csv").status_code == 403
    assert screen.get("/password").headers["location"] == "/"
    with pytest.raises(SignedOut):
        user_of(city, settings, screen.cookies[SESSION], datetime.now(UTC) + MONTH)


def test_a_revoked_token_ends_what_it_shows_and_begins_nothing(
    screen: TestClient, city: Store, token: str
):
    give(screen, token)
    with city.write() as session:
        devices.revoke(session, token[:12], actor=SYSTEM, at=datetime.now(UTC))
    assert screen.get("/geo/areas/street.geojson").status_code == 401
    assert screen.get("/nothing", headers=HTML).status_code == 303
    answer = give(screen, token)
    assert answer.status_code == 400
    assert devices.WRONG in answer.text
    with city.read() as session:
        told = [(x.did, x.actor, x.result.value) for x in journal.lines(session, limit=3)]
    who = f"device:{token[:12]}"
    assert told == [
        ("session.begin", who, "refused"),
        ("device.revoke", "system", "done"),
        ("session.begin", who, "done"),
    ]


def test_guesses_are_answered_alike_and_locked_by_address(screen: TestClient):
    answers = [give(screen, f"gdd_{n:08x}_guess") for n in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]


def test_one_token_is_one_display(city: Store, screen: TestClient, token: str):
    give(screen, token)
    first = screen.cookies[SESSION]
    other = TestClient(screen.app, client=("10.0.0.8", 5), follow_redirects=False)
    give(other, token)
    screen.cookies.set(SESSION, first)
    assert screen.get("/geo/areas/street.geojson").status_code == 401
    assert other.get("/geo/areas/street.geojson").status_code == 200


def test_a_token_has_a_name_an_end_and_something_to_show(city: Store):
    at = datetime.now(UTC)
    nobody = User("li", "李", frozenset(), Scope(areas=()))
    good = {"actor": SYSTEM, "name": "大厅", "expires_at": at + MONTH, "at": at, "whole_city": True}
    wrong = [
        {"name": " "},
        {"expires_at": at},
        {"expires_at": at + timedelta(days=400)},
        {"whole_city": False},
        {"areas": [town.QUAY]},
        {"whole_city": False, "areas": ["/0/"]},
    ]
    with city.write() as session:
        for part in wrong:
            with pytest.raises(InputError):
                devices.make_device(session, **(good | part))
        with pytest.raises(Refused):
            devices.make_device(session, **(good | {"actor": nobody}))


def test_a_display_opens_the_pages_that_show_and_has_no_buttons(
    screen: TestClient, token: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    give(screen, token)
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    app = AppTest.from_file(str(ROOT / "govdash/web/router.py"), default_timeout=60)
    app.session_state[TOKEN] = screen.cookies[SESSION]
    app.run()
    app.switch_page(str(ROOT / "pages" / "work" / "alerts.py")).run()
    assert not app.exception
    shown = "\n".join(str(piece.proto.body) for piece in app.get("html"))
    assert "码头大厅（大屏，只读）" in shown
    assert "临江路 12 号" in shown
    assert not {button.label for button in app.button} & {
        "签收",
        "转案件",
        "排除",
        "在所有地方退出",
    }
    app.switch_page(str(ROOT / "pages" / "admin" / "status.py")).run()
    assert "没有打开" in app.error[0].value


def test_a_display_shows_a_case_without_its_reporter_and_files(
    screen: TestClient, token: str, city: Store, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    at = datetime.now(UTC)
    with city.write() as session:
        event = session.scalar(select(Event).where(Event.area_path == town.QUAY))
        told = {"event_id": event.event_id, "version": event.version, "reporter_name": "张三丰"}
        persons.add(session, [told])
        new = cases.NewCase(
            title="暴露垃圾", category=town.GARBAGE, area_path=town.QUAY, event_id=event.event_id
        )
        case = cases.open_case(session, new, actor=SYSTEM, at=at)
        attachments.attach(
            session, settings.evidence, case.id, shown=Shown.BEFORE, name="x.pdf",
            content=b"%PDF-1.7\n%%EOF\n", actor=SYSTEM, at=at,
        )  # fmt: skip
        number, case_id = case.number, case.id
    give(screen, token)
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    app = AppTest.from_file(str(ROOT / "govdash/web/router.py"), default_timeout=60)
    app.session_state[TOKEN] = screen.cookies[SESSION]
    app.run()
    app.query_params["case"] = str(case_id)
    app.switch_page(str(ROOT / "pages" / "work" / "cases.py")).run()
    assert not app.exception
    shown = "\n".join(str(piece.proto.body) for piece in app.get("html"))
    assert number in shown
    assert "诉求人" not in shown
    assert "附件" not in shown


def test_a_display_brings_no_file_in(screen: TestClient, token: str):
    give(screen, token)
    assert screen.put("/_stcore/upload_file/session/file", content=b"x").status_code == 403
    assert screen.delete("/_stcore/upload_file/session/file").status_code == 403
