"""信息报告: 初报, 续报 and 终报 of a serious case, from its facts; what is unknown says so.

A report is kept as it was made. What a person has to add is marked 待核 and written by hand on the
printed page, or stands in the next report once the case knows it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from govdash.access import User
from govdash.core.errors import NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CASE_ENDS, CaseState, ReportKind
from govdash.language.masking import mask
from govdash.store import Session
from govdash.store import cases as case_rows
from govdash.store import evidence as rows
from govdash.store.models import Case, CaseReport
from govdash.workflow import caselog, cases
from govdash.workflow.deadlines import in_force
from govdash.workflow.naming import Names, day_number

NEEDS: Final = Permission.CASE_REPORT
UNKNOWN: Final = "待核"
#: What only people on the spot can say; the case has no field for it.
BY_HAND: Final = ("人员伤亡", "财产损失", "影响范围", "已到场力量", "需要支援的事项")


def next_kinds(session: Session, case: Case) -> tuple[ReportKind, ...]:
    """Return which report can be made now: the first one, then others, a last one at the end."""
    last = rows.last_report(session, case.id)
    if last is None:
        return (ReportKind.FIRST,)
    if last.kind is ReportKind.FINAL:
        return ()
    done = case.state in CASE_ENDS or case.state is CaseState.VERIFIED
    return (ReportKind.FOLLOW, ReportKind.FINAL) if done else (ReportKind.FOLLOW,)


def make(
    session: Session, case_id: int, kind: ReportKind, *, actor: User, at: datetime
) -> CaseReport:
    """Make a report of a case as it stands, numbered, with its journal line.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When it is not this report's turn, or the actor may not make any.
    """
    case = cases.found(session, case_id, actor)
    actor.require(NEEDS, area=case.area_path)
    possible = next_kinds(session, case)
    if kind not in possible:
        listed = "、".join(one.label for one in possible) or "（终报已出，不再报告）"
        raise Refused(f"案件 {case.number} 现在不能出{kind.label}；可以：{listed}。")
    last = rows.last_report(session, case_id)
    zone = in_force().calendar.zone
    row = CaseReport(
        case_id=case_id,
        seq=last.seq + 1 if last else 1,
        kind=kind,
        number=day_number(session, "XB", at=at, zone=zone),
        made_by=actor.login,
        made_at=at,
        told=_told(session, case, kind, last, actor=actor, at=at, zone=zone),
    )
    session.add(row)
    session.flush()
    caselog.record(
        session, case, "report",
        actor=actor, at=at, detail={"report": row.number, "kind": kind.value},
    )  # fmt: skip
    return row


def take(session: Session, report_id: int, *, actor: User, at: datetime) -> CaseReport:
    """Give a report out, with a line in the journal.

    Raises
    ------
    Refused
        When the actor may not read cases, or is a wall display.
    NotFound
        When there is no such report in the actor's scope.
    """
    actor.require_held(Permission.CASE_READ)
    actor.require_person()
    found = rows.report(session, report_id, actor.scope)
    if found is None:
        raise NotFound(f"没有编号为 {report_id} 的信息报告，或不在您的管辖范围内。")
    row, case = found
    caselog.record(session, case, "take_report", actor=actor, at=at, detail={"report": row.number})
    return row


def reports(session: Session, case_id: int, viewer: User) -> Sequence[CaseReport]:
    """Return the reports of a case in the viewer's scope, oldest first."""
    return rows.reports(session, case_id, viewer.scope)


def _told(
    session: Session,
    case: Case,
    kind: ReportKind,
    last: CaseReport | None,
    *,
    actor: User,
    at: datetime,
    zone: ZoneInfo,
) -> dict[str, Any]:
    names = Names.load(session)
    unit = case_rows.unit_name(session, case.unit_code) if case.unit_code else None
    files = rows.n_files(session, case.id)
    steps = case_rows.steps(session, case.id, actor.scope)
    since = last.made_at if last else None
    course = [
        f"{step['at'].astimezone(zone):%m-%d %H:%M} "
        f"{step['action'].label if step['action'] else '登记'}"
        + (f"：{mask(str(step['note']))}" if step["note"] else "")
        for step in steps.to_dict("records")
        if since is None or step["at"] > since
    ]
    facts = [
        ("事件", mask(case.title)),
        ("类别", names.category(case.category)),
        ("紧急程度", case.urgency.label),
        ("发生（登记）时间", f"{case.opened_at.astimezone(zone):%Y-%m-%d %H:%M}"),
        ("地点", _place(case, names)),
        ("基本情况", mask(case.description)),
        ("责任单位", unit or ""),
        ("当前状态", case.state.label),
        ("已采取的措施" if last is None else "上次报告以来的进展", "\n".join(course)),
        ("处置结果", mask(case.result)),
    ]
    if kind is ReportKind.FINAL:
        ended = case.closed_at.astimezone(zone) if case.closed_at else None
        facts += [
            ("结束时间", f"{ended:%Y-%m-%d %H:%M}" if ended else ""),
            ("结案条件", mask(case.close_condition)),
            ("事件原因", ""),
            ("善后和整改", ""),
        ]
    facts += [(label, "") for label in BY_HAND]
    facts += [("现场照片和文件", f"{files} 件，存于平台" if files else "")]
    return {
        "case": case.number,
        "by": actor.name,
        "at": f"{at.astimezone(zone):%Y-%m-%d %H:%M}",
        "follows": last.number if last else "",
        "facts": [[label, text or UNKNOWN] for label, text in facts],
    }


def _place(case: Case, names: Names) -> str:
    told = [names.whole_area(case.area_path), mask(case.address)]
    if case.lon is not None and case.lat is not None:
        told.append(f"（{case.lon:.5f}, {case.lat:.5f}）")
    return " ".join(part for part in told if part)
