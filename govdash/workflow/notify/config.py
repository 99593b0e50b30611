"""The channels of an installation: a file of e-mail and webhooks, checked when it is read."""

import stat
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from govdash.core.errors import SettingsError
from govdash.core.settings import LOCAL_HOSTS, Settings
from govdash.core.vocab import Mode

HOOK = "hook:"  # begins the code of a webhook's channel


class Security(StrEnum):
    """How a connection to the e-mail server is protected."""

    STARTTLS = "starttls"
    SSL = "ssl"
    NONE = "none"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmailConfig(_Strict):
    """One SMTP server."""

    host: str = Field(min_length=1)
    port: int = Field(gt=0, lt=65536)
    security: Security = Security.STARTTLS
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = Field(pattern=r"^[^\r\n]*[^@\s]+@[^@\s]+$")
    ca_file: str = ""  # of an authority of one's own

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if self.security is Security.NONE and self.host not in LOCAL_HOSTS:
            raise ValueError("security: none 只可用于本机的邮件服务器")
        return self


class HookConfig(_Strict):
    """One webhook or group robot: where, in whose format, for which areas."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    name: str = Field(min_length=1)
    kind: Literal["webhook", "wecom", "dingtalk"] = "webhook"
    url: SecretStr  # that of a robot holds its key
    secret: SecretStr = SecretStr("")  # signs what is sent
    areas: tuple[str, ...] = ()  # paths whose messages it gets, with all below
    whole_city: bool = False
    allow: tuple[IPv4Network | IPv6Network, ...] = ()  # networks not public that it may lie in

    def takes(self, area_path: str | None) -> bool:
        """Whether messages about an area go here."""
        return self.whole_city or (
            area_path is not None and any(area_path.startswith(mine) for mine in self.areas)
        )

    @model_validator(mode="after")
    def _usable(self) -> Self:
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme != "https" and not (parts.scheme == "http" and self.allow):
            raise ValueError("url: 应以 https:// 开头；http 只可用于 allow 里写明的内网")
        if (
            not parts.hostname
            or parts.port == 0
            or parts.username
            or parts.password
            or parts.fragment
        ):
            raise ValueError("url: 应写明主机，不写用户名、密码和 #")
        if self.whole_city == bool(self.areas):
            raise ValueError("areas: 写明发送哪些区域的通知，或写 whole_city: true（二者之一）")
        if any(not (a.startswith("/") and a.endswith("/")) for a in self.areas):
            raise ValueError("areas: 区域路径以“/”开头和结尾")
        if self.kind == "webhook" and len(self.secret.get_secret_value()) < 16:
            raise ValueError("secret: 至少 16 个字符，接收方用它核对签名")
        return self


class ChannelsConfig(_Strict):
    """The whole file; without one there is the inbox alone."""

    base_url: Annotated[str, Field(pattern=r"^(https?://[^\s/]+)?$")] = ""  # for links
    email: EmailConfig | None = None
    hooks: tuple[HookConfig, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        codes = [hook.code for hook in self.hooks]
        if len(set(codes)) < len(codes):
            raise ValueError("hooks: 每个 code 只能用一次")
        return self


def load(settings: Settings) -> ChannelsConfig:
    """Read and check the file of channels.

    Raises
    ------
    SettingsError
        When it cannot be used, or others may read it (it holds secrets) in production.
    """
    path = settings.channels
    if not path.exists():
        return ChannelsConfig()
    if settings.mode is Mode.PRODUCTION and _others_read(path):
        raise SettingsError(f"通知渠道文件 {path} 含有密码，其他人可以读；请运行 chmod 600。")
    try:
        return ChannelsConfig.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except ValidationError as error:
        # pydantic would quote the values, secrets among them
        told = "；".join(
            f"{'.'.join(map(str, one['loc']))}：{one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"通知渠道文件 {path} 写法不对：{told}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise SettingsError(f"通知渠道文件 {path} 读不出来；应为 UTF-8 的 YAML。") from None


def in_force() -> ChannelsConfig:
    """Return the channels of the file in use, as who plans messages needs them.

    One that cannot be used counts as none here: work on alerts and cases goes on, and the delivery
    says what is wrong with it.
    """
    settings = Settings.from_environment()
    try:
        stamp = settings.channels.stat().st_mtime_ns
    except OSError:
        return ChannelsConfig()
    return _kept(settings, stamp)


@lru_cache(maxsize=2)
def _kept(settings: Settings, _stamp: int) -> ChannelsConfig:
    try:
        return load(settings)
    except SettingsError:
        return ChannelsConfig()


def _others_read(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
