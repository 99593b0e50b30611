"""Who is signed in, in this browser tab; and what stands there when nobody is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from govdash.access import User, sessions, signin
from govdash.access.profile import Profile, profile_of
from govdash.api import cookies
from govdash.api.visit import login_path
from govdash.core.errors import GovDashError, SignedOut
from govdash.core.origin import Origin, new_request_id
from govdash.core.settings import Settings
from govdash.store import Session
from govdash.web import menu, resources
from govdash.web.parts import el, plain, show

TOKEN: Final = "gd_session"  # noqa: S105 # nosec B105 # where page tests keep a real token
OWNER: Final = "gd_owner"  # whose tab this is: the login that opened it
LOOK_SECONDS: Final = 15  # how often an open page asks whether its session still counts


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever looks at this run of the page."""

    user: User
    profile: Profile
    settings: Settings


def origin() -> Origin:
    """Return from where this session acts; Streamlit knows no address on this machine itself."""
    address = st.context.ip_address
    return Origin(address if isinstance(address, str) else "", new_request_id(), "page")


def token() -> str:
    """Return the token of the session: of this run's state, else of the browser's cookie."""
    kept = st.session_state.get(TOKEN)
    if isinstance(kept, str) and kept:
        return kept
    secure = str(st.context.headers.get("Origin") or "").startswith("https:")
    sent = cookies.read(st.context.cookies, cookies.SESSION, secure=secure)
    return sent if isinstance(sent, str) else ""  # a page test has no browser


def user_now(session: Session, settings: Settings, *, at: datetime) -> User:
    """Return who is signed in, as permissions and scope are now.

    Raises
    ------
    SignedOut
        When nobody is, or not any more; and when the tab was opened by somebody else.
    """
    user = sessions.user_of(session, token(), settings=settings, at=at)
    _require_own_tab(user)
    return user


def _require_own_tab(user: User) -> None:
    """Keep what one account left in a tab (drafts, files chosen, texts) from the next one.

    A browser that comes back after a pause takes its tab up again with all its state, though
    somebody else may have signed in at it meanwhile.
    """
    if st.session_state.setdefault(OWNER, user.login) == user.login:
        return
    for key in [key for key in st.session_state if key not in {OWNER, TOKEN}]:
        del st.session_state[key]
    raise SignedOut("本页由另一个账号打开，其中填写的内容已清除；请刷新页面，或重新登录。")


def visitor() -> Visitor:
    """Return who is signed in; draw nothing but the way to sign in when nobody is, and stop."""
    try:
        settings = resources.settings()
        with resources.store(settings).read() as session:
            at = datetime.now(UTC)
            user = user_now(session, settings, at=at)
            signed = sessions.validate(session, token(), settings=settings, at=at)
            return Visitor(user, profile_of(session, signed), settings)
    except SignedOut as error:
        said = str(error)
        menu.closed(lambda: say_signed_out(said)).run()
    except GovDashError as error:
        st.error(plain(error), icon=":material/error:")
    return st.stop()


def say_signed_out(said: str) -> None:
    """Say that nobody is signed in, and lead to where one can be; no data stands beside it."""
    with st.container(key="gd_signed_out"):
        show(el("h1", "请登录", cls="gd-h1"))
        show(el("p", said))
        show(el("a", "登录", href=login_path(_here()), target="_self", cls="gd-button"))


def sign_out() -> None:
    """End the session everywhere; a button's ``on_click``."""
    settings = resources.settings()
    store = resources.store(settings).acting(origin())
    signin.sign_out(store, token(), at=datetime.now(UTC))


@st.fragment(run_every=LOOK_SECONDS)
def watch() -> None:
    """Look whether the session still counts; when not, the whole page is drawn anew without data.

    Looking is no activity. Pages that refresh themselves look at each tick besides.
    """
    try:
        settings = resources.settings()
        with resources.store(settings).read() as session:
            user_now(session, settings, at=datetime.now(UTC))
    except SignedOut:
        st.rerun()
    except GovDashError:
        pass  # the page's own parts say what is wrong with the database


def _here() -> str:
    """Return the path of the present page with its parameters."""
    address = st.context.url  # None without a browser
    parts = urlsplit(address if isinstance(address, str) else "/")
    query = "&".join(f"{name}={value}" for name, value in st.query_params.items())
    return (parts.path or "/") + (f"?{query}" if query else "")
