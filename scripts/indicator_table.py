"""Writes ``docs/indicators.md``: every indicator with its formula, from ``data/kpi``."""

import sys
from collections.abc import Iterable
from typing import Final

from govdash.aggregate.indicators import Indicator, Table
from govdash.core.settings import ROOT
from govdash.workflow import schemes

TARGET: Final = ROOT / "docs" / "indicators.md"
_SURE: Final = {"high": "高", "medium": "中", "low": "低"}
_JUDGED: Final = {"area": "区域", "unit": "单位", "post": "岗位", "inspector": "监督员"}
_HEAD: Final = """# 考核指标

本文由 `python scripts/indicator_table.py` 从 `data/kpi/indicators.yaml` 和
`data/kpi/scheme.yaml` 生成，测试核对两者一致。

一个率 = 期内符合“分子”的 ÷ 期内全部。
先按“何时算入本期”把案件日志变成一次次**计数**（`workflow/retelling.py`），
去掉“剔除”的，再数分子（`aggregate/indicators.py`）。分子永远是分母的一部分；各组相加等于全体；与行的先后无关。

- **还没有到时限的不算**：只数到期时间已过的，还没到期的不会让结果好看或难看。
  挂账中的没有到期时间，不算；延期批准后按新的到期时间。
- **不予立案、作废、已合并**的案件没有到期的环节；
  合并的由主案件计，主案件的时钟从这一组最早的起点算。
- **超时申诉**同意后，“剔除”里写着免责的指标不计这一件，其他指标照计。
- **截至某时**：只用那时已经记录的日志。
  到期自动恢复的挂账，从记录那一刻起才算知道（`case_steps.recorded_at`）。
- **分母小**：显示 95 % Wilson 区间，分母不到 {least} 的不排名、不亮灯。
- **缺数据**：平台的数据算不出的，写明缺什么，不给数字。
- 岗位和监督员按做这一步的登录名；没有做的一步不属于任何人，只在区域和单位里算。
"""


def document() -> str:
    """Return the whole document."""
    table = Table.load(ROOT / "data")
    body = schemes.shipped(ROOT / "data", table).body
    parts = [_HEAD.format(least=body.least), "## 指标\n"]
    head = (
        "代码", "指标", "公式", "何时算入本期", "分子是", "剔除", "方向", "考核谁", "达标/预警",
        "把握", "来源",
    )  # fmt: skip
    parts.append(_lines(head, (_row(row, table) for row in table.indicators)))
    parts += [
        "## 综合分\n",
        "权重合计 100；方向为 ↓ 的用 1 − 率。任何一项没有数，综合分就没有数。\n",
    ]
    named = {row.code: row.name for row in table.indicators}
    scores = (
        (score.name, " + ".join(f"{named[code]} × {w:g}" for code, w in score.weights.items()))
        for score in body.scores.values()
    )
    parts.append(_lines(("综合分", "自带方案的权重"), scores))
    parts.append(
        "体征分的权重是一个区公布的；三率的权重没有公布过，这里是建议值。"
        "方案由城市修改（绩效考核 → 考核方案），每次一个新版本，"
        "写明从哪一天起；一个时期用它最后一天有效的版本。\n"
    )
    return "\n".join(parts)


def _row(row: Indicator, table: Table) -> tuple[str, ...]:
    lamps = "—" if row.target is None else f"{_lamp(row, row.target)} / {_lamp(row, row.warn)}"
    if row.needs:
        formula, when, hit = f"{row.formula}", "—", f"**缺数据**：{row.needs}"
    elif row.score:
        formula, when, hit = "见综合分", "—", "—"
    else:
        basis = table.bases[row.basis]
        formula, when, hit = (
            row.formula,
            f"{basis['name']}：{basis['when']}",
            table.flags[row.numerator],
        )
    return (
        f"`{row.code}`", row.name, formula, when, hit,
        "、".join(table.flags[flag] for flag in row.excluding) or "—",
        {"up": "↑", "down": "↓"}[row.direction],
        "、".join(_JUDGED[one] for one in row.judges), lamps, _SURE[row.confidence], row.source,
    )  # fmt: skip


def _lamp(row: Indicator, value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.0%}" if row.unit == "%" else f"{value:g} {row.unit}"


def _lines(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    told = [tuple(head)]
    told.append(("---",) * len(told[0]))
    told += [tuple(row) for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in told)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name}\n")
