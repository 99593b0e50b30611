"""Every address at which data can be had over HTTP, and what is needed for it.

The access matrix, its table in the documents and the isolation test go through this list; a route
that is neither here nor open to everybody fails the build.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from govdash.api import briefs, casefiles, exports, journal, takings
from govdash.core.permissions import Permission
from govdash.core.vocab import AreaLevel
from govdash.report import export, journal_table
from govdash.report.export import Format


@dataclass(frozen=True, slots=True)
class Surface:
    """One address of data."""

    route: str  # as the router knows it
    path: str  # one that can be asked for
    title: str
    needs: tuple[Permission, ...]
    whole_city: bool = False  # for nobody whose scope is less
    single: bool = False  # names one record; `path` names one that never is


def surfaces() -> Iterator[Surface]:
    """Yield every address of data."""
    for what, needs in export.NEEDS.items():
        for suffix in Format:
            path = f"{exports.ROUTE}/{what}.{suffix}"
            yield Surface(exports.ROUTE + "/{what}.{suffix}", path, f"导出 {what}", needs)
    for suffix in journal_table.FORMATS:
        path = f"{journal.ROUTE}.{suffix}"
        yield Surface(journal.ROUTE + ".{suffix}", path, "操作日志", (Permission.JOURNAL_READ,))
    for level in AreaLevel:
        path = f"/geo/areas/{level}.geojson"
        yield Surface("/geo/areas/{level}.geojson", path, "区域边界", (Permission.EVENT_READ,))
    yield Surface(
        "/geo/layers/{name}.geojson", "/geo/layers/water.geojson", "图层", (Permission.EVENT_READ,)
    )
    for route, title in (
        (casefiles.FILES, "案件文件"),
        (casefiles.THUMBS, "案件图片的缩略图"),
        (casefiles.REPORTS, "信息报告"),
    ):
        path = route.replace("{number:int}", "0")
        yield Surface(route, path, title, (Permission.CASE_READ,), single=True)
    path = briefs.ROUTE.replace("{number:int}", "0").replace("{suffix}", "pdf")
    yield Surface(briefs.ROUTE, path, "研判报告", (Permission.BRIEF_READ,), single=True)
    needs = (Permission.EXPORT_PERSONAL,)
    path = takings.RELEASES.replace("{number}", "DC-0")
    yield Surface(takings.RELEASES, path, "批准的个人信息导出", needs, single=True)
    path = takings.REJECTS.replace("{name}", "none.csv")
    yield Surface(
        takings.REJECTS,
        path,
        "被拒行的原文",
        (Permission.EVENT_IMPORT,),
        whole_city=True,
        single=True,
    )
