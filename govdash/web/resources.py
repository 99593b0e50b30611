"""What one process keeps for all sessions: the store and the lake, opened and checked once."""

import streamlit as st

from govdash.core.errors import GovDashError
from govdash.core.origin import Origin
from govdash.core.settings import Settings
from govdash.lake import Lake
from govdash.store import Store


def settings() -> Settings:
    """Read the settings of this process; reading takes microseconds, so nothing is kept."""
    return Settings.from_environment()


def store(chosen: Settings) -> Store:
    """Return the opened store, once it is known to hold the present schema.

    Raises
    ------
    NotReady
        When there is no database yet, or it must be migrated first.
    """
    return _store(chosen.database_url, chosen)


@st.cache_resource(show_spinner=False)
def _store(database_url: str, _settings: Settings) -> Store:  # noqa: ARG001  # the key
    # An error is not cached, so the page works as soon as `govdash init` has run.
    opened = Store.of(_settings, origin=Origin(via="page"))
    try:
        opened.require_schema()
    except GovDashError:
        opened.close()
        raise
    return opened


def lake(chosen: Settings) -> Lake:
    """Return the lake of these settings, opened once in the process."""
    return _lake(str(chosen.lake), chosen)


@st.cache_resource(show_spinner=False)
def _lake(folder: str, _settings: Settings) -> Lake:  # noqa: ARG001  # the key
    return Lake.open(_settings)
