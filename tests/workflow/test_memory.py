"""What ticks remember: whole or not there."""

from pathlib import Path

from govdash.workflow.memory import Memory, key_of


def test_what_was_kept_is_there_for_its_key_and_for_no_other(tmp_path: Path):
    memory = Memory(tmp_path / "detect")
    memory.keep("counts/a", key_of([1]), b"content")
    assert memory.recall("counts/a", key_of([1])) == b"content"
    assert memory.recall("counts/a", key_of([2])) is None
    assert memory.recall("counts/b", key_of([1])) is None
    assert [path.name for path in (tmp_path / "detect/counts").iterdir()] == ["a"]


def test_a_damaged_or_cut_file_is_not_there_at_any_byte(tmp_path: Path):
    memory, key = Memory(tmp_path), key_of("x")
    memory.keep("a", key, b"content")
    whole = (tmp_path / "a").read_bytes()
    for n in range(len(whole)):
        (tmp_path / "a").write_bytes(whole[:n])
        assert memory.recall("a", key) is None
        (tmp_path / "a").write_bytes(whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :])
        assert memory.recall("a", key) is None


def test_a_disk_that_takes_nothing_stops_no_tick(tmp_path: Path):
    (tmp_path / "detect").write_text("a file where the folder should be")
    memory = Memory(tmp_path / "detect")
    memory.keep("counts/a", key_of(1), b"content")
    assert memory.recall("counts/a", key_of(1)) is None
