"""`govdash detect`: score counts from a file, without a database; ticks and replays beside it."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from govdash.cli import detect_jobs, scan
from govdash.core.errors import InputError
from govdash.detect.registry import make_detector
from govdash.detect.series import RowScores, read_rows, score_rows

app = typer.Typer(no_args_is_help=True, help="检测：给每日计数评分，找出异常。")
app.command(help="评分一次：按规则写监测提示。有新提示时退出码为 1。")(detect_jobs.run)
app.command(help="回放历史，对照标注：检出率、延迟、每周误报。")(detect_jobs.backtest)
app.command(help=scan.HELP)(scan.scan)

OUT_COLUMNS = ["series", "date", "observed", "expected", "upper", "p_value", "score", "alarm"]

Counts = Annotated[Path | None, typer.Option("--counts", help="计数 CSV：series,date,count。")]
Out = Annotated[Path | None, typer.Option("--out", help=f"输出 CSV：{','.join(OUT_COLUMNS)}。")]
Method = Annotated[str, typer.Option("--method", help="native 或 rolling-z。")]
Alpha = Annotated[
    str, typer.Option("--alpha", help="单侧误报率：p_value ≤ alpha（即 observed > upper）为报警。")
]
Freq = Annotated[str, typer.Option("--freq", help="计数的间隔；目前为 D（每日）。")]
Start = Annotated[
    str, typer.Option("--start-scoring", help="从这一天起评分，如 2026-01-01；不给则从历史够长起。")
]
Refit = Annotated[int, typer.Option("--refit-days", help="每隔几天重新学习一次基线。")]
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


@app.command(
    help="给每日计数逐日评分：每一天只用它之前的数据。有报警或有序列不能评分时退出码为 1。"
)
def score(
    *,
    counts: Counts = None,
    out: Out = None,
    method: Method = "native",
    alpha: Alpha = "0.01",
    freq: Freq = "D",
    start_scoring: Start = "",
    refit_days: Refit = 7,
    as_json: AsJson = False,
) -> None:
    """Score counts of a file, each day from its past alone."""
    if counts is None or out is None:
        raise InputError("请给出 --counts 计数文件和 --out 输出文件。")
    if freq != "D":
        raise InputError(f"--freq {freq} 不受支持；目前可用：D（每日）。")
    if refit_days < 1:
        raise InputError(f"--refit-days {refit_days} 应为不小于 1 的整数。")
    level = _alpha(alpha)
    start = _day(start_scoring)
    rows = read_rows(_read(counts))
    # the upper end of a central interval of 1 - 2 alpha is the one-sided limit for alpha
    done = score_rows(
        rows,
        make=lambda: make_detector(method, coverage=1.0 - 2.0 * level),
        start=start,
        refit_days=refit_days,
    )
    table = done.scores.assign(p_value=done.scores["p_high"])
    table["alarm"] = (table["p_value"] <= level).astype(int)
    _write(table[OUT_COLUMNS], out)
    told = {
        "method": method,
        "alpha": level,
        "series": int(table["series"].nunique()),
        "days": len(table),
        "alarms": int(table["alarm"].sum()),
        "filled_zero_days": done.filled,
        "skipped": done.skipped,
        "simplified_days": int((done.scores["note"] != "").sum()),
        "out": str(out),
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(told, done)
    if told["alarms"] or done.skipped:
        raise typer.Exit(1)


def _tell(told: dict[str, object], done: RowScores) -> None:
    typer.echo(
        f"已评分 {told['series']} 个序列、{told['days']} 个序列日，"
        f"报警 {told['alarms']} 个 → {told['out']}"
    )
    if done.filled:
        typer.echo(f"有 {done.filled} 天没有行，按 0 件补齐。", err=True)
    if told["simplified_days"]:
        notes = sorted(set(done.scores["note"]) - {""})
        typer.echo(f"{told['simplified_days']} 个序列日用了简化模型：{' '.join(notes)}", err=True)
    for key, why in done.skipped.items():
        typer.echo(f"序列“{key}”未评分：{why}。", err=True)


def _alpha(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 < value < 0.5:
        raise InputError(f"--alpha {text} 应为大于 0、小于 0.5 的数，例如 0.01。")
    return value


def _day(text: str) -> pd.Timestamp | None:
    if not text:
        return None
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if pd.isna(day):
        raise InputError(f"--start-scoring {text} 不是日期；应写成 2026-01-31。")
    return day


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"找不到文件 {path}；请检查路径。") from None
    except OSError as error:
        raise InputError(f"打不开 {path}；请检查它是不是文件、能不能读。") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} 不是 UTF-8 编码；请另存为 UTF-8 的 CSV。") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path} 是空文件。") from None
    except pd.errors.ParserError as error:
        raise InputError(f"{path} 不是可读的 CSV：各行的列数不一致。") from error


def _write(table: pd.DataFrame, path: Path) -> None:
    try:
        table.to_csv(path, index=False, date_format="%Y-%m-%d")
    except OSError as error:
        raise InputError(f"写不了 {path}；请检查目录是否存在、能不能写。") from error
