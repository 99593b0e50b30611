"""Masks personal data in free Chinese text: one masker for ingest, screens and exports.

What is masked can be read again by nobody; the raw text stays, encrypted, in the person table.
Public hotlines (12345, 110, …), ticket numbers, streets and public places stay as they are.
Masking twice changes nothing, and the time grows with the length of the text.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from govdash.language import handles, homes, names, papers, phones
from govdash.language.found import WIDE_GAP, Found, Kind, plain

#: RE2 over whole columns: texts without any of these need no closer look.
_TRIGGER: Final = (
    r"[\p{Nd}\p{No}〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖oOlI|](?:[\s\p{P}\p{Cf}]{0,3}"
    r"[\p{Nd}\p{No}〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖oOlI|]){4}"
    rf"|{names.SEEN.pattern}|[{handles.PROVINCES}][·•・.．\s\-—_]?[A-Za-zＡ-Ｚａ-ｚ]"
    r"|车牌|牌照|车号|牌号|[@＠]|at[)）\]#]|微信|[WwVvＷｗＶｖ][XxＸｘ]|[QqＱｑ][QqＱｑ]"
    r"|身份证|护照|通行证|军官证|台胞证|居住证|社保卡|医保卡|驾驶证"
    r"|单元|室|房|家住|住在|住址|居住|租住|现住|暂住|户籍|地址|家在|[我他她人妇家士生主民里]住"
    r"|[\p{Nd}\p{No}][号楼栋幢座弄#\-－—/][\s,，\-－—·]{0,2}[\p{Nd}\p{No}]"
)
_Finder: TypeAlias = Callable[[str], Iterator[Found]]
#: A quick look, and the finder that is worth trying when it sees something. The order decides
#: between findings of equal length.
_FINDERS: Final[tuple[tuple[re.Pattern[str], _Finder], ...]] = (
    (re.compile(r"[0-9]{2}|[0-9][^0-9]{1,2}[0-9]"), papers.find),
    (
        re.compile(
            rf"(?:[0-9〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖oOlI|][{WIDE_GAP}]{{0,3}}){{7}}"
        ),
        phones.find,
    ),
    (handles.PLATE_SEEN, handles.plates),
    (handles.MAIL_SEEN, handles.mails),
    (handles.CHAT_SEEN, handles.chats),
    (re.compile(f"{names.SEEN.pattern}|{names.NUMBER_SEEN.pattern}"), names.find),
    (homes.SEEN, homes.find),
)

#: Where two findings overlapped, hiding the longer one can uncover the other: look again.
_ROUNDS: Final = 4
#: What shows a part of what was written; that part is looked at again too.
_OPEN: Final = frozenset({Kind.HOME, Kind.MAIL})


def mask(text: str) -> str:
    """Return `text` without what would tell who a person is."""
    for _ in range(_ROUNDS):
        found, settled = _look(text)
        if not found:
            break
        text = _hide(text, found)
        if settled:
            break
    return text


def find(text: str) -> list[Found]:
    """Return what `mask` hides, by position; none overlaps another, the longest one wins."""
    return _look(text)[0]


def _look(text: str) -> tuple[list[Found], bool]:
    """Find, and tell whether hiding that may leave nothing else to find."""
    read = plain(text)
    told = [one for seen, finder in _FINDERS if seen.search(read) for one in finder(read)]
    told = list(dict.fromkeys(told))
    if len(told) < 2:
        return told, not any(one.kind in _OPEN for one in told)
    told.sort(key=lambda one: one.start - one.end)  # stable: equal ones keep the order
    taken = bytearray(len(text))
    kept: list[Found] = []
    for one in told:
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\x01" * (one.end - one.start)
            kept.append(one)
    settled = len(kept) == len(told) and not any(one.kind in _OPEN for one in kept)
    return sorted(kept, key=lambda one: one.start), settled


def _hide(text: str, found: list[Found]) -> str:
    parts: list[str] = []
    at = 0
    for one in found:
        parts += (text[at : one.start], one.shown)
        at = one.end
    parts.append(text[at:])
    return "".join(parts)


def mask_series(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Mask each text of a Series; missing values stay. Texts with nothing to mask cost little."""
    told = pa.array(texts, pa.large_string(), from_pandas=True)
    look = pc.fill_null(pc.match_substring_regex(told, _TRIGGER), fill_value=False)  # pyright: ignore[reportAttributeAccessIssue]  # pyarrow makes it at run time
    chosen = look.to_numpy(zero_copy_only=False)
    if not chosen.any():
        return texts.copy()
    masked = texts.astype(object).to_numpy(copy=True)
    masked[chosen] = [mask(text) for text in masked[chosen]]
    return pd.Series(masked, index=texts.index, name=texts.name, dtype=texts.dtype)
