"""Checkpoints of the journal: proved, signed, and kept outside the database too."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from govdash.core.errors import InputError, Tampered
from govdash.core.settings import Settings
from govdash.report import auditing
from govdash.store import Store, chain
from govdash.store.sealing import Mark

FILE: Final = "checkpoints.jsonl"
PUBLIC: Final = "audit.pub"
FULL_EVERY: Final = 7  # checkpoints: between them only what is new is read


@dataclass(frozen=True, slots=True)
class Made:
    """A new checkpoint, and how many lines were read for it."""

    mark: Mark
    read: int
    full: bool


def make(
    store: Store, out: Path | None, *, actor: str, at: datetime, full: bool | None = None
) -> Made:
    """Prove the journal, sign it as it is, and append the checkpoint to the file `out`.

    Unless `full`, lines before the newest checkpoint are taken as proved, so that the work grows
    with what is new; every seventh checkpoint reads all. What lies in `out` is compared too: it
    finds a database that was exchanged for an older one.

    Raises
    ------
    Tampered
        When the journal is not as it was written: no checkpoint may vouch for that.
    InputError
        When `out` cannot be read or written; then no checkpoint is made either.
    SettingsError
        When the journal is signed with another key.
    """
    seal = store.require_key()
    kept = read(out) if out is not None and out.exists() else []
    with store.read() as session:
        known = chain.checkpoints(session)
        since = known[-1] if known else None
        if full or (full is None and len(known) % FULL_EVERY == 0):
            since = None
        found = chain.verify(session, since=since, outside=kept)
    if found.first is None:
        with store.write() as session:  # what was written meanwhile, with nobody writing now
            found = chain.verify(session, since=found.mark(at), outside=kept)
            if found.first is None:
                mark = chain.add_checkpoint(session, seal, actor=actor, at=at)
                if out is not None:
                    _append(out, mark, seal.public.text)
                lines = mark.lines - (since.lines if since else 0)
                return Made(mark, lines, full=since is None)
    said = auditing.fault(found)
    auditing.note_fault(store, found, actor=actor, at=at)
    raise Tampered(f"操作日志被动过，不能签检查点：{said}")


def kept(settings: Settings) -> list[Mark]:
    """Return the checkpoints that the daily job has laid elsewhere; none before the first."""
    path = settings.checkpoints / FILE
    return read(path) if path.exists() else []


def read(path: Path) -> list[Mark]:
    """Return the checkpoints of a file, oldest first; raise `InputError` when it cannot be read."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"检查点文件 {path} 无法读取：{error}") from error
    kept = [Mark.of_json(line) for line in text.splitlines() if line.strip()]
    if not kept:
        raise InputError(f"检查点文件 {path} 里没有检查点。")
    return kept


def _append(path: Path, mark: Mark, public: str) -> None:
    """Add a line, and lay the public key beside it, with which others can check the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(mark.to_json() + "\n")
        beside = path.with_name(PUBLIC)
        if not beside.exists():
            beside.write_text(public + "\n", "ascii")
    except OSError as error:
        raise InputError(f"检查点文件 {path} 无法写入：{error}") from error
