"""Signing in over HTTP: forms that only our pages can send, cookies, steps, the gate."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from govdash.access import passwords, people, roles, signin, totp
from govdash.access.scope import Scope
from govdash.access.users import SYSTEM, User
from govdash.api import routes
from govdash.api.gate import SignedInOnly
from govdash.api.visit import local_path
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.lake import Lake
from govdash.store import Store, accounts, journal, signing

PASSWORD = "Liang-Feng-2047"
NEW = "Ming-Yue-Song-88"
FANG = User("fang", "方正", frozenset({Permission.ROLE_EDIT}), Scope(areas=()))
HTML = {"accept": "text/html"}


async def secret(_request: Request) -> Response:
    return PlainTextResponse("inside")


@pytest.fixture
def house(sqlite_store: Store, settings: Settings) -> Iterator[Starlette]:
    """`li` is on duty, `shen` an auditor without a second factor yet; pages behind the gate."""
    at = datetime.now(UTC)
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
        for login, role in (("li", "duty"), ("shen", "auditor")):
            account = accounts.add_account(session, login=login, name=login, roles=(role,), at=at)
            passwords.put(session, account, PASSWORD, at=at, must_change=False)
    lake = Lake.open(settings)
    made = routes.all_routes(lambda: sqlite_store, lambda: lake, settings)
    inside = [Route(path, secret) for path in ("/map", "/media/{file}", "/_stcore/upload_file")]
    yield Starlette(
        routes=[*made, *inside],
        middleware=[Middleware(SignedInOnly, lambda: sqlite_store, settings)],
    )
    lake.close()


@pytest.fixture
def browser(house: Starlette) -> TestClient:
    return TestClient(house, client=("10.0.0.9", 5), follow_redirects=False)


def field(text: str, name: str = "form") -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', text)
    assert found, text
    return found[1]


def send(browser: TestClient, path: str, *, wanted: str = "/map", **sent: str):
    """Open a form and send it, as a person does."""
    form = browser.get(path, params={"next": wanted}).text
    return browser.post(path, data={"form": field(form), "next": wanted, **sent})


def log_in(browser: TestClient, login: str = "li", password: str = PASSWORD):
    return send(browser, "/login", login=login, password=password)


def code_of(store: Store, settings: Settings, login: str, *, later: int = 0) -> str:
    with store.read() as session:
        account = people.found(session, login)
        at = datetime.now(UTC) + timedelta(seconds=later)
        return totp.present_code(account, settings=settings, at=at)


def test_signing_in_leads_to_where_one_wanted_to_go(browser: TestClient):
    away = browser.get("/map?period=30d", headers=HTML)
    assert (away.status_code, away.headers["location"]) == (
        303,
        "/login?next=%2Fmap%3Fperiod%3D30d",
    )
    done = log_in(browser)
    assert (done.status_code, done.headers["location"]) == (303, "/map")
    assert browser.get("/map", headers=HTML).text == "inside"
    assert browser.get("/login", params={"next": "/map"}).headers["location"] == "/map"


def test_the_session_cookie_is_not_for_scripts_nor_other_sites_and_secure_over_https(house):
    plain = TestClient(house, follow_redirects=False)
    told = log_in(plain).headers["set-cookie"]
    assert re.fullmatch(
        "govdash_session=[^;]{43}; HttpOnly; Path=/; SameSite=lax", told, re.IGNORECASE
    )
    safe = TestClient(house, base_url="https://city.example", follow_redirects=False)
    told = log_in(safe).headers["set-cookie"]
    assert told.startswith("__Host-govdash_session=")
    assert "; Secure" in told
    assert "Domain" not in told


def test_over_https_a_cookie_without_the_host_prefix_counts_nothing(house, browser: TestClient):
    log_in(browser)
    token = browser.cookies["govdash_session"]
    safe = TestClient(
        house, base_url="https://city.example", cookies={"govdash_session": token},
        follow_redirects=False,
    )  # fmt: skip
    assert safe.get("/map", headers=HTML).status_code == 303


def test_a_wrong_password_is_told_alike_whether_the_login_exists_and_locks_after_five(
    house: Starlette,
):
    said = {}
    for n, login in enumerate(("li", "nobody")):
        browser = TestClient(house, client=(f"10.0.1.{n}", 5))
        answers = [log_in(browser, login, "wrong") for _ in range(6)]
        said[login] = [(a.status_code, re.findall(r'role="alert">(.*?)<', a.text)) for a in answers]
    assert said["li"] == said["nobody"]
    assert said["li"][4] == (400, [signin.WRONG])
    assert said["li"][5][0] == 429


def test_a_form_that_this_browser_was_not_given_changes_nothing(
    house: Starlette, browser: TestClient, sqlite_store: Store
):
    form = browser.get("/login").text
    good = {"form": field(form), "login": "li", "password": PASSWORD}
    other = TestClient(house, client=("10.0.0.9", 5), follow_redirects=False)
    other.get("/login")
    refused = [
        browser.post("/login", data=good | {"form": "0" * 64}),
        browser.post("/login", data={k: v for k, v in good.items() if k != "form"}),
        browser.post("/login", data=good | {"form": "验"}),
        browser.post("/login", data=good, headers={"Sec-Fetch-Site": "cross-site"}),
        browser.post("/login", data=good, headers={"Sec-Fetch-Site": "same-site"}),
        browser.post("/login", data=good, headers={"Origin": "https://evil.example"}),
        browser.post("/login", data=good, headers={"Origin": "null"}),
        other.post("/login", data=good),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    with sqlite_store.read() as session:
        assert [line for line in journal.lines(session) if line.did == "session.begin"] == []


def test_a_form_of_before_signing_in_does_not_count_after_it(browser: TestClient):
    before = field(browser.get("/login").text)
    log_in(browser)
    answer = browser.post("/logout", data={"form": before})
    assert answer.status_code == 403
    assert browser.get("/map", headers=HTML).status_code == 200


def test_what_is_no_form_or_too_large_is_refused(browser: TestClient):
    browser.get("/login")
    assert browser.post("/login", json={"login": "li"}).status_code == 400
    assert browser.post("/login", data={"form": "x" * 20_000}).status_code == 400
    assert browser.post("/login", data={str(n): "" for n in range(50)}).status_code == 400


@pytest.mark.parametrize(
    "text",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "evil", "",
     "/login?next=/map", "/logout", "javascript:alert(1)", "/map\r\nX: y", "///evil.example",
     "/\t/evil.example"],
)  # fmt: skip
def test_one_is_sent_on_to_paths_of_this_server_alone(text: str):
    assert local_path(text) == "/"
    assert local_path("/map?period=30d&from=//x") == "/map?period=30d&from=//x"


def test_what_was_typed_comes_back_as_text(browser: TestClient):
    answer = send(browser, "/login", wanted='/"><script>', login='"><script>x', password="p")
    assert "<script>" not in answer.text
    assert PASSWORD not in log_in(browser, "li", PASSWORD + "x").text


def test_a_reset_password_counts_once_confirmed_and_is_changed_before_anything_else(
    browser: TestClient, sqlite_store: Store
):
    at = datetime.now(UTC)
    with sqlite_store.write() as session:
        first = people.new_password(session, "li", actor=SYSTEM, at=at)
    assert "location" not in log_in(browser, "li", first).headers
    with sqlite_store.write() as session:
        people.confirm(session, "li", actor=FANG, at=at)
    assert log_in(browser, "li", first).headers["location"] == "/password?next=%2Fmap"
    assert browser.get("/map", headers=HTML).headers["location"].startswith("/login")
    token = browser.cookies["govdash_session"]
    differ = send(browser, "/password", old=first, new=NEW, again="other")
    assert "不一样" in differ.text
    weak = send(browser, "/password", old=first, new="short", again="short")
    assert "新密码不合要求" in weak.text
    done = send(browser, "/password", old=first, new=NEW, again=NEW)
    assert done.headers["location"] == "/map"
    assert browser.cookies["govdash_session"] != token
    assert browser.get("/map", headers=HTML).status_code == 200


def test_an_administrator_sets_a_second_factor_up_and_gives_it_each_time(
    browser: TestClient, sqlite_store: Store, settings: Settings
):
    assert log_in(browser, "shen").headers["location"] == "/totp?next=%2Fmap"
    page = browser.get("/totp?next=/map").text
    assert "<svg" in page
    wrong = send(browser, "/totp", code="000000")
    assert "验证码不对" in wrong.text
    token = browser.cookies["govdash_session"]
    code = code_of(sqlite_store, settings, "shen")
    done = send(browser, "/totp", code=code)
    assert done.headers["location"] == "/map"
    assert browser.cookies["govdash_session"] != token
    again = TestClient(browser.app, client=("10.0.0.9", 5), follow_redirects=False)
    assert log_in(again, "shen").headers["location"] == "/totp?next=%2Fmap"
    page = again.get("/totp").text
    assert "<svg" not in page
    assert "验证码不对或已用过" in send(again, "/totp", code=code).text
    later = code_of(sqlite_store, settings, "shen", later=30)
    assert send(again, "/totp", code=later).headers["location"] == "/map"


def test_anybody_may_set_a_second_factor_up_and_their_other_sessions_wait_for_it(
    browser: TestClient, house: Starlette, sqlite_store: Store, settings: Settings
):
    log_in(browser)
    elsewhere = TestClient(house, client=("10.0.0.8", 5), follow_redirects=False)
    log_in(elsewhere)
    assert 'href="/totp?next=%2Fmap"' in browser.get("/sessions?next=/map").text
    assert "<svg" in browser.get("/totp?next=/map").text
    assert "不启用，返回" in browser.get("/totp?next=/map").text
    code = code_of(sqlite_store, settings, "li")
    assert send(browser, "/totp", code=code).headers["location"] == "/map"
    assert browser.get("/map", headers=HTML).status_code == 200
    assert elsewhere.get("/map", headers=HTML).headers["location"].startswith("/login")
    assert elsewhere.get("/login?next=/map").headers["location"] == "/totp?next=%2Fmap"
    assert browser.get("/totp?next=/map").headers["location"] == "/map"
    assert "启用动态验证码" not in browser.get("/sessions").text


def test_signing_out_ends_the_session_in_every_tab_and_takes_the_cookie(
    house: Starlette, browser: TestClient
):
    log_in(browser)
    token = browser.cookies["govdash_session"]
    assert browser.get("/logout").status_code == 200  # a link alone ends nothing
    assert browser.get("/map", headers=HTML).status_code == 200
    done = send(browser, "/logout")
    assert done.headers["location"] == "/login?next=%2Fmap"
    assert "govdash_session" not in browser.cookies
    tab = TestClient(house, cookies={"govdash_session": token}, follow_redirects=False)
    assert tab.get("/map", headers=HTML).status_code == 303


def test_signing_in_anew_ends_the_session_that_the_browser_had(
    house: Starlette, browser: TestClient, sqlite_store: Store
):
    log_in(browser)
    first = browser.cookies["govdash_session"]
    form = browser.get("/logout").text
    browser.post("/login", data={"form": field(form), "login": "li", "password": PASSWORD})
    assert browser.cookies["govdash_session"] != first
    tab = TestClient(house, cookies={"govdash_session": first}, follow_redirects=False)
    assert tab.get("/map", headers=HTML).status_code == 303
    with sqlite_store.read() as session:
        told = [(x.did, x.result) for x in journal.lines(session) if x.did.startswith("session")]
    assert told == [("session.end", Result.DONE)] + [("session.begin", Result.DONE)] * 2


def test_one_sees_where_one_is_signed_in_and_ends_it_elsewhere(
    house: Starlette, browser: TestClient, sqlite_store: Store
):
    log_in(browser)
    other = TestClient(house, client=("10.0.0.7", 5), follow_redirects=False)
    log_in(other)
    shown = browser.get("/sessions").text
    assert "登录在 2 处" in shown
    assert "10.0.0.7" in shown
    assert "已结束其他 1 处登录" in send(browser, "/sessions").text
    assert other.get("/map", headers=HTML).status_code == 303
    assert browser.get("/map", headers=HTML).status_code == 200
    with sqlite_store.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.actor, line.detail) == ("user.sessions", "li", {"sessions_ended": 1})


@pytest.mark.parametrize("path", ["/map", "/media/x.csv", "/_stcore/upload_file", "/nothing"])
def test_what_is_not_open_to_everybody_is_closed(browser: TestClient, path: str):
    answer = browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
    assert browser.get(path, headers=HTML).status_code == 303


def test_what_is_open_stays_open(browser: TestClient):
    for path in ("/healthz", "/metrics", "/login", "/static-maplibre/maplibre-gl.js"):
        assert browser.get(path).status_code == 200


def test_a_page_that_is_opened_is_activity_and_what_it_fetches_is_not(
    browser: TestClient, sqlite_store: Store, settings: Settings
):
    log_in(browser)

    def back(minutes: int) -> None:
        """Let the last activity have been so many minutes ago."""
        with sqlite_store.write() as session:
            account = people.found(session, "li")
            [row] = signing.open_of_user(session, account.id, at=datetime.now(UTC))
            row.active_at = datetime.now(UTC) - timedelta(minutes=minutes)

    def idle() -> float:
        with sqlite_store.read() as session:
            account = people.found(session, "li")
            [row] = signing.open_of_user(session, account.id, at=datetime.now(UTC))
            return (datetime.now(UTC) - row.active_at) / timedelta(minutes=1)

    back(14)
    assert browser.get("/media/x.csv").status_code == 200
    assert idle() > 13
    assert browser.get("/map", headers=HTML).status_code == 200
    assert idle() < 1
    back(settings.idle_minutes)
    assert browser.get("/media/x.csv").status_code == 401
    assert browser.get("/map", headers=HTML).status_code == 303


def test_another_site_cannot_use_the_cookie_to_take_data_out(browser: TestClient):
    log_in(browser)
    path = "/api/v1/exports/events.csv"
    assert browser.get(path).status_code == 200
    answer = browser.get(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    browser.cookies.clear()
    answer = browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
