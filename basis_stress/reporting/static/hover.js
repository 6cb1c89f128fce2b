// Figures of a report: what stands under the pointer, or at the place to which arrow keys move.
import { element } from "./tables.js";

/** The 16-bit numbers of base64 text. */
function shorts(text) {
  return new Uint16Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/** Where a panel can be pointed at, left to right: shares of the figure's width. */
function places(panel) {
  if (panel.groups) return [...new Set(panel.groups.flatMap((group) => group.x))].sort((a, b) => a - b);
  const [left, , right] = panel.box;
  return panel.across.map((_, i) => left + ((i + 0.5) / panel.across.length) * (right - left));
}

/** What a panel says at a place: a head, and lines of [name, colour, value]. */
function said(panel, x, y) {
  const [left, top, right, bottom] = panel.box;
  if (!panel.groups) {
    const held = (share, n) => Math.min(Math.max(Math.floor(share * n), 0), n - 1);
    const i = held((x - left) / (right - left), panel.across.length);
    const j = panel.up.length - 1 - held((y - top) / (bottom - top), panel.up.length);
    panel.index ??= shorts(panel.cells);
    return { x, head: `${panel.across[i]}; ${panel.up[j]}`, lines: [["", "", panel.names[panel.index[j * panel.across.length + i]]]] };
  }
  const all = places(panel);
  const at = all.reduce((best, place) => (Math.abs(place - x) < Math.abs(best - x) ? place : best), all[0]);
  const near = panel.groups.flatMap((group) => {
    const k = group.x.indexOf(at);
    return k < 0 ? [] : [{ head: group.at[k], lines: group.lines.map(([name, colour, values]) => [name, colour, values[k]]) }];
  });
  return { x: at, head: near[0].head, lines: near.flatMap((one) => one.lines) };
}

/** Let a figure tell its values; `place` holds the image, and its panels as data. */
export function hoverable(place) {
  const panels = JSON.parse(place.dataset.hover);
  const [guide, tip] = [element("i", "", "guide"), element("div", "", "tip")];
  guide.hidden = tip.hidden = true;
  tip.setAttribute("role", "status");
  place.append(guide, tip);
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", "Figure with values: arrow keys move along it");
  let [which, x, y] = [0, null, 0.5];

  function show() {
    const panel = panels[which];
    const found = said(panel, x, y);
    x = found.x;
    guide.hidden = tip.hidden = false;
    Object.assign(guide.style, { left: `${100 * x}%`, top: `${100 * panel.box[1]}%`, height: `${100 * (panel.box[3] - panel.box[1])}%` });
    tip.replaceChildren(element("b", found.head), ...found.lines.map(([name, colour, value]) => {
      const line = element("div", name ? ` ${name}: ${value}` : value);
      if (colour) line.prepend(Object.assign(element("i"), { style: `background:${colour}` }));
      return line;
    }));
    const side = x > 0.5 ? { right: `${100 * (1 - x) + 1.5}%`, left: "auto" } : { left: `${100 * x + 1.5}%`, right: "auto" };
    Object.assign(tip.style, side, { top: `${100 * panel.box[1]}%` });
  }
  const hide = () => { guide.hidden = tip.hidden = true; };

  place.addEventListener("pointermove", (event) => {
    const box = place.querySelector("img").getBoundingClientRect();
    [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    which = panels.findIndex(({ box: [left, top, right, bottom] }) => x >= left && x <= right && y >= top && y <= bottom);
    if (which < 0) {
      which = 0;
      hide();
    } else show();
  });
  place.addEventListener("pointerleave", hide);
  place.addEventListener("blur", hide);
  place.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") hide();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const panel = panels[which];
      if (panel.groups) which = Math.min(Math.max(which + (event.key === "ArrowDown" ? 1 : -1), 0), panels.length - 1);
      else y += ((event.key === "ArrowDown" ? 1 : -1) * (panel.box[3] - panel.box[1])) / panel.up.length;
    } else if (!by) return;
    event.preventDefault();
    const all = places(panels[which]);
    const near = x === null ? -1 : all.reduce((best, place, k) => (Math.abs(place - x) < Math.abs(all[best] - x) ? k : best), 0);
    x = all[Math.min(Math.max(near + (by ?? 0), 0), all.length - 1)];
    show();
  });
}

/** Make every table of a report sort, and every figure tell its values. */
export function enhance(sortable) {
  document.querySelectorAll("table").forEach(sortable);
  document.querySelectorAll("[data-hover]").forEach(hoverable);
}
