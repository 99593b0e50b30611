"""How sure a share is: its 95 % interval."""

import math
from typing import Final

_Z95: Final = 1.959963984540054  # standard normal quantile of 0.975


def wilson(hits: int, n: int) -> tuple[float | None, float | None, float | None]:
    """Return a share and its 95 % interval (Wilson 1927, JASA 22:209); None without trials."""
    if n == 0:
        return None, None, None
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return share, max(0.0, middle - half), min(1.0, middle + half)
