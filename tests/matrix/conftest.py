"""One installation with its server, and a browser of each role that has signed in there."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from govdash.core.settings import ROOT, Settings
from govdash.demo.people import CAST
from tests.installation import Environment, account, build, serving
from tests.matrix.stream import sign_in

EVENTS = 2_000
#: Requests are limited by address; the server trusts this machine to tell it.
TRUSTED = "127.0.0.1"


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return build(
        tmp_path_factory.mktemp("matrix"),
        events=EVENTS,
        IDLE_MINUTES="120",
        TRUSTED_PROXIES=TRUSTED,
    )


@pytest.fixture(scope="session")
def server(city: Environment) -> Iterator[str]:
    with serving(city, "matrix.log") as address:
        yield address


@pytest.fixture(scope="session")
def browser_of(server: str, city: Environment) -> Iterator[Callable[[str], httpx.Client]]:
    """Give the browser of the demo account of a role; each signs in once."""
    kept: dict[str, httpx.Client] = {}

    def of(role: str) -> httpx.Client:
        if role not in kept:
            login = next(cast.login for cast in CAST if cast.role == role)
            kept[role] = sign_in(server, account(city, login))
        return kept[role]

    yield of
    for browser in kept.values():
        browser.close()


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The router on `settings`, without a browser."""
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    return AppTest.from_file(str(ROOT / "govdash/web/router.py"), default_timeout=60)
