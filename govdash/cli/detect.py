"""`govdash detect`: score counts from a file, without a database; ticks and replays beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from govdash.cli import csv_file, detect_jobs, evaluate, scan
from govdash.core.errors import InputError
from govdash.detect.buckets import BUCKETS, Bucket
from govdash.detect.classics.detectors import Span, learned_for, years_for
from govdash.detect.classics.settings import SETTINGS
from govdash.detect.contract import Detector
from govdash.detect.registry import DETECTORS, default_alpha, make_detector, takes
from govdash.detect.series import (
    RowScores,
    dated,
    is_numbered,
    looks_weekly,
    numbered,
    read_rows,
    score_rows,
    with_dates,
)

#: Of Farrington's settings, the one that keeps its nominal rate best and finds most.
SETTING = "noufaily"

app = typer.Typer(no_args_is_help=True, help="检测：给每日计数评分，找出异常。")
app.command(help="评分一次：按规则写监测提示。有新提示时退出码为 1。")(detect_jobs.run)
app.command(help="回放历史，对照标注：检出率、延迟、每周误报。")(detect_jobs.backtest)
app.command(help=evaluate.HELP)(evaluate.evaluate)
app.command(help=scan.HELP)(scan.scan)

OUT_COLUMNS = ["series", "date", "observed", "expected", "upper", "p_value", "score", "alarm"]

Counts = Annotated[Path | None, typer.Option("--counts", help="计数 CSV：series,date,count。")]
Out = Annotated[Path | None, typer.Option("--out", help=f"输出 CSV：{','.join(OUT_COLUMNS)}。")]
Method = Annotated[str, typer.Option("--method", help=f"{'、'.join(DETECTORS)}。")]
Setting = Annotated[
    str, typer.Option("--setting", help=f"只用于 farrington：{'、'.join(SETTINGS)}。")
]
Alpha = Annotated[
    str,
    typer.Option("--alpha", help="单侧误报率，不给则用方法通用的值；cusum、glr-nb 不按它设阈值。"),
]
Freq = Annotated[
    str,
    typer.Option("--freq", help="计数的间隔：D 每日、W 每周、H 每小时；不给则看日期，一般为每日。"),
]
Compat = Annotated[
    bool,
    typer.Option(
        "--compat-score",
        help="score 按 R surveillance 的写法给出（farrington 的 noufaily、muan，以及 cusum）。",
    ),
]
Start = Annotated[
    str, typer.Option("--start-scoring", help="从这一天起评分，如 2026-01-01；不给则从历史够长起。")
]
Refit = Annotated[
    int, typer.Option("--refit-days", help="每隔几天（每周计数为几周）重新学习一次基线。")
]
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(
    help="给每日（周、小时）计数逐期评分：每一期只用它之前的数据。"
    "有报警或有序列不能评分时退出码为 1。"
)
def score(
    *,
    counts: Counts = None,
    out: Out = None,
    method: Method = "native",
    setting: Setting = "",
    alpha: Alpha = "",
    freq: Freq = "",
    start_scoring: Start = "",
    refit_days: Refit = 7,
    compat_score: Compat = False,
    as_json: AsJson = False,
) -> None:
    """Score counts of a file, each bucket from its past alone."""
    if counts is None or out is None:
        raise InputError("请给出 --counts 计数文件和 --out 输出文件。")
    if refit_days < 1:
        raise InputError(f"--refit-days {refit_days} 应为不小于 1 的整数。")
    level = _alpha(alpha, method, _setting(setting, method))
    if freq:
        _check_freq(freq)
    table = with_dates(csv_file.read(counts))
    bucket = BUCKETS[freq or ("W" if looks_weekly(table) else "D")]
    numbers = is_numbered(table)
    rows = read_rows(table, bucket=bucket)
    start = _start(start_scoring, bucket, numbers=numbers)
    choice = Choice(method, bucket, setting or SETTING, level, numbers, compat_score)
    done = score_rows(rows, make=choice.make, start=start, refit_days=refit_days, bucket=bucket)
    scores = _as_asked(done.scores, bucket, level=level, numbers=numbers)
    csv_file.write(scores[OUT_COLUMNS], out)
    told = {
        "method": method,
        "alpha": level,
        "freq": bucket.code,
        "series": int(scores["series"].nunique()),
        "days": len(scores),
        "alarms": int(scores["alarm"].sum()),
        "filled_zero_days": done.filled,
        "skipped": done.skipped,
        "simplified_days": int((done.scores["note"] != "").sum()),
        "out": str(out),
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(told, done, bucket)
        if bucket.code == "W" and not freq:
            typer.echo("各行日期都相隔整周，按每周计数评分；若是每日计数请加 --freq D。", err=True)
    if told["alarms"] or done.skipped:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Choice:
    """What the options ask for."""

    method: str
    bucket: Bucket
    setting: str
    alpha: float | None
    numbered: bool
    compat_score: bool

    def make(self, span: Span) -> Detector:
        """Return a detector for series of this span."""
        # only too many is asked for: looking at both sides would cost power (docs/detection-native)
        known: dict[str, object] = {
            "freq": self.bucket.code, "compat_score": self.compat_score, "low_side": False,
        }  # fmt: skip
        if self.method == "farrington":
            known["setting"] = self.setting
            known["years"] = years_for(self.setting, span, self.bucket.per_year)
            known["years_by"] = "steps" if self.numbered else "date"
        if self.alpha is not None:
            known["alpha"] = self.alpha
            if not takes(self.method, "alpha"):
                # the upper end of a central interval of 1 - 2 alpha is the limit for alpha
                known["coverage"] = 1.0 - 2.0 * self.alpha
        else:
            known["learn"] = learned_for(span, self.bucket)
        return make_detector(
            self.method, **{name: v for name, v in known.items() if takes(self.method, name)}
        )


def _as_asked(
    scores: pd.DataFrame, bucket: Bucket, *, level: float | None, numbers: bool
) -> pd.DataFrame:
    """Return the score frame with the columns of the file: one-sided, dates as they came."""
    fixed = scores["p_low"].notna()  # these alarm by their p-value, also of windows
    alarm = np.where(fixed, scores["p_high"] <= (level or 0.0), scores["alarm"])
    if numbers:
        dates = numbered(scores["date"], bucket)
    else:
        dates = scores["date"].dt.strftime("%Y-%m-%d %H:%M" if bucket.code == "H" else "%Y-%m-%d")
    return scores.assign(date=dates, p_value=scores["p_high"], alarm=alarm.astype(int))


def _tell(told: dict[str, object], done: RowScores, bucket: Bucket) -> None:
    each = {"D": "日", "W": "周", "H": "小时"}[bucket.code]
    typer.echo(
        f"已评分 {told['series']} 个序列、{told['days']} 个序列{each}，"
        f"报警 {told['alarms']} 个 → {told['out']}"
    )
    if done.filled:
        typer.echo(f"有 {done.filled} {bucket.unit}没有行，按 0 件补齐。", err=True)
    if told["simplified_days"]:
        notes = sorted(set(done.scores["note"]) - {""})
        typer.echo(
            f"{told['simplified_days']} 个序列{each}用了简化模型：{' '.join(notes)}", err=True
        )
    for key, why in done.skipped.items():
        typer.echo(f"序列“{key}”未评分：{why}。", err=True)


def _setting(text: str, method: str) -> str:
    if text and method != "farrington":
        raise InputError(f"--setting {text} 只用于 --method farrington；当前方法是 {method}。")
    if text and text not in SETTINGS:
        raise InputError(f"--setting {text} 不存在；可用：{'、'.join(SETTINGS)}。")
    return text or SETTING


def _alpha(text: str, method: str, setting: str) -> float | None:
    usual = default_alpha(method, setting=setting)
    if not text:
        return usual
    if usual is None:
        raise InputError(f"--alpha {text} 不适用：{method} 有自己的阈值，不按误报率设。")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 < value < 0.5:
        raise InputError(f"--alpha {text} 应为大于 0、小于 0.5 的数，例如 0.01。")
    return value


def _check_freq(freq: str) -> None:
    if freq not in BUCKETS:
        known = "、".join(f"{b.code}（{b.label}）" for b in BUCKETS.values())
        raise InputError(f"--freq {freq} 不受支持；目前可用：{known}。")


def _start(text: str, bucket: Bucket, *, numbers: bool) -> pd.Timestamp | None:
    if not text:
        return None
    if numbers:
        if not text.isdecimal():
            raise InputError(f"--start-scoring {text} 不是期号；文件里的日期是编号，应写成 160。")
        return dated(int(text), bucket)
    day = pd.to_datetime(text, format="ISO8601", errors="coerce")
    whole = "h" if bucket.code == "H" else "D"
    if pd.isna(day) or day.tzinfo is not None or day != day.floor(whole):
        raise InputError(f"--start-scoring {text} 不是日期；应写成 2026-01-31。")
    return day
