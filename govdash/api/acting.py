"""Who acts in an HTTP request: the owner of an API key, or who is signed in; else nobody."""

from dataclasses import replace
from datetime import datetime

from starlette.requests import Request

from govdash.access import User, acts, sessions
from govdash.access.keys import KeyRefused, prefix_of, user_of_key
from govdash.api import forms
from govdash.api.origin import origin_of
from govdash.api.visit import session_token
from govdash.core.errors import BadKey, Refused
from govdash.core.settings import Settings
from govdash.core.vocab import Result
from govdash.store import Store, journal

_SCHEME = "bearer"
_SUBJECT = 120  # characters of a path that the journal holds


def acting(
    request: Request, store: Store, settings: Settings, *, at: datetime
) -> tuple[Store, User]:
    """Return who acts, as permissions and scope are now, and the store that tells from where.

    A request that brings a key is judged by the key alone: a bad one is not made up for by
    anything else.

    Raises
    ------
    BadKey
        When there is an ``Authorization`` header that does not hold a key that counts.
    SignedOut
        When there is none, and nobody is signed in.
    Refused
        When a page of another site uses the cookie of whoever is signed in here.
    """
    origin = origin_of(request, settings)
    store = store.acting(origin)
    key = bearer(request)
    if key is None:
        token = session_token(request, settings)
        with store.read() as session:
            user = sessions.user_of(session, token, settings=settings, at=at)
        subject = f"address:{request.url.path}"[:_SUBJECT]
        with acts.refusals(store, user, did="page.open", subject=subject, at=at):
            if forms.is_foreign(request):
                raise Refused("请求来自别的网站，已拒绝；请从本平台的页面操作。")
        return store, user
    try:
        with store.write() as session:
            user = user_of_key(session, key, at=at)
    except KeyRefused as error:
        _note(store, error, subject=request.url.path[:_SUBJECT], at=at)
        raise
    return store.acting(replace(origin, via=f"api:{prefix_of(key)}")), user


def bearer(request: Request) -> str | None:
    """Return the key that a request brings; None without an ``Authorization`` header."""
    sent = request.headers.getlist("authorization")
    if not sent:
        return None
    scheme, _, key = sent[0].partition(" ")
    if len(sent) > 1 or scheme.lower() != _SCHEME or not key.strip():
        raise BadKey("Authorization 头应为一个“Bearer 密钥”。")
    return key.strip()


def _note(store: Store, error: KeyRefused, *, subject: str, at: datetime) -> None:
    """Journal that a known key was refused; unknown ones could fill the journal from outside."""
    with store.write() as session:
        journal.record(
            session,
            actor=error.owner,
            did="key.use",
            subject=subject,
            at=at,
            detail={"key": error.prefix},
            note=str(error),
            result=Result.REFUSED,
        )
