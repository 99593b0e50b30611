"""Whether every number in the sentences of a report stands in its tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from govdash.report.brief.document import Document

#: A number as it is written: 1,234 or 12.3 or +3.2% or -5; letters before it belong to a code.
_NUMBER: Final = re.compile(r"(?<![A-Za-z\d.,*])[+\-−]?\d[\d,]*(?:\.\d+)?%?(?![\d*])")
#: What is no figure: dates, hours, numbers of things and numerals of the text's own order.
_NO_FIGURE: Final = re.compile(
    r"\d{4}年|\d{1,2}月\d{1,2}日|\d{1,2}月|\d{1,2}日|\d{1,2}时|\d{1,2}:\d{2}|"
    r"\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|[A-Z]{2}-\d{8}-\d{4}|12345|第\d+"
)


@dataclass(frozen=True, slots=True)
class Unfounded:
    """A number in a sentence that no table holds."""

    section: str
    number: str
    sentence: str


def unfounded(document: Document) -> list[Unfounded]:
    """Return the numbers of sentences that stand in no table of the report.

    A sign in a table may be a word in a sentence (下降 5.0% for -5.0%), so signs aren't compared.
    """
    known = {_bare(number) for text in _tabled(document) for number in _NUMBER.findall(text)}
    return [
        Unfounded(section.title, number, sentence)
        for section in document.sections
        for sentence in section.paragraphs
        for number in _numbers(sentence)
        if _bare(number) not in known
    ]


def _numbers(sentence: str) -> Iterator[str]:
    yield from _NUMBER.findall(_NO_FIGURE.sub(" ", sentence))


def _tabled(document: Document) -> Iterator[str]:
    """Yield all that tables say: titles, notes and cells."""
    for table in document.tables():
        yield table.title
        yield table.note
        yield from (text for row in table.texts() for text in row)


def _bare(number: str) -> str:
    return number.lstrip("+-−").replace(",", "")
