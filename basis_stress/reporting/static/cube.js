// The cube of a sweep in one file: two axes on the map, a slider for each other axis, no server.
import { OutcomeMap, bytes, cellText, legend, level } from "./outcome-map.js";
import { element } from "./tables.js";

/** Show a cube: outcomes over up to four axes, for each scenario. */
export function showCube(cube) {
  document.documentElement.classList.add("scripted");
  const at = (id) => document.getElementById(id);
  const held = new Map(cube.axes.map((axis) => [axis.name, Math.max(0, axis.at)]));
  const runs = cube.scenarios.map((run) => ({
    ...run,
    outcome: bytes(run.outcome),
    constraint: bytes(run.constraint),
    result: new Int16Array(bytes(run.result).buffer),
  }));
  const strides = new Map();
  cube.axes.reduceRight((step, axis) => { strides.set(axis.name, step); return step * axis.levels.length; }, 1);
  const axis = (name) => cube.axes.find((one) => one.name === name);
  const [across, up, which] = [at("x"), at("y"), at("scenario")];
  for (const pick of [across, up]) pick.replaceChildren(...cube.axes.map((one) => new Option(one.label, one.name)));
  which.replaceChildren(...runs.map((run, k) => new Option(run.title, k)));
  [across.value, up.value] = [cube.x, cube.y];
  const chart = new OutcomeMap(at("map"), {
    hover: (cell, map) => { if (cell) at("cell").textContent = `${cellText(cell, map)}, ${returned(map, cell)}.`; },
    pick: (cell, map) => {
      held.set(map.x.name, cell.i).set(map.y.name, cell.j);
      draw();
    },
  });

  /** The return on equity of a cell in words. */
  function returned(map, { i, j }) {
    const value = map.result[j * map.x.levels.length + i];
    return value === -32768 ? "no result" : `return on equity ${(value / 100).toFixed(1).replace("-", "−")}%`;
  }

  /** The plane of the cube at the held levels. */
  function plane() {
    const run = runs[Number(which.value)];
    const [x, y] = [axis(across.value), axis(up.value)];
    const base = cube.axes.reduce((sum, one) => sum + (one === x || one === y ? 0 : held.get(one.name) * strides.get(one.name)), 0);
    const count = x.levels.length * y.levels.length;
    const cells = { outcome: new Uint8Array(count), constraint: new Uint8Array(count), result: new Int16Array(count) };
    for (let j = 0, k = 0; j < y.levels.length; j += 1) {
      for (let i = 0; i < x.levels.length; i += 1, k += 1) {
        const from = base + i * strides.get(x.name) + j * strides.get(y.name);
        for (const name of Object.keys(cells)) cells[name][k] = run[name][from];
      }
    }
    return { x, y, ...cells, outcomes: cube.outcomes, constraints: cube.constraints };
  }

  function draw() {
    const map = plane();
    chart.show(map, [map.x.levels[held.get(map.x.name)], map.y.levels[held.get(map.y.name)]]);
    legend(at("legend"), map);
    at("map").setAttribute("aria-label", `Outcome map of ${map.x.label} and ${map.y.label}: ${at("legend").innerText.replaceAll("\n", ", ")}`);
  }

  /** A slider for each axis that is not on the map. */
  function sliders() {
    if (across.value === up.value) up.value = cube.axes.find((one) => one.name !== across.value).name;
    at("held").replaceChildren(...cube.axes.filter((one) => one.name !== across.value && one.name !== up.value).map((one) => {
      const label = element("label", `${one.label}: `);
      const said = element("output", level(one.name, one.levels[held.get(one.name)]));
      const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: one.levels.length - 1, value: held.get(one.name) });
      slider.addEventListener("input", () => {
        held.set(one.name, Number(slider.value));
        said.textContent = level(one.name, one.levels[slider.value]);
        slider.setAttribute("aria-valuetext", said.textContent);
        draw();
      });
      label.append(said, slider);
      return label;
    }));
    draw();
  }
  for (const pick of [across, up]) pick.addEventListener("change", sliders);
  which.addEventListener("change", draw);
  sliders();
}
