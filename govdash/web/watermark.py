"""Name, unit and time over every page, on the screen and on paper, so that a picture has an origin.

Faint enough to read through, and above everything but what can be clicked: it takes no clicks.
"""

import base64
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from govdash.access import sessions
from govdash.access.profile import Profile, profile_of
from govdash.core.settings import Settings
from govdash.store import Session
from govdash.web import signed
from govdash.web.signed import Visitor

_TILE: Final = (460, 220)  # px: a quarter of a picture of the screen still shows it whole
_STYLE: Final = (
    ".stApp::after{{content:'';position:fixed;inset:0;z-index:999980;pointer-events:none;"
    "background:url('{tile}') repeat}}"
    "@media print{{.stApp::after{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}}}"
)


def draw(visitor: Visitor) -> None:
    """Lay the watermark over the page, unless every role of the viewer goes without one."""
    if visitor.profile.marked:
        words = words_of(visitor.profile, datetime.now(UTC), visitor.settings.zone)
        st.html(f"<style>{_STYLE.format(tile=tile(words))}</style>")


def words_now(session: Session, settings: Settings, *, at: datetime) -> str:
    """Say it for whoever is signed in here; nothing where every role goes without one."""
    who = profile_of(session, sessions.validate(session, signed.token(), settings=settings, at=at))
    return words_of(who, at, settings.zone) if who.marked else ""


def words_of(who: Profile, at: datetime, zone: ZoneInfo) -> str:
    """Say who looks, from where, when: ``沈岚（duty） 全市 2026-11-29 16:20``."""
    name = who.name if who.is_device else f"{who.name}（{who.login}）"
    return " ".join(
        part for part in (name, who.mark, f"{at.astimezone(zone):%Y-%m-%d %H:%M}") if part
    )


@lru_cache(maxsize=64)
def tile(words: str) -> str:
    """Return the picture of one tile as a data address; the words are text in it, nothing else."""
    width, height = _TILE
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<text x="50%" y="50%" transform="rotate(-18 {width // 2} {height // 2})" '
        'text-anchor="middle" font-family="sans-serif" font-size="15" '
        'fill="#7b8798" fill-opacity="0.16">'
        f"{escape(words)}</text></svg>"
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
