"""A real server on a small demo city, and a real browser that can reach nothing but it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, StorageState, sync_playwright

from govdash.core.settings import ROOT
from tests.browser.signing import sign_in
from tests.browser.visit import Visit
from tests.conftest import CHROMIUM

EVENTS = 6_000
ARTEFACTS = ROOT / "tests" / "artefacts"
CHROMIUM_FLAGS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-background-networking",
    "--disable-component-update",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an installation with a small demo city."""
    return demo_city(tmp_path_factory.mktemp("city"), EVENTS)


@pytest.fixture(scope="session")
def server(city: dict[str, str]) -> Iterator[str]:
    """The address of a running server, ready to work."""
    with serving(city, "server.log") as address:
        yield address


def demo_city(var: Path, events: int) -> dict[str, str]:
    """Build a demo city in `var`; return the environment of its installation."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GOVDASH_")}
    environment |= {
        "GOVDASH_VAR": str(var),
        "GOVDASH_DEMO_RATE": "60",
        "GOVDASH_IDLE_MINUTES": "120",
    }
    for command in (["init"], ["demo", "--events", str(events), "--seed", "7"]):
        done = subprocess.run(
            [sys.executable, "-m", "govdash", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return environment


@contextmanager
def serving(city: dict[str, str], log_name: str) -> Generator[str]:
    """Run a server on an installation; give its address when it is ready to work."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    ARTEFACTS.mkdir(exist_ok=True)
    with (ARTEFACTS / log_name).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "govdash", "serve", "--port", str(port)],
            cwd=ROOT,
            env=city,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_ready(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while True:
        assert process.poll() is None, "the server stopped; see tests/artefacts/server.log"
        assert time.monotonic() < end, "the server did not get ready"
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError):
            pass
        time.sleep(0.3)


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
def signed_in(browser: Browser, server: str, city: dict[str, str]) -> Callable[[str], StorageState]:
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
