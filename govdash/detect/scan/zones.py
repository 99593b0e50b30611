"""Circles around locations: who is near whom, and how far a zone may reach."""

from typing import Final, Literal

import numpy as np

from govdash.core.errors import InputError

_EARTH_KM: Final = 6371.0088  # mean radius, IUGG

Geometry = Literal["sphere", "plane"]


def distances(points: np.ndarray, *, geometry: Geometry) -> np.ndarray:
    """Return the distances of `points` (n, 2) from each other.

    Parameters
    ----------
    points : array
        (lon, lat) in degrees on the "sphere", (x, y) in any unit in the "plane".

    Returns
    -------
    array (n, n), in km or the unit given
    """
    at = np.asarray(points, dtype=float)
    if geometry == "plane":
        return np.hypot(at[:, None, 0] - at[:, 0], at[:, None, 1] - at[:, 1])
    lon, lat = np.radians(at).T
    half = np.sin((lat[:, None] - lat) / 2.0) ** 2
    half += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2.0) ** 2
    return 2.0 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def neighbours_by_distance(apart: np.ndarray, *, nearest: int | None = None) -> np.ndarray:
    """Return the cells in order of distance from each, itself first; ties in order of rows.

    Parameters
    ----------
    apart : array (n, n)
    nearest : int, optional
        Neighbours kept, the cell itself among them; all unless given.

    Returns
    -------
    array of int32 (n, nearest)
    """
    order = apart.copy()
    np.fill_diagonal(order, -1.0)  # first even where another lies at the same place
    ranked = np.argsort(order, axis=1, kind="stable").astype(np.int32)
    return np.ascontiguousarray(ranked[:, :nearest])


def capped_sizes(neighbours: np.ndarray, weights: np.ndarray, *, max_fraction: float) -> np.ndarray:
    """Return how many neighbours a zone may have.

    Parameters
    ----------
    weights : array (cells,)
        Expected cases: adjusted for covariates and the change of populations, so that a zone of
        old people is as large as its cases and not as its heads.
    max_fraction : float
        Largest share of all weight in a zone, (0, 1].

    Raises
    ------
    InputError
        When not even one cell alone is within the share.
    """
    if not 0.0 < max_fraction <= 1.0:
        raise InputError(f"最大份额 {max_fraction} 应大于 0、不超过 1，例如 0.5。")
    reach = np.cumsum(weights[neighbours], axis=1)
    allowed = max_fraction * weights.sum() * (1.0 + 1e-9)
    sizes = np.sum(reach <= allowed, axis=1).astype(np.int32)
    if not sizes.any():
        least = weights.min() / weights.sum()
        raise InputError(
            f"每个地点都超过最大份额 {max_fraction:g}（最小的地点占 {least:.2g}），"
            "没有可扫描的区域；请调大 --max-fraction 或细分地点。"
        )
    return sizes
