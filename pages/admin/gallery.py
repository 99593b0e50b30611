"""界面部件: every drawn part with its states, to be looked at; in a demo only."""

from govdash.core.permissions import Permission
from govdash.web import gallery, open_page

with open_page("界面部件", needs=Permission.STATUS_READ) as page:
    gallery.screen(page)
