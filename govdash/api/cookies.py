"""The cookies of signing in: their names, what a browser may do with them, how they are read."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

SESSION: Final = "govdash_session"  # the token of the session
FORM: Final = "govdash_form"  # what forms are bound to, signed in or not
_LONGEST: Final = 200  # characters; ours have 43


def name_of(cookie: str, *, secure: bool) -> str:
    """Return the name under which a cookie is kept.

    With HTTPS it is ``__Host-…``, which no browser takes from plain HTTP or another host.
    """
    return f"__Host-{cookie}" if secure else cookie


def read(cookies: Mapping[str, str], cookie: str, *, secure: bool) -> str:
    """Return what the browser sent, empty without it; over HTTPS the plain name counts nothing."""
    return cookies.get(name_of(cookie, secure=secure), "")[:_LONGEST]


def put(
    response: Response, cookie: str, value: str, *, secure: bool, seconds: int | None = None
) -> None:
    """Give a cookie to the browser: not for scripts, not from other sites, for `seconds`.

    Without `seconds` it ends when the browser is closed. ``Lax``: a link in a message opens the
    page; what other sites send by themselves comes without it.
    """
    response.set_cookie(
        name_of(cookie, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop(response: Response, cookie: str, *, secure: bool) -> None:
    """Take a cookie away."""
    response.delete_cookie(
        name_of(cookie, secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )
