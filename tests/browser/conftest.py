"""A real server on a small demo city, and a real browser that can reach nothing but it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, StorageState, sync_playwright

from govdash.core.settings import Settings
from govdash.store import Store, areas
from govdash.workflow import rules, signals
from tests.browser.signing import sign_in
from tests.browser.visit import Visit
from tests.conftest import CHROMIUM
from tests.installation import ARTEFACTS, Environment, build, serving
from tests.workflow.conftest import a_finding

EVENTS = 6_000
CHROMIUM_FLAGS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-background-networking",
    "--disable-component-update",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment of an installation with a small demo city."""
    return demo_city(tmp_path_factory.mktemp("city"), EVENTS)


def demo_city(var: Path, events: int) -> Environment:
    """Build a demo city that lives on; one session of each account serves all tests."""
    return build(var, events=events, DEMO_RATE="60", IDLE_MINUTES="120")


@pytest.fixture(scope="session")
def waiting(city: Environment) -> None:
    """Eight alerts wait, at whatever hour this runs: streets of the city, each of its own."""
    at = datetime.now(UTC)
    with Store.of(Settings.from_environment(city)).write() as session:
        rule = next(one for one in rules.current(session) if one.code == "street-category")
        streets = [path for path in areas.names(session) if path.count("/") == 4]
        for street, category in zip(streets[::6], cycle(("A-06010", "A-01003", "A-02001"))):
            found = a_finding(area_path=street, category=category, day=at.date())
            signals.raise_alert(session, found, rule, at=at)


@pytest.fixture(scope="session")
def server(city: Environment) -> Iterator[str]:
    """The address of a running server, ready to work."""
    with serving(city) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is missing: apt-get install chromium, or run `make test`"
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(params=[(1920, 1080), (1366, 768)], ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The two screens that a control room has."""
    return request.param


@pytest.fixture(scope="session")
def signed_in(browser: Browser, server: str, city: Environment) -> Callable[[str], StorageState]:
    """Sign a demo account in with the form, once; return the cookies that its browser got."""
    kept: dict[str, StorageState] = {}

    def state(login: str) -> StorageState:
        if login not in kept:
            visit = Visit.begin(browser, server, (1366, 768))
            sign_in(visit, city, login)
            kept[login] = visit.context.storage_state()
            visit.end()
        return kept[login]

    return state


@pytest.fixture
def visit(
    browser: Browser,
    server: str,
    size: tuple[int, int],
    signed_in: Callable[[str], StorageState],
    request: pytest.FixtureRequest,
) -> Iterator[Visit]:
    """A fresh browser profile of somebody signed in: every page is a cold deep link.

    Who it is, a test says by ``@pytest.mark.login("analyse")``; else the duty officer. When the
    test is over, no request may have gone beyond this machine and no script have failed.
    """
    mark = request.node.get_closest_marker("login")
    state = signed_in(mark.args[0] if mark else "duty")
    visited = Visit.begin(browser, server, size, state)
    yield visited
    name = request.node.name.translate(str.maketrans("[]/:", "----")).strip("-")
    visited.settle()
    visited.page.screenshot(path=ARTEFACTS / f"{name}.png")
    visited.end()
