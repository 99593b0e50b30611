"""Whether a message is still to be said: asked again just before it is sent."""

from dataclasses import dataclass
from typing import Final

from govdash.access.audience import Audience
from govdash.core.permissions import Permission
from govdash.core.vocab import Attempted
from govdash.store.models import Notification


@dataclass(frozen=True, slots=True)
class Verdict:
    """Send it (no result), or why not."""

    result: Attempted | None = None
    why: str = ""


SEND: Final = Verdict()


def judge(row: Notification, audience: Audience) -> Verdict:
    """Say whether a message is to be sent now."""
    if row.recipient and (why := _may_not(row, audience)):
        return Verdict(Attempted.EXPIRED, why)
    return SEND


def _may_not(row: Notification, audience: Audience) -> str:
    """Say why the recipient is not to get it (any more); empty when they are."""
    person = audience.people.get(row.recipient)
    if person is None:
        return "收件人的账号已停用或没有角色"
    needs = Permission.CASE_READ if row.case_id is not None else Permission.ALERT_READ
    if row.case_id is None and row.alert_id is None:
        return ""
    if not person.user.holds(needs):
        return "收件人已没有查看权限"
    unit = row.unit_code if row.case_id is not None else None
    return "" if person.sees(row.area_path, unit) else "已不在收件人的管辖范围内"
