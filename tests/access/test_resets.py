"""A reset password or identity counts when another administrator has confirmed it."""

from dataclasses import replace

import pytest

from govdash.access import local, passwords, people, roles, sessions, signin
from govdash.access.signin import Door
from govdash.access.users import LOCAL_OPERATOR, User, seed_local_operator
from govdash.core.errors import InputError, Refused, SignedOut
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Mode, Result
from govdash.store import Store, accounts, journal
from tests.conftest import NOW

GOOD = "Liang-Feng-2047"
GAO = User("gao", "高远", frozenset({Permission.USER_EDIT}), Scope(areas=()))
FANG = User("fang", "方正", frozenset({Permission.ROLE_EDIT}), Scope(areas=()))
BOTH = User("gao", "高远", GAO.permissions | FANG.permissions, Scope(areas=()))


@pytest.fixture
def door(store: Store, settings: Settings) -> Door:
    """`shen`, an auditor with a password, and `li`, who may do nothing yet."""
    with store.write() as session:
        roles.seed(session, settings.data)
        for login, held in (("shen", ("auditor",)), ("li", ())):
            account = accounts.add_account(session, login=login, name=login, roles=held, at=NOW)
            passwords.put(session, account, GOOD, at=NOW, must_change=False)
    return Door(store, settings)


def reset(door: Door, login: str, actor: User = GAO) -> str:
    with door.store.write() as session:
        return people.new_password(session, login, actor=actor, at=NOW)


def confirm(door: Door, login: str, actor: User) -> None:
    with door.store.write() as session:
        people.confirm(session, login, actor=actor, at=NOW)


def test_one_administrator_alone_cannot_come_in_as_somebody_else(door: Door):
    made = reset(door, "shen")
    with pytest.raises(Refused, match="须由安全管理员确认后才能登录"):
        signin.sign_in(door, "shen", made, at=NOW)
    with pytest.raises(Refused, match=signin.WRONG):  # and it is told to nobody else
        signin.sign_in(door, "shen", "not the password", at=NOW)
    confirm(door, "shen", FANG)
    assert signin.sign_in(door, "shen", made, at=NOW)
    with door.store.read() as session:
        told = [(x.actor, x.did, x.result) for x in journal.lines(session)]
    assert ("shen", "session.begin", Result.REFUSED) in told
    assert ("fang", "user.confirm", Result.DONE) in told


def test_who_has_reset_it_cannot_confirm_it_nor_can_the_one_whose_it_is(door: Door):
    reset(door, "shen", BOTH)
    with pytest.raises(Refused, match="不能由您确认"):
        confirm(door, "shen", BOTH)
    with pytest.raises(Refused, match="权限"):
        confirm(door, "shen", GAO)
    with pytest.raises(Refused, match="不能给自己确认重置"):
        confirm(door, "shen", User("shen", "沈", FANG.permissions, Scope(areas=())))


def test_each_reset_is_confirmed_anew_and_nothing_else_can_be(door: Door):
    with pytest.raises(InputError, match="没有等待确认的重置"):
        confirm(door, "shen", FANG)
    reset(door, "shen")
    confirm(door, "shen", FANG)
    made = reset(door, "shen")
    with pytest.raises(Refused, match="确认后才能登录"):
        signin.sign_in(door, "shen", made, at=NOW)


def test_another_identity_waits_too_and_taking_one_away_does_not(door: Door):
    with door.store.write() as session:
        people.bind(session, "shen", None, actor=GAO, at=NOW)
        assert not people.waits(people.found(session, "shen"))
        people.bind(session, "shen", "https://id.example one", actor=GAO, at=NOW)
        assert people.waits(people.found(session, "shen"))


def test_an_open_session_is_out_while_a_reset_waits(door: Door):
    token = signin.sign_in(door, "shen", GOOD, at=NOW)
    with door.store.write() as session:
        people.found(session, "shen").reset_by = "gao"
    with door.store.read() as session, pytest.raises(SignedOut, match="确认后才能登录"):
        sessions.validate(session, token, settings=door.settings, at=NOW)


def test_who_may_do_nothing_needs_no_confirmation(door: Door):
    assert signin.sign_in(door, "li", reset(door, "li"), at=NOW)


def test_the_only_security_administrator_can_be_confirmed_at_the_servers_command_line(
    door: Door, settings: Settings
):
    production = replace(settings, mode=Mode.PRODUCTION)
    with door.store.write() as session:
        seed_local_operator(session, at=NOW)
        accounts.add_account(session, login="fang", name="方正", roles=("security",), at=NOW)
        people.new_password(session, "fang", actor=GAO, at=NOW)
        stand_in = local.commander(session, production, first=Permission.ROLE_EDIT)
        assert stand_in.login == LOCAL_OPERATOR
        people.confirm(session, "fang", actor=stand_in, at=NOW)
