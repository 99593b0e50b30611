"""What people of the demo city do when, in the order of time."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from govdash.store import Session

Action = Callable[[Session, datetime], None]


@dataclass
class Agenda:
    """What is to be done when, in the order of time."""

    end: datetime
    _heap: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def add(self, when: datetime, action: Action) -> None:
        """Note an action; what lies after the end is left undone."""
        if when <= self.end:
            heapq.heappush(self._heap, (when, next(self._order), action))

    def run(self, session: Session, until: datetime) -> None:
        """Do everything due `until`; an action may add others."""
        while self._heap and self._heap[0][0] <= until:
            when, _, action = heapq.heappop(self._heap)
            action(session, when)
