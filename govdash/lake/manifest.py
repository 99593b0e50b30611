"""The manifest: which immutable segments make up the lake at one moment."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Self

from govdash.core.errors import Unavailable
from govdash.lake.schema import FORMAT

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Segment:
    """One Parquet file, never changed after it is published."""

    month: str  # "2026-06", UTC month of reported_at
    file: str  # relative to the lake's folder
    rows: int
    first_seq: int
    last_seq: int
    first_at: dict[str, int]  # time column → earliest and
    last_at: dict[str, int]  # latest value, microseconds UTC
    size: int
    checksum: str  # BLAKE2b of the file


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest event version in the lake: by it the lake knows its database again."""

    event_id: str
    version: int
    content_hash: str
    seq: int


@dataclass(frozen=True, slots=True)
class Retired:
    """A file that no longer counts but is kept a while, for readers of an older manifest."""

    file: str
    at: float  # seconds, by the clock of the file system


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole lake at one moment; a reader that holds one sees nothing of what comes after."""

    generation: int = 0  # grows with every publication
    data_version: int = 0  # the newest change number inside
    tip: Tip | None = None
    segments: tuple[Segment, ...] = ()
    retired: tuple[Retired, ...] = ()

    @property
    def rows(self) -> int:
        """Number of event versions."""
        return sum(segment.rows for segment in self.segments)

    def months(self) -> dict[str, list[Segment]]:
        """Return the segments of each month, months in order."""
        found: dict[str, list[Segment]] = {}
        for segment in sorted(self.segments, key=lambda s: (s.month, s.first_seq)):
            found.setdefault(segment.month, []).append(segment)
        return found

    def between(self, start: datetime | None, end: datetime | None) -> list[Segment]:
        """Return the segments that may hold rows reported in [`start`, `end`)."""
        first = microseconds(start) if start else None
        last = microseconds(end) if end else None
        return [
            segment
            for segments in self.months().values()
            for segment in segments
            if (last is None or segment.first_at["reported_at"] < last)
            and (first is None or segment.last_at["reported_at"] >= first)
        ]

    def to_json(self) -> str:
        """Write the manifest."""
        return json.dumps({"format": FORMAT} | asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a manifest; one of another format counts as empty, so that it is made again.

        Raises
        ------
        Unavailable
            When the text is no manifest.
        """
        try:
            told = json.loads(text)
            if told.pop("format") != FORMAT:
                return cls(generation=told["generation"])
            tip = told.pop("tip")
            return cls(
                segments=tuple(Segment(**segment) for segment in told.pop("segments")),
                retired=tuple(Retired(**retired) for retired in told.pop("retired")),
                tip=Tip(**tip) if tip else None,
                **told,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(
                f"数据湖清单 {NAME} 已损坏（{error}）；请运行 govdash lake rebuild 重建。"
            ) from error

    def with_segments(self, segments: Iterable[Segment]) -> Self:
        """Return the same lake made of other `segments`."""
        return replace(self, segments=tuple(segments))


def microseconds(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970 in UTC."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
