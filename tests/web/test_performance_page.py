"""绩效考核 through the router: figures, drilling, as of then, small numbers, the scheme."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from govdash.access import SYSTEM
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import Asked, CaseAction
from govdash.store import Store, accounts, journal
from govdash.taxonomy import parse_limit
from govdash.workflow import asking, cases
from tests.signed import signed_app
from tests.web import town
from tests.web.test_monitor import open_on, words
from tests.workflow.conftest import FORMS

PAGE = "insight/performance.py"
LOOKS = ("分布", "走势", "案件", "诊断", "公平", "申诉", "重复", "口径")
EVERYTHING = [p.value for p in Permission]


@pytest.fixture
def city(app: AppTest, sqlite_store: Store, settings: Settings) -> AppTest:
    """Twelve cases at the quay, nine of them closed in time; one on the hill, late."""
    now = datetime.now(UTC)
    town.build(sqlite_store, settings, now)
    then = now - timedelta(days=3)
    for n in range(13):
        new = cases.NewCase(
            title="电话13800001111", category=town.GARBAGE if n % 2 else town.LAMP,
            area_path=town.QUAY if n < 12 else town.HILL, unit_code="U1",
            limit=parse_limit("3紧急工作时"),
        )  # fmt: skip
        road = [CaseAction.ACCEPT, CaseAction.DISPATCH, CaseAction.START, CaseAction.RESOLVE]
        road += [CaseAction.VERIFY, CaseAction.CLOSE] if n < 9 else []
        with sqlite_store.write() as session:
            case_id = cases.open_case(session, new, actor=SYSTEM, at=then).id
            for minute, action in enumerate(road if n < 12 else road[:2], start=1):
                at = then + timedelta(minutes=minute)
                form = FORMS[action]
                if action is CaseAction.DISPATCH:
                    form = cases.StepForm(unit_code="U1")
                cases.take_step(session, case_id, action, actor=SYSTEM, at=at, form=form)
    with sqlite_store.write() as session:
        late = then + timedelta(days=1)
        asking.ask(session, case_id, Asked.APPEAL, reason="道路封闭", actor=SYSTEM, at=late)
    signed_app(app, sqlite_store, settings)
    return app


def well(app: AppTest) -> str:
    assert not app.exception, app.exception
    assert not app.error, app.error[0].value
    return words(app)


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_opens_from_a_link(city: AppTest, look: str):
    open_on(city, PAGE, period="30d", look=look, kpi="archive_rate")
    said = well(city)
    assert "结案率" in said
    assert "13800001111" not in said


@pytest.mark.parametrize("by", ["区", "街道", "单位", "岗位", "核查人员"])
def test_every_group_opens_and_pseudonyms_stand_for_people(
    city: AppTest, sqlite_store: Store, by: str
):
    kept = [p for p in EVERYTHING if p != Permission.KPI_PEOPLE]
    with sqlite_store.write() as session:
        accounts.put_role(session, code="local_operator", name="本机值班员", permissions=kept)
    open_on(city, PAGE, period="30d", by=by)
    well(city)
    assert "system" not in str([one.proto for one in city.get("bidi_component")])


def test_a_figure_leads_to_the_cases_behind_it(city: AppTest):
    open_on(city, PAGE, period="30d", look="案件", kpi="archive_rate", by="街道")
    said = well(city)
    assert "结案数 9 / 应结案数 13" in said
    assert len(set(re.findall(r"cases\?case=(\d+)", said))) == 13
    city.query_params["group"] = town.HILL
    city.run()
    assert "结案数 0 / 应结案数 1" in well(city)


def test_it_is_made_again_as_it_was_known_then(city: AppTest):
    before = datetime.now(UTC) - timedelta(days=4)
    open_on(city, PAGE, period="30d", look="案件", kpi="archive_rate", as_of=before.isoformat())
    assert "结案数 0 / 应结案数 0" in well(city)


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("申诉", "道路封闭"),
        ("重复", "没有重复投诉的地点"),  # the town has no grid
        ("公平", "没有人口数据"),
        ("诊断", "上期没有可比数据"),
        ("口径", "缺数据：第三方普查"),
    ],
)
def test_the_other_looks_say_what_they_found(city: AppTest, look: str, said: str):
    open_on(city, PAGE, period="30d", look=look, kpi="archive_rate")
    assert said in well(city)


def test_an_empty_city_and_a_link_that_was_cut_say_so(city: AppTest):
    open_on(city, PAGE, **{"from": "2020-01-01", "to": "2020-01-31"})
    assert "没有可以考核的案件" in well(city)
    open_on(city, PAGE, period="30d", as_of="gestern")
    assert "不是时刻" in city.error[0].value


def test_the_scheme_is_changed_with_its_effect_shown_and_a_version_kept(
    city: AppTest, sqlite_store: Store
):
    open_on(city, PAGE, period="30d")
    city.button(key="gk_scheme").click().run()
    assert "还没有改动" in well(city)
    city.number_input(key="gk_least").set_value(1).run()
    assert "改动的影响" in well(city)
    city.text_input(key="gk_why").set_value("小城件数少 13800001111")
    city.button[-1].click().run()
    assert not city.exception
    with sqlite_store.read() as session:
        line = next(one for one in journal.lines(session) if one.did == "scheme.save")
        assert "13800001111" not in line.note
    open_on(city, PAGE, period="30d")
    assert "方案第 1 版" in well(city)


def test_who_may_not_change_the_scheme_can_only_look(city: AppTest, sqlite_store: Store):
    kept = [p for p in EVERYTHING if p not in {Permission.KPI_EDIT, Permission.EVENT_EXPORT}]
    with sqlite_store.write() as session:
        accounts.put_role(session, code="local_operator", name="本机值班员", permissions=kept)
    open_on(city, PAGE, period="30d")
    city.button(key="gk_scheme").click().run()
    said = well(city)
    assert "不能修改方案" in said
    assert "kpi.csv" not in said
    assert not [one for one in city.text_input if one.key == "gk_why"]
