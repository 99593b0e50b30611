"""The words around a report: when it was made and known, who signed; the words of numbers."""

from datetime import date
from zoneinfo import ZoneInfo

from govdash.report.brief.document import Document, Kind, told


def issued(document: Document) -> str:
    """Return the line at the right of the head: who issues it, when it was made."""
    made = document.made_at.astimezone(ZoneInfo(document.zone))
    signed = f"签发：{document.signed_by}　" if document.signed_by else ""
    if document.number and not document.signed_by:
        signed = "自动发布，未经人工签发　"
    return f"{document.issuer}　{signed}{made:%Y年%-m月%-d日}"


def footer(document: Document) -> str:
    """Return the footer: as of when the data are, when the file was made."""
    zone = ZoneInfo(document.zone)
    known, made = document.as_of.astimezone(zone), document.made_at.astimezone(zone)
    return f"数据截至 {known:%Y-%m-%d %H:%M}　生成于 {made:%Y-%m-%d %H:%M}"


def days(first: date, last: date) -> str:
    """Write a period: one day, or from when to when."""
    if first == last:
        return f"{first:%Y年%-m月%-d日}"
    if first.year != last.year:
        return f"{first:%Y年%-m月%-d日}至{last:%Y年%-m月%-d日}"
    if first.month != last.month:
        return f"{first:%Y年%-m月%-d日}至{last:%-m月%-d日}"
    return f"{first:%Y年%-m月%-d日}至{last:%-d日}"


def change(now: float, before: float | None) -> float | None:
    """Return the relative change; None where there is nothing to compare with."""
    return None if not before else now / before - 1


def changed(ratio: float | None, *, to: str) -> str:
    """Say a change in words: ``环比上升 3.2%``, ``环比持平``, ``环比无可比数据``."""
    if ratio is None:
        return f"{to}无可比数据"
    size = told(abs(ratio), Kind.SHARE)
    if size == told(0.0, Kind.SHARE):
        return f"{to}持平"
    return f"{to}{'上升' if ratio > 0 else '下降'}{size}"


def listed(words: list[str]) -> str:
    """Join words as a Chinese list."""
    return "、".join(words)
