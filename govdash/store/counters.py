"""Numbers that only grow: the change sequence of events, the day's case and alert numbers."""

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from govdash.store.engine import Session
from govdash.store.models import Counter

CHANGE_SEQ = "events.change_seq"


def take(session: Session, name: str, n: int = 1) -> int:
    """Reserve `n` numbers and return the first, starting with 1.

    The row stays locked until the transaction ends, so numbers become visible in their order:
    a reader that has seen k has seen everything up to k.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(Counter).values(name=name, value=0).on_conflict_do_nothing())
    last = session.execute(
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + n)
        .returning(Counter.value)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return last - n + 1


def last(session: Session, name: str) -> int:
    """Return the newest number given out, 0 when there is none."""
    counter = session.get(Counter, name, populate_existing=True)
    return counter.value if counter else 0
