"""`govdash detect scan`: a space-time scan of a table of cases, without a database."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from govdash.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

#: Seconds between two lines of progress.
_PAUSE = 2.0

HELP = "时空扫描：哪些地点、哪段时间的事件异乎寻常地多。每个聚集一行，按统计量从大到小。"

Overlap = Literal["none", "time"]
Rates = Literal["high", "low", "both"]
Unit = Literal["day", "week", "month", "year"]

Cases = Annotated[
    Path | None,
    typer.Option("--cases", help="病例（事件）CSV：location,date,count[,协变量…]。"),
]
Geo = Annotated[
    Path | None, typer.Option("--geo", help="地点 CSV：location,lon,lat 或 location,x,y。")
]
Population = Annotated[
    Path | None,
    typer.Option("--population", help="人口 CSV：location,year（或 date）,population[,协变量…]。"),
]
Out = Annotated[Path | None, typer.Option("--out", help="输出 CSV。")]
ModelOption = Annotated[str, typer.Option("--model", help="eb-poisson、poisson 或 permutation。")]
Prospective = Annotated[
    bool, typer.Option("--prospective", help="只看延续到最后一个时段的窗口；不给则看所有窗口。")
]
Spatial = Annotated[bool, typer.Option("--spatial", help="只看空间：窗口是整个研究期。")]
Fraction = Annotated[
    float, typer.Option("--max-fraction", help="一个区域最多占（校正后）预期件数的多少。")
]
Replicates = Annotated[int, typer.Option("--replicates", help="蒙特卡洛模拟次数。")]
Seed = Annotated[int, typer.Option("--seed", help="随机种子；相同的种子得到相同的结果。")]
Duration = Annotated[
    int,
    typer.Option(
        "--max-duration",
        help="窗口最长几个时段；0 为自动：研究期的一半，eb-poisson 不超过 14 天、8 周或 6 个月。",
    ),
]
TimeUnitOption = Annotated[
    str, typer.Option("--time-unit", help="时段：day、week、month、year；不给则与日期一样细。")
]
Start = Annotated[str, typer.Option("--start", help="研究期首日；不给则为最早的日期。")]
End = Annotated[str, typer.Option("--end", help="研究期末日；不给则为最晚的日期。")]
Nearest = Annotated[
    int, typer.Option("--nearest", help="一个区域最多几个地点（k 近邻）；0 为不限。")
]
RatesOption = Annotated[str, typer.Option("--rates", help="high 偏高、low 偏低或 both。")]
OverlapOption = Annotated[
    str,
    typer.Option("--overlap", help="次要聚集：none 不含已报告的地点；time 时段不相接即可重叠。"),
]
MinCases = Annotated[int, typer.Option("--min-cases", help="偏高的聚集至少几件。")]
MaxClusters = Annotated[int, typer.Option("--max-clusters", help="最多报告几个聚集。")]
Covariates = Annotated[
    str,
    typer.Option(
        "--covariates", help="协变量列，用逗号分开；none 为不要；不给则为（两表共有的）其余各列。"
    ),
]
Sequential = Annotated[
    bool, typer.Option("--sequential", help="有 10 次模拟达到即停：平常的数据快十几倍。")
]
Dispersion = Annotated[
    float,
    typer.Option(
        "--dispersion",
        help="模拟的方差与均值之比，≥ 1，只用于 eb-poisson；"
        "0 为自动：从历史推预期时一并估计，否则为 1。",
    ),
]
Gumbel = Annotated[
    bool, typer.Option("--gumbel", help="输出中加一列 gumbel_p_value（Gumbel 近似）。")
]
Threads = Annotated[int, typer.Option("--threads", help="线程数；0 为全部处理器。")]
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


def scan(
    *,
    cases: Cases = None,
    geo: Geo = None,
    population: Population = None,
    out: Out = None,
    model: ModelOption = "eb-poisson",
    prospective: Prospective = False,
    spatial: Spatial = False,
    max_fraction: Fraction = 0.5,
    replicates: Replicates = 999,
    seed: Seed = 0,
    max_duration: Duration = 0,
    time_unit: TimeUnitOption = "",
    start: Start = "",
    end: End = "",
    nearest: Nearest = 0,
    rates: RatesOption = "high",
    overlap: OverlapOption = "none",
    min_cases: MinCases = 2,
    max_clusters: MaxClusters = 10,
    covariates: Covariates = "",
    sequential: Sequential = False,
    dispersion: Dispersion = 0.0,
    gumbel: Gumbel = False,
    threads: Threads = 0,
    as_json: AsJson = False,
) -> None:
    """Scan the cases of a file for clusters in space and time."""
    from govdash.cli import csv_file
    from govdash.detect.scan.models import ModelName, ScanPlan
    from govdash.detect.scan.montecarlo import MonteCarlo
    from govdash.detect.scan.study import read_places, read_study
    from govdash.detect.scan.table import CLUSTER_COLUMNS, scan_table

    if cases is None or geo is None or out is None:
        raise InputError("请给出 --cases 病例文件、--geo 地点文件和 --out 输出文件。")
    if prospective and spatial:
        raise InputError("--prospective 与 --spatial 只能给一个。")
    if not out.parent.is_dir():
        raise InputError(f"输出目录 {out.parent} 不存在；请先建立。")
    side = _one_of(rates, "--rates", get_args(Rates))
    apart = _one_of(overlap, "--overlap", get_args(Overlap))
    plan = ScanPlan(
        model=_one_of(model, "--model", get_args(ModelName)),
        windows="spatial" if spatial else "prospective" if prospective else "retrospective",
        max_fraction=max_fraction,
        longest=_positive(max_duration, "--max-duration"),
        min_cases=min_cases,
        rates=side,
        secondary="centre-time" if apart == "time" else "centre",
        max_clusters=max_clusters,
        dispersion=dispersion,
    )
    monte_carlo = MonteCarlo(
        replicates=replicates,
        stopping="sequential" if sequential else "full",
        seed=seed,
        threads=_positive(threads, "--threads") or os.cpu_count() or 1,
    )
    places = read_places(csv_file.read(geo), file=geo.name)
    study = read_study(
        csv_file.read(cases),
        places,
        None if population is None else csv_file.read(population),
        files=(cases.name, "" if population is None else population.name),
        unit=_one_of(time_unit, "--time-unit", get_args(Unit)) if time_unit else None,
        covariates=_names(covariates),
        span=(_day(start, "--start"), _day(end, "--end")),
    )
    if places.note:
        typer.echo(places.note, err=True)
    table, found = scan_table(
        study,
        plan,
        monte_carlo,
        nearest=_positive(nearest, "--nearest"),
        told=_progress(replicates),
    )
    shown = [*CLUSTER_COLUMNS, "gumbel_p_value"] if gumbel else list(CLUSTER_COLUMNS)
    csv_file.write(table[shown], out)
    told = {
        "model": model,
        "windows": plan.windows,
        "time_unit": study.unit,
        "buckets": len(study.edges) - 1,
        "locations": len(places.names),
        "cases": int(study.strata.sum()),
        "covariates": list(study.covariates),
        "clusters": len(table),
        "replicates": len(found.maxima),
        "out": str(out),
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    layers = f"，按 {'、'.join(study.covariates)} 分层" if study.covariates else ""
    typer.echo(
        f"{told['locations']} 个地点、{told['buckets']} 个时段、{told['cases']} 件{layers}，"
        f"聚集 {told['clusters']} 个 → {out}"
    )


def _progress(replicates: int) -> Callable[[int], None]:
    """Return what tells on standard error how far a long run is."""
    began = last = time.monotonic()

    def told(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PAUSE and done < replicates:
            last = now
            left = (now - began) / done * (replicates - done)
            typer.echo(f"已模拟 {done}/{replicates} 次，约还需 {left:.0f} 秒", err=True)

    return told


def _one_of(text: str, option: str, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 - a literal
    if text not in allowed:
        raise InputError(f"{option} {text} 不受支持；可用：{'、'.join(allowed)}。")
    return text


def _positive(number: int, option: str) -> int | None:
    """Return the number, or None for 0, which stands for automatic."""
    if number < 0:
        raise InputError(f"{option} {number} 不能是负数；自动请用 0。")
    return number or None


def _names(text: str) -> tuple[str, ...] | None:
    if not text.strip():
        return None
    if text.strip() == "none":
        return ()
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _day(text: str, option: str) -> "pd.Timestamp | None":
    import pandas as pd

    if not text:
        return None
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if pd.isna(day):
        raise InputError(f"{option} {text} 不是日期；应写成 2026-01-31。")
    return day
