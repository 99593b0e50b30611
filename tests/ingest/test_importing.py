"""An import from beginning to end: twice, corrected, killed, rehearsed, refused."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from govdash.access import SYSTEM, User
from govdash.core.errors import InputError, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import ImportState
from govdash.ingest import (
    accept_frame,
    import_file,
    load_profile,
    mark_interrupted,
    preview,
    save_profile,
)
from govdash.store import Store, areas, chain, counters, imports, journal
from govdash.store.models import Event
from tests.conftest import NOW
from tests.ingest.conftest import HEADER, PROFILE, Take, csv_text, row, taker


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def test_importing_a_file_twice_changes_nothing(take_both: Take, ready: Store):
    text = csv_text(*(row(n) for n in range(30)), row(5, 上报时间="坏"))
    first = take_both(text)
    assert (first.read, first.new, first.rejected) == (31, 30, 1)
    with ready.read() as session:
        seq = counters.last(session, counters.CHANGE_SEQ)
    again = take_both(text)
    assert (again.read, again.accepted, again.rejected, again.duplicate) == (31, 0, 1, 30)
    assert count(ready) == 30
    with ready.read() as session:
        assert counters.last(session, counters.CHANGE_SEQ) == seq
        lines = journal.lines(session)
        assert [line.did for line in lines] == ["import", "import"]
        assert lines[0].detail["duplicate"] == 30
        assert (
            imports.get(session, again.import_id or 0, SYSTEM.scope, by="").state
            is ImportState.DONE
        )


def test_a_corrected_row_makes_a_version_and_the_old_one_is_still_known(
    take_both: Take, ready: Store
):
    take_both(csv_text(row(1), row(2)))
    told = take_both(csv_text(row(1), row(2, 内容="更正后的内容")))
    assert (told.new, told.corrected, told.duplicate) == (0, 1, 1)
    assert take_both(csv_text(row(2))).duplicate == 1
    assert count(ready) == 3


def test_a_rehearsal_counts_and_writes_nothing(take_both: Take, ready: Store):
    take_both(csv_text(row(1)))
    text = csv_text(
        row(1), row(2), row(2), row(2, 内容="二"), row(3, 上报时间="坏"), row(4, 类别="新")
    )
    told = take_both(text, dry_run=True)
    assert (told.read, told.new, told.corrected) == (6, 2, 1)
    assert (told.rejected, told.duplicate, told.import_id) == (1, 2, None)
    assert Path(told.reject_file).is_file()
    assert count(ready) == 1
    with ready.read() as session:
        assert len(imports.runs(session, SYSTEM.scope, by="")) == 1
    real = take_both(text)
    assert (real.new, real.corrected, real.duplicate) == (2, 1, 2)


def test_progress_is_told_and_ends_at_the_end(take: Take):
    seen: list[tuple[int, float | None]] = []
    take(csv_text(*(row(n) for n in range(12_000))), progress=lambda p, f: seen.append((p.read, f)))
    assert [n for n, _ in seen] == [10_000, 12_000]
    fractions = [f for _, f in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from govdash.access import SYSTEM
from govdash.core.settings import Settings
from govdash.ingest import import_file, load_profile
from govdash.store import Store
settings = Settings.from_environment()
def tell(progress, fraction):
    if progress.read >= 10_000:
        os.kill(os.getpid(), signal.SIGKILL)
import_file(
    Store.open(settings.database_url), settings, Path(sys.argv[1]),
    profile=load_profile(settings.data, "test", var=settings.var), actor=SYSTEM,
    at=datetime.fromisoformat(sys.argv[2]), progress=tell,
)
"""


def test_killed_in_the_middle_and_imported_again_nothing_is_lost_or_doubled(
    ready: Store, settings: Settings, tmp_path: Path
):
    save_profile(settings.var, PROFILE)
    path = tmp_path / "big.csv"
    n = 15_000
    path.write_text(csv_text(*(row(k) for k in range(n))), encoding="utf-8")
    url = ready.engine.url.render_as_string(hide_password=False)
    env = os.environ | {
        "GOVDASH_VAR": str(settings.var),
        "GOVDASH_MODE": "demo",
        "GOVDASH_DATABASE_URL": url,
        "GOVDASH_CONTACT_KEY": "test-key",
    }
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), NOW.isoformat()], env=env, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert count(ready) == 10_000
    with ready.read() as session:
        (run,) = imports.runs(session, SYSTEM.scope, by="")
        killed = run.id
        assert (run.state, run.n_read) == (ImportState.RUNNING, 10_000)
    again = import_file(
        ready, settings, path, profile=PROFILE, actor=SYSTEM_USER, at=NOW + timedelta(minutes=1)
    )
    assert (again.new, again.duplicate) == (n - 10_000, 10_000)
    assert count(ready) == n
    with ready.read() as session:
        assert imports.get(session, killed, SYSTEM.scope, by="").state is ImportState.INTERRUPTED
        assert chain.first_broken(session) is None


SYSTEM_USER = User("system", "系统", frozenset(Permission), Scope(areas=(), whole_city=True))


def test_a_run_says_when_it_ended_not_only_when_it_began(
    lite: Store, settings: Settings, tmp_path: Path
):
    begun = time.monotonic()
    taker(lite, settings, tmp_path)(csv_text(row(1)), progress=lambda *_: time.sleep(0.2))
    took = timedelta(seconds=time.monotonic() - begun)
    with lite.read() as session:
        (run,) = imports.runs(session, SYSTEM.scope, by="")
        assert run.finished_at is not None
        assert timedelta(seconds=0.2) <= run.finished_at - run.started_at <= took
        assert journal.lines(session)[0].at == run.finished_at


def test_a_run_that_is_alive_is_not_marked(lite: Store, settings: Settings, tmp_path: Path):
    seen: list[int] = []

    def look(*_: object) -> None:
        seen.append(mark_interrupted(lite, settings, at=NOW + timedelta(days=3)))

    taker(lite, settings, tmp_path)(csv_text(row(1)), progress=look)
    assert seen == [0]
    with lite.read() as session:
        assert [run.state for run in imports.runs(session, SYSTEM.scope, by="")] == [
            ImportState.DONE
        ]


def test_an_import_that_fails_in_the_middle_says_so_and_keeps_its_numbers(take: Take, lite: Store):
    text = json.dumps([row(n) for n in range(12_000)])
    at = text.rindex("{", 0, len(text) - 3000)
    with pytest.raises(InputError, match="之后不是有效的 JSON"):
        take(text[:at] + "}}" + text[at:], file="a.json")
    with lite.read() as session:
        (run,) = imports.runs(session, SYSTEM.scope, by="")
        assert run.state is ImportState.FAILED
        assert run.n_read == run.n_accepted == 10_000
    assert count(lite) == 10_000


def test_only_who_may_import_for_the_whole_city_imports(
    lite: Store, settings: Settings, tmp_path: Path
):
    path = tmp_path / "a.csv"
    path.write_text(csv_text(row(1)), encoding="utf-8")
    whole = Scope(areas=(), whole_city=True)
    for user in (
        User("a", "甲", frozenset(), whole),
        User("b", "乙", frozenset(Permission), Scope(areas=("/1/",))),
    ):
        with pytest.raises(Refused):
            import_file(lite, settings, path, profile=PROFILE, actor=user, at=NOW)
    assert count(lite) == 0


def test_events_land_in_areas_that_came_later_when_the_file_comes_again(
    take_both: Take, ready: Store
):
    from tests.store.test_places import CITY, tree

    text = csv_text(row(1, 经度="0.5", 纬度="0.5"), row(2, 经度="9.5", 纬度="0.5"))
    plain = PROFILE.model_copy(update={"bounds": None})
    take_both(text, plain)
    with ready.write() as session:
        areas.put_areas(session, tree(CITY))
    told = take_both(text, plain)
    assert (told.corrected, told.duplicate) == (1, 1)
    assert told.warnings["unplaced"] == 1


def test_the_key_of_the_fingerprints_is_made_once_for_its_owner_only(tmp_path: Path):
    from govdash.ingest import contact_key

    settings = Settings.from_environment({"GOVDASH_VAR": str(tmp_path / "var")})
    key = contact_key(settings)
    assert len(key) == 64
    assert contact_key(settings) == key
    assert (settings.var / "contact.key").stat().st_mode & 0o777 == 0o600


def test_reject_files_may_be_read_by_their_owner_only(take: Take):
    told = take(csv_text(row(1, 上报时间="坏")))
    assert Path(told.reject_file).stat().st_mode & 0o777 == 0o600


def test_the_columns_of_the_own_export_are_read_back_as_duplicates(
    take: Take, lite: Store, tmp_path: Path
):
    """The export writes codes as labels, times with offsets, guards and no reporter."""
    from govdash.core.cells import guard

    take(
        csv_text(row("0012", 内容="=1+1，电话13812345678", 电话="13812345678"), row(2, 标题="-减"))
    )
    labels = {
        "source": "来源系统", "source_id": "来源编号", "occurred_at": "发生时间",
        "reported_at": "上报时间", "received_at": "接收时间", "closed_at": "办结时间",
        "category": "类别代码", "area_path": "区域代码", "lon": "经度", "lat": "纬度",
        "address": "地址", "title": "标题", "text": "内容", "channel": "渠道", "facet": "要素",
        "unit_code": "单位代码", "urgency": "紧急程度", "status_hint": "来源状态",
    }  # fmt: skip
    words = {"other": "其他", "affair": "事", "normal": "一般"}
    path = tmp_path / "export.csv"
    with lite.read() as session, path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(labels.values())
        for event in session.scalars(select(Event)):
            told = [getattr(event, name) for name in labels]
            texts = [
                "" if v is None else v.isoformat() if hasattr(v, "isoformat") else v for v in told
            ]
            writer.writerow([guard(words.get(t, t)) if isinstance(t, str) else t for t in texts])
    assert preview(path).columns == tuple(labels.values())
    again = take(path, load_profile(Settings.from_environment({}).data, "canonical"))
    assert (again.read, again.duplicate) == (2, 2)


def test_a_frame_at_hand_is_checked_masked_and_taken(ready: Store, settings: Settings):
    import pandas as pd

    frame = pd.DataFrame(
        {
            "source_id": ["1", "2", ""],
            "reported_at": [NOW, NOW + timedelta(days=9), NOW],
            "category": ["A-06010", "暴露垃圾", "怪事"],
            "text": ["张三丰先生13812345678", "", ""],
            "channel": ["camera", "hotline", ""],
            "lon": [121.5, 121.5, None],
            "lat": [31.2, 31.2, None],
            "reporter_contact": ["13812345678", "", ""],
        }
    )
    with ready.write() as session:
        told = accept_frame(
            session, frame, source="api", settings=settings, at=NOW, areas=areas.frame(session)
        )
    assert (told.read, told.accepted, told.rejected) == (3, 1, 2)
    assert told.reasons == {"future_time": 1, "missing_id": 1}
    assert [(r.row_number, r.reasons) for r in told.rejected_rows] == [
        (2, ("future_time",)),
        (3, ("missing_id",)),
    ]
    with ready.read() as session:
        (event,) = session.scalars(select(Event)).all()
        assert (event.text, event.channel, event.category) == (
            "张**先生138****5678",
            "camera",
            "A-06010",
        )
    with ready.write() as session:
        for wrong in (
            frame.assign(reported_at=frame["reported_at"].dt.tz_localize(None)),
            frame.drop(columns="source_id"),
            frame.assign(nonsense=1),
        ):
            with pytest.raises(InputError):
                accept_frame(
                    session,
                    wrong,
                    source="api",
                    settings=settings,
                    at=NOW,
                    areas=areas.frame(session),
                )


def test_header_names_are_those_of_the_test_profile():
    assert set(HEADER) == PROFILE.known_columns
