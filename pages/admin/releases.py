"""导出审批: requests to take personal data out, decided by somebody else than who asked."""

from govdash.core.permissions import Permission
from govdash.web import open_page, releases, workparts
from govdash.web.acting import say_outcome

with open_page("导出审批", needs=Permission.EXPORT_APPROVE) as page:
    workparts.style()
    say_outcome()
    releases.decide_panel(page)
