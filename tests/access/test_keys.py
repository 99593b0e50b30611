"""An API key is never more than its owner, never more than it says, and ends."""

from datetime import timedelta

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from govdash.access import User, load_user
from govdash.access.keys import make_key, narrowed, revoke, user_of_key
from govdash.core.errors import BadKey, InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.store import Session, Store, accounts, areas, journal, keys
from tests.conftest import NOW

READ, EXPORT, CASES = Permission.EVENT_READ, Permission.EVENT_EXPORT, Permission.CASE_READ
LATER = NOW + timedelta(days=30)
CITY, NORTH, SOUTH = "/1/", "/1/11/", "/1/12/"


@pytest.fixture
def city(store: Store, operator: User) -> Store:
    """A city of two districts; `wang` sees the north and may read and export."""
    names = {CITY: ("city", "市"), NORTH: ("district", "北区"), SOUTH: ("district", "南区")}
    table = pd.DataFrame({"path": list(names), "code": ["1", "11", "12"]})
    table["level"], table["name"] = zip(*names.values(), strict=True)
    frame = gpd.GeoDataFrame(table, geometry=[box(n, 0, n + 1, 1) for n in range(3)], crs=4326)
    with store.write() as session:
        areas.put_areas(session, frame)
        accounts.put_role(session, code="reader", name="读", permissions=[READ, EXPORT])
        accounts.add_account(
            session, login="wang", name="王五", roles=("reader",), areas=(NORTH,), at=NOW
        )
    return store


def made(session: Session, **changed: object) -> str:
    given: dict[str, object] = {
        "actor": load_user(session),
        "name": "数据共享平台",
        "owner": "wang",
        "permissions": [READ, EXPORT],
        "expires_at": LATER,
        "at": NOW,
        "whole_scope": True,
    }
    return make_key(session, **(given | changed))  # type: ignore[arg-type]


def test_a_key_acts_as_its_owner_and_is_kept_only_as_a_hash(city: Store):
    with city.write() as session:
        key = made(session, permissions=[READ])
    assert len(key) > 50
    with city.write() as session:
        user = user_of_key(session, key, at=NOW)
        assert (user.login, user.permissions) == ("wang", {READ})
        assert user.scope == Scope(areas=(NORTH,))
        row, owner = keys.listed(session)[0]
        assert key.startswith(row.prefix)
        assert owner == "wang"
        assert row.last_used_at == NOW
        kept = [str(v) for k, v in vars(row).items() if not k.startswith("_")]
        assert not any(key in value or key[len(row.prefix) + 1 :] in value for value in kept)


def test_what_the_owner_loses_the_key_loses(city: Store):
    with city.write() as session:
        key = made(session)
        accounts.put_role(session, code="reader", name="读", permissions=[READ, CASES])
    with city.write() as session:
        assert user_of_key(session, key, at=NOW).permissions == {READ}


def test_a_key_for_an_area_sees_the_common_part(city: Store):
    with city.write() as session:
        key = made(session, owner="operator", whole_scope=False, areas=[SOUTH])
        assert user_of_key(session, key, at=NOW).scope == Scope(areas=(SOUTH,))
        wider = made(session, whole_scope=False, areas=[CITY])
        assert user_of_key(session, wider, at=NOW).scope == Scope(areas=(NORTH,))
    assert narrowed(Scope(areas=(NORTH,), units=("u1",)), [SOUTH]) == Scope(areas=())
    assert narrowed(Scope(areas=(), whole_city=False), [CITY]) == Scope(areas=())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"permissions": [CASES]}, "自己没有权限"),
        ({"permissions": [Permission.RULE_EDIT], "owner": "operator"}, "密钥不能有权限"),
        ({"permissions": []}, "至少要有一项"),
        ({"expires_at": NOW}, "有效期"),
        ({"expires_at": NOW + timedelta(days=400)}, "有效期"),
        ({"whole_scope": False}, "二者选一"),
        ({"areas": [NORTH]}, "二者选一"),
        ({"whole_scope": False, "areas": [SOUTH]}, "不在王五的管辖范围"),
        ({"whole_scope": False, "areas": ["/9/"]}, "没有区域"),
        ({"name": " "}, "名称"),
        ({"owner": "nobody"}, "没有可用的账号"),
    ],
)
def test_a_key_that_would_be_too_much_is_not_made(
    city: Store, changed: dict[str, object], said: str
):
    with city.write() as session, pytest.raises((InputError, NotFound), match=said):
        made(session, **changed)


def test_who_may_not_give_out_keys_does_not(city: Store):
    with city.write() as session:
        wang = load_user(session, "wang")
        with pytest.raises(Refused):
            made(session, actor=wang)
        with pytest.raises(Refused):
            revoke(session, "gdk_0", actor=wang, at=NOW)


def test_an_ended_key_is_refused_and_says_why(city: Store):
    with city.write() as session:
        key, other = made(session), made(session)
        with pytest.raises(BadKey, match="过期"):
            user_of_key(session, key, at=LATER)
        user_of_key(session, key, at=LATER - timedelta(seconds=1))
        revoke(session, key[:12], actor=load_user(session), at=NOW)
        with pytest.raises(BadKey, match="已吊销"):
            user_of_key(session, key, at=NOW)
        account = accounts.account(session, "wang")
        assert account is not None
        account.active = False
        session.flush()
        with pytest.raises(BadKey, match="账号已停用"):
            user_of_key(session, other, at=NOW)
        for guess in (other[:-1], other + "A", "", "gdk_"):
            with pytest.raises(BadKey, match="密钥无效"):
                user_of_key(session, guess, at=NOW)


def test_giving_out_using_and_ending_stand_in_the_journal(city: Store):
    with city.write() as session:
        key = made(session)
        revoke(session, key[:12], actor=load_user(session), at=NOW)
    with city.write() as session:
        fresh = made(session)
    with city.read() as session:
        told = [(line.did, line.subject) for line in journal.lines(session)]
        assert told[::-1] == [
            ("key.add", f"key:{key[:12]}"),
            ("key.revoke", f"key:{key[:12]}"),
            ("key.add", f"key:{fresh[:12]}"),
        ]
        assert key not in str([line.detail for line in journal.lines(session)])
