"""The one filter bar of all pages: widgets that show the URL and write it, nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from govdash.core.filters import EventFilter, Hours, Period, Scope
from govdash.core.vocab import Channel, Facet
from govdash.web import choice
from govdash.web.choice import CUSTOM, PRESETS, Chip, Preset

KEPT = "gd_filter"  # the choice of this session, so that it survives a change of page
LAST_PAGE = "gd_page"
#: Hours of the day that the drawer offers; a link may name any.
HOURS = {
    Hours(7, 9): "早高峰", Hours(8, 18): "白天", Hours(17, 19): "晚高峰", Hours(22, 6): "夜间",
}  # fmt: skip


def params() -> dict[str, str]:
    """Return the URL parameters that make up the filter."""
    return {key: st.query_params[key] for key in choice.KEYS if key in st.query_params}


def bring_along(page: str) -> None:
    """On a change of page without parameters, put the session's choice into the URL.

    On the same page the URL is the truth, so that back and forward work.
    """
    arrived = st.session_state.get(LAST_PAGE) != page
    st.session_state[LAST_PAGE] = page
    here = params()
    kept = st.session_state.get(KEPT)
    if arrived and not here and kept:
        st.query_params.update(kept)
    elif here or not arrived:
        st.session_state[KEPT] = here


def put(chosen: EventFilter, *, today: date) -> None:
    """Write a choice to the URL and keep it for the next page; the next run reads it."""
    written = choice.write(chosen, today=today)
    for key in choice.KEYS:
        if key in st.query_params and key not in written:
            del st.query_params[key]
    st.query_params.update(written)
    st.session_state[KEPT] = written


def clear() -> None:
    """Forget every part of the choice."""
    for key in choice.KEYS:
        if key in st.query_params:
            del st.query_params[key]
    st.session_state[KEPT] = {}


def bar(
    chosen: EventFilter,
    *,
    today: date,
    scope: Scope,
    areas: Mapping[str, str],
    categories: Mapping[str, str],
) -> None:
    """Draw the period, the area and the drawer with all other parts."""
    _period(chosen, today)
    _area(chosen, today, {path: name for path, name in areas.items() if scope.covers(path)})
    n_more = len(choice.chips(chosen, areas, categories)) - len(chosen.areas)
    with st.popover(f"筛选（{n_more}）" if n_more else "筛选", icon=":material/tune:"):
        _more(chosen, today, categories)


def chip_row(chips: Sequence[Chip], chosen: EventFilter, *, today: date) -> None:
    """Say the choice in words; each part, or all of it, can be taken away."""

    def drop(chip: Chip) -> None:
        put(choice.without(chosen, chip), today=today)

    with st.container(key="gd_chips", horizontal=True, vertical_alignment="center", gap="small"):
        for chip in chips:
            st.button(
                chip.text,
                key=f"gd_chip_{chip.key}_{chip.value}",
                icon=":material/close:",
                on_click=drop,
                args=(chip,),
                help="点击去掉此条件",
            )
        st.button("清空全部", key="gd_chip_all", type="tertiary", on_click=clear)


def _period(chosen: EventFilter, today: date) -> None:
    labels = {preset.label: preset for preset in PRESETS}
    zone = chosen.period.zone_name
    now_label = choice.label(chosen.period, today=today)
    is_custom = now_label not in labels
    st.session_state["gd_period"] = CUSTOM if is_custom else now_label

    def pick() -> None:
        picked = st.session_state["gd_period"]
        if picked in labels:
            put(chosen.with_period(labels[picked].period(today, zone)), today=today)
        elif not is_custom:  # begin with three days, which no preset means
            put(chosen.with_period(Period.last_days(3, until=today, zone_name=zone)), today=today)

    def pick_days() -> None:
        days = sorted((st.session_state["gd_first"], st.session_state["gd_last"]))
        put(chosen.with_period(Period(days[0], days[1], zone)), today=today)

    st.segmented_control(
        "时间范围",
        [*labels, CUSTOM],
        key="gd_period",
        required=True,
        label_visibility="collapsed",
        on_change=pick,
    )
    if is_custom:
        # Two fields: one for a whole range brings a menu that Streamlit has in English only.
        for key, name, day in (
            ("gd_first", "开始日期", chosen.period.first),
            ("gd_last", "结束日期", chosen.period.last),
        ):
            st.session_state[key] = day
            st.date_input(
                name,
                key=key,
                max_value=max(today, chosen.period.last),
                required=True,
                label_visibility="collapsed",
                help=name,
                on_change=pick_days,
                width=118,
            )


def _area(chosen: EventFilter, today: date, areas: Mapping[str, str]) -> None:
    paths = sorted(areas)
    only = chosen.areas[0] if len(chosen.areas) == 1 and chosen.areas[0] in areas else None
    st.session_state["gd_area"] = only

    def pick() -> None:
        path = st.session_state["gd_area"]
        put(replace(chosen, areas=(path,) if path else ()), today=today)

    st.selectbox(
        "区域",
        paths,
        key="gd_area",
        index=None,
        format_func=lambda path: area_words(path, areas),
        placeholder="多个区域" if len(chosen.areas) > 1 else "全部区域",
        label_visibility="collapsed",
        on_change=pick,
        width=170,
    )


def area_words(path: str, areas: Mapping[str, str]) -> str:
    """Name an area, with the one around it where names repeat: ``城南社区（弘文街道）``."""
    parent = path[: path.rstrip("/").rfind("/") + 1]
    inner = path.count("/") > len(("", "city", "district", ""))
    return f"{areas[path]}（{areas[parent]}）" if inner and parent in areas else areas[path]


def _more(chosen: EventFilter, today: date, categories: Mapping[str, str]) -> None:
    st.session_state["gd_q"] = chosen.text
    st.session_state["gd_category"] = [key for key in chosen.categories if key in categories]
    st.session_state["gd_channel"] = list(chosen.channels)
    st.session_state["gd_facet"] = list(chosen.facets)
    st.session_state["gd_unplaced"] = chosen.unplaced
    st.session_state["gd_hours"] = chosen.hours

    def pick() -> None:
        state = st.session_state
        put(
            replace(
                chosen,
                text=(state["gd_q"] or "").strip(),
                categories=tuple(sorted(state["gd_category"])),
                channels=tuple(sorted(state["gd_channel"])),
                facets=tuple(sorted(state["gd_facet"])),
                unplaced=state["gd_unplaced"],
                hours=state["gd_hours"],
            ),
            today=today,
        )

    st.text_input(
        "内容包含", key="gd_q", placeholder="标题、描述或地址中的词", on_change=pick, width=420
    )
    st.multiselect(
        "类别（大类或小类）",
        list(categories),
        key="gd_category",
        format_func=lambda key: (
            categories[key] if len(key) <= 4 else "\u3000" + categories[key]
        ),  # "A-06" is a major
        placeholder="全部类别",
        select_all=False,
        on_change=pick,
        width=420,
    )
    st.pills(
        "渠道",
        list(Channel),
        key="gd_channel",
        selection_mode="multi",
        format_func=lambda channel: channel.label,
        on_change=pick,
        width=420,
    )
    st.pills(
        "要素",
        list(Facet),
        key="gd_facet",
        selection_mode="multi",
        format_func=lambda facet: facet.label,
        on_change=pick,
        width=420,
    )
    known = [*HOURS, *([chosen.hours] if chosen.hours and chosen.hours not in HOURS else [])]
    st.selectbox(
        "每天的时段",
        known,
        index=None,
        key="gd_hours",
        format_func=lambda hours: f"{HOURS.get(hours, '')} {hours.words}".strip(),
        placeholder="全天",
        on_change=pick,
        width=420,
    )
    st.toggle("只看未落格（没有定位到任何区域）的事件", key="gd_unplaced", on_change=pick)


def default_preset(code: str) -> Preset:
    """Return a page's own default period."""
    return next(preset for preset in PRESETS if preset.code == code)
