"""Two people with the same filters and different districts, in turn, over everything there is.

Each district's rows carry a mark in every field that a source or a person can fill; names of units
are a directory that everybody who dispatches sees. Whatever one
person gets, first runs of pages, ticks of their fragments, answers of addresses, holds no mark of
the other's. The pages and addresses come from the registries: a new one is looked at by itself.
"""

import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import httpx
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from govdash.access import roles
from govdash.access.users import SYSTEM
from govdash.api.surfaces import Surface, surfaces
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import BriefKind, Mute, ReleaseState
from govdash.report.brief.document import Document, Section
from govdash.store import Store, accounts, areas, inbox, notifications, units
from govdash.store.models import Brief, CallTask, Release
from govdash.web import registry
from govdash.workflow import cases
from govdash.workflow.notify import muting
from tests.installation import Environment, govdash, serving
from tests.matrix.stream import Tab, stranger
from tests.signed import cookie, sign_in
from tests.web import town

LONG = bool(os.environ.get("GOVDASH_TEST_LONG"))
#: How often each address is asked for by both in turn, and each page opened: a page costs as much
#: as ten addresses, and its fragments come on top.
TURNS, OPENED = (1000, 100) if LONG else (50, 10)
PERIOD = "period=30d"
MARKS = {"east": ("东记号", "临江"), "west": ("西记号", "望岭")}
#: Streets have no mark in their names.
STREETS = {"east": "码头街道", "west": "岭上街道"}
OTHER = {"east": "west", "west": "east"}
#: Other faces of a page than its first, and links to single records: the first of each is east's.
FACES: dict[str, tuple[str, ...]] = {
    "overview": ("alert=1", "alert=2", "map=事件点", "map=街道效能"),
    "alerts": ("alert=1", "alert=2", "alert=3"),
    "cases": ("case=1", "case=2", "case_view=看板"),
    "supervision": ("unit_of=E9", "unit_of=W9"),
    "followup": ("task=1", "task=2"),
    "data": ("tab=导入记录", "tab=区域", "tab=数据质量", "tab=导出", "tab=个人信息导出"),
    "briefs": ("brief=1", "brief=2", "do=brief-edit-a&brief=1", "do=brief-edit-a&brief=2"),
    "rules": ("view=修改与试算", "view=阈值建议", "view=历史版本"),
    "inbox": ("message=1", "message=2"),
    "notices": ("notice=1", "notice=2"),
    "mutes": ("mute=1", "mute=2", "do=mute_new&alert=1", "do=mute_new&alert=2"),
    "map": ("area=" + town.EAST, "area=" + town.WEST),
    "performance": (
        "look=案件&kpi=repeat_rate",
        "look=公平&kpi=repeat_rate&by=街道",
        "look=重复",
        "look=申诉",
        "look=走势&by=街道&group=" + town.WEST,
        "by=岗位",
        "do=scheme",
    ),
    "timeline": ("grain=day&q=记号", "lane=一事经过", "compare=另一区域&heat=日历"),
}
#: What has no rows of a district: levels that the town lacks, an empty layer.
WITHOUT_ROWS = {
    "/geo/areas/city.geojson", "/geo/areas/community.geojson", "/geo/areas/grid.geojson",
    "/geo/layers/water.geojson",
}  # fmt: skip


def reports(at: datetime) -> pd.DataFrame:
    """The town's events, with a mark of their district in every text."""
    made = town.events(at)
    east = made["lon"] < 1
    mark = np.where(east, "东记号", "西记号")
    for column, words in (("title", "路边垃圾堆放"), ("text", "影响通行"), ("address", "路 8 号")):
        made[column] = [f"{m}{words}" for m in mark]
    return made[made["lon"].notna()]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Store, Settings]:
    var = tmp_path_factory.mktemp("isolation")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GOVDASH_")}
    environment |= {"GOVDASH_VAR": str(var), "GOVDASH_WORKER": "outside"}
    environment |= {"GOVDASH_IDLE_MINUTES": "720", "GOVDASH_TRUSTED_PROXIES": "127.0.0.1"}
    govdash(environment, "init")
    settings = Settings.from_environment(environment)
    store = Store.of(settings)
    at = datetime.now(UTC)
    town.build(store, settings, at, reports=reports(at))
    with store.write() as session:
        bodies = [("E9", "甲中队", town.QUAY, None), ("W9", "乙中队", town.HILL, None)]
        columns = ["code", "name", "area_path", "parent_code"]
        areas.put_layer(session, "water", "水域", '{"type":"FeatureCollection","features":[]}', at)
        units.put_units(session, pd.DataFrame(bodies, columns=columns))
        roles.seed(session, settings.data)
        for mark, place, unit in (("东记号", town.QUAY, "E9"), ("西记号", town.HILL, "W9")):
            new = cases.NewCase(
                title=f"{mark}案件", category=town.GARBAGE, area_path=place, unit_code=unit,
                address=f"{mark}路", description=f"{mark}描述",
            )  # fmt: skip
            case = cases.open_case(session, new, actor=SYSTEM, at=at)
            session.add(CallTask(case_id=case.id, about_id=case.id, made_at=at, due_at=at))
        for n, (mark, place) in enumerate((("东记号", town.EAST), ("西记号", town.WEST)), 1):
            report = Document(
                title=f"{mark}日报", subtitle=mark, issuer=mark, zone="Asia/Shanghai",
                first=at.date(), last=at.date(), as_of=at, made_at=at, conditions=(),
                sections=(Section("a", f"{mark}情况", (f"{mark}接报",)),), basis=(mark,),
            )  # fmt: skip
            brief = Brief(
                number=f"BG-20260610-000{n}", kind=BriefKind.DAY, area_path=place, categories=[],
                first_day=at.date(), last_day=at.date(), as_of=at, document=report.dump(),
                note=f"{mark}说明", written_by="somebody", written_at=at,
            )  # fmt: skip
            session.add(brief)
            asked = Release(
                number=f"DC-20260610-000{n}", format="csv", params={}, words=[["区域", mark]],
                areas=[place], units=[], whole_city=False, rows=1, reason=f"{mark}复查",
                asked_by="somebody", asked_at=at, state=ReleaseState.ASKED,
            )  # fmt: skip
            session.add(asked)
        sides = (("东记号", town.QUAY, "east"), ("西记号", town.HILL, "west"))
        for n, (mark, place, login) in enumerate(sides, 1):
            told = {
                "key": f"n{n}", "topic": "alert.step", "why": f"{mark}原因", "title": f"{mark}通知",
                "body": f"{mark}正文", "link": f"/alerts?alert={n}", "area_path": place,
                "recipient": login, "target": "值班员", "channel": "email",
                "created_at": at, "due_at": at,
            }  # fmt: skip
            notifications.add(session, [told])
            message = {
                "key": f"m{n}", "login": login, "title": f"{mark}消息", "body": f"{mark}正文",
                "link": f"/alerts?alert={n}", "level": None, "area_path": place,
                "unit_code": None, "at": at, "read_at": None,
            }  # fmt: skip
            inbox.put(session, message)
            mute = muting.NewMute(
                kind=Mute.PLANNED, name=f"{mark}活动", area_path=place, reason=f"{mark}理由",
                starts_at=at, ends_at=at + timedelta(days=2),
            )  # fmt: skip
            muting.add(session, mute, actor=SYSTEM, at=at)
        people_ = {"east": (town.EAST,), "west": (town.WEST,), "nowhere": ()}
        for login, places in people_.items():
            accounts.add_account(
                session, login=login, name="某人", areas=places,
                roles=("analyst", "dispatcher", "manager", "duty"),
                at=at,
            )  # fmt: skip
        accounts.add_account(session, login="nobody", name="某人", roles=(), whole_city=True, at=at)
    return environment, store, settings


@pytest.fixture(scope="module")
def server(installation: tuple[Environment, Store, Settings]) -> Iterator[str]:
    with serving(installation[0], "isolation.log") as address:
        yield address


@pytest.fixture(scope="module")
def browser_of(
    server: str, installation: tuple[Environment, Store, Settings]
) -> Iterator[Callable[[str], httpx.Client]]:
    _, store, settings = installation
    kept: dict[str, httpx.Client] = {}

    def of(login: str) -> httpx.Client:
        if login not in kept:
            kept[login] = stranger(server)
            kept[login].cookies.update(cookie(sign_in(store, settings, login)))
        return kept[login]

    yield of
    for browser in kept.values():
        browser.close()


def text_of(answer: httpx.Response) -> str:
    """Return everything that a file says."""
    kind = answer.headers["content-type"]
    if "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "".join(book.read(name).decode("utf-8") for name in book.namelist())
    if "parquet" in kind:
        return pq.read_table(io.BytesIO(answer.content)).to_pandas().to_csv()
    return answer.text.encode().decode("unicode_escape") if "\\u" in answer.text else answer.text


def is_scoped(needs: Iterable[Permission]) -> bool:
    """Whether rows of districts can be had with these; the others are of the whole city."""
    return all(needed.startswith("scope:") for needed in needs)


def foreign(text: str, login: str) -> list[str]:
    return [mark for mark in MARKS[OTHER[login]] if mark in text]


@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("surface", list(surfaces()), ids=lambda surface: surface.path)
def test_an_address_gives_nobody_the_rows_of_another(browser_of, surface: Surface):
    own: set[str] = set()
    for n, login in product(range(TURNS), MARKS):
        # Requests are limited by address; the server trusts this machine to tell it.
        address = {"X-Forwarded-For": f"127.9.{n // 200}.{n % 200 + 1}"}
        answer = browser_of(login).get(f"{surface.path}?{PERIOD}", headers=address)
        # What is of the whole city is for those who administer it; these two do not.
        there = 404 if surface.single else 200
        theirs = is_scoped(surface.needs) and not surface.whole_city
        assert answer.status_code == (there if theirs else 403)
        told = text_of(answer)
        assert foreign(told, login) == []
        seen = MARKS[login]
        if "street" in surface.path:
            assert STREETS[OTHER[login]] not in told
            seen = (*seen, STREETS[login])
        own |= {login} if any(mark in told for mark in seen) else set()
    rows = is_scoped(surface.needs) and surface.path not in WITHOUT_ROWS and not surface.single
    assert own == (set(MARKS) if rows else set())


@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("page", registry.PAGES, ids=lambda page: page.url)
def test_a_page_and_its_ticks_show_nobody_the_rows_of_another(browser_of, page):
    faces = [PERIOD, *(f"{PERIOD}&{face}" for face in FACES.get(page.url, ()))]
    tabs = {login: Tab(browser_of(login)) for login in MARKS}
    own, n_ticks = set[str](), 0
    try:
        for n, login in product(range(OPENED), MARKS):
            drawn = tabs[login].open(page.url, faces[n % len(faces)])
            assert foreign(drawn.text, login) == [], (login, faces[n % len(faces)])
            own |= {login} if any(mark in drawn.text for mark in MARKS[login]) else set()
            for tick in tabs[login].ticks(drawn, faces[n % len(faces)]):
                assert foreign(tick.text, login) == []
                n_ticks += 1
    finally:
        for tab in tabs.values():
            tab.close()
    # Rules hold for the whole city, whoever may read them.
    assert own == (set(MARKS) if is_scoped([page.needs]) and page.url != "rules" else set())
    assert n_ticks >= OPENED  # at least the look whether the session still counts


@pytest.mark.parametrize("login", ["nowhere", "nobody"])
def test_without_a_scope_or_a_role_there_is_not_one_row(browser_of, login: str):
    browser = browser_of(login)
    marks = [mark for both in MARKS.values() for mark in both]
    for n, surface in enumerate(surfaces(), start=1):
        address = {"X-Forwarded-For": f"127.8.0.{n}"}
        answer = browser.get(f"{surface.path}?{PERIOD}", headers=address)
        if login == "nobody":
            assert answer.status_code == 403
        assert [mark for mark in marks if mark in text_of(answer)] == []
    tab = Tab(browser)
    for page in registry.PAGES:
        for face in ("", *FACES.get(page.url, ())):
            drawn = tab.open(page.url, f"{PERIOD}&{face}")
            assert [mark for mark in marks if mark in drawn.text] == [], (page.url, face)
    tab.close()
