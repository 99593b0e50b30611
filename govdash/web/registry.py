"""Every page of the platform, as data: where it lies, what it is called, who may open it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govdash.core.permissions import Permission
from govdash.core.settings import ROOT

PAGES_DIR = ROOT / "pages"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page: a file in ``pages/<section>/`` and its place in the top navigation."""

    section: str
    file: str  # below pages/
    title: str
    icon: str  # a Material symbol; the font is served by Streamlit itself
    url: str
    needs: Permission
    hidden: bool = False  # has its address, but is in no menu

    @property
    def path(self) -> Path:
        """The page's script."""
        return PAGES_DIR / self.file


#: In the order of the navigation; the first one is the start page.
PAGES: tuple[PageEntry, ...] = (
    PageEntry(
        "监测", "monitor/overview.py", "态势总览", "dashboard", "overview", Permission.EVENT_READ
    ),
    PageEntry("监测", "monitor/map.py", "一张图", "map", "map", Permission.EVENT_READ),
    PageEntry(
        "监测", "monitor/timeline.py", "时间线", "timeline", "timeline", Permission.EVENT_READ
    ),
    PageEntry(
        "办理",
        "work/alerts.py",
        "预警中心",
        "notifications_active",
        "alerts",
        Permission.ALERT_READ,
    ),
    PageEntry("办理", "work/cases.py", "处置工单", "assignment", "cases", Permission.CASE_READ),
    PageEntry("办理", "work/supervision.py", "督办", "gavel", "supervision", Permission.CASE_READ),
    PageEntry("办理", "work/followup.py", "回访", "call", "followup", Permission.FEEDBACK_WRITE),
    PageEntry("办理", "work/inbox.py", "我的消息", "inbox", "inbox", Permission.EVENT_READ),
    PageEntry("办理", "work/notices.py", "通知", "send", "notices", Permission.NOTICE_READ),
    PageEntry("办理", "work/mutes.py", "静默与计划", "event_busy", "mutes", Permission.NOTICE_READ),
    PageEntry(
        "研判",
        "insight/performance.py",
        "绩效考核",
        "leaderboard",
        "performance",
        Permission.KPI_READ,
    ),
    PageEntry("研判", "insight/briefs.py", "研判报告", "article", "briefs", Permission.BRIEF_READ),
    PageEntry("分析", "analysis/rules.py", "规则", "rule", "rules", Permission.ALERT_READ),
    PageEntry(
        "分析",
        "analysis/evaluation.py",
        "模型评测",
        "query_stats",
        "evaluation",
        Permission.STATUS_READ,
    ),
    PageEntry("管理", "admin/data.py", "数据汇聚", "database", "data", Permission.EVENT_READ),
    PageEntry(
        "管理",
        "admin/releases.py",
        "导出审批",
        "approval",
        "releases",
        Permission.EXPORT_APPROVE,
    ),
    PageEntry(
        "管理", "admin/status.py", "系统状态", "monitor_heart", "status", Permission.STATUS_READ
    ),
    PageEntry("管理", "admin/accounts.py", "用户账号", "group", "accounts", Permission.USER_EDIT),
    PageEntry("管理", "admin/rights.py", "角色权限", "key", "rights", Permission.ROLE_EDIT),
    PageEntry("管理", "admin/journal.py", "操作日志", "policy", "journal", Permission.JOURNAL_READ),
    PageEntry(  # the parts that pages are made of; in a demo only
        "管理",
        "admin/gallery.py",
        "界面部件",
        "palette",
        "gallery",
        Permission.STATUS_READ,
        hidden=True,
    ),
)


def sections() -> Iterator[tuple[str, list[PageEntry]]]:
    """Yield each menu group with its pages, in order."""
    names = list(dict.fromkeys(entry.section for entry in PAGES))
    for name in names:
        yield name, [entry for entry in PAGES if entry.section == name]


def entry_of(url: str) -> PageEntry:
    """Return the page of a URL path such as ``alerts``."""
    return next(entry for entry in PAGES if entry.url == url)
