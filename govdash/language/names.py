"""Finds people's names where Chinese text says that a name is coming or has just been."""

import re
from collections.abc import Iterator
from typing import Final

from govdash.language.found import Found, Kind
from govdash.language.surnames import DOUBLE, SINGLE

TITLES: Final = (
    "先生|女士|小姐|太太|阿姨|大爷|大妈|大哥|大姐|大叔|奶奶|爷爷|老伯|师傅|老师|同志|夫妇|"
    "主任|经理|书记|队长|科长|所长|局长|院长|校长"
)
ROLES: Final = (
    "联系人|姓名|来电人|来电者|投诉人|举报人|反映人|诉求人|报案人|申请人|当事人|业主|户主|求助人|"
    "报修人|市民|负责人|租户|房东|患者|死者|伤者|车主|家属|本人|我叫|名叫|我是|老人|司机|"
    "包工头|网格员|店主|老板|法人|法定代表人|开户名|户名|收款人|其父|其母|其子|其女|妻子|丈夫|儿子|女儿"
)
_LABELS: Final = (
    "联系人|姓名|来电人|来电者|投诉人|举报人|反映人|诉求人|报案人|申请人|求助人|报修人|房东|车主|"
    "户主|收款人|户名"
)
_SPACE: Final = r"[\s　]"
#: Family names that are common words too: taken for names where nothing goes before them.
_AMBIGUOUS: Final = "于常易向应平成时和"
#: Looked at first, for it costs least: most characters begin no name.
_FIRST: Final = f"(?=[{SINGLE}{''.join(sorted({name[0] for name in DOUBLE}))}])"
_SURNAME: Final = f"(?:[{SINGLE}]|{'|'.join(DOUBLE)})"
_HAN: Final = r"\u4e00-\u9fff"
#: What may follow a name: without one of these, Chinese text does not say where the name ends.
_NAME_END: Final = (
    rf"(?=[^{_HAN}*]|\Z|电话|手机|联系|先生|女士|表示|反映|反应|来电|致电|投诉|举报|"
    r"称|说|要求|认为|希望|咨询|求助|身份|住址|地址|家住|住在|走失|在|因|被|向|未|已|拒|于\d)"
)
#: Common words that begin with a family name.
_WORDS: Final = (
    "(?!方面|周边|周围|高度|陈述|严重|严格|项目|车辆|陆续|连日|何时|何人|任何|任意|金额|左侧|左右|石头|"
    "党员|安全|房屋|路边|路过|路面|程度|卫生|单位|包括|包含|万分|付款|付费|卓越|凌晨|盛夏|钟头|汤水|曾经|曾向|曾多|曾在|"
    "曾因|高中|高校|方便|白天|高级|单独|全体|双方|马路|马上|金属|石油|黄金|水电|强电|房产|房东|单元|张贴|张扬|"
    "路口|路人|路灯|车主|车位|车子|包工|金融|时常|常常|温馨|江边|田地|田间|山上|林业|安装|钱款|钱财|孔洞|"
    "龙头|毛病|贺电|黑车|白色|红色|黄色|蓝色|黄线|施工|施行|施救|华东|齐全|管理|管道|管线|童车|童装|高空|高压|高温|"
    "余下|余款|关门|关闭|关于|关心|解决|解释|从业|连续|连夜|党组|冷库|冷气|祝愿|伍角|路段|路旁|路中|车流|房子|房租|"
    "武警|武术|文明|文化|段时|时间|季度|严查|严禁|莫名|万元|钟左|钟后|阳台|阳光|明确|游客|池塘|车库|车道|桂花|柳树|方式|电话|康复|付诸|向他|向她|常年|平时|平台|平方|平米|平均|时候|于是|和谐|成为|成立|成员|易燃|易爆|应当|应该|应急|高兴|高速|路过|齐心|单独|单身|时速|万般|连声|单次|车间|党支|党委|党总|党工|全国|全市|全区|路政|林场)"
)
_VERBS: Final = "表示|反映|反应|来电|致电|投诉|举报|要求|认为|希望|咨询|求助|电话|手机|拒不|称|说"
_GIVEN: Final = rf"(?!{TITLES}|{_VERBS}|的|某)([{_HAN}]{{1,2}})"

_APART: Final = rf"({_SPACE}{{1,2}}[{_HAN}](?:{_SPACE}{{0,2}}[{_HAN}])?)"
_BETWEEN: Final = (
    r"[\s,，:：(（、]{0,2}(?:的?(?:联系电话|电话|手机号|手机)[:：是为\s]{0,2})?(?:\+?86[\s\-]?)?\Z"
)
_TITLED: Final = re.compile(
    rf"(?:{_FIRST}(?<![主责担信放]){_WORDS}({_SURNAME})|(?=[{_AMBIGUOUS}])(?<![{_HAN}*]){_WORDS}([{_AMBIGUOUS}]))"
    rf"{_GIVEN}(?={TITLES})"
)
#: At the beginning of a clause, and in a list after another name.
_SAYS: Final = re.compile(
    rf"{_FIRST}(?<![{_HAN}*、]){_WORDS}({_SURNAME})(?!{TITLES}|{_VERBS}|的|某)([{_HAN}]{{1,2}}?)"
    r"(?=反映|反应|表示|来电|致电|投诉|举报)"
)
_SPACED: Final = re.compile(
    rf"(?<![{_HAN}*]){_WORDS}({_SURNAME}|[{_AMBIGUOUS}]){_APART}{_SPACE}{{0,2}}(?={TITLES})"
)
_NAMED: Final = re.compile(
    rf"(?:{ROLES})[:：为是叫\s]{{0,3}}{_WORDS}({_SURNAME}|[{_AMBIGUOUS}])(?!{TITLES}|{_VERBS}|的|某)([{_HAN}]{{1,2}}?){_NAME_END}"
)
_LABELLED: Final = re.compile(
    rf"(?:{_LABELS})\s?[:：]\s?{_WORDS}([{_HAN}])([{_HAN}]{{1,3}}?){_NAME_END}"
)
_LABELLED_SPACED: Final = re.compile(
    rf"(?:{_LABELS})\s?[:：]\s?({_SURNAME}|[{_AMBIGUOUS}]){_APART}(?=[^{_HAN}*]|\Z)"
)
_DOTTED: Final = re.compile(
    rf"(?:{ROLES})[:：为是叫\s]{{0,3}}([{_HAN}])([{_HAN}]{{0,6}}[·•・][{_HAN}]{{1,8}}?){_NAME_END}"
)
_LATIN: Final = re.compile(
    rf"(?:{_LABELS})\s?[:：]\s?([A-Za-z])([A-Za-z'.]{{0,20}}(?:\s[A-Z][A-Za-z'.]{{0,20}}){{1,3}})(?![A-Za-z*])"
)
_BEFORE_NUMBER: Final = re.compile(
    rf"(?:{_FIRST}(?:(?<![{_HAN}*])|(?<=联系)|(?<=致电)|(?<=找)|(?<=由)){_WORDS}({_SURNAME})"
    rf"|(?=[{_AMBIGUOUS}])(?<![{_HAN}*]){_WORDS}([{_AMBIGUOUS}])){_GIVEN}{_BETWEEN}"
)
#: In the middle of a sentence only whole names, set off from the number.
_INSIDE: Final = re.compile(
    rf"{_FIRST}(?<=[{_HAN}]){_WORDS}({_SURNAME})(?!{TITLES}|{_VERBS}|的|某)((?![{_HAN}]?[编号码话机线站院部局所区])[{_HAN}]{{2}})(?=[\s:：(（]){_BETWEEN}"
)
#: Names with spaces or a dot in them, and foreign ones.
_UNUSUAL: Final = re.compile(r"[\s·•・]|[:：][A-Za-z]")
SEEN: Final = re.compile(f"{TITLES}|{ROLES}|反映|反应|表示|来电|致电|投诉|举报")
NUMBER_SEEN: Final = re.compile(r"1[3-9][0-9][\s\-]?[0-9]{4}|身份证")
#: How far a name and what stands between may reach back from a number.
_LONGEST: Final = 18


def find(text: str) -> Iterator[Found]:
    """Yield the names in a text; the family name stays."""
    if SEEN.search(text):
        for pattern in (_TITLED, _NAMED, _LABELLED, _SAYS):
            for match in pattern.finditer(text):
                yield _kept(match)
        if _UNUSUAL.search(text):
            for pattern in (_SPACED, _LABELLED_SPACED, _DOTTED, _LATIN):
                for match in pattern.finditer(text):
                    yield _kept(match)
    for number in NUMBER_SEEN.finditer(text):
        begin, end = max(0, number.start() - _LONGEST), number.start()
        for pattern in (_BEFORE_NUMBER, _INSIDE):
            if match := pattern.search(text, begin, end):
                yield _kept(match)


def _kept(match: re.Match[str]) -> Found:
    last = match.re.groups
    family = 1 if match[1] is not None else 2
    given = "".join(match[last].split())
    shown = match[family] + "*" * len(given)
    return Found(Kind.NAME, match.start(family), match.end(last), shown)
