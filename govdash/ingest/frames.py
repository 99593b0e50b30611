"""Events that are already at hand as a frame: from the demo city or the HTTP interface."""

from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.ingest import points
from govdash.ingest.accepting import Prepared, Tally, prepare, write
from govdash.ingest.completing import Completing
from govdash.ingest.findings import Findings
from govdash.ingest.guess import FIELDS, TIME_FIELDS
from govdash.ingest.importing import ImportReport
from govdash.ingest.naming import Naming
from govdash.ingest.placing import Places
from govdash.store import Session, units
from govdash.store.event_rows import CANONICAL
from govdash.store.imports import Rejected

NUMBERS = ("lon", "lat")
#: Fields that callers may give under the name of the stored column.
ALIASES = {"area_path": "area_code"}


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows as they came and as they would be written."""

    frame: pd.DataFrame
    prepared: Prepared


class FrameTaker:
    """Takes frames of one source, many times: areas, units and categories are read once."""

    def __init__(
        self, session: Session, *, source: str, settings: Settings, areas: gpd.GeoDataFrame
    ) -> None:
        self._completing = Completing.of(
            settings, Places.of(areas), units.units(session), source=source
        )
        self._naming = Naming.load(session, settings.data, "")

    def accept(
        self, session: Session, frame: pd.DataFrame, *, at: datetime, import_id: int | None = None
    ) -> ImportReport:
        """Check and add the rows; what is rejected is in the report."""
        return self.add(session, self.check(frame, at=at), at=at, import_id=import_id)

    def check(self, frame: pd.DataFrame, *, at: datetime) -> Checked:
        """Check, complete and mask the rows; needs no database, so a thread can do it ahead."""
        fields, findings = _typed(frame)
        return Checked(frame, prepare(fields, findings, self._completing, at=at))

    def add(
        self, session: Session, checked: Checked, *, at: datetime, import_id: int | None = None
    ) -> ImportReport:
        """Add rows that `check` has seen."""
        frame, prepared = checked.frame, checked.prepared
        tally = Tally()
        rejected = [Rejected(n + 1, reasons, _raw(frame, n)) for n, reasons in prepared.bad.items()]
        tally.reject(rejected)
        tally.accepted = write(session, prepared, self._naming, import_id=import_id, at=at)
        return ImportReport(
            read=tally.read,
            accepted=tally.n_accepted,
            rejected=tally.rejected,
            duplicate=tally.accepted.n_duplicate,
            reasons=dict(tally.reasons),
            warnings=prepared.findings.warnings_of_good(),
            import_id=import_id,
            new=tally.accepted.n_new,
            corrected=tally.accepted.n_corrected,
            rejected_rows=tuple(rejected),
        )


def accept_frame(
    session: Session,
    frame: pd.DataFrame,
    *,
    source: str,
    settings: Settings,
    at: datetime,
    areas: gpd.GeoDataFrame,
    import_id: int | None = None,
) -> ImportReport:
    """Check, complete and add rows in the caller's transaction.

    Parameters
    ----------
    frame : DataFrame, one row per event report
        ``source_id``, ``reported_at`` or ``occurred_at`` (timezone-aware), and what is known of
        the other canonical fields (`ingest.guess.FIELDS`): texts raw, as people wrote them
        (they are masked here); ``lon``/``lat`` WGS-84; ``category`` a key, a name or a label of
        the source; ``area_path`` or ``area_code`` where the place is known, else the point tells;
        ``reporter_contact`` and ``reporter_name`` go to the person table.

    Raises
    ------
    InputError
        When a needed column is missing or times have no zone.
    """
    taker = FrameTaker(session, source=source, settings=settings, areas=areas)
    return taker.accept(session, frame, at=at, import_id=import_id)


def _typed(frame: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    given = frame.rename(columns=ALIASES).reset_index(drop=True)
    unknown = [str(c) for c in given.columns if c not in FIELDS and c not in CANONICAL]
    if unknown:
        raise InputError(f"不认识的列：{'、'.join(unknown)}；可用：{'、'.join(FIELDS)}。")
    if "source_id" not in given or not {"reported_at", "occurred_at"} & set(given.columns):
        raise InputError("事件表至少要有 source_id 和 reported_at 两列。")
    findings = Findings(len(given))
    told: dict[str, pd.Series] = {}
    for name in FIELDS:
        if name in TIME_FIELDS:
            told[name] = _times(given, name)
        elif name not in {*NUMBERS, "point"}:
            texts = given[name] if name in given else pd.Series("", index=given.index, dtype="str")
            told[name] = texts.astype("str").fillna("").str.strip()
    lon, lat = (_numbers(given, name) for name in NUMBERS)
    infinite = np.isinf(lon) | np.isinf(lat)
    findings.reject("bad_coordinates", infinite)
    lon, lat = np.where(infinite, np.nan, lon), np.where(infinite, np.nan, lat)
    lon, lat = points.settle(lon, lat, points.Convention(), findings)
    told["lon"], told["lat"] = pd.Series(lon), pd.Series(lat)
    return pd.DataFrame(told, index=given.index), findings


def _times(given: pd.DataFrame, name: str) -> pd.Series:
    if name not in given:
        empty = pd.Series(pd.NaT, index=given.index).dt.tz_localize("UTC")
        return empty.astype("datetime64[us, UTC]")
    times = given[name]
    if times.isna().all():
        times = pd.Series(pd.NaT, index=given.index).dt.tz_localize("UTC")
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        try:
            times = pd.to_datetime(times, utc=False)
        except (ValueError, TypeError):
            raise InputError(f"{name} 中有无法识别的时间。") from None
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise InputError(f"{name} 没有时区；请写明，例如 2026-06-10T10:30:00+08:00。")
    return times.dt.tz_convert("UTC").astype("datetime64[us, UTC]")


def _numbers(given: pd.DataFrame, name: str) -> points.Floats:
    if name not in given:
        return np.full(len(given), np.nan)
    return pd.to_numeric(given[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _raw(frame: pd.DataFrame, row: int) -> dict[str, str]:
    told = frame.iloc[row]
    return {str(name): str(value) for name, value in told.items() if not pd.isna(value)}
