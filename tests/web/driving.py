"""A page as a person meets it in a test: nothing failed, what is drawn, a button pressed."""

from streamlit.testing.v1 import AppTest


def well(app: AppTest) -> AppTest:
    """Return the run page when nothing in it failed."""
    assert not app.exception, app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button of that label, and run the page."""
    found = [button for button in app.button if button.label == label]
    assert found, f"no button {label}, only {[b.label for b in app.button]}"
    return well(found[0].click().run())


def drawn(app: AppTest) -> str:
    """Return the markup that the page has drawn."""
    return " ".join(str(piece.proto.body) for piece in app.get("html"))
