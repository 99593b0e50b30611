"""The lake: month-partitioned Parquet, read through Ibis on DuckDB. The only place with either."""

from govdash.lake.lake import Lake
from govdash.lake.manifest import Manifest, Segment

__all__ = ["Lake", "Manifest", "Segment"]
