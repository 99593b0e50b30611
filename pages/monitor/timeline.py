"""时间线: when things happened, and where that was out of the ordinary."""

from govdash.core.permissions import Permission
from govdash.web import alertdrawer, open_page, timeview

with open_page("时间线", needs=Permission.EVENT_READ) as page:
    query = page.filters(default="30d")
    timeview.screen(page, query)
    alertdrawer.draw(page)
