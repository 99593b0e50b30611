"""Signing in at a real provider of identities, over HTTP, from the link to the page wanted."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User as Known
from oidc_provider_mock import run_server_in_thread
from starlette.applications import Starlette
from starlette.testclient import TestClient

from govdash.access import oidc, people, roles, sessions
from govdash.access.secret import Safe
from govdash.access.signin import Door
from govdash.access.users import SYSTEM, User
from govdash.api.cookies import SESSION
from govdash.api.federated import BACK, START, STATE, federated_routes
from govdash.api.signing import signing_routes
from govdash.core.errors import Refused, SettingsError, Unavailable
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.store import Store, accounts, journal

FANG = User("fang", "方正", frozenset({Permission.ROLE_EDIT}), Scope(areas=()))
OTHER_HOST = "http://id.example.cn"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows `li-at-home` and `shen-at-home`."""
    with run_server_in_thread(
        user_claims=[Known(sub="li-at-home"), Known(sub="shen-at-home")]
    ) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def at_provider(settings: Settings, issuer: str) -> Settings:
    return replace(
        settings,
        oidc_issuer=issuer,
        oidc_client_id="govdash",
        oidc_client_secret="a secret of the provider",
        oidc_name="市统一身份认证",
    )


@pytest.fixture
def people_here(sqlite_store: Store, at_provider: Settings) -> Store:
    """`li` on duty and `shen`, an auditor; their first passwords have never been changed."""
    at = datetime.now(UTC)
    with sqlite_store.write() as session:
        roles.seed(session, at_provider.data)
        for login, role in (("li", "duty"), ("shen", "auditor")):
            people.add(session, actor=SYSTEM, login=login, name=login, at=at)
            people.give_roles(session, login, [role], actor=SYSTEM, at=at)
    return sqlite_store


def bind(store: Store, settings: Settings, login: str, told: str) -> None:
    with store.write() as session:
        identity = oidc.identity_of(settings, told)
        people.bind(session, login, identity, actor=SYSTEM, at=datetime.now(UTC))
        if people.waits(people.found(session, login)):
            people.confirm(session, login, actor=FANG, at=datetime.now(UTC))


@pytest.fixture
def browser(people_here: Store, at_provider: Settings) -> TestClient:
    made = [
        *signing_routes(lambda: people_here, at_provider),
        *federated_routes(lambda: people_here, at_provider),
    ]
    return TestClient(Starlette(routes=made), client=("10.0.0.9", 5), follow_redirects=False)


def go(browser: TestClient, wanted: str = "/map") -> str:
    """Press the link; return the provider's address."""
    answer = browser.get(START, params={"next": wanted})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def at_home(address: str, who: str) -> str:
    """Say at the provider who one is; return the path that it sends the browser back to."""
    answer = httpx.post(address, data={"sub": who})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert back.path == BACK
    return f"{back.path}?{back.query}"


def tries(store: Store) -> list[tuple[str, Result]]:
    with store.read() as session:
        lines = journal.lines(session, limit=99)
        return [(line.actor, line.result) for line in lines if line.did == "session.begin"]


def test_the_sign_in_page_offers_the_provider_where_there_is_one(browser: TestClient):
    assert "用市统一身份认证登录" in browser.get("/login", params={"next": "/map"}).text


def test_whom_the_provider_knows_and_an_administrator_bound_is_signed_in(
    browser: TestClient, people_here: Store, at_provider: Settings
):
    bind(people_here, at_provider, "li", "li-at-home")
    answer = browser.get(at_home(go(browser), "li-at-home"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/map")
    with people_here.read() as session:
        token = browser.cookies[SESSION]
        user = sessions.user_of(session, token, settings=at_provider, at=datetime.now(UTC))
        assert user.login == "li"
    assert STATE not in browser.cookies
    assert tries(people_here) == [("li", Result.DONE)]


def test_the_request_carries_pkce_state_and_nonce(browser: TestClient, at_provider: Settings):
    asked = parse_qs(urlsplit(go(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    kept = json.loads(Safe(at_provider, "oidc").unlock(browser.cookies[STATE]))
    hashed = hashlib.sha256(kept["verifier"].encode()).digest()  # RFC 7636, section 4.2
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()]
    assert asked["response_type"] == ["code"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_an_identity_that_is_bound_to_nobody_gets_nothing(browser: TestClient, people_here: Store):
    answer = browser.get(at_home(go(browser), "li-at-home"))
    assert answer.status_code == 403
    assert "没有绑定账号" in answer.text
    assert SESSION not in browser.cookies
    assert tries(people_here) == [("?", Result.REFUSED)]
    with people_here.read() as session:
        assert {a.login for a in accounts.listed(session)} == {"li", "shen"}


def test_a_closed_account_stays_closed(browser, people_here: Store, at_provider: Settings):
    bind(people_here, at_provider, "li", "li-at-home")
    with people_here.write() as session:
        people.lock(session, "li", actor=SYSTEM, at=datetime.now(UTC))
    answer = browser.get(at_home(go(browser), "li-at-home"))
    assert "账号已停用" in answer.text
    assert tries(people_here) == [("li", Result.REFUSED)]


def test_an_administrator_sets_a_second_factor_up_here_too(
    browser: TestClient, people_here: Store, at_provider: Settings
):
    bind(people_here, at_provider, "shen", "shen-at-home")
    answer = browser.get(at_home(go(browser), "shen-at-home"))
    assert answer.headers["location"].startswith("/totp?")


def test_an_answer_that_another_browser_asked_for_is_refused(
    browser: TestClient, people_here: Store, at_provider: Settings
):
    """Login CSRF: somebody is sent to our return address with the code of somebody else."""
    bind(people_here, at_provider, "li", "li-at-home")
    path = at_home(go(browser), "li-at-home")
    browser.cookies.delete(STATE)
    assert browser.get(path).status_code == 403
    go(browser)  # this browser began something else meanwhile
    answer = browser.get(path)
    assert answer.status_code == 403
    assert "不是从本浏览器开始的" in answer.text
    assert SESSION not in browser.cookies


def test_an_answer_counts_once(browser: TestClient, people_here: Store, at_provider: Settings):
    bind(people_here, at_provider, "li", "li-at-home")
    path = at_home(go(browser), "li-at-home")
    sealed = browser.cookies[STATE]
    assert browser.get(path).status_code == 303
    browser.cookies.set(STATE, sealed)
    assert browser.get(path).status_code == 403


def test_a_token_that_was_made_for_another_request_is_refused(
    browser: TestClient, people_here: Store, at_provider: Settings
):
    bind(people_here, at_provider, "li", "li-at-home")
    path = at_home(go(browser), "li-at-home")
    safe = Safe(at_provider, "oidc")
    told = json.loads(safe.unlock(browser.cookies[STATE])) | {"nonce": "x" * 43}
    browser.cookies.delete(STATE)
    browser.cookies.set(STATE, safe.lock(json.dumps(told)))
    answer = browser.get(path)
    assert answer.status_code == 403
    assert "没有通过校验" in answer.text


def test_who_takes_too_long_begins_again(people_here: Store, at_provider: Settings):
    at = datetime.now(UTC)
    begun = oidc.begin(at_provider, back="http://testserver/oidc/callback", wanted="/", at=at)
    late = at + oidc.PATIENCE + timedelta(seconds=1)
    with pytest.raises(Refused, match="太久"):
        oidc.finish(Door(people_here, at_provider), begun.sealed, {}, at=late)


def test_what_the_provider_refused_is_refused(browser: TestClient):
    state = parse_qs(urlsplit(go(browser)).query)["state"][0]
    answer = browser.get(BACK, params={"error": "access_denied", "state": state})
    assert answer.status_code == 403
    assert "没有通过" in answer.text


@pytest.mark.parametrize(
    "wanted", ["//evil.example.cn/", "https://evil.example.cn/", "/oidc/login"]
)
def test_it_goes_on_to_a_path_of_this_server_alone(
    browser: TestClient, people_here: Store, at_provider: Settings, wanted: str
):
    bind(people_here, at_provider, "li", "li-at-home")
    answer = browser.get(at_home(go(browser, wanted), "li-at-home"))
    assert answer.headers["location"] == "/"


def test_a_provider_that_is_away_is_said_to_be_away(people_here: Store, at_provider: Settings):
    away = replace(at_provider, oidc_issuer="http://127.0.0.1:9")
    made = federated_routes(lambda: people_here, away)
    browser = TestClient(Starlette(routes=made), follow_redirects=False)
    answer = browser.get(START)
    assert answer.status_code == 503
    assert "改用密码登录" in answer.text


def test_without_a_provider_the_routes_lead_nowhere(sqlite_store: Store, settings: Settings):
    browser = TestClient(Starlette(routes=federated_routes(lambda: sqlite_store, settings)))
    assert browser.get(START).status_code == 404
    assert browser.get(BACK).status_code == 404


def test_an_identity_is_of_one_account(people_here: Store, at_provider: Settings):
    bind(people_here, at_provider, "li", "li-at-home")
    with pytest.raises(Exception, match="已绑定账号“li”"):
        bind(people_here, at_provider, "shen", "li-at-home")


def test_the_settings_are_whole_and_the_provider_is_asked_over_https(settings: Settings):
    said = {"GOVDASH_VAR": str(settings.var), "GOVDASH_OIDC_ISSUER": "https://id.example.cn"}
    with pytest.raises(SettingsError, match="GOVDASH_OIDC_CLIENT_ID"):
        Settings.from_environment(said)
    whole = said | {"GOVDASH_OIDC_CLIENT_ID": "g", "GOVDASH_OIDC_CLIENT_SECRET": "s"}
    assert Settings.from_environment(whole).oidc_claim == "sub"
    with pytest.raises(SettingsError, match="https"):
        Settings.from_environment(whole | {"GOVDASH_OIDC_ISSUER": OTHER_HOST})
    with pytest.raises(Unavailable, match="不是 https"):
        oidc.require_safe(f"{OTHER_HOST}/token")
