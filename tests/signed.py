"""The token of a real session, for tests of what somebody does who has signed in."""

from datetime import UTC, datetime

from streamlit.testing.v1 import AppTest

from govdash.access import sessions, totp
from govdash.access.users import LOCAL_OPERATOR
from govdash.api.cookies import SESSION
from govdash.core.origin import NOWHERE
from govdash.core.settings import Settings
from govdash.store import Store, accounts
from govdash.web.signed import TOKEN


def sign_in(store: Store, settings: Settings, login: str = LOCAL_OPERATOR) -> str:
    """Begin a session of an account; who needs a second factor has given one."""
    at = datetime.now(UTC)
    with store.write() as session:
        account = accounts.account(session, login)
        assert account is not None
        token = sessions.begin(session, account, at=at, origin=NOWHERE, agent="test")
        if sessions.needs_factor(session, account):
            if account.totp_on_at is None:
                totp.propose(session, login, settings=settings)
                account.totp_on_at = at
            token = sessions.rotate(session, token, at=at, factor=True)
    return token


def signed_app(
    app: AppTest, store: Store, settings: Settings, login: str = LOCAL_OPERATOR
) -> AppTest:
    """Let a page test act as a person who has signed in."""
    app.session_state[TOKEN] = sign_in(store, settings, login)
    return app


def cookie(token: str) -> dict[str, str]:
    """Return the session cookie of a request over plain HTTP."""
    return {SESSION: token}
