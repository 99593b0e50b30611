"""Files made to exhaust the reader are refused at once, in words."""

import io
import json
import struct
import time
import tomllib
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.core.errors import InputError
from govdash.core.settings import ROOT
from govdash.ingest import bounds
from govdash.ingest.bounds import JsonLimits, check_book
from govdash.ingest.opening import open_table

SHEET = "xl/worksheets/sheet1.xml"


def book(path: Path, sheet: bytes | None = None, **parts: bytes) -> Path:
    """Write a workbook of one row; `sheet` and other parts are put in place of its own."""
    made = io.BytesIO()
    pd.DataFrame({"source_id": ["a"], "title": ["b"]}).to_excel(made, index=False)
    changed = parts | ({SHEET: sheet} if sheet is not None else {})
    with (
        zipfile.ZipFile(made) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in dict.fromkeys([*old.namelist(), *changed]):
            new.writestr(name, changed[name] if name in changed else old.read(name))
    return path


def rows_of(path: Path) -> list[list[str]]:
    return [row for chunk in open_table(path).chunks for row in chunk.rows]


def test_a_plain_workbook_is_read(tmp_path: Path):
    assert rows_of(book(tmp_path / "a.xlsx")) == [["a", "b"]]


def test_a_workbook_that_grows_a_thousandfold_is_refused(tmp_path: Path):
    bomb = book(tmp_path / "bomb.xlsx", b" " * (200 << 20))
    assert bomb.stat().st_size < 1 << 20
    began = time.monotonic()
    with pytest.raises(InputError, match="解压后超过"):
        open_table(bomb)
    assert time.monotonic() - began < 10


def test_a_workbook_that_lies_about_its_size_is_refused_as_well(tmp_path: Path):
    bomb = book(tmp_path / "bomb.xlsx", b" " * (100 << 20))
    told = bomb.read_bytes()
    small = told.replace(struct.pack("<L", 100 << 20), struct.pack("<L", 100))
    assert small != told
    bomb.write_bytes(small)
    with pytest.raises(InputError, match="解压后超过"):
        check_book(bomb)


def test_a_workbook_of_very_many_parts_is_refused(tmp_path: Path):
    many = book(tmp_path / "many.xlsx", **{f"xl/p{n}.xml": b"" for n in range(bounds.ENTRIES)})
    with pytest.raises(InputError, match="个部分"):
        open_table(many)


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
    ids=["a file", "laughs"],
)
def test_an_entity_in_a_workbook_is_not_followed(tmp_path: Path, declared: str):
    cell = '<c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c>'
    row = '<row r="{0}">{1}</row>'
    body = row.format(1, cell.format(1, "source_id")) + row.format(2, cell.format(2, "x&e;"))
    sheet = (
        f'<?xml version="1.0"?>{declared}<worksheet xmlns="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'
    )
    try:
        told = str(rows_of(book(tmp_path / "xxe.xlsx", sheet.encode())))
    except InputError as error:
        told = str(error)
    assert "root:" not in told
    assert "haha" not in told


@pytest.mark.parametrize(
    "start",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xef\xbb\xbf  <!DOCTYPE html><html></html>",
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"MZ\x90\x00\x03" + bytes(200),
        b"%PDF-1.7\n%\xe2\xe3",
        b"GIF89a\x01\x00\x01\x00" + bytes(50),
    ],
    ids=["svg", "html", "elf", "exe", "pdf", "gif"],
)
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "parquet"])
def test_what_is_no_table_is_refused_whatever_it_is_called(
    tmp_path: Path, start: bytes, suffix: str
):
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(start)
    with pytest.raises(InputError):
        open_table(file)


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["arrays", "objects"])
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_json_nested_a_hundred_thousand_deep_is_refused_in_words(
    tmp_path: Path, opening: str, suffix: str
):
    file = tmp_path / f"deep.{suffix}"
    file.write_text('[{"source_id":"a","x":' + opening * 100_000, encoding="utf-8")
    try:
        table = open_table(file)
        told = [broken.reason for chunk in table.chunks for broken in chunk.broken]
    except InputError as error:
        told = [error.code]
    assert told in (["bad_json"], ["bad_input"])


def seen(text: bytes, size: int) -> bool:
    """Say whether the limits let a text pass, handed over in pieces of a size."""
    limits = JsonLimits("a.json")
    try:
        for at in range(0, len(text), size):
            limits.look_at(text[at : at + size])
    except InputError:
        return False
    return True


VALUES = st.recursive(
    st.one_of(st.text(), st.integers(), st.none()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(value=VALUES, size=st.integers(1, 9), plain=st.booleans())
def test_real_json_passes_however_it_is_cut(value: object, size: int, plain: bool):
    assert seen(json.dumps(value, ensure_ascii=plain).encode(), size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 16])
def test_a_text_that_hides_its_brackets_and_quotes_is_no_nesting(size: int):
    assert seen(json.dumps(['\\"[[[[' * 100, "{" * 100]).encode(), size)
    assert seen(json.dumps([["\\"], ["\\\\"], ['"']]).encode(), size)
    assert not seen(b"[" * 65, size)
    assert seen(b"[" * 64 + b"]" * 64, size)


def test_a_text_is_measured_across_pieces():
    text = json.dumps(["a" * (bounds.TEXT + 1)]).encode()
    assert not seen(text, 65536)
    assert seen(json.dumps(["a" * bounds.TEXT] * 3).encode(), 65536)


def test_an_upload_is_smaller_than_what_may_be_unpacked_and_every_place_says_the_same():
    """An upload lies in memory; a workbook of that size may still unpack to what is allowed."""
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    most = told["server"]["maxUploadSize"]
    assert most << 20 < min(bounds.UNPACKED, 2 << 30)
    assert f"每个文件不超过 {most} MB" in (ROOT / "govdash/web/work.css").read_text("utf-8")
    assert f"| 网页上传 | {most} MB" in (ROOT / "docs/security.md").read_text("utf-8")
