"""Demo and production stay apart: neither opens a database of the other."""

from datetime import datetime

from govdash.core.errors import SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Session, signing


def mark(session: Session, settings: Settings, *, at: datetime) -> None:
    """Mark a database that nobody has marked, and check the mark of one that has it."""
    signing.mark_mode(session, settings.mode, at=at)
    require_same(session, settings)


def require_same(session: Session, settings: Settings) -> None:
    """Raise `SettingsError` when the database was made for the other mode.

    A demo does not open a PostgreSQL database that was not marked as a demo either: somebody may
    have put real data there before there were marks.
    """
    marked = signing.mode(session)
    if marked is settings.mode or (marked is None and settings.is_sqlite):
        return
    if settings.mode is Mode.PRODUCTION:
        if marked is None:
            return
        raise SettingsError(
            "这是演示数据库，正式环境不能使用；请另设 GOVDASH_DATABASE_URL 并运行 govdash init。"
        )
    raise SettingsError(
        "演示模式不能打开正式数据库；请设 GOVDASH_MODE=production 和各个密钥，"
        "或为演示另设 GOVDASH_DATABASE_URL。"
    )
