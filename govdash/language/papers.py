"""Finds identity cards, other papers and bank cards by their digits and check digits."""

import re
from collections.abc import Iterator
from typing import Final

from govdash.language.found import GAP, Found, Kind, digits_of, group_sizes
from govdash.language.phones import is_ticket

_G: Final = rf"[{GAP}]{{0,2}}"
_SAID: Final = r"(?:号码|号)?[:：是为\s]{0,3}"

_IDENTITY: Final = re.compile(
    rf"(?<![0-9A-Za-z*])[1-9](?:{_G}[0-9]){{16}}{_G}[0-9Xx](?![0-9A-Za-z*])"
)
_SAID_IDENTITY: Final = re.compile(
    rf"(?:身份证|证件|公民身份|证号){_SAID}([1-9](?:{_G}[0-9]){{13,16}}{_G}[0-9Xx])(?![0-9A-Za-z*])"
)
_SAID_PAPER: Final = re.compile(
    rf"(?:护照|通行证|军官证|台胞证|居住证|社保卡|医保卡|驾驶证){_SAID}([A-Za-z]{{0,2}}[0-9]{{7,12}})(?!-?[0-9A-Za-z*])"
)
_BANK: Final = re.compile(
    rf"(?<![0-9A-Za-z*])(?<![0-9*]\.)(?:6[02]|4[0-9]|5[1-5]|95)(?:{_G}[0-9]){{14,17}}(?![0-9A-Za-z*])(?!\.[0-9])"
)
_SAID_BANK: Final = re.compile(
    rf"(?:银行卡|储蓄卡|信用卡|卡号|账号|帐号|账户){_SAID}([0-9](?:[ \-]?[0-9]){{11,20}})(?![0-9*])"
)
_BANK_GROUPS: Final = frozenset(
    {(16,), (17,), (18,), (19,), (4, 4, 4, 4), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3),
     (6, 13), (6, 10), (6, 12), (4, 4, 4, 7), (6, 4, 4, 5), (4, 12), (8, 8), (8, 11)}
)  # fmt: skip
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643


def find(text: str) -> Iterator[Found]:
    """Yield papers and cards in a text that has been made plain."""
    for match in _SAID_IDENTITY.finditer(text):
        told = _bare(match[1])
        whole = len(told) in {15, 18}
        shown = _identity(told) if whole else f"{told[:6]}********"  # cut off or mistyped
        yield Found(Kind.IDENTITY, match.start(1), match.end(), shown)
    for match in _IDENTITY.finditer(text):
        told = _bare(match[0])
        if is_identity(told) and _even(match[0]):
            yield Found(Kind.IDENTITY, match.start(), match.end(), _identity(told))
    for match in _SAID_PAPER.finditer(text):
        yield Found(Kind.IDENTITY, match.start(1), match.end(), f"****{match[1][-4:]}")
    for match in _SAID_BANK.finditer(text):
        last = digits_of(match[1])[-4:]
        yield Found(Kind.CARD, match.start(1), match.end(), f"****{last}")
    for match in _BANK.finditer(text):
        told = digits_of(match[0])
        written = group_sizes(match[0]) in _BANK_GROUPS
        if written and is_bank_card(told) and not is_ticket(text, match.start()):
            yield Found(Kind.CARD, match.start(), match.end(), f"****{told[-4:]}")


def is_identity(number: str) -> bool:
    """Tell whether 18 characters are an identity card: a date of birth and its check digit."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    if not (1880 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17]


def is_bank_card(number: str) -> bool:
    """Tell whether digits pass Luhn's check."""
    total = 0
    for n, c in enumerate(reversed(number)):
        value = int(c) * (1 + n % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _bare(text: str) -> str:
    return "".join(c for c in text.upper() if "0" <= c <= "9" or c == "X")


def _identity(number: str) -> str:
    return f"{number[:6]}********{number[-4:]}"


def _even(number: str) -> bool:
    """Few groups, or every digit by itself: not a list of unlike numbers."""
    sizes = group_sizes(number)
    return len(sizes) <= 6 or set(sizes) == {1}
