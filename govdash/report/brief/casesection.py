"""Composes 处置情况 of a report: rates against the period before, streets, what was overdue."""

from typing import Final
from zoneinfo import ZoneInfo

from govdash.figures import printed
from govdash.report.brief import wording
from govdash.report.brief.casefacts import OVERDUE, CaseFacts, Late
from govdash.report.brief.compose import FEW, TOP, Composer
from govdash.report.brief.document import Chart, Column, Kind, Section, Table, told

#: The rates that a sentence names.
_SAID: Final = ("dispose_rate", "intime_dispose_rate", "rework_rate", "solve_rate", "satis_rate")


def handling(of: Composer, facts: CaseFacts, *, zone: ZoneInfo) -> Section:
    """Compose 处置情况; a rate of nothing is said as such, and a small one has no rank."""
    rates = of.table(
        "rates",
        "处置指标",
        (
            Column("指标"), Column("分子", Kind.COUNT), Column("分母", Kind.COUNT),
            Column("本期", Kind.SHARE), Column("上期", Kind.SHARE),
            Column("增减（百分点）", Kind.POINTS),
        ),
        [
            (one.name, one.numerator, one.denominator, one.value, one.before, one.points)
            for one in facts.rates
        ],
        note=f"按考核方案（{facts.scheme}）计算，口径见“绩效考核”页；分母为 0 的不计算。",
        links=[of.link("performance")] * len(facts.rates),
    )  # fmt: skip
    by_code = {one.code: one for one in facts.rates}
    said = [
        f"{one.name}{told(one.value, Kind.SHARE)}"
        f"（{told(one.numerator, Kind.COUNT)}/{told(one.denominator, Kind.COUNT)}）"
        for code in _SAID
        if (one := by_code.get(code)) and one.value is not None
    ]
    sentences = [f"本期{'，'.join(said)}。" if said else "本期没有到期或回访的案件，各项率不计算。"]
    charts, tables = [], [rates]
    judged = [one for one in facts.places if one.rank is not None]
    if judged:
        worst = [one for one in reversed(judged) if one.value is not None][:FEW]
        listed = [f"{of.names.area(one.path)}{told(one.value, Kind.SHARE)}" for one in worst]
        sentences.append(f"按期处置率排名靠后的是{wording.listed(listed)}。")
        charts.append(_ranking(of, facts))
        tables.append(_places(of, facts))
    sentences.append(_late_words(facts))
    tables.append(_late(of, facts.late, zone=zone))
    return Section("handling", "处置情况", tuple(sentences), tuple(charts), tuple(tables))


def _ranking(of: Composer, facts: CaseFacts) -> Chart:
    shown = [one for one in reversed(facts.places) if one.rank is not None][:TOP]
    values = [one.value or 0.0 for one in shown]
    names = [of.names.area(one.path) for one in shown]
    words = [told(value, Kind.SHARE) for value in values]
    below = [facts.target is not None and value < facts.target for value in values]
    goal = f"虚线为目标 {told(facts.target, Kind.SHARE)}，" if facts.target else ""
    return of.chart(
        "ranking",
        f"按期处置率最低的区域（至多 {TOP} 个）",
        printed.bars(names, values, words, marked=below, target=facts.target),
        "；".join(f"{name} {word}" for name, word in zip(names, words, strict=True)),
        note=f"{goal}橙色为未达目标；应处置不足 {facts.least} 件的不参加排名。",
    )


def _places(of: Composer, facts: CaseFacts) -> Table:
    return of.table(
        "places_rate",
        "各区域按期处置率",
        (
            Column("区域"), Column("按期处置", Kind.COUNT), Column("应处置", Kind.COUNT),
            Column("按期处置率", Kind.SHARE), Column("名次", Kind.COUNT),
        ),
        [
            (of.names.area(one.path), one.numerator, one.denominator, one.value, one.rank)
            for one in facts.places
        ],
        note=f"应处置不足 {facts.least} 件的不排名。",
        links=[of.link("performance", area=one.path) for one in facts.places],
    )  # fmt: skip


def _late_words(facts: CaseFacts) -> str:
    if not facts.late:
        return "截至统计时，本期到期的案件没有超期未处置的。"
    more = f"，下表列出最早到期的{OVERDUE}件" if len(facts.late) > OVERDUE else ""
    return f"截至统计时，本期到期而超期未处置的案件{told(len(facts.late), Kind.COUNT)}件{more}。"


def _late(of: Composer, late: tuple[Late, ...], *, zone: ZoneInfo) -> Table:
    shown = late[:OVERDUE]
    return of.table(
        "late",
        f"超期未处置案件（共 {len(late)} 件，至多列 {OVERDUE} 件）",
        (
            Column("案件"), Column("标题"), Column("区域"), Column("处置单位"),
            Column("应处置完毕"),
        ),
        [
            (
                one.number, one.title, of.names.area(_street(one.area_path)),
                of.names.units.get(one.unit_code or "", "未派"),
                f"{one.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
            )
            for one in shown
        ],
        links=[f"cases?case={one.id}" for one in shown],
    )  # fmt: skip


def _street(path: str | None) -> str | None:
    """Cut an area's path at its street: a grid's whole name is longer than a line."""
    return "/" + "/".join(path.strip("/").split("/")[:3]) + "/" if path else None
