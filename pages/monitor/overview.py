"""态势总览: the situation of the city in ten seconds."""

from govdash.core.permissions import Permission
from govdash.web import open_page

with open_page("态势总览", needs=Permission.EVENT_READ) as page:
    query = page.filters(default="today")
