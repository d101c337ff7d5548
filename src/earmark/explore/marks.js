"use strict";
// What all maps share: the tracks, the colours and marks of labels, and which track is pointed at.
const data = JSON.parse(document.getElementById("map-data").textContent);
const decode = (text, Kind) =>
  new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const codes = decode(data.codes, Uint16Array); // label of each track; the last entry is "none"
const hidden = new Uint8Array(data.labels.length);
const shapes = data.shapes.map((path) => new Path2D(path));
const readout = document.getElementById("readout");
const dark = matchMedia("(prefers-color-scheme: dark)");
const views = [];
const LEVELS = 6; // sizes in which a mark is drawn, from far to near
let marked = -1; // the track that is pointed at
let shining = -1; // the label that is pointed at
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  colours = { ink: get("--ink"), paper: get("--paper"), quiet: get("--quiet"), grid: get("--grid") };
  colours.labels = data.labels.map((label) => get(label.colour));
}

function describe(track) {
  const label = data.labels[codes[track]].name;
  const artist = data.artists[track];
  return `${data.tracks[track]}${artist ? ` – ${artist}` : ""} – ${label}`;
}

function mark(track) {
  if (track === marked) return;
  marked = track;
  readout.textContent = track < 0 ? readout.dataset.rest : describe(track);
  redraw();
}

// A mark of each label in each size, drawn once and then copied.
function makeSprites(scale) {
  return data.labels.map((label, code) => {
    const sizes = [];
    for (let level = 0; level < LEVELS; level++) {
      const radius = scale * data.radius * (0.7 + (0.75 * level) / (LEVELS - 1));
      const side = Math.ceil(2 * radius + 4);
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = side;
      const pen = canvas.getContext("2d");
      pen.translate(side / 2, side / 2);
      pen.scale(radius, radius);
      pen.fillStyle = label.hollow ? colours.paper : colours.labels[code];
      pen.strokeStyle = label.hollow ? colours.labels[code] : colours.paper;
      pen.lineWidth = label.hollow ? 0.5 : 0.36;
      pen.stroke(shapes[code]);
      pen.fill(shapes[code]);
      sizes.push(canvas);
    }
    return sizes;
  });
}

function ticks(low, high) {
  let step = 10 ** Math.floor(Math.log10((high - low) / 5));
  for (const factor of [2, 2.5, 2]) if ((high - low) / step > 7) step *= factor;
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
  return found;
}

function written(value) {
  return String(+value.toPrecision(3)).replace("-", "−");
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    for (const view of views) if (view.visible) view.draw();
  });
}
