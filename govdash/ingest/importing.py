"""A whole file into the store: chunk by chunk, each in one transaction with its numbers.

Killed in the middle, nothing is lost or doubled: what was committed counts, and importing the
same file again finds it as duplicates.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from govdash.access import User
from govdash.core.errors import InputError
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import ImportState
from govdash.ingest.accepting import Prepared, Tally, prepare, write
from govdash.ingest.completing import Completing
from govdash.ingest.fields import read_fields
from govdash.ingest.naming import Naming
from govdash.ingest.opening import open_table
from govdash.ingest.placing import Places
from govdash.ingest.profiles import Profile
from govdash.ingest.rejects import RejectFile, raw_of
from govdash.ingest.running import alive, mark_interrupted
from govdash.ingest.tables import Chunk, Table
from govdash.language.masking import mask
from govdash.store import Store, areas, categories, imports, journal, units
from govdash.store.events import Rehearsal
from govdash.store.imports import Progress, Rejected
from govdash.taxonomy import Taxonomy

#: Rejected rows kept in the store for the screen; the file holds all of them.
SHOWN_REJECTS: Final = 10_000
ProgressCall = Callable[[Progress, float | None], None]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file; read = accepted + rejected + duplicate."""

    read: int
    accepted: int
    rejected: int
    duplicate: int
    reasons: Mapping[str, int]  # code → rows; a row may have several
    warnings: Mapping[str, int]
    reject_file: str = ""
    import_id: int | None = None
    new: int = 0  # accepted = new + corrected
    corrected: int = 0
    dry_run: bool = False
    rejected_rows: tuple[Rejected, ...] = ()  # of frames; a file's are in its reject file


def import_file(
    store: Store,
    settings: Settings,
    path: Path,
    *,
    profile: Profile,
    actor: User,
    at: datetime,
    dry_run: bool = False,
    progress: ProgressCall | None = None,
    name: str = "",
) -> ImportReport:
    """Import one file by its profile.

    Parameters
    ----------
    dry_run : bool
        Check and count, write nothing (but the reject file, so that its rows can be corrected).
    progress : called after each chunk with the numbers so far and how far into the file (0…1)
    name : shown instead of the name of `path`, for uploads

    Raises
    ------
    Refused
        When the actor may not import, or not for the whole city.
    InputError
        When the file cannot be read or lacks columns; nothing has been written then. When a JSON
        file turns out broken in its middle, the rows before stay imported.
    """
    actor.require(Permission.EVENT_IMPORT, area=None)
    table = open_table(path, profile)
    lacking = profile.missing(table.columns)
    if lacking:
        shown = "、".join(table.columns[:30])
        raise InputError(
            f"{name or path.name} 缺少导入方案“{profile.name}”需要的列：{'；'.join(lacking)}。"
            f"文件中的列：{shown}。"
        )
    called = Path(name or path.name)
    run = _Run(store, settings, profile, table, called=called, at=at, progress=progress)
    if dry_run:
        return run.rehearse()
    mark_interrupted(store, settings, at=at)
    with store.write() as session:
        import_id = imports.start(
            session,
            called.name,
            file_sha256=table.sha256,
            profile=profile.name,
            by=actor.login,
            at=at,
        )
    return run.carry_out(import_id, actor=actor)


class _Run:
    """One pass over one file."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        profile: Profile,
        table: Table,
        *,
        called: Path,
        at: datetime,
        progress: ProgressCall | None,
    ) -> None:
        self.called = called
        self.store, self.settings, self.profile = store, settings, profile
        self.table, self.at, self.progress = table, at, progress
        self.zone = ZoneInfo(table.zone) if table.zone else settings.zone
        self.tally = Tally()
        self.begun = time.monotonic()  # how long it takes is measured; when it is, `at` says
        with store.read() as session:
            known = not categories.categories(session).empty
            self.completing = Completing.of(
                settings,
                Places.of(areas.frame(session)),
                units.units(session),
                source=profile.source_name,
                codes=profile.codes,
            )
        if not known:
            with store.write() as session:
                categories.put_categories(session, Taxonomy.load(settings.data))
        with store.read() as session:
            self.naming = Naming.load(session, settings.data, profile.crosswalk)

    def carry_out(self, import_id: int, *, actor: User) -> ImportReport:
        """Import for good."""
        rejects = RejectFile(
            self.settings.var, import_id, self.called, self.table.columns, vault=self.store.vault
        )
        state, message = ImportState.FAILED, "导入中途出错；已写入的行都有效，修正后可再导入一次。"
        with alive(self.settings, import_id):
            try:
                for prepared, rejected, fraction in self._prepared():
                    with self.store.write() as session:
                        self.tally.accepted += write(
                            session, prepared, self.naming, import_id=import_id, at=self.at
                        )
                        self._count(prepared, rejected)
                        shown = max(0, SHOWN_REJECTS - rejects.rows)
                        imports.progress(session, import_id, self._numbers(), rejected[:shown])
                    rejects.add(rejected)
                    self._tell(fraction)
                state, message = ImportState.DONE, ""
            finally:
                self._finish(import_id, state, message, rejects, actor=actor)
        return self._report(rejects, import_id=import_id)

    def rehearse(self) -> ImportReport:
        """Count only."""
        rejects = RejectFile(
            self.settings.var, "dry-run", self.called, self.table.columns, vault=self.store.vault
        )
        rehearsal = Rehearsal()
        for prepared, rejected, fraction in self._prepared():
            with self.store.read() as session:
                self.tally.accepted += write(
                    session, prepared, self.naming,
                    import_id=None, at=self.at, rehearsal=rehearsal,
                )  # fmt: skip
            self._count(prepared, rejected)
            rejects.add(rejected)
            self._tell(fraction)
        return self._report(rejects, import_id=None)

    def _prepared(self) -> Iterator[tuple[Prepared, list[Rejected], float | None]]:
        for chunk in self.table.chunks:
            frame, findings = read_fields(chunk, self.profile, self.zone)
            prepared = prepare(frame, findings, self.completing, at=self.at)
            self.tally.warnings.update({"blank_row": chunk.blank} if chunk.blank else {})
            self.tally.warnings.update({"no_final_newline": 1} if chunk.unfinished else {})
            yield prepared, _rejected(chunk, prepared), chunk.fraction

    def _count(self, prepared: Prepared, rejected: list[Rejected]) -> None:
        self.tally.reject(rejected)
        self.tally.warnings.update(prepared.findings.warnings_of_good())

    def _numbers(self) -> Progress:
        tally = self.tally
        return Progress(
            tally.n_accepted,
            tally.rejected,
            tally.accepted.n_duplicate,
            dict(tally.reasons),
            dict(tally.warnings),
        )

    def _tell(self, fraction: float | None) -> None:
        if self.progress is not None:
            self.progress(self._numbers(), fraction)

    def _finish(
        self, import_id: int, state: ImportState, message: str, rejects: RejectFile, *, actor: User
    ) -> None:
        ended = self.at + timedelta(seconds=time.monotonic() - self.begun)
        with self.store.write() as session:
            imports.finish(
                session, import_id, state, at=ended, reject_file=rejects.name, message=message
            )
            run = imports.written(session, import_id)
            journal.record(
                session,
                actor=actor.login,
                did="import",
                subject=f"import:{import_id}",
                at=ended,
                detail={
                    "file": mask(run.file_name),
                    "sha256": run.file_sha256,
                    "profile": run.profile,
                    "state": state.value,
                    "read": run.n_read,
                    "accepted": run.n_accepted,
                    "rejected": run.n_rejected,
                    "duplicate": run.n_duplicate,
                },
            )

    def _report(self, rejects: RejectFile, *, import_id: int | None) -> ImportReport:
        numbers = self._numbers()
        return ImportReport(
            read=numbers.read,
            accepted=numbers.accepted,
            rejected=numbers.rejected,
            duplicate=numbers.duplicate,
            reasons=_by_size(numbers.reasons),
            warnings=_by_size(numbers.warnings),
            reject_file=rejects.name,
            import_id=import_id,
            new=self.tally.accepted.n_new,
            corrected=self.tally.accepted.n_corrected,
            dry_run=import_id is None,
        )


def _rejected(chunk: Chunk, prepared: Prepared) -> list[Rejected]:
    """Return the rejected rows of a chunk in the order of the file."""
    found = [Rejected(row.number, (row.reason,), row.raw) for row in chunk.broken]
    found += [
        Rejected(chunk.numbers[n], reasons, raw_of(chunk.columns, chunk.rows[n]))
        for n, reasons in prepared.bad.items()
    ]
    return sorted(found, key=lambda row: row.row_number)


def _by_size(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
