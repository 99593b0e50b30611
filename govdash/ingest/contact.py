"""The key of the reporter fingerprints: from the settings, else made once and kept."""

import os
import secrets

from govdash.core.settings import Settings


def contact_key(settings: Settings) -> str:
    """Return the key; without one in the settings, that of ``var/contact.key`` (mode 0600).

    The file is made at first use. Losing it only means that later reports of a person are no
    longer linked with earlier ones.
    """
    if settings.contact_key:
        return settings.contact_key
    file = settings.var / "contact.key"
    settings.var.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".contact.{os.getpid()}.{secrets.token_hex(4)}")
    if not file.exists():
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_hex(32))
        try:
            os.link(part, file)  # whole or not at all, and only one of two at once
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return file.read_text(encoding="ascii").strip()
