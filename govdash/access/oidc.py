"""Signing in at a provider of identities: OpenID Connect, authorization code with PKCE.

The provider says who somebody is; what they may do stays here. An identity is bound to an account
by an administrator; nobody gets an account or a role by having one there.
"""

import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from govdash.access import local, sessions
from govdash.access.secret import Safe
from govdash.access.signin import Door
from govdash.core.errors import GovDashError, Refused, Unavailable
from govdash.core.settings import LOCAL_HOSTS, Settings
from govdash.core.vocab import Result
from govdash.store import Session, accounts, journal
from govdash.store.models import UserAccount

#: How long a person has at the provider.
PATIENCE: Final = timedelta(minutes=10)
#: Signatures that are taken: asymmetric ones, made with a key that the provider publishes.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "RS384", "ES384", "RS512", "ES512")
_SCOPE: Final = "openid profile"
_TIMEOUT: Final = 10  # seconds
_LEEWAY: Final = 60  # seconds that the provider's clock may be off
_KEPT: Final = timedelta(hours=1)
_PURPOSE: Final = "oidc"
_UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it brings back, sealed."""

    address: str
    sealed: str


@dataclass(frozen=True, slots=True)
class _Provider:
    """What a provider says of itself."""

    authorization: str
    token: str
    keys: KeySet
    read_at: datetime


class Providers:
    """What is known of the provider, read once an hour, or when a key is not known."""

    def __init__(self) -> None:
        self._known: dict[str, _Provider] = {}
        self._lock = threading.Lock()

    def get(self, settings: Settings, *, at: datetime, anew: bool = False) -> _Provider:
        """Return what the provider says of itself.

        Raises
        ------
        Unavailable
            When it cannot be reached, or says something that must not be believed.
        """
        issuer = settings.oidc_issuer
        with self._lock:
            known = self._known.get(issuer)
            if known is None or anew or at - known.read_at >= _KEPT:
                known = self._known[issuer] = _read(issuer, at)
            return known


_PROVIDERS: Final = Providers()


def begin(settings: Settings, *, back: str, wanted: str, at: datetime) -> Begun:
    """Begin: return the provider's address for this browser, and its sealed state.

    Parameters
    ----------
    back : str
        Our own address that the provider sends the browser to.
    wanted : str
        The path to go on to afterwards.
    """
    provider = _PROVIDERS.get(settings, at=at)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client(settings, back) as client:
        made = client.create_authorization_url(
            provider.authorization, state=state, nonce=nonce, code_verifier=verifier
        )
    told = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "back": back,
        "wanted": wanted,
        "at": at.isoformat(),
    }
    return Begun(str(made[0]), Safe(settings, _PURPOSE).lock(json.dumps(told)))


def finish(door: Door, sealed: str, sent: Mapping[str, str], *, at: datetime) -> tuple[str, str]:
    """End: judge what the provider sent back; return a session token and the path to go on to.

    Raises
    ------
    Refused
        When it is not the answer to what this browser began, the provider refused, or the
        identity is bound to no account that is open.
    Unavailable
        When the provider cannot be reached.
    """
    begun = _unsealed(door.settings, sealed, at)
    if not hmac.compare_digest(begun["state"].encode(), sent.get("state", "").encode()):
        raise Refused("这次登录不是从本浏览器开始的，或已用过；请重新登录。")
    if sent.get("error") or not sent.get("code"):
        raise Refused("统一身份认证没有通过，请重新登录或改用密码。")
    claims = _claims(door.settings, begun, sent["code"], at)
    identity = identity_of(door.settings, str(claims.get(door.settings.oidc_claim) or ""))
    with door.store.write() as session:
        account = account_of(session, identity)
        if account is not None and account.active and account.reset_by is None:
            token = sessions.begin(
                session,
                account,
                at=at,
                origin=door.store.origin,
                agent=door.agent,
                federated=True,
            )
            _note(session, account.login, at=at)
            return token, begun["wanted"]
        who, why = _UNKNOWN, "统一身份没有绑定账号；请把您在统一身份平台的标识告诉系统管理员。"
        if account is not None:
            who, why = account.login, "账号已停用，请联系管理员。"
            if account.active:
                why = sessions.WAITS
        _note(session, who, at=at, why=why)
    raise Refused(why)


def account_of(session: Session, identity: str) -> UserAccount | None:
    """Return the account that an identity signs in with; never the command line's."""
    account = accounts.by_identity(session, identity)
    return None if account is None or local.is_local(account) else account


def identity_of(settings: Settings, told: str) -> str:
    """Return how an identity is kept: with its provider, since another one may say the same.

    Raises
    ------
    Refused
        When the provider did not say who it is.
    """
    if not told.strip():
        raise Refused(f"统一身份平台没有给出“{settings.oidc_claim}”；请联系系统管理员检查设置。")
    return f"{settings.oidc_issuer} {told.strip()}"


def _claims(
    settings: Settings, begun: Mapping[str, str], code: str, at: datetime
) -> Mapping[str, Any]:
    """Exchange the code, and judge the ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
    provider = _PROVIDERS.get(settings, at=at)
    try:
        with _client(settings, begun["back"]) as client:
            answer = cast(
                "Mapping[str, Any]",
                client.fetch_token(
                    provider.token,
                    code=code,
                    code_verifier=begun["verifier"],
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                ),
            )
        told = str(answer.get("id_token") or "")
        try:
            token = jwt.decode(told, provider.keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):  # perhaps the provider has other keys by now
            keys = _PROVIDERS.get(settings, at=at, anew=True).keys
            token = jwt.decode(told, keys, algorithms=list(ALGORITHMS))
        jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": settings.oidc_issuer},
            aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": begun["nonce"]},
        ).validate(token.claims)
    except requests.RequestException as error:
        raise _away(settings) from error
    except (AuthlibBaseError, JoseError, ValueError) as error:
        raise Refused("统一身份平台的答复没有通过校验，请重新登录。") from error
    others = token.claims.get("azp", settings.oidc_client_id)
    if others != settings.oidc_client_id:
        raise Refused("统一身份平台的答复是给别的系统的，请重新登录。")
    return token.claims


def _unsealed(settings: Settings, sealed: str, at: datetime) -> Mapping[str, str]:
    late = Refused("登录用时太久或浏览器没有带回登录信息，请重新登录。")
    try:
        told = json.loads(Safe(settings, _PURPOSE).unlock(sealed))
        begun = datetime.fromisoformat(told["at"])
    except (GovDashError, ValueError, KeyError) as error:
        raise late from error
    if not begun <= at <= begun + PATIENCE:
        raise late
    return told


def _client(settings: Settings, back: str) -> Any:  # noqa: ANN401  # authlib is not typed
    client: Any = OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope=_SCOPE,
        redirect_uri=back,
        code_challenge_method="S256",
    )
    client.trust_env = False  # no proxy or netrc of the machine comes between
    return client


def _read(issuer: str, at: datetime) -> _Provider:
    try:
        with requests.Session() as web:
            web.trust_env = False
            told = _json(web, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != issuer:
                raise Unavailable(
                    f"统一身份平台自称“{told.get('issuer')}”，与 GOVDASH_OIDC_ISSUER 不同。"
                )
            addresses = [str(told[name]) for name in ("authorization_endpoint", "token_endpoint")]
            keys = str(told["jwks_uri"])
            for address in (*addresses, keys):
                require_safe(address)
            found = KeySet.import_key_set(_json(web, keys))  # pyright: ignore[reportArgumentType]
    except requests.RequestException as error:
        raise Unavailable("统一身份平台连接不上，请稍后再试或改用密码登录。") from error
    except (KeyError, TypeError, JoseError, ValueError) as error:
        raise Unavailable("统一身份平台的说明无法识别，请联系系统管理员检查设置。") from error
    return _Provider(addresses[0], addresses[1], found, at)


def _json(web: requests.Session, address: str) -> dict[str, Any]:
    answer = web.get(address, timeout=_TIMEOUT, allow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def require_safe(address: str) -> None:
    """Raise `Unavailable` unless an address is HTTPS, or of this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS):
        raise Unavailable("统一身份平台给出的地址不是 https，不使用；请联系系统管理员。")


def _away(settings: Settings) -> Unavailable:
    name = settings.oidc_name or "统一身份平台"
    return Unavailable(f"{name}连接不上，请稍后再试或改用密码登录。")


def _note(session: Session, login: str, *, at: datetime, why: str = "") -> None:
    journal.record(
        session,
        actor=login,
        did="session.begin",
        subject=f"account:{login}",
        at=at,
        detail={"by": "oidc"},
        note=why,
        result=Result.REFUSED if why else Result.DONE,
    )
