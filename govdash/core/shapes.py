"""Places that a person draws on a map: a circle or a ring of corners, WGS-84."""

from dataclasses import dataclass
from math import isfinite
from typing import Final

from govdash.core.errors import InputError

EARTH_METRES: Final = 6_371_008.8  # mean radius (IUGG)
MOST_CORNERS: Final = 60
WIDEST_METRES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Circle:
    """All within so many metres of a point, along the sphere."""

    lon: float
    lat: float
    metres: int


@dataclass(frozen=True, slots=True)
class Ring:
    """The inside of a polygon without holes: its corners (lon, lat), the last joined to the first.

    Where lines cross, a point is inside when a line outwards meets an odd number of them.
    """

    corners: tuple[tuple[float, float], ...]


Shape = Circle | Ring


def write_shape(shape: Shape) -> str:
    """Write a shape for a URL, to a decimetre: ``lon,lat,metres`` or ``lon,lat;lon,lat;…``."""
    if isinstance(shape, Circle):
        return f"{shape.lon:.6f},{shape.lat:.6f},{shape.metres}"
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in shape.corners)


def read_shape(text: str) -> Shape | None:
    """Read what `write_shape` wrote; an empty text is none.

    Raises
    ------
    InputError
        When it is neither, or lies outside the world; too large, or of too many corners.
    """
    if not text:
        return None
    try:
        parts = [tuple(float(part) for part in corner.split(",")) for corner in text.split(";")]
    except ValueError:
        raise InputError(_WRONG) from None
    if any(not _in_the_world(*part[:2]) for part in parts if len(part) > 1):
        raise InputError("链接里的选区超出了经纬度的范围；请重新在地图上选取。")
    match parts:
        case [(lon, lat, metres)]:
            if not 1 <= metres <= WIDEST_METRES:
                raise InputError(f"选区的半径应为 1 至 {WIDEST_METRES} 米。")
            return Circle(lon, lat, round(metres))
        case _:
            if not 3 <= len(parts) <= MOST_CORNERS:
                raise InputError(f"选区应有 3 至 {MOST_CORNERS} 个角；请重新在地图上选取。")
            corners = tuple((part[0], part[1]) for part in parts if len(part) == 2)
            if len(corners) < len(parts):
                raise InputError(_WRONG)
            return Ring(corners)


def words_of(shape: Shape) -> str:
    """Say a shape in words."""
    if isinstance(shape, Circle):
        return f"附近 {shape.metres} 米内"
    return f"选区内（{len(shape.corners)} 边形）"


_WRONG: Final = "链接里的选区写法不对；应为 经度,纬度,米 或 经度,纬度;经度,纬度;…。"


def _in_the_world(lon: float, lat: float) -> bool:
    return isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90
