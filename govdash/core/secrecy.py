"""Whether a secret may protect a production installation: none that is empty, short or known."""

from collections.abc import Mapping
from typing import Final

from govdash.core.errors import SettingsError

#: The secrets that production does not start without.
KEYS: Final = (
    "GOVDASH_SECRET_KEY", "GOVDASH_CONTACT_KEY", "GOVDASH_AUDIT_KEY", "GOVDASH_PERSON_KEY",
)  # fmt: skip
SHORTEST: Final = 32  # characters: 128 bits even when only hexadecimal digits are used
_DIFFERENT: Final = 10  # a text of 32 random hexadecimal digits has fewer once in 10 000
#: Parts of texts that stand in documents and examples; a test reads the documents for others.
_KNOWN: Final = (
    "change", "default", "example", "secret", "password", "govdash", "test-", "demo-", "sample",
    "0123456789", "abcdefgh", "12345678", "随机", "密钥", "密码", "示例",
)  # fmt: skip


def weakness(value: str) -> str:
    """Say in Chinese why `value` protects nothing; empty when it may be used."""
    bare = value.strip()
    if not bare:
        return "没有设置"
    if len(bare) < SHORTEST:
        return f"只有 {len(bare)} 个字符，至少要 {SHORTEST} 个"
    if len(set(bare)) < _DIFFERENT:
        return "重复的字符太多"
    if known := next((word for word in _KNOWN if word in bare.lower()), ""):
        return f"含有“{known}”，像是文档里的示例或默认值"
    return ""


def require_apart(values: Mapping[str, str]) -> None:
    """Raise `SettingsError` when two of the `KEYS` have one value: who learns one has both."""
    first: dict[str, str] = {}
    for name in KEYS:
        other = first.setdefault(values.get(name, "").strip(), name)
        if other != name:
            raise SettingsError(
                f"正式环境不能启动：{other} 和 {name} 相同；每个密钥请各用 openssl rand 生成。"
            )


def require_strong(name: str, value: str) -> None:
    """Raise `SettingsError` when the secret `name` must not be used in production."""
    if why := weakness(value):
        raise SettingsError(
            f"正式环境不能启动：{name} {why}。请用 openssl rand -base64 32 生成一个；"
            "若只是演示，请设 GOVDASH_MODE=demo。"
        )
