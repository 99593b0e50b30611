"""Signing in: right and wrong passwords, the lock, the second factor, sessions and their clocks."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.access import lockout, passwords, people, roles, sessions, signin, totp
from govdash.access.lockout import Count
from govdash.access.sessions import Stage
from govdash.access.signin import Door
from govdash.access.users import User
from govdash.core.errors import InputError, Refused, SignedOut, TooMany
from govdash.core.filters import Scope
from govdash.core.origin import Origin
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Mode, Result
from govdash.store import Store, accounts, journal, signing
from tests.conftest import NOW

GOOD, NEXT = "Liang-Feng-2047", "Ming-Yue-Song-88"
BOSS = User("boss", "管理员", frozenset(Permission), Scope(areas=()))
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def door(store: Store, settings: Settings) -> Door:
    """Two accounts: `li` with a password, `shen` an auditor."""
    with store.write() as session:
        roles.seed(session, settings.data)
        for login, role in (("li", "duty"), ("shen", "auditor")):
            account = accounts.add_account(session, login=login, name=login, roles=(role,), at=NOW)
            passwords.put(session, account, GOOD, at=NOW, must_change=False)
    return Door(store.acting(Origin("10.0.0.9", "r" * 8, "page")), settings)


def lines(door: Door, did: str) -> list[tuple[str, str, Result]]:
    with door.store.read() as session:
        told = [x for x in journal.lines(session) if x.did == did]
        return [(x.actor, x.address, x.result) for x in told]


def stage(door: Door, token: str, at: datetime = NOW) -> Stage:
    with door.store.read() as session:
        return sessions.validate(session, token, settings=door.settings, at=at).stage


def test_the_right_password_begins_a_session_that_is_kept_only_as_a_hash(door: Door):
    token = signin.sign_in(door, " li ", GOOD, at=NOW)
    with door.store.read() as session:
        user = sessions.user_of(session, token, settings=door.settings, at=NOW)
        assert (user.login, user.scope) == ("li", Scope(areas=()))
        kept = accounts.account(session, "li")
        assert kept
        (row,) = signing.open_of_user(session, kept.id, at=NOW)
        assert token not in str(vars(row))
    assert lines(door, "session.begin") == [("li", "10.0.0.9", Result.DONE)]


def test_an_unknown_login_is_answered_counted_and_locked_like_a_known_one(door: Door):
    said: dict[str, list[str]] = {}
    for n, login in enumerate(("li", "nobody")):
        here = replace(door, store=door.store.acting(Origin(f"10.0.1.{n}")))
        for _ in range(7):
            with pytest.raises(Refused) as told:
                signin.sign_in(here, login, "wrong", at=NOW)
            said.setdefault(login, []).append(str(told.value))
    assert said["li"] == said["nobody"]
    assert said["li"][4:] == [signin.WRONG, *["尝试次数过多，请 60 秒后再试。"] * 2]
    actors = [actor for actor, _, _ in lines(door, "session.begin")]
    assert sorted(actors) == ["?"] * 7 + ["li"] * 7  # one too many is refused: a line too
    with pytest.raises(TooMany):  # the right password does not open a lock either
        signin.sign_in(door, "li", GOOD, at=NOW + MINUTE - SECOND)
    signin.sign_in(door, "li", GOOD, at=NOW + MINUTE)


def test_an_address_is_locked_whatever_logins_it_tries(door: Door):
    for n in range(5):
        with pytest.raises(Refused, match="不对"):
            signin.sign_in(door, f"guess{n}", "wrong", at=NOW)
    with pytest.raises(TooMany):
        signin.sign_in(door, "li", GOOD, at=NOW)
    elsewhere = replace(door, store=door.store.acting(Origin("10.0.0.10")))
    signin.sign_in(elsewhere, "li", GOOD, at=NOW)


def test_twenty_tries_at_once_are_five_guesses(door: Door):
    said: list[str] = []

    def guess(n: int) -> None:
        here = replace(door, store=door.store.acting(Origin(f"10.0.3.{n}")))
        try:
            signin.sign_in(here, "li", "wrong", at=NOW)
        except Refused as error:
            said.append(error.code)

    threads = [Thread(target=guess, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (said.count("refused"), said.count("too_many")) == (5, 15)


@given(gaps=st.lists(st.integers(0, 7200), max_size=40))
def test_the_lock_holds_from_the_fifth_failure_and_never_over_an_hour(gaps: list[int]):
    count, at, free = Count(), NOW, 0
    for gap in gaps:
        at += timedelta(seconds=gap)
        if count.wait(at):
            assert free >= lockout.FREE
            assert count.wait(at) <= lockout.LONGEST
            continue
        before = count
        count, free = count.failed(at), free + 1
        if count.count >= lockout.FREE:
            assert count.wait(at) == lockout.delay(count.count) >= MINUTE
            assert lockout.delay(count.count) >= lockout.delay(before.count)


@given(steps=st.lists(st.tuples(st.integers(0, 1800), st.booleans()), max_size=60))
def test_a_session_lives_while_somebody_is_active_and_at_most_twelve_hours(
    steps: list[tuple[int, bool]],
):
    from govdash.store.models import UserAccount, UserSession

    row = UserSession(created_at=NOW, active_at=NOW, ends_at=NOW + sessions.ABSOLUTE)
    account = UserAccount(login="li", active=True)
    idle, at, active = timedelta(minutes=15), NOW, NOW
    for seconds, person in steps:
        at += timedelta(seconds=seconds)
        alive = at - active < idle and at < NOW + sessions.ABSOLUTE
        assert (sessions.ended(row, account, None, idle=idle, at=at) == "") == alive
        if alive and person:
            row.active_at = active = at


def test_asking_is_no_activity_touching_is(door: Door):
    token = signin.sign_in(door, "li", GOOD, at=NOW)
    for minutes in (5, 10, 14):
        stage(door, token, NOW + minutes * MINUTE)
    with door.store.write() as session:
        at = NOW + 14 * MINUTE
        signed = sessions.validate(session, token, settings=door.settings, at=at)
        sessions.touch(session, signed, at=at)
    stage(door, token, NOW + 29 * MINUTE - SECOND)
    with pytest.raises(SignedOut, match="没有操作"):
        stage(door, token, NOW + 29 * MINUTE)


def test_signing_out_ends_it_everywhere_and_for_good(door: Door):
    token = signin.sign_in(door, "li", GOOD, at=NOW)
    signin.sign_out(door.store, token, at=NOW)
    signin.sign_out(door.store, token, at=NOW)
    with pytest.raises(SignedOut):
        stage(door, token)
    assert lines(door, "session.end") == [("li", "10.0.0.9", Result.DONE)]
    for guess in ("", "x", token[:-1]):
        with pytest.raises(SignedOut, match="请先登录"):
            stage(door, guess)


def test_signing_out_ends_the_other_browsers_too_and_a_session_that_is_replaced_does_not(
    door: Door,
):
    first, other, third = (signin.sign_in(door, "li", GOOD, at=NOW) for _ in range(3))
    signin.sign_out(door.store, first, at=NOW, everywhere=False)
    assert stage(door, other) is Stage.OPEN
    signin.sign_out(door.store, other, at=NOW)
    with pytest.raises(SignedOut):
        stage(door, third)


def test_an_ended_session_is_kept_until_the_retention_of_the_data_file(door: Door):
    token = signin.sign_in(door, "li", GOOD, at=NOW)
    signin.sign_out(door.store, token, at=NOW)
    later = NOW + timedelta(days=100)
    signin.sign_in(door, "shen", GOOD, at=later)
    with door.store.read() as session, pytest.raises(SignedOut, match="登录已结束"):
        sessions.validate(session, token, settings=door.settings, at=later)


def test_whoever_has_a_whole_ipv6_network_is_one_address():
    one, same, other = (
        lockout.keys("li", f"2001:db8:0:{place}")[1] for place in ("1::1", "1:ffff::2", "2::1")
    )
    assert one == same != other
    assert lockout.keys("li", "10.0.0.1") != lockout.keys("li", "10.0.0.2")


def test_a_closed_account_is_out_at_once(door: Door):
    token = signin.sign_in(door, "li", GOOD, at=NOW)
    with door.store.write() as session:
        people.lock(session, "li", actor=BOSS, at=NOW)
    with pytest.raises(SignedOut):
        stage(door, token)
    with pytest.raises(Refused, match="不对"):
        signin.sign_in(door, "li", GOOD, at=NOW)


def test_an_administrator_sets_a_second_factor_up_and_a_code_counts_once(door: Door):
    token = signin.sign_in(door, "shen", GOOD, at=NOW)
    assert stage(door, token) is Stage.ENROL
    with door.store.read() as session, pytest.raises(SignedOut, match="还没有完成"):
        sessions.user_of(session, token, settings=door.settings, at=NOW)
    with door.store.write() as session:
        told = totp.propose(session, "shen", settings=door.settings)
        assert totp.propose(session, "shen", settings=door.settings) == told
        account = accounts.account(session, "shen")
        assert account
        code = totp.present_code(account, settings=door.settings, at=NOW)
        assert totp.secret_in(told) not in (account.totp_secret or "")
    opened = signin.give_code(door, token, code, at=NOW)
    assert stage(door, opened) is Stage.OPEN
    with pytest.raises(SignedOut):  # the token of before may no more
        stage(door, token)
    again = signin.sign_in(door, "shen", GOOD, at=NOW)
    assert stage(door, again) is Stage.FACTOR
    with pytest.raises(Refused, match="已用过"):
        signin.give_code(door, again, code, at=NOW)
    assert [r for _, _, r in lines(door, "factor.give")] == [Result.REFUSED]
    assert [r for _, _, r in lines(door, "factor.enrol")] == [Result.DONE]


def test_giving_the_password_again_does_not_make_more_guesses_of_the_code_free(door: Door):
    with door.store.write() as session:
        account = accounts.account(session, "li")
        assert account
        totp.propose(session, "li", settings=door.settings)
        account.totp_on_at = NOW
    for n in range(5):
        here = replace(door, store=door.store.acting(Origin(f"10.0.2.{n}")))
        token = signin.sign_in(here, "li", GOOD, at=NOW)
        with pytest.raises(Refused, match="验证码不对"):
            signin.give_code(here, token, "00000", at=NOW)
    token = signin.sign_in(door, "li", GOOD, at=NOW)
    with pytest.raises(TooMany):
        signin.give_code(door, token, "000000", at=NOW)


def test_a_new_password_ends_the_other_sessions_and_an_old_one_does_not_come_back(door: Door):
    other = signin.sign_in(door, "li", GOOD, at=NOW)
    mine = signin.sign_in(door, "li", GOOD, at=NOW)
    with pytest.raises(Refused, match="原密码"):
        signin.change_password(door, mine, "wrong", NEXT, at=NOW)
    with pytest.raises(InputError, match="最近 5 次"):
        signin.change_password(door, mine, GOOD, GOOD, at=NOW)
    fresh = signin.change_password(door, mine, GOOD, NEXT, at=NOW)
    for gone in (other, mine):
        with pytest.raises(SignedOut):
            stage(door, gone)
    assert stage(door, fresh) is Stage.OPEN
    assert [r for _, _, r in lines(door, "password.change")] == [Result.DONE, Result.REFUSED]


def test_a_first_password_and_in_production_an_old_one_must_be_changed(door: Door):
    with door.store.write() as session:
        first = people.add(session, actor=BOSS, login="sun", name="孙", at=NOW)
    token = signin.sign_in(door, "sun", first, at=NOW)
    assert stage(door, token) is Stage.PASSWORD
    later = NOW + passwords.MAX_AGE
    old = signin.sign_in(door, "li", GOOD, at=later)
    assert stage(door, old, later) is Stage.OPEN
    strict = replace(door, settings=replace(door.settings, mode=Mode.PRODUCTION, secret_key="k"))
    assert stage(strict, old, later) is Stage.PASSWORD


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Ab1-xyz", "至少 10"),
        ("liangfeng2047", "至少要有 3 种"),
        ("Zhang-li-2047", "不能含有登录名"),
        ("P@ssw0rd123", "太常见"),
        ("Qwerty12345!", "太常见"),
        ("Abcdefgh123", "太常见"),
        ("Aa1!Aa1!Aa1!", "太常见"),
        ("Aa1" * 50, "不能超过"),
    ],
)
def test_a_poor_password_is_refused_with_the_reason(password: str, said: str):
    with pytest.raises(InputError, match=said):
        passwords.require_good(password, login="zhang")


def test_passwords_that_are_made_keep_the_rules():
    for _ in range(200):
        passwords.require_good(passwords.made("abc"), login="abc")
