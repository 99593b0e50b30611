"""Categories in this city: the national ones, and local extensions as sources bring them."""

import re
from typing import Any, Final

import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from govdash.core.errors import InputError
from govdash.core.vocab import Facet, Kind
from govdash.store import counters
from govdash.store.engine import Session
from govdash.store.models import Category, CategoryAlias
from govdash.taxonomy import LOCAL_MAJOR_NAME, Taxonomy

COLUMNS: Final = (
    "key",
    "kind",
    "code",
    "major",
    "major_name",
    "name",
    "facet",
    "limit_amount",
    "limit_unit",
)
LEGACY: Final = "gb2013"  # alias source of the codes of 2013
FIRST_LOCAL: Final = 99_999  # local extensions count down from here (domain notes §2)
LAST_LOCAL: Final = 90_000  # more than this is free text in a category column
LABEL_LENGTH: Final = 200
_LOCAL_KEY: Final = re.compile(r"L-(9\d{4})")


def put_categories(session: Session, taxonomy: Taxonomy) -> None:
    """Write the shipped categories with their limits, and their codes of 2013 as aliases."""
    rows: list[dict[str, Any]] = []
    for category in taxonomy:
        limit = taxonomy.limit(category.key)
        rows.append(
            {
                "key": category.key,
                "kind": category.kind,
                "code": category.code,
                "major": category.major_key,
                "major_name": category.major,
                "name": category.name,
                "facet": category.facet,
                "limit_amount": limit.amount,
                "limit_unit": limit.unit,
                "standard": category.standard,
            }
        )
    upsert = _insert(session, Category)
    changed = {name: upsert.excluded[name] for name in (*COLUMNS[1:], "standard")}
    session.execute(upsert.on_conflict_do_update(index_elements=["key"], set_=changed), rows)
    alias = _insert(session, CategoryAlias)
    session.execute(
        alias.on_conflict_do_update(
            index_elements=["source", "label"], set_={"category": alias.excluded["category"]}
        ),
        [
            {"source": LEGACY, "label": label, "category": key}
            for label, key in taxonomy.aliases.items()
        ],
    )
    session.expire_all()


def categories(session: Session) -> pd.DataFrame:
    """Return every category by key: columns `COLUMNS`; kind, facet and unit as stored codes."""
    found = session.execute(
        select(*(getattr(Category, name) for name in COLUMNS)).order_by(Category.key)
    )
    table = pd.DataFrame([tuple(row) for row in found], columns=list(COLUMNS), dtype=object)
    for name in ("kind", "facet", "limit_unit"):
        table[name] = [None if code is None else str(code.value) for code in table[name]]
    return table.astype({"limit_amount": float})


def aliases(session: Session, source: str) -> dict[str, str]:
    """Return the category key of each label that `source` has used."""
    found = session.execute(
        select(CategoryAlias.label, CategoryAlias.category).where(CategoryAlias.source == source)
    )
    return dict(found.all())


def register_local(session: Session, source: str, label: str) -> str:
    """Return the key of a source's own label, making a local extension when it is new.

    A local extension of the same name, from whatever source, is used again. Two callers at once
    wait for each other, so a label never gets two keys.

    Raises
    ------
    InputError
        When the label is empty, or the numbers kept for extensions are used up.
    """
    label = label.strip()[:LABEL_LENGTH]
    if not label:
        raise InputError("类别名称为空，不能登记为地方扩展类别。")
    # The lock of `events.accept`: with one of its own, two callers could wait for each other.
    counters.take(session, counters.CHANGE_SEQ, 0)
    known = session.get(CategoryAlias, (source, label), populate_existing=True)
    if known is not None:
        return known.category
    same_name = select(Category.key).where(Category.kind == Kind.LOCAL, Category.name == label)
    key = session.scalar(same_name.order_by(Category.key).limit(1)) or _add_local(session, label)
    session.add(CategoryAlias(source=source, label=label, category=key))
    session.flush()
    return key


def _add_local(session: Session, label: str) -> str:
    used = session.scalars(select(Category.key).where(Category.kind == Kind.LOCAL))
    numbers = [int(match[1]) for key in used if (match := _LOCAL_KEY.fullmatch(key))]
    number = min(numbers, default=FIRST_LOCAL + 1) - 1
    if number < LAST_LOCAL:
        raise InputError(
            f"地方扩展类别已满（{FIRST_LOCAL - LAST_LOCAL + 1} 个）；"
            "请检查导入方案的“类别”列是否对应了自由文本。"
        )
    key = f"{Kind.LOCAL.prefix}-{number}"
    session.add(
        Category(
            key=key,
            kind=Kind.LOCAL,
            code=str(number),
            major=key[:4],
            major_name=LOCAL_MAJOR_NAME,
            name=label,
            facet=Facet.AFFAIR,
        )
    )
    session.flush()
    return key


def _insert(
    session: Session, table: type[Category | CategoryAlias]
) -> postgresql.Insert | sqlite.Insert:
    postgres = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(table) if postgres else sqlite.insert(table)
