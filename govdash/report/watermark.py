"""A watermark as a picture: the number of a download, slanted and pale, to lie behind cells."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_SIZE = (560, 240)  # one tile, pixels
_PALE = (120, 130, 150, 70)
_SLANT = 18  # degrees


def watermark_image(number: str) -> bytes:
    """Return a PNG tile with `number` (ASCII: the font that Pillow brings has no Chinese)."""
    tile = Image.new("RGBA", _SIZE, (255, 255, 255, 0))
    pen = ImageDraw.Draw(tile)
    font = ImageFont.load_default(size=26)
    left, top, right, bottom = pen.textbbox((0, 0), number, font=font)
    at = ((_SIZE[0] - right + left) / 2, (_SIZE[1] - bottom + top) / 2)
    pen.text(at, number, font=font, fill=_PALE)
    out = BytesIO()
    tile.rotate(_SLANT, resample=Image.Resampling.BICUBIC).save(out, format="PNG", optimize=True)
    return out.getvalue()
