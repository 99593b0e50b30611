"""Outlines, layers and the map library over HTTP."""

import geopandas as gpd
import pytest
from shapely.geometry import box
from starlette.applications import Starlette
from starlette.testclient import TestClient

from govdash.access import seed_local_operator
from govdash.api.geo import area_json, geo_routes
from govdash.core.filters import Scope
from govdash.core.settings import Settings
from govdash.store import Store, areas
from tests.signed import cookie, sign_in


@pytest.fixture
def client(sqlite_store: Store, settings: Settings, now) -> TestClient:
    rows = [
        ("/1/", "1", "city", "甲市", box(0, 0, 2, 1)),
        ("/1/11/", "11", "district", "东区", box(0, 0, 1, 1)),
        ("/1/12/", "12", "district", "西区", box(1, 0, 2, 1)),
    ]
    frame = gpd.GeoDataFrame(
        rows, columns=["path", "code", "level", "name", "geometry"], crs="EPSG:4326"
    )
    with sqlite_store.write() as session:
        seed_local_operator(session, at=now)
        areas.put_areas(session, frame)
        areas.put_layer(session, "roads", "道路", '{"type":"FeatureCollection","features":[]}', now)
    app = Starlette(routes=geo_routes(lambda: sqlite_store, settings))
    return TestClient(app, cookies=cookie(sign_in(sqlite_store, settings)))


def test_a_level_comes_as_geojson_with_path_and_name(client: TestClient):
    answer = client.get("/geo/areas/district.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    told = [feature["properties"] for feature in answer.json()["features"]]
    assert [(p["path"], p["name"]) for p in told] == [("/1/11/", "东区"), ("/1/12/", "西区")]
    assert (told[0]["lon"], told[0]["lat"]) == (0.5, 0.5)


def test_who_has_not_signed_in_sees_no_map(client: TestClient):
    client.cookies.clear()
    answer = client.get("/geo/areas/district.geojson")
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_what_the_browser_has_is_not_sent_again(client: TestClient):
    tag = client.get("/geo/areas/district.geojson").headers["etag"]
    again = client.get("/geo/areas/district.geojson", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert not again.content


def test_only_areas_inside_the_scope_are_drawn(client: TestClient, sqlite_store: Store):
    with sqlite_store.read() as session:
        told = area_json(session, "district", Scope(areas=("/1/12/",)))
    assert "西区" in told
    assert "东区" not in told


def test_unknown_levels_and_layers_are_not_found(client: TestClient):
    assert client.get("/geo/areas/planet.geojson").status_code == 404
    assert "moon" in client.get("/geo/layers/moon.geojson").json()["message"]
    assert client.get("/geo/layers/roads.geojson").json()["features"] == []


def test_the_map_library_comes_from_the_installed_package(client: TestClient):
    script = client.get("/static-maplibre/maplibre-gl.js")
    assert script.status_code == 200
    assert b"MapLibre GL JS" in script.content[:200]
    assert client.get("/static-maplibre/../map.py").status_code == 404
