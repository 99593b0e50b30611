"""Texts that a source may send to break a page, a file or a database, in every field there is."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from govdash.core.settings import ROOT

MARK = "hstl"  # stands in every text, so that one can be found again

TEXTS = (
    f"{MARK}01<script>window.hostile=1;alert(1)</script>",
    f'{MARK}02<img src=x onerror="window.hostile=2;alert(2)"><svg onload=alert(3)>',
    f"{MARK}03\"'><iframe src=javascript:alert(4)></iframe></textarea></style></title>",
    f"{MARK}04 [点这里](javascript:alert(5)) ![像](http://tracker.example/x.png) <http://a.example>",
    f"{MARK}05 **粗** _斜_ `码` $x^2$ :red[红] :material/home: # 题 | a | b |",
    f"=cmd|' /C calc'!A0 {MARK}06",
    f"@SUM(1+1)*cmd|' /C calc'!A0 {MARK}07",
    f'+HYPERLINK("http://evil.example","{MARK}08")',
    f"-2+3+cmd|' /C calc'!A0 {MARK}09",
    f"{MARK}10'; DROP TABLE events; -- \" OR 1=1 /* %s %(x)s :x ? \\",
    f"{MARK}11 {{{{7*7}}}} ${{7*7}} {{0.__class__}} %{{x}} <%= 7*7 %> #{{7*7}}",
    f"{MARK}12 \u202e倒过来\u202c \u2066隔\u2069 \u200f右",
    f"{MARK}13\u200b零\u200d宽\ufeff\u2060",
    f"{MARK}14\x00空\x07\x1b[31m\x7f",
    f"{MARK}15 مرحبا שלום",
    f"{MARK}16\u2028行\u2029段\r\n=1+1\n\t=2+2",
    f"{MARK}17 \ud83d\ude00𠮷\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301".encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16"),
    f"{MARK}18&lt;b&gt;&amp;&#60;script&#62;alert(6)&#60;/script&#62;",
    f"＝{MARK}19全角",
    f"{MARK}20" + "长" * 30_000,  # close to the limit of a field
)
CANONICAL = yaml.safe_load((ROOT / "data/profiles/canonical.yaml").read_text("utf-8"))["columns"]
#: Every field of the canonical profile that holds text as it comes.
FIELDS = tuple(
    name
    for name in CANONICAL
    if not name.endswith("_at") and name not in {"lon", "lat", "source_id", "area_code"}
)


def rows(at: datetime) -> list[dict[str, str]]:
    """Return a row for each text in every field, and for each field alone."""
    made = []
    for n, text in enumerate(TEXTS):
        made.append(_row(f"{text[:60]}", n, at) | dict.fromkeys(FIELDS, text))
        made += [_row(f"X{n:02d}-{field}", n, at) | {field: text} for field in FIELDS]
    return made


def _row(source_id: str, n: int, at: datetime) -> dict[str, str]:
    return {
        "source_id": source_id,
        "reported_at": (at - timedelta(minutes=20 + n)).isoformat(),
        "category": "A-06010",
        "lon": "0.5",
        "lat": "0.5",
        "title": "路边垃圾",
        "channel": "hotline",
    }


def write_csv(path: Path, told: list[dict[str, str]]) -> None:
    """Write rows as a CSV file."""
    columns = list(dict.fromkeys(name for row in told for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(told)


def write_json(path: Path, told: list[dict[str, str]]) -> None:
    """Write rows as a JSON array."""
    path.write_text(json.dumps(told), encoding="utf-8")
