"""The one entry: pages, HTTP routes and timed jobs in one process (`streamlit run app.py`)."""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from govdash.api import loopback, routes
from govdash.api.metrics import CountRequests
from govdash.core.errors import GovDashError
from govdash.core.settings import ROOT, Settings
from govdash.web import resources
from govdash.worker import Worker, logs

COLLECT_SECONDS = 30  # runner.postScriptGC is off: a full collection holds every session


def _checked_settings() -> Settings:
    """Refuse to start where anybody could come in, on bad settings, or without a database."""
    try:
        loopback.require_loopback(config.get_option("server.address"))
        read = Settings.from_environment()
        resources.store(read)
    except GovDashError as error:
        sys.stderr.write(f"错误（{error.code}）：{error}\n")
        raise SystemExit(2) from None
    return read


settings = _checked_settings()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncGenerator[None, None]:
    """Run the timed jobs beside the pages, unless `govdash worker` does."""
    logs.begin(settings, "web")
    collector = asyncio.create_task(_collect())
    worker: Worker | None = None
    if settings.worker_inside:
        worker = Worker(resources.store(settings), resources.lake(settings), settings)
        worker.start()
    try:
        yield
    finally:
        collector.cancel()
        with suppress(asyncio.CancelledError):
            await collector
        if worker:
            await asyncio.to_thread(worker.stop)


async def _collect() -> None:
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        await asyncio.to_thread(gc.collect)


app = st.App(
    ROOT / "govdash" / "web" / "router.py",
    routes=routes.all_routes(
        lambda: resources.store(settings), lambda: resources.lake(settings), settings
    ),
    lifespan=lifespan,
    middleware=[Middleware(loopback.LoopbackOnly), Middleware(CountRequests)],
    exception_handlers={GovDashError: routes.as_answer},
)
