"""Whether a message is still to be said: asked again just before it is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govdash.access.audience import Audience
from govdash.core.permissions import Permission
from govdash.core.vocab import Asked, Attempted, Clock, Signal
from govdash.store import Session, cases, casework, escalations
from govdash.store.models import Case, Escalation, Notification
from govdash.workflow import timing
from govdash.workflow.clocks import Lamp
from govdash.workflow.deadlines import in_force
from govdash.workflow.flow import STAGE
from govdash.workflow.notify import alertsteps, asksteps, planning, suppression
from govdash.workflow.notify.targets import People

#: Which lamps make a message about time still true.
_LATE: Final = frozenset({Lamp.RED})
_NEAR: Final = frozenset({Lamp.YELLOW, Lamp.RED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Send it (no result), or why not."""

    result: Attempted | None = None
    why: str = ""


SEND: Final = Verdict()
#: The topic of messages about reports.
BRIEF: Final = "brief"


def judge(session: Session, row: Notification, people: People, *, at: datetime) -> Verdict:
    """Say whether a message is to be sent now."""
    if row.recipient and (why := _may_not(row, people.audience)):
        return Verdict(Attempted.EXPIRED, why)
    if row.alert_id is not None:
        why = _alert_over(session, row, row.alert_id, people)
    elif row.case_id is not None:
        why = _case_over(session, row, row.case_id, at=at)
    else:
        why = ""
    if why:
        return Verdict(Attempted.EXPIRED, why)
    return _mute(session, row, people, at=at) if row.topic == planning.STEP else SEND


def _mute(session: Session, row: Notification, people: People, *, at: datetime) -> Verdict:
    """Hold a message about an alert back while the alert is muted for its recipient."""
    kept = escalations.of_alert_now(session, row.alert_id or 0)
    if kept is None:
        return SEND
    sees = suppression.sees_of(people, row.recipient)
    why = suppression.muted(session, kept[0], at=at, sees=sees)
    if why is None:
        return SEND
    zone = in_force().calendar.zone
    told = why.words(lambda moment: f"{moment.astimezone(zone):%m-%d %H:%M}", names_wider=False)
    return Verdict(Attempted.SUPPRESSED, told)


def _may_not(row: Notification, audience: Audience) -> str:
    """Say why the recipient is not to get it (any more); empty when they are."""
    person = audience.people.get(row.recipient)
    if person is None:
        return "收件人的账号已停用或没有角色"
    needs = Permission.CASE_READ if row.case_id is not None else Permission.ALERT_READ
    if row.topic == BRIEF:
        needs = Permission.BRIEF_READ
    elif row.case_id is None and row.alert_id is None:
        return ""
    if not person.user.holds(needs):
        return "收件人已没有查看权限"
    unit = row.unit_code if row.case_id is not None else None
    return "" if person.sees(row.area_path, unit) else "已不在收件人的管辖范围内"


def _alert_over(session: Session, row: Notification, alert_id: int, people: People) -> str:
    """Say why a message about an alert is true no more."""
    kept = escalations.of_alert_now(session, alert_id)
    if kept is None:
        return ""
    alert, escalation = kept
    if row.topic == planning.CLEARED:
        return "" if alert.signal is Signal.CLEARED else f"提示已是“{alert.signal.label}”"
    if row.topic != planning.STEP:
        return ""
    if not alertsteps.waits(alert):
        return f"提示已是“{alert.handling.label}”，{alert.signal.label}"
    leader = escalations.leader_of(session, alert)
    if alertsteps.heard_elsewhere(leader, row.recipient, row.channel, people):
        return "已并入同一事项的另一条提示，由它通知"  # who reads this need not see that one
    return _superseded(row, escalation)


def _case_over(session: Session, row: Notification, case_id: int, *, at: datetime) -> str:
    """Say why a message about a case is true no more."""
    kept = escalations.of_case_now(session, case_id)
    if kept is None:
        return ""
    case, escalation = kept
    moment = row.topic.partition(".")[2]
    if moment.endswith(tuple(Asked)):  # also of a case that has ended: an appeal
        return _decided(session, case, moment)
    if moment == "ended":
        return _superseded(row, escalation)
    if case.state not in STAGE:
        return f"案件已是“{case.state.label}”"
    if moment == "entered" or moment.startswith("stage"):
        why = _superseded(row, escalation) and f"案件已到“{case.state.label}”"
        if why or moment == "entered":
            return why
    if moment.endswith(("amber", "red")):
        lamps = _LATE if moment.endswith("red") else _NEAR
        clock = STAGE[case.state] if moment.startswith("stage") else Clock.CASE
        return _lamp_out(session, case, clock, lamps, at=at)
    return ""


def _decided(session: Session, case: Case, moment: str) -> str:
    """Say why nobody needs to decide a request any more; how it was decided stays news."""
    stands, _, kind = moment.partition("_")
    if stands != asksteps.ASKED:
        return ""
    waits = casework.requests_of(session, case.id, Asked(kind), states=casework.UNDECIDED)
    return "" if waits else f"{Asked(kind).label}申请已有结果"


def _lamp_out(
    session: Session, case: Case, clock: Clock, lamps: frozenset[Lamp], *, at: datetime
) -> str:
    ledger = cases.ledger(session, case.id)
    reading = timing.read(ledger, clock, at=at, calendar=in_force().calendar)
    if not reading.running:
        return "时钟已暂停"
    return "" if reading.lamp in lamps else f"时限灯已是“{reading.lamp.label}”"


def _superseded(row: Notification, escalation: Escalation) -> str:
    return "" if escalation.episode == row.episode else "已重新开始等待，由新的通知代替"
