"""The few pages that are no Streamlit page: one plain frame, in the colours of the others."""

from html import escape
from typing import Final

from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.figures.palette import DARK, FONT, LIGHT, Palette

DEMO: Final = "演示环境：城市、人物和事件都是虚构的"
_STYLE: Final = """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-content:center;justify-items:center;gap:1rem;
padding:1.5rem;background:var(--ground);color:var(--text);font:15px/1.6 %(font)s}
header{text-align:center}header b{font-size:1.35rem;letter-spacing:.04em}
header small{display:block;color:var(--sub)}
main{width:min(25rem,92vw);background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:1.4rem 1.6rem 1.5rem}
h1{font-size:1.1rem;margin:0 0 .8rem}p{margin:.5rem 0;color:var(--sub)}
label{display:block;margin:.7rem 0 .2rem;font-size:.92rem}
input{width:100%%;font:inherit;padding:.5rem .65rem;border:1px solid var(--line);border-radius:6px;
background:var(--ground);color:var(--text)}
input:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--primary);
outline-offset:1px}
button,.button{display:block;width:100%%;margin-top:1.1rem;padding:.55rem;font:inherit;
font-weight:600;text-align:center;text-decoration:none;border:0;border-radius:6px;
background:var(--primary);color:var(--on);cursor:pointer}
ul{padding-left:1.1rem;color:var(--sub);font-size:.92rem}li{margin:.35rem 0}
a{color:var(--primary)}.quiet{display:block;text-align:center;margin-top:.9rem;font-size:.92rem}
.bad{border-left:3px solid var(--bad);padding:.35rem .7rem;margin:0 0 .8rem;color:var(--bad);
background:color-mix(in srgb,var(--bad) 7%%,transparent)}
.demo{padding:.15rem .8rem;border-radius:1rem;font-size:.88rem;background:#F5CB3C;color:#3A2E00}
.qr{display:block;width:11rem;margin:.4rem auto;padding:.6rem;background:#fff;border-radius:6px}
code{overflow-wrap:anywhere;font-size:1rem;letter-spacing:.06em;color:var(--text)}
"""


def page(title: str, body: str, settings: Settings) -> str:
    """Write a page; `body` is markup, in which texts from outside were escaped."""
    demo = f'<div class="demo">{DEMO}</div>' if settings.mode is Mode.DEMO else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{escape(title)} · 城市运行监测与处置平台</title>"
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f'<meta name="color-scheme" content="light dark"><style>{_style()}</style></head><body>'
        f"<header><b>城市运行监测与处置平台</b><small>govdash</small></header>{demo}"
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def trouble(said: str) -> str:
    """Write what is wrong; read out at once by screen readers."""
    return f'<p class="bad" role="alert">{escape(said)}</p>' if said else ""


def field(name: str, label: str, value: str = "", *, kind: str = "text", **more: str) -> str:
    """Write one field with its label; in names of `more` an underscore stands for a hyphen."""
    told = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(v)}"' for k, v in more.items())
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}" required{told}>'
    )


def hidden(name: str, value: str) -> str:
    """Write a field that is sent along."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def form(action: str, button: str, *fields: str) -> str:
    """Write a form."""
    return (
        f'<form method="post" action="{escape(action)}">{"".join(fields)}'
        f'<button type="submit">{escape(button)}</button></form>'
    )


def link(address: str, text: str, *, cls: str = "quiet") -> str:
    """Write a link."""
    return f'<a class="{cls}" href="{escape(address)}">{escape(text)}</a>'


def _style() -> str:
    light, dark = _colours(LIGHT, "#FFFFFF"), _colours(DARK, "#0B1220")
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}" + _STYLE % {
        "font": FONT
    }


def _colours(chosen: Palette, on: str) -> str:
    names = ("ground", "card", "line", "text", "sub", "primary", "bad")
    return "".join(f"--{name}:{getattr(chosen, name)};" for name in names) + f"--on:{on};"
