"""GeoJSON (RFC 7946) for maps: WGS-84 points, null geometry for what has no place."""

import json
from collections.abc import Iterator
from typing import Any

from govdash.report.export_table import Export, Holds, Tally, column_of, time_texts


def chunks(export: Export, tally: Tally) -> Iterator[bytes]:
    """Yield the file piece by piece: one feature a line."""
    about = {
        "title": export.title,
        "as_of": export.as_of_text,
        "query": dict(export.words),
        "rows": export.rows,
    }
    yield b'{"type":"FeatureCollection","govdash":' + _json(about) + b',"features":['
    before = b"\n"
    for batch in export.batches():
        names = [column.code for column in export.columns]
        columns = [
            time_texts(column_of(batch, column), export.zone)
            if column.holds is Holds.TIME
            else column_of(batch, column).to_pylist()
            for column in export.columns
        ]
        lines: list[bytes] = []
        for values in zip(*columns, strict=True):
            lines += (before, _json(_feature(dict(zip(names, values, strict=True)))))
            before = b",\n"
        tally.rows += batch.num_rows
        yield b"".join(lines)
    yield b"\n]}\n"


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    lon, lat = row.get("lon"), row.get("lat")
    point = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": point, "properties": row}


def _json(value: object) -> bytes:
    text = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str
    )
    return text.encode()
