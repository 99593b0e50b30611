"""The channels that an installation has, by code."""

from collections.abc import Mapping

from govdash.core.settings import Settings
from govdash.store import Store
from govdash.workflow.notify import config, email, inbox
from govdash.workflow.notify.channel import Channel
from govdash.workflow.notify.config import HOOK, ChannelsConfig
from govdash.workflow.notify.email import Email
from govdash.workflow.notify.inbox import Inbox
from govdash.workflow.notify.webhook import Webhook


def of(store: Store, settings: Settings) -> Mapping[str, Channel]:
    """Return the channels that the settings name; the inbox is always there.

    Raises
    ------
    SettingsError
        When the file of channels cannot be used.
    """
    return made(store, config.load(settings))


def made(store: Store, told: ChannelsConfig) -> Mapping[str, Channel]:
    """Return the channels of a file that was read."""
    known: dict[str, Channel] = {inbox.CODE: Inbox(store)}
    if told.email is not None:
        known[email.CODE] = Email(told.email, told.base_url)
    for hook in told.hooks:
        known[HOOK + hook.code] = Webhook(hook, told.base_url)
    return known


def label(code: str, told: ChannelsConfig | None = None) -> str:
    """Return what a channel is called on the screen."""
    if code == inbox.CODE:
        return "站内信"
    if code == email.CODE:
        return "电子邮件"
    hooks = told.hooks if told else ()
    named = {HOOK + hook.code: hook.name for hook in hooks}
    return named.get(code, code.removeprefix(HOOK))
