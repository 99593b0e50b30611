"""Builds the demo city in an empty database: areas, units, events, labels, then its history."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pandas as pd

from govdash.access import SYSTEM, mode, roles, seed_local_operator
from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import ImportState
from govdash.demo.casework import STAFF
from govdash.demo.history import History, live_through
from govdash.demo.plan import Plan, alone, folder
from govdash.demo.record import Record, make_record
from govdash.demo.world import World, make_world
from govdash.ingest import Checked, FrameTaker
from govdash.lake import Lake
from govdash.store import Session, Store, accounts, areas, categories, imports, journal, units
from govdash.store.imports import Progress
from govdash.sync import sync
from govdash.taxonomy import Taxonomy
from govdash.workflow import rules

#: Rows of one transaction: the database is free for others in between.
_CHUNK: Final = 20_000
_PROFILE: Final = "demo"
_LAYERS: Final = {"water": "水域", "roads": "道路", "rail": "轨道交通", "places": "重点场所"}
ProgressCall = Callable[[str, float], None]


@dataclass(frozen=True)
class DemoSummary:
    """What was made; `made` is false when the demo city was there before."""

    made: bool
    seed: int
    events: int
    incidents: int
    areas: int
    alerts: int = 0
    cases: int = 0
    labels: str = ""


def build(
    store: Store,
    lake: Lake,
    settings: Settings,
    *,
    events: int,
    seed: int,
    at: datetime,
    progress: ProgressCall | None = None,
) -> DemoSummary:
    """Make the demo city with the record of the two years before `at`.

    A demo city that is there already is left as it is. One that was interrupted is completed,
    with the seed, number and moment it was begun with.

    Raises
    ------
    InputError
        When the database already holds another city.
    Busy
        When another process is making it.
    """
    say = progress or (lambda _what, _share: None)
    with alone(settings):
        plan = _plan(store, settings, Plan(seed, events, at))
        if plan.done:
            return _present(store, settings, plan)
        say("生成城市", 0.0)
        with _Helpers.for_events(plan.events) as helpers:
            world = make_world(settings.data, plan.seed)
            with store.write() as session:
                _put_city(session, world, settings, plan)
            plan.write(settings)
            say("生成事件", 0.06)
            record = make_record(world, events=plan.events, at=plan.at, zone=settings.zone)
            _put_events(store, settings, record, plan, helpers, say)
        labels = folder(settings) / "incidents.csv"
        record.labels.to_csv(labels, index=False, encoding="utf-8-sig")
        say("同步数据湖", 0.7)
        sync(store, lake)
        say("回放预警与处置", 0.76)
        history = History(0, 0)
        if not plan.lived:  # half a history stays half: its steps are on the record
            plan = replace(plan, lived=True)
            plan.write(settings)
            history = live_through(store, lake, settings, world, record, at=plan.at, say=say)
        with store.write() as session:
            journal.record(
                session, actor=SYSTEM.login, did="demo.build", subject="demo", at=plan.at,
                detail={"seed": plan.seed, "events": len(record.events)},
            )  # fmt: skip
        replace(plan, done=True).write(settings)
        say("完成", 1.0)
        return _summary(world, record, plan, history, labels)


def _plan(store: Store, settings: Settings, wanted: Plan) -> Plan:
    """Decide what to do: make the city, complete it, or leave it."""
    code = make_world(settings.data, wanted.seed).city.code
    with store.read() as session:
        held = set(areas.frame(session)["code"].astype(str))
    begun = Plan.read(settings)
    if not held:
        return wanted
    if code not in held:
        raise InputError(
            "数据库里已有其他城市的区域；演示城市只能建在空库里，"
            "请另设 GOVDASH_VAR 或 GOVDASH_DATABASE_URL。"
        )
    return begun or replace(wanted, done=True)


def _put_city(session: Session, world: World, settings: Settings, plan: Plan) -> None:
    """Write what events refer to: people, categories, rules, areas, units, drawn layers."""
    mode.mark(session, settings, at=plan.at)
    seed_local_operator(session, at=plan.at)
    roles.seed(session, settings.data)
    for role, name in STAFF.items():
        login = f"demo.{role}"
        if accounts.account(session, login) is None:
            accounts.add_account(
                session, login=login, name=name, roles=(), at=plan.at
            ).active = False
    categories.put_categories(session, Taxonomy.load(settings.data))
    rules.load_defaults(session, settings.data, at=plan.at)
    areas.put_areas(session, world.city.areas)
    units.put_units(session, world.units.table)
    for name, layer in world.city.layers.items():
        areas.put_layer(session, name, _LAYERS[name], layer.to_json(), plan.at)


def _put_events(
    store: Store,
    settings: Settings,
    record: Record,
    plan: Plan,
    helpers: "_Helpers | None",
    say: ProgressCall,
) -> None:
    """Take the record in as a run of imports, chunk by chunk; what is there stays as it is."""
    events = record.events
    with store.write() as session:
        taker = _taker(session, settings)
        run = imports.start(
            session, f"演示城市（种子 {plan.seed}）", file_sha256="", profile=_PROFILE,
            by=SYSTEM.login, at=plan.at,
        )  # fmt: skip
    told = Progress(0, 0, 0, {}, {})
    parts = [events.iloc[first : first + _CHUNK] for first in range(0, len(events), _CHUNK)]
    checked_parts = (
        helpers.checked(settings, parts, at=plan.at)
        if helpers
        else (taker.check(part, at=plan.at) for part in parts)
    )
    for checked in checked_parts:
        with store.write() as session:
            report = taker.add(session, checked, at=plan.at, import_id=run)
            told = Progress(
                told.accepted + report.accepted,
                told.rejected + report.rejected,
                told.duplicate + report.duplicate,
                _added(told.reasons, report.reasons),
                _added(told.warnings, report.warnings),
            )
            imports.progress(session, run, told, report.rejected_rows)
        if helpers:
            helpers.follow(settings)
        say("写入事件", 0.14 + 0.56 * told.read / len(events))
    with store.write() as session:
        imports.finish(session, run, ImportState.DONE, at=plan.at)


class _Helpers:
    """Two processes beside the one that writes: one checks rows, one brings the lake after."""

    def __init__(self, checker: Executor, follower: Executor) -> None:
        self._checker = checker
        self._follower = follower
        self._following: Future[None] | None = None

    @classmethod
    @contextmanager
    def for_events(cls, n: int) -> Generator["_Helpers | None"]:
        """Start them; None for so few events that starting would take longer than it saves."""
        if n <= 2 * _CHUNK:
            yield None
            return
        spawn = get_context("spawn")
        with (
            ProcessPoolExecutor(1, mp_context=spawn) as checker,
            ProcessPoolExecutor(1, mp_context=spawn) as follower,
        ):
            checker.submit(_nothing)  # starts it: it imports while the city is made
            helpers = cls(checker, follower)
            yield helpers
            if helpers._following is not None:
                helpers._following.result()

    def checked(
        self, settings: Settings, parts: Iterable[pd.DataFrame], *, at: datetime
    ) -> Iterator[Checked]:
        """Give each part checked, while the next one is being checked already."""
        waiting = None
        for part in parts:
            following = self._checker.submit(_check, settings, part, at)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()

    def follow(self, settings: Settings) -> None:
        """Have the lake follow the store, unless it is about it already; never waits."""
        if self._following is None or self._following.done():
            if self._following is not None:
                self._following.result()
            self._following = self._follower.submit(_sync, settings)


def _nothing() -> None:
    """Do nothing."""


def _sync(settings: Settings) -> None:
    store, lake = Store.of(settings), Lake.open(settings)
    sync(store, lake)
    lake.close()
    store.close()


_held: list[FrameTaker] = []  # in the checking process: made once, not with every part


def _check(settings: Settings, part: pd.DataFrame, at: datetime) -> Checked:
    if not _held:
        store = Store.of(settings)
        with store.read() as session:
            _held.append(_taker(session, settings))
        store.close()
    return _held[0].check(part, at=at)


def _taker(session: Session, settings: Settings) -> FrameTaker:
    return FrameTaker(session, source=_PROFILE, settings=settings, areas=areas.frame(session))


def _added(*counts: object) -> dict[str, int]:
    table = pd.DataFrame(list(counts)).sum() if any(counts) else pd.Series(dtype=int)
    return {str(name): int(n) for name, n in table.items()}


def _present(store: Store, settings: Settings, plan: Plan) -> DemoSummary:
    with store.read() as session:
        n_areas = len(areas.names(session))
    file = folder(settings) / "incidents.csv"
    n_labels = len(pd.read_csv(file)) if file.is_file() else 0
    return DemoSummary(
        made=False, seed=plan.seed, events=plan.events, incidents=n_labels, areas=n_areas,
        labels=str(file) if n_labels else "",
    )  # fmt: skip


def _summary(
    world: World, record: Record, plan: Plan, history: History, labels: Path
) -> DemoSummary:
    return DemoSummary(
        made=True,
        seed=plan.seed,
        events=len(record.events),
        incidents=len(record.labels),
        areas=len(world.city.areas),
        alerts=history.alerts,
        cases=history.cases,
        labels=str(labels),
    )
