"""The lanes of the delivery: one thread for each channel, so that a dead one delays no other."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from govdash.core.settings import Settings
from govdash.core.vocab import Attempted
from govdash.store import Store
from govdash.worker.leader import process_name
from govdash.workflow.notify import channels
from govdash.workflow.notify.channel import Channel
from govdash.workflow.notify.delivery import Courier

#: How long a run waits for its lanes; one that takes longer goes on beside the next run.
PATIENCE: Final = 3.0


class Lanes:
    """Starts a lane where something is due and none runs yet."""

    def __init__(self, worker: str = "") -> None:
        self._worker = worker or process_name()
        self._running: dict[str, threading.Thread] = {}
        self._done: Counter[Attempted] = Counter()
        self._lock = threading.Lock()

    def run(self, store: Store, settings: Settings) -> str:
        """Send what is due; say in Chinese what came of it since the last time."""
        return self.over(store, channels.of(store, settings))

    def over(self, store: Store, known: Mapping[str, Channel]) -> str:
        """Send what is due over these channels."""
        courier = Courier(store, known, self._worker, lambda: datetime.now(UTC))
        for code in courier.due():
            before = self._running.get(code)
            if before is not None and before.is_alive():
                continue
            lane = threading.Thread(
                target=self._lane, args=(courier, code), name=f"notify-{code}", daemon=True
            )
            self._running[code] = lane
            lane.start()
        until = time.monotonic() + PATIENCE
        for lane in self._running.values():
            lane.join(max(0.0, until - time.monotonic()))
        return self._told()

    def _lane(self, courier: Courier, code: str) -> None:
        done = courier.lane(code)
        with self._lock:
            self._done += done

    def _told(self) -> str:
        with self._lock:
            done, self._done = self._done, Counter()
        busy = sum(lane.is_alive() for lane in self._running.values())
        parts = [f"{result.label} {n} 条" for result, n in done.items()]
        if busy:
            parts.append(f"{busy} 个渠道仍在发送")
        return "，".join(parts) or "没有到时的通知"
