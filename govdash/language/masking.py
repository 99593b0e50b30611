"""The first masker: phones, identity cards, plates, names and the like in free Chinese text.

What is masked can be read again by nobody; the raw text stays in the person table. Public
hotlines (12345, 110, 400…) and ticket numbers stay as they are. Masking twice changes nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from govdash.language.surnames import DOUBLE, SINGLE

_WIDE: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_TITLES: Final = "先生|女士|小姐|阿姨|大爷|大妈|师傅|老师|同志|夫妇"
_ROLES: Final = (
    "联系人|姓名|来电人|来电者|投诉人|举报人|反映人|诉求人|报案人|申请人|当事人|业主|户主|求助人|"
    "报修人|市民|负责人"
)
_SURNAME: Final = f"(?:{'|'.join(DOUBLE)}|[{SINGLE}])"
#: What may follow a name: without one of these, Chinese text does not say where the name ends.
_NAME_END: Final = (
    r"(?=[^\u4e00-\u9fff]|$|电话|手机|联系|先生|女士|小姐|表示|反映|反应|来电|致电|投诉|举报|"
    r"称|说|要求|认为|希望|咨询|求助|身份|住址|地址|家住|住在)"
)
#: Common words that begin with a family name.
_WORDS: Final = (
    "(?!方面|周边|周围|高度|陈述|严重|严格|项目|车辆|陆续|连日|何时|何人|任何|任意|金额|左侧|左右|石头|"
    "党员|安全|房屋|路边|路过|路面|程度|卫生|单位|包括|包含|万分|付款|付费|卓越|凌晨|盛夏|钟头|汤水|曾经|曾向|曾多|曾在|"
    "曾因|高中|高校|方便|白天|高级|单独|全体|双方)"
)
_SEP: Final = r"[\s\-—－.·]?"

#: RE2 over whole columns: texts without any of these need no closer look.
_TRIGGER: Final = (
    rf"[0-9０-９]{{5}}|[0-9０-９][)）\s\-—－.·]+[0-9０-９]{{3}}|{_TITLES}|{_ROLES}"
    rf"|[{_PROVINCES}][A-Za-z]|@|微信|wx|vx|VX|WX|QQ|qq|Qq"
)
_QUICK: Final = re.compile(_TRIGGER)

_TICKET: Final = (
    r"(?:工单|案件|事件|任务|受理|流水|订|单|票|编|文|批)(?:编)?(?:号|码)(?:码)?(?:[:：为是]|\s)*$"
)
_IS_TICKET: Final = re.compile(_TICKET)
_UPPER: Final = re.compile(r"[A-Z0-9]*[A-Z][\-_]?$")
_CALLED: Final = re.compile(r"(?:TEL|PHONE|MOBILE|WX|VX|QQ|V)[:.]?\s*$", re.IGNORECASE)

_MOBILE: Final = re.compile(rf"(?<!\d)1[3-9]\d{_SEP}\d{{4}}{_SEP}\d{{4}}(?!\d)")
_PREFIXED: Final = re.compile(
    rf"(?<!\d)(?:\+|00)?86{_SEP}(1[3-9]\d{_SEP}\d{{4}}{_SEP}\d{{4}})(?!\d)"
)
_LANDLINE: Final = re.compile(
    r"(?<!\d)([(（]?0(?:10|2\d|[3-9]\d{2})[)）]?)[\s\-—－]?([2-9]\d{2,3}[\s\-]?\d{4})(?!\d)"
)
_LOCAL: Final = re.compile(
    r"((?:电话|手机|座机|固话|致电|联系方式|号码|[Tt][Ee][Ll])(?:号码)?[:：是为\s]{0,3})"
    r"([2-8]\d{2,3}[\s\-]?\d{4})(?!\d)"
)
_FOREIGN: Final = re.compile(
    r"(?<!\d)\(?(?!400|8(?:00|33|44|55|66|77|88))[2-9]\d{2}\)?[-. ]\s?\d{3}[-.]\d{4}(?!\d)"
)
_IDENTITY: Final = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})([\s\-]?(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"[\s\-]?)(\d{3}[\dXx])(?![0-9A-Za-z])"
)
_SAID_IDENTITY: Final = re.compile(
    r"((?:身份证|证件)(?:号码|号)?[:：是为\s]{0,3})(\d{6})(?:\d{5}(\d{4})|\d{8}(\d{3}[\dXx]))(?!\d)"
)
_CARD: Final = re.compile(
    r"((?:银行卡|卡号|账号|帐号|账户)(?:号码|号)?[:：是为\s]{0,3})(\d[\d \-]{10,21}\d)(?!\d)"
)
_PLATE: Final = re.compile(
    rf"([{_PROVINCES}][A-HJ-NP-Za-hj-np-z])([·•・\s\-]?)"
    r"([A-HJ-NP-Za-hj-np-z0-9]{4}(?:[A-HJ-NP-Za-hj-np-z0-9]{1,2}|[学警港澳挂]))(?![A-Za-z0-9])"
)
_MAIL: Final = re.compile(
    r"(?<![A-Za-z0-9_.*])([A-Za-z0-9])[A-Za-z0-9._%+\-]*@([A-Za-z0-9\-]+\.[A-Za-z0-9.\-]+)"
)
_CHAT: Final = re.compile(
    r"((?:微信|[WwVv][Xx]|[Qq][Qq])(?:号码|号)?[:：是为\s]{0,3})([A-Za-z0-9][A-Za-z0-9_\-]{4,19})"
)
_TITLED: Final = re.compile(rf"{_WORDS}({_SURNAME})([\u4e00-\u9fff]{{1,2}})(?={_TITLES})")
_NAMED: Final = re.compile(
    rf"((?:{_ROLES})[:：为是叫\s]{{0,3}}){_WORDS}({_SURNAME})([\u4e00-\u9fff]{{1,2}}?){_NAME_END}"
)
_LABELLED: Final = re.compile(
    rf"((?:联系人|姓名|来电人|投诉人|举报人|反映人|诉求人|报案人|申请人)\s?[:：]\s?)"
    rf"{_WORDS}([\u4e00-\u9fff])([\u4e00-\u9fff]{{1,3}}?){_NAME_END}"
)


def mask(text: str) -> str:
    """Return `text` without what would tell who a person is."""
    if not _QUICK.search(text):
        return text
    return _mask(text)


def mask_series(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Mask each text of a Series; missing values stay. Texts with nothing to mask cost little."""
    told = pa.array(texts, pa.large_string(), from_pandas=True)
    look = pc.fill_null(pc.match_substring_regex(told, _TRIGGER), fill_value=False)  # pyright: ignore[reportAttributeAccessIssue]  # pyarrow makes it at run time
    chosen = look.to_numpy(zero_copy_only=False)
    if not chosen.any():
        return texts.copy()
    masked = texts.astype(object).to_numpy(copy=True)
    masked[chosen] = [_mask(text) for text in masked[chosen]]
    return pd.Series(masked, index=texts.index, name=texts.name, dtype=texts.dtype)


def reporter_key(contact: str, key: str) -> str | None:
    """Return a keyed fingerprint of a contact: the same person, without saying who.

    Phone numbers are compared by their digits without the country code, anything else by its
    text. None when there is no contact.
    """
    plain = "".join(contact.translate(_WIDE).split()).casefold()
    digits = re.sub(r"\D", "", plain)
    if len(digits) >= 7 and not re.search(r"[a-z@\u4e00-\u9fff]", plain):  # a phone number
        plain = re.sub(r"^(?:0{0,2}86)(?=1\d{10}$)", "", digits)
    if not plain.strip("-—*/无"):
        return None
    return hmac.new(key.encode(), plain.encode(), hashlib.sha256).hexdigest()[:32]


def _mask(text: str) -> str:
    text = text.translate(_WIDE)
    for needed, rules in _GROUPS:
        if needed.search(text):
            for pattern, replace in rules:
                text = pattern.sub(replace, text)
    return text


def _keep_ends(first: int, last: int) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        return f"{digits[:first]}****{digits[-last:]}"

    return replace


def _mobile(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 12) : match.start()]
    upper = _UPPER.search(before)
    ticket = (upper and not _CALLED.search(before)) or _IS_TICKET.search(before)
    return match[0] if ticket else _keep_ends(3, 4)(match)


def _prefixed(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[1])
    return f"+86 {digits[:3]}****{digits[-4:]}"


def _landline(match: re.Match[str]) -> str:
    return f"{match[1]}-****{match[2][-4:]}"


def _identity(match: re.Match[str]) -> str:
    digits = re.sub(r"[\s\-]", "", match[0]).upper()
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
    total = sum(w * int(d) for w, d in zip(weights, digits, strict=False))
    if "10X98765432"[total % 11] != digits[17]:
        return match[0]
    return f"{digits[:6]}********{digits[-4:]}"


def _plate(match: re.Match[str]) -> str:
    if sum(c.isdigit() for c in match[3]) < 2:  # a word in capitals
        return match[0]
    return f"{match[1]}{match[2]}***{match[3][-2:]}"


def _name(match: re.Match[str]) -> str:
    *before, surname, given = match.groups()
    return "".join(before) + surname + "*" * len(given)


_Rule: TypeAlias = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
#: A quick look, and the rules that are worth trying when it finds something.
_GROUPS: Final[tuple[tuple[re.Pattern[str], tuple[_Rule, ...]], ...]] = (
    (
        re.compile(r"\d{3}"),
        (
            (_SAID_IDENTITY, lambda m: f"{m[1]}{m[2]}********{m[3] or m[4]}"),
            (_IDENTITY, _identity),
            (_CARD, lambda m: f"{m[1]}****{re.sub(r'[ -]', '', m[2])[-4:]}"),
            (_PREFIXED, _prefixed),
            (_MOBILE, _mobile),
            (_LANDLINE, _landline),
            (_LOCAL, lambda m: f"{m[1]}****{m[2][-4:]}"),
            (_FOREIGN, lambda m: f"***-***-{m[0][-4:]}"),
        ),
    ),
    (re.compile(rf"[{_PROVINCES}][A-Za-z]"), ((_PLATE, _plate),)),
    (re.compile("@"), ((_MAIL, lambda m: f"{m[1]}***@{m[2]}"),)),
    (
        re.compile("微信|[WwVv][Xx]|[Qq][Qq]"),
        ((_CHAT, lambda m: f"{m[1]}{m[2][:1]}***"),),
    ),
    (re.compile(_TITLES), ((_TITLED, _name),)),
    (re.compile(_ROLES), ((_LABELLED, _name), (_NAMED, _name))),
)
