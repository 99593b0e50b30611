"""The dead man's switch: whether anybody runs the timed jobs, without which nobody is told."""

from datetime import datetime, timedelta
from typing import Final

from govdash.core.vocab import Job
from govdash.store import Session, jobs

#: Without these nothing is noticed in time: escalation, delivery, deadlines.
WATCHED: Final = (Job.ESCALATE, Job.NOTIFY)


def silence(session: Session, *, at: datetime, after: timedelta) -> str:
    """Say in Chinese that the jobs have stood still for longer than `after`; empty when not.

    Each watched job counts by itself: one that fails again and again stands still too.
    """
    stood: list[str] = []
    for job in WATCHED:
        newest = jobs.newest_success(session, [job])
        if newest is None:
            stood.append(f"{job.label}还没有运行过")
        elif at - newest > after:
            minutes = int((at - newest) / timedelta(minutes=1))
            stood.append(f"{job.label}已停 {minutes:,} 分钟")
    return "，".join(stood)
