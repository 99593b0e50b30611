"""The tables."""

from govdash.store.models.alerts import Alert, AlertStep, Rule, RuleAdvice
from govdash.store.models.assessment import KpiScheme
from govdash.store.models.audit import AuditCheckpoint, JournalAnchor, JournalHead
from govdash.store.models.base import Base
from govdash.store.models.briefs import Brief
from govdash.store.models.cases import Case, CaseStep, ClockInterval, Feedback
from govdash.store.models.casework import CallTask, CaseMark, CaseRequest
from govdash.store.models.escalations import Escalation
from govdash.store.models.events import Counter, Event, EventPerson, Import, RejectedRow
from govdash.store.models.evidence import CaseFile, CaseReport
from govdash.store.models.jobs import JobRun, Lease
from govdash.store.models.keys import ApiKey
from govdash.store.models.notifications import (
    InboxMessage,
    Notification,
    NotificationAttempt,
    UserEmail,
)
from govdash.store.models.people import (
    JournalLine,
    Role,
    UserAccount,
    UserArea,
    UserRole,
    UserUnit,
)
from govdash.store.models.places import Area, Category, CategoryAlias, MapLayer, Unit
from govdash.store.models.quality import QualityTask
from govdash.store.models.releases import Release
from govdash.store.models.signing import (
    DeviceToken,
    FailedTries,
    Installation,
    PasswordHistory,
    UserSession,
)
from govdash.store.models.suppressions import Suppression
from govdash.store.models.views import SavedView

__all__ = [
    "Alert",
    "AlertStep",
    "ApiKey",
    "Area",
    "AuditCheckpoint",
    "Base",
    "Brief",
    "CallTask",
    "Case",
    "CaseFile",
    "CaseMark",
    "CaseReport",
    "CaseRequest",
    "CaseStep",
    "Category",
    "CategoryAlias",
    "ClockInterval",
    "Counter",
    "DeviceToken",
    "Escalation",
    "Event",
    "EventPerson",
    "FailedTries",
    "Feedback",
    "Import",
    "InboxMessage",
    "Installation",
    "JobRun",
    "JournalAnchor",
    "JournalHead",
    "JournalLine",
    "KpiScheme",
    "Lease",
    "MapLayer",
    "Notification",
    "NotificationAttempt",
    "PasswordHistory",
    "QualityTask",
    "RejectedRow",
    "Release",
    "Role",
    "Rule",
    "RuleAdvice",
    "SavedView",
    "Suppression",
    "Unit",
    "UserAccount",
    "UserArea",
    "UserEmail",
    "UserRole",
    "UserSession",
    "UserUnit",
]
