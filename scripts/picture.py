"""Takes the picture of the README from a running server: ``scripts/picture.py [ADDRESS]``."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from govdash.core.settings import Settings
from govdash.demo import people

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images" / "overview.png"
LOGIN = "duty"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def main() -> None:
    """Open the overview as a control room sees it, wait until it is painted, keep it."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501"
    TARGET.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        page.goto(f"{address}/?period=7d")
        page.fill("#login", LOGIN)
        page.fill("#password", _password())
        page.click("button")
        page.wait_for_selector('[data-test-script-state="notRunning"]', timeout=120_000)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(5_000)
        page.screenshot(path=TARGET)
        browser.close()


def _password() -> str:
    lines = people.file_of(Settings.from_environment()).read_text("utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.split()[0] == LOGIN)


if __name__ == "__main__":
    main()
