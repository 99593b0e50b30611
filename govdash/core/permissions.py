"""What a person may do: one vocabulary, ``area:resource:action``."""

from enum import StrEnum


class Permission(StrEnum):
    """A permission; roles are sets of them, held as data."""

    EVENT_READ = "scope:event:read"
    EVENT_EXPORT = "scope:event:export"
    EVENT_IMPORT = "scope:event:import"
    ALERT_READ = "scope:alert:read"
    ALERT_HANDLE = "scope:alert:handle"
    CASE_READ = "scope:case:read"
    CASE_CREATE = "scope:case:create"
    CASE_ACCEPT = "scope:case:accept"
    CASE_DISPATCH = "scope:case:dispatch"
    CASE_HANDLE = "scope:case:handle"
    CASE_VERIFY = "scope:case:verify"
    CASE_CLOSE = "scope:case:close"
    FEEDBACK_WRITE = "scope:feedback:write"
    RULE_EDIT = "city:rule:edit"
    AREA_EDIT = "city:area:edit"
    DETECT_RUN = "city:detect:run"
    STATUS_READ = "city:status:read"
    JOURNAL_READ = "city:journal:read"
    JOURNAL_PRUNE = "city:journal:prune"
    BACKUP_RUN = "city:backup:run"
    KEY_EDIT = "city:key:edit"
    SYSTEM_OPERATE = "city:system:operate"
    USER_EDIT = "city:user:edit"
    ROLE_EDIT = "city:role:edit"
    DEVICE_EDIT = "city:device:edit"
