"""The lanes of the delivery: one thread for each channel, so that a dead one delays no other."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
MOST: Final = 32  # lanes at once; further channels wait for one to end


class Lanes:
    """Starts a lane where something is due and none runs yet."""

    def __init__(self, worker: str = "") -> None:
        self._worker = worker or process_name()
        self._pool = ThreadPoolExecutor(MOST, thread_name_prefix="notify")
        self._running: dict[str, Future[Counter[Attempted]]] = {}

    def run(self, store: Store, settings: Settings) -> str:
        """Send what is due; say in Chinese what came of it since the last time."""
        return self.over(store, channels.of(store, settings))

    def over(self, store: Store, known: Mapping[str, Channel]) -> str:
        """Send what is due over these channels; an error in a lane is raised when all were begun.

        What the lane had taken is free again when its claim runs out.
        """
        courier = Courier(store, known, self._worker, lambda: datetime.now(UTC))
        for code in courier.due():
            if code not in self._running:
                self._running[code] = self._pool.submit(courier.lane, code)
        ended = wait(self._running.values(), timeout=PATIENCE).done
        self._running = {code: one for code, one in self._running.items() if one not in ended}
        done: Counter[Attempted] = Counter()
        for lane in sorted(ended, key=lambda lane: lane.exception() is not None):
            done += lane.result()
        parts = [f"{result.label} {n} 条" for result, n in done.items()]
        if self._running:
            parts.append(f"{len(self._running)} 个渠道仍在发送")
        return "，".join(parts) or "没有到时的通知"
