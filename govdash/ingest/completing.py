"""From checked fields to canonical events: codes, places, masked texts, person data aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from govdash.core.settings import Settings
from govdash.core.vocab import Channel, Facet, Labelled, Sentiment, Urgency
from govdash.ingest.contact import contact_key
from govdash.ingest.findings import Findings
from govdash.ingest.placing import Places
from govdash.language.masking import mask_series
from govdash.language.reporters import reporter_key

CODED: Final[Mapping[str, tuple[type[Labelled], str | None]]] = {
    "channel": (Channel, Channel.OTHER.value),
    "urgency": (Urgency, Urgency.NORMAL.value),
    "sentiment": (Sentiment, None),
    "facet": (Facet, None),  # None: that of the category
}
WIDTHS: Final = {"asset_code": 40, "unit_code": 40, "status_hint": 40, "source": 60}
MASKED: Final = ("title", "text", "address")


@dataclass(frozen=True)
class Completing:
    """What is needed to complete rows, the same for a whole file."""

    places: Places
    units: Mapping[str, str]  # unit code by code and by name
    key: str  # of the reporter fingerprints
    source: str  # for rows that do not name theirs
    codes: Mapping[str, Mapping[str, str]]  # what the source writes → our code

    @classmethod
    def of(
        cls,
        settings: Settings,
        places: Places,
        units: pd.DataFrame,
        *,
        source: str,
        codes: Mapping[str, Mapping[str, str]] | None = None,
    ) -> "Completing":
        """Gather what completing needs."""
        by_name = dict(zip(units["name"], units["code"], strict=True))
        by_code = dict(zip(units["code"], units["code"], strict=True))
        return cls(places, by_name | by_code, contact_key(settings), source, codes or {})

    def complete(self, frame: pd.DataFrame, findings: Findings, *, at: datetime) -> pd.DataFrame:
        """Return the rows with everything but their category, which needs the store.

        ``kind`` and ``category`` are still as the source writes them; ``facet`` is None where
        the category decides.
        """
        told = frame.assign(
            source=frame["source"].where(frame["source"] != "", self.source),
            received_at=frame["received_at"].fillna(pd.Timestamp(at)),
            area_path=self.places.place(frame),
            unit_code=frame["unit_code"].map(
                {unit: self.units.get(unit, unit) for unit in frame["unit_code"].unique()}
            ),
        )
        findings.warn("missing_point", frame["lon"].isna() & ~_dropped(findings))
        findings.warn("unplaced", told["area_path"].isna())
        for name, (codes, default) in CODED.items():
            told[name] = self._coded(frame[name], name, codes, default, findings)
        told["status_hint"] = mask_series(told["status_hint"])  # before it is cut
        for name, width in WIDTHS.items():
            told[name] = told[name].str[:width]
        for name in ("asset_code", "unit_code"):
            told[name] = told[name].astype(object).where(told[name] != "", None)
        for name in MASKED:
            masked = mask_series(frame[name])
            told[f"raw_{name}"] = frame[name].where(masked != frame[name], "")
            told[name] = masked
        told["reporter_key"] = self._reporters(frame["reporter_contact"])
        return told

    def _coded(
        self,
        texts: "pd.Series",
        name: str,
        codes: type[Labelled],
        default: str | None,
        findings: Findings,
    ) -> "pd.Series":
        table: dict[str, str | None] = {code.label.casefold(): code.value for code in codes}
        table |= {code.value: code.value for code in codes}
        table |= {text.casefold(): code for text, code in self.codes.get(name, {}).items()}
        plain = texts.str.casefold()
        found = plain.map({text: table.get(text) for text in plain.unique()}).astype(object)
        unknown = found.isna() & (texts != "")
        findings.warn("unknown_code", unknown)
        return found.where(found.notna(), default)

    def _reporters(self, contacts: "pd.Series") -> "pd.Series":
        keys = {text: reporter_key(text, self.key) if text else None for text in contacts.unique()}
        return contacts.map(keys).astype(object)


def _dropped(findings: Findings) -> "np.ndarray":
    """Where a point was there, but not worth keeping."""
    flags = [findings.warnings.get(code) for code in ("placeholder_point", "half_point")]
    return np.logical_or.reduce(
        [np.zeros(findings.size, bool), *(f for f in flags if f is not None)]
    )
