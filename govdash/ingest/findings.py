"""What can be wrong with a row, what was repaired, and the rows each was found in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

#: Why a row is rejected: stable code → what to tell the person who corrects it.
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "field_count": "列数与表头不一致，疑似错列",
        "shifted_columns": "列的内容与该列应有的取值不符，疑似错列",
        "truncated_row": "文件在这一行中间中断",
        "bad_encoding": "含有无法解码的字符",
        "bad_json": "不是有效的 JSON 记录",
        "missing_id": "缺少编号",
        "rounded_id": "编号已被表格软件改写成科学计数法，末位丢失",
        "long_id": "编号超过 120 个字符",
        "missing_time": "缺少上报时间",
        "unreadable_time": "时间无法识别",
        "future_time": "时间比导入时刻晚一天以上",
        "ancient_time": "时间早于 1970 年",
        "closed_before_reported": "办结时间早于上报时间",
        "bad_coordinates": "坐标不是数字或超出经纬度范围",
        "text_too_long": "文字超过 100 kB",
    }
)
#: What was repaired or left open in a row that is accepted all the same.
WARNINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placeholder_point": "坐标为占位值，已去掉坐标、保留事件",
        "half_point": "经纬度只有一个，已去掉",
        "swapped_point": "经纬度写反，已对调",
        "missing_point": "没有坐标",
        "unplaced": "未落格：不在任何已导入的区域内",
        "new_category": "来源类别不在对照表中，已登记为地方扩展类别",
        "unclassified": "没有类别，记为“未分类”",
        "unknown_code": "渠道、要素、紧急程度等取值不认识，已用默认值",
        "blank_row": "空行已略过（不计入读取数）",
        "no_final_newline": "文件末尾没有换行，请核对最后一行是否完整",
        "dst_gap": "时间落在夏令时跳过的一小时内，已顺延",
    }
)


@dataclass
class Findings:
    """Reasons and warnings for the rows of one chunk, by position."""

    size: int
    reasons: dict[str, NDArray[np.bool_]] = field(default_factory=dict[str, NDArray[np.bool_]])
    warnings: dict[str, NDArray[np.bool_]] = field(default_factory=dict[str, NDArray[np.bool_]])

    def reject(self, code: str, rows: ArrayLike) -> None:
        """Reject the `rows` (True where wrong) for the reason `code`."""
        self._add(self.reasons, REASONS, code, rows)

    def warn(self, code: str, rows: ArrayLike) -> None:
        """Note a repair of the `rows` (True where repaired)."""
        self._add(self.warnings, WARNINGS, code, rows)

    @property
    def bad(self) -> NDArray[np.bool_]:
        """True where a row has at least one reason."""
        return np.logical_or.reduce([np.zeros(self.size, bool), *self.reasons.values()])

    def reasons_of(self, row: int) -> tuple[str, ...]:
        """Return every reason of one row, in the order of `REASONS`."""
        return tuple(code for code in REASONS if code in self.reasons and self.reasons[code][row])

    def _add(
        self,
        into: dict[str, NDArray[np.bool_]],
        known: Mapping[str, str],
        code: str,
        rows: ArrayLike,
    ) -> None:
        if code not in known:
            raise KeyError(code)
        found = _mask(rows)
        if found.any():
            into[code] = into[code] | found if code in into else found

    def warnings_of_good(self) -> dict[str, int]:
        """Count each warning over the rows that are not rejected."""
        good = ~self.bad
        counts = {code: int((rows & good).sum()) for code, rows in self.warnings.items()}
        return {code: n for code, n in counts.items() if n}


def in_words(code: str) -> str:
    """Return the Chinese of a reason or a warning."""
    return REASONS.get(code) or WARNINGS.get(code) or code


def _mask(rows: ArrayLike) -> NDArray[np.bool_]:
    if isinstance(rows, pd.Series):
        series: pd.Series[Any] = rows
        return series.fillna(value=False).to_numpy(dtype=bool)
    return np.asarray(rows, dtype=bool)
