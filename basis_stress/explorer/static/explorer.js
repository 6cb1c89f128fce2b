// The explorer: the form is the state, the address holds it, and the newest answer wins.
import { OutcomeMap, bytes, cellText, colour, legend } from "./outcome-map.js";
import { bookCharts, draw, unit } from "./charts.js";
import { element, grid, sortable } from "./tables.js";

const $ = (id) => document.getElementById(id);
const form = $("settings");
const SHOCKS = form.dataset.shocks.split(" ");
let versus = new URLSearchParams(location.search).get("versus") ?? "";
let answer = null;
let kept = null;
document.documentElement.classList.add("scripted");

/** The book of the form as a query: options of the command line that are set. */
function query() {
  const given = new URLSearchParams();
  const codes = [];
  for (const [name, value] of new FormData(form)) {
    if (name === "contract") codes.push(value);
    else if (value !== "" && name !== "versus") given.append(name, value);
  }
  if (given.has("book")) codes.length = 0;
  if (codes.length && codes.join() !== "TY") given.append("contract", codes.join(","));
  return given;
}

/** Fill the form from a query. */
function fill(given) {
  for (const field of form.elements) {
    if (!field.name || field.name === "contract" || field.name === "versus") continue;
    field.value = given.get(field.name) ?? (field.id === "scenario" ? "april-2025" : "");
  }
  const codes = (given.getAll("contract").join(",") || "TY").split(",");
  for (const box of form.querySelectorAll("[name=contract]")) box.checked = codes.includes(box.value);
  rest();
}

/** Put sliders without a value where the scenario or the strategy has them, and mark those that are set. */
function rest() {
  for (const slot of form.querySelectorAll(".slid")) {
    const [slider, number] = slot.querySelectorAll("input");
    slot.classList.toggle("set", number.value !== "");
    const own = answer?.rest[slot.dataset.field];
    if (own !== undefined) number.placeholder = own;
    if (document.activeElement !== slider) slider.value = number.value === "" ? (own ?? slider.min) : number.value;
  }
}

/** Fetch one thing at a time; while one is fetched only the newest further wish is kept. */
function newest(path, more, show) {
  let busy = null;
  let wish = null;
  return async function ask(given) {
    wish = given;
    if (busy) return busy;
    busy = (async () => {
      while (wish) {
        const now = wish;
        wish = null;
        try {
          const began = performance.now();
          const reply = await fetch(`${path}?${more(new URLSearchParams(now))}`);
          const found = await reply.json();
          show(found, now, performance.now() - began);
        } catch {
          mistake("The explorer has ended, or cannot be reached; start it again.");
        }
      }
      busy = null;
    })();
    return busy;
  };
}

function mistake(text) {
  $("mistake").hidden = !text;
  $("mistake").textContent = text;
}

const run = newest("/api/run", (given) => given, (found, given, took) => {
  mistake(found.error ?? "");
  if (found.error) return;
  answer = found;
  shown(given, took);
});
const keptRun = newest("/api/run", (given) => given, (found) => {
  kept = found.error ? null : found;
  compare();
});
const drawn = newest("/api/map", (given) => {
  given.set("x", $("map-x").value);
  given.set("y", $("map-y").value);
  return given;
}, (found, given, took) => {
  $("map").hidden = Boolean(found.error);
  if (found.error) {
    $("cell").textContent = found.error;
    $("legend").replaceChildren();
    return;
  }
  const map = { ...found, outcome: bytes(found.outcome), constraint: bytes(found.constraint), firstCall: bytes(found.first_call_day) };
  chart.show(map, cross(map));
  legend($("legend"), map);
  if (!document.body.dataset.mapMs) $("cell").textContent = "Each cell is a backtest. Point at one, or move with the arrow keys; click or Enter loads it.";
  document.body.dataset.mapMs = took.toFixed(0);
  $("map").setAttribute("aria-label", `Outcome map of ${map.x.label} and ${map.y.label}: ${$("legend").innerText.replaceAll("\n", ", ")}. Arrow keys move over its cells, Enter loads one.`);
});
const chart = new OutcomeMap($("map"), {
  hover: (cell, map) => { if (cell) $("cell").textContent = `${cellText(cell, map)}. Click or Enter loads it.`; },
  pick: (cell, map) => load(cell, map),
});

/** The levels at which the page is, on the axes of a map. */
function cross(map) {
  if (!answer) return null;
  const level = (axis) => {
    if (axis.name === "leverage") return answer.leverage;
    if (axis.name !== "leverage_share") return Number(query().get(axis.name.replaceAll("_", "-")) ?? answer.rest[axis.name] ?? NaN);
    const row = map.x.name === axis.name ? 0 : null;
    return row === null ? answer.leverage / map.leverage.at(-1) : answer.leverage / map.leverage[map.x.levels.length - 1];
  };
  const y = level(map.y);
  const j = map.y.levels.reduce((best, v, k) => (Math.abs(v - y) < Math.abs(map.y.levels[best] - y) ? k : best), 0);
  const most = map.leverage?.[j * map.x.levels.length + map.x.levels.length - 1];
  const x = map.x.name === "leverage_share" ? (answer.leverage / most) * map.x.levels.at(-1) : level(map.x);
  return [x, y];
}

/** Load a cell of the map into the form. */
function load({ i, j }, map) {
  const k = j * map.x.levels.length + i;
  for (const [axis, value] of [[map.x, map.x.levels[i]], [map.y, map.y.levels[j]]]) {
    const name = axis.name === "leverage_share" ? "leverage" : axis.name;
    set(name.replaceAll("_", "-"), Number((axis.name === "leverage_share" ? map.leverage[k] : value).toPrecision(6)));
    if (name === "yield_scale") form.elements.curve.value = "par";
  }
  rest();
  update(true);
}

function set(option, value) {
  form.elements[option].value = value;
  const aside = form.elements[option].closest("[data-sets-aside]")?.dataset.setsAside;
  if (aside && value !== "") form.elements[aside].value = "";
}

/** Show the answer of a book. */
function shown(given, took) {
  const worst = $("outcome");
  worst.textContent = answer.outcome_label;
  worst.dataset.outcome = answer.outcome;
  worst.style.background = colour(`outcome-${answer.outcome}`);
  worst.style.color = colour(`outcome-${answer.outcome}-ink`);
  $("means").textContent = answer.outcome_means;
  $("headline").textContent = answer.headline;
  $("more").textContent = answer.more;
  $("sentence").textContent = answer.sentence;
  $("facts").replaceChildren(...answer.facts.map(([key, head, cell]) => {
    const box = element("div");
    const value = element("dd", cell, cell.startsWith("−") ? "neg" : "");
    value.dataset.fact = key;
    value.dataset.value = answer.numbers[key];
    box.append(element("dt", head), value);
    return box;
  }));
  const charts = Object.fromEntries(["equity", "legs", "leverage", "yields"].map((id) => [id, $(id)]));
  bookCharts(charts, answer, kept);
  $("dashed").textContent = Object.keys(answer.series.observed).length ? ", dashed as they were" : "";
  $("happened").replaceChildren(...(answer.happened.rows.length ? [grid(answer.happened.heads, answer.happened.rows, "left told", "What happened, and its cause")] : []));
  $("daily").replaceChildren(grid(answer.daily.heads, answer.daily.rows, "days", "Day by day"));
  $("given").replaceChildren(grid(["setting", "value", "unit"], answer.settings, "left", "Settings"));
  $("assumed").replaceChildren(...answer.assumptions.map((text) => element("li", text)));
  $("command").textContent = answer.command;
  $("python").textContent = answer.python;
  for (const link of document.querySelectorAll(".download")) link.href = `/download/${link.dataset.kind}?${given}`;
  for (const link of document.querySelectorAll(".preset")) {
    const unchanged = link.dataset.scenario === given.get("scenario") && SHOCKS.every((name) => !given.get(name));
    link.toggleAttribute("aria-current", unchanged);
    if (link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  }
  document.title = `${answer.outcome_label}: ${answer.title} – basis-stress`;
  rest();
  compare();
  if (chart.map) chart.show(chart.map, cross(chart.map));
  document.body.dataset.shown = given;
  document.body.dataset.runMs = took.toFixed(0);
}

/** A against B. */
function compare() {
  $("comparison").hidden = !kept;
  $("drop").hidden = !kept;
  if (!kept || !answer) return;
  $("kept").textContent = kept.headline;
  const [before, now] = [kept.facts, answer.facts].map((facts) => new Map(facts.map(([key, head, cell]) => [key, { head, cell }])));
  $("both").tBodies[0].replaceChildren(...[...new Map([...before, ...now]).entries()].map(([key, { head }]) => {
    const row = element("tr");
    const name = element("th", head);
    name.scope = "row";
    row.append(name, element("td", before.get(key)?.cell ?? "–"), element("td", now.get(key)?.cell ?? "–"));
    return row;
  }));
}

const slow = {
  breaks: newest("/api/breaks", (given) => given, (found) => {
    $("breaks").querySelector(".slot").replaceChildren(found.error ? element("p", found.error) : grid(found.heads, found.rows, "left", "What breaks it"));
  }),
  market: newest("/api/market", (given) => given, (found) => {
    const slot = $("market").querySelector(".slot");
    $("sold").hidden = Boolean(found.error);
    if (found.error) return slot.replaceChildren(element("p", found.error));
    $("market").querySelector(".said").textContent = found.sentence;
    slot.replaceChildren(grid(found.heads, found.rows, "left", "The market of funds"));
    const paints = { basis: "series-equity", swap: "series-free" };
    const lines = [...Object.entries(found.series.sold).map(([book, values]) => ({ name: `sold by ${book.replaceAll("_", " ")} funds`, values, colour: colour(paints[book] ?? "series-free"), bar: true })), { name: "dealers' inventory", values: found.series.inventory, colour: colour("ink") }];
    const [size, dollars] = unit(lines.map((line) => line.values));
    draw($("sold"), { dates: found.series.dates, name: dollars, said: found.sentence, series: lines.map((line) => ({ ...line, values: line.values.map((v) => v / size) })) });
  }),
};

/** Ask for everything that a state moves; a release also asks for what takes longer, and enters the history. */
function update(release) {
  const given = query();
  if (release) {
    const address = new URLSearchParams(given);
    if (versus) address.set("versus", versus);
    const next = `/?${address}`;
    if (next !== location.pathname + location.search) history.pushState(null, "", next);
    for (const id of Object.keys(slow)) if ($(id).open) slow[id](given);
  }
  run(given);
  drawn(given);
}

form.addEventListener("input", (event) => {
  const slot = event.target.closest(".slid");
  if (slot) {
    const [slider, number] = slot.querySelectorAll("input");
    if (event.target === slider) set(number.name, slider.value);
    else set(number.name, number.value);
    rest();
  }
  if (event.target.type !== "date" && event.target.tagName !== "SELECT") update(false);
});
form.addEventListener("change", () => update(true));
form.addEventListener("submit", (event) => { event.preventDefault(); update(true); });
$("clear").addEventListener("click", (event) => {
  event.preventDefault();
  fill(new URLSearchParams({ scenario: $("scenario").value }));
  update(true);
});
for (const link of document.querySelectorAll(".preset")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    for (const name of SHOCKS) form.elements[name].value = "";
    $("scenario").value = link.dataset.scenario;
    rest();
    update(true);
  });
}
for (const id of ["map-x", "map-y"]) $(id).addEventListener("change", () => drawn(query()));
for (const id of Object.keys(slow)) $(id).addEventListener("toggle", () => { if ($(id).open) slow[id](query()); });
$("keep").addEventListener("click", () => { versus = query().toString(); keptRun(query()); update(true); });
$("drop").addEventListener("click", () => { versus = ""; kept = null; compare(); update(true); });
for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText($(button.dataset.of).textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

/** Show the state of the address. */
function arrive() {
  const given = new URLSearchParams(location.search);
  versus = given.get("versus") ?? "";
  fill(given);
  if (versus) keptRun(new URLSearchParams(versus));
  else kept = null;
  update(false);
}
addEventListener("popstate", arrive);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (answer) shown(query(), 0); });
if (matchMedia("(max-width: 60rem)").matches) $("fold").open = false;
document.querySelectorAll("#happened table, #daily table").forEach(sortable);
arrive();
