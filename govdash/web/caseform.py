"""The form of a new case (立案登记): fields filled in beforehand, read back with checks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from govdash.core.errors import InputError
from govdash.core.vocab import Urgency
from govdash.taxonomy import parse_limit
from govdash.workflow.forms import NewCase


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in the forms: names by code, in the order of the lists."""

    categories: Mapping[str, str]
    areas: Mapping[str, str]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields now, unchecked."""

    title: str
    category: str | None
    area_path: str | None
    unit_code: str | None
    urgency: Urgency
    limit: str
    address: str
    description: str
    place: str = ""


def case_fields(choices: Choices, start: NewCase | None, *, key: str) -> Typed:
    """Draw the fields, filled in from `start`; call it inside a form."""
    told = start or NewCase(title="", category="")
    title = st.text_input("标题", told.title, key=f"{key}_title", max_chars=120)
    category = _pick("类别", choices.categories, told.category, key=f"{key}_category")
    left, right = st.columns(2)
    with left:
        area = _pick("区域", choices.areas, _nearest(told, choices), key=f"{key}_area")
        urgency = st.selectbox(
            "紧急程度",
            list(Urgency),
            index=list(Urgency).index(told.urgency),
            format_func=lambda code: code.label,
            key=f"{key}_urgency",
        )
    with right:
        unit = _pick("处置单位（留空按路由规则）", choices.units, told.unit_code, key=f"{key}_unit")
        limit = st.text_input(
            "处置时限",
            str(told.limit or ""),
            key=f"{key}_limit",
            placeholder="留空则按类别的时限",
            help="写成 2紧急工作时、4工作时、1工作日 或 7自然日；到期时间从立案登记起算。",
        )
    left, right = st.columns([0.6, 0.4])
    with left:
        address = st.text_input("地址", told.address, key=f"{key}_address", max_chars=200)
    with right:
        place = st.text_input(
            "坐标（经度, 纬度）",
            "" if told.lon is None else f"{told.lon:.6f}, {told.lat:.6f}",
            key=f"{key}_place",
            placeholder="121.487300, 31.262100",
            help="WGS-84（CGCS2000）；可不填。填写后会查找附近的同类在办案件。",
        )
    description = st.text_area(
        "情况说明", told.description, key=f"{key}_description", height=90, max_chars=2000
    )
    return Typed(title, category, area, unit, urgency, limit, address, description, place)


def new_case(typed: Typed, start: NewCase | None) -> NewCase:
    """Return the case that was typed; the event of `start` stays with it.

    Raises
    ------
    InputError
        When the title or the category is missing, or limit or place cannot be read.
    """
    if not typed.title.strip():
        raise InputError("标题还没有填写；请写明是什么问题。")
    if not typed.category:
        raise InputError("类别还没有选择；请从类别表中选一项。")
    lon, lat = _place(typed.place)
    return replace(
        start or NewCase(title="", category=""),
        title=typed.title.strip(),
        category=typed.category,
        area_path=typed.area_path,
        unit_code=typed.unit_code,
        urgency=typed.urgency,
        limit=parse_limit(typed.limit) if typed.limit.strip() else None,
        address=typed.address.strip(),
        lon=lon,
        lat=lat,
        description=typed.description.strip(),
    )


def _place(text: str) -> tuple[float | None, float | None]:
    """Read ``121.4873, 31.2621``; nothing is no place."""
    if not text.strip():
        return None, None
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        lon = lat = float("nan")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(f"坐标“{text}”无法识别；请写成“经度, 纬度”，如 121.4873, 31.2621。")
    return lon, lat


def _nearest(told: NewCase, choices: Choices) -> str | None:
    """Return the smallest known area around; the list may not go down to the grid."""
    path = told.area_path or ""
    while path and path not in choices.areas:
        path = path.rstrip("/").rpartition("/")[0]
        path = f"{path}/" if path else ""
    return path or None


def _pick(label: str, options: Mapping[str, str], chosen: str | None, *, key: str) -> str | None:
    codes = list(options)
    return st.selectbox(
        label,
        codes,
        index=codes.index(chosen) if chosen is not None and chosen in options else None,
        format_func=lambda code: options[code],
        placeholder="请选择",
        key=key,
    )
