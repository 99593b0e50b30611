"""The router script run without a browser, on a small seeded installation."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import seed_local_operator
from govdash.core.settings import ROOT, Settings
from govdash.store import Store
from tests.signed import signed_app

ROUTER = str(ROOT / "govdash" / "web" / "router.py")


@pytest.fixture
def tab(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """What opens one more tab of the router on `settings`, which may hold nothing yet."""
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    return lambda: AppTest.from_file(ROUTER, default_timeout=60)


@pytest.fixture
def app(tab: Callable[[], AppTest]) -> AppTest:
    """A tab of the router."""
    return tab()


@pytest.fixture
def seeded(app: AppTest, sqlite_store: Store, settings: Settings, now) -> AppTest:
    """The router on a migrated store, with an operator who has signed in."""
    with sqlite_store.write() as session:
        seed_local_operator(session, at=now)
    return signed_app(app, sqlite_store, settings)
