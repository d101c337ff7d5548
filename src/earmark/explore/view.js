"use strict";
// One map on its canvas: turned or shifted by drag, wheel and keys. Places are 16-bit numbers along
// the edges of a square or cube; far marks are drawn before near ones, in 256 steps of depth.
class View {
  constructor(canvas) {
    const map = data.maps[+canvas.dataset.map];
    this.canvas = canvas;
    this.map = map;
    this.solid = map.dimensions === 3;
    this.places = decode(map.places, Uint16Array);
    this.rows = map.rows === null ? null : decode(map.rows, Uint32Array);
    this.count = this.places.length / map.dimensions;
    this.x = new Float32Array(this.count);
    this.y = new Float32Array(this.count);
    this.depth = new Float32Array(this.count);
    this.order = new Uint32Array(this.count);
    this.level = new Uint8Array(this.count);
    this.visible = false;
    this.pointers = new Map();
    this.samples = this.sample();
    this.reset();
    this.listen();
  }

  reset() {
    this.yaw = 0.6;
    this.pitch = 0.45;
    this.zoom = 1;
    this.shift = [0, 0];
  }

  // Up to 199 tracks of each label, which are enough for where its name stands.
  sample() {
    const members = data.labels.map(() => []);
    for (let i = 0; i < this.count; i++) members[codes[this.track(i)]].push(i);
    return members.map((own) => {
      const step = Math.max(1, own.length / 199);
      return Array.from({ length: Math.min(own.length, 199) }, (_, k) => own[Math.floor(k * step)]);
    });
  }

  track(i) {
    return this.rows === null ? i : this.rows[i];
  }

  resize() {
    const scale = Math.min(devicePixelRatio || 1, 2);
    const side = Math.round(this.canvas.clientWidth * scale);
    if (this.canvas.width !== side || this.scale !== scale) {
      this.canvas.width = this.canvas.height = side;
      this.scale = scale;
      this.sprites = null;
    }
    this.margin = (this.solid ? 14 : 44) * scale;
  }

  // From places in the cube [-1, 1]³ to the canvas: turned about the vertical axis, then tilted.
  project(a, b, c) {
    const half = (this.canvas.width - this.margin) / 2;
    if (!this.solid) {
      return [
        this.margin + half + (a * this.zoom + this.shift[0]) * half,
        half - (b * this.zoom + this.shift[1]) * half,
        0,
      ];
    }
    const x = a * Math.cos(this.yaw) - b * Math.sin(this.yaw);
    const away = a * Math.sin(this.yaw) + b * Math.cos(this.yaw);
    const y = c * Math.cos(this.pitch) - away * Math.sin(this.pitch);
    const depth = c * Math.sin(this.pitch) + away * Math.cos(this.pitch);
    const size = (0.57 * half * this.zoom) / (1 + 0.15 * depth);
    return [
      this.canvas.width / 2 + x * size + this.shift[0] * half,
      this.canvas.height / 2 - y * size - this.shift[1] * half,
      depth,
    ];
  }

  place() {
    const step = 2 / 65535;
    const n = this.map.dimensions;
    const bins = new Uint32Array(257);
    for (let i = 0; i < this.count; i++) {
      const at = i * n;
      const [x, y, depth] = this.project(
        this.places[at] * step - 1,
        this.places[at + 1] * step - 1,
        this.solid ? this.places[at + 2] * step - 1 : 0,
      );
      this.x[i] = x;
      this.y[i] = y;
      const share = Math.min(1, Math.max(0, (1.75 - depth) / 3.5)); // 0 is far, 1 near
      this.depth[i] = Math.floor(share * 255);
      this.level[i] = this.solid ? Math.floor(share * (LEVELS - 0.01)) : 2;
      bins[this.depth[i] + 1]++;
    }
    for (let bin = 1; bin < 257; bin++) bins[bin] += bins[bin - 1];
    for (let i = 0; i < this.count; i++) this.order[bins[this.depth[i]]++] = i;
  }

  draw() {
    this.resize();
    this.sprites ??= makeSprites(this.scale);
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.font = `${11.5 * this.scale}px system-ui, sans-serif`;
    pen.lineWidth = this.scale;
    if (this.solid) this.drawBox(pen);
    else this.drawAxes(pen);
    this.place();
    pen.save();
    if (!this.solid) {
      pen.beginPath();
      pen.rect(this.margin, 0, this.canvas.width, this.canvas.height - this.margin);
      pen.clip();
    }
    for (let k = 0; k < this.count; k++) {
      const i = this.order[k];
      const code = codes[this.track(i)];
      if (hidden[code]) continue;
      pen.globalAlpha = shining >= 0 && shining !== code ? 0.1 : 0.85;
      const sprite = this.sprites[code][this.level[i]];
      pen.drawImage(sprite, this.x[i] - sprite.width / 2, this.y[i] - sprite.width / 2);
    }
    pen.globalAlpha = 1;
    if (this.solid) this.drawBoxNames(pen);
    this.drawNames(pen);
    this.drawMarked(pen);
    pen.restore();
  }

  // The name of each label at the median of its marks, or as near above or below as no other name
  // stands; none where that is far off.
  drawNames(pen) {
    const taken = [];
    pen.font = `600 ${12 * this.scale}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    data.labels.forEach((label, code) => {
      if (hidden[code] || !label.named) return;
      const own = this.samples[code];
      if (!own.length) return;
      const wide = pen.measureText(label.name).width / 2 + 3 * this.scale;
      const high = 15 * this.scale;
      const x = median(own.map((i) => this.x[i]));
      const middle = median(own.map((i) => this.y[i]));
      const free = (y) =>
        taken.every((t) => Math.abs(t.x - x) >= t.wide + wide || Math.abs(t.y - y) >= high);
      const y = [0, -0.5, 0.5, -1, 1, -1.5, 1.5, -2, 2, -2.5, 2.5, -3, 3]
        .map((lines) => middle + lines * (high + 1))
        .find(free);
      if (y === undefined) return;
      taken.push({ x, y, wide });
      pen.globalAlpha = shining >= 0 && shining !== code ? 0.25 : 1;
      pen.lineWidth = 4 * this.scale;
      pen.strokeStyle = colours.paper;
      pen.strokeText(label.name, x, y);
      pen.fillStyle = colours.ink;
      pen.fillText(label.name, x, y);
    });
    pen.globalAlpha = 1;
  }

  drawMarked(pen) {
    for (let i = 0; i < this.count && marked >= 0; i++) {
      if (this.track(i) !== marked) continue;
      pen.beginPath();
      pen.arc(this.x[i], this.y[i], 9 * this.scale, 0, 2 * Math.PI);
      pen.lineWidth = 5 * this.scale;
      pen.strokeStyle = colours.paper;
      pen.stroke();
      pen.lineWidth = 2.5 * this.scale;
      pen.strokeStyle = colours.ink;
      pen.stroke();
    }
  }

  value(axis, share) {
    const [low, high] = this.map.ranges[axis];
    return low + share * (high - low);
  }

  drawAxes(pen) {
    const { margin, scale } = this;
    const end = this.canvas.width - margin;
    const half = end / 2;
    pen.fillStyle = colours.quiet;
    pen.strokeStyle = colours.grid;
    for (const axis of [0, 1]) {
      // What lies at both ends of the axis now, after zoom and shift.
      const share = (edge) => ((edge - this.shift[axis]) / this.zoom + 1) / 2;
      const [low, high] = [this.value(axis, share(-1)), this.value(axis, share(1))];
      for (const tick of ticks(low, high)) {
        const along = ((tick - low) / (high - low)) * 2 * half;
        if (along > end - 7 * scale) continue; // its number would be cut off
        pen.beginPath();
        pen.textBaseline = "middle";
        if (axis === 0) {
          pen.moveTo(margin + along, 0);
          pen.lineTo(margin + along, end);
          pen.textAlign = "center";
          pen.fillText(written(tick), margin + along, end + 11 * scale);
        } else {
          pen.moveTo(margin, end - along);
          pen.lineTo(this.canvas.width, end - along);
          pen.textAlign = "right";
          pen.fillText(written(tick), margin - 5 * scale, end - along);
        }
        pen.stroke();
      }
    }
    pen.textAlign = "center";
    pen.fillText(this.map.axes[0], margin + half, this.canvas.height - 12 * scale);
    pen.save();
    pen.translate(9 * scale, half);
    pen.rotate(-Math.PI / 2);
    pen.fillText(this.map.axes[1], 0, 0);
    pen.restore();
  }

  drawBox(pen) {
    const line = (from, to, colour) => {
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.moveTo(...this.project(...from).slice(0, 2));
      pen.lineTo(...this.project(...to).slice(0, 2));
      pen.stroke();
    };
    for (const p of [-1, 1])
      for (const q of [-1, 1]) {
        const colour = p + q === -2 ? colours.quiet : colours.grid; // those with names
        line([-1, p, q], [1, p, q], colour);
        line([p, -1, q], [p, 1, q], colour);
        line([p, q, -1], [p, q, 1], colour);
      }
  }

  // The names of the axes and the values near their ends, over the marks.
  drawBoxNames(pen) {
    pen.font = `${11.5 * this.scale}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 3 * this.scale;
    pen.strokeStyle = colours.paper;
    pen.fillStyle = colours.quiet;
    for (const axis of [0, 1, 2])
      for (const along of [-0.8, 0, 0.8]) {
        const at = [-1.12, -1.12, -1.12];
        at[axis] = along;
        const words = along ? written(this.value(axis, (along + 1) / 2)) : this.map.short[axis];
        const [x, y] = this.project(...at);
        pen.strokeText(words, x, y);
        pen.fillText(words, x, y);
      }
  }

  nearest(x, y) {
    const reach = 14 * this.scale;
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < this.count; i++) {
      if (hidden[codes[this.track(i)]]) continue;
      const gap = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (gap < least) [least, best] = [gap, i];
    }
    return best < 0 ? -1 : this.track(best);
  }

  step(by) {
    const shown = [];
    for (let i = 0; i < this.count; i++)
      if (!hidden[codes[this.track(i)]]) shown.push(this.track(i));
    if (!shown.length) return;
    const now = shown.indexOf(marked);
    const next = now < 0 ? (by > 0 ? 0 : -1) : now + by;
    mark(shown[(next + shown.length) % shown.length]);
  }

  scaleBy(factor) {
    const zoom = Math.min(40, Math.max(0.5, this.zoom * factor));
    this.shift = this.shift.map((s) => (s * zoom) / this.zoom);
    this.zoom = zoom;
  }

  move(dx, dy) {
    if (this.solid) {
      this.yaw -= dx * 0.008;
      this.pitch = Math.min(1.57, Math.max(-1.57, this.pitch + dy * 0.008));
    } else {
      const half = (this.canvas.width - this.margin) / 2 / this.scale;
      this.shift = [this.shift[0] + dx / half, this.shift[1] - dy / half];
    }
  }

  act(name) {
    const acts = {
      ArrowLeft: () => this.move(-20, 0),
      ArrowRight: () => this.move(20, 0),
      ArrowUp: () => this.move(0, -20),
      ArrowDown: () => this.move(0, 20),
      "+": () => this.scaleBy(1.25),
      "=": () => this.scaleBy(1.25),
      "-": () => this.scaleBy(0.8),
      0: () => this.reset(),
      n: () => this.step(1),
      p: () => this.step(-1),
      Escape: () => mark(-1),
    };
    if (!Object.hasOwn(acts, name)) return false;
    acts[name]();
    redraw();
    return true;
  }

  listen() {
    const { canvas } = this;
    const gap = () => {
      const [a, b] = [...this.pointers.values()];
      return Math.hypot(a.x - b.x, a.y - b.y);
    };
    canvas.addEventListener("keydown", (event) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && this.act(event.key)) event.preventDefault();
    });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    for (const kind of ["pointerup", "pointercancel"])
      canvas.addEventListener(kind, (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      const before = this.pointers.get(event.pointerId);
      if (before === undefined) {
        mark(this.nearest(event.offsetX * this.scale, event.offsetY * this.scale));
        return;
      }
      const wide = this.pointers.size === 2 ? gap() : 0;
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (wide) this.scaleBy(gap() / wide);
      else this.move(event.clientX - before.x, event.clientY - before.y);
      redraw();
    });
    canvas.addEventListener("pointerleave", () => this.pointers.size || mark(-1));
    canvas.addEventListener("click", (event) =>
      mark(this.nearest(event.offsetX * this.scale, event.offsetY * this.scale)),
    );
    // The wheel scrolls the page unless a map was chosen by a click or the tabulator.
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (document.activeElement !== canvas && !event.ctrlKey) return;
        event.preventDefault();
        this.scaleBy(Math.exp(-event.deltaY * 0.0015));
        redraw();
      },
      { passive: false },
    );
    const buttons = canvas.closest("figure").querySelectorAll("[data-act]");
    for (const button of buttons)
      button.addEventListener("click", () => this.act(button.dataset.act));
  }
}
