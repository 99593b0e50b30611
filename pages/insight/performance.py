"""绩效考核: how streets, units and posts do, with what is behind each figure."""

from govdash.core.permissions import Permission
from govdash.web import kpiboard, open_page, workparts

with open_page("绩效考核", needs=Permission.KPI_READ) as page:
    workparts.style()
    kpiboard.style()
    query = page.filters(default="30d")
    kpiboard.screen(page, query)
