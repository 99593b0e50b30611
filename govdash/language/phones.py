"""Finds telephone numbers: mobiles, landlines with their area code, 400 and 800, foreign ones."""

import re
from collections.abc import Iterator
from typing import Final

from govdash.language.found import GAP, WIDE_GAP, Found, Kind, digits_of, group_sizes, seen, spoken

_S: Final = rf"[{WIDE_GAP}]{{0,3}}"
_G: Final = rf"[{GAP}]{{0,2}}"
#: A number neither goes on nor belongs to what is masked already, and is no decimal fraction.
_START: Final = r"(?<![0-9*])(?<![0-9*]\.)"
_END: Final = r"(?![0-9*])(?!\.[0-9]{1,3}(?![0-9]))"
_PREFIX: Final = rf"(?:(?:[(（](?:\+|00)?86[)）]|(?:\+|00)?86){_S})"

_MOBILE: Final = re.compile(rf"{_START}{_PREFIX}?(1{_S}[3-9](?:{_S}[0-9]){{9}}){_END}")
_LANDLINE: Final = re.compile(
    rf"{_START}([(（]?0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?){_G}([2-9](?:{_G}[0-9]){{6,7}}){_END}"
)
_ABROAD: Final = re.compile(
    rf"{_START}((?:\+|00)86{_G}[(（]?0?(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?){_G}"
    rf"([2-9](?:{_G}[0-9]){{6,7}}){_END}"
)
_LOCAL: Final = re.compile(
    r"((?:电话|手机|座机|固话|致电|联系方式|号码|[Tt][Ee][Ll])(?:号码)?[:：是为\s]{0,3})"
    rf"([2-9][0-9]{{2,3}}[\s\-]?[0-9]{{4}}){_END}"
)
_COMPANY: Final = re.compile(rf"{_START}([48]00)({_G}[0-9](?:{_G}[0-9]){{6}}){_END}")
_FOREIGN: Final = re.compile(
    rf"{_START}\(?(?!400|8(?:00|33|44|55|66|77|88))[2-9][0-9]{{2}}\)?[-. ]\s?[0-9]{{3}}[-.]"
    rf"[0-9]{{4}}{_END}"
)
#: How people write a mobile: other groups are dates, money or lists of numbers.
_GROUPED: Final = frozenset(
    {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 3, 3, 2), (3, 2, 3, 3), (3, 2, 2, 2, 2),
     (3, 2, 2, 4), (3, 4, 2, 2), (3, 2, 6), (3, 5, 3), (3, 6, 2), (3, 1, 7), (3, 4, 3, 1)}
)  # fmt: skip
_COMMAS: Final = re.compile("[,，、]")
_CALLED: Final = re.compile(
    r"(?:电话|手机|号码|联系|微信|TEL|PHONE|MOBILE|WX|VX|QQ|V)[^0-9*]{0,4}\Z", re.IGNORECASE
)
_TICKET: Final = re.compile(
    r"(?:工单|案件|事件|任务|受理|流水|申请|合同|快递|运单|凭证|发票|设备|资产|部件|网格|批次|条码|序列"
    r"|订|单|票|编|文|批|件|码)(?:编)?(?:号|码)(?:码)?(?:[:：为是]|\s){0,3}\Z|(?:编码|代码|二维码|条形码)[:：为是\s]{0,3}\Z"
)
_UPPER: Final = re.compile(r"[A-Z][0-9]{0,6}[\-_]?\Z")
_SHORT_CALL: Final = re.compile(r"(?:TEL|PHONE|MOBILE|WX|VX|QQ|V)[:.]?\s*\Z", re.IGNORECASE)
_MEASURED: Final = re.compile(
    r"\s?(?:万|亿)?(?:元|米|吨|平方|立方|公里|千瓦|度|人次|字节|[Kk][Ww][Hh])"
)
_PUBLIC: Final = re.compile(
    r"(?:热线|客服|服务|官方|咨询|监督|举报|投诉|报修|订票|总机)(?:电话|号码|热线|号)?[:：为是\s]{0,3}\Z"
)
_AND: Final = re.compile(r"[、,，和或及/\s]{1,3}")
_SPOKEN: Final = re.compile(
    r"(?:[〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖][\s\-—－.·]{0,2}){2}|[0-9][oOlI|]|[oOlI|][0-9]"
)
_SPOKEN_RUN: Final = re.compile(
    r"(?:[〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖0-9oOlI|][\s\-—－.·]{0,2}){7,30}"
)


def find(text: str) -> Iterator[Found]:
    """Yield the numbers in a text that has been made plain."""
    yield from _mobiles(text, text)
    if _SPOKEN.search(text) and _SPOKEN_RUN.search(text):
        yield from _spoken(text, spoken(text))
    for pattern in (_ABROAD, _LANDLINE):
        for match in pattern.finditer(text):
            if not is_ticket(text, match.start()):
                yield _kept(match, f"{match[1]}-****{digits_of(match[2])[-4:]}")
    for match in _LOCAL.finditer(text):
        yield Found(Kind.PHONE, match.start(2), match.end(), f"****{match[2][-4:]}")
    yield from _companies(text)
    for match in _FOREIGN.finditer(text):
        yield _kept(match, f"***-***-{match[0][-4:]}")


def is_ticket(text: str, start: int) -> bool:
    """Tell whether what begins at `start` is the number of an order, a case, a thing."""
    before = text[max(0, start - 12) : start]
    upper = _UPPER.search(before)
    return bool((upper and not _SHORT_CALL.search(before)) or _TICKET.search(before))


def _mobiles(text: str, said: str) -> Iterator[Found]:
    """Find mobiles in `said`; contexts are read in `text`."""
    at = 0
    while match := _MOBILE.search(said, at):
        at = match.start() + 1
        before = text[max(0, match.start() - 12) : match.start()]
        if _MEASURED.match(text, match.end()) or is_ticket(text, match.start()):
            at = match.end()
        elif _grouped(match[1], called=bool(_CALLED.search(before))):
            at = match.end()
            digits = digits_of(match[1])
            prefix = "+86 " if match.start(1) > match.start() else ""
            yield _kept(match, f"{prefix}{digits[:3]}****{digits[-4:]}")


def _grouped(number: str, *, called: bool) -> bool:
    sizes = group_sizes(number)
    if _COMMAS.search(number) and sizes != (3, 4, 4):
        return False
    if len(sizes) == len(digits_of(number)):  # one by one, the same between all
        return len(set(re.split(r"[0-9]", seen(number))[1:-1])) == 1
    return called or sizes in _GROUPED


def _spoken(text: str, said: str) -> Iterator[Found]:
    """Find what is a number only when numerals and letters are read as digits."""
    for found in _mobiles(text, said):
        written = text[found.start : found.end]
        digits = len(digits_of(written))
        letters = sum(c in "oOlI|" for c in written)
        if digits < 11 and (digits >= 8 or letters == 0):
            yield found
    for match in _LANDLINE.finditer(said):
        if not digits_of(text[match.start() : match.end()]):
            last = digits_of(match[2])[-4:]
            yield _kept(match, f"{match[1]}-****{last}")


def _companies(text: str) -> Iterator[Found]:
    """Find 400 and 800 numbers, except those that a text calls a public line."""
    public = -1
    for match in _COMPANY.finditer(text):
        before = text[max(0, match.start() - 10) : match.start()]
        listed = public >= 0 and _AND.fullmatch(text, public, match.start())
        if _PUBLIC.search(before) or listed:
            public = match.end()
        elif not (is_ticket(text, match.start()) or _MEASURED.match(text, match.end())):
            yield _kept(match, f"{match[1]}****{digits_of(match[2])[-4:]}")


def _kept(match: re.Match[str], shown: str) -> Found:
    return Found(Kind.PHONE, match.start(), match.end(), shown)
