"""初报, 续报, 终报 from a case: numbered, as it stood, and saying what nobody knows yet."""

from dataclasses import replace

import pytest

from govdash.core.errors import NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import CaseAction as A
from govdash.core.vocab import ReportKind as K
from govdash.report import emergency as paper
from govdash.store import journal
from govdash.store.models import CaseReport
from govdash.workflow import cases, emergency
from tests.workflow.conftest import HOUR, MAIN_ROAD, MINUTE, NEW, NINE


@pytest.fixture
def burst(city, operator) -> int:
    with city.write() as session:
        new = replace(
            NEW, title="水管爆裂<b>", description="路面积水，联系人 13812345678",
            address="东关路 8 号", lon=121.5, lat=31.2,
        )  # fmt: skip
        return cases.open_case(session, new, actor=operator, at=NINE).id


@pytest.fixture
def report(city, operator):
    def make(case_id: int, kind: K, at=NINE, actor=None) -> tuple[str, dict[str, str], str]:
        with city.write() as session:
            row = emergency.make(session, case_id, kind, actor=actor or operator, at=at)
            return row.number, dict(row.told["facts"]), paper.document(row)

    return make


def test_the_first_report_says_what_the_case_knows_and_marks_the_rest(city, burst, report):
    number, told, page = report(burst, K.FIRST, NINE + MINUTE)
    assert number == "XB-20260610-0001"
    assert told["发生（登记）时间"] == "2026-06-10 09:00"
    assert "东关街道" in told["地点"]
    assert "东关路 8 号" in told["地点"]
    assert told["人员伤亡"] == told["处置结果"] == emergency.UNKNOWN
    assert "13812345678" not in page
    assert "水管爆裂&lt;b&gt;" in page
    assert "<b>" not in page
    n_open = page.count('class="open"')
    assert f"标“待核”的 {n_open} 项" in page
    with city.read() as session:
        (line, *_) = journal.lines(session, subject=f"case:{burst}")
        assert (line.did, line.detail["report"]) == ("case.report", number)


def test_reports_follow_one_another_and_end_with_the_last(city, burst, report, walk):
    with pytest.raises(Refused, match="不能出续报；可以：初报"):
        report(burst, K.FOLLOW)
    report(burst, K.FIRST)
    walk(burst, *MAIN_ROAD[:3])
    number, told, _ = report(burst, K.FOLLOW, NINE + HOUR)
    assert "签收处置" in told["上次报告以来的进展"]
    assert "登记" not in told["上次报告以来的进展"]
    with pytest.raises(Refused, match="不能出终报；可以：续报"):
        report(burst, K.FINAL, NINE + HOUR)
    walk(burst, *MAIN_ROAD[3:], at=NINE + HOUR)
    _, told, page = report(burst, K.FINAL, NINE + 3 * HOUR)
    assert told["处置结果"] == "已清运"
    assert told["事件原因"] == emergency.UNKNOWN
    assert f"续接 {number}" in page
    with pytest.raises(Refused, match="终报已出"):
        report(burst, K.FOLLOW, NINE + 4 * HOUR)


def test_a_report_stays_as_it_was_made(city, burst, report, walk):
    report(burst, K.FIRST)
    walk(burst, A.ACCEPT)
    with city.read() as session:
        told = dict(session.get(CaseReport, 1).told["facts"])
        assert told["当前状态"] == "待立案"


def test_who_may_not_report_or_does_not_see_the_case_makes_none(
    city, burst, report, operator, local_user
):
    reader = replace(operator, permissions=frozenset({Permission.CASE_READ}))
    with pytest.raises(Refused):
        report(burst, K.FIRST, actor=reader)
    with pytest.raises(NotFound):
        report(burst, K.FIRST, actor=local_user)
    report(burst, K.FIRST)
    with pytest.raises(NotFound), city.write() as session:
        emergency.take(session, 1, actor=local_user, at=NINE)
    with city.read() as session:
        assert emergency.reports(session, burst, local_user) == []
