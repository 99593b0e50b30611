"""How long each class of data is kept, what is due, and its deletion in batches."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, cast

import yaml

from govdash.core.errors import SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Labelled
from govdash.store import Session, Store, emptying, retention
from govdash.workflow import attachments

FILE: Final = "retention.yaml"
#: 网络安全法 asks for six months of logs.
SHORTEST_JOURNAL: Final = 180
LONGEST: Final = 36_500  # days: a typing error beyond it


class DataClass(Labelled):
    """What is kept for a time of its own."""

    PERSON_FIELDS = "person_fields", "人员字段"
    EVENT_TEXTS = "event_texts", "事件文字"
    REJECTED_ROWS = "rejected_rows", "被拒的行"
    UPLOADS = "uploads", "上传的文件"
    CASE_TEXTS = "case_texts", "案件文字"
    CASE_FILES = "case_files", "案件附件"
    ALERT_NOTES = "alert_notes", "监测提示批注"
    NOTICES = "notices", "通知文字"
    MESSAGES = "messages", "站内信"
    SESSIONS = "sessions", "登录会话"
    JOURNAL = "journal", "操作日志"


@dataclass(frozen=True, slots=True)
class Due:
    """What of a class is older than its time: `n` rows or files from before `before`."""

    data: DataClass
    days: int
    before: datetime
    n: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Days by class; None: for good."""

    days: Mapping[DataClass, int | None]

    @classmethod
    def load(cls, data_dir: Path) -> Self:
        """Read and check ``retention.yaml``.

        Raises
        ------
        SettingsError
            When a class is missing or unknown, a time is none, or the journal's is too short.
        """
        path = data_dir / FILE
        try:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise SettingsError(f"保存期限文件 {path} 不可用：{error}") from error
        if not isinstance(told, dict):
            raise SettingsError(f"保存期限文件 {path} 是空的。")
        given = cast("dict[str, Any]", told)
        known = {data.value for data in DataClass}
        if set(given) != known:
            wrong = "、".join(sorted(set(given) ^ known))
            raise SettingsError(f"{path} 缺少或多了数据类别：{wrong}；应为：{'、'.join(known)}。")
        policy = cls({data: _days(data, given[data.value], path) for data in DataClass})
        journal = policy.days[DataClass.JOURNAL]
        if journal is not None and journal < SHORTEST_JOURNAL:
            raise SettingsError(
                f"{path}：操作日志至少保存 {SHORTEST_JOURNAL} 天，不能是 {journal} 天。"
            )
        return policy


def plan(session: Session, settings: Settings, policy: Policy, *, at: datetime) -> tuple[Due, ...]:
    """Return what is due now, class by class; the journal never is."""
    found: list[Due] = []
    for data, days in policy.days.items():
        if days is None or data is DataClass.JOURNAL:
            continue
        before = at - timedelta(days=days)
        found.append(Due(data, days, before, _counted(session, settings, data, before)))
    return tuple(found)


def carry_out(store: Store, settings: Settings, due: Due, *, batch: int) -> int:
    """Delete one class, a batch in each transaction; return how many. Stopped, it goes on later."""
    deletes: Mapping[DataClass, Callable[..., int]] = {
        DataClass.PERSON_FIELDS: retention.delete_persons,
        DataClass.EVENT_TEXTS: retention.empty_texts,
        DataClass.REJECTED_ROWS: retention.delete_rejected,
        DataClass.CASE_TEXTS: emptying.empty_cases,
        DataClass.ALERT_NOTES: emptying.empty_alerts,
        DataClass.NOTICES: emptying.empty_notices,
        DataClass.MESSAGES: retention.delete_messages,
        DataClass.SESSIONS: retention.delete_sessions,
    }
    if due.data is DataClass.UPLOADS:
        return _remove(_old_uploads(settings, due.before))
    if due.data is DataClass.CASE_FILES:
        with store.read() as session:
            files = list(_old_case_files(session, settings, due.before))
        for file in files:
            _remove(attachments.files_of(settings.evidence, file))
        return len(files)
    done = 0
    while n := _one_batch(store, deletes[due.data], due.before, batch):
        done += n
    if due.data is DataClass.REJECTED_ROWS:
        with store.read() as session:
            files = [Path(name) for name in retention.reject_files(session, due.before)]
        _remove(path for path in files if path.is_file() and _inside(settings, path))
        _remove(_old(settings.var / "rejects", "dry-run-*", due.before))
    return done


def _one_batch(store: Store, deletes: Callable[..., int], before: datetime, batch: int) -> int:
    with store.write() as session:
        return deletes(session, before, limit=batch)


def _counted(session: Session, settings: Settings, data: DataClass, before: datetime) -> int:
    counts: Mapping[DataClass, Callable[[Session, datetime], int]] = {
        DataClass.PERSON_FIELDS: retention.persons,
        DataClass.EVENT_TEXTS: retention.texts,
        DataClass.REJECTED_ROWS: retention.rejected,
        DataClass.CASE_TEXTS: emptying.cases,
        DataClass.ALERT_NOTES: emptying.alerts,
        DataClass.NOTICES: emptying.notices,
        DataClass.MESSAGES: retention.messages,
        DataClass.SESSIONS: retention.sessions,
    }
    if data is DataClass.UPLOADS:
        return sum(1 for _ in _old_uploads(settings, before))
    if data is DataClass.CASE_FILES:
        return sum(1 for _ in _old_case_files(session, settings, before))
    return counts[data](session, before)


def _days(data: DataClass, value: object, path: Path) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LONGEST:
        raise SettingsError(
            f"{path}：{data.value} 应为 1 至 {LONGEST} 的整数（天），或 null（一直保存）。"
        )
    return value


def _old_uploads(settings: Settings, before: datetime) -> Iterator[Path]:
    return _old(settings.var / "uploads", "*", before)


def _old_case_files(session: Session, settings: Settings, before: datetime) -> Iterator[str]:
    """Give the digests of old files of cases that are still there."""
    for digest in retention.case_files(session, before):
        if any(attachments.files_of(settings.evidence, digest)):
            yield digest


def _old(folder: Path, pattern: str, before: datetime) -> Iterator[Path]:
    """Give what lies in a folder and was last touched before a moment."""
    for path in folder.glob(pattern):
        if path.stat().st_mtime < before.timestamp():
            yield path


def _inside(settings: Settings, path: Path) -> bool:
    return path.resolve().is_relative_to((settings.var / "rejects").resolve())


def _remove(paths: Iterator[Path]) -> int:
    done = 0
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        done += 1
    return done
