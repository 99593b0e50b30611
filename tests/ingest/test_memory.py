"""However long a file is, an import holds one chunk of it."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

STREAM = """
import resource, sys
from datetime import datetime, UTC
from pathlib import Path
from govdash.core.settings import Settings
from govdash.ingest import load_profile
from govdash.ingest.fields import read_fields
from govdash.ingest.opening import open_table
from govdash.ingest.accepting import prepare
from govdash.ingest.completing import Completing
from govdash.ingest.placing import Places
import geopandas as gpd, pandas as pd
settings = Settings.from_environment()
profile = load_profile(settings.data, "workorder_cn")
empty = gpd.GeoDataFrame({"path": [], "code": [], "name": []}, geometry=[], crs="EPSG:4326")
units = pd.DataFrame({"code": [], "name": []})
completing = Completing.of(settings, Places.of(empty), units, source="s")
table, rows, peaks = open_table(Path(sys.argv[1]), profile), 0, []
for chunk in table.chunks:
    frame, findings = read_fields(chunk, profile, settings.zone)
    prepared = prepare(frame, findings, completing, at=datetime(2026, 6, 10, tzinfo=UTC))
    rows += len(prepared.frame)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print(rows, peaks[min(4, len(peaks) - 1)], peaks[-1])
"""


def generate(path: Path, rows: int) -> None:
    with path.open("w", encoding="gb18030") as file:
        file.write("工单编号,来电时间,诉求标题,诉求内容,联系电话,诉求类别\n")
        text = "市民反映某路附近有垃圾堆放无人清理，请尽快处理。"
        for n in range(rows):
            file.write(
                f"GD{n:09d},2026-0{n % 5 + 1}-01 08:00:00,垃圾,{text}{n},139{n:08d},暴露垃圾\n"
            )


def peaks(path: Path, tmp_path: Path) -> tuple[int, int, int]:
    env = {"GOVDASH_VAR": str(tmp_path), "GOVDASH_CONTACT_KEY": "k", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", STREAM, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    rows, early, late = map(int, done.stdout.split())
    return rows, early, late


def test_two_hundred_thousand_rows_take_no_more_memory_than_fifty_thousand(tmp_path: Path):
    path = tmp_path / "long.csv"
    generate(path, 200_000)
    rows, early, late = peaks(path, tmp_path)
    assert rows == 200_000
    assert late - early < 60  # MB; all rows at once would be some 300


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_gigabytes_pass_through_in_constant_memory(tmp_path: Path):
    path = tmp_path / "huge.csv"
    generate(path, 9_000_000)
    assert path.stat().st_size > 1.8e9
    rows, early, late = peaks(path, tmp_path)
    assert rows == 9_000_000
    assert late - early < 150
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1.2e6  # kB
