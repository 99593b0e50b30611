// What one does on the map: draw a place, measure, replay the period, take a picture, print.
// Joined to citymap.js; `state.mode` is the tool in use, `state.drawn` its corners so far.

const TOOLS = [
  { id: "box", title: "框选：按住拖出一个矩形", icon: "M3 4h14v12H3z" },
  { id: "ring", title: "多边形：逐点单击，双击或回车结束，退格去掉一点", icon: "M10 2l7 6-3 9H5L2 8z" },
  { id: "near", title: "附近：单击一处，看 500 米内", icon: "M10 3a7 7 0 1 0 .01 0zM10 9a1 1 0 1 0 .01 0z" },
  { id: "measure", title: "测距：逐点单击，双击结束", icon: "M2 13L13 2l5 5L7 18zM6 9l2 2M9 6l3 3M12 3l2 2" },
  { id: "picture", title: "下载地图图片", icon: "M3 5h3l1-2h6l1 2h3v11H3zM10 7a3.5 3.5 0 1 0 .01 0z" },
  { id: "print", title: "打印地图", icon: "M6 7V2h8v5M6 14H3V7h14v7h-3M6 11h8v7H6z" },
];
const PAUSE = 900; // ms that one step of the replay stays at least

function addTools(state, parent) {
  const bar = parent.querySelector(".tools");
  if (!bar || bar.childElementCount) return;
  for (const { id, title, icon } of TOOLS) {
    const button = Object.assign(document.createElement("button"), { type: "button", title });
    button.setAttribute("aria-label", title);
    button.dataset.tool = id;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", icon);
    svg.append(path);
    button.append(svg);
    button.addEventListener("click", () => use(state, id));
    bar.append(button);
  }
  const { map } = state;
  map.on("mousedown", (event) => dragBox(state, event));
  map.on("mousemove", (event) => follow(state, event));
  map.on("dblclick", (event) => { if (state.mode) { event.preventDefault(); finish(state, true); } });
  parent.querySelector(".frame").addEventListener("keydown", (event) => typed(state, event));
  globalThis.addEventListener("mouseup", () => { if (state.mode === "box" && state.drawn.length === 2) finish(state); });
  addReplay(state, parent);
}

function use(state, tool) {
  if (tool === "picture" || tool === "print") { picture(state, tool); return; }
  choose(state, state.mode === tool ? null : tool);
}

function choose(state, mode) {
  Object.assign(state, { mode, drawn: [], at: null });
  const { map } = state;
  for (const button of state.bar.children) button.setAttribute("aria-pressed", String(button.dataset.tool === mode));
  map.dragPan[mode === "box" ? "disable" : "enable"]();
  map.doubleClickZoom[mode ? "disable" : "enable"]();
  map.getCanvas().style.cursor = mode ? "crosshair" : "";
  sketch(state);
}

function typed(state, event) {
  if (!state.mode) return;
  if (event.key === "Escape") choose(state, null);
  else if (event.key === "Enter" && event.target.tagName !== "BUTTON") finish(state);
  else if (event.key === "Backspace") { state.drawn.pop(); sketch(state); }
  else return;
  event.preventDefault();
}

function clicked(state, event) { // a click while a tool is in use
  const { lng, lat } = event.lngLat;
  if (state.mode === "near") {
    const [lon, north] = unshifted(state, lng, lat);
    state.setTriggerValue("pick", { kind: "near", id: `${lon.toFixed(6)},${north.toFixed(6)}` });
    choose(state, null);
  } else if (state.mode !== "box") {
    state.drawn.push([lng, lat]);
    sketch(state);
  }
}

function dragBox(state, event) {
  if (state.mode !== "box") return;
  const corner = [event.lngLat.lng, event.lngLat.lat];
  state.drawn = [corner, corner];
}

function follow(state, event) {
  if (!state.mode) return;
  state.at = [event.lngLat.lng, event.lngLat.lat];
  if (state.mode === "box" && state.drawn.length === 2) state.drawn[1] = state.at;
  sketch(state);
  if (state.mode === "measure" && state.drawn.length) {
    tell(state, event.point, [metres([...state.drawn, state.at]), "双击结束，Esc 取消"]);
  }
}

function finish(state, doubled = false) {
  if (doubled && state.drawn.length > 1) state.drawn.pop(); // the second click of the two
  const corners = state.drawn.map(([lng, lat]) => unshifted(state, lng, lat));
  if (state.mode === "box" && corners.length === 2) {
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]).sort((a, b) => a - b));
    if (xs[0] < xs[1] && ys[0] < ys[1]) {
      state.setTriggerValue("pick", { kind: "box", id: [xs[0], ys[0], xs[1], ys[1]].map((x) => x.toFixed(6)).join(",") });
    }
    choose(state, null);
  } else if (state.mode === "ring" && corners.length >= 3) {
    state.setTriggerValue("pick", { kind: "ring", id: corners.map((corner) => corner.map((x) => x.toFixed(6)).join(",")).join(";") });
    choose(state, null);
  } else if (state.mode === "measure" && corners.length >= 2) {
    const told = metres(state.drawn);
    const point = state.map.project(state.drawn.at(-1));
    const line = state.drawn;
    choose(state, null);
    state.drawn = line;
    sketch(state);
    tell(state, point, [`全长 ${told}`, "再按测距清除"]);
  }
}

function metres(line) {
  let sum = 0;
  for (let i = 1; i < line.length; i += 1) {
    const [from, to] = [line[i - 1], line[i]].map(([lng, lat]) => new globalThis.maplibregl.LngLat(lng, lat));
    sum += from.distanceTo(to);
  }
  return sum < 1000 ? `${Math.round(sum)} 米` : `${(sum / 1000).toFixed(2)} 公里`;
}

function sketch(state) { // what is being drawn, and what the filter holds
  const { map, data } = state;
  if (!map.getSource("sketch")) return;
  const features = [];
  const add = (type, coordinates) => features.push({ type: "Feature", geometry: { type, coordinates }, properties: {} });
  const line = [...state.drawn, ...(state.at && state.mode && state.mode !== "box" && state.drawn.length ? [state.at] : [])];
  if (state.mode === "box" && line.length === 2) {
    const [[a, b], [c, d]] = line;
    add("Polygon", [[[a, b], [c, b], [c, d], [a, d], [a, b]]]);
  } else if (state.mode === "ring" && line.length > 2) add("Polygon", [[...line, line[0]]]);
  else if (line.length > 1) add("LineString", line);
  for (const corner of state.mode === "box" ? [] : state.drawn) add("Point", corner);
  const chosen = data.shape.map(([lon, lat]) => shifted(state, lon, lat));
  if (chosen.length) add("Polygon", [[...chosen, chosen[0]]]);
  map.getSource("sketch").setData({ type: "FeatureCollection", features });
}

function addReplay(state, parent) {
  const bar = parent.querySelector(".replay");
  const button = bar.querySelector("button");
  const slider = bar.querySelector("input");
  state.replay = { bar, button, slider, label: bar.querySelector("output"), playing: false, asked: null };
  button.addEventListener("click", () => play(state, !state.replay.playing));
  slider.addEventListener("change", () => { play(state, false); ask(state, Number(slider.value)); });
  slider.addEventListener("input", () => { state.replay.label.textContent = state.data.replay.labels[slider.value] ?? ""; });
}

function play(state, playing) {
  const { replay, data } = state;
  replay.playing = playing;
  replay.button.textContent = playing ? "❚❚" : "▶";
  replay.button.setAttribute("aria-label", playing ? "暂停回放" : "开始回放");
  clearTimeout(replay.timer);
  if (!playing) return;
  const last = data.replay.labels.length - 1;
  const here = data.replay.step ?? last;
  ask(state, here >= last ? 0 : here + 1);
}

function ask(state, step) { // the server answers with what this step shows
  state.replay.asked = step;
  state.setStateValue("step", step);
}

function replayed(state) {
  const { replay, data } = state;
  if (!replay) return;
  replay.bar.hidden = !data.replay;
  if (!data.replay) { if (replay.playing) play(state, false); return; }
  const { labels, step } = data.replay;
  replay.slider.max = String(labels.length - 1);
  replay.slider.value = String(step);
  replay.slider.setAttribute("aria-valuetext", labels[step]);
  replay.label.textContent = labels[step];
  if (!replay.playing || step !== replay.asked) return;
  clearTimeout(replay.timer);
  if (step >= labels.length - 1) { play(state, false); return; }
  replay.timer = setTimeout(() => { if (replay.playing) ask(state, step + 1); }, PAUSE);
}

function picture(state, kind) { // the map with its title, legend, time and watermark
  const { map } = state;
  map.once("render", () => {
    const canvas = framed(state, map.getCanvas());
    if (kind === "picture") {
      canvas.toBlob((blob) => {
        const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: state.data.picture.file });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      }, "image/png");
    } else {
      print(canvas);
    }
    state.setTriggerValue("pick", { kind: "picture", id: kind });
  });
  map.triggerRepaint();
}

function framed(state, source) {
  const { data } = state;
  const { title, words, mark } = data.picture;
  const px = source.width / source.clientWidth;
  const [head, foot] = [52 * px, 34 * px];
  const canvas = Object.assign(document.createElement("canvas"), { width: source.width, height: source.height + head + foot });
  const pen = canvas.getContext("2d");
  const write = (text, x, y, size, weight = 400) => {
    pen.font = `${weight} ${size * px}px ${FONT}`;
    pen.fillText(text, x, y);
  };
  pen.fillStyle = data.palette.card;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, 0, head);
  pen.fillStyle = data.palette.label;
  write(title, 12 * px, 22 * px, 16, 600);
  write(words, 12 * px, 42 * px, 11.5);
  let x = 12 * px;
  const y = canvas.height - 12 * px;
  data.areas.legend.forEach((text, i) => {
    pen.fillStyle = data.palette.ramp[i];
    pen.fillRect(x, y - 10 * px, 14 * px, 12 * px);
    pen.fillStyle = data.palette.label;
    write(text, x + 18 * px, y, 11.5);
    x += 30 * px + pen.measureText(text).width;
  });
  if (data.areas.legend.length) write(data.areas.unit, x, y, 11.5);
  watermark(pen, canvas, mark, px);
  return canvas;
}

function watermark(pen, canvas, mark, px) {
  if (!mark) return;
  pen.font = `${15 * px}px ${FONT}`;
  pen.fillStyle = "rgba(123,135,152,.22)";
  for (let y = 60 * px; y < canvas.height + 200 * px; y += 170 * px) {
    for (let x = -100 * px; x < canvas.width; x += 430 * px) {
      pen.save();
      pen.translate(x, y);
      pen.rotate(-Math.PI / 10);
      pen.fillText(mark, 0, 0);
      pen.restore();
    }
  }
}

function print(canvas) {
  const style = document.createElement("style");
  style.textContent = "@media screen{.gd-print{display:none}}@media print{body>*:not(.gd-print){display:none!important}.gd-print{width:100%}@page{size:landscape;margin:8mm}}";
  const image = Object.assign(new Image(), { className: "gd-print", alt: "地图" });
  image.onload = () => {
    globalThis.addEventListener("afterprint", () => { image.remove(); style.remove(); }, { once: true });
    globalThis.print();
  };
  document.head.append(style);
  document.body.append(image);
  image.src = canvas.toDataURL("image/png");
}

// GCJ-02, for base maps that are drawn in it: the published formula, as in govdash/geo.py.
function gcj(lon, lat) {
  if (!(lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271)) return [lon, lat];
  const [x, y, a, e] = [lon - 105, lat - 35, 6378245, 0.00669342162296594323];
  const waves = 20 * Math.sin(6 * Math.PI * x) + 20 * Math.sin(2 * Math.PI * x);
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + (waves * 2) / 3;
  north += ((20 * Math.sin(Math.PI * y) + 40 * Math.sin((Math.PI * y) / 3)) * 2) / 3;
  north += ((160 * Math.sin((Math.PI * y) / 12) + 320 * Math.sin((Math.PI * y) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + (waves * 2) / 3;
  east += ((20 * Math.sin(Math.PI * x) + 40 * Math.sin((Math.PI * x) / 3)) * 2) / 3;
  east += ((150 * Math.sin((Math.PI * x) / 12) + 300 * Math.sin((Math.PI * x) / 30)) * 2) / 3;
  const radians = (lat * Math.PI) / 180;
  const magic = 1 - e * Math.sin(radians) ** 2;
  return [
    lon + (east * 180) / ((a / Math.sqrt(magic)) * Math.cos(radians) * Math.PI),
    lat + (north * 180) / (((a * (1 - e)) / (magic * Math.sqrt(magic))) * Math.PI),
  ];
}

function shifted(state, lon, lat) {
  return state.data.datum === "gcj02" ? gcj(lon, lat) : [lon, lat];
}

function unshifted(state, lon, lat) {
  if (state.data.datum !== "gcj02") return [lon, lat];
  let [x, y] = [lon, lat];
  for (let round = 0; round < 10; round += 1) {
    const [east, north] = gcj(x, y);
    [x, y] = [x + lon - east, y + lat - north];
  }
  return [x, y];
}

function moved(state, shapes) { // a whole GeoJSON
  if (state.data.datum !== "gcj02") return shapes;
  const turn = (told) => (typeof told[0] === "number" ? gcj(told[0], told[1]) : told.map(turn));
  for (const { geometry } of shapes.features) if (geometry) geometry.coordinates = turn(geometry.coordinates);
  return shapes;
}
