"""模型评测: how good detection is on this city, in figures that a manager can read."""

from govdash.core.permissions import Permission
from govdash.web import evaluating, evaluation, open_page, workparts

with open_page("模型评测", needs=Permission.STATUS_READ) as page:
    workparts.style()
    evaluation.style()
    result = evaluation.choose(page)
    evaluating.begin_button(page)
    evaluating.progress_panel(page)
    if result is None:
        evaluation.nothing(page)
    else:
        evaluation.screen(page, result)
