"""Seals personal data with keys that lie outside the database (AES-256-GCM).

What is sealed is bound to its place (row and field): moved elsewhere it cannot be opened.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from govdash.core.errors import InputError, SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Mode

#: Below var/, in a demo only: one key a line, the first is the current one.
KEY_FILE: Final = Path("keys") / "person.key"
ID_LENGTH: Final = 8  # hexadecimal digits; 32 bits tell a handful of keys apart
_NONCE: Final = 12  # bytes; random ones may seal 2³² values with one key
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys of an installation: the current one seals, every one opens."""

    current: str  # id of the key that seals
    _keys: Mapping[str, AESGCM] = field(repr=False)

    @classmethod
    def of(cls, secrets: Sequence[str]) -> Self:
        """Derive the keys and their ids from secrets, the current one first."""
        keys = {_id(secret): AESGCM(_derived(secret, "encryption", _BYTES)) for secret in secrets}
        return cls(_id(secrets[0]), keys)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the keys at hand."""
        return frozenset(self._keys)

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt a text for one place, such as ``person:E1:1:reporter_name``."""
        return self.seal_bytes(text.encode(), place)

    def open(self, sealed: bytes, place: str, key_id: str) -> str:
        """Decrypt what `seal` made for the same place.

        Raises
        ------
        SettingsError
            When the key is not at hand, or the content was changed or moved.
        """
        return self.open_bytes(sealed, place, key_id).decode()

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Encrypt bytes: the nonce, then the content with its tag."""
        nonce = os.urandom(_NONCE)
        return nonce + self._keys[self.current].encrypt(nonce, content, place.encode())

    def open_bytes(self, sealed: bytes, place: str, key_id: str) -> bytes:
        """Decrypt bytes; see `open`."""
        key = self._keys.get(key_id)
        if key is None:
            raise SettingsError(
                f"个人信息用密钥 {key_id} 加密，现有密钥中没有它；请把旧密钥加进 "
                "GOVDASH_PERSON_KEYS_OLD 后重启。"
            )
        try:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except InvalidTag:
            raise SettingsError(
                f"个人信息（{place}）解不开：内容被改过或被挪过位置；请从备份恢复。"
            ) from None


def load_vault(settings: Settings) -> Vault:
    """Return the keys of an installation: from the settings, or (in a demo) their file.

    Raises
    ------
    SettingsError
        When production has no key, or the file cannot be read or made.
    """
    if settings.person_key:
        return Vault.of([settings.person_key, *settings.person_keys_old])
    if settings.mode is Mode.PRODUCTION:
        raise SettingsError("没有 GOVDASH_PERSON_KEY：正式环境不能处理个人信息；请设置后重启。")
    path = settings.var / KEY_FILE
    try:
        if not path.exists():
            _write(path, [_random()], new=True)
        return Vault.of(path.read_text("ascii").split())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"个人信息密钥 {path} 无法读写（{error}）；请检查文件属主和权限，或从备份取回。"
        ) from error


def renew_file(settings: Settings) -> Vault:
    """Put a new key before those of the file, in a demo.

    Raises
    ------
    InputError
        When the key comes from the settings: it is changed there.
    """
    if settings.person_key or settings.mode is Mode.PRODUCTION:
        raise InputError(
            "密钥取自 GOVDASH_PERSON_KEY：请把它改为新的，把原来的写进 GOVDASH_PERSON_KEYS_OLD，"
            "重启后再运行 govdash people rotate。"
        )
    load_vault(settings)
    path = settings.var / KEY_FILE
    _write(path, [_random(), *path.read_text("ascii").split()], new=False)
    return load_vault(settings)


def vault_of(session: Session) -> Vault:
    """Return the keys that the store of a transaction was opened with."""
    vault = session.info.get("vault")
    if not isinstance(vault, Vault):
        raise SettingsError("没有个人信息密钥，不能读写个人信息；请检查 GOVDASH_PERSON_KEY。")
    return vault


def _id(secret: str) -> str:
    return _derived(secret, "key id", ID_LENGTH // 2).hex()


def _derived(secret: str, purpose: str, length: int) -> bytes:
    info = f"govdash person {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret.encode())


def _random() -> str:
    return urlsafe_b64encode(os.urandom(_BYTES)).decode()


def _write(path: Path, secrets: Sequence[str], *, new: bool) -> None:
    """Write the file whole or not at all; of two processes that make it the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write("\n".join(secrets) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        if new:
            path.hardlink_to(part)
        else:
            part.replace(path)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
