"""The small map beside an alert: its parts coloured by how far they are off, the first numbered."""

import base64
from collections.abc import Sequence
from typing import Final

from govdash.detect import Share
from govdash.figures import maps
from govdash.figures.palette import Palette
from govdash.figures.sketch import Sketch
from govdash.report.evidence import place_of
from govdash.web.parts import Html, el, join, number

NUMBERED: Final = 3  # as many as the sentence of an alert names


def draw(
    sketch: Sketch, shares: Sequence[Share], palette: Palette, *, zone: Sequence[str] = ()
) -> Html | None:
    """Draw the map; None when none of the parts lies on it.

    `shares` come with those first that add most (or miss most, for a fall); a part that goes the
    other way, or is not among them, keeps the lightest colour. The areas of `zone` get an edge.
    """
    placed = [(place, share) for share in shares if (place := place_of(share))]
    places = {place: share for place, share in placed if place in sketch.shapes}
    if not places:
        return None
    sign = 1 if sum(share.excess for share in places.values()) >= 0 else -1
    off = {place: max(0, round(sign * share.excess)) for place, share in places.items()}
    edge = "".join(sketch.shapes.get(path, "") for path in zone)
    steps = maps.breaks(list(off.values()))
    rest = "".join(data for path, data in sketch.shapes.items() if path not in off)
    above = [
        _numeral(n, sketch.centres[place], palette)
        for n, place in enumerate(list(places)[:NUMBERED], start=1)
        if off[place]
    ]
    if edge:
        above.insert(0, el("path", d=edge, fill="none", stroke=palette.bad, stroke_width=3))
    return picture(
        sketch,
        palette,
        el("path", d=rest, fill=palette.ramp[0]) if rest else None,
        *(
            el("path", d=sketch.shapes[key], fill=palette.ramp[_class(value, steps)])
            for key, value in off.items()
        ),
        above=join(above),
        said="\n".join(f"{n}. {_words(share)}" for n, share in enumerate(places.values(), start=1)),
    )


def picture(
    sketch: Sketch, palette: Palette, *below: Html | None, above: Html | None, said: str
) -> Html:
    """Draw outlines as an image: what lies `below` the borders, and `above` them; `said` in words.

    A page takes no inline SVG.
    """
    drawn = el(
        "svg",
        *below,
        el("path", d=sketch.border, fill="none", stroke=palette.border, stroke_width=2),
        above,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {sketch.width} {sketch.height}",
        stroke=palette.card,
        stroke_width=1.5,
        stroke_linejoin="round",
    )
    code = base64.b64encode(drawn.encode()).decode()
    return el("img", cls="gw-map", alt=said, title=said, src=f"data:image/svg+xml;base64,{code}")


def _class(value: int, steps: Sequence[int]) -> int:
    return sum(value >= step for step in steps)


def _words(share: Share) -> str:
    return f"{share.name}：实测 {share.observed} / 预期 {number(share.expected, digits=1)} 件"


def _numeral(n: int, centre: tuple[int, int], palette: Palette) -> Html:
    x, y = centre
    return el(
        "text",
        n,
        x=x,
        y=y,
        font_family="sans-serif",
        font_size=24,
        font_weight=700,
        text_anchor="middle",
        dominant_baseline="central",
        fill=palette.text,
        stroke=palette.card,
        stroke_width=5,
        paint_order="stroke",
    )
