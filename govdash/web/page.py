"""The frame of every page: the user, one read session, the stores, the time, the filter bar."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from govdash.access import User, acts, query_for
from govdash.core.errors import GovDashError, InputError, NotFound, Refused, SignedOut
from govdash.core.filters import EventFilter, EventQuery
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.times import local_day
from govdash.figures.palette import Palette
from govdash.lake import Lake
from govdash.store import Session, Store
from govdash.web import cache, choice, filters, resources, signed, theme, views, wall
from govdash.web.parts import Html, el, plain, show

P = ParamSpec("P")
T = TypeVar("T")

REFUSED = "gd_refused"  # pages whose refusal this session has journalled


@dataclass(slots=True)
class Page:
    """What a page works with. Valid inside its ``with``; a fragment opens its own `refresh`."""

    title: str
    needs: Permission
    settings: Settings
    store: Store
    session: Session
    user: User
    now: datetime
    default: choice.Preset = choice.PRESETS[0]
    bar: DeltaGenerator | None = field(default=None, repr=False)  # the row of title and filters
    beside: DeltaGenerator | None = field(default=None, repr=False)  # the place of `say`
    trouble: DeltaGenerator | None = None  # where an error of the page's body is said

    @property
    def lake(self) -> Lake:
        """The columnar copy of the events."""
        return resources.lake(self.settings)

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self.settings.zone

    @property
    def today(self) -> date:
        """The day on the city's calendar."""
        return local_day(self.now, self.zone)

    def wall_clock(self) -> pd.Timestamp:
        """Return the city's time without its zone, as the buckets of the lake are labelled."""
        return pd.Timestamp(self.now).tz_convert(self.zone).tz_localize(None)

    @property
    def palette(self) -> Palette:
        """The colours of the viewer's theme."""
        return theme.palette()

    @property
    def text_size(self) -> int:
        """The size in px of words in charts and on maps."""
        return wall.text_size()

    def filters(self, *, default: str = "today") -> EventQuery:
        """Draw the filter bar and return what it says, within the viewer's scope.

        The choice lives in the URL. `default` is the period (a preset's code) of this page while
        the viewer has chosen none.
        """
        self.default = filters.default_preset(default)
        areas, categories = cache.area_names(self.store), self.category_names()
        try:
            chosen = self._chosen()
            choice.check_areas(chosen, areas)
            choice.check_categories(chosen, categories)
        except InputError as error:
            st.error(plain(error))
            st.button("清除链接里的筛选条件", on_click=filters.clear)
            st.stop()
        chips = choice.chips(chosen, self._told(areas), categories)
        if wall.on():
            with self.bar or st.container():
                label = choice.label(chosen.period, today=self.today)
                wall.clock(self, " · ".join([label, *(chip.text for chip in chips)]))
            return query_for(self.user, chosen)
        with self.bar or st.container():
            filters.bar(
                chosen,
                today=self.today,
                scope=self.user.scope,
                areas=areas,
                categories=categories,
            )
            views.menu(self, choice.write(chosen, today=self.today))
        # The place is always there: what comes and goes would move all below, and a map that
        # moves in the page is made anew.
        with st.container(key="gd_chips_slot"):
            if chips:
                filters.chip_row(chips, chosen, today=self.today)
        return query_for(self.user, chosen)

    def query(self) -> EventQuery:
        """Return what the filter bar says now, without drawing it; for fragments."""
        return query_for(self.user, self._chosen())

    def choose(self, chosen: EventFilter) -> None:
        """Put another choice into the URL and run the whole page again with it."""
        filters.put(chosen, today=self.today)
        st.rerun()

    def put(self, chosen: EventFilter) -> None:
        """Put another choice into the URL for the next run; for callbacks."""
        filters.put(chosen, today=self.today)

    def said(self, query: EventQuery) -> list[str]:
        """Say every part of the choice but the period in words."""
        areas = self._told(cache.area_names(self.store))
        return [chip.text for chip in choice.chips(query.filter, areas, self.category_names())]

    def params(self) -> dict[str, str]:
        """Return the URL parameters of the present choice, for links to other pages."""
        return filters.params()

    def period_label(self, query: EventQuery) -> str:
        """Say the query's period in words."""
        return choice.label(query.filter.period, today=self.today)

    def clock(self, moment: datetime) -> str:
        """Write an aware instant on the city's clock: ``10:26`` today, else ``06-09 10:26``."""
        local = moment.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == self.today else f"{local:%m-%d %H:%M}"

    def say(self, note: Html) -> None:
        """Write a word beside the title: freshness, totals."""
        if self.beside:
            with self.beside:
                show(note, width="content")

    def cached(
        self,
        read: Callable[Concatenate[Lake, EventQuery, P], T],
        query: EventQuery,
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Return ``read(lake, query, …)``, computed once per (query, data version)."""
        return cache.cached(self.lake, str(self.settings.lake), read, query, *arguments, **named)

    def area_names(self) -> dict[str, str]:
        """Return the name of every area by path."""
        return dict(cache.area_names(self.store))

    def category_names(self) -> dict[str, str]:
        """Return the name of every major and category by key, majors before their categories."""
        table = cache.category_table(self.store)
        named = dict(zip(table["major"], table["major_name"], strict=True))
        named |= dict(zip(table["key"], table["name"], strict=True))
        return {key: named[key] for key in sorted(named)}

    @contextmanager
    def write(self) -> Generator[Session]:
        """One user action: a transaction of its own, committed at the end of the ``with``."""
        with self.store.write() as session:
            yield session

    @contextmanager
    def refresh(self) -> Generator["Page"]:
        """Open the page again inside a fragment: new session, user and permission checked anew.

        Who may not see the page any more sees nothing of it from here on: the whole is run again.
        """
        with _opened(self.title, self.needs, again=True) as fresh:
            fresh.default = self.default
            yield fresh

    def _told(self, areas: Mapping[str, str]) -> Mapping[str, str]:
        """Leave the names of areas out that a link may name, but the viewer does not see.

        Who works for a unit meets areas of all kinds in its cases.
        """
        scope = self.user.scope
        return {
            path: name if scope.units or scope.covers(path) else "范围外的区域"
            for path, name in areas.items()
        }

    def _chosen(self) -> EventFilter:
        return choice.read(
            filters.params(),
            today=self.today,
            zone_name=self.settings.timezone,
            default=self.default,
        )


@contextmanager
def open_page(title: str, *, needs: Permission) -> Generator[Page]:
    """Open a page: load the user, check `needs`, draw the title, give a read session.

    A `GovDashError` on the way, or from the page's own body, becomes a box in Chinese.
    """
    with _opened(title, needs) as page:
        filters.bring_along(title)
        page.bar = st.container(
            key="gd_bar", horizontal=True, vertical_alignment="center", gap="small"
        )
        with page.bar, st.container(key="gd_head", horizontal=True, gap="small"):
            show(el("h1", title, cls="gd-h1"), width="content")
            page.beside = st.empty()
        page.trouble = st.empty()
        yield page


@contextmanager
def _opened(title: str, needs: Permission, *, again: bool = False) -> Generator[Page]:
    may_open = False
    known: tuple[Store, User, datetime] | None = None
    opened: Page | None = None
    try:
        settings = resources.settings()
        store = resources.store(settings).acting(signed.origin())
        with store.read() as session:
            now = datetime.now(UTC)
            user = signed.user_now(session, settings, at=now)
            _require(store, user, title, needs, now)
            may_open, known = True, (store, user, now)
            opened = Page(title, needs, settings, store, session, user, now)
            yield opened
    except GovDashError as error:
        lost = isinstance(error, SignedOut) or (isinstance(error, Refused) and not may_open)
        if again and lost:
            st.rerun()
        if known and may_open and isinstance(error, (Refused, NotFound)):
            _note(*known, title, error)
        if isinstance(error, SignedOut):
            signed.say_signed_out(str(error))
        else:
            # below the title, where it is seen; not below what the page has drawn so far
            place = opened.trouble if opened is not None else None
            (place or st).error(plain(error), icon=":material/error:")
        st.stop()


def _note(store: Store, user: User, at: datetime, title: str, error: GovDashError) -> None:
    """Journal what a page's link named and its viewer may not see; once in a session."""
    told: set[str] = st.session_state.setdefault(REFUSED, set())
    mark = f"{title}：{error}"
    if mark in told:
        return
    told.add(mark)
    with (
        suppress(GovDashError),
        acts.refusals(store, user, did="page.open", subject=f"page:{title}", at=at),
    ):
        raise error


def _require(store: Store, user: User, title: str, needs: Permission, at: datetime) -> None:
    """Refuse the page; a page that asks again by itself is journalled once in a session."""
    told: set[str] = st.session_state.setdefault(REFUSED, set())
    if user.holds(needs):
        told.discard(title)
        return
    refused = Refused(f"{user.name}没有打开“{title}”的权限；请联系管理员授权。")
    if title in told:
        raise refused
    told.add(title)
    with acts.refusals(store, user, did="page.open", subject=f"page:{title}", at=at):
        raise refused
