"""Small pictures for cases of the demo city: a street corner with what was dumped, and without."""

import io
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

_WIDE, _HIGH = 640, 420
_SKY, _ROAD, _KERB = (196, 214, 228), (120, 122, 124), (170, 168, 160)
_WALLS: Final = ((205, 190, 168), (186, 178, 170), (214, 204, 190), (176, 186, 190))
_WASTE: Final = ((62, 74, 60), (92, 70, 52), (40, 44, 52), (140, 120, 84), (70, 96, 120))


def picture(seed: int, *, littered: bool) -> bytes:
    """Draw the corner of a case as JPEG; the same each time, with or without what lies there."""
    rng = np.random.default_rng([seed, 52])
    image = Image.new("RGB", (_WIDE, _HIGH), _SKY)
    draw = ImageDraw.Draw(image)
    _houses(draw, rng)
    draw.rectangle((0, 300, _WIDE, _HIGH), fill=_ROAD)
    draw.rectangle((0, 290, _WIDE, 306), fill=_KERB)
    if littered:
        _heap(draw, rng)
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=82)
    return kept.getvalue()


def _houses(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    left = 0
    while left < _WIDE:
        wide, top = int(rng.integers(90, 170)), int(rng.integers(60, 150))
        draw.rectangle((left, top, left + wide, 290), fill=_WALLS[int(rng.integers(len(_WALLS)))])
        for x in range(left + 14, left + wide - 20, 34):
            for y in range(top + 16, 250, 44):
                draw.rectangle((x, y, x + 18, y + 26), fill=(104, 122, 138))
        left += wide


def _heap(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    middle = int(rng.integers(200, 440))
    for n in range(26):
        x = middle + int(rng.normal(0, 70))
        y = 330 - int(abs(rng.normal(0, 22))) + n
        size = int(rng.integers(12, 34))
        color = _WASTE[int(rng.integers(len(_WASTE)))]
        draw.ellipse((x - size, y - size // 2, x + size, y + size // 2), fill=color)
