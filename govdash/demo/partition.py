"""Cuts the land into a tree of areas whose borders are shared exactly and follow rivers and roads.

The land is filled with small Voronoi cells. Cells come in mirrored pairs along the outline, the
river and the main roads, so that those lines are cell borders. Areas are connected groups of
cells, grown over the graph of neighbours, where crossing a line costs extra; level by level, so
children fill their parent. Borders are then rounded by cutting corners, which cannot make them
cross: at a bend one side is always a single, convex cell, and the cut stays inside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree, Voronoi
from shapely import LineString

from govdash.demo.terrain import Floats, Terrain, built_up, to_degrees

Ints = NDArray[np.intp]

#: Small cells in all; about nine make a grid.
_CELLS: Final = 4700
#: A grid smaller than this many cells looks like a splinter.
_FEWEST: Final = 3


@dataclass(frozen=True)
class Mosaic:
    """The small cells, their borders and their neighbours."""

    seeds: Floats  # (n, 2) metres; the first `n_inside` lie in the city
    n_inside: int
    vertices: Floats
    ridges: Ints  # (m, 2) cells on either side
    edges: Ints  # (m, 2) vertices of each border
    graph: csr_array  # metres between neighbours inside, dearer across roads, much over water


def make_mosaic(terrain: Terrain, seed: int) -> Mosaic:
    """Fill the land with cells, small where it is densely built."""
    rng = np.random.default_rng([seed, 2])
    west, south, east, north = terrain.outline.bounds
    draw = rng.uniform((west, south), (east, north), (400_000, 2))
    draw = draw[shapely.contains_xy(terrain.outline, draw)]
    weight = _crowding(draw)
    total = weight.mean() * terrain.outline.area  # integral of the weight over the city
    sample = draw[rng.random(len(draw)) < weight / weight.max()][:60_000]

    def size(xy: Floats) -> Floats:
        return np.sqrt(total / _CELLS / _crowding(xy))

    inner, outer = _mirror(terrain.outline.exterior, size, offset=0.45)
    if not shapely.contains_xy(terrain.outline, *inner[0]):
        inner, outer = outer, inner
    fixed = inner
    for line in terrain.barriers:
        # A river may come close to the outline that it crosses; roads keep clear of everything.
        clear = 0.3 if line in (terrain.river, terrain.brook) else 0.7
        left, right = _mirror(line, size, offset=0.42)
        inside = shapely.contains_xy(terrain.outline, left) & shapely.contains_xy(
            terrain.outline, right
        )
        near = KDTree(fixed)
        free = inside.copy()
        for side in (left, right):
            free &= near.query(side)[0] > clear * size(side)
        fixed = np.concatenate([fixed, left[free], right[free]])
    loose = sample[: max(_CELLS - len(fixed), 500)]
    for _ in range(8):  # Lloyd: every loose cell moves to the middle of what is nearest to it
        every = np.concatenate([fixed, loose])
        owner = KDTree(every).query(sample)[1]
        held = np.bincount(owner, minlength=len(every))
        middle = (
            np.column_stack(
                [np.bincount(owner, weights=sample[:, k], minlength=len(every)) for k in (0, 1)]
            )
            / np.maximum(held, 1)[:, None]
        )
        mine = slice(len(fixed), None)
        loose = np.where(held[mine, None] > 0, middle[mine], loose)
    loose = loose[KDTree(fixed).query(loose)[0] > 0.6 * size(loose)]
    seeds = np.concatenate([fixed, loose, outer])
    return _mosaic(terrain, seeds, len(fixed) + len(loose))


def grow(mosaic: Mosaic, cells: Ints, starts: Ints, handicap: Floats | None = None) -> Ints:
    """Give every cell of `cells` to the start (a position in `cells`) nearest over the graph."""
    graph = mosaic.graph[cells][:, cells]
    if handicap is None:
        _, _, source = dijkstra(
            graph, directed=False, indices=starts, min_only=True, return_predecessors=True
        )
        order = np.full(len(cells), -1)
        order[starts] = np.arange(len(starts))
        return order[source]
    far = dijkstra(graph, directed=False, indices=starts) + handicap[:, None]
    return np.argmin(far, axis=0)


def split(mosaic: Mosaic, cells: Ints, k: int, rng: np.random.Generator) -> list[Ints]:
    """Split connected `cells` into `k` connected groups of similar extent."""
    if k <= 1:
        return [cells]
    xy = mosaic.seeds[cells]
    best: list[Ints] = []
    for _ in range(5):
        starts = _spread(xy, k, rng)
        for _ in range(7):
            label = grow(mosaic, cells, starts)
            starts = np.array([_middle(xy, label == j) for j in range(k)])
        label = grow(mosaic, cells, starts)
        groups = [cells[label == j] for j in range(k)]
        if not best or min(map(len, groups)) > min(map(len, best)):
            best = groups
        if min(map(len, best)) >= _FEWEST:
            break
    return best


def outlines(mosaic: Mosaic, grid_of: Ints) -> NDArray[np.object_]:
    """Return the outline of each grid in degrees, rounded, exactly shared with its neighbours.

    Parameters
    ----------
    grid_of : int array, one per inside cell
        Grid of each cell, 0 … n - 1.
    """
    owner = np.full(len(mosaic.seeds), -1)
    owner[: mosaic.n_inside] = grid_of
    sides = owner[mosaic.ridges]
    border = (sides[:, 0] != sides[:, 1]) & (mosaic.edges >= 0).all(axis=1)
    arcs = [_rounded(mosaic.vertices[arc]) for arc in _arcs(mosaic.edges[border])]
    lines = [LineString(to_degrees(arc)) for arc in arcs]
    faces = shapely.get_parts(shapely.polygonize(lines))
    n = int(grid_of.max()) + 1
    anchors = np.array(
        [np.flatnonzero(grid_of == g)[_middle(mosaic.seeds[: mosaic.n_inside][grid_of == g])]
         for g in range(n)]
    )  # fmt: skip
    points = shapely.points(to_degrees(mosaic.seeds[anchors]))
    grid, face = shapely.STRtree(faces).query(points, predicate="within")
    found = np.empty(n, dtype=object)
    found[grid] = faces[face]
    if len(grid) != n or len(np.unique(face)) != n:  # cannot happen by the argument above
        raise AssertionError(f"{n} grids made {len(faces)} faces, {len(np.unique(face))} found")
    return found


def _crowding(xy: Floats) -> Floats:
    """Weight of cells per area: grids hold fewer people where building is thin."""
    return built_up(xy) ** 0.72


def _mirror(
    line: LineString, size: Callable[[Floats], Floats], *, offset: float
) -> tuple[Floats, Floats]:
    """Pairs of points on both sides of `line`, spaced by the local cell size."""
    at, places = 0.0, []
    while at < line.length:
        places.append(at)
        here = np.array(line.interpolate(at).coords)
        at += 0.9 * float(size(here)[0])
    steps = np.array(places)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, steps))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, steps + 5.0))
    back = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(steps - 5.0, 0)))
    way = ahead - back
    across = np.column_stack([-way[:, 1], way[:, 0]]) / np.hypot(*way.T)[:, None]
    shift = across * (offset * size(here))[:, None]
    return here + shift, here - shift


def _mosaic(terrain: Terrain, seeds: Floats, n_inside: int) -> Mosaic:
    frame = 90_000.0 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])  # closes every real cell
    cells = Voronoi(np.concatenate([seeds, frame]))
    ridges = cells.ridge_points.astype(np.intp)
    edges = np.array(cells.ridge_vertices, dtype=np.intp)
    known = (ridges < len(seeds)).all(axis=1)
    ridges, edges = ridges[known], edges[known]
    joined = ridges[(ridges < n_inside).all(axis=1)]
    links = [LineString(pair) for pair in seeds[joined]]
    cost = np.asarray(shapely.length(links), dtype=np.float64)
    tree = shapely.STRtree(links)
    for line, dearer in (
        (terrain.river, 60.0),
        (terrain.brook, 6.0),
        *((road.line, 2.5) for road in terrain.roads),
    ):
        shapely.prepare(line)
        cost[tree.query(line, predicate="intersects")] *= dearer
    both = coo_array((cost, joined.T), shape=(n_inside, n_inside)).tocsr()
    return Mosaic(seeds, n_inside, cells.vertices, ridges, edges, csr_array(both + both.T))


def _spread(xy: Floats, k: int, rng: np.random.Generator) -> Ints:
    """Choose `k` starts far from each other (k-means++)."""
    chosen = [int(rng.integers(len(xy)))]
    far = np.full(len(xy), np.inf)
    while len(chosen) < k:
        far = np.minimum(far, ((xy - xy[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(rng.choice(len(xy), p=far / far.sum())))
    return np.array(chosen)


def _middle(xy: Floats, mine: NDArray[np.bool_] | None = None) -> int:
    """Position of the point nearest to the middle of those chosen."""
    mine = np.ones(len(xy), dtype=bool) if mine is None else mine
    far = ((xy - xy[mine].mean(axis=0)) ** 2).sum(axis=1)
    return int(np.argmin(np.where(mine, far, np.inf)))


def _arcs(edges: Ints) -> list[list[int]]:
    """Chain border edges to arcs between the points where three or more meet."""
    links: dict[int, list[int]] = {}
    for a, b in edges.tolist():
        links.setdefault(a, []).append(b)
        links.setdefault(b, []).append(a)
    seen: set[tuple[int, int]] = set()
    nodes = sorted(v for v, near in links.items() if len(near) != 2)
    arcs: list[list[int]] = []
    for start in [*nodes, *sorted(links)]:  # then rings without any such point
        for second in links[start]:
            if (start, second) in seen:
                continue
            arc = [start, second]
            while arc[-1] != start and len(links[arc[-1]]) == 2:
                a, b = links[arc[-1]]
                arc.append(b if a == arc[-2] else a)
            seen.update(pairwise(arc))
            seen.update(pairwise(reversed(arc)))
            arcs.append(arc)
    return arcs


def _rounded(arc: Floats) -> Floats:
    """Cut the corners of an arc twice (Chaikin); its ends stay."""
    for _ in range(2):
        if len(arc) < 3:
            return arc
        a, b = arc[:-1], arc[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        arc = np.concatenate([arc[:1], cut[1:-1], arc[-1:]])
    return arc
