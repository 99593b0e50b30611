// The city map. Python sends what to draw; the map keeps its view and sends back where it looks
// and what was clicked. Nothing is fetched but from this server: no glyphs, no fonts, no tiles
// unless a tile address was configured. Names and level shapes are drawn on canvases, because a
// text layer would ask a font host for every letter that is not Chinese.

const MAPS = new WeakMap(); // parent element -> state, kept between data updates
const EMPTY = { type: "FeatureCollection", features: [] };
const FONT = "'Source Han Sans SC','Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif";
const LEVELS = ["blue", "yellow", "orange", "red"]; // drawn in this order: red ends on top
const SIZE = { blue: 5.5, yellow: 7, orange: 9.5, red: 12 };
const SHAPE = { blue: "●", yellow: "■", orange: "▲", red: "◆" };
const BIN_RADIUS = ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 2.6, 8, 6, 40, 13]; // area grows with n
const WORDS = {
  "NavigationControl.ZoomIn": "放大", "NavigationControl.ZoomOut": "缩小",
  "NavigationControl.ResetBearing": "回到正北", "ScaleControl.Meters": "米", "ScaleControl.Kilometers": "公里",
  "Map.Title": "城市地图",
};

let library;
function loadLibrary(root) {
  library ??= new Promise((resolve, reject) => {
    if (globalThis.maplibregl) { resolve(globalThis.maplibregl); return; }
    const script = document.createElement("script");
    script.src = `${root}static-maplibre/maplibre-gl.js`;
    script.onload = () => resolve(globalThis.maplibregl);
    script.onerror = () => { library = undefined; reject(new Error("地图程序没有加载成功")); };
    document.head.append(script);
  });
  return library;
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let state = MAPS.get(parentElement);
  if (!state) {
    state = { ready: false, focus: null, urls: {}, mode: null, drawn: [] };
    MAPS.set(parentElement, state);
    build(state, parentElement, data);
  }
  Object.assign(state, { data, setStateValue, setTriggerValue });
  if (state.ready) update(state);
  return () => {
    MAPS.get(parentElement)?.map?.remove();
    MAPS.delete(parentElement);
  };
}

// The first picture of a map holds the browser for a second, without a graphics card for several:
// what else is on the page is painted before it.
const quiet = () => new Promise((go) => {
  if (globalThis.requestIdleCallback) requestIdleCallback(() => go(), { timeout: 700 });
  else setTimeout(go, 60);
});

async function build(state, parent, first) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `${first.root}static-maplibre/maplibre-gl.css`;
  parent.append(link);
  const tip = parent.querySelector(".tip");
  let maplibre;
  try {
    await quiet();
    maplibre = await loadLibrary(first.root);
  } catch (error) {
    tip.textContent = `${error.message}，请刷新页面。`;
    tip.hidden = false;
    return;
  }
  const holder = parent.querySelector(".map");
  if (!holder?.isConnected) return; // left the page while loading
  const map = new maplibre.Map({
    container: holder, style: base(first), bounds: corners({ data: first }, first.bounds), fitBoundsOptions: { padding: first.padding },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, maxZoom: 18, locale: WORDS, interactive: !first.still,
    localIdeographFontFamily: FONT, fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  if (!first.still) map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  if (first.scale) map.addControl(new maplibre.ScaleControl({ unit: "metric" }), "bottom-right");
  Object.assign(state, { map, tip, moved: false, bar: parent.querySelector(".tools") });
  globalThis.govdashMap = map; // for browser tests and the console
  map.on("dragstart", () => { state.moved = true; });
  map.on("wheel", () => { state.moved = true; });
  map.on("resize", () => { if (!state.moved && state.data && !state.focus) fit(state, state.data.bounds, 0); });
  map.on("load", () => {
    addLayers(map, state.data);
    if (state.data.tools) addTools(state, parent);
    state.ready = true;
    update(state);
    sendView(state);
  });
  map.on("moveend", () => sendView(state));
  map.on("mousemove", (event) => hover(state, event));
  map.on("mouseout", () => { tip.hidden = true; });
  map.on("click", (event) => {
    if (state.mode) { clicked(state, event); return; }
    const found = under(state, event.point);
    if (found) state.setTriggerValue("pick", { kind: found.kind, id: found.id });
  });
}

function base(data) {
  const style = { version: 8, sources: {}, layers: [
    { id: "ground", type: "background", paint: { "background-color": data.palette.card } },
  ] };
  if (data.tiles) {
    style.sources.tiles = { type: "raster", tiles: [data.tiles], tileSize: 256 };
    style.layers.push({ id: "tiles", type: "raster", source: "tiles" });
  }
  return style;
}

function addLayers(map, data) {
  const p = data.palette;
  const geojson = (extra = {}) => ({ type: "geojson", data: EMPTY, ...extra });
  map.addSource("areas", geojson({ promoteId: "path" }));
  for (const id of ["outline", "marks", "names", "alerts", "cases", "sketch"]) map.addSource(id, geojson());
  map.addLayer({ id: "area-fill", type: "fill", source: "areas", paint: { "fill-color": p.land, "fill-opacity": data.tiles ? 0.6 : 0.94 } });
  map.addLayer({ id: "area-line", type: "line", source: "areas", paint: { "line-color": p.card, "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.5, 13, 1.2] } });
  map.addLayer({ id: "drawn-end", type: "background", layout: { visibility: "none" } }); // drawn layers go below this
  map.addLayer({ id: "outline", type: "line", source: "outline", paint: { "line-color": p.border, "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.9, 13, 2], "line-opacity": 0.9 } });
  map.addLayer({ id: "chosen", type: "line", source: "areas", filter: ["in", ["get", "path"], ["literal", []]], paint: { "line-color": p.primary, "line-width": 2.6 } });
  map.addLayer({ id: "heat", type: "heatmap", source: "marks", paint: {
    "heatmap-weight": ["min", 1, ["/", ["sqrt", ["coalesce", ["get", "n"], 1]], 12]],
    "heatmap-radius": ["interpolate", ["linear"], ["zoom"], 9, 14, 14, 30], "heatmap-opacity": 0.85,
    "heatmap-color": ["interpolate", ["linear"], ["heatmap-density"], 0, "rgba(0,0,0,0)", ...p.heat.flatMap((colour, i) => [(i + 1) / p.heat.length, colour])],
  } });
  map.addLayer({ id: "sketch-fill", type: "fill", source: "sketch", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": p.primary, "fill-opacity": 0.1 } });
  map.addLayer({ id: "sketch-line", type: "line", source: "sketch", paint: { "line-color": p.primary, "line-width": 2.4, "line-dasharray": [2, 1.4] } });
  map.addLayer({ id: "marks", type: "circle", source: "marks", paint: {
    "circle-radius": ["interpolate", ["linear"], ["zoom"],
      10, ["case", ["has", "id"], 2.4, BIN_RADIUS], 14, ["case", ["has", "id"], 5, BIN_RADIUS]],
    "circle-color": p.mark, "circle-opacity": 0.85,
    "circle-stroke-color": p.halo, "circle-stroke-width": 0.7,
  } });
  map.addLayer({ id: "names", type: "symbol", source: "names", layout: { "icon-image": ["get", "icon"], "icon-padding": 4 } });
  map.addLayer({ id: "cases", type: "circle", source: "cases", paint: {
    "circle-radius": 5, "circle-color": p.card, "circle-stroke-width": 2.4,
    "circle-stroke-color": ["case", ["get", "late"], p.bad, p.good],
  } });
  map.addLayer({ id: "alerts", type: "circle", source: "alerts", layout: { "circle-sort-key": ["get", "rank"] }, paint: {
    "circle-radius": ["get", "size"], "circle-color": ["get", "colour"], "circle-stroke-color": p.halo, "circle-stroke-width": 2,
  } });
  map.addLayer({ id: "alert-shapes", type: "symbol", source: "alerts", layout: {
    "icon-image": ["concat", "shape-", ["get", "level"]], "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "rank"],
  } });
  map.addLayer({ id: "sketch-dot", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4, "circle-color": p.card, "circle-stroke-color": p.primary, "circle-stroke-width": 2.2 } });
  for (const level of LEVELS) addText(map, `shape-${level}`, SHAPE[level], p.onLevels[level], null, SIZE[level] * 1.15);
}

function update(state) {
  const { map, data } = state;
  if (state.theme && state.theme !== data.palette.name) { repaint(state); return; }
  state.theme = data.palette.name;
  drawn(state);
  areas(state);
  point(state, "outline", data.outline);
  names(state);
  map.getSource("marks").setData(marks(state));
  map.setLayoutProperty("heat", "visibility", data.heat ? "visible" : "none");
  map.setLayoutProperty("marks", "visibility", data.points ? "visible" : "none");
  map.getSource("alerts").setData(collection(state, data.alerts, (a) => ({
    id: a.id, title: a.title, place: a.place, level: a.level, rank: LEVELS.indexOf(a.level),
    size: SIZE[a.level], colour: data.palette.levels[a.level],
  })));
  map.getSource("cases").setData(collection(state, data.cases, (c) => ({ id: c.id, title: c.title, place: c.place, late: c.late })));
  map.setFilter("chosen", ["in", ["get", "path"], ["literal", data.chosen]]);
  const focus = JSON.stringify(data.focus);
  if (data.focus && focus !== state.focus) fit(state, data.focus, 500);
  if (!data.focus && state.focus) fit(state, data.bounds, 500);
  state.focus = data.focus ? focus : null;
  if (!state.mode || state.mode !== "measure") sketch(state);
  replayed(state);
}

function fit(state, bounds, duration) {
  state.map.fitBounds(corners(state, bounds), { padding: state.data.padding, duration });
}

function repaint(state) { // the viewer changed the theme: same map, other colours
  const { map, data } = state;
  state.theme = data.palette.name;
  state.urls = {};
  state.ready = false;
  map.setStyle(base(data), { diff: false });
  map.once("style.load", () => { addLayers(map, state.data); state.ready = true; update(state); });
}

function point(state, source, url) { // fetch a source only when its address changes
  if (state.urls[source] === url) return;
  state.urls[source] = url;
  load(state, source, url);
}

async function load(state, source, url) {
  const target = state.map.getSource(source);
  if (!url || state.data.datum !== "gcj02") { target.setData(url ? new URL(url, location.origin).href : EMPTY); return; }
  const answer = await fetch(new URL(url, location.origin));
  if (answer.ok && state.urls[source] === url) target.setData(moved(state, await answer.json()));
}

function corners(state, [[west, south], [east, north]]) {
  return [shifted(state, west, south), shifted(state, east, north)];
}

function areas(state) {
  const { map, data } = state;
  const { url, values, breaks } = data.areas;
  point(state, "areas", url);
  map.removeFeatureState({ source: "areas" });
  for (const [path, n] of Object.entries(values)) map.setFeatureState({ source: "areas", id: path }, { n });
  const n = ["coalesce", ["feature-state", "n"], data.areas.none ? -1 : 0]; // none: not known is not zero
  const colour = ["step", n, data.palette.ramp[0]];
  breaks.forEach((from, i) => colour.push(from, data.palette.ramp[i + 1]));
  const known = data.areas.none ? ["case", ["<", n, 0], data.palette.land, colour] : colour;
  map.setPaintProperty("area-fill", "fill-color", breaks.length ? known : data.palette.land);
}

function drawn(state) { // rivers, roads: as the city has imported them
  const { map, data } = state;
  const wanted = new Set(data.layers.map((layer) => `drawn-${layer.name}`));
  for (const { id } of map.getStyle().layers) {
    if (!id.startsWith("drawn-") || id === "drawn-end") continue;
    const source = id.replace(/-(fill|line|dot)$/, "");
    const shown = wanted.has(source) && (data.assets || !id.endsWith("-dot"));
    map.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
  }
  for (const layer of data.layers) {
    const source = `drawn-${layer.name}`;
    if (map.getSource(source)) continue;
    const colour = /water|river|lake|sea|水|河|湖/.test(layer.name + layer.label) ? data.palette.water : data.palette.road;
    const wide = colour === data.palette.water;
    map.addSource(source, { type: "geojson", data: EMPTY });
    point(state, source, layer.url);
    map.addLayer({ id: `${source}-fill`, type: "fill", source, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour, "fill-opacity": 0.9 } }, "drawn-end");
    map.addLayer({ id: `${source}-line`, type: "line", source, filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour, "line-opacity": 0.85, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 9, wide ? 4 : 1.2, 14, wide ? 30 : 6] } }, "drawn-end");
    map.addLayer({ id: `${source}-dot`, type: "circle", source, filter: ["==", ["geometry-type"], "Point"], minzoom: 9, layout: { visibility: data.assets ? "visible" : "none" },
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2, 14, 6], "circle-color": data.palette.card, "circle-stroke-color": data.palette.asset, "circle-stroke-width": 2.2 } }, "marks");
  }
}

async function names(state) {
  const { map, data } = state;
  const wanted = data.names ? data.outline : "";
  if (state.urls.names === wanted) return;
  state.urls.names = wanted;
  if (!wanted) { map.getSource("names").setData(EMPTY); return; }
  const answer = await fetch(new URL(wanted, location.origin));
  if (!answer.ok || state.urls.names !== wanted) return;
  const shapes = await answer.json();
  const features = shapes.features.map(({ properties }) => {
    const icon = `name-${data.palette.name}-${properties.path}`;
    addText(map, icon, properties.name, data.palette.label, data.palette.halo, data.nameSize);
    return dot(state, properties.lon, properties.lat, { icon });
  });
  map.getSource("names").setData({ type: "FeatureCollection", features });
}

function addText(map, id, text, colour, halo, size) { // a word as a picture: no font is fetched
  if (map.hasImage(id)) return;
  const ratio = 2;
  const canvas = document.createElement("canvas");
  let pen = canvas.getContext("2d");
  const font = `600 ${size * ratio}px ${FONT}`;
  pen.font = font;
  canvas.width = Math.ceil(pen.measureText(text).width) + 8 * ratio;
  canvas.height = Math.ceil(size * ratio * 1.5);
  pen = canvas.getContext("2d");
  Object.assign(pen, { font, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  if (halo) {
    Object.assign(pen, { strokeStyle: halo, lineWidth: 3 * ratio, globalAlpha: 0.85 });
    pen.strokeText(text, canvas.width / 2, canvas.height / 2);
  }
  Object.assign(pen, { fillStyle: colour, globalAlpha: 1 });
  pen.fillText(text, canvas.width / 2, canvas.height / 2);
  map.addImage(id, pen.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: ratio });
}

function dot(state, lon, lat, properties) {
  return { type: "Feature", geometry: { type: "Point", coordinates: shifted(state, lon, lat) }, properties };
}

function collection(state, rows, properties) {
  return { type: "FeatureCollection", features: rows.map((row) => dot(state, row.lon, row.lat, properties(row))) };
}

function marks(state) { // bins carry n, single events id and title
  const { lon, lat, n, id, title } = state.data.marks;
  return { type: "FeatureCollection", features: lon.map((x, i) => dot(state, x, lat[i], id ? { id: id[i], title: title[i] } : { n: n[i] })) };
}

function sendView(state) {
  if (!state.data?.sendsView) return;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    const b = state.map.getBounds();
    const [west, south] = unshifted(state, b.getWest(), b.getSouth());
    const [east, north] = unshifted(state, b.getEast(), b.getNorth());
    state.setStateValue("view", { west, south, east, north, zoom: state.map.getZoom() });
  }, 200);
}

function under(state, at) { // the topmost thing that can be picked
  if (!state.ready) return null;
  const box = [[at.x - 4, at.y - 4], [at.x + 4, at.y + 4]];
  const { map, data } = state;
  const assets = map.getStyle().layers.filter(({ id }) => id.endsWith("-dot") && id.startsWith("drawn-")).map(({ id }) => [id, "asset"]);
  for (const [layer, kind] of [["alerts", "alert"], ["cases", "case"], ["marks", "event"], ...assets]) {
    const [found] = map.queryRenderedFeatures(box, { layers: [layer] });
    if (!found) continue;
    const { id, title, place, n, level, name } = found.properties;
    if (kind === "asset") return { kind, id: null, words: [name, found.properties.kind].filter(Boolean) };
    if (kind === "event" && id === undefined) return { kind: "bin", id: null, words: [`此处 ${n} 件`] };
    const head = level ? `${SHAPE[level]} ${title}` : title;
    return { kind, id, words: [head, place].filter(Boolean) };
  }
  const [area] = map.queryRenderedFeatures(at, { layers: ["area-fill"] });
  if (!area) return null;
  const { path, name } = area.properties;
  const n = data.areas.values[path] ?? (data.areas.none ? null : 0);
  const told = n === null ? data.areas.none : `${n.toLocaleString("zh-CN")} ${data.areas.unit}`;
  return { kind: "area", id: path, words: [data.areas.around?.[path] ? `${data.areas.around[path]} · ${name}` : name, `${data.areas.label} ${told}`] };
}

function hover(state, event) {
  if (state.mode) return;
  const found = under(state, event.point);
  state.map.getCanvas().style.cursor = found && found.id ? "pointer" : "";
  state.tip.hidden = !found;
  if (!found) return;
  tell(state, event.point, found.words);
}

function tell(state, at, words) {
  state.tip.hidden = false;
  state.tip.replaceChildren(...words.map((word) => Object.assign(document.createElement("div"), { textContent: word })));
  const left = at.x > state.map.getCanvas().clientWidth / 2;
  state.tip.style.transform = `translate(${at.x + (left ? -12 : 12)}px, ${at.y + 12}px) ${left ? "translateX(-100%)" : ""}`;
}
