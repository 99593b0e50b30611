"""Measures what people wait for: first paint, a change of page, a change of filter, in Chromium.

``python -m benchmarks pages [--events 300000] [--var FOLDER]``: builds a demo city (minutes), or
takes the one in FOLDER. Medians of five. The second table is the reason for
``runner.postScriptGC = false``: how long a run of a page takes with many people at once.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.signing import sign_in
from tests.browser.visit import AT_REST, Visit
from tests.conftest import CHROMIUM
from tests.installation import Environment, account, build, serving
from tests.matrix import stream

SIZE = (1920, 1080)
TIMES = 5
PEOPLE, RUNS = 10, 8
#: What a page must have drawn to be of use: its figures, and the last of its cards.
FIGURES, LAST = ".gd-strip .gd-kpi", ".st-key-overview_streets"
LIMITS = {"cold": 3.0, "page": 1.0, "filter": 0.8}


def main() -> None:
    """Build or take the city, serve it, measure."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--events", type=int, default=300_000)
    wanted.add_argument("--var", type=Path)
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.var:
            city = {**os.environ, "GOVDASH_VAR": str(asked.var)}
        else:
            city = build(Path(folder), events=asked.events)
        city |= {"GOVDASH_IDLE_MINUTES": "120", "GOVDASH_WORKER": "outside"}
        browser_times(city)
        for collects in ("true", "false"):
            times = run_times(city | {"STREAMLIT_RUNNER_POST_SCRIPT_GC": collects})
            told = (
                f"p50 {statistics.median(times):.2f} s, p95 {times[int(len(times) * 0.95)]:.2f} s"
            )
            print(f"{PEOPLE} people, runner.postScriptGC = {collects}: {told}", flush=True)


def browser_times(city: Environment) -> None:
    """Print the three times that the issue bounds, and how long until everything is drawn."""
    with serving(city, "pages.log") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        first = Visit.begin(browser, address, SIZE)
        sign_in(first, city, "duty")
        state = first.context.storage_state()
        cold = [cold_paint(browser, address, state) for _ in range(TIMES)]
        say("cold first paint, figures", [figures for figures, _ in cold], LIMITS["cold"])
        say("cold, every card", [whole for _, whole in cold], None)
        page = first.page
        for url, drawn in (("timeline", ".st-key-card_band .js-plotly-plot"), ("", LAST)):
            times = [change_page(page, url, drawn) for _ in range(TIMES)]
            say(f"warm navigation to {url or 'overview'}", times, LIMITS["page"])
        say("filter change", change_filter(page), LIMITS["filter"])
        browser.close()


def cold_paint(browser: Browser, address: str, state: StorageState) -> tuple[float, float]:
    """Open the overview in a profile without a cache."""
    visit = Visit.begin(browser, address, SIZE, state)
    begin = time.perf_counter()
    visit.page.goto(address)
    visit.page.wait_for_selector(FIGURES)
    figures = time.perf_counter() - begin
    visit.page.wait_for_selector(LAST)
    whole = time.perf_counter() - begin
    visit.context.close()
    return figures, whole


def change_page(page: Page, url: str, drawn: str) -> float:
    """Go to a page by the menu, from another."""
    page.get_by_test_id("stTopNavSection").filter(has_text="监测").click()
    link = page.get_by_test_id("stTopNavDropdownLink")
    link.filter(has_text="一张图").click()
    page.wait_for_selector(".st-key-card_citymap")
    page.wait_for_selector(AT_REST)
    page.wait_for_timeout(1500)
    page.get_by_test_id("stTopNavSection").filter(has_text="监测").click()
    begin = time.perf_counter()
    link.filter(has_text="时间线" if url else "态势总览").click()
    page.wait_for_selector(drawn)
    return time.perf_counter() - begin


def change_filter(page: Page) -> list[float]:
    """Choose other periods on the overview; until its figures say so."""
    times = []
    for label in ("近7天", "近30天", "今日") * 2:
        page.wait_for_selector(AT_REST)
        page.wait_for_timeout(1500)
        begin = time.perf_counter()
        page.get_by_role("radio", name=label, exact=True).or_(
            page.get_by_role("button", name=label, exact=True)
        ).first.click()
        page.locator(".gd-kpi-label", has_text=f"{label}事件").first.wait_for()
        times.append(time.perf_counter() - begin)
    return times


def say(what: str, times: list[float], limit: float | None) -> None:
    """Print a median beside its limit."""
    median = statistics.median(times)
    bound = f" (limit {limit:.1f} s{'' if median <= limit else ', over'})" if limit else ""
    print(f"{what}: {median:.2f} s{bound}", flush=True)


def run_times(city: Environment) -> list[float]:
    """Let several people run a page at once; return how long each run took, sorted."""
    with serving(city, "pages.log") as address:
        browsers = [stream.sign_in(address, account(city, "duty")) for _ in range(1)]
        tabs = [stream.Tab(browsers[0]) for _ in range(PEOPLE)]
        for tab in tabs[:2]:  # fills the caches
            tab.open("timeline", "period=30d")
        times: list[float] = []

        def work(tab: stream.Tab) -> None:
            for _ in range(RUNS):
                begin = time.perf_counter()
                tab.open("timeline", "period=30d")
                times.append(time.perf_counter() - begin)

        _together([lambda tab=tab: work(tab) for tab in tabs])
    return sorted(times)


def _together(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
