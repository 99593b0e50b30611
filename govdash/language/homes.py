"""Finds where people live, below the street: compound, number, building, staircase, room.

Streets and public places stay, and so do a house number or a building where something happened:
who is sent there must find it. An address is a home's when it goes down to the staircase or the
door, or when the text says that somebody lives there.
"""

import re
from collections.abc import Iterator
from typing import Final

from govdash.language.found import Found, Kind

_HAN: Final = r"\u4e00-\u9fff"
COMPOUNDS: Final = (
    "小区|花园|花苑|新村|新苑|家园|公寓|雅苑|佳苑|名苑|嘉园|豪庭|华庭|华府|名邸|别墅|社区|里弄|家属院|宿舍|"
    "苑|邨|庭|府|湾|城|居|园|村|里|坊|院"
)
_KNOWN: Final = COMPOUNDS.removesuffix("|苑|邨|庭|府|湾|城|居|园|村|里|坊|院")
#: Where a number of rooms is not a home.
_OFFICES: Final = (
    "大厦|大楼|中心|医院|学校|小学|中学|大学|学院|幼儿园|政府|法院|派出所|公安局|机关|酒店|宾馆|商场|广场|写字楼|"
    "办公楼|公园|超市|地铁口|路口|图书馆|车站|机场|市场|银行|门诊|病房|教学楼|综合楼|实验楼|服务站|居委会|委员会|局|馆|厅|公司"
)
_NUMBER: Final = (
    r"(?:[0-9]{1,5}[A-Za-z]?|[A-Za-z][\-]?[0-9]{0,4}|[一二三四五六七八九十百零〇甲乙丙丁]{1,4})"
)
_LEVEL: Final = (
    r"(?:号楼|号院|栋|幢|座|弄|单元|号(?!线|门|码|文|令|公告|公路|高速|国道|省道|会议|办公|窗口|工单|案|机|桥|井|杆|路|泵|车|出口|口|地块|标段)"
    r"|#楼|#|层|楼|室(?![外内友])|房(?![子屋产东顶客])|门(?=[\s,，\-]?[0-9]))"
)
_GAP: Final = r"[\s,，\-－—·]{0,2}"
_CHAIN: Final = re.compile(
    rf"(?<![0-9A-Za-z*.一二三四五六七八九十百第])(?:{_NUMBER}{_LEVEL}{_GAP}){{0,5}}{_NUMBER}{_LEVEL}"
    r"(?:(?<=[楼栋幢座弄元号#层])[\s\-－—]{0,2}[0-9]{3,4}(?!\s?[\-－—]?[0-9*]|[元年月日个人辆次点时米度%号路弄]))?"
)
#: 3-2-501 after a name; 12-10-2026 is a day.
_SHORT: Final = re.compile(
    rf"(?<=[{_HAN}])\s?([0-9]{{1,3}}(?:[\-－—#/][0-9]{{1,3}}){{0,2}}[\-－—#/]"
    r"[0-9]{1,4}室?)(?![0-9*\-.年月日岁号])"
)
_PART: Final = re.compile(_NUMBER)
_BUILDING: Final = re.compile(r"号楼|号院|栋|幢|座|弄|号|#")
_ROOM: Final = re.compile(rf"[0-9A-Za-z一二三四五六七八九十]{_GAP}(?:室|房|门)|[0-9]{{3,4}}\Z")
_HALLS: Final = re.compile(r"[一二三四五0-9两]\s?[厅卫厨]")
_LIVES: Final = (
    r"(?:家住|住在|住址|居住于|居住在|现居住|租住|现住|暂住|户籍地址|户籍地|户籍所在地|家庭地址|联系地址|家庭住址|收件地址|收货地址"
    r"|我家在|家在|(?:我|他|她|本人|夫妇|一家|女士|先生|业主|市民|老人|家里)住)"
)
_LIVES_BEFORE: Final = re.compile(rf"{_LIVES}[^。；;！!？?\n*，,]{{0,24}}\Z")
_LIVES_IN: Final = re.compile(
    rf"{_LIVES}(?:于|是|为|[:：\s]){{0,2}}([{_HAN}]{{2,14}}?(?:{_KNOWN}))"
)
_LIVES_SOMEWHERE: Final = re.compile(
    rf"{_LIVES}(?:于|是|为|[:：\s]){{0,2}}([{_HAN}]{{2,14}})(?=[^{_HAN}0-9*+]|\Z|[0-9]{{1,3}}(?:[号栋幢]|\-[0-9]))"
)
#: No name of a place to live: "家住附近", "住在楼上".
_VAGUE: Final = re.compile(
    rf"附近|隔壁|对面|旁边|楼|层|里面|这里|那里|外地|农村|本地|乡下|当地|[路街巷镇乡区县市省道边上下侧口]\Z|(?:{_OFFICES})"
)
_COMPOUND_BEFORE: Final = re.compile(
    rf"[{_HAN}]{{1,10}}(?:{COMPOUNDS})(?:[东西南北中]区|[一二三四五六七八九]期)?\s?\Z"
)
_KIND: Final = re.compile(rf"(?:{COMPOUNDS})(?:[东西南北中]区|[一二三四五六七八九]期)?\s?\Z")
#: Something between a street (or its number) and a building is the name of a compound.
_NAME_BEFORE: Final = re.compile(rf"(?:[路街巷弄号镇乡]|大道|街道)[{_HAN}]{{2,8}}\Z")
_NUMBER_BEFORE: Final = re.compile(rf"(?<![0-9A-Za-z*]){_NUMBER}(?:号|弄)\s?\Z")
_OFFICE_BEFORE: Final = re.compile(rf"(?:{_OFFICES})[\s,，内的]{{0,2}}\Z")
#: A compound's name begins after one of these.
_CUT: Final = re.compile(
    r"大道|街道|马路|(?<!铁)路|和(?!平|谐|美|睦|顺|园|合)|[街巷道镇乡区县省号弄]|(?<!都)市|[在住于是为址向到至的与及由]|位于|反映|关于|附近|旁边|对面|来电|投诉"
)
SEEN: Final = re.compile(
    rf"单元|[0-9A-Za-z十百零〇一二三四五六七八九]{_GAP}(?:[栋幢座弄#层楼室房]|号)|{_LIVES}|[0-9][\-－—#/][0-9]"
)


def find(text: str) -> Iterator[Found]:
    """Yield homes: from the compound's name down to the door."""
    for match in _CHAIN.finditer(text):
        if _is_home(text, match):
            yield _hidden(text, match.start(), match.end())
    for match in _SHORT.finditer(text):
        if _is_short_home(text, match):
            yield _hidden(text, match.start(1), match.end())
    for match in _LIVES_IN.finditer(text):
        yield from _lived_in(text, match)
    for match in _LIVES_SOMEWHERE.finditer(text):
        if not _VAGUE.search(match[1]):
            yield from _lived_in(text, match)


def below_street(address: str) -> str:
    """Hide everything below the street of an address that is known to be a person's."""
    at = 0
    for match in re.finditer(r"大道|街道|[路街巷镇乡]", address):
        at = match.end()
    if not at:
        for match in re.finditer(r"[省市区县州盟旗]", address):
            at = match.end()
    return address[:at] + ("***" if address[at:].strip() else "")


def _is_home(text: str, match: re.Match[str]) -> bool:
    chain = match[0].strip()
    before = text[max(0, match.start() - 32) : match.start()]
    if _HALLS.match(text, match.end()) or _OFFICE_BEFORE.search(before):
        return False
    if _LIVES_BEFORE.search(before) or ("单元" in chain and chain != "单元"):
        return True
    if not _ROOM.search(chain):
        return False
    return bool(_BUILDING.search(chain) or _COMPOUND_BEFORE.search(before))


def _is_short_home(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 14) : match.start(1)]
    if _COMPOUND_BEFORE.search(before):
        return True
    parts = re.split(r"[^0-9]+", match[1].removesuffix("室"))
    a_day = parts[-1][:2] in {"19", "20"} and len(parts[-1]) == 4
    return len(parts) == 3 and len(parts[2]) >= 3 and len(parts[0]) <= 2 and not a_day


def _lived_in(text: str, match: re.Match[str]) -> Iterator[Found]:
    start = _name_start(text, match.start(1), match.end(1))
    if start < match.end(1):
        yield Found(Kind.HOME, start, match.end(1), _starred(text[start : match.end(1)]))


def _hidden(text: str, start: int, end: int) -> Found:
    """Hide a chain of numbers, the compound's name and the street number before it."""
    shown = _PART.sub(lambda m: "*" * len(m[0]), text[start:end])
    window = max(0, start - 14)
    named = _COMPOUND_BEFORE.search(text[window:start]) or _NAME_BEFORE.search(text[window:start])
    if named is None:
        return Found(Kind.HOME, start, end, shown)
    first = _name_start(text, window + named.start(), start)
    shown = _starred(text[first:start]) + shown
    if number := _NUMBER_BEFORE.search(text[max(0, first - 8) : first]):
        shown = _PART.sub(lambda m: "*" * len(m[0]), number[0]) + shown
        first -= len(number[0])
    return Found(Kind.HOME, first, end, shown)


def _name_start(text: str, start: int, end: int) -> int:
    """Return where the name of a compound begins that ends at `end`."""
    kind = _KIND.search(text, start, end)
    for cut in _CUT.finditer(text, start, kind.start() if kind else end):
        start = cut.end()
    return start


def _starred(name: str) -> str:
    """Hide a compound's name, not what it is."""
    kind = _KIND.search(name)
    cut = kind.start() if kind else len(name)
    return "*" * cut + name[cut:]
