"""The fields of a step's form: what the flow says that it needs, with what can be chosen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from govdash.core.times import day_start
from govdash.core.vocab import Disposition
from govdash.report import casework
from govdash.report.casework import Conditions
from govdash.store import caseload
from govdash.web import workparts
from govdash.web.caseform import Choices
from govdash.web.page import Page
from govdash.web.parts import show
from govdash.workflow import dispatching, practice
from govdash.workflow.board import CaseLife
from govdash.workflow.flow import Need
from govdash.workflow.forms import StepForm


def fields(
    page: Page, needs: tuple[Need, ...], life: CaseLife, choices: Choices, *, key: str
) -> StepForm:
    """Draw the fields that a step needs; call it inside a form."""
    row = life.row
    usual = Conditions.load(page.settings.data)
    unit = register = close = disposition = until = leading = None
    result = ""
    if Need.UNIT in needs:
        codes, named = list(choices.units), _with_load(page, choices)
        show(workparts.paragraph(dispatching.explain(page.session, row["id"], page.user.scope)))
        unit = st.selectbox(
            f"{Need.UNIT.label}（括号内为您管辖范围内的在办、超期件数）",
            codes,
            index=codes.index(row["unit_code"]) if row["unit_code"] in codes else None,
            format_func=lambda code: named[code],
            placeholder="请选择派给哪个单位",
            key=f"{key}_unit",
        )
    if Need.REGISTER_CONDITION in needs:
        register = _condition(Need.REGISTER_CONDITION, usual.register, key=f"{key}_register")
    if Need.RESULT in needs:
        result = st.text_area(
            Need.RESULT.label, str(row["result"]), key=f"{key}_result", max_chars=2000, height=110
        )
    if Need.CLOSE_CONDITION in needs:
        close = _condition(Need.CLOSE_CONDITION, usual.close, key=f"{key}_close")
    if Need.DISPOSITION in needs and life.judged:
        which = "、".join(life.waits) or "发出提示的范围比您的大"
        disposition = st.selectbox(
            f"{Need.DISPOSITION.label}（{which}）",
            list(Disposition),
            index=None,
            format_func=lambda code: code.label,
            placeholder="请选择监测提示实际上是什么",
            help="结论会用来校准发出提示的规则。",
            key=f"{key}_disposition",
        )
    if Need.UNTIL in needs:
        until = _until(page, key=key)
    if Need.LEADING in needs:
        leading = _leading(page, row, key=key)
    asked = Need.NOTE in needs
    note = st.text_area(
        Need.NOTE.label if asked else "说明（可不填）", key=f"{key}_note", max_chars=500, height=80
    )
    return StepForm(
        note=note,
        unit_code=unit,
        register_condition=register or "",
        close_condition=close or "",
        result=result,
        disposition=disposition,
        until=until,
        leading=leading,
    )


def _condition(need: Need, usual: tuple[str, ...], *, key: str) -> str | None:
    return st.selectbox(
        need.label,
        usual,
        index=None,
        placeholder="请选择，或写下其他条件",
        accept_new_options=True,
        key=key,
    )


def _with_load(page: Page, choices: Choices) -> dict[str, str]:
    """Return the names of the units with what each has to do already."""
    load = caseload.workload(page.session, page.user.scope, at=page.now).set_index("unit_code")
    busy = {str(code): (row["n"], row["overdue"]) for code, row in load.iterrows()}
    return {
        code: "{}（在办 {}，超期 {}）".format(name, *busy[code])
        if code in busy
        else f"{name}（空闲）"
        for code, name in choices.units.items()
    }


def _until(page: Page, *, key: str) -> datetime | None:
    """Ask for the last day of a hold; the case resumes with the beginning of the next one."""
    longest = practice.in_force().longest_hold
    day = st.date_input(
        f"{Need.UNTIL.label}（含当日，到期自动恢复）",
        value=None,
        min_value=page.today,
        max_value=page.today + longest - timedelta(days=1),
        format="YYYY-MM-DD",
        key=f"{key}_until",
    )
    return None if day is None else day_start(day + timedelta(days=1), page.zone)


def _leading(page: Page, row: Mapping[str, Any], *, key: str) -> int | None:
    named = casework.leaders(page.session, page.user.scope, row, at=page.now)
    return st.selectbox(
        f"{Need.LEADING.label}（本案并入它，由它继续办理）",
        list(named),
        index=None,
        format_func=lambda number: named[number],
        placeholder="请选择在办案件；同类、同一地点的排在前面",
        key=f"{key}_leading",
    )
