"""JSON arrays, JSON lines and GeoJSON, read piece by piece."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import ijson
from shapely import GEOSException
from shapely.geometry import shape

from govdash.core.errors import InputError
from govdash.ingest.bounds import JsonLimits
from govdash.ingest.encoding import LOST, Scan, open_text
from govdash.ingest.tables import CHUNK_ROWS, Broken, Chunk, Table, value_text

FEATURES: Final = "features.item"
LINES: Final = ""  # no prefix: one document a line
RAW_COLUMN: Final = "原文"
RAW_CHARS: Final = 2000  # of a line that cannot be read
_CUT: Final = "premature EOF"  # what the reader says of a file that ends too early
LINE_LIMIT: Final = 1 << 24


class _Recoded:
    """A text of another encoding as UTF-8 bytes, which is what the JSON reader takes."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.text, self.raw = open_text(path, encoding)
        self._limits = JsonLimits(path.name)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; the JSON reader asks for none at first, to see the type."""
        if size == 0:
            return b""
        piece = self.text.read(size if size < 0 else max(1, size // 4)).encode()
        self._limits.look_at(piece)
        return piece


def open_document(path: Path, scanned: Scan) -> Table:
    """Open JSON: an array of objects (at the top or inside an object), lines, or GeoJSON.

    Raises
    ------
    InputError
        When it is no JSON or holds no objects.
    """
    prefix = _prefix(path, scanned)
    items = _lines(path, scanned) if prefix == LINES else _items(path, scanned, prefix)
    chunks = _chunks(items)
    first = next(chunks, None)
    if first is None:
        raise InputError(f"{path.name} 中没有数据行。")
    kind = "geojson" if prefix == FEATURES else "json"
    return Table(path, kind, tuple(first.columns), _again(first, chunks), scanned.sha256)


def _prefix(path: Path, scanned: Scan) -> str:
    """Say where the objects are: in an array, or one a line."""
    stream, _ = open_text(path, scanned.encoding)
    with stream:
        lines = [line for _ in range(3) if (line := stream.readline(LINE_LIMIT)).strip()]
    start = "".join(lines).lstrip("\ufeff \t\r\n")
    if not start:
        raise InputError(f"{path.name} 是空文件，没有可导入的行。")
    if start.startswith("["):
        return "item"
    one_a_line = len(lines) > 1 and _is_object(lines[0])
    if one_a_line or path.suffix.lower() in {".jsonl", ".ndjson"}:
        return LINES
    source = _Recoded(path, scanned.encoding)
    with source.text:
        before = ""
        try:
            for prefix, event, _ in ijson.parse(source, use_float=True):
                if event == "start_map" and before == "start_array":
                    return prefix
                before = event
        except ijson.JSONError:
            raise InputError(f"{path.name} 不是有效的 JSON；请检查文件是否完整。") from None
    if _is_object(start):
        return LINES
    raise InputError(f"{path.name} 中没有对象数组；应为 [{{…}}, {{…}}] 或每行一个对象。")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text.lstrip("\ufeff")), dict)
    except (ValueError, RecursionError):
        return False


def _items(
    path: Path, scanned: Scan, prefix: str
) -> Iterator[tuple[Mapping[str, str] | Broken, float]]:
    source = _Recoded(path, scanned.encoding)
    number = 0
    with source.text:
        found = ijson.items(source, prefix, use_float=True)
        while True:
            number += 1
            try:
                item = next(found)
            except StopIteration:
                return
            except ijson.JSONError as error:
                if _CUT in str(error):
                    yield Broken(number, "truncated_row", {RAW_COLUMN: ""}), 1.0
                    return
                raise InputError(
                    f"{path.name} 第 {number} 条之后不是有效的 JSON；之前的 {number - 1} 条已处理，"
                    "请修正后把同一文件再导入一次。"
                ) from None
            yield _row(item, number, value_text(item)), _fraction(source.raw, scanned)


def _lines(path: Path, scanned: Scan) -> Iterator[tuple[Mapping[str, str] | Broken, float]]:
    stream, raw = open_text(path, scanned.encoding)
    number = 0
    with stream:
        while line := stream.readline(LINE_LIMIT):
            text = line.strip("\ufeff \t\r\n")
            if not text:
                continue
            number += 1
            try:
                row = _row(json.loads(text), number, text)
            except (ValueError, RecursionError):
                cut = not line.endswith("\n") and not stream.readline(1)
                reason = "truncated_row" if cut else "bad_json"
                yield Broken(number, reason, {RAW_COLUMN: text[:RAW_CHARS]}), 1.0
                continue
            yield row, _fraction(raw, scanned)


def _row(item: object, number: int, text: str) -> Mapping[str, str] | Broken:
    if not isinstance(item, dict):
        return Broken(number, "bad_json", {RAW_COLUMN: text[:RAW_CHARS]})
    record: dict[str, Any] = item
    flat = _feature(record) if record.get("type") == "Feature" else _flat(record)
    if any(LOST in value for value in flat.values()):
        return Broken(number, "bad_encoding", flat)
    return flat


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Write nested objects as dotted names."""
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value_text(value)
    return flat


def _feature(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the properties of a feature, with a point inside its shape as ``geometry.lon/lat``."""
    flat = _flat(record.get("properties") or {})
    if "id" in record:
        flat.setdefault("id", value_text(record["id"]))
    geometry = record.get("geometry")
    lon = lat = ""
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        place: list[object] = [*(geometry.get("coordinates") or []), "", ""]
        lon, lat = value_text(place[0]), value_text(place[1])
    elif isinstance(geometry, dict):
        try:
            inside = shape(geometry).representative_point()
        except (GEOSException, ValueError, TypeError, KeyError, AttributeError, IndexError):
            lon = lat = "?"  # a shape that cannot be read is a bad coordinate, not a missing one
        else:
            if not inside.is_empty:
                lon, lat = value_text(inside.x), value_text(inside.y)
    return flat | {"geometry.lon": lon, "geometry.lat": lat}


def _chunks(items: Iterator[tuple[Mapping[str, str] | Broken, float]]) -> Iterator[Chunk]:
    rows: list[Mapping[str, str]] = []
    numbers: list[int] = []
    broken: list[Broken] = []

    def chunk(fraction: float) -> Chunk:
        columns = tuple(dict.fromkeys(name for row in rows for name in row))
        texts = [[row.get(name, "") for name in columns] for row in rows]
        return Chunk(columns, [*texts], [*numbers], [*broken], fraction=fraction)

    for number, (item, fraction) in enumerate(items, start=1):
        if isinstance(item, Broken):
            broken.append(item)
        else:
            rows.append(item)
            numbers.append(number)
        if len(rows) + len(broken) >= CHUNK_ROWS:
            yield chunk(fraction)
            rows.clear()
            numbers.clear()
            broken.clear()
    if rows or broken:
        yield chunk(1.0)


def _again(first: Chunk, rest: Iterator[Chunk]) -> Iterator[Chunk]:
    yield first
    yield from rest


def _fraction(raw: BinaryIO, scanned: Scan) -> float:
    return min(1.0, raw.tell() / max(1, scanned.size))
