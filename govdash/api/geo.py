"""Map data and the map library over HTTP: area outlines, drawn layers, MapLibre's own files.

Shapes go by URL and never inside a page's messages: a page run stays small, and the browser
keeps what it has fetched.
"""

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import shapely
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from govdash.access import acts
from govdash.api.acting import acting
from govdash.core.errors import BadKey, GovDashError, NotFound, Refused, SettingsError, SignedOut
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel
from govdash.store import Session, Store, areas

KEPT_SECONDS = 60  # making the shapes anew costs about 0.2 s; areas change rarely
LIBRARY = "/static-maplibre"
GRID = 1e-5  # degrees, about a metre: finer digits cannot be seen and double the size


def geo_routes(store: Callable[[], Store], settings: Settings) -> list[BaseRoute]:
    """Return the routes; `store` gives the opened store of the process."""
    kept: dict[tuple[str, Scope], _Body] = {}

    def area_shapes(request: Request) -> Response:
        level = request.path_params["level"]
        return _answer(
            store(), settings, request, kept,
            lambda session, scope: area_json(session, level, scope),
        )  # fmt: skip

    def layer(request: Request) -> Response:
        name = request.path_params["name"]
        return _answer(
            store(), settings, request, kept, lambda session, _scope: layer_json(session, name)
        )

    return [
        Route("/geo/areas/{level}.geojson", area_shapes),
        Route("/geo/layers/{name}.geojson", layer),
        Mount(LIBRARY, StaticFiles(directory=maplibre_folder()), name="maplibre"),
    ]


def maplibre_folder() -> Path:
    """Return the folder of MapLibre's browser files inside the installed package."""
    found = importlib.util.find_spec("maplibre")
    if found is None or not found.submodule_search_locations:
        raise SettingsError("没有安装 maplibre 软件包，地图不能显示；请运行 make setup。")
    return Path(found.submodule_search_locations[0]) / "srcjs"


def area_json(session: Session, level: str, scope: Scope) -> str:
    """Write the areas of one level inside `scope` as GeoJSON, WGS-84, to the metre.

    Properties: ``path``, ``name``, ``lon``, ``lat`` (a point inside, for the name).
    """
    if level not in set(AreaLevel):
        known = "、".join(AreaLevel)
        raise NotFound(f"没有区域级别“{level}”；可用：{known}。")
    table = areas.frame(session)
    table = table[(table["level"] == level) & table["path"].map(scope.covers)]
    shapes = shapely.to_geojson(shapely.set_precision(table.geometry.to_numpy(), GRID))
    features = [
        f'{{"type":"Feature","properties":{json.dumps(told, ensure_ascii=False)},'
        f'"geometry":{shape}}}'
        for told, shape in zip(
            table[["path", "name", "lon", "lat"]].to_dict("records"), shapes, strict=True
        )
    ]
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def layer_json(session: Session, name: str) -> str:
    """Return a drawn layer as it is kept."""
    for layer in areas.layers(session):
        if layer.name == name:
            return layer.geojson
    raise NotFound(f"没有图层“{name}”。")


@dataclass(frozen=True, slots=True)
class _Body:
    text: bytes
    tag: str
    until: float  # monotonic seconds


def _answer(
    store: Store,
    settings: Settings,
    request: Request,
    kept: dict[tuple[str, Scope], _Body],
    make: Callable[[Session, Scope], str],
) -> Response:
    try:
        at = datetime.now(UTC)
        store, user = acting(request, store, settings, at=at)
        subject = f"map:{request.url.path}"[:120]
        with acts.refusals(store, user, did="page.open", subject=subject, at=at):
            acts.require(user, Permission.EVENT_READ, "查看地图")
        with store.read() as session:
            body = kept.get((request.url.path, user.scope))
            if body is None or body.until < time.monotonic():
                text = make(session, user.scope).encode()
                tag = f'"{hashlib.blake2b(text, digest_size=8).hexdigest()}"'
                body = _Body(text, tag, time.monotonic() + KEPT_SECONDS)
                kept[request.url.path, user.scope] = body
    except GovDashError as error:
        refused = {SignedOut.code: 401, BadKey.code: 401, Refused.code: 403, NotFound.code: 404}
        status = refused.get(error.code, 503)
        return JSONResponse({"code": error.code, "message": str(error)}, status)
    headers = {"ETag": body.tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == body.tag:
        return Response(status_code=304, headers=headers)
    return Response(body.text, media_type="application/geo+json", headers=headers)
