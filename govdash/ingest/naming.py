"""What a source calls a category, and which category that is here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import pandas as pd

from govdash.core.vocab import Facet, Kind
from govdash.ingest.findings import Findings
from govdash.store import Session, categories
from govdash.taxonomy import Crosswalk, Taxonomy

UNCLASSIFIED: Final = "未分类"
#: A dry run writes nothing, so it has no number for a new local extension.
UNREGISTERED: Final = "L-00000"
_KINDS: Final[Mapping[str, Kind]] = (
    {kind.value: kind for kind in Kind}
    | {kind.label: kind for kind in Kind}
    | {"部件类": Kind.PART, "事件": Kind.AFFAIR, "事件类": Kind.AFFAIR, "事项类": Kind.AFFAIR}
)
_CODE: Final = re.compile(r"(?:\d{6})?(\d{5})|\d{4}")  # with or without the district's six digits


@dataclass
class Naming:
    """Finds the category of each label, and remembers."""

    taxonomy: Taxonomy
    crosswalk: Crosswalk | None
    facets: dict[str, str]  # facet by category key, all categories of the store
    known: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])
    added: set[str] = field(default_factory=set[str])  # extensions that did not exist before
    aliases: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    @classmethod
    def load(cls, session: Session, data_dir: Path, crosswalk: str) -> Self:
        """Read taxonomy, crosswalk and the categories of the store."""
        table = categories.categories(session)
        return cls(
            Taxonomy.load(data_dir),
            Crosswalk.load(data_dir, crosswalk) if crosswalk else None,
            dict(zip(table["key"], table["facet"], strict=True)),
        )

    def name(
        self, session: Session, frame: pd.DataFrame, findings: Findings, *, register: bool
    ) -> "tuple[pd.Series, pd.Series]":
        """Return the category key and its facet for each row.

        Labels that nobody knows become local extensions, with a warning; without `register`
        (a dry run) nothing is written.
        """
        told = frame[["source", "kind", "category", "category_name"]]
        rows = list(told.itertuples(index=False, name=None))
        for row in sorted(set(rows) - self.known.keys()):
            self.known[row] = self._find(session, row) or self._add(session, row, register=register)
        keys = pd.Series([self.known[row] for row in rows], index=frame.index, dtype=object)
        bare = (frame["category"] == "") & (frame["category_name"] == "")
        findings.warn("unclassified", bare)
        findings.warn("new_category", keys.isin(self.added) & ~bare)
        return keys, keys.map(self.facets).fillna(Facet.AFFAIR.value).astype(object)

    def _find(self, session: Session, row: tuple[str, ...]) -> str | None:
        source, kind, label, name = row
        if source not in self.aliases:
            self.aliases[source] = categories.aliases(session, source)
        return (
            self._look_up(label, kind)
            or self._look_up(name, kind)
            or self.aliases[source].get(_called(row)[: categories.LABEL_LENGTH])
        )

    def _add(self, session: Session, row: tuple[str, ...], *, register: bool) -> str:
        key = categories.register_local(session, row[0], _called(row)) if register else UNREGISTERED
        if key not in self.facets:
            self.added.add(key)
        self.facets.setdefault(key, Facet.AFFAIR.value)
        return key

    def _look_up(self, label: str, kind: str) -> str | None:
        if not label:
            return None
        if label in self.facets:
            return label
        if self.crosswalk and (key := self.crosswalk.key_for(label)):
            return key
        kind_ = _KINDS.get(kind)
        code = _CODE.fullmatch(label)
        if kind_ and code:
            found = self.taxonomy.find(f"{kind_.prefix}-{code[1] or label}")
            if found:
                return found.key
        found = self.taxonomy.find(label)
        return found.key if found else None


def _called(row: tuple[str, ...]) -> str:
    return row[3] or row[2] or UNCLASSIFIED
