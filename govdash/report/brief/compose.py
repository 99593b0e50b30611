"""Composes a report from its facts: sections with checked sentences, tables and charts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import geopandas as gpd

from govdash.core.filters import EventQuery
from govdash.core.vocab import Channel, Facet
from govdash.figures import printed
from govdash.report.brief import alertfacts, wording
from govdash.report.brief.alertfacts import AlertThen
from govdash.report.brief.document import Cell, Chart, Column, Kind, Section, Table, told
from govdash.report.brief.eventfacts import By, EventFacts, Group
from govdash.report.export_words import Names

TOP: Final = 10
#: What is counted of alerts, in the order of the table.
_COUNTS: Final = {
    "n": "提示（条）", "true": "属实", "false": "不属实", "other": "办理中或未判定",
    "waiting": "待处理",
}  # fmt: skip
FEW: Final = 3
_HOUR: Final = "%-m月%-d日%-H时"
_DAY: Final = "%-m月%-d日"
_TITLES: Final[dict[By, str]] = {
    "channel": "渠道", "facet": "要素", "category": "类别", "area": "区域",
}  # fmt: skip
_CHANGE_NOTE: Final = (
    "预期为之前 8 个同样长的同期的平均；按偶然性挑选，不按数量大小："
    "负二项分布的 p 值，Benjamini–Hochberg 控制错误发现率 5%。"
)


@dataclass
class Composer:
    """Writes sections about one query, in the names of the city."""

    query: EventQuery
    names: Names
    figures: int = field(default=0, init=False)
    exhibits: int = field(default=0, init=False)

    # -- numbering and links ---------------------------------------------------------------------

    def table(
        self,
        code: str,
        title: str,
        columns: tuple[Column, ...],
        rows: Sequence[tuple[Cell, ...]],
        *,
        note: str = "",
        links: list[str] | None = None,
    ) -> Table:
        """Return the next table, numbered."""
        self.exhibits += 1
        return Table(
            code, f"表{self.exhibits} {title}", columns, tuple(rows), note, tuple(links or ())
        )

    def chart(self, code: str, title: str, svg: str, words: str, *, note: str = "") -> Chart:
        """Return the next chart, numbered."""
        self.figures += 1
        return Chart(code, f"图{self.figures} {title}", svg, words, note)

    def link(self, page: str, **changed: str) -> str:
        """Return where the rows behind a figure are: a page with the filter of this report."""
        params = self.query.filter.to_params() | {k: v for k, v in changed.items() if v}
        return f"{page}?{urlencode(params)}"

    # -- sections --------------------------------------------------------------------------------

    def overall(self, facts: EventFacts, *, where: str) -> Section:
        """Compose 总体情况: how many, compared with when, by channel, the course."""
        period = self.query.filter.period
        daily = facts.n / period.n_days
        ratio = wording.change(facts.n, facts.n_before)
        year = wording.change(facts.n, facts.n_year)
        first = (
            f"{wording.days(period.first, period.last)}，{where}共接报事件"
            f"{told(facts.n, Kind.COUNT)}件，{wording.changed(ratio, to='环比')}，"
            f"{wording.changed(year, to='同比')}"
            + (f"，日均{told(daily, Kind.NUMBER)}件。" if period.n_days > 1 else "。")
        )
        summary = self.table(
            "total",
            "接报总量",
            (
                Column("指标"), Column("本期", Kind.COUNT), Column("上期", Kind.COUNT),
                Column("环比", Kind.CHANGE), Column("去年同期", Kind.COUNT),
                Column("同比", Kind.CHANGE), Column("日均", Kind.NUMBER),
            ),
            [("接报事件（件）", facts.n, facts.n_before, ratio, facts.n_year, year, daily)],
            links=[self.link("timeline")],
        )  # fmt: skip
        sentences = [first]
        said = [
            f"{self._named('channel', one.key)}{told(one.n, Kind.COUNT)}件"
            f"（占{told(one.n / facts.n, Kind.SHARE)}）"
            for one in facts.groups["channel"][:FEW]
            if one.n
        ]
        if said:
            sentences.append(f"按来源渠道，主要是{wording.listed(said)}。")
        tables = [summary, self._group_table(facts, "channel", "来源渠道")]
        tables += [self._group_table(facts, "facet", "要素构成（人、地、事、物、情、组织）")]
        odd, odd_table = self._odd(facts)
        sentences.append(odd)
        tables += [odd_table] if odd_table else []
        return Section(
            "overall", "总体情况", tuple(sentences), (self._course(facts),), tuple(tables)
        )

    def kinds(self, facts: EventFacts) -> Section:
        """Compose 接报类别: the most frequent ones, and those that changed more than by chance."""
        return self._ranked(facts, "category", "kinds", "接报类别")

    def places(self, facts: EventFacts, areas: gpd.GeoDataFrame, *, level: str) -> Section:
        """Compose 区域分布: the map, the first areas, and those that changed."""
        section = self._ranked(facts, "area", "places", "区域分布")
        placed = [one for one in facts.groups["area"] if one.key]
        values = {one.key: float(one.n) for one in placed}
        if areas.empty or not values:
            return section
        names = {path: self.names.areas.get(path, "") for path in values}
        chart = self.chart(
            "map",
            f"各{level}接报量",
            printed.choropleth(areas, values, names=names, unit="件"),
            "；".join(f"{names[one.key]} {told(one.n, Kind.COUNT)} 件" for one in placed[:FEW]),
            note="边界为平台内的区域图层；颜色越深接报越多。",
        )
        return Section(
            section.code,
            section.title,
            section.paragraphs,
            (chart, *section.charts),
            section.tables,
        )

    def warnings(self, alerts: Sequence[AlertThen], *, zone: ZoneInfo) -> Section:
        """Compose 监测预警: how many of which level, what became of them, the severe ones."""
        counted = alertfacts.by_level(alerts)
        sums = [sum(getattr(one, name) for one in counted) for name in _COUNTS]
        by_level = self.table(
            "levels",
            "监测提示及结果",
            (Column("级别"), *(Column(label, Kind.COUNT) for label in _COUNTS.values())),
            [
                (f"{one.level.shape}{one.level.numeral} {one.level.label}",
                 *(getattr(one, name) for name in _COUNTS))
                for one in counted
            ]
            + [("合计", *sums)],
            links=[self.link("alerts")] * (len(counted) + 1),
            note="同一事项的多条提示只计牵头的一条。",
        )  # fmt: skip
        if not alerts:
            return Section("warnings", "监测预警", ("本期没有监测提示。",), (), (by_level,))
        levels = [f"{one.level.label}色{told(one.n, Kind.COUNT)}条" for one in counted if one.n]
        n, true, false, other, waiting = (told(one, Kind.COUNT) for one in sums)
        sentence = (
            f"本期发出监测提示{n}条，其中{wording.listed(levels)}。截至统计时，属实{true}条，"
            f"不属实{false}条，办理中或未判定{other}条，待处理{waiting}条。"
        )
        severe = [one for one in alerts if one.level.is_severe]
        listed = self.table(
            "severe",
            "红色、橙色提示",
            (
                Column("编号"), Column("级别"), Column("监测提示"), Column("首次发现"),
                Column("实际", Kind.COUNT), Column("预期", Kind.NUMBER), Column("结果"),
            ),
            [
                (one.number, f"{one.level.label}色", one.title,
                 f"{one.first_seen_at.astimezone(zone):%m-%d %H:%M}",
                 one.observed, one.expected, one.outcome)
                for one in severe
            ],
            links=[f"alerts?alert={one.id}" for one in severe],
        )  # fmt: skip
        return Section("warnings", "监测预警", (sentence,), (), (by_level, listed))

    # -- parts -----------------------------------------------------------------------------------

    def _course(self, facts: EventFacts) -> Chart:
        when = {"hour": "%H:%M", "month": "%Y-%m"}.get(facts.grain, "%m-%d")
        notes = {
            odd.bucket: f"{odd.bucket:{when}} {self._named('category', key) if key else ''}"
            f"{'突增' if odd.high else '偏少'}"
            for odd, key in zip(facts.odd, facts.behind, strict=True)
        }
        unit = {"hour": "每小时", "day": "每日", "week": "每周", "month": "每月"}[facts.grain]
        return self.chart(
            "course",
            f"接报走势（{unit}，件）",
            printed.course(facts.course, grain=facts.grain, notes=notes),
            "；".join(notes.values()) or "各点都在预期区间内或没有足够的历史可比",
            note="阴影为前 8 周（月）同期推算的 99% 预期区间；历史不足 4 期时没有区间。",
        )

    def _odd(self, facts: EventFacts) -> tuple[str, Table | None]:
        if not facts.odd:
            known = facts.course["expected"].notna().any()
            return (
                "走势没有超出预期区间的时点。" if known else "历史不足，走势没有预期区间可比。"
            ), None
        expected = facts.course.set_index("bucket")["expected"]
        when = _HOUR if facts.grain == "hour" else _DAY
        rows: list[tuple[Cell, ...]] = []
        said = []
        for odd, key in zip(facts.odd, facts.behind, strict=True):
            kind = self._named("category", key) if key else ""
            usual = float(expected[odd.bucket])
            rows.append(
                (f"{odd.bucket:{when}}", odd.n, usual, "偏多" if odd.high else "偏少", kind)
            )
            said.append(
                f"{odd.bucket:{when}}接报{told(odd.n, Kind.COUNT)}件"
                f"（预期{told(usual, Kind.NUMBER)}件）"
                + (f"，差异最大的类别是{kind}" if kind else "")
            )
        table = self.table(
            "odd",
            "超出预期区间的时点",
            (
                Column("时点"), Column("实际", Kind.COUNT), Column("预期", Kind.NUMBER),
                Column("方向"), Column("差异最大的类别"),
            ),
            rows,
            links=[
                self.link("timeline", **dict.fromkeys(("from", "to"), f"{odd.bucket:%Y-%m-%d}"))
                for odd in facts.odd
            ]
            if facts.grain in ("hour", "day")
            else [],
        )  # fmt: skip
        return f"超出预期区间较远的时点：{'；'.join(said)}。", table

    def _ranked(self, facts: EventFacts, by: By, code: str, title: str) -> Section:
        groups = facts.groups[by]
        some = [one for one in groups if one.n][:FEW]
        what = _TITLES[by]
        sentences = ["本期没有接报事件。"]
        if some:
            said = [
                f"{self._named(by, one.key)}{told(one.n, Kind.COUNT)}件"
                f"（占{told(one.n / facts.n, Kind.SHARE)}，"
                f"{wording.changed(wording.change(one.n, one.before), to='环比')}）"
                for one in some
            ]
            sentences = [f"接报较多的{what}是{wording.listed(said)}。"]
        changed = sorted((one for one in groups if one.notable), key=lambda one: one.p or 0.0)
        sentences.append(self._changed(changed, by, known=any(one.p is not None for one in groups)))
        tables = [self._group_table(facts, by, f"接报{what}（前{TOP}）", limit=TOP)]
        if changed:
            tables.append(
                self.table(
                    f"{code}_changed",
                    f"变化显著的{what}",
                    (
                        Column(what), Column("本期", Kind.COUNT), Column("预期", Kind.NUMBER),
                        Column("方向"), Column("p 值", Kind.P_VALUE),
                    ),
                    [
                        (self._named(by, one.key), one.n, one.expected,
                         "上升" if one.high else "下降", one.p)
                        for one in changed
                    ],
                    note=_CHANGE_NOTE,
                    links=[self._group_link(by, one.key) for one in changed],
                )
            )  # fmt: skip
        return Section(code, title, tuple(sentences), (), tuple(tables))

    def _changed(self, changed: Sequence[Group], by: By, *, known: bool) -> str:
        what = _TITLES[by]
        if not changed and known:
            return f"与前期同期相比，没有{what}的变化超出偶然。"
        if not changed:
            return f"历史不足，{what}的变化不作显著性判断。"
        said = [
            f"{self._named(by, one.key)}{told(one.n, Kind.COUNT)}件"
            f"（预期{told(one.expected, Kind.NUMBER)}件，{'上升' if one.high else '下降'}）"
            for one in changed[:FEW]
        ]
        more = "等" if len(changed) > FEW else ""
        return f"与前期同期相比，变化超出偶然的{what}有：{wording.listed(said)}{more}。"

    def _group_table(self, facts: EventFacts, by: By, title: str, *, limit: int = 50) -> Table:
        shown = facts.groups[by][:limit]
        return self.table(
            by,
            title,
            (
                Column(_TITLES[by]), Column("本期（件）", Kind.COUNT), Column("占比", Kind.SHARE),
                Column("上期（件）", Kind.COUNT), Column("环比", Kind.CHANGE),
            ),
            [
                (self._named(by, one.key), one.n, one.n / facts.n if facts.n else None,
                 one.before, wording.change(one.n, one.before))
                for one in shown
            ],
            links=[self._group_link(by, one.key) for one in shown],
        )  # fmt: skip

    def _group_link(self, by: By, key: str) -> str:
        if by == "area" and not key:
            return self.link("timeline", unplaced="1")
        return self.link("timeline", **{by: key})

    def _named(self, by: By, key: str) -> str:
        if by == "area":
            return self.names.area(key or None)
        if by == "category":
            return self.names.categories.get(key, key or "未分类")
        vocabulary = Channel if by == "channel" else Facet
        return vocabulary(key).label if key in set(vocabulary) else key or "未注明"
