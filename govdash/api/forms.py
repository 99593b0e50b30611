"""Forms that only our own pages can send: read within limits, bound to the browser and its session.

A hidden field holds an HMAC of the form cookie and the session's token. Another site can make a
browser send the cookies, but knows neither; and a browser tells from where a form comes.
"""

import hmac
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import HTTPConnection, Request

from govdash.access import secret
from govdash.core.errors import InputError, Refused
from govdash.core.settings import Settings

FIELD: Final = "form"  # the hidden field
LARGEST: Final = 16_384  # bytes of a form
_FIELDS: Final = 20
_PURPOSE: Final = "form"
_TYPE: Final = "application/x-www-form-urlencoded"
STALE: Final = "这个表单已过期，或不是从本页面提交的；请重新填写。"


def new_cookie() -> str:
    """Make what forms of one browser are bound to."""
    return secrets.token_urlsafe(32)


def mark(settings: Settings, *, cookie: str, token: str) -> str:
    """Return the hidden field of a form for one browser and session."""
    key = secret.derived(settings, _PURPOSE)
    return hmac.digest(key, f"{cookie}|{token}".encode("utf-8", "replace"), "sha256").hex()


def require_ours(
    request: HTTPConnection, sent: Mapping[str, str], settings: Settings, *, cookie: str, token: str
) -> None:
    """Raise `Refused` unless a form comes from a page that this server gave to this browser."""
    right = mark(settings, cookie=cookie, token=token)
    given = sent.get(FIELD, "")
    if is_foreign(request) or not cookie or not hmac.compare_digest(right, _ascii(given)):
        raise Refused(STALE)


def is_foreign(request: HTTPConnection) -> bool:
    """Whether the browser says that a page of another site sends this."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origins = request.headers.getlist("origin")
    host = request.headers.get("host", "")
    return site not in {"same-origin", "none"} or any(urlsplit(o).netloc != host for o in origins)


async def sent_form(request: Request) -> dict[str, str]:
    """Read a form; of a field that comes twice the last counts.

    Raises
    ------
    InputError
        When it is no form, or too large.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise InputError("提交的内容不是表单。")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise InputError("提交的内容太大。")
    try:
        text = body.decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise InputError("提交的表单无法识别。") from None


def _ascii(text: str) -> str:
    return text if text.isascii() else ""
