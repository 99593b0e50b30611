"""An EventQuery said in words, as it stands in the first sheet and the sidecar of an export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from govdash.core.filters import EventFilter, EventQuery, Scope
from govdash.core.shapes import words_of, write_shape

SHOWN = 20  # names before "等 n 个": a sentence, not a list


@dataclass(frozen=True, slots=True)
class Names:
    """What codes are called: areas by path, categories by key or major, units by code."""

    areas: Mapping[str, str]
    categories: Mapping[str, str]
    units: Mapping[str, str]

    def area(self, path: str | None) -> str:
        """Name an area with the areas above it, the city left out: ``东区 / 一街道``."""
        if path is None:
            return "未落格"
        parts = path.strip("/").split("/")
        above = ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        named = [self.areas.get(p, p.strip("/").rsplit("/", 1)[-1]) for p in above]
        return " / ".join(named[1:] or named)


def in_words(query: EventQuery, names: Names) -> tuple[tuple[str, str], ...]:
    """Say what was asked for, and for whom; parts that mean "all" are said too."""
    chosen = query.filter
    period = chosen.period
    said = [
        ("时间范围", f"{period.first} 至 {period.last}（{period.n_days} 天，{period.zone_name}）"),
        ("区域", "未落格" if chosen.unplaced else _list(map(names.area, chosen.areas), "全部区域")),
        ("类别", _list((names.categories.get(c, c) for c in chosen.categories), "全部类别")),
        ("渠道", _list((c.label for c in chosen.channels), "全部渠道")),
        ("要素", _list((f.label for f in chosen.facets), "全部要素")),
        ("处置单位", _list((names.units.get(u, u) for u in chosen.units), "全部单位")),
    ]
    if chosen.text:
        said.append(("包含文字", chosen.text))
    if chosen.box:
        b = chosen.box
        said.append(("地图范围", f"经度 {b.west}～{b.east}，纬度 {b.south}～{b.north}（WGS-84）"))
    if chosen.shape:
        said.append(("地图选区", f"{words_of(chosen.shape)}：{write_shape(chosen.shape)}"))
    if chosen.hours:
        said.append(("时段", f"每天 {chosen.hours.words}"))
    said.append(("查看权限", scope_words(query.scope, names)))
    return tuple(said)


def scope_words(scope: Scope, names: Names) -> str:
    """Say whose eyes the rows were selected for."""
    if scope.whole_city:
        return "全市"
    parts = [*map(names.area, scope.areas), *(names.units.get(u, u) for u in scope.units)]
    return _list(parts, "（无）")


def span_of(chosen: EventFilter) -> str:
    """Return the period for a file name: ``20260101-20260131``."""
    return f"{chosen.period.first:%Y%m%d}-{chosen.period.last:%Y%m%d}"


def _list(words: Iterable[str], nothing: str) -> str:
    listed = list(words)
    if not listed:
        return nothing
    more = f" 等 {len(listed)} 个" if len(listed) > SHOWN else ""
    return "、".join(listed[:SHOWN]) + more
