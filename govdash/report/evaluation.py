"""模型评测 in words: the tiles with their lamps, and one plain sentence per figure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

ARM_NAMES: Final[Mapping[str, str]] = {
    "native": "逐街道",
    "scan": "时空联合",
    "rolling-z": "滚动 z",
    "farrington": "Farrington",
}
OURS: Final = ("scan", "native")
#: The budget at which methods are compared in words: one false incident in four days.
AT_BUDGET: Final = 0.25
#: Lamps. Detection: four of five incidents found is good, fewer than half is not worth the work.
_FOUND: Final = (0.8, 0.5)
#: False incidents a week: two are looked into without anybody noticing, one a day is a burden.
_FALSE: Final = (2.0, 7.0)
#: Days: found the next day is good; after three days people have found it themselves.
_DELAY: Final = (1.0, 3.0)
#: Nominal rates that must come out within half and double; the fourth only ranks.
_PROMISED: Final = (0.1, 0.05, 0.01)
#: Beyond three times off a rate says nothing any more.
_FAR: Final = 3.0
#: Of 60 bursts three more or less are chance.
_ALIKE: Final = 0.05
#: Fewer incidents than this make no share.
_ENOUGH: Final = 5
_LARGE: Final = 7.0


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure: ``lamp`` is green, yellow, red or off."""

    code: str
    label: str
    value: str
    unit: str
    lamp: str
    note: str


def told(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result with what the page says of it: ``tiles`` and ``sentences``."""
    return {
        **result,
        "tiles": [asdict(tile) for tile in tiles(result)],
        "sentences": {
            "curve": curve_sentence(result),
            "reliability": reliability_sentence(result),
            "delay": delay_sentence(result),
            "days": days_sentence(result),
            "precision": precision_sentence(result),
            "sizes": sizes_sentence(result),
        },
    }


def tiles(result: Mapping[str, Any]) -> list[Tile]:
    """Return 检出率, 误报, 中位延迟 and 校准 with their lamps."""
    replay, rules = result["replay"], result["injection"]["rules"]
    return [
        _found_tile(replay, rules),
        _false_tile(result),
        _delay_tile(replay, rules),
        _calibration_tile(result["calibration"]),
    ]


def _found_tile(replay: Mapping[str, Any], rules: Mapping[str, Any] | None) -> Tile:
    large = _large(rules)
    aside = f"注入的大突发 {large[0]}/{large[1]}" if large[1] else "没有注入突发"
    if replay["n_incidents"] >= _ENOUGH:
        share, n, of = replay["detected_share"], replay["n_detected"], replay["n_incidents"]
        note = f"已标注事件 {n}/{of}；{aside}"
        return Tile("found", "检出率", f"{share:.0%}", "", _lamp_up(share, _FOUND), note)
    if large[1]:
        share = large[0] / large[1]
        note = f"{aside}（≥{_LARGE:g} 倍标准差）；没有足够的标注"
        return Tile("found", "检出率", f"{share:.0%}", "", _lamp_up(share, _FOUND), note)
    return Tile("found", "检出率", "—", "", "off", "没有标注，也没有注入，无法计算")


def _false_tile(result: Mapping[str, Any]) -> Tile:
    rate = result["replay"]["false_per_week"]
    if result["labels"]["source"] == "none":
        note = "没有标注：全部提示都按误报算，实际只会更少"
        return Tile("false", "误报（上限）", f"{rate:.1f}", "起／周", _lamp(rate, _FALSE), note)
    n = result["replay"]["n_false_incidents"]
    note = f"{result['days']} 天里 {n} 起，相邻的合并为一起"
    return Tile("false", "误报", f"{rate:.1f}", "起／周", _lamp(rate, _FALSE), note)


def _delay_tile(replay: Mapping[str, Any], rules: Mapping[str, Any] | None) -> Tile:
    days, what = replay["median_delay_days"], "已标注事件"
    if days is None and rules is not None:
        days, what = rules["median_delay_days"], "注入的突发"
    if days is None:
        return Tile("delay", "中位延迟", "—", "天", "off", "没有检出的事件，无法计算")
    note = f"{what}从开始到首次提示；0 天 = 当天"
    return Tile("delay", "中位延迟", f"{days:g}", "天", _lamp(days, _DELAY), note)


def _calibration_tile(points: list[Mapping[str, Any]]) -> Tile:
    known = [p for p in points if p["nominal"] in _PROMISED and p["series_days"]]
    if not known:
        return Tile("calibration", "校准", "—", "", "off", "没有可用于核对的日子")
    worst = max(known, key=lambda p: abs(_off(p["ratio"])))
    ratio = worst["ratio"]
    far = _off(ratio)
    lamp = "green" if worst["as_promised"] else "yellow" if far <= _FAR else "red"
    note = f"名义 {worst['nominal']:.0%}，实得 {worst['realised']:.1%}（最差的一档）"
    return Tile("calibration", "校准", f"{ratio:.1f}", "倍", lamp, note)


def curve_sentence(result: Mapping[str, Any]) -> str:
    """Say how we compare at the same nuisance."""
    arms = {arm["code"]: arm["curve"] for arm in result["injection"]["arms"]}
    if not arms:
        return "没有注入突发，无法比较各方法。"
    at = {
        code: point["pod"]
        for code, points in arms.items()
        for point in points
        if point["false_per_day"] == AT_BUDGET
    }
    ours = max((code for code in OURS if code in at), key=lambda code: at[code])
    others = {code: pod for code, pod in at.items() if code not in OURS}
    listed = "，".join(f"{ARM_NAMES[code]} {pod:.0%}" for code, pod in others.items())
    lead = at[ours] - max(others.values(), default=0.0)
    verdict = (
        "本系统领先"
        if lead > _ALIKE
        else "不相上下"
        if lead >= -_ALIKE
        else "本系统落后，应检查规则和数据"
    )
    return (
        f"同样每 {1 / AT_BUDGET:g} 天容忍 1 起误报时，"
        f"本系统（{ARM_NAMES[ours]}）检出 {at[ours]:.0%} 的注入突发，"
        f"{listed}：{verdict}。曲线越靠左上越好。"
    )


def reliability_sentence(result: Mapping[str, Any]) -> str:
    """Say whether false-alarm rates come out as set."""
    points = [p for p in result["calibration"] if p["nominal"] in _PROMISED]
    if not points or not points[0]["series_days"]:
        return "没有可用于核对的日子。"
    wrong = [p for p in points if not p["as_promised"]]
    one = next(p for p in points if p["nominal"] == min(_PROMISED))
    said = (
        f"在没有已知事件的日子里，“百里挑一”的偏高实际每 100 次出现 {one['realised'] * 100:.1f} 次"
    )
    if not wrong:
        return f"{said}：概率说到做到（½～2 倍以内为好）。"
    listed = "、".join(f"{p['nominal']:.0%} 的实为 {p['realised']:.1%}" for p in wrong)
    return f"{said}；{listed}，超出 ½～2 倍：概率不可全信，应重新校准。"


def delay_sentence(result: Mapping[str, Any]) -> str:
    """Say how soon what is found is found."""
    rules = result["injection"]["rules"]
    delays = [*result["replay"]["delays"], *(rules["delays"] if rules else [])]
    if not delays:
        return "时段内没有检出的事件，无法计算延迟。"
    soon = sum(d <= _DELAY[0] for d in delays) / len(delays)
    good = "及时" if soon >= _FOUND[0] else "多数及时" if soon >= _FOUND[1] else "偏慢"
    return f"检出的 {len(delays)} 起里，{soon:.0%} 在当天或次日提示：{good}。"


def days_sentence(result: Mapping[str, Any]) -> str:
    """Say how much work the alerts make."""
    days = result["replay"]["alerts_per_day"]
    n = sum(day["true"] + day["other"] for day in days)
    most = max((day["true"] + day["other"] for day in days), default=0)
    mean = n / max(len(days), 1)
    quiet = sum(not day["true"] + day["other"] for day in days) / max(len(days), 1)
    said = f"平均每天新增 {mean:.1f} 起提示，最多一天 {most} 起，{quiet:.0%} 的日子没有"
    return f"{said}：{'人手看得过来' if mean <= 2 else '偏多，宜提高规则的下限'}。"


def precision_sentence(result: Mapping[str, Any]) -> str:
    """Say how often people found the alerts to be right."""
    right = sum(row["true"] for row in result["precision"])
    judged = right + sum(row["false"] for row in result["precision"])
    if judged < _ENOUGH:
        return f"只有 {judged} 条提示有处置结论，还看不出各规则准不准；请在预警中心如实选择判定。"
    share = right / judged
    good = "好" if share >= _FOUND[0] else "尚可" if share >= _FOUND[1] else "差，宜收紧规则"
    return f"人工判定的 {judged} 条提示里 {share:.0%} 属实：{good}。区间宽的规则样本还少。"


def sizes_sentence(result: Mapping[str, Any]) -> str:
    """Say what the rules find of bursts, and whether more could be found at the same nuisance."""
    rules = result["injection"]["rules"]
    if rules is None:
        return "没有注入突发。"
    budget = result["replay"]["false_per_week"] / 7
    best, code = max(
        (
            (point["pod"], arm["code"])
            for arm in result["injection"]["arms"]
            for point in arm["curve"]
            if point["false_per_day"] <= max(budget, arm["curve"][0]["false_per_day"])
        ),
        default=(0.0, ""),
    )
    said = (
        f"现行规则检出 {rules['pod']:.0%} 的注入突发（没有注入时同一位置“碰巧”提示的占 "
        f"{rules['by_chance']:.0%}）"
    )
    if best > rules["pod"] + _ALIKE:
        return (
            f"{said}；误报相当时“{ARM_NAMES[code]}”可检出 {best:.0%}：规则偏严，小突发还可多发现。"
        )
    return f"{said}：在这样的误报水平上没有更好的办法。"


def _large(rules: Mapping[str, Any] | None) -> tuple[int, int]:
    rows = [row for row in rules["by_size"] if row["from"] >= _LARGE] if rules else []
    return sum(row["detected"] for row in rows), sum(row["n"] for row in rows)


def _off(ratio: float) -> float:
    """Return by what factor a ratio is off, either way."""
    return max(ratio, 1 / ratio) if ratio > 0 else float("inf")


def _lamp(value: float, limits: tuple[float, float]) -> str:
    return "green" if value <= limits[0] else "yellow" if value <= limits[1] else "red"


def _lamp_up(value: float, limits: tuple[float, float]) -> str:
    return "green" if value >= limits[0] else "yellow" if value >= limits[1] else "red"
