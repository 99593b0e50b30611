"""Personal data over HTTP: every request is judged, counted and journalled; nothing is kept."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from govdash.access import User, load_user
from govdash.api.routes import as_answer
from govdash.api.takings import REJECTS, RELEASES, taking_routes
from govdash.core.errors import GovDashError
from govdash.core.filters import EventFilter, Period, Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.lake import Lake
from govdash.report import releases
from govdash.report.export import Format
from govdash.store import Store, accounts, journal
from tests.signed import cookie, sign_in
from tests.web import town

APPROVER = User("zhou", "周", frozenset(Permission), Scope((), whole_city=True))


@pytest.fixture
def built(sqlite_store: Store, settings: Settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    return sqlite_store


@pytest.fixture
def client(built: Store, settings: Settings) -> TestClient:
    routes = taking_routes(lambda: built, lambda: Lake.open(settings), settings)
    app = Starlette(routes=routes, exception_handlers={GovDashError: as_answer})
    return TestClient(app, cookies=cookie(sign_in(built, settings)))


@pytest.fixture
def number(built: Store, settings: Settings) -> str:
    """An export that may be downloaded once."""
    at = datetime.now(UTC)
    period = Period.last_days(7, until=local_day(at, settings.zone))
    with built.write() as session:
        release = releases.ask(
            session, Lake.open(settings), EventFilter(period), Format.CSV,
            reason="回访名单，用后删除", actor=load_user(session), at=at, zone=settings.zone,
        )  # fmt: skip
        releases.approve(
            session, release.number, note="", actor=APPROVER, at=at, hours=1, downloads=1
        )
        return release.number


def taken(store: Store) -> list[str]:
    with store.read() as session:
        return [x.result for x in journal.lines(session) if x.did == "release.take"]


def test_a_file_is_counted_marked_and_gone_after_the_last_time(client, built, number):
    path = RELEASES.replace("{number}", number)
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "private, no-store"
    assert quote(f"{number}-1.csv") in first.headers["content-disposition"]
    assert f"{number}-1" in first.content.decode("utf-8-sig")
    again = client.get(path)
    assert again.status_code == 403
    assert taken(built) == ["refused", "done"]


def test_somebody_else_gets_nothing_of_it_and_a_line(client, built, settings, number):
    with built.write() as session:
        accounts.put_role(
            session,
            code="taker",
            name="可导出",
            permissions=["scope:export:personal", "scope:event:export", "scope:event:read"],
        )
        other = accounts.add_account(
            session, login="other", name="旁人", roles=["taker"], at=datetime.now(UTC)
        )
        accounts.set_scope(session, other, areas=[], units=[], whole_city=True)
    client.cookies.clear()
    client.cookies.update(cookie(sign_in(built, settings, login="other")))
    answer = client.get(RELEASES.replace("{number}", number))
    assert answer.status_code == 404
    assert taken(built) == ["refused"]


def test_without_a_session_nothing_is_given(client, built, number):
    client.cookies.clear()
    assert client.get(RELEASES.replace("{number}", number)).status_code == 401
    assert client.get(REJECTS.replace("{name}", "a.csv")).status_code == 401
    assert taken(built) == []


def test_rejected_rows_are_fetched_by_name_from_their_folder_alone(client, built, settings):
    folder = settings.var / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.csv").write_text("原文", "utf-8")
    (settings.var / "secret.csv").write_text("x", "utf-8")
    assert client.get("/api/v1/rejects/a.csv").content.decode() == "原文"
    assert client.get("/api/v1/rejects/..%2Fsecret.csv").status_code == 404
    assert client.get("/api/v1/rejects/none.csv").status_code == 404
    with built.read() as session:
        told = [x.result for x in journal.lines(session) if x.did == "rejects.download"]
    assert told.count("done") == 1


def test_who_imports_for_a_district_learns_of_no_file(client, built, settings):
    """The answer for a file that is there is that for one that is not."""
    folder = settings.var / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.csv").write_text("原文", "utf-8")
    with built.write() as session:
        accounts.put_role(
            session, code="bringer", name="导入员", permissions=["scope:event:import"]
        )
        accounts.add_account(
            session, login="ke", name="柯", roles=["bringer"], areas=(town.EAST,),
            at=datetime.now(UTC),
        )  # fmt: skip
    client.cookies.clear()
    client.cookies.update(cookie(sign_in(built, settings, login="ke")))
    there, not_there = (client.get(f"/api/v1/rejects/{name}") for name in ("a.csv", "none.csv"))
    assert there.status_code == not_there.status_code == 403
    assert there.json() == not_there.json()
