"""One pass over journal lines: each must be as it was written and fit the one before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from govdash.store import journal
from govdash.store.sealing import Mark, Seal

DID: Final = "audit.checkpoint"
PRUNED: Final = "audit.prune"
#: Lines that tell of a signed row elsewhere in the database, and what to call it.
TELLING: Final = {DID: "检查点", PRUNED: "清理锚点"}
Kept = Mapping[tuple[str, int], str]  # (action, number) → the hash that its row holds


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is not as it was written, and what is wrong with it."""

    line_id: int
    why: str

    def __str__(self) -> str:
        """Say it in one sentence."""
        return f"第 {self.line_id} 行：{self.why}"


@dataclass(frozen=True, slots=True)
class Start:
    """What is taken as proved when a pass begins: the journal up to a line."""

    lines: int = 0
    last_id: int = 0
    last_hash: str = journal.FIRST_HASH
    version: int = 1  # the oldest format that a line after it may have
    fault: "Broken | None" = None  # when what is taken as proved is not there any more


class Pass:
    """What has been seen of the journal so far.

    `kept` are the checkpoints and anchors of the database; None when they are not at hand.
    """

    def __init__(self, seal: Seal | None, kept: Kept | None, start: Start | None = None) -> None:
        start = start or Start()
        self.seal, self.kept = seal, kept
        self.n, self.last_id, self.last_hash = start.lines, start.last_id, start.last_hash
        self.version = start.version

    def take(self, line: dict[str, Any], marks: Sequence[Mark]) -> Broken | None:
        """Take the next line; say what is wrong with it."""
        why = self._wrong(line)
        if why is None:
            self.n, self.last_id, self.last_hash = self.n + 1, line["id"], line["hash"]
            self.version = line["hash_version"]
            for mark in marks:
                if (mark.lines, mark.last_hash) != (self.n, self.last_hash):
                    why = f"与 {moment(mark.at)} 的检查点不符（此前有行被改写、删除或插入）"
        return None if why is None else Broken(line["id"], why)

    def missing(self, marks: dict[int, list[Mark]]) -> Broken | None:
        """Tell the lines that a checkpoint knows and the journal no longer has."""
        beyond = [number for number in marks if number > self.last_id]
        if beyond:
            return Broken(
                self.last_id + 1,
                f"缺失（检查点记有第 {max(beyond)} 行，日志止于第 {self.last_id} 行）",
            )
        gone = [number for number in marks if number > 0]
        return Broken(min(gone), "缺失（检查点记有此行）") if gone else None

    def _wrong(self, line: dict[str, Any]) -> str | None:
        if "unreadable" in line:
            return "内容无法识别，已被改动"
        version = line["hash_version"]
        if version not in {1, journal.HASH_VERSION} or version < self.version:
            return "格式版本已被改动"
        if version != 1 and line["id"] != self.last_id + 1:
            before = f"之前缺行（上一行是第 {self.last_id} 行）"
            return before if self.n else "之前的行都已缺失"
        if line["prev_hash"] != self.last_hash:
            return "与上一行接不上（有行被删除、插入、调换或改写）"
        if version == 1 and any(
            (line["address"], line["via"], line["request_id"], line["before"], line["after"])
        ):
            return "旧格式的行多出了内容"
        if hash_of(line) != line["hash"]:
            return "内容与校验值不符，已被改动"
        if self.seal is not None:
            right = "" if version == 1 else self.seal.line(line["hash"])
            if line["seal"] != right:
                return "封签不对（不是用本平台的审计密钥写入的）"
        return self._told(line)

    def _told(self, line: dict[str, Any]) -> str | None:
        """Find a signed row that was taken out of the database: the journal knows of it."""
        did = line["did"]
        if self.kept is None or did not in TELLING or line["result"] != "done":
            return None
        told = line["detail"]
        if self.kept.get((did, told.get("number"))) != told.get("hash"):
            row = f"{TELLING[did]} {told.get('number')}"
            return f"这里记录的{row} 已不在数据库中，或已被改动"
        return None


def hash_of(line: dict[str, Any]) -> str:
    """Return the hash that a raw line should have; empty when it cannot be told."""
    try:
        return journal.hash_of(line)
    except TypeError:  # a value of a type that the column never holds
        return ""


def moment(at: datetime) -> str:
    """Write a time in UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
