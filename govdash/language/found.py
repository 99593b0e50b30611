"""What a finder of personal data hands over, and the reading of disguised characters."""

import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What was found in a text."""

    PHONE = "phone"
    IDENTITY = "identity"
    CARD = "card"
    PLATE = "plate"
    MAIL = "mail"
    CHAT = "chat"
    NAME = "name"
    HOME = "home"


class Found(NamedTuple):
    """One place in a text that tells who somebody is, and what to show instead."""

    kind: Kind
    start: int
    end: int
    shown: str


#: What people put between digits, invisible characters included.
GAP: Final = r"\s\-—–－_.·•・/()（）\u00ad\u200b-\u200f\u2060\ufeff"
#: The same and commas; who uses it looks at how the digits are grouped.
WIDE_GAP: Final = GAP + ",，、"

_UNSEEN: Final = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_LATER: Final = 0x1FBFA  # beyond it no character is a digit


def _digits() -> Iterator[tuple[int, str]]:
    """Full-width, circled, superscript and other scripts' digits: one character for one."""
    for code in range(0x80, _LATER):
        digit = unicodedata.digit(chr(code), None)
        if digit is not None:
            yield code, str(digit)


_LETTERS: Final = {
    code: chr(code - 0xFEE0) for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_SIGNS: Final = str.maketrans("＠＋．＊×ХхΧχ＿", "@+.*XXxXx_")
_PLAIN: Final[Mapping[int, str | int]] = {**dict(_digits()), **_LETTERS, **_SIGNS}
#: Numerals in Chinese, and letters that stand for digits.
_SPOKEN: Final = str.maketrans(
    "〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖oOlI|", "0001234567891123456789" + "00111"
)


def plain(text: str) -> str:
    """Read every kind of digit and full-width letter as ASCII; positions stay."""
    return text if text.isascii() else text.translate(_PLAIN)


def spoken(text: str) -> str:
    """Read Chinese numerals, O and l as digits too; positions stay."""
    return text.translate(_SPOKEN)


def digits_of(text: str) -> str:
    """Return the ASCII digits in a text."""
    return "".join(c for c in text if "0" <= c <= "9")


def seen(text: str) -> str:
    """Return the text without characters that nobody sees."""
    return text if text.isascii() else "".join(c for c in text if c not in _UNSEEN)


def group_sizes(text: str) -> tuple[int, ...]:
    """Return how many digits (or X) stand together, run by run."""
    sizes: list[int] = []
    inside = False
    for c in seen(text):
        if "0" <= c <= "9" or c in "Xx":
            if inside:
                sizes[-1] += 1
            else:
                sizes.append(1)
            inside = True
        else:
            inside = False
    return tuple(sizes)
