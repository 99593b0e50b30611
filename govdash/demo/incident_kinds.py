"""What sorts of incidents the demo city knows, and what each looks like in its reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: How many of each kind in two years, and how long the record must be to hold one more.
PER_TWO_YEARS: Final = {
    "burst_main": 8, "road_collapse": 6, "flooding": 5, "illegal_stalls": 6, "site_noise": 8,
    "sensor_outage": 4, "slow_rise": 4, "uncollected": 5,
}  # fmt: skip
#: Kinds that are under way when the record ends: hours begun before, hours still to go.
UNDER_WAY: Final = {
    "illegal_stalls": (9 * 24, 6 * 24), "site_noise": (6 * 24, 3 * 24),
    "slow_rise": (52 * 24, 300),"sensor_outage": (27, 9), "uncollected": (62, 30),
    "burst_main": (13, 5), "road_collapse": (29, -4),
}  # fmt: skip
#: Kinds that happened in the last weeks, and how many hours before the end: the watch has handled
#: them, so that alerts and their cases are seen in every state.
LATELY: Final = (
    ("burst_main", 19 * 24 + 5), ("uncollected", 17 * 24), ("road_collapse", 12 * 24 + 3),
    ("burst_main", 9 * 24 + 8), ("uncollected", 7 * 24), ("road_collapse", 4 * 24 + 2),
)  # fmt: skip
#: What is under way is a little larger than usual: somebody shall see it.
FRESH: Final = 1.35
_PEOPLE: Final = {"hotline": 0.62, "app": 0.22, "grid": 0.16}


@dataclass(frozen=True)
class Shape:
    """What an incident of a kind looks like."""

    title: str
    keys: Mapping[str, float]
    channels: Mapping[str, float]
    reach: float  # metres about the middle
    hours: tuple[float, float]  # how long, shortest and longest
    reports: tuple[float, float]  # in all, or a day when `daily`
    profile: str = "flat"
    daily: bool = False
    fade: float = 0.0  # hours in which reports fall to a third
    where: str = ""  # kind of neighbourhood


SHAPES: Final = {
    "burst_main": Shape(
        "供水管道爆裂",
        {"E-0501": 0.68, "E-0506": 0.2, "A-06013": 0.06, "E-0505": 0.06},
        {**_PEOPLE, "sensor": 0.12},
        reach=420, hours=(10, 22), reports=(22, 46), fade=5.0,
    ),
    "road_collapse": Shape(
        "路面塌陷", {"E-0505": 0.7, "A-06013": 0.3}, _PEOPLE,
        reach=220, hours=(16, 30), reports=(9, 20), fade=6.0,
    ),
    "illegal_stalls": Shape(
        "摊贩聚集",
        {"A-09001": 0.68, "A-09006": 0.32},
        {"hotline": 0.42, "grid": 0.26, "app": 0.22, "camera": 0.1},
        reach=450, hours=(240, 560), reports=(4.5, 9), profile="evening", daily=True,
        where="station",
    ),
    "site_noise": Shape(
        "工地夜间施工",
        {"A-08001": 0.93, "A-08004": 0.07},
        {"hotline": 0.78, "app": 0.16, "sensor": 0.06},
        reach=320, hours=(190, 400), reports=(3.2, 6.5), profile="night", daily=True, where="new",
    ),
    "uncollected": Shape(
        "垃圾清运中断", {"A-06042": 0.72, "A-06010": 0.28}, _PEOPLE,
        reach=650, hours=(70, 150), reports=(6, 12), profile="day", daily=True,
        where="residential",
    ),
    "flooding": Shape(
        "强降雨积水",
        {"E-0506": 0.62, "A-01004": 0.16, "E-0503": 0.22},
        {"hotline": 0.46, "app": 0.2, "sensor": 0.22, "camera": 0.12},
        reach=2600, hours=(14, 30), reports=(60, 130), fade=8.0, where="low",
    ),
}  # fmt: skip
#: Categories that can rise slowly in a district: common enough to be seen.
RISING: Final = ("A-09011", "A-06028", "A-09009", "A-06042")
