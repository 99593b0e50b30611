"""Files and reports of cases over HTTP: downloads for whoever sees the case, and never a page."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from govdash.access import SYSTEM, devices, load_user
from govdash.access.signin import Door
from govdash.api.casefiles import case_file_routes
from govdash.api.routes import as_answer
from govdash.core.errors import GovDashError
from govdash.core.vocab import ReportKind, Result, Shown
from govdash.store import accounts, journal
from govdash.store.models import UserArea
from govdash.workflow import attachments, cases, emergency
from tests.signed import cookie, sign_in
from tests.web import town


@pytest.fixture
def served(sqlite_store, settings):
    """A case at the quay with a picture and a report; a client that has signed in."""
    at = datetime.now(UTC)
    town.build(sqlite_store, settings, at)
    out = io.BytesIO()
    Image.new("RGB", (40, 40)).save(out, "PNG")
    with sqlite_store.write() as session:
        user = load_user(session)
        new = cases.NewCase(title="<script>", category=town.GARBAGE, area_path=town.QUAY)
        case = cases.open_case(session, new, actor=SYSTEM, at=at)
        attachments.attach(
            session, settings.evidence, case.id, shown=Shown.BEFORE, name="x.html",
            content=out.getvalue(), actor=user, at=at,
        )  # fmt: skip
        emergency.make(session, case.id, ReportKind.FIRST, actor=user, at=at)
    app = Starlette(
        routes=case_file_routes(lambda: sqlite_store, settings),
        exception_handlers={GovDashError: as_answer},
    )
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.cookies.update(cookie(sign_in(sqlite_store, settings)))
        yield client, sqlite_store, out.getvalue()


def test_a_file_is_a_download_that_no_browser_shows_or_runs(served):
    client, store, content = served
    answer = client.get("/api/v1/cases/files/1")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "x.png" in answer.headers["content-disposition"]
    with store.read() as session:
        assert "case.take_file" in [line.did for line in journal.lines(session)]


def test_the_small_picture_is_a_jpeg_of_our_own_making(served):
    client, _, _ = served
    answer = client.get("/api/v1/cases/files/1/thumb")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8\xff")


def test_a_report_is_a_download_with_every_text_escaped(served):
    client, _, _ = served
    answer = client.get("/api/v1/cases/reports/1")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("path", ["files/1", "files/1/thumb", "reports/1"])
def test_who_does_not_see_the_case_gets_nothing_and_the_refusal_is_journalled(served, path):
    client, store, _ = served
    with store.write() as session:
        viewer = accounts.account(session, "operator")
        viewer.whole_city = False
        session.add(UserArea(user_id=viewer.id, area_path=town.HILL))
    assert client.get(f"/api/v1/cases/{path}").status_code == 404
    assert client.get(f"/api/v1/cases/{path.replace('1', '99')}").status_code == 404
    if "thumb" not in path:
        with store.read() as session:
            assert journal.lines(session)[0].result is Result.REFUSED


@pytest.mark.parametrize("path", ["files/1", "files/1/thumb", "reports/1"])
def test_without_a_session_nobody_gets_anything(served, path):
    client, _, _ = served
    client.cookies.clear()
    assert client.get(f"/api/v1/cases/{path}").status_code == 401


@pytest.mark.parametrize("path", ["files/1", "files/1/thumb", "reports/1"])
def test_a_wall_display_gets_no_file_and_no_report(served, settings, path):
    """They may hold a person's data, and the screen hangs in a room."""
    client, store, _ = served
    at = datetime.now(UTC)
    with store.write() as session:
        token = devices.make_device(
            session, actor=SYSTEM, name="大厅", expires_at=at + timedelta(days=1), at=at,
            whole_city=True,
        )  # fmt: skip
    shown = devices.sign_in(Door(store, settings), token, at=at)[0]
    client.cookies.clear()
    client.cookies.update(cookie(shown))
    answer = client.get(f"/api/v1/cases/{path}")
    assert answer.status_code == 403
    assert "大屏" in answer.json()["message"]
    with store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.result, line.actor[:7]) == (Result.REFUSED, "device:")
