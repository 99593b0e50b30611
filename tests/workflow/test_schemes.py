"""考核方案: versions with a first day, checked, journalled, and kept from who may not."""

from datetime import date, timedelta

import pytest

from govdash.access import SYSTEM, User
from govdash.aggregate.indicators import Table
from govdash.core.errors import Conflict, InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT
from govdash.store import Store, journal
from govdash.workflow import schemes
from govdash.workflow.schemes import Body, Scheme
from tests.layout.test_docs import script
from tests.workflow.conftest import NINE

TABLE = Table.load(ROOT / "data")
SHIPPED = schemes.shipped(ROOT / "data", TABLE).body
DAY = timedelta(days=1)


def save(city: Store, body: Body, *, first: date, seen: int = 0, actor: User = SYSTEM) -> int:
    with city.write() as session:
        return schemes.save(
            session, body, valid_from=first, note="年度调整", seen=seen, table=TABLE,
            actor=actor, at=NINE + seen * DAY,
        )  # fmt: skip


def valid(city: Store, day: date, *, version: int | None = None, after: int = 9) -> Scheme:
    with city.read() as session:
        return schemes.scheme_for(
            session, day, table=TABLE, data_dir=ROOT / "data", known_at=NINE + after * DAY,
            version=version,
        )  # fmt: skip


def test_a_period_is_scored_by_the_version_that_was_valid_then_unless_another_is_chosen(
    city: Store,
):
    stricter = SHIPPED.model_copy(update={"least": 30})
    assert save(city, stricter, first=date(2026, 7, 1)) == 1
    assert save(city, SHIPPED.model_copy(update={"least": 50}), first=date(2026, 8, 1), seen=1) == 2
    days = (date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 31))
    assert [valid(city, day).version for day in days] == [0, 1, 2]
    assert [valid(city, day).body.least for day in days] == [10, 30, 50]
    assert valid(city, days[0], version=2).body.least == 50
    assert valid(city, days[2], version=0).body == SHIPPED
    with pytest.raises(NotFound, match="第 9 版"):
        valid(city, days[0], version=9)


def test_what_was_laid_down_later_was_not_known_before(city: Store):
    save(city, SHIPPED.model_copy(update={"least": 30}), first=date(2026, 1, 1))
    assert valid(city, date(2026, 5, 31), after=-1).version == 0
    assert valid(city, date(2026, 5, 31), after=1).version == 1


def test_a_change_is_a_line_of_the_journal_and_typed_words_are_masked(city: Store):
    named = SHIPPED.scores["vital"].model_copy(update={"name": "分 13812345678"})
    body = SHIPPED.model_copy(update={"scores": {**SHIPPED.scores, "vital": named}})
    save(city, body, first=date(2026, 7, 1))
    assert "13812345678" not in valid(city, date(2026, 7, 1)).body.scores["vital"].name
    with city.read() as session:
        line = journal.lines(session, limit=1)[0]
        assert (line.did, line.subject) == ("scheme.save", "scheme:1")
        assert "13812345678" not in str(line.detail)


def test_who_may_not_lay_it_down_is_refused_and_a_stale_form_is_a_conflict(city: Store):
    analyst = User("lin", "林乔", SYSTEM.permissions - {Permission.KPI_EDIT}, SYSTEM.scope)
    with pytest.raises(Refused, match="city:kpi:edit"):
        save(city, SHIPPED, first=date(2026, 7, 1), actor=analyst)
    save(city, SHIPPED, first=date(2026, 7, 1))
    with pytest.raises(Conflict, match="刚被他人修改"):
        save(city, SHIPPED, first=date(2026, 7, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": {"vital": {"name": "分", "weights": {"dispose_rate": 90}}}}, "合计 90"),
        ({"scores": {"vital": {"name": "分", "weights": {"miss_rate": 100}}}}, "不能计算"),
        ({"ranked_by": "nothing"}, "排名依据"),
        ({"targets": {"dispose_rate": (0.8, 0.9)}}, "颠倒"),
        ({"targets": {"nonsense": (0.8, 0.7)}}, "没有指标"),
        ({"response": "很快"}, "写法不对"),
        ({"content_from": 6}, "写法不对"),
        ({"least": 0}, "写法不对"),
        ({"more": 1}, "写法不对"),
    ],
)
def test_a_scheme_that_cannot_be_is_refused_with_what_is_wrong(
    change: dict[str, object], said: str
):
    with pytest.raises(InputError, match=said):
        schemes.read(SHIPPED.model_dump() | change, TABLE)


def test_the_document_of_the_indicators_says_what_the_data_say():
    made = script("indicator_table")
    assert made.TARGET.read_text(encoding="utf-8") == made.document(), "run `make docs`"
