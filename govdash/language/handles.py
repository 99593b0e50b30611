"""Finds number plates, e-mail addresses and names in chat programs."""

import re
from collections.abc import Iterator
from typing import Final

from govdash.language.found import Found, Kind

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_GAP: Final = r"[·•・.．\s\-—_]"
_SIGN: Final = "A-HJ-NP-Za-hj-np-z0-9"

_PLATE: Final = re.compile(
    rf"([{PROVINCES}]{_GAP}?[A-HJ-NP-Za-hj-np-z])({_GAP}{{0,2}})"
    rf"([{_SIGN}](?:{_GAP}?[{_SIGN}]){{3}})(?:({_GAP}?[{_SIGN}])({_GAP}?[{_SIGN}])?|{_GAP}?([学警港澳挂领使]))"
    r"(?![A-Za-z0-9*])"
)
_SAID_PLATE: Final = re.compile(
    rf"(?:车牌|牌照|车号|牌号)(?:号码|号)?[:：是为\s]{{0,3}}([A-HJ-NP-Z]{_GAP}?[{_SIGN}]{{5,6}})(?![A-Za-z0-9*])"
)
_POLICE: Final = re.compile(rf"WJ{_GAP}?[{PROVINCES}]{_GAP}?[0-9]{{4}}[{_SIGN}](?![A-Za-z0-9*])")
#: Electric cars: a letter first or last, digits for the rest.
_ELECTRIC: Final = re.compile(r"[A-HJKa-hjk][A-HJ-NP-Za-hj-np-z0-9][0-9]{4}|[0-9]{5}[A-HJKa-hjk]")
_MAIL: Final = re.compile(
    r"(?<![A-Za-z0-9_.*%+\-])([A-Za-z0-9])[A-Za-z0-9._%+\-]*"
    r"\s?(?:@|[(（\[]at[)）\]]|#at#)\s?([A-Za-z0-9\-]+(?:[.。][A-Za-z0-9\-]+)*?\s?[.。]\s?[A-Za-z]{2,24}(?:[.。](?:cn|hk|tw|mo)\b)?)"
    r"(?!\.?[A-Za-z0-9\-])",
    re.ASCII | re.IGNORECASE,
)
_CHAT: Final = re.compile(
    r"(?:微信|(?<![A-Za-z0-9@.*])(?:[WwVv][Xx]|[Qq][Qq]))(?:号码|号)?[:：是为\s]{0,3}([A-Za-z0-9][A-Za-z0-9_\-]{4,19})(?![A-Za-z0-9_\-*])"
)
PLATE_SEEN: Final = re.compile(rf"[{PROVINCES}]{_GAP}?[A-Za-z]|WJ|车牌|牌照|车号|牌号")
MAIL_SEEN: Final = re.compile(r"@|at[)）\]#]")
CHAT_SEEN: Final = re.compile("微信|[WwVv][Xx]|[Qq][Qq]")


def plates(text: str) -> Iterator[Found]:
    """Yield number plates, also of electric cars, with 学 警 港 澳 挂 领 使, and of the police."""
    for match in _PLATE.finditer(text):
        end, sign = match.end(), _bare("".join(match.group(3, 4, 5, 6)[n] or "" for n in range(4)))
        if len(sign) == 6 and not _ELECTRIC.fullmatch(sign):
            if not re.match(_GAP, match[5]):  # six together that are no plate
                continue
            end, sign = match.start(5), sign[:5]
        if sum(c.isdigit() for c in sign) >= 2:  # else a word in capitals
            yield Found(Kind.PLATE, match.start(), end, f"{match[1]}{match[2]}***{sign[-2:]}")
    for match in _SAID_PLATE.finditer(text):
        yield Found(Kind.PLATE, match.start(1), match.end(), f"{match[1][0]}***{match[1][-2:]}")
    for match in _POLICE.finditer(text):
        yield Found(Kind.PLATE, match.start(), match.end(), f"WJ***{match[0][-2:]}")


def mails(text: str) -> Iterator[Found]:
    """Yield e-mail addresses; the first letter and the domain stay."""
    for match in _MAIL.finditer(text):
        yield Found(Kind.MAIL, match.start(), match.end(), f"{match[1]}***@{_bare(match[2], '。')}")


def chats(text: str) -> Iterator[Found]:
    """Yield names in chat programs."""
    for match in _CHAT.finditer(text):
        yield Found(Kind.CHAT, match.start(1), match.end(), f"{match[1][:1]}***")


def _bare(text: str, stop: str = "") -> str:
    kept = text.replace(stop, ".") if stop else text
    return re.sub(_GAP if not stop else r"\s", "", kept)
