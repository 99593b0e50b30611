"""What people fill in: a new case, and the form of a step."""

from dataclasses import dataclass
from datetime import datetime

from govdash.core.vocab import Disposition, Urgency
from govdash.taxonomy import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case before it exists. Without a limit it has no deadline."""

    title: str
    category: str  # key ("A-06010")
    area_path: str | None = None
    description: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    unit_code: str | None = None  # the proposed unit; dispatching confirms or changes it
    urgency: Urgency = Urgency.NORMAL
    limit: Limit | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForm:
    """What a step asks for; which fields it needs stands in `flow.CASE_FLOW`.

    `handler` and `verifier` name who did the work: by default the unit handles and the actor
    verifies. The two must differ.
    """

    note: str = ""
    unit_code: str | None = None
    register_condition: str = ""
    close_condition: str = ""
    result: str = ""
    disposition: Disposition | None = None
    handler: str = ""
    verifier: str = ""
    until: datetime | None = None  # 挂账: when it resumes by itself
    leading: int | None = None  # 合并: the id of the leading case
