"""The colours of the screens, light and dark: each written once, for figures, maps and pages.

What Streamlit draws by itself takes them from ``.streamlit/config.toml``, which can only repeat
them; a test compares the two and the contrast of everything that is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from govdash.core.vocab import Level

#: One family for every text; the first that the machine has. All hold Chinese.
FONT = (
    "'Source Han Sans SC','Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei',"
    "'PingFang SC','WenQuanYi Micro Hei',sans-serif"
)


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Colours of one theme, as CSS values."""

    name: str
    ground: str
    card: str
    line: str
    text: str
    sub: str
    faint: str
    primary: str
    good: str
    warn: str
    bad: str
    grid: str  # grid lines of charts
    band: str  # the expected band behind a curve
    land: str
    water: str
    road: str
    border: str  # of streets and districts on the map
    halo: str  # ring around map marks
    label: str  # names on the map
    ramp: tuple[str, ...]  # one hue, few to many
    heat: tuple[str, ...]  # of the heat map, thin to dense; another hue than the areas below
    series: tuple[str, ...]  # categories without order
    levels: Mapping[Level, str]
    on_levels: Mapping[Level, str]  # text on a level's colour


LIGHT = Palette(
    name="light",
    ground="#F3F5F9",
    card="#FFFFFF",
    line="#DDE3EC",
    text="#1B2537",
    sub="#5B6B82",
    faint="#61708A",
    primary="#1557B0",
    good="#0A7A50",
    warn="#8A6100",
    bad="#A50F2B",
    grid="#EDF1F6",
    band="rgba(21,87,176,.10)",
    land="#F7F9FC",
    water="#CFE3F5",
    road="#FFFFFF",
    border="#8FA1BA",
    halo="#FFFFFF",
    label="#2B3A52",
    ramp=("#EEF3FA", "#D3E1F2", "#A9C6E6", "#6FA2D6", "#2F73BE", "#0F4A8C"),
    heat=("rgba(245,203,60,.25)", "rgba(245,166,35,.6)", "#E8690B", "#A50F2B"),
    series=("#1557B0", "#0E9AA7", "#7A5BC0", "#B8860B", "#5B6B82", "#C05B8C", "#4B8B3B"),
    levels={
        Level.RED: "#A50F2B",
        Level.ORANGE: "#E8690B",
        Level.YELLOW: "#F5CB3C",
        Level.BLUE: "#2C6CD6",
    },
    on_levels={
        Level.RED: "#FFFFFF",
        Level.ORANGE: "#1F0F00",
        Level.YELLOW: "#3A2E00",
        Level.BLUE: "#FFFFFF",
    },
)

DARK = Palette(
    name="dark",
    ground="#0B1220",
    card="#121C2E",
    line="#22304A",
    text="#E3EAF5",
    sub="#9DB0CC",
    faint="#7C8FAE",
    primary="#5AA9FF",
    good="#3CCB8F",
    warn="#E0B44B",
    bad="#FF5566",
    grid="#1D2A41",
    band="rgba(90,169,255,.14)",
    land="#101A2B",
    water="#20507C",
    road="#2A3B57",
    border="#4A618A",
    halo="#0B1220",
    label="#C9D7EC",
    ramp=("#14233A", "#173254", "#1B4878", "#2466A6", "#3C8BD6", "#86C1FF"),
    heat=("rgba(255,154,61,.2)", "rgba(255,154,61,.55)", "#FFB454", "#FFF0B0"),
    series=("#5AA9FF", "#35C6C9", "#A98BF0", "#E0B44B", "#8FA3BF", "#E58BB5", "#7CC36A"),
    levels={
        Level.RED: "#F2384A",
        Level.ORANGE: "#FF9A3D",
        Level.YELLOW: "#FFE680",
        Level.BLUE: "#5AA9FF",
    },
    on_levels={
        Level.RED: "#1A0003",
        Level.ORANGE: "#2A1600",
        Level.YELLOW: "#332900",
        Level.BLUE: "#04203F",
    },
)
