"""The local operator may do everything: nobody becomes it; production commands are named."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from govdash.access import load_user, local, oidc, passwords, people, roles, sessions, signin
from govdash.access.signin import Door
from govdash.access.users import LOCAL_OPERATOR, LOCAL_ROLE, User, seed_local_operator
from govdash.core.errors import GovDashError, Refused, SettingsError, SignedOut
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Store, accounts
from tests.conftest import NOW
from tests.signed import sign_in

BOSS = User("boss", "管理员", frozenset(Permission), Scope(areas=()))
GOOD = "Liang-Feng-2047"
CHANGES = {
    "password": lambda s: people.new_password(s, LOCAL_OPERATOR, actor=BOSS, at=NOW),
    "identity": lambda s: people.bind(s, LOCAL_OPERATOR, "https://id one", actor=BOSS, at=NOW),
    "lock": lambda s: people.lock(s, LOCAL_OPERATOR, actor=BOSS, at=NOW),
    "unlock": lambda s: people.unlock(s, LOCAL_OPERATOR, actor=BOSS, at=NOW),
    "roles": lambda s: people.give_roles(s, LOCAL_OPERATOR, ["duty"], actor=BOSS, at=NOW),
    "scope": lambda s: people.give_scope(s, LOCAL_OPERATOR, whole_city=True, actor=BOSS, at=NOW),
    "factor": lambda s: people.reset_factor(s, LOCAL_OPERATOR, actor=BOSS, at=NOW),
}


@pytest.fixture
def city(store: Store, settings: Settings) -> Store:
    with store.write() as session:
        seed_local_operator(session, at=NOW)
        roles.seed(session, settings.data)
        accounts.add_account(session, login="li", name="李敏", roles=(), at=NOW)
    return store


@pytest.mark.parametrize("change", CHANGES)
def test_no_administrator_changes_the_local_operator(city: Store, change: str):
    with city.write() as session, pytest.raises(Refused, match="命令行的内部账号"):
        CHANGES[change](session)


def test_its_role_is_listed_for_nobody_and_given_to_nobody(city: Store):
    with city.write() as session:
        assert LOCAL_ROLE not in {role.code for role in roles.grantable(session)}
        with pytest.raises(Refused, match="只属于命令行"):
            people.give_roles(session, "li", [LOCAL_ROLE], actor=BOSS, at=NOW)


def test_nobody_signs_in_as_it_even_with_a_password_and_an_identity_from_before(
    city: Store, settings: Settings
):
    identity = "https://id.example one"
    with city.write() as session:
        account = accounts.account(session, LOCAL_OPERATOR)
        assert account
        passwords.put(session, account, GOOD, at=NOW, must_change=False)
        account.identity = identity
    door = Door(city, settings)
    with pytest.raises(Refused, match=signin.WRONG):
        signin.sign_in(door, LOCAL_OPERATOR, GOOD, at=NOW)
    with city.write() as session:
        assert oidc.account_of(session, identity) is None


def test_in_production_it_has_no_session_at_all(city: Store, settings: Settings):
    token = sign_in(city, settings)
    with city.read() as session, pytest.raises(SignedOut, match="本人的账号"):
        sessions.validate(
            session, token, settings=replace(settings, mode=Mode.PRODUCTION), at=datetime.now(UTC)
        )


def test_a_production_command_without_a_name_is_refused_and_told_what_to_set(
    city: Store, settings: Settings
):
    production = replace(settings, mode=Mode.PRODUCTION)
    with city.read() as session:
        assert local.commander(session, settings).login == LOCAL_OPERATOR
        with pytest.raises(SettingsError, match="请设 GOVDASH_ACTOR=您的登录名"):
            local.commander(session, production)
        for wrong, said in (("nobody", "没有这个账号"), (LOCAL_OPERATOR, "不能是")):
            with pytest.raises(SettingsError, match=said):
                local.commander(session, replace(production, actor=wrong))


def test_a_named_command_may_what_its_account_may_and_no_more(city: Store, settings: Settings):
    named = replace(settings, mode=Mode.PRODUCTION, actor="li")
    with city.write() as session:
        assert local.commander(session, named).permissions == frozenset()
        people.give_roles(session, "li", ["auditor"], actor=BOSS, at=NOW)
        assert local.commander(session, named) == load_user(session, "li")


def test_the_first_accounts_are_opened_by_the_command_line_until_there_is_an_administrator(
    city: Store, settings: Settings
):
    production = replace(settings, mode=Mode.PRODUCTION)
    with city.write() as session:
        for first, role in ((Permission.USER_EDIT, "system"), (Permission.ROLE_EDIT, "security")):
            found = local.commander(session, production, first=first)
            assert (found.login, found.permissions) == (LOCAL_OPERATOR, {first})
            accounts.add_account(session, login=role, name=role, roles=(role,), at=NOW)
            with pytest.raises(SettingsError, match=f"{role}.*GOVDASH_ACTOR"):
                local.commander(session, production, first=first)
        with pytest.raises(GovDashError):  # the third administrator is for the two others
            local.commander(session, production, first=Permission.JOURNAL_READ)
