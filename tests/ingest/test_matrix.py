"""One table in every form that a file may have gives the same events, in both databases."""

import itertools
import json
from pathlib import Path

import pandas as pd
import pytest

from govdash.core.settings import Settings
from govdash.store import Store
from govdash.store.changes import month_checksums
from tests.ingest.conftest import row, taker

ROWS = 12_000  # more than a chunk, so that each form is cut somewhere
TEXTS = {
    "plain": "路边有垃圾",
    "quoted": '他说"这里，堵了"',
    "lines": "第一行\n第二行",
    "rare": "㙟镇𠮷巷口",  # outside GB2312, one outside the first plane
    "tab": "前\t后；a,b|c",
}
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
DELIMITERS = (",", "\t", ";", "|")
FORMS = [
    *(f"{encoding} {mark!r}" for encoding, mark in itertools.product(ENCODINGS, DELIMITERS)),
    "xlsx",
    "json",
    "geojson",
    "parquet",
]


def table() -> pd.DataFrame:
    told = list(TEXTS.values())
    moments = pd.date_range("2026-01-01 00:00:07", periods=ROWS, freq="19min")
    return pd.DataFrame(
        [
            row(
                n,
                上报时间=f"{moment:%Y-%m-%d %H:%M:%S}",
                办结时间=f"{moment + pd.Timedelta(hours=5):%Y-%m-%d %H:%M:%S}" if n % 3 else "",
                内容=told[n % len(told)],
                经度=f"{121 + n / 20_000:.6f}",
                电话="13800138000" if n % 7 == 0 else "",
            )
            for n, moment in enumerate(moments)
        ]
    )


def write(rows: pd.DataFrame, form: str, folder: Path) -> Path:
    if form == "xlsx":
        rows.to_excel(path := folder / "t.xlsx", index=False, engine="xlsxwriter")
    elif form == "parquet":
        rows.to_parquet(path := folder / "t.parquet", index=False)
    elif form == "json":
        path = folder / "t.json"
        path.write_text(rows.to_json(orient="records", force_ascii=False), encoding="utf-8")
    elif form == "geojson":
        path = folder / "t.geojson"
        features = [
            {
                "type": "Feature",
                "properties": told,
                "geometry": {
                    "type": "Point",
                    "coordinates": [float(told["经度"]), float(told["纬度"])],
                },
            }
            for told in rows.to_dict("records")
        ]
        whole = {"type": "FeatureCollection", "features": features}
        path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    else:
        encoding, delimiter = form.split(" ", 1)
        path = folder / "t.csv"
        text = rows.to_csv(index=False, sep=delimiter.strip("'").replace("\\t", "\t"))
        path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_form_of_a_table_gives_the_same_events(
    ready: Store, settings: Settings, tmp_path: Path
):
    take = taker(ready, settings, tmp_path)
    rows = table()
    first = take(write(rows, FORMS[0], tmp_path))
    assert (first.read, first.accepted, first.rejected) == (ROWS, ROWS, 0)
    with ready.read() as session:
        sums = month_checksums(session, up_to=ROWS)
    for form in FORMS[1:]:
        told = take(write(rows, form, tmp_path))
        assert (told.read, told.duplicate) == (ROWS, ROWS), f"{form}: {told.reasons}"
    with ready.read() as session:
        pd.testing.assert_frame_equal(month_checksums(session, up_to=ROWS), sums)
