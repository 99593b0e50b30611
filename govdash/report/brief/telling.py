"""Tells people of reports made by plan, through the ledger of notifications."""

from datetime import datetime
from typing import Any

from govdash.core.permissions import Permission
from govdash.core.vocab import BriefState
from govdash.report.brief.document import Document
from govdash.store import Session, notifications
from govdash.store.models import Brief
from govdash.workflow.notify.standing import BRIEF
from govdash.workflow.notify.targets import People


def tell(session: Session, brief: Brief, *, at: datetime) -> int:
    """Intend a message for each person whose scope covers a report; return how many.

    An issued one for all who may read reports, a draft for those who may sign it.
    """
    issued = brief.state is BriefState.ISSUED
    needs = (Permission.BRIEF_READ,) if issued else (Permission.BRIEF_READ, Permission.BRIEF_SIGN)
    people = People(session)
    document = Document.load(brief.document)
    words = "报告读者" if issued else "报告签发人"
    why = "定期报告已发布" if issued else "定期报告已生成草稿，请核对签发"
    first = next((text for section in document.sections for text in section.paragraphs), "")
    message: dict[str, Any] = {
        "topic": BRIEF,
        "why": why + (f"（{brief.note}）" if brief.note else ""),
        "title": f"{document.title}（{document.subtitle}）",
        "body": first,
        "link": f"/briefs?brief={brief.id}",
        "area_path": brief.area_path,
        "created_at": at,
        "due_at": at,
    }
    state = brief.state.value
    intents = [
        message
        | {
            "key": f"b{brief.id}:{state}:{one.login}:{one.channel}",
            "recipient": one.login,
            "target": one.words,
            "channel": one.channel,
        }
        for person in people.audience.with_permission(*needs, area=brief.area_path)
        for one in people.reach(person, words)
    ]
    return notifications.add(session, intents)
