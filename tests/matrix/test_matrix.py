"""Every page and address × every role: by menu, by link and over HTTP on a real server, in AppTest.

What is expected comes from the page registry, the list of addresses and ``data/roles.yaml``; the
table in ``docs/roles.md`` is made from the same and compared.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from starlette.routing import Mount, Route
from streamlit.testing.v1 import AppTest

from govdash.access import roles
from govdash.access.roles import RoleEntry
from govdash.api import routes
from govdash.api.gate import OPEN
from govdash.api.surfaces import Surface, surfaces
from govdash.core.settings import ROOT, Settings
from govdash.lake import Lake
from govdash.store import Store, accounts
from govdash.web import registry
from govdash.web.registry import PageEntry
from tests.installation import Environment, serving
from tests.layout.test_docs import script
from tests.matrix.stream import Drawn, run, stranger
from tests.signed import signed_app
from tests.web import town

ROLES = roles.load(ROOT / "data")
BrowserOf = Callable[[str], httpx.Client]
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.code)
each_page = pytest.mark.parametrize("page", registry.PAGES, ids=lambda page: page.url)


def may_open(role: RoleEntry) -> list[PageEntry]:
    return [page for page in registry.PAGES if page.needs in role.permissions]


def desk(n: int) -> dict[str, str]:
    """Come from an address of one's own: how often one may ask is counted by address."""
    return {"X-Forwarded-For": f"127.7.0.{n + 1}"}


def refusal(page: PageEntry) -> str:
    return f"没有打开“{page.title}”的权限"


def check(drawn: Drawn, page: PageEntry, role: RoleEntry) -> None:
    """Compare what a page drew with what the role may see."""
    allowed = page in may_open(role)
    assert any(refusal(page) in said for said in drawn.said) is not allowed, drawn.said
    assert (f'<h1 class="gd-h1">{page.title}</h1>' in drawn.text) is allowed


@each_role
def test_the_menu_shows_the_pages_that_a_role_may_open(browser_of: BrowserOf, role: RoleEntry):
    start, *others = [page.url for page in may_open(role) if not page.hidden] or [""]
    drawn = run(browser_of(role.code), "")
    assert drawn.menu == (["", *others] if start else [])
    if not start:
        assert ["没有可以打开的页面" in said for said in drawn.said] == [True]


@each_page
@each_role
def test_a_link_opens_the_page_or_is_refused(
    browser_of: BrowserOf, role: RoleEntry, page: PageEntry
):
    check(run(browser_of(role.code), page.url), page, role)


@each_page
def test_without_a_session_a_link_leads_to_the_form_and_the_socket_says_nothing(
    server: str, page: PageEntry
):
    with stranger(server) as browser:
        answer = browser.get(f"/{page.url}?period=30d", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/login?next=%2F{page.url}%3Fperiod%3D30d",
        )
        drawn = run(browser, page.url)
        assert drawn.menu == []
        assert drawn.said == []
        assert "请登录" in drawn.text
        assert len(drawn.text) < 20_000  # the style sheet and a sentence


@each_role
def test_an_address_answers_who_holds_what_it_needs(browser_of: BrowserOf, role: RoleEntry):
    browser = browser_of(role.code)
    for surface in surfaces():
        allowed = set(surface.needs) <= set(role.permissions)
        answer = browser.get(surface.path, headers=desk(ROLES.index(role)))
        assert answer.status_code == ((404 if surface.single else 200) if allowed else 403), (
            surface,
            answer.text[:200],
        )


@pytest.mark.parametrize("surface", list(surfaces()), ids=lambda surface: surface.path)
def test_without_a_session_an_address_answers_nobody(server: str, surface: Surface):
    with stranger(server) as browser:
        answer = browser.get(surface.path, headers=desk(len(ROLES)))
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


@each_role
def test_every_page_in_a_page_test(
    app: AppTest, sqlite_store: Store, settings: Settings, role: RoleEntry
):
    at = datetime.now(UTC)
    town.build(sqlite_store, settings, at)
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
        accounts.add_account(
            session, login="li", name="李敏", roles=(role.code,), areas=(town.CITY,), at=at
        )
    signed_app(app, sqlite_store, settings, "li").run()
    for page in registry.PAGES:
        app.switch_page(str(page.path)).run()
        assert not app.exception, page
        said = [box.value for box in app.error]
        assert any(refusal(page) in text for text in said) is (page not in may_open(role)), said


def test_every_route_is_in_the_list_of_addresses_or_open_to_everybody(
    sqlite_store: Store, settings: Settings
):
    lake = Lake.open(settings)
    made = routes.all_routes(lambda: sqlite_store, lambda: lake, settings)
    lake.close()
    paths = {route.path for route in made if isinstance(route, Route | Mount)}
    assert len(made) >= len(paths) > len(OPEN) / 2
    listed = {surface.route for surface in surfaces()}
    closed = {path for path in paths if path.strip("/").partition("/")[0] not in OPEN}
    assert closed == listed, "put the route into govdash/api/surfaces.py"


def test_the_table_in_the_documents_is_this_one():
    made = script("role_tables")
    assert made.TARGET.read_text(encoding="utf-8") == made.document(), "run `make docs`"


@pytest.mark.long
@each_page
def test_the_first_request_to_a_new_server_is_judged_like_any_other(
    city: Environment, browser_of: BrowserOf, page: PageEntry
):
    """Streamlit learns of its pages by running the router; until then it knows scripts only."""
    refused = next(role for role in ROLES if page not in may_open(role))
    cookies = browser_of(refused.code).cookies
    for known in (None, cookies):
        with (
            serving(city, "cold.log") as cold,
            httpx.Client(base_url=cold, cookies=known) as browser,
        ):
            drawn = run(browser, page.url)
            if known:
                check(drawn, page, refused)
            else:
                assert "请登录" in drawn.text
                assert drawn.menu == []
