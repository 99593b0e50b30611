"""The audit key: seals each journal line (HMAC), signs head and checkpoints (Ed25519)."""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from govdash.core.errors import InputError, SettingsError
from govdash.core.settings import Settings
from govdash.core.times import aware_utc
from govdash.core.vocab import Mode

SEED_BYTES: Final = 32
KEY_FILE: Final = Path("keys") / "audit.key"  # below var/
PUBLIC_FILE: Final = Path("keys") / "audit.pub"


@dataclass(frozen=True, slots=True)
class Mark:
    """The journal up to a line: what a head or a checkpoint says and signs."""

    last_id: int
    lines: int
    last_hash: str
    at: datetime
    key_id: str = ""
    signature: str = ""

    def said(self, kind: str) -> bytes:
        """Return the bytes that are signed; `kind` keeps a head from passing for a checkpoint."""
        at = aware_utc(self.at).isoformat()
        parts = (kind, self.last_id, self.lines, self.last_hash, at, self.key_id)
        return "|".join(["govdash", *map(str, parts)]).encode()

    def to_json(self) -> str:
        """Write it as one line of a file that is kept elsewhere."""
        return json.dumps(asdict(self) | {"at": aware_utc(self.at).isoformat()})

    @classmethod
    def of_json(cls, line: str) -> Self:
        """Read such a line, or raise `InputError`; whether it is genuine its signature says."""
        try:
            told = json.loads(line)
            return cls(**(told | {"at": aware_utc(datetime.fromisoformat(told["at"]))}))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError(
                f"检查点“{line.strip()[:80]}”读不懂；应为 govdash audit checkpoint 写出的一行。"
            ) from None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of the audit key that may be given away: it checks and cannot make."""

    raw: bytes

    @property
    def key_id(self) -> str:
        """A short name of the key."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The key as it is written in files."""
        return base64.b64encode(self.raw).decode()

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a public key, or raise `InputError`."""
        return cls(_bytes(text, "公钥", InputError))

    def signed(self, mark: Mark, kind: str) -> bool:
        """Whether this key signed `mark`."""
        return mark.key_id == self.key_id and self._verifies(mark.said(kind), mark.signature)

    def signed_text(self, text: str, kind: str, signature: str) -> bool:
        """Whether this key signed `text`, as `Seal.sign_text` does."""
        return self._verifies(_said(text, kind), signature)

    def _verifies(self, said: bytes, signature: str) -> bool:
        try:
            raw = base64.b64decode(signature, validate=True)
            Ed25519PublicKey.from_public_bytes(self.raw).verify(raw, said)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Seal:
    """The secret audit key."""

    seed: bytes

    def __repr__(self) -> str:
        """Keep the key out of logs."""
        return f"Seal({self.public.key_id})"

    @classmethod
    def of(cls, text: str, *, what: str = "GOVDASH_AUDIT_KEY") -> Self:
        """Read a secret key: 32 bytes in base64; `what` names it when it is none."""
        return cls(_bytes(text, what, SettingsError))

    @property
    def public(self) -> PublicKey:
        """The half that checks."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(key.public_key().public_bytes_raw())

    def require_same(self, key_id: str) -> None:
        """Raise `SettingsError` unless the key named `key_id` is this one; "" is none yet."""
        mine = self.public.key_id
        if key_id not in {"", mine}:
            raise SettingsError(
                f"操作日志是用审计密钥 {key_id} 签的，本机的是 {mine}：GOVDASH_AUDIT_KEY 或 "
                "GOVDASH_VAR 可能设错了。请改回原来的密钥（可从备份取回）；什么也没有写入。"
            )

    def line(self, line_hash: str) -> str:
        """Return the seal of one line: nobody without the key can write another line."""
        key = hmac.digest(self.seed, b"govdash journal line", "sha256")
        return hmac.digest(key, line_hash.encode(), "sha256").hex()

    def sign(self, mark: Mark, kind: str) -> Mark:
        """Return `mark` signed."""
        named = replace(mark, key_id=self.public.key_id)
        return replace(named, signature=self._signature(named.said(kind)))

    def sign_text(self, text: str, kind: str) -> str:
        """Return the signature of `text`; `kind` keeps it from passing for something else."""
        return self._signature(_said(text, kind))

    def _signature(self, said: bytes) -> str:
        return base64.b64encode(Ed25519PrivateKey.from_private_bytes(self.seed).sign(said)).decode()


def find_seal(settings: Settings) -> Seal | None:
    """Return the audit key of an installation, from the settings or its file; None without one."""
    if settings.audit_key:
        return Seal.of(settings.audit_key)
    path = settings.var / KEY_FILE
    try:
        if not path.exists():
            return None
        seal = Seal.of(path.read_text("ascii").strip(), what=str(path))
        public = settings.var / PUBLIC_FILE
        if not public.exists():
            public.write_text(seal.public.text + "\n", "ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"审计密钥 {path} 无法读写（{error}）；请检查文件属主和权限，或从备份取回。"
        ) from error
    return seal


def first_seal(settings: Settings) -> Seal:
    """Make the audit key of a new demo; in production a person makes it and keeps a copy.

    Raises
    ------
    SettingsError
        In production, or when the file cannot be written.
    """
    if settings.mode is Mode.PRODUCTION:
        raise SettingsError(
            "正式环境不会自动生成审计密钥。请运行 govdash audit key --new 生成一个，另行保存，"
            "设为 GOVDASH_AUDIT_KEY；已有日志的数据库须用原来的密钥。"
        )
    path = settings.var / KEY_FILE
    try:
        _make(path)
    except OSError as error:
        raise SettingsError(f"审计密钥 {path} 无法写入（{error}）；请检查目录和权限。") from error
    found = find_seal(settings)
    if found is None:
        raise SettingsError(f"审计密钥 {path} 刚写入就不见了；请检查目录。")
    return found


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return the text of a manifest that is signed: all of it but its ``signature``."""
    told = {name: value for name, value in manifest.items() if name != "signature"}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def new_key() -> str:
    """Return a new secret audit key as it is written in files and settings."""
    return base64.b64encode(os.urandom(SEED_BYTES)).decode()


def _said(text: str, kind: str) -> bytes:
    return f"govdash|{kind}|{text}".encode()


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two processes at once the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write(new_key() + "\n")
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _bytes(text: str, what: str, error: type[InputError | SettingsError]) -> bytes:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != SEED_BYTES:
        raise error(
            f"{what}应为 32 字节的 base64（44 个字符）；可用 openssl rand -base64 32 生成。"
        )
    return raw
