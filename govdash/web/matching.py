"""Columns matched by hand: which column is what, the zone and the datum, a new profile."""

from pathlib import Path
from typing import Final

import streamlit as st

from govdash.access import acts
from govdash.core.errors import GovDashError
from govdash.core.permissions import Permission
from govdash.geo import Datum
from govdash.ingest import FIELDS, Preview, Profile, profile_from_mapping, save_profile
from govdash.store import journal
from govdash.web.page import Page
from govdash.web.parts import plain

#: Without these a row cannot become an event; they are asked for first.
FIRST: Final = ("source_id", "reported_at", "category", "title", "text", "address", "lon", "lat")
NONE: Final = ""
DATUMS: Final = {
    Datum.WGS84: "WGS-84（GPS、国际数据）",
    Datum.GCJ02: "GCJ-02（高德、腾讯）",
    Datum.BD09: "BD-09（百度）",
}


def match_columns(page: Page, path: Path, seen: Preview) -> Profile | None:
    """Draw the matching and return the profile made from it; None while it cannot be used."""
    guessed = Profile.guess(seen.columns)
    key = f"gi_match_{path.parent.name}"
    others = [field for field in FIELDS if field not in FIRST]
    mapping = _fields(FIRST, seen, guessed, key=key)
    with st.expander("更多字段"):
        mapping |= _fields(others, seen, guessed, key=key)
    left, middle, right = st.columns(3)
    name = left.text_input("方案名称", path.stem[:40], key=f"{key}_name", max_chars=60)
    zone = middle.text_input("时区", page.settings.timezone, key=f"{key}_zone")
    datum = right.selectbox(
        "坐标基准",
        list(Datum),
        format_func=lambda datum: DATUMS[datum],
        key=f"{key}_datum",
    )
    try:
        profile = profile_from_mapping(
            _plain(name),
            mapping,
            _samples(seen),
            zone=zone.strip(),
            datum=datum,
            label=name.strip(),
        )
    except GovDashError as error:
        st.warning(plain(error))
        return None
    if lacking := profile.missing(seen.columns):
        st.warning(plain(f"还需要对应：{'；'.join(lacking)}。"))
        return None
    st.button("保存为导入方案", key=f"{key}_save", on_click=_save, args=(page, profile))
    if st.session_state.pop(f"gi_saved_{profile.name}", False):
        st.success(f"已保存导入方案“{profile.label or profile.name}”，下次自动选用。")
    return profile


def _fields(
    fields: tuple[str, ...] | list[str], seen: Preview, guessed: dict[str, str], *, key: str
) -> dict[str, str]:
    options = [NONE, *dict.fromkeys(seen.columns)]
    chosen: dict[str, str] = {}
    columns = st.columns(4)
    for n, field in enumerate(fields):
        start = guessed.get(field, NONE)
        column = columns[n % 4].selectbox(
            FIELDS[field][0],
            options,
            index=options.index(start) if start in options else 0,
            format_func=lambda name: str(name) or "（无）",
            key=f"{key}_{field}",
        )
        if column:
            chosen[field] = str(column)
    return chosen


def _samples(seen: Preview) -> dict[str, list[str]]:
    return {
        column: [row[place] for row in seen.rows if place < len(row)]
        for place, column in enumerate(seen.columns)
    }


def _plain(name: str) -> str:
    """Make a file name of what was typed: letters of any script, digits, dashes."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name.strip()) or "profile"


def _save(page: Page, profile: Profile) -> None:
    with page.refresh() as fresh:
        subject = f"profile:{profile.name}"
        with acts.act(
            fresh.store, fresh.user, did="profile.save", subject=subject, at=fresh.now
        ) as session:
            fresh.user.require(Permission.EVENT_IMPORT, area=None)
            save_profile(fresh.settings.var, profile)
            journal.record(
                session,
                actor=fresh.user.login,
                did="profile.save",
                subject=subject,
                at=fresh.now,
                detail={"columns": {name: list(c) for name, c in profile.columns.items()}},
            )
    st.session_state[f"gi_saved_{profile.name}"] = True
