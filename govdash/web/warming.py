"""What the first visitor after a start would wait for, done before they come."""

import gc
import importlib
import logging
from datetime import UTC, datetime
from typing import Final

import pandas as pd

from govdash.access import query_for
from govdash.access.users import SYSTEM
from govdash.core.errors import GovDashError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.figures import charts
from govdash.figures.palette import LIGHT
from govdash.report import arrivals, overview, timeline, why
from govdash.web import cache, registry, resources

log = logging.getLogger(__name__)
#: What the pages import; their scripts themselves are run by Streamlit alone.
_MODULES: Final = (
    "alertdrawer", "casework", "citymap", "evaluation", "imports", "journal", "mapview",
    "overview", "page", "supervising", "timeview", "triage",
)  # fmt: skip


def warm(settings: Settings) -> None:
    """Import what pages need, ask the lake what the overview asks of a whole city, draw a chart.

    Imports, compiling the questions and building a first figure take two seconds. Afterwards all
    that lives on is put out of reach of the collector, which would walk through it again and
    again: a full collection took 150 ms, in which no page runs.
    """
    for name in _MODULES:
        importlib.import_module(f"{registry.__package__}.{name}")
    try:
        _ask(settings)
    except GovDashError as error:  # no database or lake yet: the pages say so themselves
        log.info("nothing to read ahead: %s", error.code)
    gc.collect()
    gc.freeze()


def _ask(settings: Settings) -> None:
    """Read what the overview of the whole city reads, into the caches that it reads from."""
    lake, store = resources.lake(settings), resources.store(settings)
    now = datetime.now(UTC)
    today = local_day(now, settings.zone)
    until = pd.Timestamp(now).tz_convert(settings.zone).tz_localize(None).floor("h")
    folder, zone_name = str(settings.lake), settings.timezone
    query = query_for(SYSTEM, EventFilter(Period.last_days(1, until=today, zone_name=zone_name)))
    learned = Period.last_days(arrivals.LEARNED_DAYS, until=today, zone_name=zone_name)
    minute = now.replace(second=0, microsecond=0)
    for read in (overview.tally, why.mover, overview.facets):
        cache.cached(lake, folder, read, query, until=until)
    told = cache.cached(lake, folder, timeline.course, query, grain="hour", until=until)
    cache.cached(lake, folder, arrivals.sources, query.with_period(learned), at=minute)
    cache.area_places(store)
    cache.source_names(settings)
    cache.calendar(settings)
    charts.day_curve(told, LIGHT, now=until).to_json()
