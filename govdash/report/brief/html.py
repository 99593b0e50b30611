"""A report as one HTML file that needs nothing else: for screens, and for mail that shows it."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from govdash.report.brief import wording
from govdash.report.brief.document import Document, Mark

#: Escapes every value; SVG is of our own making.
_PAGES: Final = Environment(
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    loader=FileSystemLoader(Path(__file__).parent),
)


def html(document: Document, mark: Mark | None = None) -> str:
    """Return the report as HTML; every text is escaped.

    Rows have no links here: behind a file that went out there is no platform.
    """
    return _PAGES.get_template("brief.html.j2").render(
        d=document,
        mark=mark,
        svg=Markup,
        issued=wording.issued(document),
        footer=wording.footer(document),
    )
