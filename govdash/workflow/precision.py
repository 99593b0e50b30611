"""How often alerts were right: a share with its interval, and that of the most serious ones."""

import math
from collections.abc import Sequence
from typing import Final

from govdash.core.filters import Scope
from govdash.core.vocab import Disposition, Handling, Level
from govdash.store import Session
from govdash.store.alerts import listed

#: More alerts than any city has judged within the years that are kept.
_ALL: Final = 100_000
_Z95: Final = 1.959963984540054  # standard normal quantile of 0.975


def wilson(hits: int, n: int) -> tuple[float | None, float | None, float | None]:
    """Return a share and its 95 % interval (Wilson 1927, JASA 22:209); None without trials."""
    if n == 0:
        return None, None, None
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return share, max(0.0, middle - half), min(1.0, middle + half)


def at_k(
    session: Session, scope: Scope, *, sizes: Sequence[int] = (5, 10, 20, 50)
) -> list[dict[str, int]]:
    """Return how many of the k most serious judged alerts were right, for each k there are.

    Alerts are ordered by level, then by p-value; those whose disposition says nothing are left
    out. Each entry has ``k`` and ``true``.
    """
    table = listed(session, scope, handling=[Handling.DISMISSED, Handling.CLOSED], limit=_ALL)
    table = table[table["disposition"].notna()]
    rows = sorted(
        (Level(str(row["level"])).rank, float(row["p_value"]), said)
        for row in table.to_dict("records")
        if (said := Disposition(str(row["disposition"])).counts_as_true) is not None
    )
    right = [said for _, _, said in rows]
    return [{"k": k, "true": sum(right[:k])} for k in sizes if k <= len(right)]
