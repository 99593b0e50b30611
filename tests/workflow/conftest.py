"""A small city with units and categories, one rule, and findings made by hand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from govdash.access import User
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import Disposition
from govdash.detect import Evidence, Finding, Share, severity
from govdash.store import Store, areas, categories, units
from govdash.taxonomy import Taxonomy, parse_limit
from govdash.workflow import cases, rules
from govdash.workflow.forms import NewCase, StepForm

CITY, DISTRICT, STREET = "/990100/", "/990100/990101/", "/990100/990101/990101003/"
OTHER = "/990100/990102/"
COMMUNITY = f"{STREET}990101003001/"
GRID = f"{COMMUNITY}990101003001001/"
CATEGORY = "A-06010"  # 暴露垃圾

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 6, 10, 9, 0, tzinfo=SHANGHAI)  # a Wednesday
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NEW = NewCase(
    title="东关街道暴露垃圾", category=CATEGORY, area_path=STREET, limit=parse_limit("4工作时")
)
FORMS = {
    A.ACCEPT: StepForm(register_condition="现场情况属实"),
    A.REJECT: StepForm(note="不属本市管辖"),
    A.DISPATCH: StepForm(unit_code="U-STREET"),
    A.START: StepForm(),
    A.RETURN: StepForm(note="非本单位职责"),
    A.RESOLVE: StepForm(result="已清运"),
    A.VERIFY: StepForm(),
    A.SEND_BACK: StepForm(note="仍有残留"),
    A.CLOSE: StepForm(close_condition="现场已恢复", disposition=Disposition.REAL_ACTED),
    A.HOLD: StepForm(note="等待管线产权单位", until=NINE + timedelta(days=60)),
    A.RESUME: StepForm(),
    A.CANCEL: StepForm(note="重复登记"),
    A.MERGE: StepForm(),  # the leading case is told by each test
    A.UNMERGE: StepForm(note="不是同一处"),
    A.REOPEN: StepForm(note="问题反弹"),
    A.REOPEN_UNSOLVED: StepForm(),
}
MAIN_ROAD = [A.ACCEPT, A.DISPATCH, A.START, A.RESOLVE, A.VERIFY, A.CLOSE]

#: What databases may do differently (locks, ranges, whole roads) is tested on both.
ON_BOTH = pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store:
    """SQLite; a test marked `ON_BOTH` runs on PostgreSQL too."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_store")


def furnish(store: Store, at: datetime) -> None:
    """Write areas, units, categories and the shipped rules."""
    tree = [
        (CITY, "city", "澄州市", box(0, 0, 4, 4)),
        (DISTRICT, "district", "临江区", box(0, 0, 2, 4)),
        (OTHER, "district", "望岭区", box(2, 0, 4, 4)),
        (STREET, "street", "东关街道", box(0, 0, 1, 1)),
        (COMMUNITY, "community", "河埠社区", box(0, 0, 1, 1)),
        (GRID, "grid", "第一网格", box(0, 0, 1, 1)),
    ]
    frame = gpd.GeoDataFrame(
        {
            "path": [row[0] for row in tree],
            "code": [row[0].strip("/").split("/")[-1] for row in tree],
            "level": [row[1] for row in tree],
            "name": [row[2] for row in tree],
        },
        geometry=[row[3] for row in tree],
        crs="EPSG:4326",
    )
    bodies = pd.DataFrame(
        [
            ("U-CITY", "市城管局", CITY, None),
            ("U-DIST", "临江区城管局", DISTRICT, "U-CITY"),
            ("U-STREET", "东关街道城管中队", STREET, "U-DIST"),
        ],
        columns=["code", "name", "area_path", "parent_code"],
    )
    with store.write() as session:
        areas.put_areas(session, frame)
        units.put_units(session, bodies)
        categories.put_categories(session, Taxonomy.load(ROOT / "data"))
        rules.load_defaults(session, ROOT / "data", at=at)


@pytest.fixture
def city(store: Store, operator: User, now: datetime) -> Store:
    """`store` with areas, units, categories, the shipped rules and the local operator."""
    furnish(store, now)
    return store


@pytest.fixture
def rule(city: Store) -> rules.Rule:
    with city.read() as session:
        return next(r for r in rules.current(session) if r.code == "street-category")


@pytest.fixture
def local_user() -> User:
    """Somebody with every permission, in the other district only."""
    return User("wang", "王明", frozenset(Permission), Scope(areas=(OTHER,)))


def a_finding(
    *,
    area_path: str = STREET,
    category: str = CATEGORY,
    observed: int = 22,
    expected: float = 6.0,
    p_value: float = 1e-6,
    day: date = date(2026, 6, 9),
    window: int = 1,
    direction: str = "high",
) -> Finding:
    """Return what a detector says of an area and a category that are far from usual."""
    series = f"{area_path}|{category}"
    evidence = Evidence(
        series=series,
        window_start=day - timedelta(days=window - 1),
        window_end=day,
        observed=observed,
        expected=expected,
        sd=2.5,
        lower=2.0,
        upper=11.0,
        p_value=p_value,
        q_value=p_value * 10,
        excess=observed - expected,
        one_in_days=min(1 / p_value, 3650),
        direction=direction,
        same_period="去年同期 5 件",
        shares=(Share(f"{GRID}|{category}", "第一网格", observed - 2, 1.0),),
        sentence=f"6月9日 {observed} 件，预期 {expected:g}±2.5 件。",
    )
    return Finding(
        series=series,
        area_path=area_path,
        category=category,
        at_day=day,
        direction=direction,
        severity=severity(p_value, observed - expected),
        evidence=evidence,
    )


@pytest.fixture
def finding() -> Callable[..., Finding]:
    return a_finding


@pytest.fixture
def walk(city, operator):
    """Take a case along `actions`, ten minutes each from `at`; returns (state, due_at, version)."""

    def go(case_id, *actions, at=NINE, actor=operator, every=10 * MINUTE):
        told = None
        for action in actions:
            at += every
            with city.write() as session:
                case = cases.take_step(
                    session, case_id, action, actor=actor, at=at, form=FORMS[action]
                )
                told = (case.state, case.due_at, case.version)
        return told

    return go


@pytest.fixture
def opened(city, operator) -> int:
    with city.write() as session:
        return cases.open_case(session, NEW, actor=operator, at=NINE).id
