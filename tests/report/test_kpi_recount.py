"""Every KPI of a simulated fortnight, counted again from the raw tables by slow and separate code.

Nothing of govdash takes part in the recount: rows come by SQL, clocks step minute by minute.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from govdash.access import SYSTEM, User, query_for
from govdash.core.errors import GovDashError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import ROOT, Settings
from govdash.core.vocab import Asked, CaseAction, WhyNot
from govdash.report import kpi_export
from govdash.report.kpi import Book
from govdash.report.kpi_export import Choice
from govdash.store import Store
from govdash.taxonomy import parse_limit
from govdash.workflow import asking, cases, feedback, flow, supervision
from govdash.workflow.forms import StepForm
from tests.conftest import NOW
from tests.workflow.conftest import FORMS, NEW, NINE, OTHER, STREET, furnish

A = CaseAction
MINUTE = timedelta(minutes=1)
ZONE = ZoneInfo("Asia/Shanghai")
LIMITS = ("2工作时", "4工作时", "1工作日", "3紧急工作时", "1自然日")
PEOPLE = [User(f"p{n}", f"p{n}", SYSTEM.permissions, SYSTEM.scope) for n in range(3)]
PERIOD = Period(NINE.date(), NINE.date() + timedelta(days=6))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Any) -> Iterator[Store]:
    """Sixty cases walked at random through a week."""
    file = tmp_path_factory.mktemp("recount") / "govdash.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    store = Store.of(Settings.from_environment({"GOVDASH_VAR": str(file.parent)}))
    furnish(store, NOW)
    dice = random.Random(11)  # a walk, no secret
    todo: list[tuple[datetime, int, int | None]] = [
        (NINE + dice.randrange(4 * 1440) * MINUTE, n, None) for n in range(60)
    ]
    n_steps: Counter[int] = Counter()
    while todo:
        todo.sort(reverse=True)
        at, n, case_id = todo.pop()
        case_id = _one(store, dice, at, n, case_id)
        n_steps[n] += 1
        if n_steps[n] < 14:
            todo.append((at + dice.choice((5, 20, 90, 400)) * MINUTE, n, case_id))
    yield store
    store.close()


def _one(store: Store, dice: random.Random, at: datetime, n: int, case_id: int | None) -> int:
    """Do one thing with a case; what the rules refuse is not done."""
    if case_id is None:
        limit, area = parse_limit(LIMITS[n % 5]), OTHER if n % 4 == 0 else STREET
        new = replace(NEW, title=f"第 {n} 件", limit=limit, area_path=area)
        with store.write() as session:
            return cases.open_case(session, new, actor=PEOPLE[n % 3], at=at).id
    actor = dice.choice(PEOPLE)
    try:
        with store.write() as session:
            luck = dice.random()
            if luck < 0.1:
                kind = dice.choice((Asked.EXTENSION, Asked.APPEAL))
                asked = asking.ask(
                    session, case_id, kind, reason="等待配件", actor=PEOPLE[0], at=at
                )
                for judge in PEOPLE[1:]:
                    asking.decide(session, asked.id, grant=True, note="", actor=judge, at=at)
                    if kind is Asked.EXTENSION:
                        break
            elif luck < 0.13:
                due = at + timedelta(days=9)
                supervision.supervise(
                    session, case_id, reason="久拖", due_at=due, actor=actor, at=at
                )
            elif luck < 0.25:
                solved = dice.random() < 0.6
                feedback.record(
                    session, case_id, solved=solved, satisfaction=dice.randint(1, 5), note="",
                    reason=None if solved else WhyNot.AGAIN, actor=actor, at=at,
                )  # fmt: skip
            else:
                state = cases.found(session, case_id, SYSTEM).state
                likely = flow.actions_from(state)
                action = likely[0] if dice.random() < 0.7 else dice.choice(likely)
                form = FORMS[action]
                if action is A.HOLD:
                    form = StepForm(note="等待产权单位", until=at + timedelta(days=20))
                if action is A.MERGE:
                    form = StepForm(leading=case_id + 1 if case_id % 2 else case_id - 1)
                cases.take_step(session, case_id, action, actor=actor, at=at, form=form)
    except (GovDashError, IndexError):
        pass
    return case_id


STAGE = {
    "received": "accept", "accepted": "dispatch", "returned": "dispatch", "reopened": "dispatch",
    "dispatched": "handle", "in_progress": "handle", "rework": "handle",
    "resolved_claimed": "verify", "verified": "verify",
}  # fmt: skip
GONE = ("rejected", "cancelled", "merged")


def counts(unit: str, moment: datetime) -> bool:
    """Whether a minute is on the clock."""
    if unit in ("urgent_hour", "calendar_day"):
        return True
    local = moment.astimezone(ZONE)
    worked = 8 <= local.hour < 12 or 14 <= local.hour < 18
    return worked and local.weekday() < 5 and f"{local:%m-%d}" != "06-19"  # 端午


def due(amount: float, unit: str, runs: list[list[datetime | None]]) -> datetime:
    """Step from minute to minute until the limit is used up; between runs the clock stands."""
    minutes = {"urgent_hour": 60, "work_hour": 60, "work_day": 480, "calendar_day": 1440}[unit]
    left, at, last = round(amount * minutes), runs[0][0], runs[-1][0]
    assert at is not None
    assert last is not None
    while left:
        on = any(a <= at < (b or at + MINUTE) for a, b in runs if a) or at >= last
        left -= on and counts(unit, at)
        at += MINUTE
    return at


def recount(store: Store, known_at: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """Count every rate for the whole and for each street, from the raw rows."""
    with store.engine.connect() as db:
        raw = {
            name: [
                dict(row._mapping) for row in db.execute(text(f"SELECT * FROM {name} ORDER BY id"))
            ]
            for name in ("cases", "case_steps", "case_requests", "case_marks", "feedback")
        }
    when = lambda value: value and datetime.fromisoformat(str(value)).replace(tzinfo=UTC)  # noqa: E731
    tally: dict[tuple[str, str], list[int]] = {}

    def add(code: str, area: str, at: datetime, hit: bool, ok: bool = True) -> None:
        if ok and PERIOD.start <= at < PERIOD.end:
            for group in ("全部", area):
                cell = tally.setdefault((code, group), [0, 0])
                cell[0] += hit
                cell[1] += 1

    logs = {
        c["id"]: [
            (when(s["at"]), s["action"], s["to_state"])
            for s in raw["case_steps"]
            if s["case_id"] == c["id"] and (when(s["recorded_at"]) or when(s["at"])) <= known_at
        ]
        for c in raw["cases"]
    }

    def runs(case_id: int, stage: str) -> list[list[datetime | None]]:
        told: list[list[datetime | None]] = []
        for at, _, state in logs[case_id]:
            on = state in STAGE if stage == "case" else STAGE.get(state) == stage
            if on and (not told or told[-1][1]):
                told.append([at, None])
            elif not on and told and not told[-1][1]:
                told[-1][1] = at
        return told

    lent: dict[int, list[list[datetime | None]]] = {}
    head_of: dict[int, int] = {}
    state_of: dict[int, str] = {}
    number = {c["number"]: c["id"] for c in raw["cases"]}
    for s in sorted(raw["case_steps"], key=lambda s: (when(s["at"]), s["id"])):
        if (when(s["recorded_at"]) or when(s["at"])) > known_at:
            continue
        me, state_of[s["case_id"]] = s["case_id"], s["to_state"]
        if s["action"] == "merge":
            head = number[json.loads(s["detail"])["leading"]]
            lent.pop(me, None)
            head_of = {m: head if h == me else h for m, h in head_of.items()} | {me: head}
        elif s["action"] == "unmerge":
            head = head_of.pop(me)
        else:
            continue
        if state_of[head] not in ("closed", *GONE):
            begin = logs[head][0][0]
            lent.pop(head, None)
            for m, h in head_of.items():
                mine = [[a, min(b or begin, begin)] for a, b in runs(m, "case") if a < begin]
                if h == head and mine and (head not in lent or mine[0][0] < lent[head][0][0]):
                    lent[head] = mine

    for c in raw["cases"]:
        log, area = logs[c["id"]], c["area_path"]
        if not log:
            continue
        state = log[-1][2]
        did = lambda *names, log=log: [at for at, action, _ in log if action in names]  # noqa: E731
        accepted, sent, solved = did("accept"), did("dispatch"), did("resolve")
        mine = [
            r for r in raw["case_requests"] if r["case_id"] == c["id"] and r["state"] == "granted"
        ]
        mine = [r for r in mine if when(r["second_at"] or r["first_at"]) <= known_at]
        more = sum(r["kind"] == "extension" for r in mine)
        exempt = any(r["kind"] == "appeal" for r in mine)
        watched = any(
            m["case_id"] == c["id"] and m["kind"] == "supervise" and when(m["at"]) <= known_at
            for m in raw["case_marks"]
        )
        undecided = not accepted and state == "received"
        add("register_rate", area, log[0][0], bool(accepted), not undecided and state != "merged")
        add("repeat_rate", area, log[0][0], state == "merged")
        if accepted:
            first = [run for run in runs(c["id"], "accept") if run[0] < accepted[0]]
            timely = accepted[0] <= due(0.5, "work_hour", first)
            add("intime_register_rate", area, accepted[0], timely)
            add("accur_register_rate", area, accepted[0], state != "cancelled")
            limit = due(0.5, "work_hour", [[accepted[0], None]])
            if limit <= known_at and (sent or state not in GONE):
                add("intime_dispatch_rate", area, limit, bool(sent) and sent[0] <= limit)
                actions = [a for _, a, _ in log if a in ("dispatch", "return")]
                good = bool(sent) and actions[1:2] != ["return"]
                add("accur_dispatch_rate", area, limit, good)
        for n, at in enumerate(sent):
            after = [x for x in log if x[0] >= at and (n + 1 == len(sent) or x[0] < sent[n + 1])]
            add("return_rate", area, at, any(a == "return" for _, a, _ in after))
            starts = [x for x, a, _ in after if a == "start"]
            limit = due(2, "work_hour", [[at, None]])
            is_open = not starts and limit > known_at
            add("resp_rate", area, at, bool(starts) and starts[0] <= limit, not is_open)
        if state not in GONE:
            for stage, begun in (("handle", []), ("case", lent.get(c["id"], []))):
                run = [*begun, *runs(c["id"], stage)]
                if not run or state == "on_hold":
                    continue
                limit = due(c["limit_amount"] * (1 + more), c["limit_unit"], run)
                if limit > known_at:
                    continue
                if stage == "case":
                    closed = state == "closed"
                    add("archive_rate", area, limit, closed)
                    add(
                        "intime_archive_rate",
                        area,
                        limit,
                        closed and log[-1][0] <= limit,
                        not exempt,
                    )
                    add("rework_rate", area, limit, bool(did("send_back")))
                else:
                    done = state in ("resolved_claimed", "verified", "closed")
                    add("dispose_rate", area, limit, done)
                    add(
                        "intime_dispose_rate", area, limit, done and solved[-1] <= limit, not exempt
                    )
                    late = not done and limit < known_at
                    add("overtime_todispose_rate", area, limit, late, not exempt)
                    add("delay_rate", area, limit, more > 0)
                    add("supervise_rate", area, limit, watched)
            for n, (at, action, _) in enumerate(log):
                limit = at + timedelta(days=1)
                if action == "resolve" and limit <= known_at:
                    checked = n + 1 < len(log) and log[n + 1][0] <= limit
                    add("intime_check_rate", area, limit, checked)
        said = [
            f for f in raw["feedback"]
            if f["case_id"] == c["id"] and when(f["called_at"]) <= known_at
            and PERIOD.start <= when(f["called_at"]) < PERIOD.end
        ]  # fmt: skip
        if said and state not in ("on_hold", "rejected", "cancelled"):
            last = max(said, key=lambda f: (f["called_at"], f["id"]))
            add("solve_rate", area, when(last["called_at"]), bool(last["solved"]))
            add("satis_rate", area, when(last["called_at"]), last["satisfaction"] >= 4)
    return {key: (hits, n) for key, (hits, n) in tally.items()}


@pytest.mark.parametrize("days", [2.5, 4, 30])
def test_every_rate_is_what_a_slow_recount_of_the_raw_log_finds(lived: Store, days: float):
    known_at = NINE + timedelta(days=days)
    book = Book.load(ROOT / "data")
    with lived.read() as session:
        board = kpi_export.make(
            session, query_for(SYSTEM, EventFilter(PERIOD)), book,
            Choice(by="district", known_at=known_at), at=known_at, data_dir=ROOT / "data", who=str,
        )  # fmt: skip
    codes = {row.code for row in book.table.rates} - {"valid_report_rate"}  # of grid channels
    told = {
        (row["code"], "全部"): (row["numerator"], row["denominator"])
        for row in board.whole.to_dict("records")
        if row["code"] in codes and row["denominator"]
    }
    slow = recount(lived, known_at)
    assert told == {key: cell for key, cell in slow.items() if key[1] == "全部"}
    assert len(told) >= 18
    assert sum(n for _, n in told.values()) > 150
