"""态势总览: the situation of the city in ten seconds."""

from govdash.core.permissions import Permission
from govdash.web import alertdrawer, open_page, overview

with open_page("态势总览", needs=Permission.EVENT_READ) as page:
    page.filters(default="today")
    overview.live(page)
    overview.freshness(page)
    alertdrawer.draw(page)
