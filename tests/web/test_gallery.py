"""The page of parts: in a demo by its address, nowhere else."""

from datetime import UTC, datetime
from secrets import token_urlsafe

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import roles
from govdash.core.settings import Settings
from govdash.store import Store, accounts
from govdash.web import registry
from tests.signed import signed_app


def test_the_parts_are_shown_in_a_demo_and_not_in_production(
    seeded: AppTest, sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    with sqlite_store.write() as session:
        roles.seed(session, settings.data)
        accounts.add_account(
            session, login="li", name="李敏", roles=("duty",), whole_city=True, at=datetime.now(UTC)
        )
    app = signed_app(seeded, sqlite_store, settings, "li").run()
    app.switch_page(str(registry.entry_of("gallery").path)).run()
    assert not app.exception
    assert not app.error
    app.button(key="gallery_open").click().run()
    assert not app.exception
    monkeypatch.setenv("GOVDASH_MODE", "production")
    for name in ("SECRET", "CONTACT", "PERSON", "AUDIT"):
        monkeypatch.setenv(f"GOVDASH_{name}_KEY", token_urlsafe(40))
    app.run()
    assert "只在演示环境" in app.error[0].value
    assert not [button for button in app.button if button.key == "gallery_open"]
