"""The system of record: the only place with SQL."""

from sqlalchemy.orm import Session

from govdash.store.engine import Store

__all__ = ["Session", "Store"]
