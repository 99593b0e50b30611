"""Files that leave through the browser: approved personal data, rejected rows, counts."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.visit import SECONDS, Visit

pytestmark = pytest.mark.browser
SIZE = (1366, 768)
FILE = (
    "来源编号,上报时间,类别代码,标题,内容,经度,纬度\n"
    "B1,不是时间,A-06010,垃圾,联系电话 13812345678,0.5,0.5\n"
)


@pytest.fixture
def visit_of(
    browser: Browser, server: str, signed_in: Callable[[str], StorageState]
) -> Iterator[Callable[[str], Visit]]:
    begun: list[Visit] = []

    def of(login: str) -> Visit:
        begun.append(Visit.begin(browser, server, SIZE, signed_in(login)))
        return begun[-1]

    yield of
    for visit in begun:
        visit.end()


def lines(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_personal_data_leaves_by_two_persons_and_each_file_has_its_number(
    visit_of: Callable[[str], Visit], tmp_path: Path
):
    asker = visit_of("analyse")
    asker.go("data?tab=个人信息导出&period=7d")
    asker.page.get_by_text("CSV（").click()
    asker.page.get_by_label("用途").fill("回访名单，电话回访后删除")
    asker.page.get_by_role("button", name="提交申请").click()
    expect(asker.page.get_by_text("已提交申请")).to_be_visible(timeout=SECONDS)

    approver = visit_of("manage")
    approver.go("releases")
    approver.page.get_by_role("button", name="批准", exact=True).first.click()
    expect(approver.page.get_by_text("小时内可下载")).to_be_visible(timeout=SECONDS)

    button = asker.page.get_by_role("link", name="下载（计一次）").first
    expect(button).to_be_visible(timeout=SECONDS)
    with asker.page.expect_download() as told:
        button.click()
    kept = tmp_path / "个人信息.csv"
    told.value.save_as(kept)
    rows = lines(kept)
    assert rows
    assert {row["水印"] for row in rows} == {told.value.suggested_filename.removesuffix(".csv")}


def test_a_rejected_row_is_fetched_as_it_came_by_who_imported_it(
    visit_of: Callable[[str], Visit], tmp_path: Path
):
    duty = visit_of("duty")
    duty.go("data?tab=导入事件")
    (tmp_path / "坏行.csv").write_text(FILE, "utf-8")
    duty.page.locator('input[type="file"]').first.set_input_files(tmp_path / "坏行.csv")
    start = duty.page.get_by_role("button", name="导入", exact=True)
    expect(start).to_be_enabled(timeout=SECONDS)
    start.click()
    button = duty.page.get_by_role("link", name="下载被拒")
    expect(button).to_be_visible(timeout=SECONDS)
    with duty.page.expect_download() as told:
        button.click()
    kept = tmp_path / "被拒.csv"
    told.value.save_as(kept)
    assert "13812345678" in kept.read_text("utf-8-sig")
    assert "138****5678" not in kept.read_text("utf-8-sig")


def test_counts_for_outside_use_come_with_no_small_one(
    visit_of: Callable[[str], Visit], tmp_path: Path
):
    visit = visit_of("manage")
    visit.go("data?tab=导出&period=30d")
    visit.page.get_by_text("对外提供（隐去小于 5 的计数）").click()
    link = visit.page.locator('a[href*="counts.csv"][href*="outside=1"]')
    expect(link).to_be_visible(timeout=SECONDS)
    with visit.page.expect_download() as told:
        link.click()
    kept = tmp_path / "统计.csv"
    told.value.save_as(kept)
    rows = lines(kept)
    assert any(row["说明"] for row in rows)
    assert not [row for row in rows if row["事件数"] and int(row["事件数"]) < 5]
