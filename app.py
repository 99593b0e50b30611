"""The one entry: pages, HTTP routes and timed jobs in one process (`streamlit run app.py`)."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from govdash.access import mode
from govdash.api import client, door, routes
from govdash.api.addresses import KnownAddresses
from govdash.api.gate import OPEN, SignedInOnly
from govdash.api.limits import RateLimits
from govdash.api.metrics import GROUPS, CountRequests
from govdash.api.origin import RequestIds
from govdash.api.protection import Protection, tile_source
from govdash.core.errors import GovDashError
from govdash.core.settings import ROOT, Settings
from govdash.lake import Lake
from govdash.store import Store
from govdash.web.activity import Activity
from govdash.web.registry import PAGES
from govdash.worker import Worker, logs

STREAMLIT_PAGE = Path(st.__file__).with_name("static") / "index.html"
COLLECT_SECONDS = 30  # runner.postScriptGC is off: a full collection holds every session


os.umask(0o077)  # what the server writes is for the service account alone


def _checked_settings() -> Settings:
    """Refuse to start a demo where others could come in, on bad settings, without a database."""
    try:
        read = Settings.from_environment()
        door.require_loopback(config.get_option("server.address"), read)
        client.require_own_rule(os.environ, read)
        tile_source(read.tile_url)
        _require_schema(read)
    except GovDashError as error:
        sys.stderr.write(f"错误（{error.code}）：{error}\n")
        raise SystemExit(2) from None
    return read


def _require_schema(chosen: Settings) -> None:
    store = Store.of(chosen)
    try:
        store.require_schema()
        store.require_key()
        with store.read() as session:
            mode.require_same(session, chosen)
    finally:
        store.close()


settings = _checked_settings()


# Pages and routes share what the process has opened. Imported late: the caches of `web` must be
# declared after Streamlit's runtime exists.
def _store() -> Store:
    from govdash.web import resources

    return resources.store(settings)


def _lake() -> Lake:
    from govdash.web import resources

    return resources.lake(settings)


def _warm() -> None:
    from govdash.web import warming

    warming.warm(settings)


def _on_script_error(error: Exception) -> bool:
    from govdash.web import trouble

    return trouble.on_script_error(error)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncGenerator[None, None]:
    """Run the timed jobs beside the pages, unless `govdash worker` does."""
    logs.begin(settings, "web")
    warming = asyncio.create_task(asyncio.to_thread(_warm))
    collector = asyncio.create_task(_collect())
    worker: Worker | None = None
    if settings.worker_inside:
        worker = Worker(_store(), _lake(), settings)
        worker.start()
    try:
        yield
    finally:
        collector.cancel()
        for task in (collector, warming):
            with suppress(asyncio.CancelledError):
                await task
        if worker:
            await asyncio.to_thread(worker.stop)


async def _collect() -> None:
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        await asyncio.to_thread(gc.collect)


app = st.App(
    ROOT / "govdash" / "web" / "router.py",
    routes=routes.all_routes(_store, _lake, settings),
    lifespan=lifespan,
    on_script_error=_on_script_error,
    middleware=[
        Middleware(RequestIds),
        Middleware(Protection, settings, STREAMLIT_PAGE),
        Middleware(door.Door, settings),
        Middleware(client.KnownClient, settings),
        Middleware(CountRequests),
        Middleware(RateLimits, settings),
        Middleware(KnownAddresses, pages={*GROUPS, *OPEN, *(entry.url for entry in PAGES)}),
        Middleware(SignedInOnly, _store, settings),
        Middleware(Activity, _store, settings),
    ],
    exception_handlers={GovDashError: routes.as_answer, Exception: routes.as_trouble},
)
