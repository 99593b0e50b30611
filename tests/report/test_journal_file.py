"""A file of journal lines proves itself: what was changed in it is named."""

import json
import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from govdash.core.errors import InputError
from govdash.core.origin import Origin
from govdash.core.vocab import Result
from govdash.report import journal_file
from govdash.report.journal_file import FileFormat
from govdash.store import Store, journal
from govdash.store.sealing import Seal
from tests.conftest import NOW
from tests.web import hostile

N = 30


@pytest.fixture
def written(store: Store) -> Store:
    """A journal whose texts are as bad as a source can make them."""
    texts = [text.replace("\x00", "") for text in hostile.TEXTS if len(text) < 1000]
    for n in range(N):
        said = texts[n % len(texts)]
        with store.write(origin=Origin("10.0.0.1", f"request-{n:04}", "page")) as session:
            journal.record(
                session,
                actor=f"user{n % 3}",
                did="case.close",
                subject=f"case:{n}",
                at=NOW + timedelta(minutes=n, microseconds=n),
                detail={"number": n, "share": 0.1 + n, "nested": [said, None, True]},
                before=None if n % 4 else {"state": said},
                after={"state": "closed"},
                note=said,
                result=Result.REFUSED if n % 7 == 0 else Result.DONE,
            )
    return store


def made(store: Store, path: Path, *, since=None, until=None) -> journal_file.Manifest:
    assert store.seal
    with store.read() as session:
        ids = journal_file.span(session, since=since, until=until)
        chosen = journal_file.format_of(path)
        file = journal_file.write(session, path, ids, chosen=chosen, seal=store.seal, at=NOW)
        with file.kept():
            pass
    return file.manifest


def fault(store: Store, path: Path) -> str:
    assert store.seal
    found = journal_file.verify(path, key=store.seal.public, seal=store.seal)[1]
    return str(found or "")


@pytest.mark.parametrize("suffix", FileFormat)
def test_a_file_of_all_lines_or_of_some_is_whole(written: Store, tmp_path: Path, suffix: str):
    told = made(written, tmp_path / f"all.{suffix}")
    assert (told.lines, told.first_id, told.last_id) == (N, 1, N)
    assert fault(written, tmp_path / f"all.{suffix}") == ""
    since, until = NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)
    told = made(written, tmp_path / f"some.{suffix}", since=since, until=until)
    assert (told.lines, told.first_id, told.last_id) == (10, 11, 20)
    assert fault(written, tmp_path / f"some.{suffix}") == ""


@pytest.mark.parametrize("suffix", FileFormat)
def test_what_is_changed_in_a_file_is_found(written: Store, tmp_path: Path, suffix: str):
    """A byte, a line gone, two lines swapped, the end gone, a line twice."""
    path = tmp_path / f"a.{suffix}"
    made(written, path)
    whole, dice, missed = path.read_bytes(), random.Random(7), []
    separator = b"\r\n" if suffix == "csv" else b"\n"
    for n in range(60):
        lines = whole.split(separator)
        at, other = dice.sample(range(1, len(lines) - 2), 2)
        kind = ("byte", "gone", "swap", "end", "twice")[n % 5]
        if kind == "byte":
            place = dice.randrange(len(whole))
            changed = bytearray(whole)
            changed[place] ^= 1 << dice.randrange(8)
            path.write_bytes(bytes(changed))
        else:
            if kind == "gone":
                del lines[at]
            elif kind == "swap":
                lines[at], lines[other] = lines[other], lines[at]
            elif kind == "end":
                del lines[at:-1]
            else:
                lines.insert(at, lines[at])
            path.write_bytes(separator.join(lines))
        if path.read_bytes() != whole and not fault(written, path):
            missed.append((n, kind))
    assert missed == []


def test_a_changed_line_is_named(written: Store, tmp_path: Path):
    path = tmp_path / "a.jsonl"
    made(written, path)
    lines = path.read_text("utf-8").splitlines()
    lines[6] = json.dumps(json.loads(lines[6]) | {"actor": "mallory"})
    path.write_text("\n".join(lines) + "\n", "utf-8")
    assert fault(written, path).startswith("第 7 行")


def test_a_manifest_of_another_key_or_a_changed_one_is_not_trusted(written: Store, tmp_path: Path):
    path = tmp_path / "a.jsonl"
    made(written, path)
    other = Seal(b"x" * 32)
    assert "签名不对" in str(journal_file.verify(path, key=other.public)[1])
    beside = path.with_name(path.name + journal_file.SUFFIX)
    beside.write_text(beside.read_text("utf-8").replace(f'"lines": {N}', f'"lines": {N - 1}'))
    assert "签名不对" in fault(written, path)
    beside.unlink()
    with pytest.raises(InputError, match="清单"):
        fault(written, path)


def test_days_without_lines_and_a_file_that_is_there_are_told(written: Store, tmp_path: Path):
    with pytest.raises(InputError, match="没有日志"):
        made(written, tmp_path / "b.csv", since=NOW + timedelta(days=3))
    (tmp_path / "c.csv").write_text("x")
    with pytest.raises(InputError, match="已存在"):
        made(written, tmp_path / "c.csv")
    with pytest.raises(InputError, match="后缀"):
        made(written, tmp_path / "c.txt")


def test_a_file_whose_journal_line_could_not_be_written_does_not_appear(
    written: Store, tmp_path: Path
):
    path = tmp_path / "a.csv"
    assert written.seal
    with written.read() as session:
        file = journal_file.write(
            session, path, (1, N), chosen=FileFormat.CSV, seal=written.seal, at=NOW
        )
    with suppress(RuntimeError), file.kept():
        raise RuntimeError
    assert list(tmp_path.glob("*a.csv*")) == []
