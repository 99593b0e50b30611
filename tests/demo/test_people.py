"""The demo's accounts: one for each role, random passwords in a file of the owner alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from govdash.access import load_user, roles, signin
from govdash.access.signin import Door
from govdash.core.errors import InputError
from govdash.core.vocab import Mode
from govdash.demo import people
from govdash.store import Store, accounts, units
from tests.web import town


@pytest.fixture
def city(sqlite_store: Store, settings) -> Store:
    town.build(sqlite_store, settings, datetime.now(UTC))
    told = [("990101-CLEAN", "临江区环境卫生服务中心", town.EAST, None)]
    with sqlite_store.write() as session:
        units.put_units(
            session, pd.DataFrame(told, columns=["code", "name", "area_path", "parent_code"])
        )
    return sqlite_store


def test_every_role_has_an_account_that_can_sign_in(city: Store, settings):
    at = datetime.now(UTC)
    opened = people.open_accounts(city, settings, at=at)
    assert {cast.role for cast in people.CAST} == {e.code for e in roles.load(settings.data)}
    assert len({account.password for account in opened}) == len(people.CAST)
    for account in opened:
        assert signin.sign_in(Door(city, settings), account.login, account.password, at=at)
    factors = {account.login for account in opened if account.otpauth}
    assert factors == {"sysadmin", "secadmin", "audit"}
    with city.read() as session:
        assert load_user(session, "duty").scope.whole_city
        assert load_user(session, "verify").scope.areas == (town.EAST,)
        assert load_user(session, "handle").scope.units == ("990101-CLEAN",)
        assert load_user(session, "audit").scope.areas == ()


def test_the_passwords_are_kept_for_their_owner_and_made_once(city: Store, settings):
    first = people.open_accounts(city, settings, at=datetime.now(UTC))
    file = people.file_of(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert all(account.line in file.read_text("utf-8") for account in first)
    assert people.open_accounts(city, settings, at=datetime.now(UTC)) == []


def test_there_are_none_outside_a_demo(city: Store, settings):
    with pytest.raises(InputError, match="演示模式"):
        people.open_accounts(city, replace(settings, mode=Mode.PRODUCTION), at=datetime.now(UTC))
    with city.read() as session:
        assert accounts.account(session, "duty") is None
