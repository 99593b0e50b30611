"""Left alone for a long time with a stream of events, server and screen stay as they were."""

import os
import time
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser.test_wall import begin, new_token
from tests.browser.visit import Visit
from tests.installation import ARTEFACTS, Environment

MINUTES = float(os.environ.get("GOVDASH_SOAK_MINUTES", "20"))
WALL_MINUTES = float(os.environ.get("GOVDASH_WALL_MINUTES", "60"))
WARM = 0.25  # the part of it in which caches fill
MEGABYTE = 1024 * 1024


def metric(address: str, name: str) -> float:
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(2 * 3600)
def test_a_screen_left_open_costs_no_memory_and_goes_on_showing_what_comes(
    browser: Browser, server: str, signed_in: Callable[[str], StorageState]
):
    state = signed_in("duty")
    overview, wall = (Visit.begin(browser, server, (1920, 1080), state) for _ in range(2))
    overview.go("overview")
    wall.go("map")
    first_rows = metric(server, "govdash_event_versions")
    end = time.monotonic() + 60 * MINUTES
    resident: list[float] = []
    heap: list[float] = []
    while time.monotonic() < end:
        overview.page.wait_for_timeout(15_000)
        resident.append(metric(server, "process_resident_memory_bytes") / MEGABYTE)
        heap.append(overview.page.evaluate("() => performance.memory.usedJSHeapSize") / MEGABYTE)
    overview.rest()
    wall.rest()
    warm = int(len(resident) * WARM)
    late = len(resident) - warm
    grown = max(resident[late:]) - max(resident[: warm + 1])
    shown = max(heap[late:]) - max(heap[: warm + 1])
    assert grown < 200, f"server: {resident}"
    assert shown < 100, f"browser: {heap}"
    assert metric(server, "govdash_event_versions") > first_rows
    assert "Traceback" not in (ARTEFACTS / "server.log").read_text(encoding="utf-8")
    overview.end()
    wall.end()


#: Every timer of the page twenty times as fast: a quarter of an hour in 45 seconds.
FASTER = """() => {
  for (const name of ["setInterval", "setTimeout"]) {
    const plain = window[name];
    window[name] = (act, after, ...more) => plain(act, after >= 1000 ? after / 20 : after, ...more);
  }
}"""


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(2 * 3600)
def test_an_hour_on_the_wall_at_twenty_times_the_refresh_costs_the_browser_no_memory(
    browser: Browser, server: str, city: Environment
):
    """``GOVDASH_WALL_MINUTES`` is how long; the heap is measured after a collection."""
    visit = begin(browser, server, (1920, 1080), new_token(city, "大厅"))
    visit.context.add_init_script(f"({FASTER})()")
    visit.go("?wall=1&period=7d")
    devtools = visit.context.new_cdp_session(visit.page)
    end = time.monotonic() + 60 * WALL_MINUTES
    heap: list[float] = []
    nodes: list[int] = []
    while time.monotonic() < end:
        visit.page.wait_for_timeout(10_000)
        devtools.send("HeapProfiler.collectGarbage")
        heap.append(devtools.send("Runtime.getHeapUsage")["usedSize"] / MEGABYTE)
        nodes.append(devtools.send("Memory.getDOMCounters")["nodes"])
    late = max(1, len(heap) // 4)
    print(f"heap {heap[0]:.0f} … {heap[-1]:.0f} MB, nodes {nodes[0]} … {nodes[-1]}")
    assert min(heap[-late:]) - min(heap[: late + 1]) < 20, heap
    assert min(nodes[-late:]) < 2 * min(nodes[: late + 1]), nodes
    visit.page.locator(".gd-strip").wait_for()
    visit.context.close()
