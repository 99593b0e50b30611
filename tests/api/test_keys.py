"""A key over HTTP: it takes out what it may, and the journal says which key it was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from govdash.access import User, load_user
from govdash.access.keys import make_key, prefix_of, revoke
from govdash.api import routes
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.lake import Lake
from govdash.store import Store, journal
from tests.signed import cookie, sign_in

PATH = "/api/v1/exports/events.csv"
ALL = [Permission.EVENT_READ, Permission.EVENT_EXPORT]


@pytest.fixture
def client(store: Store, operator: User, settings: Settings) -> Iterator[TestClient]:
    lake = Lake.open(settings)
    made = routes.all_routes(lambda: store, lambda: lake, settings)
    signed = cookie(sign_in(store, settings))
    yield TestClient(Starlette(routes=made), client=("127.0.0.1", 5), cookies=signed)
    lake.close()


def made(store: Store, permissions: list[Permission]) -> str:
    at = datetime.now(UTC)
    with store.write() as session:
        return make_key(
            session,
            actor=load_user(session),
            name="共享平台",
            owner="operator",
            permissions=permissions,
            expires_at=at + timedelta(days=1),
            at=at,
            whole_scope=True,
        )


def newest(store: Store) -> tuple[str, str, Result]:
    with store.read() as session:
        line = journal.lines(session, limit=1)[0]
        return line.did, line.via, line.result


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_an_export_by_key_names_the_key_in_the_journal(client: TestClient, store: Store):
    key = made(store, ALL)
    answer = client.get(PATH, headers=bearer(key))
    assert (answer.status_code, answer.headers["content-type"][:8]) == (200, "text/csv")
    assert newest(store) == ("export", f"api:{prefix_of(key)}", Result.DONE)
    assert client.get(PATH).status_code == 200
    assert newest(store) == ("export", "api", Result.DONE)


def test_a_key_without_the_permission_is_refused_whatever_its_owner_may(
    client: TestClient, store: Store
):
    key = made(store, [Permission.EVENT_READ])
    assert client.get(PATH, headers=bearer(key)).status_code == 403
    assert newest(store) == ("export", f"api:{prefix_of(key)}", Result.REFUSED)


def test_a_revoked_key_is_refused_and_its_use_is_journalled_as_key_use(
    client: TestClient, store: Store
):
    key = made(store, ALL)
    with store.write() as session:
        revoke(session, prefix_of(key), actor=load_user(session), at=datetime.now(UTC))
    answer = client.get(PATH, headers=bearer(key))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "bad_key"
    assert newest(store) == ("key.use", "api", Result.REFUSED)


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer gdk_0", "gdk_0"])
def test_a_header_without_a_key_that_counts_is_never_the_person_at_the_screen(
    client: TestClient, store: Store, sent: str
):
    with store.read() as session:
        before = len(journal.lines(session, limit=9999))
    assert client.get(PATH, headers={"Authorization": sent}).status_code == 401
    with store.read() as session:
        assert len(journal.lines(session, limit=9999)) == before
