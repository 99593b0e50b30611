"""The ten roles: three administrators apart, nobody with two of them, nobody for themselves."""

from itertools import combinations

import pytest

from govdash.access import load_user, mode, people, roles
from govdash.access.users import User
from govdash.core.errors import InputError, Refused, SettingsError
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.secrecy import KEYS, weakness
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Mode
from govdash.store import Store, accounts, signing
from govdash.store.models import Installation
from tests.conftest import NOW

ENTRIES = roles.load(ROOT / "data")
BOSS = User("boss", "管理员", frozenset(Permission), Scope(areas=()))
TEN = [
    "值班员",
    "值班长",
    "派遣员",
    "处置单位",
    "核查员",
    "管理者",
    "分析员",
    "系统管理员",
    "安全管理员",
    "审计员",
]
KEY = "q7Zk2mVx9RbT4wYc8LpN3sHd6JfG1aEu"
STRONG = dict(
    zip(
        KEYS,
        (KEY, KEY[::-1], "cTdaazJtVng5UmJUNHdZYzhMcE4zc0hkNkpmRzFhRXU=", KEY[3:] + KEY[:3]),
        strict=True,
    )
)


def test_there_are_ten_roles_and_every_permission_is_somebodys():
    assert [entry.name for entry in ENTRIES] == TEN
    assert {p for entry in ENTRIES for p in entry.permissions} == set(Permission)


def test_the_three_administrators_share_nothing_and_see_no_events():
    three = [entry for entry in ENTRIES if entry.administers]
    assert [entry.name for entry in three] == ["系统管理员", "安全管理员", "审计员"]
    for one, other in combinations(three, 2):
        assert not set(one.permissions) & set(other.permissions)
    assert not [p for entry in three for p in entry.permissions if p.startswith("scope:")]


def test_a_file_where_two_administrators_share_a_permission_is_refused(tmp_path):
    (tmp_path / "roles.yaml").write_text(
        "- {code: aa, name: 甲, administers: true, permissions: ['city:key:edit']}\n"
        "- {code: bb, name: 乙, administers: true, permissions: ['city:key:edit']}\n",
        "utf-8",
    )
    with pytest.raises(SettingsError, match="不能共有"):
        roles.load(tmp_path)


def test_what_each_administrator_may_do_the_two_others_may_not(store: Store, settings: Settings):
    with store.write() as session:
        roles.seed(session, settings.data)
        for code in ("system", "security", "auditor"):
            accounts.add_account(session, login=code, name=code, roles=(code,), at=NOW)
        people.add(session, actor=load_user(session, "system"), login="sun", name="孙", at=NOW)
        security = load_user(session, "security")
        people.give_roles(session, "sun", ["duty"], actor=security, at=NOW)
        people.give_scope(session, "sun", actor=security, whole_city=True, at=NOW)
        assert load_user(session, "sun").holds(Permission.ALERT_HANDLE)
        for other in ("security", "auditor"):
            actor = load_user(session, other)
            for do in (people.lock, people.unlock, people.new_password):
                with pytest.raises(Refused):
                    do(session, "sun", actor=actor, at=NOW)
        for other in ("system", "auditor"):
            actor = load_user(session, other)
            with pytest.raises(Refused):
                people.give_roles(session, "sun", ["manager"], actor=actor, at=NOW)
            with pytest.raises(Refused):
                people.reset_factor(session, "sun", actor=actor, at=NOW)


def test_nobody_is_two_administrators_and_nobody_grants_to_themselves(
    store: Store, settings: Settings
):
    with store.write() as session:
        roles.seed(session, settings.data)
        accounts.add_account(session, login="boss", name="主", roles=(), at=NOW)
        accounts.add_account(session, login="sun", name="孙", roles=(), at=NOW)
        for codes in (["system", "auditor"], ["security", "duty"]):
            with pytest.raises(InputError, match="三员分立"):
                people.give_roles(session, "sun", codes, actor=BOSS, at=NOW)
        with pytest.raises(InputError, match="没有角色"):
            people.give_roles(session, "sun", ["king"], actor=BOSS, at=NOW)
        with pytest.raises(Refused, match="不能给自己"):
            people.give_roles(session, "boss", ["duty"], actor=BOSS, at=NOW)


def test_without_a_role_there_is_no_permission_and_without_a_scope_no_area(store: Store):
    with store.write() as session:
        people.add(session, actor=BOSS, login="sun", name="孙", at=NOW)
        user = load_user(session, "sun")
        assert (user.permissions, user.scope) == (frozenset(), Scope(areas=()))


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", ["", "k", "x" * 64, "change-me-please-1234567890-abcdef"])
def test_production_does_not_start_on_a_poor_secret(name: str, value: str):
    env = STRONG | {"GOVDASH_MODE": "production"}
    Settings.from_environment(env)
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(env | {name: value})


def test_production_does_not_start_when_two_keys_are_one():
    env = STRONG | {"GOVDASH_MODE": "production", KEYS[3]: STRONG[KEYS[1]]}
    with pytest.raises(SettingsError, match=f"{KEYS[1]} 和 {KEYS[3]} 相同"):
        Settings.from_environment(env)


def test_secrets_that_stand_in_the_documents_protect_nothing():
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for word in path.read_text("utf-8").split():
            name, given, value = word.partition("=")
            if given and name in KEYS:
                assert weakness(value), f"{path.name}: {word}"


def test_the_mode_is_demo_only_for_a_file_of_ones_own_unless_told(tmp_path):
    inside = Settings.from_environment({"GOVDASH_VAR": str(tmp_path)})
    assert inside.mode is Mode.DEMO
    for url in ("postgresql://u@h/d", "sqlite:////srv/other.db"):
        env = STRONG | {"GOVDASH_VAR": str(tmp_path), "GOVDASH_DATABASE_URL": url}
        assert Settings.from_environment(env).mode is Mode.PRODUCTION


def test_neither_mode_opens_a_database_of_the_other(store: Store, settings: Settings):
    from dataclasses import replace

    kind = "sqlite" if store.engine.dialect.name == "sqlite" else "postgresql+psycopg"
    demo = replace(settings, database_url=f"{kind}://")
    production = replace(demo, mode=Mode.PRODUCTION)
    with store.write() as session:
        if not demo.is_sqlite:
            with pytest.raises(SettingsError, match="正式数据库"):
                mode.require_same(session, demo)
        mode.mark(session, demo, at=NOW)
        assert signing.mode(session) is Mode.DEMO
        with pytest.raises(SettingsError, match="演示数据库"):
            mode.require_same(session, production)
    with store.write() as session:
        session.delete(session.get_one(Installation, 1))
        session.flush()
        mode.mark(session, production, at=NOW)
        with pytest.raises(SettingsError, match="正式数据库"):
            mode.mark(session, demo, at=NOW)
