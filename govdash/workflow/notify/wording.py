"""What messages say: numbers, places, categories, deadlines; never a person."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from govdash.core.vocab import CaseState
from govdash.language.masking import mask
from govdash.store.models import Alert, Case

#: Why an alert waits for somebody, by the step of its log.
WAITS: Final = {
    "raise": "新的监测提示",
    "reopen": "级别升高或范围扩大，需重新签收",
    "regress": "结束后再次出现",
    "expire": "签收到期，还没有转案件或排除",
    "release": "关联的案件没有办成，退回待签收",
    "update": "级别升高或再次出现",
    "signal": "再次出现",
    "adopt": "此前已在等待签收",
}
CASE_MOMENTS: Final = {
    "entered": "请办理",
    "ended": "案件已了结",
    "urge": "催办",
    "supervise": "督办",
    "lift": "解除督办",
    "asked_extension": "延期申请，请审批",
    "granted_extension": "延期已同意，时限已顺延",
    "denied_extension": "延期未同意",
    "asked_appeal": "超时申诉，请审批",
    "granted_appeal": "超时申诉已通过",
    "denied_appeal": "超时申诉未通过",
    "stage_amber": "当前环节临期（用去四分之三）",
    "stage_red": "当前环节已超期",
    "case_amber": "全程临期（用去四分之三）",
    "case_red": "全程已超期",
    "again": "仍未办结，再次提醒",
}


def alert_title(alert: Alert) -> str:
    """Return what an alert is called; the machine wrote it."""
    return f"{alert.title}（{alert.number}）"


def alert_body(alert: Alert, why: str) -> str:
    """Say what was seen and why it is told."""
    first, last = alert.window_first, alert.window_last
    days = f"{first:%m-%d}" if first == last else f"{first:%m-%d} 至 {last:%m-%d}"
    return (
        f"{days} 实测 {alert.observed:g} 件，预期 {alert.expected:.1f} 件。{why}。"
        "监测提示（系统），不是法定预警。"
    )


def alert_link(alert: Alert) -> str:
    """Return where an alert is looked at."""
    return f"/alerts?alert={alert.id}"


def case_title(case: Case, moment: str) -> str:
    """Return what a message about a case is called; what people typed is masked."""
    return f"{CASE_MOMENTS[moment]}：{mask(case.title)}（{case.number}）"


def case_body(case: Case, *, unit: str, zone: ZoneInfo) -> str:
    """Say how a case stands: state, unit, deadline."""
    due = f"，到期 {_told(case.due_at, zone)}" if case.due_at else ""
    return f"状态“{CaseState(case.state).label}”{f'，处置单位 {unit}' if unit else ''}{due}。"


def case_link(case: Case) -> str:
    """Return where a case is looked at."""
    return f"/cases?case={case.id}"


def _told(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M}"
