"""Writes docs/data-dictionary.md from the models: `make docs`."""

import inspect
import re
import sys
from enum import EnumType
from pathlib import Path

from sqlalchemy import CheckConstraint, Column, Enum, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from govdash.core import vocab
from govdash.core.vocab import Labelled
from govdash.store.models import Base

TARGET = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"
HEAD = """# 数据字典

由 `make docs` 从 `govdash/store/models/` 生成，请勿手改；测试会检查它是否最新。
时间列都带时区（UTC）。类型按 PostgreSQL 写；SQLite 上是对应的类型。说明取自模型源码，用英文。
"""


def dictionary() -> str:
    """Return the whole document."""
    models = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    parts = [HEAD, "## 表\n"]
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    parts += [f"- [`{t.name}`](#{t.name})：{_told(models[t.name])}" for t in tables]
    parts.append("")
    for table in tables:
        parts += _table(table, models[table.name])
    parts.append("## 代码\n")
    for name, codes in sorted(vars(vocab).items()):
        if isinstance(codes, EnumType) and issubclass(codes, Labelled) and codes is not Labelled:
            parts += [f"### {name}\n", _told(codes) + "\n", "| 代码 | 含义 |", "|---|---|"]
            parts += [f"| `{code.value}` | {code.label} |" for code in codes]
            parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _table(table: Table, model: type) -> list[str]:
    notes = _comments(model)
    lines = [f"### {table.name}\n", _told(model) + "\n"]
    lines += ["| 列 | 类型 | 空 | 键 | 说明 |", "|---|---|---|---|---|"]
    for column in table.columns:
        empty = "可" if column.nullable else ""
        note = notes.get(column.key, "").replace("|", "\\|")
        lines.append(f"| `{column.name}` | {_type(column)} | {empty} | {_keys(column)} | {note} |")
    lines.append("")
    rules = [
        _rule(c) for c in table.constraints if isinstance(c, CheckConstraint | UniqueConstraint)
    ]
    rules += [_index(index) for index in table.indexes]
    if rules := sorted(filter(None, rules)):
        lines += [f"- {rule}" for rule in rules] + [""]
    return lines


def _type(column: Column) -> str:  # type: ignore[type-arg]  # any column
    if isinstance(column.type, Enum) and column.type.name:
        wanted = column.type.name
        return next((n for n in vars(vocab) if n.lower() == wanted), wanted)
    text = column.type.compile(dialect=postgresql.dialect()).lower()
    return text.replace(' collate "c"', "").replace("timestamp with time zone", "timestamptz")


def _keys(column: Column) -> str:  # type: ignore[type-arg]  # any column
    keys = ["主键"] if column.primary_key else []
    keys += [f"→ `{key.target_fullname}`" for key in column.foreign_keys]
    return "，".join(keys)


def _rule(constraint: CheckConstraint | UniqueConstraint) -> str:
    if isinstance(constraint, UniqueConstraint):
        return "唯一：" + "、".join(f"`{column.name}`" for column in constraint.columns)
    own = {
        f"ck_{constraint.table.name}_{column.type.name}"
        for column in constraint.table.columns
        if isinstance(column.type, Enum)
    }
    if str(constraint.name) in own:  # the codes of a column stand in its type
        return ""
    return f"约束：`{' '.join(str(constraint.sqltext).split())}`"


def _index(index: Index) -> str:
    kind = "唯一索引" if index.unique else "索引"
    where = index.dialect_options["postgresql"]["where"]
    only = f"，仅当 `{where}`" if where is not None else ""
    return f"{kind}：" + "、".join(f"`{column.name}`" for column in index.columns) + only


def _comments(model: type) -> dict[str, str]:
    """Return the comment beside each column in the source."""
    pattern = re.compile(r"^    (\w+): Mapped\[.*?#\s+(?!noqa)(.+)$", re.MULTILINE)
    return dict(pattern.findall(inspect.getsource(model)))


def _told(thing: type) -> str:
    return (inspect.getdoc(thing) or "").splitlines()[0]


if __name__ == "__main__":
    TARGET.write_text(dictionary(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name}\n")
