"""The banner over every page when nobody runs the timed jobs: then nobody is told of anything."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from govdash.core.errors import GovDashError
from govdash.web import resources
from govdash.web.parts import el, show
from govdash.workflow.notify import deadman

LOOK_SECONDS = 30


@st.fragment(run_every=LOOK_SECONDS)
def banner() -> None:
    """Look whether the jobs run, and say so at the foot of the page when they do not."""
    try:
        settings = resources.settings()
        with resources.store(settings).read() as session:
            after = timedelta(minutes=settings.deadman_minutes)
            said = deadman.silence(session, at=datetime.now(UTC), after=after)
    except GovDashError:
        return  # the page's own parts say what is wrong with the database
    if said:
        show(
            el(
                "div",
                f"定时任务没有在运行：{said}",
                el("span", "期间的新情况、超期不会通知任何人，请人工值守，并通知系统管理员。"),
                cls="gd-deadman",
                role="alert",
            )
        )
