"""Where cases go: the most specific rule decides, says why, and nothing is without an owner."""

import csv
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.access import SYSTEM
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.settings import ROOT
from govdash.store import caseload
from govdash.store import cases as rows
from govdash.workflow import cases, dispatching, routing
from govdash.workflow.routing import Body, Book, Facts, Rule, To
from tests.workflow.conftest import CATEGORY, CITY, DISTRICT, GRID, HOUR, NEW, NINE, STREET

BODIES = [
    Body("W", "供水抢修中心", CITY),
    Body("1-URBAN", "临江区执法局", DISTRICT),
    Body("2-URBAN", "东关街道中队", STREET),
    Body("2-OFFICE", "东关街道办", STREET),
]


def rule(code: str, to: To, **told) -> Rule:
    return Rule(code=code, name=code, to=to, **told)


def go(*rules: Rule, category="A-09001", area=GRID, source=None) -> routing.Route:
    return routing.route(Book(rules), Facts(category, area, source), BODIES)


ONE = "{code: R1, name: a, to: {kind: b}}"
HERE = {"areas": [STREET]}
URBAN, OFFICE, WATER = To(kind="URBAN"), To(kind="OFFICE"), To(unit="W")


def test_the_nearest_unit_of_a_kind_is_the_one_with_the_smallest_area_around():
    by_major = rule("R1", URBAN, categories=["A-09"])
    assert go(by_major).unit_code == "2-URBAN"
    assert go(by_major, area=f"{DISTRICT}990101004/").unit_code == "1-URBAN"


@pytest.mark.parametrize(
    ("first", "second", "facts", "decides"),
    [
        ({"categories": ["A-09"]}, {"categories": ["A-09001"]}, {}, "R2"),
        ({"categories": ["A-09001"]}, {"areas": [STREET]}, {}, "R1"),
        ({"areas": [DISTRICT]}, {"areas": [STREET]}, {}, "R2"),
        (HERE, HERE | {"sources": ["sensor"]}, {"source": "sensor"}, "R2"),
        (HERE, HERE | {"sources": ["sensor"]}, {"source": "app"}, "R1"),
        ({}, {}, {}, "R1"),
    ],
)  # fmt: skip
def test_the_more_specific_rule_decides_whatever_their_order(first, second, facts, decides):
    one, two = rule("R1", URBAN, **first), rule("R2", OFFICE, **second)
    assert go(one, two, **facts).code == decides
    if first != second:
        assert go(two, one, **facts).code == decides


def test_a_rule_whose_unit_is_not_there_is_passed_over_and_said_so():
    told = go(rule("R1", To(kind="GAS"), categories=["A-09001"]), rule("R2", URBAN))
    assert (told.code, told.unit_code, told.passed_over) == ("R2", "2-URBAN", ("R1",))


def test_what_no_rule_holds_for_goes_to_whoever_covers_the_place_else_to_the_widest():
    assert go().unit_code == "2-OFFICE"
    assert go().code == "兜底"
    assert go(area=None).unit_code == "W"
    assert routing.route(Book(()), Facts("A-09001", GRID, None), []).unit_code is None


@given(
    category=st.sampled_from(["A-09001", "P-01001", "L-99999", "*"]),
    area=st.sampled_from([None, CITY, DISTRICT, GRID, "/1/"]),
    source=st.sampled_from([None, "hotline", "alert"]),
)
def test_no_case_is_without_an_owner_as_long_as_there_is_a_unit(category, area, source):
    book = Book.load(ROOT / "data" / "dispatch")
    assert routing.route(book, Facts(category, area, source), BODIES).unit_code is not None


def test_a_route_is_told_as_people_say_it():
    names = {
        "areas": {STREET: "欧阳路街道"},
        "categories": {"A-09001": "占道经营"},
        "units": {b.code: b.name for b in BODIES},
    }
    told = go(
        rule("R12", URBAN, categories=["A-09001"], areas=[STREET], sources=["app"]), source="app"
    )
    assert routing.sentence(told, **names) == (
        "路由规则 R12：占道经营 + 欧阳路街道 + 市民随手拍 → 东关街道中队"
    )
    assert routing.sentence(go(), **names) == "没有路由规则适用，按属地兜底 → 东关街道办"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: [{code: R1, name: a, to: {unit: a, kind: b}}]", "中的一个"),
        ("rules: [{code: R1, name: a, to: {}}]", "中的一个"),
        ("rules: [{code: r, name: a, to: {kind: b}}]", "code"),
        ("rules: [{code: R1, name: a, sources: [fax], to: {kind: b}}]", "来源“fax”不存在"),
        (f"rules: [{ONE}, {ONE}]", "R1 重复"),
        ("x: 1", "不可用"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused_by_name(tmp_path, text, message):
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        Book.load(tmp_path)


def test_the_shipped_rules_send_every_category_where_the_demo_city_sends_it():
    """The table of the demo's units and the rules are two texts of one thing."""
    with (ROOT / "data" / "demo" / "units.csv").open(encoding="utf-8") as file:
        kinds = {row["code"]: row["keys"].split() for row in csv.DictReader(file)}
    of_kind = {rule.to.kind: rule for rule in Book.load(ROOT / "data" / "dispatch").rules}
    assert set(of_kind) == set(kinds)
    for kind, keys in kinds.items():
        assert list(of_kind[kind].categories) == [key for key in keys if key != "*"]


def test_a_case_opened_without_a_unit_gets_one_and_its_step_names_the_rule(city, operator):
    with city.write() as session:
        case = cases.open_case(session, NEW, actor=operator, at=NINE)
        assert case.unit_code == "U-STREET"
        step = rows.steps(session, case.id, SYSTEM.scope).iloc[0]
        assert (step["unit_code"], step["detail"]) == ("U-STREET", {"rule": "兜底"})
        chosen = cases.open_case(
            session, cases.NewCase(title="a", category=CATEGORY, unit_code="U-CITY"),
            actor=operator, at=NINE,
        )  # fmt: skip
        assert rows.steps(session, chosen.id, SYSTEM.scope).iloc[0]["detail"] == {}


def test_rules_are_tried_on_past_cases_and_write_nothing(city, operator, tmp_path, local_user):
    with city.write() as session:
        for unit in ("U-STREET", "U-CITY"):
            new = cases.NewCase(title="a", category=CATEGORY, area_path=STREET, unit_code=unit)
            cases.open_case(session, new, actor=operator, at=NINE)
    file = tmp_path / "b.yaml"
    one = f"{{code: R7, name: 垃圾, categories: [{CATEGORY}], to: {{unit: U-CITY}}}}"
    file.write_text(f"rules: [{one}]", "utf-8")
    stretch = {"since": NINE, "until": NINE + HOUR}
    with city.read() as session:
        told = dispatching.dry_run(session, actor=operator, book=Book.load(file), **stretch)
        assert (told.n, told.n_same, told.n_fallback, told.n_without) == (2, 1, 0, 0)
        assert told.by_rule().to_numpy().tolist() == [["R7", 2, 0.5]]
        assert told.table["why"].iloc[0] == "路由规则 R7：暴露垃圾 → 市城管局"
        assert dispatching.dry_run(session, actor=local_user, **stretch).n == 0
        told = dispatching.explain(session, 1, operator.scope, book=Book.load(file))
        assert told.endswith("→ 市城管局")
        with pytest.raises(NotFound):
            dispatching.explain(session, 1, local_user.scope)
        later = {"since": NINE + timedelta(days=1), "until": NINE + timedelta(days=2)}
        assert dispatching.dry_run(session, actor=operator, **later).n == 0
    nobody = replace(operator, permissions=frozenset())
    with pytest.raises(Refused), city.read() as session:
        dispatching.dry_run(session, actor=nobody, **stretch)


def test_the_load_of_a_unit_is_what_is_open_late_and_due_within_a_day(city, operator, walk):
    with city.write() as session:
        for _ in range(3):
            cases.open_case(session, NEW, actor=operator, at=NINE)
    with city.read() as session:
        early = caseload.workload(session, operator.scope, at=NINE + HOUR)
        late = caseload.workload(session, operator.scope, at=NINE + timedelta(days=2))
    assert early.to_numpy().tolist() == [["U-STREET", 3, 0, 3]]
    assert late.to_numpy().tolist() == [["U-STREET", 3, 3, 0]]
