"""What is wrong with a drawn page, by its geometry: words cut off, words over words."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_suffix(".js")


def trouble(page: Page) -> list[str]:
    """Return the texts that are cut without an ellipsis, and pairs that lie over one another.

    Names on maps are painted, not set, and are not seen here; the map itself keeps them apart.
    """
    return page.evaluate(SCRIPT.read_text("utf-8"))
