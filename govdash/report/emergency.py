"""An emergency report as a page of its own: to be printed, or opened in a word processor."""

from html import escape
from typing import Any, Final

from govdash.store.emptying import EMPTIED
from govdash.store.models import CaseReport
from govdash.workflow.emergency import UNKNOWN

_STYLE: Final = """
@page{size:A4;margin:25mm 22mm}
body{font:16px/1.7 "FangSong","FangSong_GB2312","Noto Serif CJK SC",serif}
body{max-width:44em;margin:2em auto;color:#000}
h1{font:600 26px/1.4 "SimHei","Noto Sans CJK SC",sans-serif;text-align:center;color:#a50f2b}
.no{display:flex;justify-content:space-between;border-bottom:2px solid #a50f2b;padding-bottom:.3em}
table{width:100%;border-collapse:collapse;margin:1em 0}
th,td{border:1px solid #333;padding:.35em .6em;vertical-align:top;text-align:left}
td{white-space:pre-wrap}
th{width:9em;font-weight:600}
.open{color:#a50f2b;font-weight:600}
"""


def file_name(row: CaseReport) -> str:
    """Return what the file is called."""
    return f"{row.kind.label}_{row.number}.html"


def document(row: CaseReport) -> str:
    """Return a report as one HTML file that needs nothing else; every text is escaped."""
    told: dict[str, Any] = row.told
    facts: list[tuple[str, str]] = [(str(label), str(text)) for label, text in told["facts"]]
    title = f"信息报告（{row.kind.label}）"
    follows = f"<p>续接 {escape(told['follows'])}。</p>" if told["follows"] else ""
    lines = "\n".join(
        f'<tr><th>{escape(label)}</th><td class="{"open" if text == UNKNOWN else ""}">'
        f"{escape(text)}</td></tr>"
        for label, text in facts
    )
    n_open = sum(text == UNKNOWN for _, text in facts)
    if not facts:
        lines = f"<tr><td>{EMPTIED}</td></tr>"
    hint = f"<p>标“{UNKNOWN}”的 {n_open} 项平台尚无信息，请核实后补充。</p>" if n_open else ""
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title} {escape(row.number)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<div class="no"><span>编号 {escape(row.number)}</span><span>案件 {escape(told["case"])}</span></div>
{follows}<table>{lines}</table>
{hint}<p>报告人 {escape(told["by"])}　　报告时间 {escape(told["at"])}</p>
</body></html>
"""
