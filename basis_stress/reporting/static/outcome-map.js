// The outcome map on a canvas: cells, axes with units, a cross-hair, and a cell under pointer or arrow keys.

const STYLE = getComputedStyle(document.documentElement);
const EDGE = { left: 58, right: 12, top: 8, bottom: 46 };

/** A colour of the page by its name. */
export function colour(name) {
  return STYLE.getPropertyValue(`--${name.replaceAll("_", "-")}`).trim() || "#888888";
}

/** Bytes of base64 text. */
export function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** A level of an axis with its unit. */
export function level(name, value) {
  if (value === null || value === undefined) return "–";
  const tidy = (digits) => Number(value.toPrecision(digits)).toString().replace("-", "−");
  if (name === "leverage") return `${tidy(3)}x`;
  if (name === "leverage_share") return `${(100 * value).toFixed(0)}%`;
  if (/haircut|buffer|share|threshold|limit$/.test(name)) return `${Number((100 * value).toPrecision(3))}%`.replace("-", "−");
  if (/multiple|scale/.test(name)) return `${tidy(3)}×`;
  return /_bp$/.test(name) ? `${tidy(3)} bp` : tidy(4);
}

function rgb(text) {
  const n = parseInt(text.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255, 255];
}

/** Places of about `most` round levels between two. */
function ticks(low, high, most) {
  const raw = (high - low) / most;
  const base = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * base).find((s) => s >= raw * 0.999) ?? 10 * base;
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) found.push(Number(v.toPrecision(12)));
  return found;
}

/** A map on a canvas; `pick` gets the cell of a click or Enter, `hover` the cell under the pointer. */
export class OutcomeMap {
  constructor(canvas, { pick = () => {}, hover = () => {} } = {}) {
    Object.assign(this, { canvas, pick, hover, map: null, cross: null, at: null });
    canvas.addEventListener("pointermove", (event) => this.move(this.cellAt(event)));
    canvas.addEventListener("pointerleave", () => this.move(null));
    canvas.addEventListener("click", (event) => this.take(this.cellAt(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Show a map; `cross` is the pair of levels that the page is at. */
  show(map, cross = null) {
    this.map = map;
    this.cross = cross;
    if (this.at && (this.at.i >= map.x.levels.length || this.at.j >= map.y.levels.length)) this.at = null;
    this.draw();
  }

  plot() {
    return { x: EDGE.left, y: EDGE.top, w: this.canvas.clientWidth - EDGE.left - EDGE.right, h: this.canvas.clientHeight - EDGE.top - EDGE.bottom };
  }

  cellAt(event) {
    if (!this.map) return null;
    const box = this.canvas.getBoundingClientRect();
    const { x, y, w, h } = this.plot();
    const i = Math.floor(((event.clientX - box.left - x) / w) * this.map.x.levels.length);
    const j = this.map.y.levels.length - 1 - Math.floor(((event.clientY - box.top - y) / h) * this.map.y.levels.length);
    const inside = i >= 0 && j >= 0 && i < this.map.x.levels.length && j < this.map.y.levels.length;
    return inside ? { i, j } : null;
  }

  move(cell) {
    this.at = cell;
    this.draw();
    this.hover(cell, this.map);
  }

  take(cell) {
    if (cell) this.pick(cell, this.map);
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "Enter") this.take(this.at);
    if (!steps || !this.map) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1;
    const from = this.at ?? this.crossCell() ?? { i: 0, j: 0 };
    const held = (n, most) => Math.min(Math.max(n, 0), most - 1);
    this.move({ i: held(from.i + by * steps[0], this.map.x.levels.length), j: held(from.j + by * steps[1], this.map.y.levels.length) });
  }

  crossCell() {
    if (!this.cross || !this.map) return null;
    const near = (levels, value) => levels.reduce((best, v, k) => (Math.abs(v - value) < Math.abs(levels[best] - value) ? k : best), 0);
    return { i: near(this.map.x.levels, this.cross[0]), j: near(this.map.y.levels, this.cross[1]) };
  }

  draw() {
    if (!this.map || !this.canvas.clientWidth) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.cells(pen);
    this.axes(pen);
    this.hairs(pen);
  }

  cells(pen) {
    const [across, up] = [this.map.x.levels.length, this.map.y.levels.length];
    const paints = this.map.outcomes.map(([name]) => rgb(colour(`outcome-${name}`)));
    const image = new ImageData(across, up);
    for (let j = 0; j < up; j += 1) {
      for (let i = 0; i < across; i += 1) image.data.set(paints[this.map.outcome[j * across + i]] ?? [0, 0, 0, 0], 4 * ((up - 1 - j) * across + i));
    }
    const small = new OffscreenCanvas(across, up);
    small.getContext("2d").putImageData(image, 0, 0);
    const { x, y, w, h } = this.plot();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, x, y, w, h);
    pen.strokeStyle = colour("soft");
    pen.lineWidth = 1;
    pen.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
  }

  place(value, levels, start, length) {
    const half = length / levels.length / 2;
    const [low, high] = [levels[0], levels.at(-1)];
    return start + half + ((value - low) / (high - low)) * (length - 2 * half);
  }

  axes(pen) {
    const { x, y, w, h } = this.plot();
    const { x: across, y: up } = this.map;
    pen.fillStyle = colour("ink");
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    for (const value of ticks(across.levels[0], across.levels.at(-1), Math.max(3, w / 90))) {
      const at = this.place(value, across.levels, x, w);
      pen.fillRect(at, y + h, 1, 4);
      pen.fillText(level(across.name, value), at, y + h + 17);
    }
    pen.textAlign = "right";
    for (const value of ticks(up.levels[0], up.levels.at(-1), Math.max(3, h / 50))) {
      const at = y + h - (this.place(value, up.levels, y, h) - y);
      pen.fillRect(x - 4, at, 4, 1);
      pen.fillText(level(up.name, value), x - 7, at + 4);
    }
    pen.fillStyle = colour("soft");
    pen.textAlign = "center";
    pen.fillText(across.label, x + w / 2, y + h + 37, w);
    pen.save();
    pen.translate(12, y + h / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(up.label, 0, 0, h);
    pen.restore();
  }

  hairs(pen) {
    const { x, y, w, h } = this.plot();
    const lines = (cell, paint, dash) => {
      const at = [x + ((cell.i + 0.5) / this.map.x.levels.length) * w, y + h - ((cell.j + 0.5) / this.map.y.levels.length) * h];
      pen.strokeStyle = paint;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(at[0], y); pen.lineTo(at[0], y + h); pen.moveTo(x, at[1]); pen.lineTo(x + w, at[1]);
      pen.stroke();
      pen.setLineDash([]);
      return at;
    };
    const here = this.crossCell();
    if (here) {
      const at = lines(here, colour("ink"), [4, 3]);
      pen.beginPath();
      pen.arc(at[0], at[1], 5, 0, 2 * Math.PI);
      pen.lineWidth = 2;
      pen.stroke();
      pen.lineWidth = 1;
    }
    if (this.at) lines(this.at, colour("accent"), []);
  }
}

/** A cell in words: levels, outcome, what bound first. */
export function cellText({ i, j }, map) {
  const k = j * map.x.levels.length + i;
  const [, outcome] = map.outcomes[map.outcome[k]] ?? ["", "no cell"];
  const first = map.constraints?.[map.constraint?.[k]] ?? "none";
  const share = map.leverage ? `, leverage ${level("leverage", map.leverage[k])}` : "";
  const day = map.firstCall?.[k] ? `, first call on day ${map.firstCall[k] - 1}` : "";
  return `${map.x.label}: ${level(map.x.name, map.x.levels[i])}${share}; ${map.y.label}: ${level(map.y.name, map.y.levels[j])} → ${outcome}` + (first === "none" ? "" : `, ${first} first`) + day;
}

/** Fill a list with the outcomes of a map and the share of its cells. */
export function legend(list, map) {
  const counts = new Array(map.outcomes.length).fill(0);
  for (const outcome of map.outcome) counts[outcome] += 1;
  list.replaceChildren(
    ...map.outcomes.flatMap(([name, text], k) => {
      if (!counts[k]) return [];
      const item = document.createElement("li");
      const mark = document.createElement("i");
      mark.style.background = colour(`outcome-${name}`);
      item.append(mark, `${text} ${((100 * counts[k]) / map.outcome.length).toFixed(0)}%`);
      return [item];
    }),
  );
}
