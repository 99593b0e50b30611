"""One visit to the server in a fresh browser profile, with everything that went wrong in it."""

from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Response,
    StorageState,
    expect,
)

#: Streamlit says on its root element whether a script runs.
AT_REST = '[data-testid="stApp"][data-test-script-state="notRunning"]'
SECONDS = 60_000  # milliseconds; a machine with two busy cores is slow, not wrong


@dataclass
class Visit:
    """A page, what it asked for, and what failed in it."""

    context: BrowserContext
    page: Page
    server: str
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)  # answers that say no, as they should

    @classmethod
    def begin(
        cls,
        browser: Browser,
        server: str,
        size: tuple[int, int],
        state: StorageState | None = None,
        *,
        theme: Literal["light", "dark"] = "light",
    ) -> Self:
        """Open an empty page in a new profile; `state` holds the cookies of who has signed in."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            timezone_id="UTC",
            storage_state=state,
            color_scheme=theme,
        )
        context.set_default_timeout(SECONDS)
        page = context.new_page()
        visit = cls(context, page, server)
        context.on("request", lambda request: visit.requests.append(request.url))
        page.on("websocket", lambda socket: visit.requests.append(socket.url))
        page.on("pageerror", lambda error: visit.failures.append(str(error)))
        page.on("response", visit.note)
        page.on("console", visit.note_violation)
        page.on("dialog", visit.note_dialog)
        return visit

    def note(self, response: Response) -> None:
        """Keep answers that say no.

        On a deep link Streamlit's browser side looks for its server below the page's own path
        first, and finds none there.
        """
        probing = urlsplit(response.url).path.count("/") > 2 and "/_stcore/" in response.url
        if response.status >= 400 and not probing and response.status not in self.expected:
            self.failures.append(f"{response.status} {response.url}")

    def note_violation(self, message: ConsoleMessage) -> None:
        """Keep what the browser refused because of the Content-Security-Policy."""
        if "Content Security Policy" in message.text:
            self.failures.append(message.text)

    def note_dialog(self, dialog: Dialog) -> None:
        """No page opens a dialog of the browser; a script that slipped in would."""
        self.failures.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def go(self, path: str) -> None:
        """Open `path` and wait until it is drawn."""
        self.page.goto(f"{self.server}/{path}")
        self.rest()

    def rest(self) -> None:
        """Wait until nothing runs and nothing is stale, and check that no error is shown."""
        self.page.wait_for_selector(AT_REST)
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SECONDS)
        for box in ("stException", "stAlertContentError"):
            found = self.page.get_by_test_id(box)
            assert found.count() == 0, found.first.inner_text()

    def settle(self) -> None:
        """Wait until what was asked for has come and is painted, for the picture."""
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(1500)  # a map fades in

    def title(self) -> str:
        """Return the heading of the page."""
        return self.page.locator("h1").first.inner_text()

    def text(self) -> str:
        """Return everything that can be read."""
        return self.page.locator("body").inner_text()

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        return self.page.evaluate(
            "() => Math.max(0, ...[document.scrollingElement,"
            " document.querySelector('[data-testid=stMain]')]"
            ".filter(Boolean).map(e => e.scrollWidth - e.clientWidth))"
        )

    def end(self) -> None:
        """Close the profile; fail when something went wrong or left this machine."""
        self.context.close()
        afar = [u for u in self.requests if urlsplit(u).hostname not in {"127.0.0.1", None}]
        assert afar == []
        assert self.failures == []
