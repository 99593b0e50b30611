"""One journal line for each action of a person, and one for each refused one: the whole list."""

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from govdash.access import acts, load_user
from govdash.cli import app
from govdash.core.actions import ACTIONS, BY_PEOPLE
from govdash.core.errors import GovDashError
from govdash.core.filters import EventFilter, Period
from govdash.core.settings import Settings
from govdash.core.vocab import (
    Asked,
    BriefKind,
    BriefState,
    CaseAction,
    CaseState,
    Clock,
    Disposition,
    LimitUnit,
    Mark,
    Mute,
    NoticeState,
    ReleaseState,
    ReportKind,
    Result,
    Shown,
)
from govdash.lake import Lake
from govdash.report import rejected, releases
from govdash.report.brief import desk
from govdash.report.brief.desk import BriefFormat
from govdash.report.brief.document import Document, Section
from govdash.report.brief.making import Making
from govdash.report.export import Format
from govdash.store import Session, Store, accounts, devices, journal, keys, persons
from govdash.store.models import (
    ApiKey,
    Brief,
    Case,
    CaseFile,
    CaseMark,
    CaseReport,
    CaseRequest,
    ClockInterval,
    DeviceToken,
    Event,
    Feedback,
    Notification,
    Release,
    Suppression,
)
from govdash.workflow import (
    alerts,
    asking,
    attachments,
    cases,
    emergency,
    feedback,
    reporter,
    rules,
    supervision,
)
from govdash.workflow.flow import CASE_FLOW
from govdash.workflow.notify import muting, resending
from tests.layout.source import dotted, shipped
from tests.report.briefing import made, making
from tests.web import town

#: Actions whose journal line has a test of its own, where the action is tested.
ELSEWHERE = {
    "profile.save": "tests/web/test_admin_pages.py",
    "evaluation.run": "tests/web/test_evaluation_page.py",
    "map.picture": "tests/browser/test_map.py",
    "inbox.read": "tests/web/test_notify_pages.py",
    "view.save": "tests/web/test_views.py",
    "view.drop": "tests/web/test_views.py",
    "scheme.save": "tests/workflow/test_schemes.py",
    "quality.finish": "tests/workflow/test_quality.py",
    "rule.try": "tests/web/test_rules_page.py",
    "rule.refuse_advice": "tests/workflow/test_advice.py",
    "page.open": "tests/web/test_shell.py",
    "audit.search": "tests/web/test_journal_page.py",
    "audit.verify": "tests/web/test_journal_page.py",
    "audit.prune": "tests/report/test_pruning.py",
    "key.use": "tests/api/test_keys.py",
    **dict.fromkeys(
        ("session.begin", "session.end", "factor.enrol", "factor.give", "password.change"),
        "tests/access/test_signin.py",
    ),
}
FORM = cases.StepForm(
    note="说明",
    unit_code="U2",
    register_condition="a",
    close_condition="b",
    result="已清运",
    disposition=next(iter(Disposition)),
    handler="甲",
    verifier="乙",
    until=datetime.now(UTC) + timedelta(days=3),
)


@dataclass
class Bench:
    """What an action is done with."""

    store: Store
    settings: Settings
    folder: Path

    def act(self, did: str, do: Callable[[Session], object]) -> None:
        """Do one action as an edge does."""
        now = datetime.now(UTC) + timedelta(seconds=1)
        with self.store.read() as session:
            user = load_user(session)
        with acts.act(self.store, user, did=did, subject="test", at=now) as session:
            do(session)

    def command(self, *words: str) -> None:
        """Run a command; a refusal is raised."""
        done = CliRunner().invoke(app, words)
        if isinstance(done.exception, GovDashError):
            raise done.exception
        assert done.exit_code in {0, 1}, done.output

    def user(self, session: Session):
        return load_user(session)


@pytest.fixture
def bench(sqlite_store, settings, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("GOVDASH_VAR", str(settings.var))
    monkeypatch.delenv("GOVDASH_DATABASE_URL", raising=False)
    town.build(sqlite_store, settings, datetime.now(UTC) - timedelta(hours=1))
    return Bench(sqlite_store, settings, tmp_path)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def acknowledge(b: Bench) -> None:
    b.act(
        "alert.acknowledge",
        lambda s: alerts.acknowledge(s, 1, actor=b.user(s), at=soon()),
    )


def dismiss(b: Bench) -> None:
    b.act(
        "alert.dismiss",
        lambda s: alerts.dismiss(
            s, 1, next(iter(Disposition)), note="误报", actor=b.user(s), at=soon()
        ),
    )


def new_case() -> cases.NewCase:
    return cases.NewCase(title="路灯不亮", category=town.LAMP, area_path=town.QUAY)


def open_case(b: Bench) -> None:
    b.act("case.open", lambda s: cases.open_case(s, new_case(), actor=b.user(s), at=soon()))


def standing_case(b: Bench, state: CaseState, number: str = "AJ-T") -> int:
    """Write a case in a state, without the journal."""
    merged = state is CaseState.MERGED
    leading = standing_case(b, CaseState.ACCEPTED, "AJ-L") if merged else None
    with b.store.write() as session:
        case = Case(
            number=number, leading_id=leading, title="t", category=town.LAMP,
            area_path=town.QUAY, unit_code="U2",
            state=state, opened_at=datetime.now(UTC) - timedelta(minutes=30), result="已清运",
            closed_at=datetime.now(UTC) if state is CaseState.CLOSED else None,
        )  # fmt: skip
        session.add(case)
        session.flush()
        return case.id


def stepper(action: CaseAction) -> Callable[[Bench], None]:
    state = next(state for state, taken in CASE_FLOW if taken is action)

    def do(b: Bench) -> None:
        number, form = standing_case(b, state), FORM
        if action is CaseAction.MERGE:
            form = replace(FORM, leading=standing_case(b, CaseState.ACCEPTED, "AJ-L"))
        if action is CaseAction.REOPEN_UNSOLVED:
            unsolved(b, number)
        b.act(
            f"case.{action.value}",
            lambda s: cases.take_step(s, number, action, actor=b.user(s), at=soon(), form=form),
        )

    return do


def unsolved(b: Bench, number: int) -> None:
    """Write a call that says that it is not solved, without the journal."""
    said = Feedback(
        case_id=number, solved=False, satisfaction=1, note="", called_by="x", called_at=soon()
    )
    with b.store.write() as session:
        session.add(said)


def asked_case(b: Bench, kind: Asked) -> int:
    """Write a case for which something can be asked, without the journal."""
    number = standing_case(b, CaseState.IN_PROGRESS)
    now = datetime.now(UTC)
    due = now + timedelta(days=1) if kind is Asked.EXTENSION else now - timedelta(minutes=1)
    with b.store.write() as session:
        case = session.get(Case, number)
        assert case is not None
        case.limit_amount, case.limit_unit, case.due_at = 1, LimitUnit.CALENDAR_DAY, due
        for clock in (Clock.CASE, Clock.HANDLE):
            session.add(
                ClockInterval(
                    case_id=number, clock=clock, running=True, started_at=case.opened_at,
                    limit_amount=1, limit_unit=LimitUnit.CALENDAR_DAY,
                )
            )  # fmt: skip
    return number


def ask_for(kind: Asked) -> Callable[[Bench], None]:
    def do(b: Bench) -> None:
        number = asked_case(b, kind)
        b.act(
            f"case.ask_{kind.value}",
            lambda s: asking.ask(
                s, number, kind, reason="等待配件到货", actor=b.user(s), at=soon()
            ),
        )

    return do


def answer(kind: Asked, *, grant: bool) -> Callable[[Bench], None]:
    def do(b: Bench) -> None:
        number = asked_case(b, kind)
        row = CaseRequest(
            case_id=number, kind=kind, reason="等待配件", asked_by="fen", asked_at=soon()
        )
        with b.store.write() as session:
            session.add(row)
        b.act(
            f"case.{'grant' if grant else 'deny'}_{kind.value}",
            lambda s: asking.decide(
                s, 1, grant=grant, note="理由不足四字", actor=b.user(s), at=soon()
            ),
        )

    return do


def mark(kind: Mark) -> Callable[[Bench], None]:
    def do(b: Bench) -> None:
        number = standing_case(b, CaseState.IN_PROGRESS)
        told = {"reason": "市长批示", "at": soon()}
        if kind is Mark.SUPERVISE:
            told["due_at"] = soon() + timedelta(days=1)
        if kind is Mark.LIFT:
            row = CaseMark(
                case_id=number, kind=Mark.SUPERVISE, by="fen", reason="x",
                at=datetime.now(UTC) - timedelta(minutes=1), due_at=soon(),
            )  # fmt: skip
            with b.store.write() as session:
                session.add(row)
        put = getattr(supervision, kind.value)
        b.act(f"case.{kind.value}", lambda s: put(s, number, actor=b.user(s), **told))

    return do


PDF = b"%PDF-1.4\n%%EOF"


def attach(b: Bench) -> None:
    number = standing_case(b, CaseState.IN_PROGRESS)
    b.act(
        "case.attach",
        lambda s: attachments.attach(
            s, b.settings.evidence, number,
            shown=Shown.BEFORE, name="a.pdf", content=PDF, actor=b.user(s), at=soon(),
        ),
    )  # fmt: skip


def take_file(b: Bench) -> None:
    """Take a file out that was put there without the journal."""
    digest = hashlib.sha256(PDF).hexdigest()
    row = CaseFile(
        case_id=standing_case(b, CaseState.IN_PROGRESS), shown=Shown.BEFORE, name="a.pdf",
        mime="application/pdf", size=len(PDF), sha256=digest, added_by="fen", added_at=soon(),
    )  # fmt: skip
    place = b.settings.evidence / digest[:2] / digest
    place.parent.mkdir(parents=True)
    place.write_bytes(PDF)
    with b.store.write() as session:
        session.add(row)
    b.act(
        "case.take_file",
        lambda s: attachments.take(s, b.settings.evidence, 1, actor=b.user(s), at=soon()),
    )


def make_report(b: Bench) -> None:
    number = standing_case(b, CaseState.IN_PROGRESS)
    b.act(
        "case.report",
        lambda s: emergency.make(s, number, ReportKind.FIRST, actor=b.user(s), at=soon()),
    )


def take_report(b: Bench) -> None:
    row = CaseReport(
        case_id=standing_case(b, CaseState.IN_PROGRESS), seq=1, kind=ReportKind.FIRST,
        number="XB-1", made_by="fen", made_at=soon(), told={},
    )  # fmt: skip
    with b.store.write() as session:
        session.add(row)
    b.act("case.take_report", lambda s: emergency.take(s, 1, actor=b.user(s), at=soon()))


def call(b: Bench) -> None:
    number = standing_case(b, CaseState.CLOSED)
    b.act(
        "feedback.record",
        lambda s: feedback.record(
            s, number, solved=True, satisfaction=5, note="", actor=b.user(s), at=soon()
        ),
    )


def change_rule(b: Bench) -> None:
    def do(s: Session) -> None:
        rule = rules.current(s)[0]
        rules.change(
            s, rule.model_copy(update={"enabled": not rule.enabled}), actor=b.user(s), at=soon()
        )

    b.act("rule.change", do)


def import_(b: Bench) -> None:
    file = b.folder / "事件.csv"
    file.write_text(
        "来源编号,上报时间,类别代码,标题,内容,经度,纬度\n"
        "A1,2026-06-01 08:00:00+08:00,A-06010,垃圾,堆放,0.5,0.5\n",
        "utf-8",
    )
    b.command("import", str(file))


def import_areas(b: Bench) -> None:
    file = b.folder / "areas.geojson"
    file.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"新街道",'
        '"code":"990101009"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],'
        "[1,0],[0,0]]]}}]}",
        "utf-8",
    )
    b.command(
        "import-areas", str(file), "--datum", "wgs84", "--level", "street",
        "--parent-path", town.EAST,
    )  # fmt: skip


def rejects(b: Bench) -> None:
    settings = b.settings
    folder = settings.var / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rejects.csv").write_text("x", "utf-8")
    with b.store.read() as session:
        user = b.user(session)
    told = rejected.take(b.store, settings, "rejects.csv", actor=user, at=soon())
    assert told == b"x"


def add_key(b: Bench) -> None:
    b.command(
        "keys", "add", "--owner", "operator", "--name", "共享平台", "--days", "30",
        "--permission", "scope:event:export", "--all-areas",
    )  # fmt: skip


def revoke_key(b: Bench) -> None:
    """End a key that was put there without the journal."""
    now = datetime.now(UTC)
    with b.store.write() as session:
        owner = accounts.account(session, "operator")
        assert owner is not None
        row = ApiKey(
            prefix="gdk_00000000", key_hash="0" * 64, name="旧", owner_id=owner.id,
            permissions=[], areas=[], created_by="operator", created_at=now,
            expires_at=now + timedelta(days=1),
        )  # fmt: skip
        keys.add(session, row)
    b.command("keys", "revoke", "gdk_00000000")


def revoke_device(b: Bench) -> None:
    """End a token that was put there without the journal."""
    now = datetime.now(UTC)
    row = DeviceToken(
        prefix="gdd_00000000", token_hash="0" * 64, name="旧", areas=[], whole_city=True,
        created_by="operator", created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    with b.store.write() as session:
        devices.add(session, row)
    b.command("devices", "revoke", "gdd_00000000")


def on_somebody(*words: str) -> Callable[[Bench], None]:
    """Run a command of `govdash users` on an account that was put there without the journal."""

    def do(b: Bench) -> None:
        with b.store.write() as session:
            accounts.add_account(session, login="sun", name="孙", roles=(), at=datetime.now(UTC))
        b.command("users", words[0], "sun", *words[1:])

    return do


def confirm_reset(b: Bench) -> None:
    """Confirm what somebody else has reset."""
    at = datetime.now(UTC)
    with b.store.write() as session:
        row = accounts.add_account(session, login="sun", name="孙", roles=(), at=at)
        row.reset_by, row.reset_at = "gao", at
    b.command("users", "confirm", "sun")


def unmask(b: Bench) -> None:
    """Look at the reporter of a case in clear."""
    now = datetime.now(UTC)
    with b.store.write() as session:
        event = session.scalars(select(Event).limit(1)).one()
        persons.add(
            session,
            [{"event_id": event.event_id, "version": event.version, "reporter_name": "张三丰"}],
        )
        case = Case(
            number="AJ-U", title="t", category=town.LAMP, area_path=town.QUAY,
            state=CaseState.RECEIVED, opened_at=now, event_id=event.event_id,
        )  # fmt: skip
        session.add(case)
        session.flush()
        number = case.id
    b.act(
        "person.unmask",
        lambda s: reporter.unmask(s, number, actor=b.user(s), reason="电话回访核实", at=soon()),
    )


def brief_make(b: Bench) -> None:
    lake = Lake.open(b.settings)
    with b.store.read() as session:
        day = datetime.now(UTC).date() - timedelta(days=5)
        of = making(session, lake, day, day, as_of=datetime.now(UTC))
        document = made(of)
    b.act("brief.make", lambda s: desk.draft(s, document, of_in(s, of), actor=b.user(s)))


def of_in(session: Session, of: Making) -> Making:
    return replace(of, session=session)


def standing_brief(b: Bench) -> int:
    """Write a draft of somebody else, without the journal."""
    with b.store.write() as session:
        now = datetime.now(UTC)
        document = Document(
            title="日报", subtitle="", issuer="", zone="Asia/Shanghai", first=now.date(),
            last=now.date(), as_of=now, made_at=now, conditions=(),
            sections=(Section("a", "一"),), basis=(),
        )  # fmt: skip
        brief = Brief(
            number="BG-T", kind=BriefKind.DAY, categories=[], first_day=now.date(),
            last_day=now.date(), as_of=now, state=BriefState.DRAFT, document=document.dump(),
            written_by="fen", written_at=now,
        )  # fmt: skip
        session.add(brief)
        session.flush()
        return brief.id


def brief_edit(b: Bench) -> None:
    number = standing_brief(b)
    b.act(
        "brief.edit",
        lambda s: desk.edit(s, number, "a", "改", version=1, actor=b.user(s), at=soon()),
    )


def brief_issue(b: Bench) -> None:
    number = standing_brief(b)
    b.act("brief.issue", lambda s: desk.issue(s, number, actor=b.user(s), at=soon()))


def brief_drop(b: Bench) -> None:
    number = standing_brief(b)
    b.act("brief.drop", lambda s: desk.drop(s, number, reason="重做", actor=b.user(s), at=soon()))


def brief_take(b: Bench) -> None:
    number = standing_brief(b)
    b.act(
        "brief.take",
        lambda s: desk.take(s, number, BriefFormat.HTML, actor=b.user(s), at=soon()),
    )


def standing_release(b: Bench, asked_by: str, state: ReleaseState = ReleaseState.ASKED) -> str:
    """Write a request to take personal data out, without the journal."""
    now = datetime.now(UTC)
    approved = state is ReleaseState.APPROVED
    today = now.date().isoformat()
    with b.store.write() as session:
        row = Release(
            number="DC-20260610-0001", format="csv", params={"from": today, "to": today}, words=[],
            areas=[], units=[], whole_city=True, rows=1, reason="复查案件", asked_by=asked_by,
            asked_at=now, state=state, decided_by="another" if approved else None,
            expires_at=now + timedelta(days=1) if approved else None, allowed=int(approved),
        )  # fmt: skip
        session.add(row)
    return "DC-20260610-0001"


def ask(b: Bench) -> None:
    chosen = EventFilter(Period.last_days(30, until=datetime.now(UTC).date()))
    b.act(
        "release.ask",
        lambda s: releases.ask(
            s, Lake.open(b.settings), chosen, Format.CSV, reason="市信访办复查案件",
            actor=b.user(s), at=soon(), zone=b.settings.zone,
        ),
    )  # fmt: skip


def decide(how: Callable[..., object], did: str) -> Callable[[Bench], None]:
    def do(b: Bench) -> None:
        number = standing_release(b, "fen")
        b.act(did, lambda s: how(s, number, note="理由", actor=b.user(s), at=soon()))

    return do


def withdraw(b: Bench) -> None:
    number = standing_release(b, login_of(b))
    b.act("release.withdraw", lambda s: releases.withdraw(s, number, actor=b.user(s), at=soon()))


def take(b: Bench) -> None:
    number = standing_release(b, login_of(b), ReleaseState.APPROVED)
    b.act(
        "release.take",
        lambda s: releases.take(
            s, b.store, Lake.open(b.settings), number,
            actor=b.user(s), at=soon(), zone=b.settings.zone,
        ),
    )  # fmt: skip


def trace(b: Bench) -> None:
    """Look for a file whose lines were put there without the action."""
    with b.store.write() as session:
        journal.record(
            session, actor="fen", did="detect.tick", subject="release:DC-20260610-0001",
            at=datetime.now(UTC), detail={"watermark": "DC-20260610-0001-1"},
        )  # fmt: skip
    b.command("export", "trace", "DC-20260610-0001-1")


def new_mute() -> muting.NewMute:
    now = datetime.now(UTC)
    return muting.NewMute(
        kind=Mute.SILENCE, area_path=town.QUAY, reason="道路施工",
        starts_at=now, ends_at=now + timedelta(hours=2),
    )  # fmt: skip


def standing_mute(b: Bench) -> int:
    """Write a silence, without the journal."""
    now = datetime.now(UTC)
    with b.store.write() as session:
        kept = Suppression(
            kind=Mute.SILENCE, name="", area_path=town.QUAY, starts_at=now,
            ends_at=now + timedelta(hours=2), owner="fen", reason="施工", created_at=now,
        )  # fmt: skip
        session.add(kept)
        session.flush()
        return kept.id


def extend_mute(b: Bench) -> None:
    number, until = standing_mute(b), datetime.now(UTC) + timedelta(hours=5)
    b.act(
        "silence.extend",
        lambda s: muting.extend(s, number, until, reason="延长", actor=b.user(s), at=soon()),
    )


def end_mute(b: Bench) -> None:
    number = standing_mute(b)
    b.act("silence.end", lambda s: muting.end(s, number, actor=b.user(s), at=soon()))


def resend(b: Bench) -> None:
    """Send again what failed and was put there without the journal."""
    now = datetime.now(UTC)
    with b.store.write() as session:
        kept = Notification(
            key="k", topic="test", why="", title="t", body="", link="/", recipient="li",
            target="", channel="email", area_path=town.QUAY, created_at=now, due_at=now,
            next_at=now, state=NoticeState.FAILED, episode=0, tries=1,
        )  # fmt: skip
        session.add(kept)
        session.flush()
        number = kept.id
    b.act("notice.resend", lambda s: resending.resend(s, number, actor=b.user(s), at=soon()))


def login_of(b: Bench) -> str:
    with b.store.read() as session:
        return b.user(session).login


DO: dict[str, Callable[[Bench], None]] = {
    "alert.acknowledge": acknowledge,
    "alert.dismiss": dismiss,
    "case.open": open_case,
    **{f"case.{action.value}": stepper(action) for action in CaseAction},
    **{f"case.ask_{kind.value}": ask_for(kind) for kind in Asked},
    **{f"case.grant_{kind.value}": answer(kind, grant=True) for kind in Asked},
    **{f"case.deny_{kind.value}": answer(kind, grant=False) for kind in Asked},
    **{f"case.{kind.value}": mark(kind) for kind in Mark},
    "case.attach": attach,
    "case.take_file": take_file,
    "case.report": make_report,
    "case.take_report": take_report,
    "feedback.record": call,
    "rule.change": change_rule,
    "person.unmask": unmask,
    "silence.add": lambda b: b.act(
        "silence.add", lambda s: muting.add(s, new_mute(), actor=b.user(s), at=soon())
    ),
    "silence.extend": extend_mute,
    "silence.end": end_mute,
    "notice.resend": resend,
    "user.email": on_somebody("email", "sun@city.example"),
    "import": import_,
    "import_areas": import_areas,
    "rejects.download": rejects,
    "export": lambda b: b.command("export", "events", "--out", str(b.folder / "e.csv")),
    "audit.export": lambda b: b.command("audit", "export", "--out", str(b.folder / "a.jsonl")),
    "backup.make": lambda b: b.command("backup", "--out", str(b.folder / "backup")),
    "brief.make": brief_make,
    "brief.edit": brief_edit,
    "brief.issue": brief_issue,
    "brief.drop": brief_drop,
    "brief.take": brief_take,
    "release.ask": ask,
    "release.approve": decide(releases.approve, "release.approve"),
    "release.refuse": decide(releases.refuse, "release.refuse"),
    "release.withdraw": withdraw,
    "release.take": take,
    "release.trace": trace,
    "lake.sync": lambda b: b.command("lake", "sync"),
    "lake.rebuild": lambda b: b.command("lake", "rebuild"),
    "detect.run": lambda b: b.command("detect", "run"),
    "retention.run": lambda b: b.command("retention", "run"),
    "people.rotate": lambda b: b.command("people", "rotate"),
    "key.add": add_key,
    "key.list": lambda b: b.command("keys", "list"),
    "key.revoke": revoke_key,
    "device.add": lambda b: b.command(
        "devices", "add", "--name", "大厅", "--days", "30", "--all-areas"
    ),
    "device.revoke": revoke_device,
    "user.add": lambda b: b.command("users", "add", "sun", "--name", "孙"),
    "user.password": on_somebody("set-password"),
    "user.lock": on_somebody("lock"),
    "user.bind": on_somebody("bind"),
    "user.confirm": confirm_reset,
    "user.unlock": on_somebody("unlock"),
    "user.roles": on_somebody("roles"),
    "user.areas": on_somebody("areas", "--all-areas"),
    "user.sessions": on_somebody("revoke-sessions"),
    "user.factor": on_somebody("reset-totp"),
}


def test_every_action_of_the_list_has_its_test():
    assert set(DO) | set(ELSEWHERE) == set(BY_PEOPLE)
    for did, place in ELSEWHERE.items():
        assert did in Path(place).read_text("utf-8"), did


def test_what_the_source_journals_is_in_the_list():
    said = {
        keyword.value.value
        for source in shipped()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] != "_log"
        for keyword in node.keywords
        if keyword.arg == "did"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }
    assert said - set(ACTIONS) == set()
    assert len(said) > 10


def written(store: Store, did: str) -> list[Result]:
    with store.read() as session:
        return [line.result for line in journal.lines(session, limit=9999) if line.did == did]


def everything(store: Store) -> int:
    with store.read() as session:
        return len([x for x in journal.lines(session, limit=9999) if x.did != "detect.tick"])


@pytest.mark.parametrize("did", DO)
def test_an_action_writes_exactly_one_line(bench: Bench, did: str):
    before = everything(bench.store)
    DO[did](bench)
    assert written(bench.store, did) == [Result.DONE]
    assert everything(bench.store) == before + 1


@pytest.mark.parametrize("did", DO)
def test_without_the_permission_it_writes_exactly_one_refused_line(bench: Bench, did: str):
    with bench.store.write() as session:
        accounts.put_role(session, code="local_operator", name="无权", permissions=[])
    before = everything(bench.store)
    with pytest.raises(GovDashError):
        DO[did](bench)
    assert written(bench.store, did) == [Result.REFUSED]
    assert everything(bench.store) == before + 1
