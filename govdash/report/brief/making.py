"""Makes a report of a query: gathers the facts as they were known, and composes them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from govdash.core.errors import InputError
from govdash.core.filters import EventQuery
from govdash.core.vocab import AreaLevel, BriefKind
from govdash.lake import Lake, queries
from govdash.report import export_sources, export_words
from govdash.report.brief import alertfacts, casefacts, casesection, eventfacts, wording
from govdash.report.brief.compose import Composer
from govdash.report.brief.document import Document, Section
from govdash.report.export_words import Names
from govdash.report.kpi import Book
from govdash.store import Session, areas

CITY: Final = "全市"
_STREET_DEPTH: Final = 3  # of a path: city, district, street
#: What is told of the work while it is done: how much of it, and what comes next.
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Making:
    """What a report is made of."""

    session: Session
    lake: Lake
    query: EventQuery
    kind: BriefKind
    as_of: datetime
    made_at: datetime
    book: Book
    data: Path  # what ships: the scheme of the assessment

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self.query.filter.period.zone

    @property
    def area(self) -> str | None:
        """The one area of the report; None: the whole city."""
        return self.query.filter.areas[0] if self.query.filter.areas else None


def make(of: Making, *, tell: Progress = lambda _share, _what: None) -> Document:
    """Return the report; the same facts give the same report but for when it was made.

    Raises
    ------
    InputError
        When the period isn't over at ``as_of``, or more than one area is asked for.
    """
    period = of.query.filter.period
    if period.end > of.as_of:
        known = of.as_of.astimezone(of.zone)
        raise InputError(
            f"时段到 {period.last} 结束，数据截至 {known:%Y-%m-%d %H:%M}，还没有过完；"
            "请选已经结束的日期。"
        )
    if len(of.query.filter.areas) > 1:
        raise InputError("一份报告只写一个区域或全市；请只选一个区域。")
    tell(0.05, "统计接报事件")
    names = export_sources.names_of(of.session)
    level = _level(of.area)
    facts = eventfacts.gather(
        of.lake,
        of.query,
        of.kind,
        as_of=of.as_of,
        level=level.value,
        calendar=of.book.deadlines.calendar,
    )
    tell(0.55, "统计监测提示")
    alerts = alertfacts.gather(of.session, of.query, as_of=of.as_of)
    tell(0.65, "计算处置指标")
    handled = casefacts.gather(
        of.session,
        of.query,
        of.kind,
        as_of=of.as_of,
        level=level.value,
        book=of.book,
        data_dir=of.data,
    )
    tell(0.8, "绘制图表")
    where = names.area(of.area).replace(" / ", "") if of.area else CITY
    composer = Composer(of.query, names)
    outlines = areas.outlines(of.session, of.area or _top(names), level)
    sections = [
        composer.overall(facts, where=where),
        composer.kinds(facts),
        composer.places(facts, outlines, level=level.label),
        composer.warnings(alerts, zone=of.zone),
        casesection.handling(composer, handled, zone=of.zone),
    ]
    tell(0.95, "汇总")
    return Document(
        title=f"{_place(names, of.area)}城市运行{of.kind.label}",
        subtitle=f"{wording.days(period.first, period.last)} · {where}",
        issuer=f"{_place(names, None)}城市运行管理中心",
        zone=of.zone.key,
        first=period.first,
        last=period.last,
        as_of=of.as_of,
        made_at=of.made_at,
        conditions=export_words.in_words(of.query, names),
        sections=tuple(_numbered(sections)),
        basis=_basis(of),
    )


def _numbered(sections: list[Section]) -> list[Section]:
    return [
        replace(section, title=f"{'一二三四五六七八九'[at]}、{section.title}")
        for at, section in enumerate(sections)
    ]


def _level(area: str | None) -> AreaLevel:
    """Return the level that is told apart inside an area: streets, within a street communities."""
    depth = len(area.strip("/").split("/")) if area else 1
    return AreaLevel.STREET if depth < _STREET_DEPTH else list(AreaLevel)[min(depth, 4)]


def _top(names: Names) -> str:
    return min(names.areas, key=len, default="/")


def _place(names: Names, area: str | None) -> str:
    path = area or _top(names)
    return names.areas.get(path, "")


def _basis(of: Making) -> tuple[str, ...]:
    told = queries.counts(of.lake, of.query, by=("source",), as_of=of.as_of)
    sources = "、".join(str(name) for name in told["source"].dropna()) or "（无）"
    known = of.as_of.astimezone(of.zone)
    return (
        (
            f"本期数据来源：{sources}。统计口径：按上报时间落在时段内的事件计数，"
            f"时区 {of.zone.key}；"
            f"按 {known:%Y-%m-%d %H:%M} 已入库的版本统计，之后的补报和更正不在其中。"
        ),
        "环比与上一个同样长的时段（月报为上一个自然月）相比，同比与去年同样日期相比；春节等移动假日未作对齐。",
        "监测提示按首次发现时间计入，结果为截至统计时的判定；“不属实”包括误报、数据错误和预期活动。",
        "自动生成的文字中，数字均取自本报告的表格；变化是否显著按统计检验判定，显著不等于重要，请结合实际研判。",
    )
