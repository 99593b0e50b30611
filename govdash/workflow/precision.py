"""How often alerts were right: that of the most serious ones."""

from collections.abc import Sequence
from typing import Final

from govdash.core.filters import Scope
from govdash.core.vocab import Disposition, Handling, Level
from govdash.store import Session
from govdash.store.alerts import listed

#: More alerts than any city has judged within the years that are kept.
_ALL: Final = 100_000


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
