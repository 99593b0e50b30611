"""Cached reads: frames of the lake by (query, data version), names of the store for a minute."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from govdash.core.filters import EventQuery
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel
from govdash.figures.sketch import Sketch
from govdash.lake import Lake
from govdash.report import kpi, overview, status, triage
from govdash.report.map import places
from govdash.report.performance import Rates
from govdash.store import Store, areas
from govdash.store.categories import categories
from govdash.workflow.calendar import WorkCalendar
from govdash.workflow.schemes import Scheme

P = ParamSpec("P")
T = TypeVar("T")


def cached(
    lake: Lake,
    folder: str,
    read: Callable[Concatenate[Lake, EventQuery, P], T],
    query: EventQuery,
    *arguments: P.args,
    **named: P.kwargs,
) -> T:
    """Return ``read(lake, query, …)``, computed once per query and data version.

    The viewer's scope is part of the query and so of the key. Arguments must be plain values;
    `folder` tells two lakes of one process apart.
    """
    return _kept(
        f"{read.__module__}.{read.__qualname__}",
        folder,
        lake.data_version,
        query,
        repr((arguments, sorted(named.items()))),
        lambda: read(lake, query, *arguments, **named),
    )


# An hour is enough for a version that nobody asks for any more; 512 results stay far below 1 GB.
@st.cache_data(ttl=3600, max_entries=512, show_spinner=False, hash_funcs={EventQuery: repr})
def _kept(
    function: str,  # noqa: ARG001  # part of the key, as all but the last
    folder: str,  # noqa: ARG001
    data_version: int,  # noqa: ARG001
    query: EventQuery,  # noqa: ARG001
    arguments: str,  # noqa: ARG001
    _read: Callable[[], T],
) -> T:
    return _read()


def area_names(store: Store) -> Mapping[str, str]:
    """Return the name of every area by path, at most a minute old."""
    return _area_names(str(store.engine.url), store)


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _area_names(url: str, _store: Store) -> dict[str, str]:  # noqa: ARG001  # url is the key
    with _store.read() as session:
        return areas.names(session)


def category_table(store: Store) -> pd.DataFrame:
    """Return the categories (`store.categories.COLUMNS`), at most a minute old."""
    return _category_table(str(store.engine.url), store)


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _category_table(url: str, _store: Store) -> pd.DataFrame:  # noqa: ARG001  # url is the key
    with _store.read() as session:
        return categories(session)


def area_places(store: Store) -> pd.DataFrame:
    """Return where every area lies (`report.map.places`), at most a minute old."""
    return _area_places(str(store.engine.url), store)


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _area_places(url: str, _store: Store) -> pd.DataFrame:  # noqa: ARG001  # url is the key
    with _store.read() as session:
        return places(session)


def parts_map(store: Store, area_path: str, level: AreaLevel) -> Sketch | None:
    """Return the small map of an area's parts (`report.triage.parts_map`), at most a minute old."""
    return _parts_map(str(store.engine.url), area_path, level.value, store)


@st.cache_data(ttl=60, max_entries=64, show_spinner=False)
def _parts_map(
    url: str,  # noqa: ARG001  # part of the key
    area_path: str,
    level: str,
    _store: Store,
) -> Sketch | None:
    with _store.read() as session:
        return triage.parts_map(session, area_path, AreaLevel(level))


def past_rates(store: Store, query: EventQuery) -> Rates:
    """Return how the cases of a period that is over went, at most ten minutes old."""
    return _past_rates(str(store.engine.url), query, store)


@st.cache_data(ttl=600, max_entries=256, show_spinner=False, hash_funcs={EventQuery: repr})
def _past_rates(url: str, query: EventQuery, _store: Store) -> Rates:  # noqa: ARG001  # the key
    with _store.read() as session:
        return overview.rates(session, query)


def occasions(
    store: Store, query: EventQuery, data: Path, *, scheme: Scheme, known_at: datetime
) -> pd.DataFrame:
    """Return what the cases of a period were measured by (`kpi.occasions`); two minutes old.

    Of a moment that is over it is the same for ever.
    """
    terms = repr(scheme.body.terms)
    return _occasions(str(store.engine.url), query, terms, known_at, data, store, scheme)


@st.cache_data(ttl=120, max_entries=96, show_spinner=False, hash_funcs={EventQuery: repr})
def _occasions(
    url: str,  # noqa: ARG001  # part of the key, as the terms of the scheme
    query: EventQuery,
    terms: str,  # noqa: ARG001
    known_at: datetime,
    data: Path,
    _store: Store,
    _scheme: Scheme,
) -> pd.DataFrame:
    with _store.read() as session:
        return kpi.occasions(session, query, kpi_book(data), _scheme, known_at=known_at)


def kpi_book(data: Path) -> kpi.Book:
    """Return the indicators and how they are counted, read once in the process."""
    return _kpi_book(data)


@st.cache_resource(show_spinner=False)
def _kpi_book(data: Path) -> kpi.Book:
    return kpi.Book.load(data)


def layer_labels(store: Store) -> Mapping[str, str]:
    """Return the label of every drawn layer by name, at most a minute old."""
    return _layer_labels(str(store.engine.url), store)


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _layer_labels(url: str, _store: Store) -> dict[str, str]:  # noqa: ARG001  # url is the key
    with _store.read() as session:
        return {layer.name: layer.label for layer in areas.layers(session)}


def source_names(settings: Settings) -> Mapping[str, str]:
    """Return what each known source is called, at most a minute old; reading takes 40 ms."""
    return _source_names(settings.data, settings.var, settings)


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _source_names(data: Path, var: Path, _settings: Settings) -> dict[str, str]:  # noqa: ARG001
    return status.source_names(_settings)


def calendar(settings: Settings) -> WorkCalendar:
    """Return the city's working calendar, read once in the process."""
    return _calendar(settings.data)


@st.cache_resource(show_spinner=False)
def _calendar(data: Path) -> WorkCalendar:
    return WorkCalendar.load(data)
