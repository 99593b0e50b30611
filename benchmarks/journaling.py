"""How long a journal of a million lines takes to search, to prove and to prove further.

``python benchmarks/journaling.py [LINES]`` makes a sealed journal in a temporary SQLite file.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from govdash.core.vocab import Result
from govdash.report import checkpoints
from govdash.store import Store, chain, journal, journal_search
from govdash.store.journal_search import Search
from govdash.store.models import JournalHead, JournalLine
from govdash.store.sealing import Mark, Seal

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
BATCH = 20_000


def fill(store: Store, seal: Seal, n: int) -> None:
    """Write `n` sealed lines that fit one another, and the head that signs the last."""
    before, rows = journal.FIRST_HASH, []
    for number in range(1, n + 1):
        line = {
            "id": number, "at": BEGIN + timedelta(seconds=30 * number),
            "actor": f"user{number % 40}",
            "did": "case.close", "subject": f"case:{number % 50_000}", "result": Result.DONE,
            "detail": {"number": number}, "note": "已办结", "address": "10.0.0.1", "via": "page",
            "request_id": f"{number:032x}", "before": {"state": "verified"},
            "after": {"state": "closed"}, "hash_version": 2, "prev_hash": before,
        }  # fmt: skip
        before = journal.hash_of(line)
        rows.append(line | {"hash": before, "seal": seal.line(before)})
        if len(rows) == BATCH or number == n:
            with store.write() as session:
                session.execute(insert(JournalLine), rows)
                if number == n:
                    mark = seal.sign(Mark(n, n, before, line["at"]), journal.HEAD)
                    session.add(
                        JournalHead(
                            id=1, last_id=n, lines=n, last_hash=before, at=mark.at,
                            key_id=mark.key_id, signature=mark.signature,
                        )
                    )  # fmt: skip
            rows = []


def timed(what: str, do: Callable[[], object]) -> None:
    """Say how long something took."""
    began = time.perf_counter()
    do()
    print(f"{what}：{time.perf_counter() - began:.3f} 秒")


def main(n: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        seal = Seal(b"b" * 32)
        store = replace(Store.open(f"sqlite:///{Path(folder) / 'j.db'}"), seal=seal)
        store.migrate()
        timed(f"写 {n:,} 行", lambda: fill(store, seal, n))
        with store.read() as session:
            for name, wanted in {
                "最近一页": Search(),
                "一个人": Search(actor="user7"),
                "一个对象": Search(subject="case:123"),
                "一类对象": Search(subject="case:123*"),
                "没有的操作": Search(did="none"),
            }.items():
                timed(name, lambda wanted=wanted: journal_search.find(session, wanted))
            timed("中间一页", lambda: journal_search.find(session, Search(), before=n // 2))
            timed("全部核对", lambda: chain.verify(session))
        at = BEGIN + timedelta(seconds=30 * (n + 1))
        timed("第一个检查点", lambda: checkpoints.make(store, None, actor="system", at=at))
        timed("第二个检查点", lambda: checkpoints.make(store, None, actor="system", at=at))
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
