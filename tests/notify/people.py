"""People and intents for the tests of notifications, in the small city of the workflow tests."""

from datetime import datetime
from typing import Any

from govdash.access import roles, seed_local_operator
from govdash.core.settings import ROOT
from govdash.store import Store, accounts, notifications
from tests.workflow.conftest import CITY, DISTRICT, OTHER, furnish

#: login, role, areas, units
CAST = (
    ("duty", "duty", (CITY,), ()),
    ("duty2", "duty", (DISTRICT,), ()),
    ("far", "duty", (OTHER,), ()),
    ("lead", "leader", (CITY,), ()),
    ("send", "dispatcher", (CITY,), ()),
    ("fix", "handler", (), ("U-STREET",)),
    ("boss", "handler", (DISTRICT,), ("U-DIST",)),
    ("check", "verifier", (DISTRICT,), ()),
    ("head", "manager", (CITY,), ()),
)


def people(store: Store, at: datetime) -> Store:
    """Write the city and the people who work in it."""
    furnish(store, at)
    with store.write() as session:
        seed_local_operator(session, at=at)
        roles.seed(session, ROOT / "data")
        for login, role, areas, units in CAST:
            accounts.add_account(
                session, login=login, name=f"{login}某", roles=(role,),
                areas=areas, units=units, whole_city=CITY in areas, at=at,
            )  # fmt: skip
    return store


def intent(key: str, at: datetime, **more: Any) -> dict[str, Any]:
    """Make an intent."""
    plain = {
        "key": key, "topic": "test", "why": "试发", "title": f"标题 {key}", "body": "正文",
        "link": "/alerts", "recipient": "duty", "target": "值班员", "channel": "inbox",
        "created_at": at, "due_at": at,
    }  # fmt: skip
    return plain | more


def intend(store: Store, *intents: dict[str, Any]) -> int:
    with store.write() as session:
        return notifications.add(session, intents)
