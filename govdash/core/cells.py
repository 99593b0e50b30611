"""Texts that a spreadsheet would not take as they are, and the apostrophe that protects them.

A cell beginning with ``=``, ``+``, ``-``, ``@``, tab or line break (or a full-width twin) is run
as a formula; more than 15 digits lose the last ones; leading zeros vanish; ``12e34`` turns into a
number. Exports put one apostrophe before them, imports take exactly one away: what already began
with apostrophes survives both ways. Plain negative numbers are left alone.
"""

import re
from typing import Final

_RISKY: Final = r"[=+\-@\t\r\n＝＋－＠]|0\d+\Z|\d{16,}\Z|\d+[eE]\d+\Z"
_GUARDED: Final = re.compile(rf"'*(?:{_RISKY})")
_UNGUARDED: Final = re.compile(rf"'(?='*(?:{_RISKY}))")
_NUMBER: Final = re.compile(r"-\d+(?:\.\d+)?\Z")
_FIRST: Final = frozenset("'=+-@\t\r\n＝＋－＠0123456789")  # quick look before the pattern


def guard(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run or change."""
    if text[:1] not in _FIRST or not _GUARDED.match(text) or _NUMBER.match(text):
        return text
    return "'" + text


def unguard(text: str) -> str:
    """Take away the apostrophe that `guard` put there; any other text stays."""
    return text[1:] if text[:1] == "'" and _UNGUARDED.match(text) else text
