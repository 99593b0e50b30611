"""The secret key of an installation, and what is encrypted with keys that come from it."""

import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from govdash.core.errors import SettingsError
from govdash.core.settings import Settings

KEY_FILE: Final = Path("keys") / "secret.key"  # below var/; in a demo only
_BYTES: Final = 32


def secret_key(settings: Settings) -> str:
    """Return the secret: from the settings, else (in a demo) its file, made when missing."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.var / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"密钥 {path} 无法读写（{error}）；请检查文件属主和权限，或从备份取回。"
        ) from error


def derived(settings: Settings, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose; one purpose's key tells nothing of another's."""
    made = HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=f"govdash {purpose}".encode())
    return made.derive(secret_key(settings).encode())


class Safe:
    """Encrypts short texts for one purpose (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, settings: Settings, purpose: str) -> None:
        self._fernet = Fernet(urlsafe_b64encode(derived(settings, purpose)))

    def lock(self, text: str) -> str:
        """Encrypt a text."""
        return self._fernet.encrypt(text.encode()).decode()

    def unlock(self, locked: str) -> str:
        """Decrypt a text.

        Raises
        ------
        SettingsError
            When it was encrypted with another secret key.
        """
        try:
            return self._fernet.decrypt(locked.encode()).decode()
        except InvalidToken:
            raise SettingsError(
                "用现在的 GOVDASH_SECRET_KEY 解不开已保存的内容；请换回原来的密钥。"
            ) from None


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two processes at once the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write(urlsafe_b64encode(os.urandom(_BYTES)).decode() + "\n")
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()
