"""The drawer of 考核方案: who may change it sees the effect on the ranks before it is saved."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from govdash.access import User
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.report import kpi
from govdash.report.kpi import Board, Book
from govdash.store import Session
from govdash.store import schemes as kept
from govdash.web import acting
from govdash.web.page import Page
from govdash.web.parts import card_title, el, plain, show
from govdash.workflow import schemes
from govdash.workflow.schemes import Body, Scheme

NAME: Final = "scheme"
SCHEME: Final = "scheme"  # URL parameter: which version scores
VALID: Final = "valid"


def say_outcome() -> None:
    """Say how saving went."""
    acting.say_outcome()


def open_() -> None:
    """Open the drawer; a button's ``on_click``."""
    acting.open_drawer(NAME, 0)


def is_open(page: Page) -> bool:
    """Whether the drawer is open."""
    return acting.drawer_open(NAME) and page.user.holds(Permission.KPI_READ)


def drawer(page: Page, book: Book, scheme: Scheme, now: Board) -> None:
    """Draw the drawer."""
    made = st.dialog("考核方案", position="right", width="medium", on_dismiss=acting.close_drawer)
    made(_drawer)(page, book, scheme, now)


def _drawer(page: Page, book: Book, scheme: Scheme, now: Board) -> None:
    _versions(page, scheme)
    may = page.user.holds(Permission.KPI_EDIT)
    if not may:
        show(el("p", "您可以按任何一版看，不能修改方案。", cls="gk-note"))
    names = {row.code: row.name for row in book.table.rates}
    told: dict[str, Any] = scheme.body.model_dump(mode="json")
    for key, score in scheme.body.scores.items():
        show(card_title(score.name, "权重合计应为 100"))
        weights = pd.DataFrame(
            {"指标": [names[c] for c in score.weights], "权重": list(score.weights.values())}
        )
        edited = st.data_editor(
            weights, key=f"gk_weights_{key}_{scheme.version}", hide_index=True, num_rows="dynamic",
            disabled=not may, height="content",
            column_config={
                "指标": st.column_config.SelectboxColumn(options=list(names.values())),
                "权重": st.column_config.NumberColumn(min_value=0.0, max_value=100.0),
            },
        )  # fmt: skip
        told["scores"][key]["weights"] = _weights(edited, {v: k for k, v in names.items()})
    left, middle, right = st.columns(3)
    told["least"] = left.number_input(
        "分母不到几件不排名", 1, 1000, scheme.body.least, key="gk_least", disabled=not may
    )
    told["content_from"] = middle.number_input(
        "几分起算满意", 1, 5, scheme.body.content_from, key="gk_content", disabled=not may
    )
    told["response"] = right.text_input(
        "响应时限", scheme.body.response, key="gk_response", max_chars=20, disabled=not may
    )
    try:
        body = schemes.read(told, book.table)
    except InputError as error:
        st.error(plain(error))
        return
    _effect(page, book, scheme, body, now)
    if may:
        _save(page, book, body)


def _weights(edited: pd.DataFrame, codes: dict[str, str]) -> dict[str, float]:
    whole = edited.dropna()
    return {
        codes[str(name)]: float(weight)
        for name, weight in zip(whole["指标"], whole["权重"], strict=True)
        if weight
    }


def _versions(page: Page, scheme: Scheme) -> None:
    """Choose by which version the page scores."""
    made = kept.versions(page.session)
    words = {VALID: "按时期有效的版本", "0": "自带方案"}
    words |= {
        str(one.version): f"第 {one.version} 版（{one.valid_from} 起）{one.note}" for one in made
    }
    chosen = st.query_params.get(SCHEME, VALID)
    st.session_state["gk_version"] = chosen if chosen in words else VALID

    def pick() -> None:
        picked = st.session_state["gk_version"]
        if picked == VALID:
            st.query_params.pop(SCHEME, None)
        else:
            st.query_params[SCHEME] = picked

    st.selectbox(
        f"按哪一版评分（现在是{scheme.label}）", list(words), key="gk_version",
        format_func=words.__getitem__, on_change=pick,
    )  # fmt: skip


def _effect(page: Page, book: Book, scheme: Scheme, body: Body, now: Board) -> None:
    """Show whose rank would change on the page's own period."""
    if body == scheme.body:
        show(el("p", "还没有改动；改动后这里先显示名次怎样变。", cls="gk-note"))
        return
    told = now.occasions.drop(columns="group")
    draft = Scheme(scheme.version, scheme.valid_from, body)
    by = now.by if now.by in ("street", "district", "unit") else "street"
    was, then = (
        kpi.board(told, book, one, period=now.period, by=by, known_at=now.known_at)
        for one in (scheme, draft)
    )
    ranked = next(
        (r.code for r in book.table.indicators if r.score == body.ranked_by), body.ranked_by
    )
    moved = kpi.moves(then, was)
    mine = moved[moved["code"] == ranked].merge(
        then.rows.loc[then.rows["code"] == ranked, ["group", "value", "rank"]], on="group"
    )
    names = page.area_names()
    table = pd.DataFrame(
        {
            "对象": [names.get(str(g), str(g)) for g in mine["group"]],
            "现分": mine["before"].round(1),
            "新分": mine["value"].round(1),
            "现名次": mine["rank_before"],
            "新名次": mine["rank"],
        }
    ).sort_values(["新名次", "新分"], ascending=[True, False])
    n = int((mine["rank_before"].fillna(0) != mine["rank"].fillna(0)).sum())
    same = body.terms == scheme.body.terms
    note = "" if same else "；响应时限、满意起点的影响保存后重新计数才显示"
    show(card_title("改动的影响", f"本期 {n} 个对象名次改变{note}"))
    st.dataframe(table, hide_index=True, height=220, key="gk_effect")


def _save(page: Page, book: Book, body: Body) -> None:
    seen = next((one.version for one in kept.versions(page.session)), 0)
    with st.form("gk_save", border=False):
        first = st.date_input("从哪一天起有效", page.today, key="gk_first")
        note = st.text_input("为什么修改", key="gk_why", max_chars=200)
        sent = st.form_submit_button("保存为新版本", type="primary")
    if not sent:
        return

    def act(session: Session, user: User, at: datetime) -> str:
        version = schemes.save(
            session, body, valid_from=first, note=note, seen=seen, table=book.table,
            actor=user, at=at,
        )  # fmt: skip
        return f"已保存考核方案第 {version} 版，从 {first} 起有效。"

    acting.finish(page, act, did="scheme.save", subject="scheme:new")
