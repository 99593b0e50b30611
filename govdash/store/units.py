"""The units that handle cases (处置单位)."""

import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from govdash.store.engine import Session
from govdash.store.models import Unit

COLUMNS = ("code", "name", "area_path", "parent_code")


def put_units(session: Session, frame: pd.DataFrame) -> None:
    """Add units, or replace those of the same code; `frame` has the columns `COLUMNS`."""
    if frame.empty:
        return
    rows = [
        {name: None if pd.isna(row[name]) else str(row[name]) for name in COLUMNS}
        for row in frame.to_dict("records")
    ]
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = (postgresql.insert if postgres else sqlite.insert)(Unit)
    upsert = statement.on_conflict_do_update(
        index_elements=["code"], set_={name: statement.excluded[name] for name in COLUMNS[1:]}
    )
    # A unit may stand before its parent in the frame: first all without, then all as given.
    session.execute(upsert, [row | {"parent_code": None} for row in rows])
    session.execute(upsert, rows)
    session.expire_all()


def units(session: Session) -> pd.DataFrame:
    """Return every unit by code: columns `COLUMNS`, None where there is no area or parent."""
    found = session.execute(
        select(Unit.code, Unit.name, Unit.area_path, Unit.parent_code).order_by(Unit.code)
    )
    return pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)
