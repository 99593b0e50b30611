"""Settings, read from the environment once by an edge and passed down frozen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from govdash.core import secrecy
from govdash.core.errors import SettingsError
from govdash.core.times import DEFAULT_TIMEZONE
from govdash.core.vocab import Mode

ROOT = Path(__file__).resolve().parents[2]
TILE_DATUMS = ("wgs84", "gcj02")
_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
Network = IPv4Network | IPv6Network
LOG_DAYS = 180  # the law asks for six months (Cybersecurity Law, article 21)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where govdash keeps its things and how it runs. Every field has a ``GOVDASH_*`` name."""

    var: Path  # GOVDASH_VAR: run-time files
    data: Path  # GOVDASH_DATA: what ships (taxonomy, profiles, calendars)
    database_url: str  # GOVDASH_DATABASE_URL
    lake: Path  # GOVDASH_LAKE
    checkpoints: Path  # GOVDASH_CHECKPOINTS: where the daily checkpoint of the journal is appended
    log_days: int  # GOVDASH_LOG_DAYS: how long log files are kept, 180 days at least
    lake_engine: str  # GOVDASH_LAKE_ENGINE: "duckdb"
    timezone: str  # GOVDASH_TIMEZONE
    tile_url: str  # GOVDASH_TILE_URL: empty means no base map
    tile_datum: str  # GOVDASH_TILE_DATUM: what the base map is drawn in, wgs84 or gcj02
    mode: Mode  # GOVDASH_MODE=demo|production
    actor: str  # GOVDASH_ACTOR: login that commands act as; in production there must be one
    secret_key: str = field(repr=False)  # GOVDASH_SECRET_KEY: encrypts secrets of second factors
    # GOVDASH_CONTACT_KEY: key of the HMAC that makes `reporter_key`
    contact_key: str = field(repr=False)
    person_key: str = field(repr=False)  # GOVDASH_PERSON_KEY: seals person data
    # GOVDASH_PERSON_KEYS_OLD: earlier ones, separated by commas; they open, and seal no more
    person_keys_old: tuple[str, ...] = field(repr=False)
    audit_key: str = field(repr=False)  # GOVDASH_AUDIT_KEY: seals and signs the journal
    worker_inside: bool  # GOVDASH_WORKER=inside|outside: timed jobs in the web process
    demo_live_rate: float  # GOVDASH_DEMO_RATE: live demo events a minute; 0 means none
    tick_minutes: int  # GOVDASH_TICK_MINUTES: minutes between two detection ticks
    idle_minutes: int  # GOVDASH_IDLE_MINUTES: a session without activity ends after so many
    oidc_issuer: str  # GOVDASH_OIDC_ISSUER: provider of identities; empty: passwords only
    oidc_client_id: str  # GOVDASH_OIDC_CLIENT_ID
    oidc_client_secret: str = field(repr=False)  # GOVDASH_OIDC_CLIENT_SECRET
    oidc_claim: str  # GOVDASH_OIDC_CLAIM: which claim is the identity; "sub"
    oidc_name: str  # GOVDASH_OIDC_NAME: what the provider is called on the sign-in page
    deadman_minutes: int  # GOVDASH_DEADMAN_MINUTES: without jobs for so long all pages say so
    channels: Path  # GOVDASH_CHANNELS: the file of e-mail and webhooks; none: the inbox alone
    trusted_proxies: tuple[Network, ...]  # GOVDASH_TRUSTED_PROXIES: whose X-Forwarded-* counts

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def evidence(self) -> Path:
        """Where the files of cases lie; no server serves it."""
        return self.var / "evidence"

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is SQLite."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read and check the settings.

        Raises
        ------
        SettingsError
            When a value cannot be used; the message names the variable.
        """
        env = os.environ if env is None else env
        var = Path(env.get("GOVDASH_VAR") or ROOT / "var").absolute()
        url = env.get("GOVDASH_DATABASE_URL") or f"sqlite:///{var / 'govdash.db'}"
        if url.startswith("postgresql://"):  # the driver that is installed
            url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        zone = env.get("GOVDASH_TIMEZONE") or DEFAULT_TIMEZONE
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(
                f"GOVDASH_TIMEZONE={zone} 不是时区名；例如 Asia/Shanghai。"
            ) from None
        engine = env.get("GOVDASH_LAKE_ENGINE") or "duckdb"
        if engine != "duckdb":
            raise SettingsError(f"GOVDASH_LAKE_ENGINE={engine} 不受支持；目前可用：duckdb。")
        worker = env.get("GOVDASH_WORKER") or "inside"
        if worker not in {"inside", "outside"}:
            raise SettingsError(f"GOVDASH_WORKER={worker} 应为 inside 或 outside。")
        try:
            rate = float(env.get("GOVDASH_DEMO_RATE") or 0)
        except ValueError:
            raise SettingsError("GOVDASH_DEMO_RATE 应为每分钟事件数，例如 6。") from None
        try:
            minutes = int(env.get("GOVDASH_TICK_MINUTES") or 60)
        except ValueError:
            minutes = 0
        if not 1 <= minutes <= 1440:
            raise SettingsError("GOVDASH_TICK_MINUTES 应为 1 至 1440 的整数（分钟），例如 60。")
        try:
            deadman = int(env.get("GOVDASH_DEADMAN_MINUTES") or 5)
        except ValueError:
            deadman = 0
        if not 1 <= deadman <= 1440:
            raise SettingsError("GOVDASH_DEADMAN_MINUTES 应为 1 至 1440 的整数（分钟），例如 5。")
        try:
            idle = int(env.get("GOVDASH_IDLE_MINUTES") or 15)
        except ValueError:
            idle = 0
        if not 1 <= idle <= 720:
            raise SettingsError("GOVDASH_IDLE_MINUTES 应为 1 至 720 的整数（分钟），例如 15。")
        try:
            log_days = int(env.get("GOVDASH_LOG_DAYS") or LOG_DAYS)
        except ValueError:
            log_days = 0
        if not LOG_DAYS <= log_days <= 3660:
            raise SettingsError(
                f"GOVDASH_LOG_DAYS 应为 {LOG_DAYS} 至 3660 的整数（天）；日志至少保存六个月。"
            )
        mode = _mode(env, url, var)
        if mode is Mode.PRODUCTION:
            for name in secrecy.KEYS:
                secrecy.require_strong(name, env.get(name) or "")
            secrecy.require_apart(env)
        return cls(
            var=var,
            data=Path(env.get("GOVDASH_DATA") or ROOT / "data").absolute(),
            database_url=url,
            lake=Path(env.get("GOVDASH_LAKE") or var / "lake").absolute(),
            checkpoints=Path(env.get("GOVDASH_CHECKPOINTS") or var / "checkpoints").absolute(),
            log_days=log_days,
            lake_engine=engine,
            timezone=zone,
            tile_url=env.get("GOVDASH_TILE_URL") or "",
            tile_datum=_datum(env.get("GOVDASH_TILE_DATUM") or TILE_DATUMS[0]),
            mode=mode,
            actor=(env.get("GOVDASH_ACTOR") or "").strip().lower(),
            secret_key=env.get("GOVDASH_SECRET_KEY") or "",
            contact_key=env.get("GOVDASH_CONTACT_KEY") or "",
            person_key=env.get("GOVDASH_PERSON_KEY") or "",
            person_keys_old=_listed(env.get("GOVDASH_PERSON_KEYS_OLD") or ""),
            audit_key=env.get("GOVDASH_AUDIT_KEY") or "",
            worker_inside=worker == "inside",
            demo_live_rate=rate,
            tick_minutes=minutes,
            idle_minutes=idle,
            deadman_minutes=deadman,
            oidc_claim=env.get("GOVDASH_OIDC_CLAIM") or "sub",
            oidc_name=env.get("GOVDASH_OIDC_NAME") or "",
            **_oidc(env),
            channels=Path(env.get("GOVDASH_CHANNELS") or var / "channels.yaml").absolute(),
            trusted_proxies=_networks(env.get("GOVDASH_TRUSTED_PROXIES") or ""),
        )


def _oidc(env: Mapping[str, str]) -> dict[str, str]:
    """Read the provider of identities: all three or none."""
    told = {name: env.get(f"GOVDASH_{name.upper()}") or "" for name in _OIDC}
    if any(told.values()) and not all(told.values()):
        missing = "、".join(f"GOVDASH_{name.upper()}" for name, value in told.items() if not value)
        raise SettingsError(f"统一身份认证缺少 {missing}；三项都要写，或都不写。")
    parts = urlsplit(told["oidc_issuer"])
    local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    if told["oidc_issuer"] and parts.scheme != "https" and not local:
        raise SettingsError(
            "GOVDASH_OIDC_ISSUER 应以 https:// 开头（本机测试可用 http://127.0.0.1）。"
        )
    return told


def _mode(env: Mapping[str, str], url: str, var: Path) -> Mode:
    """Read the mode: without one only an SQLite file inside `var` is taken for a demo."""
    told = env.get("GOVDASH_MODE") or ""
    if not told:
        inside = url.startswith("sqlite:///") and var in Path(url[len("sqlite:///") :]).parents
        return Mode.DEMO if inside else Mode.PRODUCTION
    try:
        return Mode(told)
    except ValueError:
        raise SettingsError(
            f"GOVDASH_MODE={told} 应为 demo（演示）或 production（正式）。"
        ) from None


def _datum(told: str) -> str:
    if told not in TILE_DATUMS:
        raise SettingsError(
            f"GOVDASH_TILE_DATUM={told} 应为 wgs84（天地图等）或 gcj02（高德、腾讯等）。"
        )
    return told


def _listed(text: str) -> tuple[str, ...]:
    """Read words separated by commas or spaces."""
    return tuple(text.replace(",", " ").split())


def _networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks, separated by commas."""
    found: list[Network] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            network = ip_network(part)
        except ValueError:
            raise SettingsError(
                f"GOVDASH_TRUSTED_PROXIES 中的“{part}”不是 IP 地址或网段；"
                "例如 10.0.0.0/8,127.0.0.1。"
            ) from None
        if network.prefixlen == 0:
            raise SettingsError(
                f"GOVDASH_TRUSTED_PROXIES 中的“{part}”等于相信所有人；请只写反向代理的地址。"
            )
        found.append(network)
    return tuple(found)
