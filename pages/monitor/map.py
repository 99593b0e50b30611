"""一张图: where things happen, live."""

from govdash.core.permissions import Permission
from govdash.web import mapview, open_page

with open_page("一张图", needs=Permission.EVENT_READ) as page:
    page.filters(default="7d")
    mapview.live(page)
