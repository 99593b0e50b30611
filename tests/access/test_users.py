"""Who acts and where: permissions and scope come from the tables, at every load."""

from datetime import date

import pytest

from govdash.access import SYSTEM, load_user, query_for, seed_local_operator
from govdash.core.errors import NotFound, Refused
from govdash.core.filters import EventFilter, Period
from govdash.core.permissions import Permission
from govdash.store import Store, accounts
from tests.conftest import NOW

JUNE = EventFilter(Period(date(2026, 6, 1), date(2026, 6, 30)))


def test_the_first_start_seeds_one_operator_with_the_whole_city(store: Store):
    with store.write() as session:
        seed_local_operator(session, at=NOW)
        seed_local_operator(session, at=NOW)
    with store.read() as session:
        user = load_user(session)
    assert user.permissions == frozenset(Permission)
    assert user.scope.whole_city


def test_without_a_seeded_account_the_message_says_what_to_run(store: Store):
    with store.read() as session, pytest.raises(NotFound, match="govdash init"):
        load_user(session)


def test_a_user_of_one_street_is_refused_elsewhere_and_for_other_work(store: Store):
    with store.write() as session:
        accounts.put_role(session, code="reader", name="读", permissions=["scope:event:read"])
        accounts.add_account(
            session, login="li", name="李", roles=("reader",), areas=("/1/2/",), at=NOW
        )
        user = load_user(session, "li")
    assert user.may(Permission.EVENT_READ, area="/1/2/3/")
    with pytest.raises(Refused, match="管辖范围"):
        user.require(Permission.EVENT_READ, area="/1/20/")
    with pytest.raises(Refused, match="权限"):
        user.require(Permission.CASE_CLOSE, area="/1/2/")
    assert query_for(user, JUNE).scope.areas == ("/1/2/",)


def test_a_disabled_account_is_gone_at_the_next_load(store: Store):
    with store.write() as session:
        seed_local_operator(session, at=NOW)
    with store.write() as session:
        account = accounts.account(session, "operator")
        assert account
        account.active = False
    with store.read() as session, pytest.raises(NotFound):
        load_user(session)


def test_the_platform_itself_may_do_everything_everywhere():
    SYSTEM.require(Permission.ALERT_HANDLE, area=None)
